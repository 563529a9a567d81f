"""Upper bounds that follow from moving bytes. What programs reach lies below them."""

from fractions import Fraction

from ..catalog.records import Bandwidth


def bandwidth(b: Bandwidth) -> Fraction:
    """GB/s (10^9 bytes): the maker's figure where one is published, else width x rate / 8."""
    if b.published is not None:
        return Fraction(str(b.published))
    return b.derived if b.derived is not None else Fraction(str(b.quoted))


def decode_ceiling(bytes_per_token: int, gb_per_s: Fraction) -> Fraction:
    """Tokens per second that cannot be exceeded: bandwidth / bytes that every token reads."""
    return gb_per_s * 10**9 / bytes_per_token


def seconds(n_bytes: int, gb_per_s: Fraction) -> Fraction:
    """Time to move `n_bytes` at that rate, without latency or protocol."""
    return n_bytes / (gb_per_s * 10**9)
