"""What every test may use: the real catalog, and the figures of the real programs."""

import pytest

from macros.catalog.ground_truth import rows
from macros.data import catalog

__all__ = ["rows"]


@pytest.fixture(scope="session")
def book():
    return catalog()


@pytest.fixture(scope="session")
def by_hub(book):
    """Models by their name on the hub, as the ground truth names them."""
    return {m.hub: m for m in book.models.values()}
