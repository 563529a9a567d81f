"""Everything a chapter can compute. `define_env` registers the vocabulary; it holds no logic of its own."""

import functools
import sys

import jinja2

from .catalog import CatalogError
from .data import catalog
from .rendering import accuracy, charts, numbers, pages, reference, tables, training

VOCABULARY = (
    # numbers inside a sentence
    numbers.parameters, numbers.active_parameters, numbers.file_size, numbers.weights, numbers.bits_per_weight,
    numbers.kv_cache, numbers.kv_per_token, numbers.memory, numbers.decode_ceiling, numbers.decode_speed, numbers.prefill_speed, numbers.bandwidth,
    numbers.bandwidth_ratio, numbers.capacity, numbers.transfer_time, numbers.size_ratio, numbers.words,
    numbers.split_ceiling, numbers.operations_per_byte, numbers.operations_per_byte_needed, numbers.reading_speed,
    numbers.dimension, numbers.electricity, numbers.electricity_price, numbers.watt_year,
    numbers.fact, numbers.as_of, numbers.working,
    # training
    training.training_memory, training.training_states, training.training_bytes, training.training_time, training.training_rent, training.training_table,
    # tables and pictures
    tables.fit_table, tables.size_table, tables.bits_table, tables.kv_table, tables.model_table, tables.device_table, tables.machine_table, tables.speed_error_table,
    charts.bandwidth_ladder, charts.memory_bar,
    # our figures against the real programs'
    accuracy.accuracy_table, accuracy.calculator_table, accuracy.weight_shortcut_table,
    # reference pages
    reference.model_catalog, reference.device_catalog, reference.format_table, reference.bits_by_model, reference.block_table,
    reference.model_facts, reference.model_sizes, reference.model_contexts, reference.model_devices, reference.model_sources,
    reference.device_facts, reference.device_models, reference.device_sources,
    # lists from the whole book
    pages.contents, pages.glossary, pages.term_count, pages.sources,
)


def define_env(env) -> None:
    """Called once by mkdocs-macros (and per page by Zensical): make the vocabulary available to chapters."""
    try:
        catalog()
    except CatalogError as error:
        sys.exit(str(error))
    for function in VOCABULARY:
        env.macro(_stopping(function, env), function.__name__)


def _stopping(function, env):
    """Let a contributor's mistake stop the build with one line instead of a traceback.

    SystemExit, because the builder would print an ordinary exception with its traceback.
    """
    @functools.wraps(function)
    def macro(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (CatalogError, TypeError, jinja2.UndefinedError) as error:
            sys.exit(f"{_page(env)}: {function.__name__}: {error}")
    return macro


def _page(env) -> str:
    page = getattr(env, "page", None)
    path = getattr(getattr(page, "file", None), "src_path", None) or getattr(page, "path", None)
    return f"docs/{path}" if path else "a chapter"
