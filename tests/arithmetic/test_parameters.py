"""Parameter counts against Transformers' own and the published ones."""

from tests.conftest import rows
from macros.arithmetic import parameters


def test_text_parameters_equal_those_of_transformers(by_hub):
    truth = {r["model"]: int(r["text"]) for r in rows("parameters")}
    assert {hub: parameters.total(by_hub[hub].architecture) for hub in by_hub if hub in truth} == {hub: truth[hub] for hub in by_hub if hub in truth}


def test_active_parameters_equal_those_of_the_facts(by_hub):
    truth = {r["model"]: int(r["active"]) for r in rows("parameters")}
    assert {hub: parameters.active(by_hub[hub].architecture) for hub in by_hub if hub in truth} == {hub: truth[hub] for hub in by_hub if hub in truth}


def test_text_parameters_and_extras_equal_the_published_count(book):
    for model in book.models.values():
        extras = sum(e.count for e in model.parameters.extras)
        difference = parameters.total(model.architecture) + extras - model.parameters.total
        assert abs(difference) <= (0 if model.parameters.exact else model.parameters.rounded_to // 2), model.id


def test_nearly_all_published_counts_are_exact(book):
    assert sum(m.parameters.exact for m in book.models.values()) >= 130


def test_every_kind_of_attention_and_sparsity_is_in_the_catalog(book):
    architectures = [m.architecture for m in book.models.values()]
    assert any(a.kv_heads == a.heads and not a.mla for a in architectures), "multi-head attention"
    assert any(a.kv_heads < a.heads for a in architectures), "grouped-query attention"
    assert any(a.mla and not a.mla.q_rank for a in architectures), "latent attention, plain query"
    assert any(a.mla and a.mla.q_rank for a in architectures), "latent attention, compressed query"
    assert any(a.window for a in architectures), "sliding window"
    assert any(a.linear for a in architectures), "linear attention"
    assert any(a.experts for a in architectures), "mixture of experts"
    assert any(a.tied_embeddings for a in architectures), "tied embeddings"
    assert any(a.learned_positions for a in architectures), "learned positions"
