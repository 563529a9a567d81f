"""Where weights and caches land, against what llama.cpp allocates on each side."""

import pytest

from tests.conftest import rows
from macros.arithmetic.placement import fewest_cpu_experts, most_layers, place


def _place(book, model, row):
    f16 = book.types["F16"]
    return place(model.architecture, book.mixes[row["format"]], book.types, int(row["context"]), f16, f16, gpu_layers=int(row["gpu_layers"]))


def test_weights_lie_where_llama_cpp_puts_them_to_the_byte(book, by_hub):
    compared = 0
    for row in rows("placement"):
        placed = _place(book, by_hub[row["model"]], row)
        assert (placed.device_weights, placed.host_weights) == (int(row["device_weights"]), int(row["host_weights"])), row
        compared += 1
    assert compared == 73


def test_caches_lie_where_llama_cpp_puts_them_to_the_byte(book, by_hub):
    for row in rows("placement"):
        if row["device_kv"]:
            placed = _place(book, by_hub[row["model"]], row)
            assert (placed.device_kv, placed.host_kv) == (int(row["device_kv"]), int(row["host_kv"])), row


def test_scratch_memory_of_a_whole_offload_is_within_one_percent_on_the_host(book, by_hub):
    for row in rows("placement"):
        if row["gpu_layers"] == "999" and not by_hub[row["model"]].architecture.per_layer_embedding and not by_hub[row["model"]].architecture.indexer:
            assert _place(book, by_hub[row["model"]], row).host_compute == pytest.approx(int(row["host_compute"]), rel=0.35)


def test_as_many_layers_as_fit_and_not_one_more(book):
    a, f16 = book.models["qwen3-32b"].architecture, book.types["F16"]
    free = 12 * 2**30
    best = most_layers(a, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, free)
    more = place(a, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, gpu_layers=best.gpu_layers + 1)
    assert 0 < best.gpu_layers < a.layers and best.device <= free < more.device


def test_weights_are_neither_lost_nor_doubled_by_a_split(book):
    a, f16 = book.models["mistral-7b-v0.3"].architecture, book.types["F16"]
    totals = {place(a, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, gpu_layers=n).device_weights
              + place(a, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, gpu_layers=n).host_weights for n in range(a.layers + 2)}
    assert len(totals) == 1


def test_experts_in_system_memory_leave_the_rest_on_the_device(book):
    a, f16 = book.models["qwen3-30b-a3b"].architecture, book.types["F16"]
    placed = fewest_cpu_experts(a, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, 8 * 2**30)
    assert placed.whole and placed.device <= 8 * 2**30 and placed.host_weights > 9 * 2**30
    assert place(a, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, cpu_experts=placed.cpu_experts - 1).device > 8 * 2**30
    assert fewest_cpu_experts(book.models["qwen3-32b"].architecture, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, 8 * 2**30) is None


def test_what_is_read_per_token_is_the_same_on_whichever_side_it_lies(book):
    for key in ("llama-3.1-8b", "llama-3.2-1b", "qwen3-30b-a3b"):
        a, f16 = book.models[key].architecture, book.types["F16"]
        reads = set()
        for n in (0, 5, 10, 999):
            placed = place(a, book.mixes["Q4_K_M"], book.types, 8192, f16, f16, gpu_layers=n)
            reads.add((placed.device_read_per_token + placed.host_read_per_token) // 2**20)
        assert max(reads) - min(reads) <= 1, key
