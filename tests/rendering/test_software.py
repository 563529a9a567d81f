"""Programs, settings and messages on the page: what the records say, and one line for what they do not have."""

import re

import markdown
import pytest

from macros.catalog import CatalogError
from macros.rendering import software


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_setting_shows_its_default_and_says_for_which_version(book):
    row = next(r for r in book.settings if r.program == "ollama" and r.name == "OLLAMA_KEEP_ALIVE")
    html = software.setting(program="ollama", name="OLLAMA_KEEP_ALIVE")
    assert html.startswith(f"`{row.default}`{{") and row.version in html and "Ollama" in html


def test_both_spellings_of_a_flag_are_the_same_setting(book):
    row = next(r for r in book.settings if r.program == "llama-cpp" and len(r.names) > 1)
    short, *_, long = (software.setting(program="llama-cpp", name=n, command=row.commands[0] if row.commands else None) for n in row.names)
    assert short == long


@pytest.mark.parametrize("call, said", [
    (lambda: software.setting(program="olama", name="port"), "no program 'olama'. Did you mean 'ollama'.*programs/olama.yaml"),
    (lambda: software.setting(program="ollama", name="OLLAMA_KEEP_ALIV"), "Did you mean 'OLLAMA_KEEP_ALIVE'.*settings.csv"),
    (lambda: software.program_table(id="t", caption="c", kind="motor"), "no program is of kind 'motor'"),
    (lambda: software.message_table(id="t", caption="c", programs=["olama"]), "no messages of 'olama'.*Did you mean 'ollama'"),
])
def test_what_is_not_there_is_said_in_one_line(call, said):
    with pytest.raises(CatalogError, match=said):
        call()


def test_every_program_and_setting_was_checked_somehow(book):
    counted = software.settings_checked()
    assert sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) read in ", counted)) == len(book.settings) and counted.startswith(f"{len(book.settings):,} ")


def test_the_table_of_engines_has_every_engine_once(book):
    html = software.program_table(id="t", caption="c", kind="engine")
    assert re.findall(r'data-program="([^"]+)"', html) == [p.id for p in sorted(book.programs.values(), key=lambda p: p.name.lower()) if p.kind == "engine"]


def test_a_message_stands_with_its_cause_and_its_source(book):
    page = book.messages["ollama"]
    html = software.message_table(id="t", caption="c", programs=["ollama"])
    assert html.count("<tr") == 1 + len(page.messages)
    assert all(book.works[m.source].address in html for m in page.messages)


def test_every_setting_is_one_piece_of_code_with_a_title_in_a_chapter(book):
    """Signs of a default or its meaning must not be read as Markdown."""
    for row in book.settings:
        html = markdown.markdown("It is " + software.setting(program=row.program, name=row.name, command=row.commands[0] if row.commands else None) + " today.", extensions=["attr_list", "pymdownx.inlinehilite"])
        assert re.fullmatch(r'<p>It is <code class="setting" title="[^"<>]+">[^<>]+</code> today\.</p>', html), html
