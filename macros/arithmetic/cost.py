"""What electricity costs. Money has no unit here: it comes out in the currency of the price that goes in."""

from fractions import Fraction

HOURS_PER_YEAR = 24 * 365
_JOULES_PER_KWH = 3_600_000


def _exact(number) -> Fraction:
    """The decimal as written: 0.1834 is 1834/10000."""
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def joules_per_token(power_w, tokens_per_s) -> Fraction:
    """Energy of one token: watts / tokens per second. Raises ZeroDivisionError for a speed of 0."""
    return _exact(power_w) / _exact(tokens_per_s)


def kwh_per_million_tokens(power_w, tokens_per_s) -> Fraction:
    """Energy of a million tokens, written one at a time."""
    return joules_per_token(power_w, tokens_per_s) * 10**6 / _JOULES_PER_KWH


def electricity(power_w, tokens_per_s, price_per_kwh) -> Fraction:
    """Money per million tokens, written one at a time."""
    return kwh_per_million_tokens(power_w, tokens_per_s) * _exact(price_per_kwh)


def watt_year(price_per_kwh) -> Fraction:
    """Money for one watt drawn for a year of 365 days."""
    return Fraction(HOURS_PER_YEAR, 1000) * _exact(price_per_kwh)
