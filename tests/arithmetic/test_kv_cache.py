"""KV caches against what the llama.cpp library allocates, to the byte."""

import pytest

from tests.conftest import rows
from macros.arithmetic.kv_cache import Impossible, growing_bytes_per_token, kv_bytes


def test_bytes_equal_the_allocation_of_llama_cpp(book, by_hub):
    compared, different = 0, []
    for row in rows("kv_cache"):
        if (model := by_hub.get(row["model"])) is None or row["bytes"] == "refused":
            continue
        computed = kv_bytes(model.architecture, int(row["context"]), book.types[row["type_k"].upper()], book.types[row["type_v"].upper()],
                            sequences=int(row["sequences"]), unified=row["unified"] == "1", batch=int(row["batch"]),
                            swa_full=row["swa_full"] == "1", flash_attention=row["flash_attention"] == "1")
        compared += 1
        if computed != int(row["bytes"]):
            different.append((model.id, row, computed))
    assert different == []
    assert compared >= 1450


def test_what_llama_cpp_refuses_is_refused(book, by_hub):
    refused = [r for r in rows("kv_cache") if r["bytes"] == "refused" and r["model"] in by_hub]
    assert refused
    for row in refused:
        with pytest.raises(Impossible):
            kv_bytes(by_hub[row["model"]].architecture, int(row["context"]), book.types[row["type_k"].upper()], book.types[row["type_v"].upper()])


def test_quantized_values_need_flash_attention(book):
    with pytest.raises(Impossible, match="flash attention"):
        kv_bytes(book.models["llama-3.1-8b"].architecture, 8192, book.types["Q8_0"], book.types["Q8_0"], flash_attention=False)


@pytest.mark.parametrize("setting", [{"context": 0}, {"sequences": 0}, {"batch": 0}])
def test_impossible_numbers_are_refused(book, setting):
    arguments = {"context": 8192, "sequences": 1, "batch": 512} | setting
    with pytest.raises(Impossible):
        kv_bytes(book.models["llama-3.1-8b"].architecture, arguments["context"], book.types["F16"], book.types["F16"],
                 sequences=arguments["sequences"], batch=arguments["batch"])


def test_a_further_token_costs_what_the_difference_of_two_contexts_says(book):
    f16 = book.types["F16"]
    for model in book.models.values():
        a = model.architecture
        difference = kv_bytes(a, 65536, f16, f16) - kv_bytes(a, 32768, f16, f16)
        assert difference == 32768 * growing_bytes_per_token(a, f16, f16), model.id
