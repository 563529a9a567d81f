"""The one catalog of a build: loaded once, refused as a whole if a single record is wrong."""

from functools import cache

from .arithmetic.parameters import disagreement
from .catalog import Catalog, load


@cache
def catalog() -> Catalog:
    """Return the validated catalog; raises CatalogError."""
    return load(model_checks=(disagreement,))
