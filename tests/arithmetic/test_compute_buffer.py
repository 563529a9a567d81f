"""Scratch memory against what llama.cpp reserves: exact for dense models, within a stated error for the others."""

from tests.conftest import rows
from macros.arithmetic.compute_buffer import compute_bytes

MIB = 2**20


def _errors(by_hub, wanted) -> list[float]:
    errors = []
    for row in rows("compute_buffers"):
        model = by_hub.get(row["model"])
        if model and row["type"] == "f16" and wanted(model.architecture):
            real = float(row["device_mib"]) * MIB
            errors.append(abs(compute_bytes(model.architecture, int(row["context"]), int(row["batch"])) - real) / real)
    return errors


def test_dense_models_are_within_one_percent(by_hub):
    errors = _errors(by_hub, lambda a: a.experts is None and a.per_layer_embedding is None)
    assert len(errors) > 100
    assert max(errors) <= 0.01


def test_mixtures_of_experts_are_within_a_sixth(by_hub):
    errors = sorted(_errors(by_hub, lambda a: a.experts is not None and a.indexer is None))
    assert len(errors) > 80
    assert errors[len(errors) // 2] <= 0.01
    assert max(errors) <= 0.17


def test_per_layer_embeddings_are_within_a_quarter_or_so(by_hub):
    assert max(_errors(by_hub, lambda a: a.per_layer_embedding is not None)) <= 0.27


def test_a_quantized_cache_changes_the_scratch_memory_by_less_than_a_tenth(by_hub):
    for row in rows("compute_buffers"):
        model = by_hub.get(row["model"])
        if model and row["type"] == "q8_0" and not model.architecture.indexer and not model.architecture.experts and not model.architecture.per_layer_embedding:
            computed = compute_bytes(model.architecture, int(row["context"]), int(row["batch"]))
            assert abs(computed / (float(row["device_mib"]) * MIB) - 1) < 0.1, row
