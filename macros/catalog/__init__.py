"""The book's data: YAML files, the shape they must have, and the loader that enforces it."""

from .errors import CatalogError, nearest
from .loader import DIRECTORY, Catalog, load
from .records import Architecture, Device, Model

__all__ = ["Architecture", "Catalog", "CatalogError", "DIRECTORY", "Device", "Model", "load", "nearest"]
