"""How numbers are written. Two units for bytes, and a rule for which is used where.

`memory` is for what lives in memory (capacity and allocations, binary: 1 GiB = 2^30 bytes); `file_size`
is for what lies on a disk or crosses a wire (decimal: 1 GB = 10^9 bytes). Rounding is half away from zero
on the exact value, so the same bytes always read the same. Between number and unit stands a no-break space.
"""

from fractions import Fraction

NBSP = "\u00a0"
_BINARY = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
_DECIMAL = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def fixed(value, decimals: int) -> str:
    """`value` (int, Fraction, Decimal or float) with exactly `decimals` places and thousands commas."""
    exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    # Integers only: exact, and tables of the reference pages have some hundred thousand of these.
    scaled = (2 * abs(exact.numerator) * 10**decimals + exact.denominator) // (2 * exact.denominator)
    whole, rest = divmod(scaled, 10**decimals)
    return f"{'-' if exact < 0 and scaled else ''}{whole:,}" + (f".{rest:0{decimals}}" if decimals else "")


def significant(value, digits: int = 3) -> str:
    """`value` to `digits` significant digits, never with fewer places than zero: 0.104, 17.1, 360, 1,792."""
    exact = abs(Fraction(str(value)) if isinstance(value, float) else Fraction(value))
    if exact == 0:
        return "0"
    places = digits - 1
    while exact * 10**places < 10 ** (digits - 1):
        places += 1
    # Counted after rounding: 9.99 to two digits is 10, not 10.0.
    while places > 0 and (2 * exact * 10**places + 1) // 2 >= 10**digits:
        places -= 1
    return fixed(value, places)


def memory(n_bytes: int, decimals: int = 2) -> str:
    """Bytes in memory: '4.58 GiB', '116 MiB', '128 KiB'; the first unit of which there is at least one.

    Two places for GiB; the smaller units are written to three digits without empty places.
    """
    return _scaled(n_bytes, _BINARY, "GiB", decimals)


def file_size(n_bytes: int, decimals: int = 2) -> str:
    """Bytes of a file or on a wire: '4.92 GB', '670 MB'."""
    return _scaled(n_bytes, _DECIMAL, "GB", decimals)


def _scaled(n_bytes: int, units, full: str, decimals: int) -> str:
    for unit, size in units:
        # What rounds up to a whole unit is written in it: 1.00 GiB, not 1,024 MiB.
        if n_bytes * 2000 >= size * 1999:
            places = decimals if unit in (full, "TB") else 0
            return f"{fixed(Fraction(n_bytes, size), places)}{NBSP}{unit}"
    return f"{n_bytes:,}{NBSP}bytes"


def gib(n_bytes: int, decimals: int = 1) -> str:
    """GiB without the unit, for table columns that carry it in the head."""
    return fixed(Fraction(n_bytes, 2**30), decimals)


def gb(n_bytes: int, decimals: int = 2) -> str:
    """GB without the unit, for table columns that carry it in the head."""
    return fixed(Fraction(n_bytes, 10**9), decimals)


def count(n: int) -> str:
    """A count of parameters in words: '8.03 billion', '494 million', '1.02 trillion'."""
    for word, size in (("trillion", 10**12), ("billion", 10**9), ("million", 10**6)):
        if n >= size:
            return f"{significant(Fraction(n, size))}{NBSP}{word}"
    return f"{n:,}"


def tokens_per_second(rate) -> str:
    """Two digits are as many as such a figure deserves; whole numbers from 100 on."""
    return f"{fixed(rate, 0) if rate >= 100 else significant(rate, 2)}{NBSP}tokens/s"


def gb_per_second(rate) -> str:
    """Bandwidth to at most three digits after rounding, whole from 100 GB/s on."""
    text = fixed(rate, 0) if rate >= 100 else significant(rate)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{NBSP}GB/s"


def duration(seconds) -> str:
    """'0.7 seconds', '12 seconds', '6.5 minutes', '2.1 hours'."""
    for word, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{significant(Fraction(seconds) / size, 2)}{NBSP}{word}"
    return f"{significant(seconds, 2)}{NBSP}seconds"


def from_to(least: str, most: str) -> str:
    """'3.1 to 4.5 seconds': the unit once where both have the same."""
    (low, unit), (high, other) = least.split(NBSP), most.split(NBSP)
    return f"{low} to {high}{NBSP}{unit}" if unit == other else f"{least} to {most}"


def times(ratio) -> str:
    return f"{significant(ratio, 2)}×"


_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def money(value, unit: str) -> str:
    """'$0.14', '€1,204.50': two places, below one hundredth two digits. `unit` begins with the currency: USD, EUR or GBP."""
    return _SIGNS[unit.split("/")[0]] + (fixed(value, 2) if value == 0 or value >= Fraction(1, 100) else significant(value, 2))


def price_per_kwh(value, unit: str) -> str:
    """'$0.1834 per kWh', with the digits it was published with."""
    return f"{_SIGNS[unit.split('/')[0]]}{value:g} per{NBSP}kWh"


def month(text: str) -> str:
    """'2026-08' or '2026-08-21' as 'August 2026'; a year alone stays one."""
    if "-" not in text:
        return text
    year, number = text.split("-")[:2]
    names = "January February March April May June July August September October November December".split()
    return f"{names[int(number) - 1]} {year}"
