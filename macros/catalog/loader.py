"""Reads every YAML file of the catalog, once, and refuses all of it if anything is wrong. Measurements wait until they are asked for."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from .back_matter import Correction, Corrections, Event, Kept, Question, Questions, Resource, Resources
from .errors import CatalogError, nearest
from .measurements import Measurement, Power, Quality, Quote, Speed
from .programs import Messages, Program, Setting
from .records import BlockType, Box, Constant, Constants, Device, Drawing, Elsewhere, Fact, Formats, Glossary, Group, Mix, Model, Record, Term, Work

DIRECTORY = Path(__file__).parent


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without its traps: a key given twice is an error, sequences become tuples."""


def _mapping(loader, node):
    loader.flatten_mapping(node)
    result = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in result:
            raise yaml.MarkedYAMLError(problem=f"'{key}' is given twice; keep one", problem_mark=key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)
    return result


def _sequence(loader, node):
    return tuple(loader.construct_object(item, deep=True) for item in node.value)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG, _sequence)


class Measurements:
    """What others measured, by id, one file per kind of figure. A file is read and checked when it is first asked for.

    Every property raises CatalogError with all mistakes of its file.
    """

    def __init__(self, folder: Path, devices: Mapping[str, Device], models: Mapping[str, Model], works: Mapping[str, Work]):
        self._folder, self._devices, self._models, self._works = folder, devices, models, works

    @cached_property
    def speed(self) -> Mapping[str, Speed]:
        return self._read("speed", Speed)

    @cached_property
    def quality(self) -> Mapping[str, Quality]:
        return self._read("quality", Quality)

    @cached_property
    def power(self) -> Mapping[str, Power]:
        return self._read("power", Power)

    @cached_property
    def prices(self) -> Mapping[str, Quote]:
        return self._read("prices", Quote)

    def all(self) -> dict[str, Mapping[str, Measurement]]:
        """Every file by name; raises CatalogError with the mistakes of all of them."""
        files, errors = {}, []
        for name in _MEASUREMENTS:
            try:
                files[name] = getattr(self, name)
            except CatalogError as error:
                errors += [line for line in error.lines if line not in errors]
        if errors:
            raise CatalogError(*errors)
        return files

    def find(self, name: str, key: str) -> Measurement:
        """Return one row; raise CatalogError naming the nearest id and the file to edit."""
        known = getattr(self, name)
        if key in known:
            return known[key]
        raise CatalogError(f"there is no row '{key}' in {name}.csv.{nearest(key, known)} To add it, edit macros/catalog/measurements/{name}.csv")

    def _read(self, name: str, kind: type[Measurement]) -> Mapping:
        path = self._folder / f"{name}.csv"
        errors: list[str] = []
        rows = _table(path, kind, errors)
        known = {"subject": (self._devices, "device"), "model": (self._models, "model"), "source": (self._works, "source")}
        if kind is Power:
            known["speed"] = (self.speed, "row in speed.csv")
        seen: dict[str, int] = {}
        for line, row in rows:
            if seen.setdefault(row.id, line) != line:
                errors.append(f"{_shown(path)}: line {line}: id: '{row.id}' is already in line {seen[row.id]}; give each row its own")
            for field, (records, what) in known.items():
                key = getattr(row, field)
                if key is not None and key not in records:
                    errors.append(f"{_shown(path)}: line {line}: {field}: there is no {what} '{key}'.{nearest(key, records)}")
            if row.model in self._models and row.hub and row.hub != self._models[row.model].hub:
                errors.append(f"{_shown(path)}: line {line}: hub: '{row.hub}' is not the model '{row.model}', which is {self._models[row.model].hub}")
        if errors:
            raise CatalogError(*errors)
        return MappingProxyType({row.id: row for _, row in rows})


_MEASUREMENTS = ("speed", "quality", "power", "prices")


@dataclass(frozen=True)
class Catalog:
    """All records, by id. Read-only."""

    models: Mapping[str, Model]
    devices: Mapping[str, Device]
    facts: Mapping[str, Fact]
    works: Mapping[str, Work]
    types: Mapping[str, BlockType]
    mixes: Mapping[str, Mix]
    elsewhere: Mapping[str, Elsewhere]
    constants: Mapping[str, Constant]
    terms: Mapping[str, Term]
    drawings: Mapping[str, Drawing]
    programs: Mapping[str, Program]
    settings: tuple[Setting, ...]
    messages: Mapping[str, Messages]
    events: tuple[Event, ...]
    corrections: tuple[Correction, ...]
    questions: tuple[Question, ...]
    resources: tuple[Resource, ...]
    promises: Mapping[str, Kept]
    measurements: Measurements

    def find(self, kind: str, key: str):
        """Return one record; raise CatalogError naming the nearest id and the file to edit."""
        known = getattr(self, kind)
        if key in known:
            return known[key]
        raise CatalogError(f"there is no {_SINGULAR[kind]} '{key}'.{nearest(key, known)} To add it, {_WHERE[kind].format(key=key)}")


