"""How numbers are written."""

from fractions import Fraction

import pytest

from macros.rendering import units

NBSP = units.NBSP


@pytest.mark.parametrize("n, text", [
    (4_920_734_720, "4.58 GiB"), (2**30, "1.00 GiB"), (2**30 - 1, "1.00 GiB"), (1000 * 2**20, "1,000 MiB"), (131_072, "128 KiB"), (122 * 2**20, "122 MiB"), (1023, "1,023 bytes"), (0, "0 bytes"), (671 * 10**9, "624.92 GiB"),
])
def test_memory_is_binary(n, text):
    assert units.memory(n) == text.replace(" ", NBSP)


@pytest.mark.parametrize("n, text", [
    (4_920_734_720, "4.92 GB"), (10**9, "1.00 GB"), (670_000_000, "670 MB"), (1_341_000_000_000, "1.34 TB"), (999, "999 bytes"),
])
def test_files_are_decimal(n, text):
    assert units.file_size(n) == text.replace(" ", NBSP)


@pytest.mark.parametrize("value, decimals, text", [(Fraction(1, 2), 0, "1"), (Fraction(5, 2), 0, "3"), (Fraction(1005, 1000), 2, "1.01"), (1234.5, 1, "1,234.5"), (0.1 + 0.2, 2, "0.30")])
def test_rounding_is_half_up_on_the_exact_value(value, decimals, text):
    assert units.fixed(value, decimals) == text


@pytest.mark.parametrize("value, digits, text", [(0.104, 3, "0.104"), (17.068, 3, "17.1"), (360, 3, "360"), (1792, 3, "1,792"), (9.99, 2, "10"), (0, 3, "0"), (0.0213, 2, "0.021"), (99.95, 3, "100")])
def test_significant_digits(value, digits, text):
    assert units.significant(value, digits) == text


@pytest.mark.parametrize("n, text", [(8_030_261_248, "8.03 billion"), (124_439_808, "124 million"), (671_026_419_200, "671 billion"), (1_020_000_000_000, "1.02 trillion"), (512, "512")])
def test_counts_are_words(n, text):
    assert units.count(n) == text.replace(" ", NBSP)


@pytest.mark.parametrize("rate, text", [(78.04, "78 tokens/s"), (5.27, "5.3 tokens/s"), (0.0213, "0.021 tokens/s"), (204.7, "205 tokens/s")])
def test_speeds_have_two_digits(rate, text):
    assert units.tokens_per_second(rate) == text.replace(" ", NBSP)


@pytest.mark.parametrize("seconds, text", [(0.62, "0.62 seconds"), (12, "12 seconds"), (119, "119 seconds"), (393, "6.6 minutes"), (10_000, "2.8 hours")])
def test_durations_change_unit_at_two_of_the_next(seconds, text):
    assert units.duration(seconds) == text.replace(" ", NBSP)


@pytest.mark.parametrize("rate, text", [(360, "360 GB/s"), (17.068, "17.1 GB/s"), (96.0, "96 GB/s"), (0.104, "0.104 GB/s"), (Fraction(16 * 128, 130), "15.8 GB/s"), (3347.2, "3,347 GB/s")])
def test_bandwidth_drops_empty_places(rate, text):
    assert units.gb_per_second(rate) == text.replace(" ", NBSP)


def test_a_month_is_written_out():
    assert units.month("2026-08") == units.month("2026-08-21") == "August 2026"


def test_a_year_alone_stays_one():
    assert units.month("2025") == "2025"


@pytest.mark.parametrize("value, unit, text", [(Fraction(139, 1000), "USD/kWh", "$0.14"), (0.8015, "EUR/kWh", "€0.80"), (1204.5, "GBP", "£1,204.50"), (0.0042, "USD", "$0.0042"), (0.005, "USD", "$0.0050"), (0, "USD", "$0.00")])
def test_money_has_two_places_unless_nothing_would_be_left(value, unit, text):
    assert units.money(value, unit) == text


def test_a_price_of_electricity_keeps_its_digits():
    assert units.price_per_kwh(0.1834, "USD/kWh") == f"$0.1834 per{NBSP}kWh"
