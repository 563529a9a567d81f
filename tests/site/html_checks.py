"""Rules for a built page: each function takes its HTML and returns what is wrong, in words.

The strict build lets all of these through (measured; tests/site/test_html.py plants each of them).
"""

import re
from functools import lru_cache
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CODE = ("code", "pre", "kbd", "samp")
UNSEEN = ("script", "style", "template", "math", "svg")


class Element:
    """An element of a page: tag, attributes, children (elements and texts)."""

    def __init__(self, tag: str, attributes: dict, parent: "Element | None" = None):
        self.tag, self.attributes, self.parent, self.children = tag, attributes, parent, []

    def get(self, attribute: str) -> str | None:
        return self.attributes.get(attribute)

    @property
    def classes(self) -> set[str]:
        return set((self.get("class") or "").split())

    def all(self, *tags: str):
        """The elements below this one, in order; with those tags only, if any are given."""
        for child in self.children:
            if isinstance(child, Element):
                if not tags or child.tag in tags:
                    yield child
                yield from child.all(*tags)

    def text(self, without=UNSEEN, instead: str = "") -> str:
        """The text of this element; `instead` stands for each element of the kinds in `without`."""
        return "".join(child if isinstance(child, str) else instead if child.tag in without else child.text(without, instead) for child in self.children)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.root = self.at = Element("", {})

    def handle_starttag(self, tag, attributes):
        element = Element(tag, {name: value or "" for name, value in attributes}, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_endtag(self, tag):
        place = self.at
        while place.parent and place.tag != tag:
            place = place.parent
        if place.parent:
            self.at = place.parent

    def handle_data(self, text):
        self.at.children.append(text)


@lru_cache(maxsize=128)
def parse(html: str) -> Element:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def article(html: str) -> Element:
    """What the book wrote, without the theme's navigation around it; all of it if there is no <article>."""
    return next(parse(html).all("article"), parse(html))


def _shown(element: Element) -> str:
    return " ".join(element.text().split())[:60]


# ---------------------------------------------------------------- Markdown that was left as text

def reference_link_without_definition(html: str) -> list[str]:
    """Markdown shows [text][name] as it is when nobody defines [name]: address."""
    text = article(html).text((*UNSEEN, *CODE), "\N{OBJECT REPLACEMENT CHARACTER}")
    return [f"'{link}' is left as text; define the reference or write [text](page.md)" for link in re.findall(r"\[[^\[\]]+\]\[[^\[\]]*\]", text)]


def footnote_without_definition(html: str) -> list[str]:
    """Markdown shows [^1] as it is when nobody defines [^1]: text."""
    text = article(html).text((*UNSEEN, *CODE))
    return [f"'{note}' is left as text; this book has sources and workings, and no footnotes" for note in re.findall(r"\[\^[^\]\s]+\]", text)]


def unrendered_macro(html: str) -> list[str]:
    """A call that was not carried out, be it in a sentence or in code."""
    text = article(html).text(())
    return [f"'{text[m.start():m.start() + 40]}' is left as text; write [[= name(…) =]]" for m in re.finditer(r"\[\[=|=\]\]|\[\[%", text)]


def unprocessed_number(html: str) -> list[str]:
    """Macros leave <data class="n"> for endnotes.py; one that stays is a number that nobody sees."""
    return [f"the number {data.get('data-text')} is not shown; call its macro outside raw HTML" for data in article(html).all("data") if "n" in data.classes]


def number_without_note(html: str) -> list[str]:
    """The note is the working of a number for readers without script and on paper."""
    notes = {note.get("id"): note.text() for note in article(html).all("li")}
    return [f"the number {_shown(link)} leads to no working; its macro must give one" for link in article(html).all("a")
            if "n" in link.classes and "=" not in notes.get((link.get("href") or "").removeprefix("#"), "")]


# ---------------------------------------------------------------- structure

def duplicate_id(html: str) -> list[str]:
    """A link can lead to one place only."""
    seen, twice = set(), []
    for element in parse(html).all():
        if (id_ := element.get("id")) is not None:
            if id_ in seen:
                twice.append(f"the id '{id_}' is given twice; give each place its own")
            seen.add(id_)
    return twice


def repeated_heading(html: str) -> list[str]:
    """MkDocs numbers the id of a heading that repeats another, so a link leads to one of them by accident."""
    return [f"the heading '{_shown(h)}' has the id '{h.get('id')}', made from an earlier one; give it its own: {{ #two-words }}"
            for h in article(html).all("h2", "h3") if re.search(r"_\d+$", h.get("id") or "")]


def one_main_heading(html: str) -> list[str]:
    """The page's name, by which screen readers and search engines announce it."""
    found = [_shown(h) for h in parse(html).all("h1")]
    return [] if len(found) == 1 else [f"{len(found)} headings of the first level; a page has one"]


def heading_level_jump(html: str) -> list[str]:
    """Screen readers tell the reader's place by the levels."""
    jumps, last = [], 0
    for heading in article(html).all(*HEADINGS):
        level = int(heading.tag[1])
        if level > last + 1:
            jumps.append(f"'{_shown(heading)}' is on level {level} after level {last}; leave out no level")
        last = level
    return jumps


def image_without_text(html: str) -> list[str]:
    """Whoever cannot see it must learn what it shows; alt="" is for decoration."""
    return [f"the image {image.get('src')} has no alt; say in words what it shows" for image in parse(html).all("img") if image.get("alt") is None]


def table_without_caption(html: str) -> list[str]:
    """A table is found by search and read aloud by its caption."""
    return ["a figure with a table has no caption; give its macro caption=" for figure in parse(html).all("figure") if "tab" in figure.classes
            and any(figure.all("table")) and not any(_shown(caption) for caption in figure.all("figcaption"))]


# ---------------------------------------------------------------- the answer

def answer_box_missing(html: str) -> list[str]:
    """For chapters that explain or lead through steps: the answer comes first."""
    return [] if _answers(html) else ['there is no answer; write !!! answer "In short" under the heading']


def answer_too_long(html: str) -> list[str]:
    """Three sentences are what a reader takes in before deciding to read on."""
    found = []
    for box in _answers(html):
        blocks = [b for b in box.all("p", "li") if "admonition-title" not in b.classes and not any(b.all("p"))]
        sentences = sum(len(re.split(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“(\[]*[A-Z0-9])", " ".join(b.text().split()))) for b in blocks)
        if sentences > 3:
            found.append(f"the answer has {sentences} sentences; three are enough")
    return found


def _answers(html: str) -> list[Element]:
    return [box for box in article(html).all("div") if {"admonition", "answer"} <= box.classes]


EVERY_PAGE = (reference_link_without_definition, footnote_without_definition, unrendered_macro, unprocessed_number, number_without_note, duplicate_id, repeated_heading,
              one_main_heading, heading_level_jump, image_without_text, table_without_caption, answer_too_long)
CHAPTERS_ONLY = (answer_box_missing,)


# ---------------------------------------------------------------- what a page fetches from elsewhere

_LOADS = {"script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"), "audio": ("src",), "video": ("src", "poster"), "track": ("src",),
          "embed": ("src",), "object": ("data",), "image": ("href", "xlink:href"), "use": ("href", "xlink:href"), "input": ("src",), "base": ("href",)}
_KEPT_LINKS = {"canonical", "prev", "next", "alternate", "author", "license", "edit"}     # named, never fetched
_ELSEWHERE = re.compile(r"(?:^|[\s,(])(?:https?:)?//", re.IGNORECASE)


def external_resource(html: str) -> list[str]:
    """The book must work without a network, and tell nobody that it is read."""
    found = []
    for element in parse(html).all():
        attributes = _LOADS.get(element.tag, ())
        if element.tag == "link" and not set((element.get("rel") or "").lower().split()) & _KEPT_LINKS:
            attributes = ("href",)
        found += [f'<{element.tag} {a}="{element.get(a)}"> comes from elsewhere; keep a copy in docs/assets' for a in attributes if _ELSEWHERE.search(element.get(a) or "")]
        found += external_in_css(element.text(()) if element.tag == "style" else element.get("style") or "")
    return found


def external_in_css(css: str) -> list[str]:
    """The same for a style sheet: url(…) and @import."""
    return [f"{use} comes from elsewhere; keep a copy in docs/assets"
            for use in re.findall(r"""(?:url\(\s*|@import\s+)["']?(?:https?:)?//[^"')\s;]+""", css, re.IGNORECASE)]