_SINGULAR = {"models": "model", "devices": "device", "facts": "fact", "works": "source", "types": "block type",
             "mixes": "format", "constants": "constant", "terms": "glossary term", "drawings": "drawing", "programs": "program"}
_WHERE = {"models": "write macros/catalog/models/{key}.yaml", "devices": "write macros/catalog/devices/{key}.yaml",
          "facts": "write macros/catalog/facts/{key}.yaml", "works": "write macros/catalog/sources/{key}.yaml",
          "types": "edit macros/catalog/formats.yaml", "mixes": "edit macros/catalog/formats.yaml",
          "constants": "edit macros/catalog/constants.yaml", "terms": "edit macros/catalog/glossary.yaml",
          "drawings": "write macros/catalog/drawings/{key}.yaml", "programs": "write macros/catalog/programs/{key}.yaml"}

Check = Callable[[Model], Iterable[str]]


def load(directory: Path = DIRECTORY, model_checks: Iterable[Check] = ()) -> Catalog:
    """Load and validate the catalog.

    `model_checks` are rules that need arithmetic (the catalog itself computes nothing): each takes a
    Model and yields 'field: what is wrong' lines.
    Raises CatalogError with every mistake of every file, one line each.
    """
    errors: list[str] = []
    models = _folder(directory / "models", Model, errors)
    devices = _folder(directory / "devices", Device, errors)
    facts = _folder(directory / "facts", Fact, errors)
    works = _folder(directory / "sources", Work, errors)
    drawings = _folder(directory / "drawings", Drawing, errors)
    formats = _file(directory / "formats.yaml", Formats, errors)
    constants = _file(directory / "constants.yaml", Constants, errors)
    glossary = _file(directory / "glossary.yaml", Glossary, errors)
    programs = _folder(directory / "programs", Program, errors)
    messages = _folder(directory / "messages", Messages, errors)
    settings = _table(directory / "settings.csv", Setting, errors)
    events = _table(directory / "timeline.csv", Event, errors)
    promises = _table(directory / "promises.csv", Kept, errors)
    corrections = _file(directory / "corrections.yaml", Corrections, errors)
    questions = _file(directory / "questions.yaml", Questions, errors)
    resources = _file(directory / "resources.yaml", Resources, errors)

    for model in models.values():
        for check in model_checks:
            errors += [f"{_shown(directory / 'models' / (model.id + '.yaml'))}: {line}" for line in check(model)]
    errors += _same_twice(directory, "models", models, lambda m: m.hub, "hub")
    errors += _same_twice(directory, "devices", devices, lambda d: d.name, "name")
    errors += _host_bus_errors(directory / "devices", devices)
    for name, drawing in drawings.items():
        errors += [f"{_shown(directory / 'drawings' / (name + '.yaml'))}: {line}" for line in _drawing_errors(drawing)]
    if glossary:
        errors += [f"{_shown(directory / 'glossary.yaml')}: {line}" for line in _glossary_errors(glossary)]
    errors += _program_errors(directory, programs, settings, messages, works)
    for number, resource in enumerate(resources.resources if resources else (), 1):
        if resource.source not in works:
            errors.append(f"{_shown(directory / 'resources.yaml')}: resources: {number}: source: there is no source '{resource.source}'.{nearest(resource.source, works)}")
    errors += _twice(directory / "promises.csv", "id", [(line, row.id) for line, row in promises])
    if errors:
        raise CatalogError(*errors)
    return Catalog(
        models=MappingProxyType(models), devices=MappingProxyType(devices),
        facts=MappingProxyType(facts), works=MappingProxyType(works),
        types=_by_id(formats.types), mixes=_by_id(formats.mixes), elsewhere=_by_id(formats.elsewhere),
        constants=_by_id(constants.constants), terms=_by_id(glossary.terms), drawings=MappingProxyType(drawings),
        programs=MappingProxyType(programs), settings=tuple(row for _, row in settings), messages=MappingProxyType(messages),
        events=tuple(sorted((row for _, row in events), key=lambda e: e.date)), corrections=corrections.corrections, questions=questions.questions, resources=resources.resources,
        promises=_by_id(row for _, row in promises),
        measurements=Measurements(directory / "measurements", devices, models, works))


