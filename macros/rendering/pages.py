"""Lists made from the whole book: contents, glossary, sources."""

from functools import cache
from html import escape
from pathlib import Path

import yaml

from ..catalog.errors import CatalogError
from ..catalog.records import Level, Term, Topic
from ..data import catalog
from .html import block, element, link
from .units import month

PROJECT = Path(__file__).resolve().parents[2]


class _NavLoader(yaml.SafeLoader):
    """mkdocs.yml names Python objects for the theme; here they only have to be skipped."""


_NavLoader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)


@cache
def navigation() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The parts of the book and their pages, in order, from mkdocs.yml; pages outside a part are left out."""
    nav = yaml.load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"), _NavLoader)["nav"]
    parts = []
    for entry in nav:
        for title, pages in (entry.items() if isinstance(entry, dict) else ()):
            if isinstance(pages, list):
                parts.append((title, tuple(p if isinstance(p, str) else next(iter(p.values())) for p in pages)))
    return tuple(parts)


def front_matter(path: Path) -> dict:
    """The block between the first two '---' lines of a chapter; empty if there is none. Raises CatalogError if there is no such chapter."""
    if not path.is_file():
        raise CatalogError(f"mkdocs.yml: nav: there is no docs/{path.parent.name}/{path.name}; correct the name or remove the line")
    text = path.read_text(encoding="utf-8")
    if not text.startswith("---\n"):
        return {}
    return yaml.safe_load(text[4:].split("\n---", 1)[0]) or {}


def contents() -> str:
    """Contents of the book: every part with its pages, in the order of mkdocs.yml, titles from the pages."""
    out = ""
    for number, (title, pages) in enumerate(navigation(), 1):
        items = ""
        for page in pages:
            meta = front_matter(PROJECT / "docs" / page)
            if "title" not in meta:
                raise CatalogError(f"docs/{page}: title: it is missing; add 'title: …' between two '---' lines at the top of the page")
            items += element("li", link(meta["title"], page.removesuffix(".md") + ".html"))
        out += element("section", element("h3", escape(title), id=f"part-{number}") + element("ul", items))
    return block(element("div", out, class_="contents"))


TOPICS: dict[Topic, str] = {
    "models": "Models and their names", "files": "Files and formats", "memory": "Memory", "speed": "Speed", "hardware": "Hardware", "programs": "Programs",
    "using": "Prompts, tools and agents", "inside": "Inside the model", "training": "Training", "quality": "Quality", "safety": "Safety and law",
}
LEVELS: tuple[Level, ...] = ("basic", "medium", "advanced")


def glossary() -> str:
    """The glossary: every term with its entry, level, use and chapter, alphabetical."""
    terms = catalog().terms
    out = ""
    for term in sorted(terms.values(), key=lambda t: t.term.lower()):
        other = f' <small>also {escape(", ".join(term.also))}</small>' if term.also else ""
        see = f' See also {", ".join(link(terms[s].term, "#" + s) for s in term.see)}.' if term.see else ""
        chapter = f" Chapter: {_chapter(term)}." if term.page and _title(term.page.partition("#")[0]) else ""
        more = f'<p class="see"><span class="level">{term.level}</span>, <a href="#topic-{term.topic}">{TOPICS[term.topic].lower()}</a>.{chapter}{see}</p>'
        out += f'<dt id="{term.id}">{escape(term.term)}{other}</dt><dd><p>{escape(term.text)}</p><p class="why"><b>Why it matters:</b> {escape(term.why)}</p>{more}</dd>'
    return block(element("dl", out, class_="glossary"))


def _chapter(term: Term) -> str:
    page, _, anchor = term.page.partition("#")
    return link(_title(page) or page, f"../{page.removesuffix('.md')}.html" + (f"#{anchor}" if anchor else ""))


@cache
def _title(page: str) -> str | None:
    """Title of a chapter; None if there is none (tests/book asks that the glossary names none that is missing)."""
    path = PROJECT / "docs" / page
    return front_matter(path).get("title", page) if path.is_file() else None


def glossary_by_topic() -> str:
    """Links to all terms of the glossary by topic, and within each by level, basic terms first."""
    out = ""
    for topic, title in TOPICS.items():
        rows = ""
        for level in LEVELS:
            found = sorted((t for t in catalog().terms.values() if (t.topic, t.level) == (topic, level)), key=lambda t: t.term.lower())
            if found:
                rows += element("p", element("b", level.capitalize()) + ": " + ", ".join(link(t.term, f"#{t.id}") for t in found))
        out += element("section", element("h3", escape(title), id=f"topic-{topic}") + rows)
    return block(element("div", out, class_="topics"))


def term_count() -> str:
    """How many terms the glossary explains."""
    return str(len(catalog().terms))


def sources(*, ids: list[str]) -> str:
    """The works a page rests on: macros/catalog/sources/<id>.yaml, in the order given."""
    items = ""
    for key in ids:
        w = catalog().find("works", key)
        author = f"{escape(w.author)}, " if w.author else ""
        published = f", {month(w.published) if '-' in w.published else w.published}" if w.published else ""
        items += element("li", f"{author}{link(w.title, w.address)}{published}; read {w.accessed}.")
    return block(element("ol", items, class_="sources"))
