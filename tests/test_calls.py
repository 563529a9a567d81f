"""Macro calls that are wrong before they are carried out: one line each, the same for `macros check` and for the builder."""

from types import SimpleNamespace

import pytest

import macros
from macros.calls import macro_calls, unclosed, wrong_call

NAMES = ("memory", "fact")


def test_every_call_is_found_with_the_line_it_begins_in():
    assert list(macro_calls('one [[= fact(id="a") =]]\n\n[[= memory(\n  model="b") =]] and [[=c=]]')) == [(1, 'fact(id="a")'), (3, 'memory(\n  model="b")'), (4, "c")]


@pytest.mark.parametrize("expression", ['memory(model="llama-3.1-8b")', 'fact(id="=]")', 'memory(machines=[{"gib": {}}])'])
def test_nothing_is_wrong_with_a_call_of_a_macro(expression):
    assert wrong_call(expression, NAMES) is None


@pytest.mark.parametrize("expression, words", [
    ('memry(model="x")', ["there is no macro 'memry'", "Did you mean 'memory'?"]), ("", ["there is no macro ''"]), ('"text"', ["there is no macro"]),
    ('memory(model="x"', ["memory: ", "write arguments as name=value"]), ('memory(model="x)', ["memory: ", "texts in double quotes"]),
])
def test_a_wrong_call_is_told_in_one_line(expression, words):
    problem = wrong_call(expression, NAMES)
    assert all(word in problem for word in words) and "\n" not in problem


def test_a_call_that_does_not_end_is_noticed():
    assert unclosed("[[= memory() =]] and [[= fact(") and not unclosed("[[= memory() =]] and x[[1, 2]]")


def test_the_builder_stops_at_a_page_with_wrong_calls_and_tells_all_of_them():
    page = SimpleNamespace(file=SimpleNamespace(src_path="part/one.md"))
    with pytest.raises(SystemExit) as stop:
        macros.on_pre_page_macros(SimpleNamespace(page=page, markdown='[[= memry() =]] [[= term_count() =]] [[= fcat(id="x") =]]'))
    assert [line.partition("'.")[0] for line in stop.value.code.split("\n")] == [f"docs/part/one.md: there is no macro '{name}" for name in ("memry", "fcat")]
