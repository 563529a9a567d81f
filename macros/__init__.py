"""Everything a chapter can compute. `define_env` registers the vocabulary; it holds no logic of its own."""

import functools
import inspect
import sys

import jinja2

from .calls import macro_calls, unclosed, wrong_call
from .catalog import CatalogError, nearest
from .data import catalog
from .rendering import accuracy, back_matter, charts, computed_drawings, costs, drawings, machines, measured, numbers, pages, plots, quality, reference, roofline, software, tables, teams, training

VOCABULARY = (
    # numbers inside a sentence
    numbers.parameters, numbers.active_parameters, numbers.file_size, numbers.weights, numbers.bits_per_weight,
    numbers.kv_cache, numbers.kv_per_token, numbers.memory, numbers.decode_ceiling, numbers.decode_speed, numbers.prefill_speed,
    numbers.load_time, numbers.first_token_time, numbers.batch_speed, numbers.energy_per_token, numbers.bandwidth,
    numbers.bandwidth_ratio, numbers.capacity, numbers.transfer_time, numbers.size_ratio, numbers.words,
    numbers.split_ceiling, numbers.split_loss, numbers.input_embedding, numbers.work_space, numbers.overhead, numbers.operations_per_byte, numbers.operations_per_byte_needed, numbers.reading_speed,
    numbers.dimension, numbers.electricity, numbers.electricity_price, numbers.watt_year,
    numbers.fact, numbers.as_of, numbers.working,
    # training
    training.training_memory, training.training_states, training.training_bytes, training.training_time, training.training_rent, training.training_table, training.pretraining_table, training.training_fit_table,
    # programs
    software.setting, software.version, software.settings_table, software.all_settings, software.settings_checked, software.program_table, software.choice_table, software.program_facts, software.message_table,
    # tables and pictures
    tables.fit_table, tables.size_table, tables.bits_table, tables.kv_table, tables.tensor_table, tables.model_table, tables.device_table, tables.machine_table, tables.speed_error_table, tables.together_error_table,
    costs.own_or_hosted_table,
    machines.fit_speed_table, machines.model_on_devices, machines.offload_table, machines.fit_for_model, machines.power_limit_table, teams.team_table, machines.yearly_cost, machines.monthly_cost,
    charts.bandwidth_ladder, charts.memory_bar, charts.size_bars, charts.fit_heat, charts.attention_table,
    plots.kv_lines, plots.speed_lines, plots.offload_lines, roofline.roofline, plots.quality_plot, quality.quality_table,
    drawings.drawing, computed_drawings.transformer_drawing, computed_drawings.attention_drawing, computed_drawings.block_drawing, computed_drawings.number_drawing,
    # our figures against the real programs'
    accuracy.speed_error, accuracy.size_error, accuracy.shortcut_factor, accuracy.accuracy_table, accuracy.calculator_table, accuracy.weight_shortcut_table,
    # reference pages
    reference.model_catalog, reference.device_catalog, reference.format_table, reference.bits_by_model, reference.elsewhere_table, reference.block_table,
    reference.model_facts, reference.model_sizes, reference.model_contexts, reference.model_devices, reference.model_loading, reference.model_sources,
    reference.device_facts, reference.device_models, reference.device_batches, reference.device_measurements, reference.device_sources,
    measured.measurement_sources, measured.quality_measurements, measured.power_measurements, measured.hosted_prices, measured.electricity_prices, measured.other_speeds,
    # lists from the whole book
    pages.contents, pages.glossary, pages.glossary_by_topic, pages.term_count, pages.sources,
    back_matter.timeline, back_matter.question_index, back_matter.question_count, back_matter.corrections_table, back_matter.promise_table, back_matter.resource_list, back_matter.edition_name, back_matter.bibtex, back_matter.source_list, back_matter.source_count, back_matter.formula_sheet,
)


def define_env(env) -> None:
    """Called once by mkdocs-macros (and per page by Zensical): make the vocabulary available to chapters."""
    try:
        catalog()
    except CatalogError as error:
        sys.exit(str(error))
    for function in VOCABULARY:
        env.macro(_stopping(function, env), function.__name__)


def on_pre_page_macros(env) -> None:
    """Called by mkdocs-macros before each page: tell what Jinja would answer with a traceback. Zensical has its own words for it."""
    names = [f.__name__ for f in VOCABULARY]
    problems = [wrong_call(expression, names) for _, expression in macro_calls(env.markdown)] + [unclosed(env.markdown)]
    if any(problems):
        sys.exit("\n".join(f"{_page(env)}: {problem}" for problem in problems if problem))


# Tables over the whole catalog take seconds and no id of a model or device: `macros check` looks at their arguments only.
SLOW = frozenset(f.__name__ for f in (reference.format_table, reference.bits_by_model, accuracy.accuracy_table, accuracy.size_error))


def wrong_argument(function, names) -> str | None:
    """What is wrong with the names of the arguments of a call, and what would be right; None if nothing is."""
    known = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return None
    for name in names:
        if name not in known:
            return f"there is no argument '{name}'.{nearest(name, known)} It takes {', '.join(known)}"
    missing = [name for name, p in known.items() if p.default is p.empty and name not in names]
    return f"{missing[0]}= is missing; it takes {', '.join(known)}" if missing else None


def _stopping(function, env):
    """Let a contributor's mistake stop the build with one line instead of a traceback.

    SystemExit, because the builder would print an ordinary exception with its traceback.
    """
    @functools.wraps(function)
    def macro(*args, **kwargs):
        if problem := wrong_argument(function, kwargs):
            sys.exit(f"{_page(env)}: {function.__name__}: {problem}")
        try:
            return function(*args, **kwargs)
        except (CatalogError, TypeError, jinja2.UndefinedError) as error:
            sys.exit(f"{_page(env)}: {function.__name__}: {error}")
    return macro


def _page(env) -> str:
    page = getattr(env, "page", None)
    path = getattr(getattr(page, "file", None), "src_path", None) or getattr(page, "path", None)
    return f"docs/{path}" if path else "a chapter"
