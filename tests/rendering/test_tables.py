"""Tables and charts: semantic, named, exact values in data attributes, and true."""

import re

import pytest

from macros.catalog import CatalogError
from macros.rendering import charts, tables

FIT = dict(id="t", caption="Fits", models=["llama-3.1-8b"], formats=["Q4_K_M", "Q8_0"], context=8192, capacities=[8, 12])
ALL = [
    tables.fit_table(**FIT),
    tables.size_table(id="t", caption="c", model="llama-3.1-8b", formats=["Q4_K_M", "BF16"]),
    tables.kv_table(id="t", caption="c", models=["llama-3.1-8b", "deepseek-v3"], contexts=[8192]),
    tables.model_table(id="t", caption="c", models=["llama-3.1-8b", "gemma-3-4b"], detail=True),
    tables.device_table(id="t", caption="c"),
    charts.bandwidth_ladder(id="t", caption="c", model="llama-3.1-8b", format="Q4_K_M", devices=["ddr5-6000-2ch", "rtx-3060-12"]),
]


@pytest.mark.parametrize("html", ALL)
def test_a_table_has_caption_scopes_and_a_region_that_scrolls_by_keyboard(html):
    assert '<figcaption id="t">' in html and 'aria-labelledby="t"' in html
    assert 'role="region"' in html and 'tabindex="0"' in html
    assert not re.findall(r"<th(?=[ >])(?![^>]*scope=)[^>]*>", html)
    assert html.startswith("\n\n<figure") and html.endswith("</figure>\n\n")


@pytest.mark.parametrize("html", ALL)
def test_numbers_in_cells_carry_their_exact_value(html):
    assert len(re.findall(r"data-value=", html)) >= 2


def test_the_word_and_the_square_say_the_same():
    html = tables.fit_table(**FIT)
    assert re.findall(r'<span class="fit (\w+)">(\w+)</span>', html.split("tbody")[1]) == [("yes", "fits"), ("yes", "fits"), ("no", "no"), ("yes", "fits")]


def test_the_parts_of_a_need_and_the_work_space_add_up_to_the_whole():
    weights, cache, total = map(int, re.findall(r'data-value="(\d+)"', tables.fit_table(**FIT))[:3])
    work_space = total - weights - cache
    assert 0.5 * 2**30 < work_space < 0.7 * 2**30


def test_every_bar_has_its_number_beside_it():
    html = charts.bandwidth_ladder(id="t", caption="c", model="llama-3.1-8b", format="Q4_K_M", devices=["ddr5-6000-2ch", "rtx-3060-12", "h100-sxm"])
    assert html.count('class="bar') == 3 and html.count('data-device=') == 3
    assert all(f">{n}</td>" in html for n in ("96", "360", "3,350"))


def test_a_stacked_bar_says_its_parts_in_words():
    html = charts.memory_bar(id="t", caption="c", model="llama-3.1-8b", format="Q4_K_M", contexts=[8192], capacity=12)
    assert 'role="img"' in html and "weights 4.58, KV cache 1.00, work space" in html and "the device holds 12 GiB" in html


@pytest.mark.parametrize("call", [
    lambda: charts.memory_bar(id="t", caption="c", model="llama-3.1-8b", format="Q4_K_M", contexts=[], capacity=12),
    lambda: tables.machine_table(id="t", caption="c", machines=[{"name": "x"}], models=["gpt2"], format="Q8_0", context=1024),
    lambda: tables.fit_table(**(FIT | {"models": ["nothing"]})),
])
def test_impossible_tables_are_refused_in_one_line(call):
    with pytest.raises(CatalogError) as error:
        call()
    assert "\n" not in str(error.value)
