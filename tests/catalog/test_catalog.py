"""The real catalog: complete, sourced, and in step with what is generated from its classes."""

import pytest

from macros import tools
from macros.catalog import CatalogError


def test_generated_files_are_up_to_date():
    stale = [path.name for path, text in tools.generated().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: python -m macros generate"


def test_the_first_catalog_is_large_enough(book):
    assert len(book.models) >= 14 and len(book.devices) >= 30 and len(book.terms) >= 60


def test_devices_cover_the_whole_ladder(book):
    assert {d.kind for d in book.devices.values()} == {"storage", "network", "bus", "system-memory", "unified-memory", "consumer-gpu", "workstation-gpu", "datacenter-gpu"}


def test_an_unknown_id_names_the_nearest_and_the_file_to_edit(book):
    with pytest.raises(CatalogError, match=r"there is no model 'llama-3\.1-8'\. Did you mean 'llama-3\.1-8b'\? To add it, write macros/catalog/models/llama-3\.1-8\.yaml"):
        book.find("models", "llama-3.1-8")


def test_records_cannot_be_changed(book):
    with pytest.raises(Exception, match="frozen"):
        book.models["llama-3.1-8b"].context = 1
    with pytest.raises(TypeError):
        book.models["new"] = None
