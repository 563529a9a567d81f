"""Lists at the end of the book: timeline, questions, corrections, promises, sources and the sheet of formulas."""

import re
import tomllib
from collections import defaultdict
from datetime import date
from html import escape

from ..catalog.back_matter import Event
from ..catalog.errors import CatalogError
from ..data import catalog
from . import training, units
from .html import block, element, figure, link, plotted
from .numbers import Number, device_of, model_of, number as of
from .pages import PROJECT, front_matter, navigation
from .tables import cell, head, row_head, table

KINDS = {"model": "models", "software": "programs", "paper": "papers", "event": "events"}
CONFIDENCE = {"verified": "", "secondary": "read in a copy", "derived": "month inferred", "memory": "recalled, not looked up"}


def _address(page: str) -> str:
    """Address of 'part/page.md#section' as seen from a chapter."""
    return "../" + page.replace(".md", ".html")


def _title(page: str) -> str:
    path = PROJECT / "docs" / page.partition("#")[0]
    return front_matter(path).get("title", page) if path.is_file() else page


# ---------------------------------------------------------------- timeline

_ROW, _LEFT, _WIDTH = 15, 62, 360


def timeline(*, id: str, caption: str, kinds: list[str] | None = None) -> str:
    """Events of macros/catalog/timeline.csv as a picture of months, with those that matter most named, and a table of all with their sources."""
    for kind in kinds or ():
        if kind not in KINDS:
            raise CatalogError(f"timeline: there is no kind '{kind}'; kinds are {', '.join(KINDS)}")
    events = [e for e in catalog().events if not kinds or e.kind in kinds]
    body = "".join(element("tr", row_head(units.month(e.date) if len(e.date) == 7 else _day(e.date)) + cell(escape(e.who), class_="l text")
                           + cell(escape(e.what) + (f'<small class="u">{escape(e.why)}</small>' if e.why else ""), class_="l text")
                           + cell(e.kind, class_="l") + cell(_source(e), class_="l text"), data_kind=e.kind) for e in events)
    first = head("When") + head("Who", class_="l") + head("What", class_="l") + head("Kind", class_="l") + head("Read in", class_="l")
    return plotted(id=id, caption=f"<b>{escape(caption)}</b> {len(events)} events, {events[0].date[:4]} to {events[-1].date[:4]}", picture=_picture(id, caption, events),
                   table=table(id, [first], element("tbody", body), class_="t names"),
                   note="One row for each quarter, one mark for each event: ■ model, ◆ program, ○ paper or event. Beside it stands what mattered most to those who run models themselves. All events are in the table below.")


def _day(day: str) -> str:
    return f"{int(day[8:])} {units.month(day)}"


def _source(e: Event) -> str:
    doubt = CONFIDENCE[e.confidence]
    return link(e.source, e.address) + (f'<small class="u">{doubt}</small>' if doubt else "")


