"""What every test may use: the real catalog, and the figures of the real programs."""

import csv
from pathlib import Path

import pytest

from macros.data import catalog

GROUND_TRUTH = Path(__file__).parent / "ground_truth"


@pytest.fixture(scope="session")
def book():
    return catalog()


@pytest.fixture(scope="session")
def by_hub(book):
    """Models by their name on the hub, as the ground truth names them."""
    return {m.hub: m for m in book.models.values()}


def rows(name: str) -> list[dict]:
    with (GROUND_TRUTH / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