def read_model(path: Path, model_checks: Iterable[Check] = ()) -> Model:
    """Read one model from a YAML file anywhere; raises CatalogError with every mistake, one line each."""
    errors: list[str] = []
    model = _file(path, Model, errors)
    if model is not None:
        errors += [f"{_shown(path)}: {line}" for check in model_checks for line in check(model)]
    if errors:
        raise CatalogError(*errors)
    return model


def _by_id(records) -> Mapping:
    return MappingProxyType({r.id: r for r in records})


def _shown(path: Path) -> str:
    """The path as a contributor types it, from the top of the project."""
    parts = path.parts
    return "/".join(parts[parts.index("macros"):]) if "macros" in parts else str(path)


def _folder(folder: Path, kind: type[BaseModel], errors: list[str]) -> dict:
    records = {}
    for path in sorted(folder.iterdir() if folder.is_dir() else ()):
        if path.name.startswith("."):
            continue
        if path.suffix != ".yaml":
            errors.append(f"{_shown(path)}: name: only .yaml files belong here; rename it to {path.stem}.yaml or move it away")
            continue
        record = _file(path, kind, errors)
        if record is None:
            continue
        if record.id != path.stem:
            errors.append(f"{_shown(path)}: id: '{record.id}' is not the file name; write id: {path.stem} or rename the file to {record.id}.yaml")
        records[path.stem] = record
    return records


def _file(path: Path, kind: type[BaseModel], errors: list[str]):
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)
    except FileNotFoundError:
        errors.append(f"{_shown(path)}: file: it is missing; restore it")
        return None
    except UnicodeDecodeError:
        errors.append(f"{_shown(path)}: file: it is not UTF-8 text; save it as UTF-8")
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "file"
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        errors.append(f"{_shown(path)}: {line}: {problem}; write 'key: value', two spaces deeper for each level")
        return None
    except ValueError as error:
        errors.append(f"{_shown(path)}: file: {error}; write dates as 2026-11-21")
        return None
    if not isinstance(data, dict):
        errors.append(f"{_shown(path)}: file: it holds no 'key: value' lines; copy a neighboring file as a start")
        return None
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        errors += [f"{_shown(path)}: {line}" for line in _lines(error, kind)]
        return None


def _table(path: Path, kind: type[Record], errors: list[str]) -> list[tuple[int, Record]]:
    """The rows of a CSV file with their line numbers. An empty cell is nothing."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            lines, cells = [], []
            for row in reader:
                lines.append(reader.line_num)
                cells.append(row)
    except FileNotFoundError:
        errors.append(f"{_shown(path)}: file: it is missing; restore it")
        return []
    except UnicodeDecodeError:
        errors.append(f"{_shown(path)}: file: it is not UTF-8 text; save it as UTF-8")
        return []
    fields = kind.model_fields
    wrong = [f"line 1: {name}: unknown column.{nearest(name, fields)} Known here: {', '.join(fields)}" for name in header if name not in fields]
    wrong += [f"line 1: {name}: the column is given twice; keep one" for name in dict.fromkeys(header) if header.count(name) > 1]
    wrong += [f"line 1: {name}: the column is missing; add {info.description}" for name, info in fields.items() if info.is_required() and name not in header]
    wrong += [f"line {line}: row: it has {len(row)} cells under {len(header)} columns; put a text with commas in double quotes"
              for line, row in zip(lines, cells) if len(row) != len(header)]
    if not wrong:
        try:
            rows = TypeAdapter(list[kind]).validate_python([{name: cell for name, cell in zip(header, row) if cell} for row in cells])
            return list(zip(lines, rows))
        except ValidationError as error:
            wrong = _lines(error, kind, lines)
    errors += [f"{_shown(path)}: {line}" for line in wrong]
    return []


def _lines(error: ValidationError, kind: type[BaseModel], numbers: list[int] | None = None) -> list[str]:
    """The mistakes in words. `numbers`: line numbers of the rows, if `error` is about a list of records."""
    lines = []
    for item in error.errors(include_url=False):
        if numbers:
            item["loc"], place = item["loc"][1:], f"line {numbers[item['loc'][0]]}: "
        else:
            place = ""
        field, help_, siblings = _describe(item["loc"], kind)
        found = item["input"]
        match item["type"]:
            case "missing":
                text = f"it is missing; add {help_}"
            case "extra_forbidden":
                text = f"unknown key.{nearest(item['loc'][-1], siblings)} Known here: {', '.join(siblings)}"
            case "value_error":
                text = str(item["ctx"]["error"])
                if (named := re.match(r"([a-z_.0-9]+): (?=\S)", text)) and named[1].split(".")[0] in _fields_at(item["loc"], kind):
                    field, text = ".".join(filter(None, ("" if field == "file" else field, named[1]))), text[named.end():]
            case "literal_error":
                text = f"'{found}' is not allowed; write {item['ctx']['expected'].replace(' or ', ', or ')}"
            case "greater_than" | "greater_than_equal":
                text = f"{found} is too small; write {help_}"
            case "string_type":
                text = f"{found!r} is not text; write {help_}, in quotes if it looks like a number, a date or yes"
            case _:
                text = f"{_short(found)} is wrong ({item['msg'][0].lower() + item['msg'][1:]}); write {help_}"
        lines.append(f"{place}{field}: {text}")
    return lines


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _describe(loc: tuple, kind) -> tuple[str, str, list[str]]:
    """Follow an error's location through the record classes: (dotted field, its help, keys allowed beside it)."""
    names, help_, siblings = [], "a value of the kind its neighbors have", []
    for step in loc:
        if isinstance(step, int):
            names[-1:] = [f"{names[-1]}[{step + 1}]"] if names else [f"[{step + 1}]"]
            continue
        names.append(str(step))
        fields = _fields(kind)
        siblings = list(fields)
        info = fields.get(step)
        if info is None:
            break
        help_ = info.description or _kind_of(info.annotation) or help_
        kind = _record_in(info.annotation)
    return ".".join(names) or "file", help_, siblings


