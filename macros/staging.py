"""Writes the pages that follow from the catalog, one for each model and device, before the book is built.

They are Markdown like any chapter: front matter, headings and a few macro calls. They lie in docs/, so that
every builder finds them and links to them are checked, but they are not committed (.gitignore), not in the
order of the book (not_in_nav in mkdocs.yml) and not in the search index (their names are, in the catalogs).
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .catalog.records import Device, Model
from .data import catalog
from .rendering.pages import PROJECT
from .rendering.reference import measured_on
from .speeds import backend_of

MODELS, DEVICES = "reference/models", "reference/devices"
FOLDERS = (MODELS, DEVICES)


@dataclass(frozen=True)
class Staged:
    """Names of pages, relative to docs/."""

    all: tuple[str, ...]
    written: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.all)} pages follow from the catalog: {len(self.written)} written, {len(self.removed)} removed, the rest is unchanged."


def stage(docs: Path = PROJECT / "docs") -> Staged:
    """Bring the generated pages below `docs` up to date; raises CatalogError if the catalog does not load.

    A page that would not change is left alone, with its time: builders see what is new by it.
    A page whose record is gone is deleted.
    """
    wanted = pages()
    written = [name for name, text in wanted.items() if _write(docs / name, text)]
    removed = [path for folder in FOLDERS for path in sorted((docs / folder).glob("*.md")) if path.relative_to(docs).as_posix() not in wanted]
    for path in removed:
        path.unlink()
    return Staged(tuple(wanted), tuple(written), tuple(path.relative_to(docs).as_posix() for path in removed))


def _write(path: Path, text: str) -> bool:
    """True if the file did not hold this text before."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def pages() -> dict[str, str]:
    """Every generated page: its name, for example reference/models/llama-3.1-8b.md, and its Markdown."""
    models = {f"{MODELS}/{m.id}.md": _model_page(m) for m in catalog().models.values()}
    return models | {f"{DEVICES}/{d.id}.md": _device_page(d) for d in catalog().devices.values()}


def is_generated(page: str) -> bool:
    """Whether a page, named relative to docs/ or to the site, is one of these."""
    return page.startswith(tuple(f"{folder}/" for folder in FOLDERS))


def _model_page(m: Model) -> str:
    return _page(m, "Models", "reference/models.html", f"{m.name} by {m.maker}: what it is made of, its size in every format, its memory by context, and the devices that hold it.", f"""\
[[= model_facts(model="{m.id}") =]]

## How large is it? {{ #size }}

[[= model_sizes(id="t-size", caption="Size by format", model="{m.id}") =]]

## How much memory does the context take? {{ #context }}

[[= model_contexts(id="t-context", caption="KV cache by length of context", model="{m.id}") =]]

## Which devices hold it, and how fast is it? {{ #devices }}

[[= model_devices(id="t-devices", caption="Devices that hold it", model="{m.id}") =]]

## How long does it take to load? {{ #loading }}

[[= model_loading(id="t-loading", caption="Time to load", model="{m.id}") =]]

## Sources {{ #sources }}

[[= model_sources(model="{m.id}") =]]

Next: [all models](../models.md), [all devices](../devices.md), [how these numbers are made](../how-the-numbers-are-made.md).
""")


def _device_page(d: Device) -> str:
    holds = d.memory is not None
    heading = "Which models does it hold, and how fast is it? { #models }" if holds else "How long does a model take over it? { #models }"
    caption = "Models it holds" if holds else "Time to move a model"
    measured = "" if not measured_on(d.id) else f"""\
## What was measured on it? {{ #measured }}

[[= device_measurements(id="t-measured", caption="Published speeds", device="{d.id}") =]]

"""
    together = "" if not holds or backend_of(d) == "CPU" else f"""\
## How fast is it for several conversations at a time? {{ #together }}

[[= device_batches(id="t-together", caption="Several conversations at a time", device="{d.id}") =]]

"""
    return _page(d, "Devices", "reference/devices.html", f"{d.name}: its data sheet, its bandwidth worked out, and what that means for every model of the catalog.", f"""\
[[= device_facts(device="{d.id}") =]]

## Where does its bandwidth come from? {{ #bandwidth }}

[[= working(name="bandwidth", device="{d.id}") =]]

## {heading}

[[= device_models(id="t-models", caption="{caption}", device="{d.id}") =]]

{together}{measured}## Sources {{ #sources }}

[[= device_sources(device="{d.id}") =]]

Next: [all devices](../devices.md), [all models](../models.md), [why bandwidth decides speed](../../hardware/why-memory-bandwidth.md).
""")


def _page(record: Model | Device, up: str, up_page: str, description: str, text: str) -> str:
    # JSON's strings are YAML's: names may hold colons and quotation marks.
    title, read = json.dumps(record.name, ensure_ascii=False), max(s.accessed for s in record.sources)
    front = (f"title: {title}\ndescription: {json.dumps(description, ensure_ascii=False)}\nkind: look-up\nreviewed: {read}\n"
             f"up: {{ name: {up}, page: {up_page} }}\nsearch: {{ exclude: true }}\nhide: [toc]\n")
    return f"---\n{front}---\n\n# {_escaped(record.name)}\n\n{text}"


def _escaped(text: str) -> str:
    """Text whose Markdown marks are only characters."""
    return re.sub(r"([\\`*_\[\]{}])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
