"""What has to fit: weights, KV cache, scratch memory and what driver and program take for themselves."""

from dataclasses import dataclass
from fractions import Fraction

GIB = 2**30


@dataclass(frozen=True)
class Need:
    """Bytes by part; `total` is what a device must have free."""

    weights: int
    kv_cache: int
    compute: int
    overhead: int

    @property
    def total(self) -> int:
        return self.weights + self.kv_cache + self.compute + self.overhead


def verdict(need: int, capacity: int) -> str:
    """'fits' (at most 90 % of the capacity), 'tight' (up to all of it) or 'no'. Bytes in, exact."""
    if need * 10 <= capacity * 9:
        return "fits"
    return "tight" if need <= capacity else "no"


def gib_bytes(gib: float) -> int:
    """Bytes of a capacity given in GiB."""
    return int(Fraction(str(gib)) * GIB)
