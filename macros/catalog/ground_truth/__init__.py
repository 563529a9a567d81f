"""Figures of the real programs, which the arithmetic is compared with in tests and on a page of the book."""

import csv
from functools import cache
from pathlib import Path


@cache
def rows(name: str) -> tuple[dict, ...]:
    """All rows of one file, values as text; README.md says where each file comes from."""
    with (Path(__file__).parent / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
