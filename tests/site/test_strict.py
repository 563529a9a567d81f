"""What stops a build, proved with the project's own settings on a book of three pages.

Each test plants one mistake. Mistakes of contributors must be told in one line that says what to do.
"""

import re
import shutil
from pathlib import Path

import pytest

from tests.book.lint import PROJECT
from tests.site.building import build

pytestmark = pytest.mark.slow

PAGE = "---\ntitle: {title}\ndescription: A page.\n---\n\n# {title}\n\n## Here {{ #here }}\n\n{text}\n"
NAV = "nav:\n  - Cover: index.md\n  - Part:\n      - part/one.md\n      - reference/glossary.md\n"


class Book:
    """A copy of the project with three small pages; `build` gives exit code and output."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("macros", "overrides", "docs/assets"):
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        settings = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
        settings, count = re.subn(r"^nav:\n(?:(?:[ #-].*)?\n)*", NAV, settings, flags=re.MULTILINE)
        assert count == 1
        (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")
        self.write("index.md", "Cover", "See [one](part/one.md#here).")
        self.write("part/one.md", "One", "See [the cover](../index.md#here).")
        self.write("reference/glossary.md", "Glossary", "[[= glossary() =]]")

    def write(self, page: str, title: str, text: str) -> None:
        path = self.folder / "docs" / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(title=title, text=text), encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def build(self) -> tuple[int, str]:
        done = build(self.folder / "site", self.folder)
        return done.returncode, done.stdout

    def page(self) -> str:
        return (self.folder / "site" / "part" / "one.html").read_text(encoding="utf-8")


@pytest.fixture
def book(tmp_path) -> Book:
    return Book(tmp_path)


def lines_of(output: str) -> list[str]:
    """What was printed besides the progress of the builder."""
    return [line for line in output.splitlines() if line and not line.startswith("INFO")]


def test_the_small_book_builds(book):
    """Otherwise the failures below would prove nothing."""
    code, output = book.build()
    assert code == 0 and lines_of(output) == []


BROKEN_LINKS = {
    "unknown page": ("See [two](two.md).", "two.md"),
    "unknown anchor on another page": ("See [it](../index.md#there).", "#there"),
    "unknown anchor on the same page": ("See [it](#there).", "#there"),
    "missing image": ("![a picture](picture.png)", "picture.png"),
}


@pytest.mark.parametrize(("text", "words"), BROKEN_LINKS.values(), ids=BROKEN_LINKS.keys())
def test_a_broken_link_stops_the_build(book, text, words):
    book.write("part/one.md", "One", text)
    code, output = book.build()
    assert code != 0
    assert [line for line in lines_of(output) if line.startswith("WARNING") and "part/one.md" in line and words in line], output


def test_a_page_missing_from_the_nav_stops_the_build(book):
    book.write("part/two.md", "Two", "Text.")
    code, output = book.build()
    assert code != 0 and "part/two.md" in output


def test_a_page_of_the_nav_that_is_not_there_stops_the_build(book):
    book.change("mkdocs.yml", "part/one.md", "part/two.md")
    code, output = book.build()
    assert code != 0 and "part/two.md" in output


# text with one wrong call, words that its one line must contain
WRONG_CALLS = {
    "unknown macro": ('[[= memry(model="llama-3.1-8b") =]]', ["docs/part/one.md", "there is no macro 'memry'", "Did you mean 'memory'?", "CONTRIBUTING.md"]),
    "not closed": ("[[= term_count()", ["docs/part/one.md", "a macro call is not closed"]),
    "broken syntax": ('[[= parameters(model="llama-3.1-8b" =]]', ["docs/part/one.md", "parameters", "write arguments as name=value"]),
    "unknown model": ('[[= parameters(model="llama-3.1-8") =]]', ["docs/part/one.md", "parameters", "there is no model 'llama-3.1-8'", "Did you mean 'llama-3.1-8b'?", "macros/catalog/models/llama-3.1-8.yaml"]),
    "unknown device": ('[[= bandwidth(device="rtx-3060") =]]', ["docs/part/one.md", "bandwidth", "there is no device 'rtx-3060'", "Did you mean 'rtx-", "macros/catalog/devices/rtx-3060.yaml"]),
    "unknown format": ('[[= weights(model="llama-3.1-8b", format="Q4_K_X") =]]', ["docs/part/one.md", "weights", "there is no format 'Q4_K_X'", "macros/catalog/formats.yaml"]),
    "unknown fact": ('[[= fact(id="ollama-defaults") =]]', ["docs/part/one.md", "fact", "there is no fact 'ollama-defaults'", "macros/catalog/facts/ollama-defaults.yaml"]),
    "unknown source": ('[[= sources(ids=["gdrp"]) =]]', ["docs/part/one.md", "sources", "there is no source 'gdrp'", "Did you mean 'gdpr'?", "macros/catalog/sources/gdrp.yaml"]),
    "unknown argument": ('[[= parameters(modle="llama-3.1-8b") =]]', ["docs/part/one.md", "parameters", "modle"]),
}


@pytest.mark.parametrize(("text", "words"), WRONG_CALLS.values(), ids=WRONG_CALLS.keys())
def test_a_wrong_call_stops_the_build_with_one_line(book, text, words):
    book.write("part/one.md", "One", text)
    code, output = book.build()
    assert code != 0 and "Traceback" not in output, output
    assert len(lines_of(output)) == 1 and all(word in output for word in words), output


def test_a_malformed_record_stops_the_build_with_one_line(book):
    book.change("macros/catalog/models/llama-3.1-8b.yaml", "hidden:", "hidden")
    code, output = book.build()
    assert code != 0 and "Traceback" not in output, output
    assert len(lines_of(output)) == 1 and "macros/catalog/models/llama-3.1-8b.yaml: line " in output, output


def test_mistakes_in_several_records_are_told_in_one_line_each(book):
    book.change("macros/catalog/models/llama-3.1-8b.yaml", "layers:", "leyers:")
    book.change("macros/catalog/devices/rtx-3060-12.yaml", "consumer-gpu", "gpu")
    code, output = book.build()
    assert code != 0 and "Traceback" not in output, output
    assert all(line.startswith("macros/catalog/") for line in lines_of(output)), output
    for words in ("llama-3.1-8b.yaml: architecture.leyers: unknown key", "llama-3.1-8b.yaml: architecture.layers: it is missing", "rtx-3060-12.yaml: kind: 'gpu' is not allowed"):
        assert len([line for line in lines_of(output) if words in line]) == 1, output


def test_text_that_only_looks_like_a_template_survives(book):
    """Chat templates, LaTeX and shell use braces and brackets; Jinja's own marks would swallow them without a word."""
    kept = ["{# kept #}", "{{ kept }}", "{% kept %}", "\\frac{{a}}{b}", "x[[1, 2]]", "[[ -f x ]]", "${{ github.sha }}"]
    book.write("part/one.md", "One", "".join(f"    code {text} end\n" for text in kept) + "".join(f"\ntext {text} end\n" for text in kept))
    code, output = book.build()
    assert code == 0, output
    shown = re.sub(r"<[^>]*>", "", book.page())
    assert [f"{kind} {text} end" for text in kept for kind in ("code", "text") if f"{kind} {text} end" not in shown] == []
