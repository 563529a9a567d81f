"""Markdown extension: the workings of a page's numbers become endnotes.

numbers.py leaves empty <data class="n"> elements in the text. Here each becomes its text with a link to a
note at the foot of the page, and every note links back. The list is folded: browsers unfold it when a link
leads into it, and it prints unfolded. docs/assets/book.js opens a note in place.
"""

import re
from html import unescape

from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

_NUMBER = re.compile(r'<data class="n" value="(?P<value>[^"]*)" data-unit="(?P<unit>[^"]*)" data-text="(?P<text>[^"]*)" data-working="(?P<working>[^"]*)"></data>')


class Endnotes(Postprocessor):
    def run(self, text: str) -> str:
        notes: dict[str, list[int]] = {}
        uses = 0

        def refer(match: re.Match) -> str:
            nonlocal uses
            uses += 1
            places = notes.setdefault(unescape(match["working"]), [])
            places.append(uses)
            note = list(notes).index(unescape(match["working"])) + 1
            return (f'<a class="n" href="#w{note}" id="n{uses}" data-value="{match["value"]}" data-unit="{match["unit"]}">{match["text"]}'
                    f'<sup><span class="vh"> working </span>{note}</sup></a>')

        text = _NUMBER.sub(refer, text)
        if not notes:
            return text
        items = "".join(f'<li id="w{number}">{working} {_back(number, places)}</li>' for number, (working, places) in enumerate(notes.items(), 1))
        title = f"How the {len(notes)} numbers on this page were computed" if len(notes) > 1 else "How the number on this page was computed"
        return f'{text}\n<details class="endnotes" id="workings"><summary>{title}</summary><ol class="workings">{items}</ol></details>'


def _back(number: int, places: list[int]) -> str:
    links = [f'<a class="back" href="#n{place}">back to the text<span class="vh"> at number {number}'
             + (f", use {order}" if len(places) > 1 else "") + "</span></a>" for order, place in enumerate(places, 1)]
    return " ".join(links)


class EndnotesExtension(Extension):
    def extendMarkdown(self, md) -> None:
        # After raw HTML is back in place (30): the elements are raw HTML.
        md.postprocessors.register(Endnotes(md), "endnotes", 5)


def makeExtension(**kwargs) -> EndnotesExtension:
    return EndnotesExtension(**kwargs)
