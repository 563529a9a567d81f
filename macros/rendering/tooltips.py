"""Markdown extension: the first mention of a glossary term on a page links to its entry.

The link carries the gloss as its title, which the theme shows as a tooltip on hover and on keyboard focus.
A link and no <abbr>, because an <abbr> can neither be touched nor focused. Headings, links, code, figures,
answer titles and the home page (class "home") are left alone. Chapters lie exactly one folder deep, so
the way to the glossary is always the same.
"""

import re
from functools import cache
from xml.etree.ElementTree import Element

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from ..data import catalog

GLOSSARY = "../reference/glossary.md"
SKIPPED_TAGS = {"a", "code", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "em", "dfn", "summary", "figure", "script", "style", "math", "svg", "button", "th"}
SKIPPED_CLASSES = {"admonition-title", "home", "sources", "lede", "part", "tabbed-set"}     # a link in a closed tab cannot be reached


@cache
def _pattern() -> tuple[re.Pattern, dict[str, str]]:
    """One pattern for all spellings, longest first, and the term each belongs to."""
    owner = {}
    for term in catalog().terms.values():
        if term.auto:
            for spelling in (term.term, *term.also):
                owner[spelling] = term.id
    words = "|".join(_spelling(w) for w in sorted(owner, key=len, reverse=True)) or r"(?!)"
    owner |= {spelling.lower(): term for spelling, term in owner.items()}
    return re.compile(rf"(?<![\w/.-])({words})(?![\w/-])"), owner


def _spelling(word: str) -> str:
    """A pattern for one spelling; abbreviations (RAG, MoE) match in their own case only."""
    exact = sum(c.isupper() for c in word) > 1
    return re.escape(word) if exact else f"(?i:{re.escape(word)})"


class Tooltips(Treeprocessor):
    def run(self, root: Element) -> None:
        self._seen: set[str] = set()
        self._walk(root)

    def _walk(self, element: Element) -> None:
        if element.tag in SKIPPED_TAGS or SKIPPED_CLASSES & set((element.get("class") or "").split()):
            return
        position = 0
        if element.text and not isinstance(element.text, AtomicString):
            element.text, links = self._link(element.text)
            for offset, link in enumerate(links):
                element.insert(offset, link)
            position = len(links)
        while position < len(element):
            child = element[position]
            self._walk(child)
            position += 1
            if child.tail and not isinstance(child.tail, AtomicString):
                child.tail, links = self._link(child.tail)
                for offset, link in enumerate(links):
                    element.insert(position + offset, link)
                position += len(links)

    def _link(self, text: str) -> tuple[str, list[Element]]:
        """Split `text` at the first mention of each term: (text before the first link, links with their tails)."""
        pattern, owner = _pattern()
        before, links, start = None, [], 0
        for match in pattern.finditer(text):
            term_id = owner.get(match[1]) or owner[match[1].lower()]
            if term_id in self._seen:
                continue
            self._seen.add(term_id)
            skipped = text[start:match.start()]
            if links:
                links[-1].tail = skipped
            else:
                before = skipped
            link = Element("a", {"class": "term", "href": f"{GLOSSARY}#{term_id}", "title": catalog().terms[term_id].gloss})
            link.text = AtomicString(match[1])
            links.append(link)
            start = match.end()
        if not links:
            return text, []
        links[-1].tail = text[start:]
        return before, links


class TooltipsExtension(Extension):
    def extendMarkdown(self, md) -> None:
        # After inline patterns (20), before the builder resolves links to pages (0).
        md.treeprocessors.register(Tooltips(md), "tooltips", 5)


def makeExtension(**kwargs) -> TooltipsExtension:
    return TooltipsExtension(**kwargs)
