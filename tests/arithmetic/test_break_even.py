"""Own machine against hosted prices, every expected figure worked out by hand."""

from fractions import Fraction

import pytest

from macros.arithmetic.break_even import BreakEven, Impossible, Machine, break_even, cost_per_million, electricity_per_day, hosted_per_million, tokens_per_day

# 730 of money over two years is 1 a day. 10 hours at 200 W and 14 at 50 W are 2.7 kWh, at 0.40 that is 1.08 a day.
CARD = dict(price=730, years=2, hours_per_day=10, load_w=200, idle_w=50, price_per_kwh=0.4, tokens_per_s=50)


def test_a_day_of_writing_is_hours_times_speed():
    assert tokens_per_day(Machine(**CARD), 0) == 10 * 3600 * 50 == 1_800_000


def test_reading_prompts_takes_no_time_unless_its_speed_is_given():
    assert tokens_per_day(Machine(**CARD), 0.75) == 4 * 1_800_000
    # 0.75 / 1000 + 0.25 / 50 = 0.00575 seconds per token
    assert tokens_per_day(Machine(**CARD, prompt_tokens_per_s=1000), 0.75) == Fraction(36_000 * 100_000, 575)


def test_electricity_counts_standing_by():
    assert electricity_per_day(Machine(**CARD)) == Fraction(108, 100)
    assert electricity_per_day(Machine(**CARD | {"idle_w": 0})) == Fraction(80, 100)


def test_a_million_tokens_cost_their_share_of_the_machine_and_of_electricity():
    cost = cost_per_million(Machine(**CARD), 0)
    assert (cost.hardware, cost.electricity, cost.total) == (Fraction(1, Fraction(18, 10)), Fraction(6, 10), Fraction(10, 18) + Fraction(6, 10))


def test_a_machine_used_twice_as_long_costs_half_as_much_per_token():
    once, twice = (cost_per_million(Machine(**CARD | {"hours_per_day": h}), 0).hardware for h in (6, 12))
    assert once == 2 * twice


def test_the_hosted_price_is_weighted_by_the_share_of_the_prompt():
    assert hosted_per_million(1, 5, 0.75) == 2
    assert hosted_per_million(0.1, 0.4, 0) == Fraction(4, 10)


def test_break_even_is_price_over_savings():
    # 1.8 million tokens at 1.60 are 2.88 a day, less 1.08 of electricity 1.80: 730 / 1.80 days
    result = break_even(Machine(**CARD), 0, 1.6, 0)
    days = Fraction(73000, 180)
    assert result == BreakEven(tokens=days * 1_800_000, months=days * 12 / 365, in_time=True)
    assert result.tokens == 730_000_000 and 13 < result.months < 14


def test_break_even_and_cost_per_million_agree():
    machine = Machine(**CARD)
    at_cost = break_even(machine, 0, cost_per_million(machine, 0).total, 0)
    assert at_cost.months == 24 and at_cost.in_time


def test_a_machine_that_does_not_live_to_see_it_is_marked():
    result = break_even(Machine(**CARD), 0, 1, 0)
    assert result.months > 24 and not result.in_time


@pytest.mark.parametrize("hosted", [0, 0.3, 0.6])
def test_where_electricity_costs_as_much_as_the_hosted_price_it_is_never(hosted):
    assert break_even(Machine(**CARD), 0, hosted, 0) is None


@pytest.mark.parametrize("change, message", [
    ({"tokens_per_s": 0}, "tokens_per_s=0 is not possible"),
    ({"hours_per_day": 25}, "a day has 24"),
    ({"hours_per_day": 0}, "hours_per_day=0"),
    ({"price": -1}, "price=-1 is not possible"),
    ({"price": "cheap"}, "price='cheap' is not a number"),
    ({"price_per_kwh": float("nan")}, "price_per_kwh=nan is not a number"),
])
def test_a_machine_that_cannot_be_is_one_line(change, message):
    with pytest.raises(Impossible, match=message):
        Machine(**CARD | change)


@pytest.mark.parametrize("share, message", [(1.5, "between 0 and 1"), (1, "needs prompt_tokens_per_s"), (-0.1, "0 or more")])
def test_a_share_that_cannot_be_is_one_line(share, message):
    with pytest.raises(Impossible, match=message):
        tokens_per_day(Machine(**CARD), share)
