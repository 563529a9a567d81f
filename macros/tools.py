"""What the command line does: check sources, export schemas, pack the offline edition."""

import functools
import inspect
import json
import os
import re
import time
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import jinja2

from . import SLOW, VOCABULARY, wrong_argument
from .calls import macro_calls, unclosed, wrong_call
from .catalog import DIRECTORY, CatalogError
from .catalog.back_matter import Corrections, Questions, Resources
from .catalog.programs import Messages, Program
from .catalog.records import Constants, Device, Drawing, Fact, Formats, Glossary, Model, Work
from .data import catalog
from .rendering.back_matter import edition_name as edition
from .rendering.pages import PROJECT
from .staging import is_generated

SCHEMAS = {"model": Model, "device": Device, "fact": Fact, "source": Work, "drawing": Drawing, "formats": Formats, "constants": Constants, "glossary": Glossary,
           "program": Program, "messages": Messages, "corrections": Corrections, "questions": Questions, "resources": Resources}


def check() -> str:
    """Validate the catalog and evaluate every macro call of every chapter; raise CatalogError with all mistakes."""
    book = catalog()
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    vocabulary = {f.__name__: _checked(f) for f in VOCABULARY}
    # Pages that follow from the catalog are left to the build: they are many, and nobody types their calls.
    chapters = [path for path in sorted((PROJECT / "docs").rglob("*.md")) if not is_generated(path.relative_to(PROJECT / "docs").as_posix())]
    errors, called = [], 0
    for path in chapters:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            errors.append(f"{path.relative_to(PROJECT)}: file: it is not UTF-8 text; save it as UTF-8")
            continue
        for line, expression in macro_calls(text):
            called += 1
            if problem := _problem(expression, vocabulary, environment):
                errors.append(f"{path.relative_to(PROJECT).as_posix()}:{line}: {problem}")
        if problem := unclosed(text):
            errors.append(f"{path.relative_to(PROJECT).as_posix()}: {problem}")
    try:
        measured = {name: len(rows) for name, rows in book.measurements.all().items()}
    except CatalogError as error:
        errors += error.lines
    if errors:
        raise CatalogError(*errors)
    return (f"{len(book.models)} models, {len(book.devices)} devices, {len(book.facts)} facts, {len(book.works)} sources, "
            f"{len(book.terms)} glossary terms, {len(book.programs)} programs, {len(book.settings)} settings and {called} macro calls in {len(chapters)} pages are in order.\n"
            f"So are {sum(measured.values()):,} measurements: " + ", ".join(f"{n:,} of {name}" for name, n in measured.items()) + ".")


def _checked(function):
    """The macro as a check calls it: names of arguments first, and slow tables not at all."""
    @functools.wraps(function)
    def call(*args, **kwargs):
        if problem := wrong_argument(function, kwargs):
            raise CatalogError(problem)
        return "" if function.__name__ in SLOW else function(*args, **kwargs)
    return call


def stale(today: date | None = None) -> str:
    """The facts, prices, programs and settings whose review date has passed, oldest first, one line each."""
    book = catalog()
    now = (today or date.today()).strftime("%Y-%m")
    due = [(f.review or _a_year_after(f.as_of), f"macros/catalog/facts/{f.id}.yaml", f.as_of) for f in book.facts.values() if f.review != "never"]
    due += [(_a_year_after(p.as_of), f"macros/catalog/measurements/prices.csv: {p.id}", p.as_of) for p in book.measurements.prices.values()]
    due += [(_a_year_after(p.as_of), f"macros/catalog/programs/{p.id}.yaml", p.as_of) for p in book.programs.values()]
    due += [(_a_year_after(as_of), f"macros/catalog/settings.csv: {n} of {program}", as_of) for (program, as_of), n in Counter((row.program, row.as_of) for row in book.settings).items()]
    lines = [f"{where}: as of {as_of}, review was due {month}" for month, where, as_of in sorted(due) if month < now]
    return "\n".join(lines or ["Nothing is older than its review date."])


def _a_year_after(as_of: str) -> str:
    year, *month = as_of.split("-")
    return f"{int(year) + 1}-{month[0] if month else '12'}"


def _problem(expression: str, vocabulary: dict, environment: jinja2.Environment) -> str | None:
    if problem := wrong_call(expression, vocabulary):
        return problem
    name = re.match(r"\w+", expression)[0]
    try:
        environment.compile_expression(expression, undefined_to_none=False)(**vocabulary)
    except jinja2.UndefinedError as error:
        return f"{name}: {error.message}; texts need double quotes"
    except (CatalogError, TypeError) as error:
        return f"{name}: {error}"
    return None


def generated() -> dict[Path, str]:
    """The files that follow from the code, by path: JSON Schemas for editors, the list of macros in CONTRIBUTING.md."""
    files = {DIRECTORY / "schema" / f"{name}.schema.json": json.dumps(record.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
             for name, record in SCHEMAS.items()}
    guide = PROJECT / "CONTRIBUTING.md"
    before, _, rest = guide.read_text(encoding="utf-8").partition("<!-- macros -->\n")
    after = rest.partition("<!-- /macros -->")[2]
    files[guide] = f"{before}<!-- macros -->\n{_macro_list()}<!-- /macros -->{after}"
    return files


def _macro_list() -> str:
    lines = ["| macro | what it gives |", "|---|---|"]
    for function in VOCABULARY:
        arguments = ", ".join(p.name + ("" if p.default is p.empty else "=…") for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD)
        lines.append(f"| `{function.__name__}({arguments})` | {inspect.getdoc(function).splitlines()[0]} |")
    return "\n".join(lines) + "\n"


def write_generated() -> list[str]:
    files = generated()
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [path.relative_to(PROJECT).as_posix() for path in files]


def write_zip() -> str:
    """Pack site/ into dist/local-llm-primer-<edition>.zip and say how to open it; raise CatalogError if it is not built."""
    site = PROJECT / "site"
    if not (site / "index.html").is_file():
        raise CatalogError("site/index.html: it is missing; build the book first: python -m mkdocs build --strict")
    target = PROJECT / "dist" / f"local-llm-primer-{edition()}.zip"
    zip_site(site, target)
    return (f"\nThe site, for a web server:   {site.relative_to(PROJECT)}/\n"
            f"  Read it here:               python -m http.server --directory site 8000, then http://localhost:8000/\n"
            f"The offline edition:          {target.relative_to(PROJECT)} ({target.stat().st_size / 1e6:.1f} MB)\n"
            f"  Read it anywhere:           unpack it and open {target.stem}/index.html; no network is needed")


def zip_site(site: Path, target: Path) -> None:
    """Pack a built site into `target`, in one folder named like it: the same bytes for the same site.

    Files are sorted and their times are SOURCE_DATE_EPOCH. Nothing half-written is left under `target`.
    """
    # 1980 is the earliest time a zip can hold.
    stamp = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315_532_800))[:6]
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(p for p in site.rglob("*") if p.is_file()):
            info = zipfile.ZipInfo(f"{target.stem}/{path.relative_to(site).as_posix()}", date_time=stamp)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, path.read_bytes())
    unfinished.replace(target)
