"""Lists made from the whole book: contents, glossary, sources."""

from functools import cache
from html import escape
from pathlib import Path

import yaml

from ..catalog.errors import CatalogError
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
    """The block between the first two '---' lines of a chapter; empty if there is none."""
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


def glossary() -> str:
    """The glossary: every term with its entry, alphabetical."""
    terms = catalog().terms
    out = ""
    for term in sorted(terms.values(), key=lambda t: t.term.lower()):
        other = f' <small>also {escape(", ".join(term.also))}</small>' if term.also else ""
        see = f'<p class="see">See also {", ".join(link(terms[s].term, "#" + s) for s in term.see)}.</p>' if term.see else ""
        out += f'<dt id="{term.id}">{escape(term.term)}{other}</dt><dd><p>{escape(term.text)}</p>{see}</dd>'
    return block(element("dl", out, class_="glossary"))


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
