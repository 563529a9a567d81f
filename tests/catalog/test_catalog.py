"""The real catalog: complete, sourced, and in step with what is generated from its classes."""

import pytest

from macros import tools
from macros.catalog import CatalogError
from tests.conftest import rows


def test_generated_files_are_up_to_date():
    stale = [path.name for path, text in tools.generated().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: python -m macros generate"


def test_the_first_catalog_is_large_enough(book):
    assert len(book.models) >= 14 and len(book.devices) >= 30 and len(book.terms) >= 60


def test_devices_cover_the_whole_ladder(book):
    assert {d.kind for d in book.devices.values()} == {"storage", "network", "bus", "system-memory", "unified-memory", "consumer-gpu", "workstation-gpu", "datacenter-gpu"}


def test_every_known_device_is_there(book):
    assert set(book.devices) >= {row["device"] for row in rows("bandwidth")}


def test_only_what_follows_from_nothing_is_quoted(book):
    """Everything else of the first list shows width and rate."""
    assert {row["device"] for row in rows("bandwidth") if book.devices[row["device"]].bandwidth.quoted} == {"hdd-7200", "nvlink6", "b300", "rubin", "mi455x", "gaudi2", "gaudi3"}


@pytest.mark.parametrize("device, tflops", [("rtx-3090", 71.2), ("rtx-4090", 165.2), ("a100-80-sxm", 312), ("h100-sxm", 989), ("m4-max", 18.4), ("p40", None)])
def test_the_fp16_rate_is_the_dense_one(book, device, tflops):
    """Makers print twice as much for sparse matrices: 142, 330, 624, 1979."""
    assert book.devices[device].fp16_tflops == (None if tflops is None else pytest.approx(tflops, rel=0.002))


def test_what_is_not_on_sale_has_no_launch(book):
    assert {d.id for d in book.devices.values() if d.announced} >= {"rubin", "mi455x"}
    assert not [d.id for d in book.devices.values() if d.announced and d.launched]


def test_an_unknown_id_names_the_nearest_and_the_file_to_edit(book):
    with pytest.raises(CatalogError, match=r"there is no model 'llama-3\.1-8'\. Did you mean 'llama-3\.1-8b'\? To add it, write macros/catalog/models/llama-3\.1-8\.yaml"):
        book.find("models", "llama-3.1-8")


def test_records_cannot_be_changed(book):
    with pytest.raises(Exception, match="frozen"):
        book.models["llama-3.1-8b"].context = 1
    with pytest.raises(TypeError):
        book.models["new"] = None
