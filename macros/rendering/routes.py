"""The ways of arrows through the grid of a drawing, before anything has a size.

The grid is refined: odd lines are columns and rows, even lines the gaps between and around them. An arrow
takes the cheapest way through gaps and empty places.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from ..catalog.records import Arrow, Drawing

# What a way costs: a turn, a step along a line of another arrow, a step across one, and by how much a step is dearer
# inside the drawing for an arrow back, on its outermost lines for every other.
TURN, BESIDE, ACROSS, INSIDE, OUTSIDE = 6, 3, 2.5, 3, 1.5

Direction = tuple[int, int]
DOWN, RIGHT, UP, LEFT = (0, 1), (1, 0), (0, -1), (-1, 0)


class Cell(NamedTuple):
    x: int
    y: int

    def next(self, heading: Direction) -> "Cell":
        return Cell(self.x + heading[0], self.y + heading[1])


class Spot(NamedTuple):
    """Where a box lies: its first and last line across, and its row."""

    first: int
    last: int
    y: int


@dataclass
class Segment:
    """A straight piece of an arrow along `line`, from cell `low` to cell `high`; `forward` is right or down."""

    arrow: int
    vertical: bool
    line: int
    low: int
    high: int
    forward: bool
    offset: float = 0                    # from the middle of the line, and beside how many others it lies
    lanes: int = 1


class Step(NamedTuple):
    """A cell of a way, how it was entered, and whether an arrow back has been at the outside by then."""

    cell: Cell
    heading: Direction
    been_out: bool


def akin(a: Arrow, b: Arrow) -> bool:
    """Arrows that leave or enter the same box may share a line."""
    return a.end == b.end or a.start == b.start


class Grid:
    """Boxes in refined coordinates, and the arrows laid so far."""

    def __init__(self, drawing: Drawing):
        row_of = {row: i for i, row in enumerate(sorted({b.at[1] for b in drawing.boxes}))}
        self.arrows = drawing.arrows
        self.spots = {b.id: Spot(2 * b.at[0] - 1, 2 * (b.at[0] + b.span) - 3, 2 * row_of[b.at[1]] + 1) for b in drawing.boxes}
        self.columns, self.rows = max(s.last for s in self.spots.values()) // 2 + 1, len(row_of)
        self._taken = {Cell(x, s.y) for s in self.spots.values() for x in range(s.first, s.last + 1)}
        self._used: dict[tuple[Cell, bool], list[Arrow]] = defaultdict(list)

    def routes(self) -> list[list[Segment]]:
        """The segments of every arrow; short ones are laid first, those back last."""
        def order(number: int) -> tuple:
            arrow = self.arrows[number]
            a, b = self.spots[arrow.start], self.spots[arrow.end]
            return arrow.back, max(0, b.first - a.last, a.first - b.last) + abs(a.y - b.y), number

        routes = {number: self._segments(number, *self._way(self.arrows[number])) for number in sorted(range(len(self.arrows)), key=order)}
        return [routes[number] for number in range(len(self.arrows))]

    def _free(self, cell: Cell) -> bool:
        return 0 <= cell.x <= 2 * self.columns and 0 <= cell.y <= 2 * self.rows and cell not in self._taken

    def _outer(self, cell: Cell) -> bool:
        return cell.x in (0, 2 * self.columns) or cell.y in (0, 2 * self.rows)

    def _doors(self, box: str) -> Iterator[tuple[Cell, Direction, float]]:
        """Cells beside a box, the direction that leads out there, and what a place off the middle costs."""
        first, last, y = self.spots[box]
        for x in range(first, last + 1):
            # Off the middle matters less on a wide box.
            cost = 3 * abs(x - (first + last) / 2) / (last - first + 1)
            yield Cell(x, y + 1), DOWN, cost
            yield Cell(x, y - 1), UP, cost
        yield Cell(last + 1, y), RIGHT, 0
        yield Cell(first - 1, y), LEFT, 0

    def _way(self, arrow: Arrow) -> tuple[list[Cell], list[Direction]]:
        """Cells of the cheapest way, and the headings into each of them and into the box at its end."""
        goals = {(cell, (-out[0], -out[1])): cost for cell, out, cost in self._doors(arrow.end)}
        came: dict[Step, Step | None] = {}
        best: dict[Step, float] = {}
        heap: list[tuple[float, int, Step]] = []

        def reach(step: Step, price: float, before: Step | None) -> None:
            if price < best.get(step, float("inf")):
                best[step], came[step] = price, before
                heappush(heap, (price, len(best) + len(heap), step))

        for cell, out, cost in self._doors(arrow.start):
            if self._free(cell):
                reach(Step(cell, out, arrow.back and self._outer(cell)), cost + self._cost(cell, out, arrow), None)
        final: tuple[float, Step, Direction] | None = None
        while heap and (final is None or heap[0][0] < final[0]):
            price, _, step = heappop(heap)
            if price > best[step]:
                continue
            for turn in (DOWN, RIGHT, UP, LEFT):
                if turn == (-step.heading[0], -step.heading[1]):
                    continue
                turned = price + (TURN if turn != step.heading else 0)
                if (step.cell, turn) in goals and step.been_out == arrow.back:
                    total = turned + goals[step.cell, turn]
                    if final is None or total < final[0]:
                        final = (total, step, turn)
                there = step.cell.next(turn)
                if self._free(there):
                    reach(Step(there, turn, step.been_out or (arrow.back and self._outer(there))), turned + self._cost(there, turn, arrow), step)
        assert final is not None, "the outermost lines of the grid are free, so there is always a way"
        steps: list[Step] = []
        at: Step | None = final[1]
        while at is not None:
            steps.insert(0, at)
            at = came[at]
        return [s.cell for s in steps], [s.heading for s in steps] + [final[2]]

    def _cost(self, cell: Cell, heading: Direction, arrow: Arrow) -> float:
        vertical = heading[1] != 0
        cost = 3.0 if (cell.y if vertical else cell.x) % 2 else 1.0        # columns and rows are wider than gaps
        if self._outer(cell) != arrow.back:
            cost *= INSIDE if arrow.back else OUTSIDE
        cost += BESIDE * sum(not akin(arrow, other) for other in self._used[cell, vertical])
        return cost + ACROSS * sum(not akin(arrow, other) for other in self._used[cell, not vertical])

    def _segments(self, number: int, cells: list[Cell], headings: list[Direction]) -> list[Segment]:
        """A way as straight pieces; a cell in which it turns belongs to both."""
        turns = [i - 1 for i in range(1, len(headings)) if headings[i] != headings[i - 1]]
        result = []
        for first, last, heading in zip([0, *turns], [*turns, len(cells) - 1], [headings[0], *(headings[i + 1] for i in turns)]):
            run, vertical = cells[first:last + 1], heading[1] != 0
            along = [c.y if vertical else c.x for c in run]
            result.append(Segment(number, vertical, run[0].x if vertical else run[0].y, min(along), max(along), sum(heading) > 0))
            for cell in run:
                self._used[cell, vertical].append(self.arrows[number])
        return result
