"""Own against hosted: the table is made of the prices and speeds it names."""

import re

import pytest

from macros.arithmetic.break_even import Machine, cost_per_million
from macros.catalog import CatalogError
from macros.rendering.costs import own_or_hosted_table
from macros.speeds import decode_on, prefill_on

CARD = {"device": "rtx-3060-12", "model": "llama-3.1-8b", "format": "Q4_K_M"}


def shown(**settings) -> list[str]:
    html = own_or_hosted_table(**{"id": "t-x", "caption": "x", "machines": [CARD], "electricity": "electricity-us-2026-06", **settings})
    return re.findall(r'data-value="([^"]*)"', html.split("<tbody>")[1])


def test_a_million_tokens_cost_what_price_power_and_speed_say(book):
    bought, hardware, electricity, together, _ = map(float, shown())
    own = Machine(price=329, years=4, hours_per_day=2, load_w=170, idle_w=0, price_per_kwh=0.1834, tokens_per_s=decode_on(*CARD_IDS).expected, prompt_tokens_per_s=prefill_on(*CARD_IDS).expected)
    expected = cost_per_million(own, 0.75)
    assert (bought, hardware, electricity) == (329, pytest.approx(float(expected.hardware), rel=1e-5), pytest.approx(float(expected.electricity), rel=1e-5))
    assert together == pytest.approx(hardware + electricity, rel=1e-5)


CARD_IDS = (CARD["model"], CARD["format"], CARD["device"])


def test_more_hours_a_day_spread_the_card_and_not_the_electricity():
    few, many = (list(map(float, shown(hours_per_day=h))) for h in (2, 12))
    assert many[1] == pytest.approx(few[1] / 6, rel=1e-4) and many[2] == pytest.approx(few[2])


@pytest.mark.parametrize("settings, said", [
    ({"electricity": "electricity-germany-2025-06"}, "no price of electricity in dollars"), ({"machines": [{"device": "rtx-3060-12"}]}, "format, model is missing"),
    ({"machines": [{**CARD, "model": "gpt2"}]}, "nobody's price for 'gpt2'"), ({"hours_per_day": 25}, "a day has 24"), ({"prompt_share": 2}, "between 0 and 1"),
])
def test_what_it_cannot_reckon_with_is_said_in_one_line(settings, said):
    with pytest.raises(CatalogError, match=said):
        shown(**settings)
