"""Markdown extension: HTML that Markdown need not read.

Markdown and the builder parse raw HTML tag by tag, three times, in Python; for the tables of the reference
pages that would take most of the build. seal() hides a piece of HTML in an attribute of one empty element,
and here it comes out again when everything else is done. Ids inside are not seen by the builder's own check
of links, so captions stay outside.
"""

import re

from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

_MARKS = (("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;"))
_SEALED = re.compile(r'<data class="sealed" value="([^"]*)"></data>')


def seal(html: str) -> str:
    """`html` as one empty element; it must not hold sealed HTML itself."""
    for mark, entity in _MARKS:
        html = html.replace(mark, entity)
    return f'<data class="sealed" value="{html}"></data>'


def unseal(text: str) -> str:
    """`text` with every sealed piece as it was."""
    return _SEALED.sub(_open, text)


def _open(match: re.Match) -> str:
    html = match[1]
    for mark, entity in reversed(_MARKS):
        html = html.replace(entity, mark)
    return html


class Unseal(Postprocessor):
    def run(self, text: str) -> str:
        return unseal(text)


class SealedExtension(Extension):
    def extendMarkdown(self, md) -> None:
        # After raw HTML is back in place (30), before numbers become endnotes (5).
        md.postprocessors.register(Unseal(md), "sealed", 10)


def makeExtension(**kwargs) -> SealedExtension:
    return SealedExtension(**kwargs)