def _fields_at(loc: tuple, kind) -> set[str]:
    """Fields of the record that the location points to."""
    for step in loc:
        if isinstance(step, str) and kind is not None:
            info = _fields(kind).get(step)
            kind = _record_in(info.annotation) if info else None
    return set(_fields(kind))


def _fields(kind) -> dict:
    """Fields of a record by the keys a contributor writes; empty for what is no record."""
    return {info.alias or name: info for name, info in getattr(kind, "model_fields", {}).items()}


def _kind_of(annotation) -> str:
    words = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return words.get(annotation, "")


def _record_in(annotation):
    """The record class inside an annotation such as tuple[Extra, ...] or Window | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if (found := _record_in(part)) is not None:
            return found
    return None


def _same_twice(directory: Path, folder: str, records: dict, key, field: str) -> list[str]:
    seen, lines = {}, []
    for record_id, record in records.items():
        first = seen.setdefault(key(record), record_id)
        if first != record_id:
            lines.append(f"{_shown(directory / folder / (record_id + '.yaml'))}: {field}: '{key(record)}' is already in {first}.yaml; the same thing belongs in one file")
    return lines


def _host_bus_errors(folder: Path, devices: Mapping[str, Device]) -> list[str]:
    """A device may only hang on a bus of the catalog. A bus whose own file is broken is not reported twice."""
    buses = [d.id for d in devices.values() if d.kind == "bus"]
    return [f"{_shown(folder / (d.id + '.yaml'))}: host_bus: there is no bus '{d.host_bus}'.{nearest(d.host_bus, buses)}"
            for d in devices.values() if d.host_bus and d.host_bus not in buses and (d.host_bus in devices or not (folder / f"{d.host_bus}.yaml").is_file())]


def _program_errors(directory: Path, programs: Mapping[str, Program], settings: list[tuple[int, Setting]], messages: Mapping[str, Messages], works: Mapping[str, Work]) -> list[str]:
    """What programs, settings and messages name that is not there, and settings given twice."""
    where, errors = directory / "settings.csv", []
    # A record with a mistake of its own has been named; its settings are not to blame.
    named = dict.fromkeys(path.stem for path in (directory / "programs").glob("*.yaml"))

    def missing(shown: str, field: str, key: str, known: Mapping, what: str) -> list[str]:
        return [] if key in known else [f"{shown}: {field}: there is no {what} '{key}'.{nearest(key, known)}"]

    for program in programs.values():
        for source in program.sources:
            errors += missing(_shown(directory / "programs" / f"{program.id}.yaml"), "sources", source, works, "source")
    for line, row in settings:
        errors += missing(f"{_shown(where)}: line {line}", "program", row.program, named, "program")
        errors += missing(f"{_shown(where)}: line {line}", "source", row.source, works, "source")
        for command in row.commands if row.program in programs else ():
            errors += missing(f"{_shown(where)}: line {line}", "commands", command, dict.fromkeys(programs[row.program].commands), f"command of {row.program}")
    errors += _twice(where, "name", [(line, (row.program, name, command)) for line, row in settings for name in row.names for command in row.commands or ("",)])
    for page in messages.values():
        for number, message in enumerate(page.messages, 1):
            errors += missing(_shown(directory / "messages" / f"{page.id}.yaml"), f"messages: {number}: source", message.source, works, "source")
    return errors


def _twice(path: Path, field: str, keys: Iterable[tuple[int, object]]) -> list[str]:
    seen: dict = {}
    return [f"{_shown(path)}: line {line}: {field}: {' '.join(key) if isinstance(key, tuple) else key} is already in line {seen[key]}; keep one"
            for line, key in keys if seen.setdefault(key, line) != line]


def _glossary_errors(glossary: Glossary) -> list[str]:
    lines, spellings = [], {}
    ids = [t.id for t in glossary.terms]
    for number, term in enumerate(glossary.terms, 1):
        where = f"terms[{number}] ({term.id})"
        if ids.count(term.id) > 1 and ids.index(term.id) != number - 1:
            lines.append(f"{where}: id: it is used twice; give each term its own")
        for spelling in (term.term, *term.also):
            other = spellings.setdefault(spelling.lower(), term.id)
            if other != term.id:
                lines.append(f"{where}: '{spelling}' already belongs to {other}; a spelling can mean one term only")
        for see in term.see:
            if see not in ids:
                lines.append(f"{where}: see: there is no term '{see}'.{nearest(see, ids)}")
    return lines


def _drawing_errors(drawing: Drawing) -> list[str]:
    """What no single field of a drawing can tell: references, places, frames."""
    lines: list[str] = []
    boxes: dict[str, Box] = {}
    taken: dict[tuple[int, int], str] = {}
    for number, box in enumerate(drawing.boxes, 1):
        where = f"boxes[{number}]"
        if boxes.setdefault(box.id, box) is not box:
            lines.append(f"{where}.id: '{box.id}' is already the name of another box; give each its own")
        column, row = box.at
        if column + box.span - 1 > 4:
            lines.append(f"{where}.span: {box.span} columns from column {column} leave the 4 there are; write at most {5 - column}")
        for place in _places(box):
            if taken.setdefault(place, box.id) != box.id:
                lines.append(f"{where}.at: '{taken[place]}' already covers column {place[0]}, row {place[1]}; move one of them")
                break
    arrows: set[tuple[str, str]] = set()
    for number, arrow in enumerate(drawing.arrows, 1):
        where = f"arrows[{number}]"
        for key, name in (("from", arrow.start), ("to", arrow.end)):
            if name not in boxes:
                lines.append(f"{where}.{key}: there is no box '{name}'.{nearest(name, boxes)}")
        if arrow.start == arrow.end:
            lines.append(f"{where}.to: '{arrow.end}' is the box it comes from; an arrow joins two boxes")
        if (arrow.start, arrow.end) in arrows:
            lines.append(f"{where}.to: an arrow from '{arrow.start}' to '{arrow.end}' is already there; put both texts on one")
        arrows.add((arrow.start, arrow.end))
    frames: list[tuple[Group, set]] = []
    for number, group in enumerate(drawing.groups, 1):
        where = f"groups[{number}]"
        unknown = [name for name in group.around if name not in boxes]
        lines += [f"{where}.around: there is no box '{name}'.{nearest(name, boxes)}" for name in unknown]
        inside = [place for name in group.around if name in boxes for place in _places(boxes[name])]
        if unknown or not inside:
            continue
        columns, rows = zip(*inside)
        frame = {(c, r) for c in range(min(columns), max(columns) + 1) for r in range(min(rows), max(rows) + 1)}
        strangers = dict.fromkeys(taken[place] for place in sorted(frame) if place in taken and taken[place] not in group.around)
        lines += [f"{where}.around: the frame takes in '{name}' as well; name it too or move it" for name in strangers]
        for other, cells in frames:
            if frame & cells and not (frame < cells or cells < frame):
                lines.append(f"{where}.around: its frame crosses that of '{other.text}'; one must lie inside the other")
        frames.append((group, frame))
    return lines


def _places(box: Box) -> list[tuple[int, int]]:
    """The cells of the grid that a box covers: (column, row)."""
    return [(box.at[0] + step, box.at[1]) for step in range(box.span)]
