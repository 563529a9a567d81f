"""Cost of electricity against figures worked out by hand."""

from fractions import Fraction

import pytest

from macros.arithmetic import cost


# power in watts, tokens/s, kWh per million tokens, price per kWh, money per million tokens; all to the printed digits
@pytest.mark.parametrize("power, rate, kwh, price, money", [
    (229.3, 83.96, 0.759, 0.1834, 0.14),        # gpt-oss-20b on a PC with an RTX 3060, United States
    (229.3, 83.96, 0.759, 0.3835, 0.29),        # the same in Germany
    (224.0, 29.77, 2.09, 0.1834, 0.38),         # R1 distill 14B on the same PC
    (224.0, 29.77, 2.09, 0.3835, 0.80),
])
def test_electricity_is_that_of_the_hand_calculation(power, rate, kwh, price, money):
    assert round(float(cost.kwh_per_million_tokens(power, rate)), 3) == pytest.approx(kwh, abs=0.0006)
    assert round(float(cost.electricity(power, rate, price)), 2) == money


def test_a_thousand_watts_for_an_hour_are_one_kilowatt_hour():
    # 1,000,000 tokens at 1,000,000 / 3600 tokens a second take an hour.
    assert cost.electricity(1000, Fraction(10**6, 3600), 0.25) == Fraction(1, 4)


def test_a_watt_year_is_that_of_the_hand_calculation():
    assert round(float(cost.watt_year(0.1834)), 2) == 1.61
    assert cost.watt_year(1) == Fraction("8.76")


def test_energy_of_a_token_is_that_of_the_published_table():
    assert float(cost.joules_per_token(464.2, 92.49)) == pytest.approx(5.019, abs=0.0005)


def test_a_price_is_taken_as_written_and_not_as_the_nearest_binary_number():
    assert cost.watt_year(0.1) == Fraction(876, 1000)


def test_a_speed_of_zero_has_no_cost():
    with pytest.raises(ZeroDivisionError):
        cost.electricity(100, 0, 0.2)
