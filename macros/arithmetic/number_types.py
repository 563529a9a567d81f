"""What the bits of a number mean, and how large a number they can hold.

Sources: IEEE 754-2019 (F32, F16); bfloat16 as the upper half of F32; OCP 8-bit Floating Point Specification 1.0
(E4M3, E5M2); OCP Microscaling Formats Specification 1.0 (E2M1, E8M0, blocks of 32); NVIDIA's description of
NVFP4 (blocks of 16 with an E4M3 scale, and one F32 scale for the tensor).
"""

from fractions import Fraction
from typing import Literal, NamedTuple


class NumberType(NamedTuple):
    """Bits of sign, exponent and fraction. `reserved`: which codes of the top exponent are no numbers."""

    sign: int
    exponent: int
    fraction: int
    reserved: Literal["all", "last", "none"] = "all"

    @property
    def bits(self) -> int:
        return self.sign + self.exponent + self.fraction


class BlockNumber(NamedTuple):
    """Small numbers that share scales: (type of a scale, numbers that share it; None for the whole tensor)."""

    element: str
    scales: tuple[tuple[str, int | None], ...]


FLOATS = {
    "F32": NumberType(1, 8, 23), "F16": NumberType(1, 5, 10), "BF16": NumberType(1, 8, 7),
    "FP8_E4M3": NumberType(1, 4, 3, "last"), "FP8_E5M2": NumberType(1, 5, 2), "FP4_E2M1": NumberType(1, 2, 1, "none"),
    "E8M0": NumberType(0, 8, 0, "last"),
}
INTEGERS = {"INT8": 8, "INT4": 4}
BLOCKS = {"MXFP4": BlockNumber("FP4_E2M1", (("E8M0", 32),)), "NVFP4": BlockNumber("FP4_E2M1", (("FP8_E4M3", 16), ("F32", None)))}
NAMES = (*FLOATS, *INTEGERS, *BLOCKS)


def largest(name: str) -> Fraction:
    """The largest finite value of a type; for a block format that of an element times those of its scales."""
    if name in INTEGERS:
        return Fraction(2 ** (INTEGERS[name] - 1) - 1)
    if name in BLOCKS:
        value = largest(BLOCKS[name].element)
        for scale, _ in BLOCKS[name].scales:
            value *= largest(scale)
        return value
    t = FLOATS[name]
    exponent, fraction = 2**t.exponent - 1, 2**t.fraction - 1
    if t.reserved == "all":
        exponent -= 1
    elif t.reserved == "last":
        # Only the very last code is no number; without a fraction it is the whole top exponent.
        exponent, fraction = (exponent, fraction - 1) if t.fraction else (exponent - 1, 0)
    bias = 2 ** (t.exponent - 1) - 1
    return (1 + Fraction(fraction, 2**t.fraction)) * Fraction(2) ** (exponent - bias)


def bits_per_number(name: str) -> Fraction:
    """Bits that one number takes with its share of the scales of its block; a scale of the whole tensor counts as nothing."""
    if name in BLOCKS:
        return bits_per_number(BLOCKS[name].element) + sum(FLOATS[scale].bits * Fraction(1, shared) for scale, shared in BLOCKS[name].scales if shared)
    return Fraction(INTEGERS[name] if name in INTEGERS else FLOATS[name].bits)
