"""Where the boxes, arrows and frames of a drawing lie: geometry only, no HTML.

The ways of the arrows come from routes.py. Arrows that would lie on each other get lanes side by side; then
gaps become as wide as lanes, frames and labels need, and columns share the rest. Everything follows from
the record alone, so the same drawing is always the same.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations, product
from math import ceil
from typing import NamedTuple

from ..catalog.errors import CatalogError
from ..catalog.records import Arrow, Box, Drawing
from .lettering import longest_word, width, wrap
from .routes import Grid, Segment, Spot, akin

WIDTH = 360
TEXT, NOTE = 12, 11                  # sizes of type, in units of the drawing; text goes down to the size of notes where columns are narrow
TEXT_LINE, NOTE_LINE = 14, 13        # distances of lines
PADDING = 6                          # between the edge of a box and its text
BAR = 7                              # strip at the left of a box that tells weights and cache by its pattern
WIDEST_COLUMN = 150
GAP = 22                             # between boxes, where nothing asks for more or for less
NARROW, PASSED = 10, 16              # the least between columns: where no arrow lies along, and where one passes
LANE = 9                             # between arrows side by side
FRAME = 7                            # between a frame and what it surrounds
TITLE_LINE = 13                      # distance of lines of a frame's title
HEAD = 6                             # length of an arrow's head


class Rect(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: "Rect", margin: float = 0) -> bool:
        return (self.x < other.right + margin and other.x < self.right + margin
                and self.y < other.bottom + margin and other.y < self.bottom + margin)


class Point(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True)
class PlacedBox:
    box: Box
    area: Rect
    text: list[str]
    note: list[str]
    size: float                      # of the text


@dataclass(frozen=True)
class PlacedLabel:
    area: Rect
    lines: list[str]


@dataclass(frozen=True)
class PlacedArrow:
    arrow: Arrow
    points: list[Point]
    label: PlacedLabel | None


@dataclass(frozen=True)
class PlacedFrame:
    lines: list[str]
    area: Rect
    title: Rect


@dataclass(frozen=True)
class Layout:
    width: float
    height: float
    boxes: list[PlacedBox]
    arrows: list[PlacedArrow]
    frames: list[PlacedFrame]


def lay_out(drawing: Drawing) -> Layout:
    """The drawing with all places in units of a picture WIDTH wide; raises CatalogError where a text has no room."""
    try:
        return _Plan(drawing, TEXT).settle()
    except CatalogError:
        return _Plan(drawing, NOTE).settle()


# ---------------------------------------------------------------- the plan

class _Plan:
    def __init__(self, drawing: Drawing, text_size: float):
        self.drawing = drawing
        self.text_size = text_size
        self.grid = Grid(drawing)
        self.routes = self.grid.routes()
        self._assign_lanes()
        self.frames = [(group, self._cells(group.around)) for group in drawing.groups]
        self.extra: dict[tuple[bool, int], float] = defaultdict(float)
        self.narrow: set[int] = set()    # frames whose title leaves the middle to an arrow

    # ------------------------------------------------------------ lanes

    def _assign_lanes(self) -> None:
        """Segments that would lie on each other get lanes, in the order with the fewest crossings."""
        bundles: list[list[list[Segment]]] = []
        lines: dict[tuple[bool, int], list[Segment]] = defaultdict(list)
        for route in self.routes:
            for segment in route:
                lines[segment.vertical, segment.line].append(segment)
        for members in lines.values():
            for bundle in _connected(members, self._conflict):
                lanes: list[list[Segment]] = []
                for segment in sorted(bundle, key=lambda s: (s.low, s.high, s.arrow)):
                    lane = next((lane for lane in lanes if not any(self._conflict(segment, s) for s in lane)), None)
                    lanes.append([segment]) if lane is None else lane.append(segment)
                if len(lanes) > 1:
                    bundles.append(lanes)
        for lanes in bundles:
            _spread(lanes)
        for _ in range(2):
            for index, lanes in enumerate(bundles):
                if len(lanes) <= 5:
                    bundles[index] = min(permutations(lanes), key=self._crossings_with)
                    _spread(bundles[index])

    def _conflict(self, a: Segment, b: Segment) -> bool:
        return (a.arrow != b.arrow and a.low <= b.high and b.low <= a.high
                and not akin(self.drawing.arrows[a.arrow], self.drawing.arrows[b.arrow]))

    def _crossings_with(self, lanes) -> float:
        """Crossings of all arrows with these lanes, on a grid of equal gaps."""
        _spread(lanes)
        lines = []
        for number, route in enumerate(self.routes):
            arrow = self.drawing.arrows[number]
            places = [100 * s.line + s.offset for s in route]
            first, last = self.grid.spots[arrow.start], self.grid.spots[arrow.end]
            lines.append(_polyline(route, places, _rough_side(first, route[0], True), _rough_side(last, route[-1], False)))
        return sum(_crossings(a, b) for a, b in combinations(lines, 2))

    # ------------------------------------------------------------ frames

    def _frame_sides(self, titles: list[list[str]]) -> list[tuple[float, float, float, float]]:
        """How far every frame reaches beyond the grid lines it surrounds: left, right, top, bottom."""
        sides: dict[int, tuple[float, float, float, float]] = {}
        for index in sorted(range(len(self.frames)), key=self._extent):
            cells = self.frames[index][1]
            inner = [i for i in sides if _within(self.frames[i][1], cells)]
            reach = [FRAME + max((sides[i][side] for i in inner if self.frames[i][1][side] == cells[side]), default=0) for side in range(4)]
            sides[index] = (reach[0], reach[1], reach[2] + TITLE_LINE * len(titles[index]) + 2, reach[3])
        return [sides[index] for index in range(len(self.frames))]

    def _extent(self, index: int) -> tuple[int, int]:
        left, right, top, bottom = self.frames[index][1]
        return (right - left + 1) * (bottom - top + 1), index

    def _pads(self, all_sides) -> dict[tuple[bool, int, bool], float]:
        """Room that frames need in a gap: (is it a gap between columns, line, after the gap's middle) -> units."""
        pads: dict[tuple[bool, int, bool], float] = defaultdict(float)
        for (_, (left, right, top, bottom)), sides in zip(self.frames, all_sides):
            for key, reach in zip(((True, left - 1, True), (True, right + 1, False), (False, top - 1, True), (False, bottom + 1, False)), sides):
                pads[key] = max(pads[key], reach)
        return pads

    def _cells(self, names) -> tuple[int, int, int, int]:
        spots = [self.grid.spots[name] for name in names]
        return min(s[0] for s in spots), max(s[1] for s in spots), min(s[2] for s in spots), max(s[2] for s in spots)

    # ------------------------------------------------------------ sizes

    def settle(self) -> Layout:
        """Widen gaps until every label has a place."""
        for _ in range(60):
            self._size()
            crossed = [i for i, title in enumerate(self.titles) if i not in self.narrow and self._lines_through(title)]
            if crossed:
                self.narrow.update(crossed)
                continue
            labels, homeless = self._place_labels()
            if homeless is None:
                return self._result(labels)
            self._widen(homeless)
        raise CatalogError(f"{self._file()}: arrows: there is no room for '{self.drawing.arrows[homeless].text}'; shorten it")

    def _file(self) -> str:
        return f"macros/catalog/drawings/{self.drawing.id}.yaml"

    def _widen(self, number: int) -> None:
        """Make a gap larger that an arrow passes: those between rows in turn, as height costs nothing, at last one between columns."""
        route = self.routes[number]
        along = {vertical: {s.line for s in route if s.vertical == vertical} for vertical in (True, False)}
        across = {vertical: {n for s in route if s.vertical == vertical for n in range(s.low, s.high + 1)} for vertical in (True, False)}
        rows, columns = ({n for n in along[v] | across[not v] if n % 2 == 0} for v in (False, True))
        between_columns = not rows or (bool(columns) and min(self.extra[False, y] for y in rows) >= 30)
        gaps = sorted(columns if between_columns else rows)
        middle = len(gaps) // 2
        self.extra[between_columns, min(gaps[middle:] + gaps[:middle], key=lambda line: self.extra[between_columns, line])] += 6

    def _gap(self, between_columns: bool, line: int) -> tuple[float, float, float]:
        """A gap as (room for frames before, lanes and labels, room for frames after)."""
        last = 2 * (self.grid.columns if between_columns else self.grid.rows)
        before, after = self.pads[between_columns, line, False], self.pads[between_columns, line, True]
        lanes = max((s.lanes for route in self.routes for s in route if s.vertical == between_columns and s.line == line), default=0)
        extra = self.extra[between_columns, line]
        if line in (0, last):
            middle = lanes * LANE + (HEAD + 4 if lanes else 0) + extra
        else:
            middle = max(GAP - (before + after) / 2, NARROW, (lanes + 1) * LANE) + extra
        return before, middle, after

    def _size(self) -> None:
        columns, rows = self.grid.columns, self.grid.rows
        titles = [[group.text] for group, _ in self.frames]
        self.pads = self._pads(self._frame_sides(titles))
        gaps = {x: self._gap(True, x) for x in range(0, 2 * columns + 1, 2)}
        needs = self._column_needs()
        excess = sum(needs) + sum(sum(g) for g in gaps.values()) - (WIDTH - 2)
        if excess > 0:
            spare = {x: max(0.0, gaps[x][1] - self._least(x)) for x in range(2, 2 * columns, 2)}
            for x, room in spare.items():
                gaps[x] = (gaps[x][0], gaps[x][1] - min(room, excess * room / sum(spare.values())) if room else gaps[x][1], gaps[x][2])
        widths = self._column_widths(needs, WIDTH - 2 - sum(sum(g) for g in gaps.values()))
        # What is left goes first between the boxes, then to both sides.
        left = WIDTH - 2 - sum(sum(g) for g in gaps.values()) - sum(widths)
        more = min(24, left / (columns - 1)) if columns > 1 else 0
        for x in range(2, 2 * columns, 2):
            gaps[x] = (gaps[x][0], gaps[x][1] + more, gaps[x][2])
        left -= more * (columns - 1)
        self.xs = _lines(1 + left / 2, gaps, widths)
        sides = self._frame_sides(titles)
        titles = []
        for index, ((group, cells), reach) in enumerate(zip(self.frames, sides)):
            room = self.xs[cells[1]][1] - self.xs[cells[0]][0] + reach[0] + reach[1] - 12
            titles.append(wrap(group.text, max(room / 2 - 6, longest_word(group.text, NOTE)) if index in self.narrow else room, NOTE))
        sides = self._frame_sides(titles)
        self.pads = self._pads(sides)
        self.texts = {}
        heights = [0.0] * rows
        for box in self.drawing.boxes:
            first, last, y = self.grid.spots[box.id]
            room = self.xs[last][1] - self.xs[first][0] - 2 * PADDING - _bar(box)
            lines, note = wrap(box.text, room, self.text_size), wrap(box.note, room, NOTE) if box.note else []
            self.texts[box.id] = (lines, note)
            heights[y // 2] = max(heights[y // 2], len(lines) * TEXT_LINE + len(note) * NOTE_LINE + 2 * PADDING)
        for index in range(rows):
            lanes = max((s.lanes for route in self.routes for s in route if not s.vertical and s.line == 2 * index + 1), default=1)
            heights[index] = max(heights[index], lanes * LANE + 10, 28)
        self.ys = _lines(1, {y: self._gap(False, y) for y in range(0, 2 * rows + 1, 2)}, heights)
        self.areas = {}
        for name, (first, last, y) in self.grid.spots.items():
            self.areas[name] = Rect(self.xs[first][0], self.ys[y][0], self.xs[last][1] - self.xs[first][0], self.ys[y][1] - self.ys[y][0])
        self.points = [self._points(number) for number in range(len(self.routes))]
        self.frame_areas = [self._frame_area(cells, reach) for (_, cells), reach in zip(self.frames, sides)]
        self.title_lines = titles
        self.titles = [self._title(lines, area) for lines, area in zip(titles, self.frame_areas)]

    def _least(self, x: int) -> float:
        """The narrowest a gap between columns may become."""
        segments = [s for route in self.routes for s in route]
        if self.extra[True, x]:
            return GAP + self.extra[True, x]
        lanes = max((s.lanes for s in segments if s.vertical and s.line == x), default=0)
        passed = any(not s.vertical and s.line % 2 and s.low <= x <= s.high for s in segments)
        return max((lanes + 1) * LANE if lanes else NARROW, PASSED if passed else NARROW)

    def _longest(self, box: Box) -> float:
        return max(longest_word(box.text, self.text_size), longest_word(box.note, NOTE) if box.note else 0)

    def _column_needs(self) -> list[float]:
        needs = [0.0] * self.grid.columns
        for box in self.drawing.boxes:
            if box.span == 1:
                need = self._longest(box) + 2 * PADDING + _bar(box) + 0.5
                needs[box.at[0] - 1] = max(needs[box.at[0] - 1], need)
        return needs

    def _column_widths(self, needs: list[float], room: float) -> list[float]:
        if sum(needs) > room + 0.01:
            widest = max((b for b in self.drawing.boxes if b.span == 1), key=self._longest)
            raise CatalogError(f"{self._file()}: boxes: {self.grid.columns} columns have no room for words as long as those of '{widest.id}'; "
                               "shorten them or use fewer columns")
        share = min(WIDEST_COLUMN, room / self.grid.columns)
        # Columns are as equal as their longest words allow.
        fixed: dict[int, float] = {}
        while wide := [i for i, need in enumerate(needs) if i not in fixed and need > share]:
            fixed |= {i: needs[i] for i in wide}
            if len(fixed) == len(needs):
                break
            share = min(WIDEST_COLUMN, (room - sum(fixed.values())) / (len(needs) - len(fixed)))
        return [fixed.get(i, share) for i in range(len(needs))]

    def _frame_area(self, cells, sides) -> Rect:
        left, right, top, bottom = cells
        x, y = self.xs[left][0] - sides[0], self.ys[top][0] - sides[2]
        return Rect(x, y, self.xs[right][1] + sides[1] - x, self.ys[bottom][1] + sides[3] - y)

    def _title(self, lines: list[str], area: Rect) -> Rect:
        wide = max(width(line, NOTE) for line in lines)
        if wide > area.width - 8:
            raise CatalogError(f"{self._file()}: groups: '{' '.join(lines)}' has a word wider than its frame; shorten it")
        places = [Rect(x, area.y + 3, wide, TITLE_LINE * len(lines)) for x in (area.x + 6, area.right - 6 - wide, area.x + (area.width - wide) / 2)]
        return min(places, key=self._lines_through)

    def _lines_through(self, area: Rect) -> int:
        return sum(_touches(area, a, b) for points in self.points for a, b in zip(points, points[1:]))

    def _points(self, number: int) -> list[Point]:
        arrow, route = self.drawing.arrows[number], self.routes[number]
        places = [_middle((self.xs if s.vertical else self.ys)[s.line]) + s.offset for s in route]
        ends = []
        for name, segment, leaving in ((arrow.start, route[0], True), (arrow.end, route[-1], False)):
            area = self.areas[name]
            further = segment.forward == leaving
            ends.append((area.bottom if further else area.y) if segment.vertical else (area.right if further else area.x))
        return _polyline(route, places, *ends)

    # ------------------------------------------------------------ labels

    def _place_labels(self) -> tuple[dict[int, PlacedLabel], int | None]:
        """Labels by arrow, and the first arrow whose label has no place."""
        placed: dict[int, PlacedLabel] = {}
        order = sorted((n for n, a in enumerate(self.drawing.arrows) if a.text), key=lambda n: (len(self.points[n]), n))
        for number in order:
            best = min(self._candidates(number, list(placed.values())), key=lambda c: c[0], default=None)
            if best is None:
                return placed, number
            placed[number] = best[1]
        return placed, None

    def _candidates(self, number: int, others: list[PlacedLabel]) -> Iterator[tuple[float, PlacedLabel]]:
        text, points = self.drawing.arrows[number].text, self.points[number]
        wraps = {tuple(wrap(text, room, NOTE)) for room in (400, 110, 80, 55, longest_word(text, NOTE))}
        pieces = list(zip(points, points[1:]))
        for lines in sorted(wraps, key=lambda w: (len(w), w)):
            wide, high = max(width(line, NOTE) for line in lines), 12.0 * len(lines)
            for index, (a, b) in enumerate(pieces):
                length = abs(a.x - b.x) + abs(a.y - b.y)
                head = HEAD if index == len(pieces) - 1 else 0
                base = 3.0 * len(lines) + 30 / (1 + length / 20)
                for area, on, cost in _beside(a, b, wide, high, length, head):
                    if self._free(area, number, others, index if on else None):
                        # On a line shared with another arrow a label would seem to belong to both.
                        anchor = Rect(area.x + wide / 2, a.y, 0, 0) if a.y == b.y else Rect(a.x, area.y + high / 2, 0, 0)
                        shared = any(_touches(anchor, *piece, 0.5) for other, line in enumerate(self.points) if other != number
                                     for piece in zip(line, line[1:]))
                        yield base + cost + (40 if shared else 0) + (10 if on and len(lines) > 1 else 0), PlacedLabel(area, list(lines))

    def _free(self, area: Rect, number: int, others: list[PlacedLabel], on: int | None) -> bool:
        if area.x < 1 or area.right > WIDTH - 1 or area.y < 0 or area.bottom > self.ys[2 * self.grid.rows][1]:
            return False
        if any(area.overlaps(box, 2.5) for box in self.areas.values()) or any(area.overlaps(other.area, 2) for other in others):
            return False
        if any(area.overlaps(title, 1) for title in self.titles):
            return False
        for frame in self.frame_areas:
            corners = [Point(frame.x, frame.y), Point(frame.right, frame.y), Point(frame.right, frame.bottom), Point(frame.x, frame.bottom)]
            if any(_touches(area, a, b, 1.5) for a, b in zip(corners, corners[1:] + corners[:1])):
                return False
        for other, points in enumerate(self.points):
            for index, (a, b) in enumerate(zip(points, points[1:])):
                if _touches(area, a, b, 1.5) and (other, index) != (number, on):
                    return False
        return True

    def _result(self, labels: dict[int, PlacedLabel]) -> Layout:
        boxes = [PlacedBox(b, self.areas[b.id], *self.texts[b.id], self.text_size) for b in self.drawing.boxes]
        arrows = [PlacedArrow(a, self.points[n], labels.get(n)) for n, a in enumerate(self.drawing.arrows)]
        frames = [PlacedFrame(*frame) for frame in zip(self.title_lines, self.frame_areas, self.titles)]
        return Layout(WIDTH, ceil(self.ys[2 * self.grid.rows][1] + 1), boxes, arrows, frames)


def _bar(box: Box) -> float:
    return BAR if box.kind in ("weights", "cache") else 0


def _within(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> bool:
    """Does one extent (left, right, top, bottom) lie in the other?"""
    return inner != outer and inner[0] >= outer[0] and inner[1] <= outer[1] and inner[2] >= outer[2] and inner[3] <= outer[3]


def _lines(start: float, gaps: dict[int, tuple[float, float, float]], sizes: list[float]) -> dict[int, tuple[float, float]]:
    """Extent of every line of the refined grid; of a gap the part between its frames."""
    extents, at = {}, start
    for index in range(2 * len(sizes) + 1):
        if index % 2:
            extents[index] = (at, at + sizes[index // 2])
            at += sizes[index // 2]
        else:
            before, middle, after = gaps[index]
            extents[index] = (at + before, at + before + middle)
            at += before + middle + after
    return extents


def _middle(extent: tuple[float, float]) -> float:
    return (extent[0] + extent[1]) / 2


def _spread(lanes) -> None:
    for place, lane in enumerate(lanes):
        for segment in lane:
            segment.offset, segment.lanes = (place - (len(lanes) - 1) / 2) * LANE, len(lanes)


def _rough_side(spot: Spot, segment: Segment, leaving: bool) -> float:
    """Where an arrow leaves or enters a box, on a grid of equal gaps."""
    further = segment.forward == leaving
    if segment.vertical:
        return 100 * spot.y + (50 if further else -50)
    return 100 * spot.last + 50 if further else 100 * spot.first - 50


def _connected(members: list[Segment], conflict) -> list[list[Segment]]:
    """Groups of segments that conflict with each other, directly or through others."""
    groups: list[list[Segment]] = []
    for segment in members:
        touched = [g for g in groups if any(conflict(segment, other) for other in g)]
        groups = [g for g in groups if g not in touched] + [[segment] + [s for g in touched for s in g]]
    return groups


def _polyline(route: list[Segment], places: list[float], start: float, end: float) -> list[Point]:
    """Corners of an arrow: `places` are the x of vertical and the y of horizontal segments, `start` and `end` the sides of the boxes."""
    ends = [start, *places[1:], end] if len(places) > 1 else [start, end]
    points = [Point(places[0], start) if route[0].vertical else Point(start, places[0])]
    for index, segment in enumerate(route):
        until = ends[index + 1]
        points.append(Point(places[index], until) if segment.vertical else Point(until, places[index]))
    return points


def _crossings(a: list[Point], b: list[Point]) -> int:
    return sum(_cross(*p, *q) for p, q in product(zip(a, a[1:]), zip(b, b[1:])))


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Do two axis-parallel pieces of different direction cross?"""
    if (a.x == b.x) == (c.x == d.x):
        return False
    if a.x != b.x:
        a, b, c, d = c, d, a, b
    return min(c.x, d.x) < a.x < max(c.x, d.x) and min(a.y, b.y) < c.y < max(a.y, b.y)


def _touches(area: Rect, a: Point, b: Point, margin: float = 0) -> bool:
    return (min(a.x, b.x) < area.right + margin and max(a.x, b.x) > area.x - margin
            and min(a.y, b.y) < area.bottom + margin and max(a.y, b.y) > area.y - margin)


def _beside(a: Point, b: Point, wide: float, high: float, length: float, head: float) -> Iterator[tuple[Rect, bool, float]]:
    """Places for a label along a piece: (area, does it lie on the line, cost)."""
    for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
        x, y = a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share
        away = 12 * abs(share - 0.5)
        if a.y == b.y:
            reach = wide / 2 + 7
            if min(share, 1 - share) * length > reach + (head if share >= 0.5 else 0):
                yield Rect(x - wide / 2, y - high / 2, wide, high), True, away
            yield Rect(x - wide / 2, y - high - 2.5, wide, high), False, away + 1
            yield Rect(x - wide / 2, y + 3, wide, high), False, away + 2
        else:
            if min(share, 1 - share) * length > high / 2 + 7 + (head if share >= 0.5 else 0):
                yield Rect(x - wide / 2, y - high / 2, wide, high), True, away + 1
            yield Rect(x + 4, y - high / 2, wide, high), False, away
            yield Rect(x - 4 - wide, y - high / 2, wide, high), False, away + 1
