"""Tables of the part on hardware: equal to the arithmetic behind them, and honest about what does not fit."""

import re
from html import unescape

import pytest

from macros.arithmetic import memory as memory_
from macros.catalog import CatalogError
from macros.rendering import machines, numbers
from macros.speeds import decode_on

CARD, MAC = "rtx-3060-12", {"device": "m4-max", "size": 64}


def rows(html: str) -> list[list[tuple[str | None, str]]]:
    """Cells of each row of the body as (data-value, text)."""
    body = html.split("<tbody>")[1]
    return [[(value or None, unescape(re.sub("<[^>]*>", " ", text)).strip()) for value, text in re.findall(r'<td(?: class="[^"]*")?(?: data-value="([^"]*)")?>(.*?)</td>', row)] for row in body.split("<tr")[1:]]


def said(html: str) -> str:
    return unescape(re.search(r'data-text="([^"]*)"', html)[1])


def test_a_model_that_fits_has_its_speed_and_one_that_does_not_what_is_missing():
    (card, mac) = rows(machines.fit_speed_table(id="t", caption="c", devices=[CARD, MAC], models=["llama-3.1-8b", "llama-3.3-70b"]))
    assert float(card[1][0]) == pytest.approx(decode_on("llama-3.1-8b", "Q4_K_M", CARD, 8192).expected, rel=1e-3)
    missing = numbers.card_need("llama-3.3-70b", "Q4_K_M", 8192).total - memory_.gib_bytes(12)
    assert card[2][0] == "no" and f"−{missing / 2**30:.1f}" in card[2][1]
    assert float(mac[2][0]) < float(mac[1][0])


def test_a_model_that_leaves_less_than_a_tenth_is_marked_tight():
    (card,) = rows(machines.fit_speed_table(id="t", caption="c", devices=[CARD], models=["llama-3.1-8b", "gpt-oss-20b"]))
    assert "tight" not in card[1][1] and card[2][1].endswith("tight")
    assert 0.9 < numbers.card_need("gpt-oss-20b", "MXFP4_MOE", 8192).total / memory_.gib_bytes(12) <= 1


def test_the_wait_for_six_thousand_tokens_is_that_of_the_sentence():
    row = rows(machines.model_on_devices(id="t", caption="c", model="llama-3.1-8b", format="Q4_K_M", devices=[CARD]))[0]
    sentence = float(re.search(r' value="([^"]*)"', numbers.first_token_time(model="llama-3.1-8b", format="Q4_K_M", device=CARD, prompt=6000))[1])
    assert float(row[4][0]) == pytest.approx(sentence, rel=1e-3)


def test_a_split_is_the_fastest_way_that_fits():
    html = machines.offload_table(id="t", caption="c", device=CARD, models=["llama-3.1-8b", "qwen3-32b", "qwen3-30b-a3b"])
    ways = [row[0][1] for row in rows(html)]
    assert ways[0] == "whole on the card" and "of 65 layers" in ways[1] and ways[2] == "experts in system memory"
    assert all(int(row[1][0]) <= memory_.gib_bytes(12) for row in rows(html))
    assert re.search(r"--n-cpu-moe \d+", html)


def test_longer_contexts_and_more_bits_need_more():
    needs = [[int(value) for value, _ in row] for row in rows(machines.fit_for_model(id="t", caption="c", model="qwen3-32b", formats=["Q4_K_M", "Q8_0"], contexts=[8192, 32768]))]
    assert needs[0][0] < needs[0][1] < needs[1][0] < needs[1][1]


def test_every_power_limit_that_was_published_is_printed(book):
    assert len(rows(machines.power_limit_table(id="t", caption="c"))) == sum(r.kind == "limit" for r in book.measurements.power.values())


def test_the_bill_is_energy_times_price():
    """350 W for three hours a day are 31.5 kWh in 30 days."""
    assert said(machines.monthly_cost(watts=350, hours_per_day=3, price_per_kwh=0.30)) == "$9.45"
    assert said(machines.yearly_cost(watts=1000, hours_per_day=24, price="electricity-us-2026-06")) == "$1,606.58"


@pytest.mark.parametrize("call, words", [
    (lambda: machines.fit_speed_table(id="t", caption="c", devices=["pcie4-x16"], models=["gpt2"]), "holds no model"),
    (lambda: machines.fit_speed_table(id="t", caption="c", devices=[{"device": "m4-max", "size": 7}], models=["gpt2"]), "add size="),
    (lambda: machines.offload_table(id="t", caption="c", device=CARD, host="rtx-3090", models=["gpt2"]), "no system memory"),
    (lambda: machines.monthly_cost(watts=0, hours_per_day=3, price_per_kwh=0.3), "watts=0"),
    (lambda: machines.monthly_cost(watts=9, hours_per_day=25, price_per_kwh=0.3), "up to 24"),
    (lambda: machines.yearly_cost(watts=9, hours_per_day=2), "name either price"),
])
def test_what_cannot_be_is_said_in_one_line(call, words):
    with pytest.raises(CatalogError, match=words):
        call()
