"""What every plot is drawn with: axes with round ticks, lines, marks, error bars, and labels that keep clear of each other.

A plot is 360 units wide and its text 11 units high, so that it can be read on a phone. Colors, dashes and widths are those
of classes in docs/assets/book.css: series n has class s<n>, and a mark of its own shape as well.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from ..catalog.errors import CatalogError
from .html import attributes, element

WIDTH, HEIGHT = 360, 240
LINE = 13                # units from one line of text to the next
CHARACTER, BOLD = 6.8, 7.6      # units of a character on average in the widest of the fonts: reserved, not measured
SERIES = 8               # as many can be told apart; book.css has a class for each

Point = tuple[float, float]


def text_width(words: str) -> float:
    return len(words) * CHARACTER


def plain(value: float) -> str:
    """A tick in words: '0.05', '7.5', '131,072'."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"


# ---------------------------------------------------------------- axes

@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` on units from `start` to `end`; `start` is larger for an axis that points up."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    log: bool = False

    def at(self, value: float) -> float:
        """Place of a value, to a tenth of a unit."""
        scale = math.log if self.log else float
        part = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return round(self.start + part * (self.end - self.start), 1)


def steps(low: float, high: float, most: int = 6) -> list[float]:
    """Round ticks from at most `low` to at least `high`, `most` of them or fewer."""
    size = 10.0 ** math.floor(math.log10(high - low))
    for step in (size * f for f in (0.1, 0.2, 0.5, 1, 2, 5, 10)):
        first, last = math.floor(round(low / step, 9)), math.ceil(round(high / step, 9))
        if last - first < most:
            return [round(step * n, 9) for n in range(first, last + 1)]
    raise AssertionError("unreachable: ten times the size always serves")


def log_steps(low: float, high: float, most: int = 7) -> tuple[float, float, list[float]]:
    """The ends 1, 2 or 5 of a decade around `low` to `high`, and ticks between: 1, 2 and 5 of each decade, the decades alone, or closer ones within one."""
    known = _rounded(low, high, (1, 2, 5))
    first, last = max(t for t in known if t <= low), min(t for t in known if t >= high and t > low)
    for digits in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [t for t in _rounded(low, high, digits) if first <= t <= last]
        if len(ticks) >= 3:
            break
    closer = [t for t in known if first <= t <= last]
    return first, last, closer if 3 <= len(closer) <= most else ticks


def _rounded(low: float, high: float, digits: Sequence[float]) -> list[float]:
    """`digits` of every decade around low to high."""
    return [round(d * 10.0**n, 12) for n in range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2) for d in digits]


def linear(low: float, high: float, start: float, end: float, most: int = 6) -> Axis:
    """From the round tick at or below `low` to that at or above `high`."""
    ticks = steps(low, high, most)
    return Axis(ticks[0], ticks[-1], start, end, tuple(ticks))


def logarithmic(low: float, high: float, start: float, end: float, ticks: Iterable[float] | None = None) -> Axis:
    """From a round number below `low` to one above `high`; with `ticks` from `low` to `high` exactly, and only those ticks."""
    if ticks is None:
        low, high, ticks = log_steps(low, high)
    return Axis(low, high, start, end, tuple(t for t in ticks if low <= t <= high), log=True)


def margin(values: Iterable[float], write: Callable[[float], str] = plain) -> float:
    """Units to keep free at the left for the ticks of an upright axis."""
    return max(text_width(write(v)) for v in values) + 10


# ---------------------------------------------------------------- what is drawn

def text(x: float, y: float, words: str, class_: str | None = None, anchor: str | None = None) -> str:
    return element("text", escape(words), x=f"{x:g}", y=f"{y:g}", class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    return f"<line{attributes(x1=f'{x1:g}', y1=f'{y1:g}', x2=f'{x2:g}', y2=f'{y2:g}', class_=class_)}/>"


def polyline(points: Iterable[Point], class_: str) -> str:
    return f"<polyline{attributes(points=_pairs(points), class_=class_)}/>"


def band(lower: Sequence[Point], upper: Sequence[Point]) -> str:
    """The room between two lines, tinted, and both as thin lines."""
    area = f"<polygon{attributes(points=_pairs([*lower, *reversed(upper)]), class_='band')}/>"
    return area + polyline(lower, "edge") + polyline(upper, "edge")


def error_bar(x: float, low: float, high: float) -> str:
    """An upright bar with caps at the places `low` and `high`."""
    return line(x, low, x, high, "error") + line(x - 3, low, x + 3, low, "error") + line(x - 3, high, x + 3, high, "error")


_SHAPES = (((-4, 0), (0, -4), (4, 0), (0, 4)), ((-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)),
           ((0, -4.5), (4.5, 3.5), (-4.5, 3.5)), ((0, 4.5), (4.5, -3.5), (-4.5, -3.5)))


def mark(x: float, y: float, series: int) -> str:
    """The mark of a series (from 1): diamond, square, triangle, triangle upside down; from the fifth on the same, hollow."""
    shape = [(x + dx, y + dy) for dx, dy in _SHAPES[(series - 1) % 4]]
    return f"<polygon{attributes(points=_pairs(shape), class_='mark' if series <= 4 else 'mark open')}/>"


def group(series: int, content: str) -> str:
    return element("g", content, class_=f"s{series}")


def _pairs(points: Iterable[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def frame(x: Axis, y: Axis, x_title: str, y_title: str, write_x: Callable[[float], str] = plain, write_y: Callable[[float], str] = plain) -> str:
    """Grid lines and ticks of both axes, and what they measure: above the upright axis and below the other."""
    left, right, bottom = min(x.start, x.end), max(x.start, x.end), max(y.start, y.end)
    parts = [line(left, y.at(t), right, y.at(t), "grid") + text(left - 8, y.at(t) + 4, write_y(t), "tick", "end") for t in y.ticks]
    parts += [line(left, bottom, right, bottom, "axis")] + [line(x.at(t), bottom, x.at(t), bottom + 4, "axis") for t in x.ticks]
    parts += [text(x.at(t), bottom + 16, write_x(t), "tick", "middle") for t in x.ticks if t in _apart(x, write_x)]
    parts += [text(0, 11, y_title, "what"), text((left + right) / 2, bottom + 32, x_title, "what", "middle")]
    return "".join(parts)


def _apart(axis: Axis, write: Callable[[float], str]) -> set[float]:
    """The ticks whose words have room: the last, then from the first on whatever does not touch its neighbors."""
    kept = [axis.ticks[-1]]
    for tick in axis.ticks[:-1]:
        if all(abs(axis.at(tick) - axis.at(k)) > (text_width(write(tick)) + text_width(write(k))) / 2 + 6 for k in kept):
            kept.append(tick)
    return set(kept)


# ---------------------------------------------------------------- labels

def wrapped(words: str, most: int = 13) -> list[str]:
    """A name in lines of at most `most` characters, cut between words."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def room_for(names: Iterable[str]) -> float:
    """Units to keep free at the right for labels at the ends of lines."""
    return max(len(piece) * BOLD for name in names for piece in wrapped(name)) + 14


def end_labels(ends: Sequence[tuple[Point, str]], top: float, bottom: float) -> str:
    """The name of each series at the right of its last point, moved apart where they would touch; a hair leads to a moved one."""
    heights = [LINE * len(wrapped(name)) for _, name in ends]
    places = spread([y for (_, y), _ in ends], heights, top, bottom)
    drawn = ""
    for ((x, y), name), height, place in zip(ends, heights, places):
        if abs(place - y) > 3:
            drawn += line(x + 5, y, x + 11, place, "hair")
        first = place - height / 2 + LINE - 3
        drawn += "".join(text(x + 13, round(first + LINE * i, 1), piece, "lab") for i, piece in enumerate(wrapped(name)))
    return drawn


def spread(wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Centers near the wanted ones and in their order, so that boxes of these heights neither overlap nor leave `top` to `bottom`.

    If there is no room for all, they run over the top.
    """
    order, places = sorted(range(len(wanted)), key=lambda i: (wanted[i], i)), list(wanted)
    free = top
    for i in order:                     # downward, each below the one before
        places[i] = max(wanted[i], free + heights[i] / 2)
        free = places[i] + heights[i] / 2
    free = bottom
    for i in reversed(order):           # and back up from the bottom
        places[i] = round(min(places[i], free - heights[i] / 2), 1)
        free = places[i] - heights[i] / 2
    return places


def point_labels(points: Sequence[tuple[Point, str]], x: Axis, y: Axis) -> str:
    """The name of each point beside it, where it can mean no other one; a name that two points near each other share is written once."""
    taken, named, drawn = [(at - 5, up - 5, at + 5, up + 5) for (at, up), _ in points], [], ""
    for (at, up), name in points:
        crowded = any(other != name and math.dist((at, up), place) < 11 for place, other in points)
        if crowded or any(other == name and math.dist((at, up), place) < 30 for place, other in named):
            continue
        wide = text_width(name)
        for a, b, anchor in ((at + 8, up + 4, "start"), (at - 8, up + 4, "end"), (at, up - 8, "middle"), (at, up + 16, "middle"),
                             (at + 6, up - 6, "start"), (at + 6, up + 14, "start"), (at - 6, up - 6, "end"), (at - 6, up + 14, "end")):
            start = a - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
            box = (start, b - 10, start + wide, b + 3)
            inside = box[0] >= x.start and box[2] <= WIDTH and box[1] >= y.end - 8 and box[3] <= y.start
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                named.append(((at, up), name))
                drawn += text(a, b, name, None, anchor)
                break
    return drawn


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


# ---------------------------------------------------------------- the picture

def picture(id: str, title: str, description: str, content: str, height: float = HEIGHT) -> str:
    """The drawing with its text alternative; `description` is text and says what the drawing shows, with the numbers."""
    return element("svg", element("title", escape(title), id=f"{id}-title") + element("desc", escape(description), id=f"{id}-desc") + content,
                   viewBox=f"0 0 {WIDTH} {height:g}", role="img", aria_labelledby=f"{id}-title", aria_describedby=f"{id}-desc", data_search_exclude="true")


def few_enough(name: str, values: Sequence) -> None:
    """Raise CatalogError where a plot would be empty or its lines could not be told apart."""
    if not values:
        raise CatalogError(f"{name} is empty; name at least one")
    if len(values) > SERIES:
        raise CatalogError(f"{name} names {len(values)}; at most {SERIES} can be told apart in one picture")
    if len(set(values)) < len(values):
        twice = next(v for v in values if list(values).count(v) > 1)
        raise CatalogError(f"{name} names {twice!r} twice; keep one")