def _picture(id: str, caption: str, events: list[Event]) -> str:
    """One row a quarter that has events: its marks, then the names of those with a reason."""
    quarters: dict[str, list[Event]] = defaultdict(list)
    for e in events:
        quarters[f"{e.date[:4]} Q{(int(e.date[5:7]) + 2) // 3}"].append(e)
    rows, y = "", 6.0
    for quarter, members in quarters.items():
        named = [e for e in members if e.why]
        lines = max(1, len(named))
        rows += f'<text class="tick" x="0" y="{y + 10:g}">{quarter}</text>'
        for number, e in enumerate(members):
            rows += _mark(e.kind, _LEFT + 8 * (number % 6), y + 4 + 8 * (number // 6))
        for number, e in enumerate(named):
            rows += f'<text class="name" x="{_LEFT + 56}" y="{y + 10 + _ROW * number:g}">{escape(_short(e.what))}</text>'
        y += max(_ROW * lines, 8 * (1 + (len(members) - 1) // 6) + 7) + 3
        rows += f'<line class="grid" x1="0" x2="{_WIDTH}" y1="{y - 1:g}" y2="{y - 1:g}"/>'
    return (f'<svg class="plot timeline" viewBox="0 0 {_WIDTH} {y + 4:g}" role="img" aria-labelledby="{id} {id}-text"><desc id="{id}-text">'
            f'{escape(caption)}: the same events as in the table below.</desc>{rows}</svg>')


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "model":
        return f'<rect class="mark model" x="{x:g}" y="{y:g}" width="6" height="6"/>'
    if kind == "software":
        return f'<path class="mark software" d="M{x + 3:g} {y - 0.5:g}l3.5 3.5l-3.5 3.5l-3.5 -3.5z"/>'
    return f'<circle class="mark paper" cx="{x + 3:g}" cy="{y + 3:g}" r="2.6"/>'


def _short(what: str) -> str:
    """The first clause, as long as fits beside the marks."""
    text = re.split(r"[;:(]| announced|, ", what)[0].strip()
    return text if len(text) <= 31 else text[:30].rsplit(" ", 1)[0] + " …"


# ---------------------------------------------------------------- questions, corrections, promises, sources

def question_index() -> str:
    """Every question the book answers, in readers' words, by part of the book, with the page that answers it."""
    asked = defaultdict(list)
    for question in catalog().questions:
        asked[question.page.partition("#")[0]].append((question.question, question.page))
    out = ""
    for number, (title, pages) in enumerate(navigation(), 1):
        items = ""
        for page in pages:
            meta = front_matter(PROJECT / "docs" / page)
            own = [(meta["title"], page)] if meta.get("title", "").endswith("?") else []
            known = {text.lower() for text, _ in own}
            for text, where in own + [q for q in asked[page] if q[0].lower() not in known]:
                items += element("li", link(text, _address(where)))
        if items:
            out += element("section", element("h3", escape(title), id=f"questions-{number}") + element("ul", items))
    return block(element("div", out, class_="questions"))


def question_count() -> str:
    """How many questions the index has."""
    titles = {front_matter(PROJECT / "docs" / page).get("title", "").lower() for _, pages in navigation() for page in pages}
    return f"{len({t for t in titles if t.endswith('?')} | {q.question.lower() for q in catalog().questions}):,}"


def corrections_table(*, id: str, caption: str) -> str:
    """Figures of the book that were wrong or that changed, newest first: macros/catalog/corrections.yaml."""
    rows = sorted(catalog().corrections, key=lambda c: c.date, reverse=True)
    body = "".join(element("tr", row_head(str(c.date)) + cell((link(c.what, _address(c.page)) if c.page else escape(c.what)), class_="l text") + cell(escape(c.was), class_="l text")
                           + cell(escape(c.is_), class_="l text") + cell(escape(c.why), class_="l text")) for c in rows)
    first = head("Day") + head("Which figure", class_="l") + head("Was", class_="l") + head("Is", class_="l") + head("Why", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {len(rows)} corrections", table=table(id, [first], element("tbody", body)), class_="tab wide prose")


def promise_table(*, id: str, caption: str) -> str:
    """What the outlines of this book promised or claimed, and where each is kept: macros/catalog/promises.csv."""
    rows = sorted(catalog().promises.values(), key=lambda p: p.id)
    body = "".join(element("tr", row_head(p.id, p.outline) + cell(escape(p.promise), class_="l text") + cell(link(_title(p.page), _address(p.page)), class_="l text")
                           + cell(escape(p.corrected or ""), class_="l text"), id=p.id.lower()) for p in rows)
    first = head("Number") + head("Promised or claimed", class_="l") + head("Kept in", class_="l") + head("Where the claim no longer holds", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {len(rows)} promises", table=table(id, [first], element("tbody", body), searched=False), class_="tab wide prose")


def edition_name() -> str:
    """The edition, for example 2026.11, from pyproject.toml."""
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def bibtex() -> str:
    """The book as an entry for BibTeX."""
    year, number = edition_name().split(".")[:2]
    return f"\n\n```bibtex\n@misc{{local-llm-primer,\n  author  = {{{{The Local LLM Primer contributors}}}},\n  title   = {{The Local LLM Primer}},\n  howpublished = {{Edition {edition_name()}}},\n  year    = {{{year}}},\n  month   = {{{int(number)}}},\n  note    = {{Text and data CC BY 4.0, code MIT}}\n}}\n```\n\n"


def resource_list(*, topic: str) -> str:
    """Resources of one topic with a line on why and the day each was last checked: macros/catalog/resources.yaml."""
    book = catalog()
    chosen = [r for r in book.resources if r.topic == topic]
    if not chosen:
        raise CatalogError(f"resource_list: there is no resource of topic '{topic}'; topics are {', '.join(dict.fromkeys(r.topic for r in book.resources))}")
    items = "".join(element("li", f"{link(w.title, w.address)}{', ' + escape(w.author) if w.author else ''}. {escape(r.why)} <small>Last checked {w.accessed}.</small>") for r in chosen for w in [book.works[r.source]])
    return block(element("ul", items, class_="resources"))


def source_list() -> str:
    """Every work that a chapter or a measurement rests on, by title, with the day it was read."""
    works = sorted(catalog().works.values(), key=lambda w: w.title.lower().lstrip("\"'“"))
    groups = defaultdict(str)
    for w in works:
        letter = w.title.lstrip("\"'“")[0].upper()
        author = f", {escape(w.author)}" if w.author else ""
        published = f", {units.month(w.published) if '-' in w.published else w.published}" if w.published else ""
        groups[letter if letter.isalpha() else "0 to 9"] += element("li", f"{link(w.title, w.address)}{author}{published}; read {w.accessed}.", id=f"source-{w.id.replace('.', '-')}")
    out = "".join(element("section", element("h3", letter, id=f"sources-{letter[0].lower()}") + element("ul", items)) for letter, items in groups.items())
    return block(element("div", out, class_="all-sources"))


def source_count() -> str:
    """How many sources the book names, and the span of days on which they were read."""
    days = [w.accessed for w in catalog().works.values()]
    return f"{len(days):,} sources, read from {_plain(min(days))} to {_plain(max(days))}"


def _plain(day: date) -> str:
    return f"{day.day} {units.month(f'{day:%Y-%m}')}"


# ---------------------------------------------------------------- formulas

def formula_sheet(*, id: str, caption: str, model: str = "llama-3.1-8b", format: str = "Q4_K_M", device: str = "rtx-3060-12", context: int = 8192, prompt: int = 4096, storage: str = "nvme-gen4") -> str:
    """Every formula of the book with its working for one model on one device: one printable table."""
    at = {"model": model, "format": format}
    rows: list[tuple[str, str, str, Number]] = [
        ("Size of the file", "basic-terms/quantization.md", "parameters × bits per weight ÷ 8", of("file_size", **at)),
        ("Memory of the weights", "hardware/how-much-memory.md", "bytes of the file ÷ 2³⁰", of("weights", **at)),
        ("KV cache of a token", "medium-terms/kv-cache.md", "2 × layers × KV heads × head size × bytes per value", of("kv_per_token", model=model)),
        ("KV cache", "medium-terms/kv-cache.md", "tokens of context × cache of a token", of("kv_cache", model=model, context=context)),
        ("Memory in all", "hardware/how-much-memory.md", "weights + KV cache + work space + program", of("memory", **at, context=context)),
        ("Bandwidth", "hardware/memory.md", "bus width ÷ 8 × transfers per second", of("bandwidth", device=device)),
        ("Speed of writing, at most", "hardware/why-memory-bandwidth.md", "bandwidth ÷ bytes read for a token", of("decode_ceiling", **at, device=device)),
        ("Speed of writing, to expect", "reference/how-good-are-these-numbers.md", "ceiling × share that programs reach", of("decode_speed", **at, device=device, context=context)),
        ("Speed of reading a prompt", "medium-terms/prefill-and-decode.md", "operations a second × share reached ÷ operations for a token", of("prefill_speed", **at, device=device, prompt=prompt)),
        ("Time to the first token", "medium-terms/first-token.md", "tokens of the prompt ÷ speed of reading", of("first_token_time", **at, device=device, prompt=prompt)),
        ("Time to load", "hardware/storage.md", "bytes of the file ÷ rate of the drive", of("load_time", **at, storage=storage)),
        ("Energy of a token", "buying/power-heat-noise.md", "watts ÷ tokens per second", of("energy_per_token", **at, device=device, context=context)),
        ("Memory of full training, before activations", "training/memory.md", "bytes per parameter × parameters", training._states(model, "full", {})),
        ("Operations of training", "training/from-nothing.md", "6 × parameters × tokens", training.pretraining_operations(model)),
    ]
    body = "".join(element("tr", row_head(name, "", _address(page)) + cell(escape(formula), class_="l text") + cell(f"<b>{escape(number.text)}</b>", number.exact)
                           + cell(number.formula, class_="l text")) for name, page, formula, number in rows)
    first = head("What") + head("Formula", class_="l") + head("Example") + head("Its working", class_="l")
    m, d = model_of(model), device_of(device)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(m.name)} at {escape(format)} on {escape(d.name)}, {context:,} tokens of context, a prompt of {prompt:,}",
                  table=table(id, [first], element("tbody", body)), class_="tab wide prose sheet",
                  note="Memory is counted in GiB, of 2³⁰ bytes; files, bandwidth and networks in GB, of 10⁹ bytes. A parameter is one number of the model; bits per weight divided by 8 are bytes. A token is about three quarters of an English word.")
