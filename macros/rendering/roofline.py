"""The roofline of a model on a device: what memory and arithmetic allow at most, by tokens processed together."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from html import escape

from ..arithmetic import parameters as count_of
from ..arithmetic.throughput import experts_touched
from ..arithmetic.weights import bytes_read_per_prompt
from ..catalog.errors import CatalogError
from ..catalog.records import Device, Model
from ..data import catalog
from . import units
from .axes import LINE, WIDTH, frame, group, line, logarithmic, margin, mark, picture, polyline, text
from .html import element, plotted
from .numbers import bytes_per_token, device_of, mix_of, model_of, rate_of
from .plots import BOTTOM, TOP, ascending, check_holds, figures_table
from .tables import cell, head, row_head


@dataclass(frozen=True)
class Roof:
    """Bounds in tokens per second, exact; the KV cache is not counted."""

    model: Model
    format: str
    device: Device

    def bytes_per_pass(self, tokens: int) -> int:
        """Bytes of weights read for `tokens` tokens at once: of routed experts those that at least one of them uses."""
        one, e = bytes_per_token(self.model.id, self.format), self.model.architecture.experts
        if e is None or tokens == 1:
            return one
        all_ = bytes_read_per_prompt(self.model.architecture, mix_of(self.format), catalog().types)
        alone = e.active / e.count
        return one + round((all_ - one) * (experts_touched(e.count, e.active, tokens) - alone) / (1 - alone))

    def by_memory(self, tokens: int) -> Fraction:
        return tokens * rate_of(self.device.id) * 10**9 / self.bytes_per_pass(tokens)

    @property
    def tera(self) -> Fraction:
        """Dense FP16 rate in 10^12 operations per second."""
        return Fraction(str(self.device.fp16_tflops))

    @cached_property
    def by_arithmetic(self) -> Fraction:
        """Two operations for every weight that is multiplied."""
        return self.tera * 10**12 / (2 * count_of.multiplied(self.model.architecture))

    def bound(self, tokens: int) -> Fraction:
        return min(self.by_memory(tokens), self.by_arithmetic)

    @cached_property
    def corner(self) -> int:
        """The smallest number of tokens for which arithmetic is the bound."""
        high = 1
        while self.by_memory(high) < self.by_arithmetic:
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.by_memory(middle) < self.by_arithmetic else (low, middle)
        return high

    def bound_by(self, tokens: int) -> str:
        return "memory" if tokens < self.corner else "arithmetic"


def roofline(*, id: str, caption: str, model: str, format: str, device: str, prompts: Sequence[int] = (1, 8, 64, 512), size: int | None = None) -> str:
    """Tokens per second that memory and arithmetic allow at most, by tokens processed together; both axes logarithmic."""
    roof = Roof(model_of(model), format, device_of(device))
    shown = ascending("prompts", prompts, 1)
    if shown[0] < 1:
        raise CatalogError(f"prompts: {shown[0]} is not possible; write whole numbers of at least 1")
    if roof.device.fp16_tflops is None:
        raise CatalogError(f"device '{device}' has no fp16; add it to macros/catalog/devices/{device}.yaml or name another device")
    check_holds(roof.model, format, 1, roof.device, size)
    memory, arithmetic = units.gb_per_second(rate_of(device)), f"{units.significant(roof.tera)}{units.NBSP}TFLOPS"
    said = "; ".join(f"{n:,} together: at most {_rate(roof.bound(n))} tokens/s, bound by {roof.bound_by(n)}" for n in shown)
    rows = "".join(element("tr", row_head(f"{n:,}") + cell(units.gb(roof.bytes_per_pass(n)), roof.bytes_per_pass(n)) + _cell(roof.by_memory(n))
                           + _cell(roof.by_arithmetic) + _cell(roof.bound(n)) + cell(roof.bound_by(n), class_="l"), data_tokens=n) for n in shown)
    first = (head("Tokens", "together") + head("One pass reads", "GB") + head("Memory allows", "tokens/s") + head("Arithmetic allows", "tokens/s")
             + head("At most", "tokens/s") + head("Bound by", class_="l"))
    note = (f"A bound, not a promise: memory at {memory}, arithmetic at {arithmetic} (dense FP16) with 2 operations for each weight in use; "
            f"the KV cache is not counted. They meet at {roof.corner:,} tokens.")
    if roof.model.architecture.experts:
        note += " More tokens use more experts, so a pass reads more until it reads all; each token is taken to choose without regard to the others."
    where = f"{roof.model.name} at {format} on {roof.device.name}"
    alternative = f"Most tokens per second of {where} by tokens processed together. {said}. The bounds meet at {roof.corner:,} tokens."
    return plotted(id=id, caption=f"<b>{escape(caption)}</b> {escape(where)}, both axes logarithmic", note=note,
                   picture=picture(id, caption, alternative, _drawn(roof, shown, memory, arithmetic)), table=figures_table(id, first, rows))


def _drawn(roof: Roof, shown: list[int], memory: str, arithmetic: str) -> str:
    last = max(shown[-1], roof.corner) * 1.4
    y = logarithmic(float(roof.by_memory(1)), float(max(roof.by_arithmetic, roof.by_memory(1))), BOTTOM, TOP + 8)
    x = logarithmic(1, last, margin(y.ticks), WIDTH - 12, sorted({1, *shown}))
    rising = [(x.at(n), y.at(float(roof.by_memory(n)))) for n in sorted({roof.corner, *(round(2 ** (i / 4)) for i in range(100))}) if n <= roof.corner]
    level = y.at(float(roof.by_arithmetic))
    corner = (x.at(roof.corner), level)
    drawn = frame(x, y, "tokens processed together", "tokens/s") + line(x.start, level, *corner, "hair") + line(*corner, corner[0], BOTTOM, "cap")
    drawn += group(1, polyline(rising, "line")) + group(2, polyline([rising[-1], corner, (x.end, level)], "line"))
    for n in shown:
        series = 1 if n < roof.corner else 2
        drawn += group(series, mark(x.at(n), y.at(float(roof.bound(n))), series))
    # The name of the slope stands above it if there is room, else to the right of the corner.
    above = [(a - 8, b - LINE - 2, "end") for a, b in rising[2 * len(rising) // 3:-1] if a - x.start > 80]
    a, b, anchor = above[0] if above else (corner[0] + 8, (level + BOTTOM) / 2, "start")
    drawn += text(a, b, "memory", "lab", anchor) + text(a, b + LINE, memory, "lab", anchor) + text(x.end, level - 8, f"arithmetic, {arithmetic}", "lab", "end")
    left = corner[0] > WIDTH - 90
    return drawn + text(corner[0] - 5 if left else corner[0] + 5, BOTTOM - 6, f"{roof.corner:,} tokens", "lab", "end" if left else "start")


def _rate(value: Fraction) -> str:
    return units.tokens_per_second(value).split(units.NBSP)[0]


def _cell(value: Fraction) -> str:
    return cell(_rate(value), f"{float(value):.6g}")
