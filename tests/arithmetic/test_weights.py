"""File sizes against llama-quantize --dry-run, to the byte."""

from fractions import Fraction

import pytest

from tests.conftest import rows
from macros.arithmetic import weights
from macros.arithmetic.quantization import RULES, types


def test_bytes_equal_the_dry_run_of_llama_quantize(book, by_hub):
    compared, different = 0, []
    for row in rows("gguf_sizes"):
        if (model := by_hub.get(row["model"])) is None:
            continue
        mix = book.mixes[row["format"]].model_copy(update={"pure": row["pure"] == "1", "experts": row["experts"] or None})
        computed = weights.weights_bytes(model.architecture, mix, book.types, imatrix=row["imatrix"] == "1")
        compared += 1
        if computed != int(row["bytes"]):
            different.append((model.id, row["format"], row["imatrix"], computed - int(row["bytes"])))
    assert different == []
    assert compared >= 1400


@pytest.mark.parametrize("block_type, bits", [("F16", 16), ("Q8_0", Fraction(17, 2)), ("Q6_K", Fraction(105, 16)), ("Q4_K", Fraction(9, 2)), ("Q4_0", Fraction(9, 2)), ("MXFP4", Fraction(17, 4))])
def test_bits_of_a_block_type_are_those_of_ggml(book, block_type, bits):
    kind = book.types[block_type]
    assert Fraction(8 * kind.bytes, kind.block) == bits


def test_a_row_that_is_no_whole_number_of_blocks_falls_back_to_a_type_that_fits(book):
    qwen = book.models["qwen2.5-0.5b"].architecture     # rows of 896 are no multiple of 256
    kinds = {tensor.name: kind.id for tensor, kind in types(qwen, book.mixes["Q4_K_M"], book.types)}
    assert kinds["blk.0.attn_q.weight"] == "Q5_0"
    assert kinds["blk.0.ffn_down.weight"] == "Q6_K"     # 4,864 is 19 blocks of 256


def test_norms_and_routers_stay_in_32_bits_in_every_format(book):
    for mix in book.mixes.values():
        for tensor, kind in types(book.models["mixtral-8x7b"].architecture, mix, book.types):
            if "norm" in tensor.name or "ffn_gate_inp" in tensor.name:
                assert kind.id == "F32", (mix.id, tensor.name)


def test_a_token_of_a_mixture_of_experts_reads_only_the_active_experts(book):
    a, mix = book.models["qwen3-30b-a3b"].architecture, book.mixes["Q8_0"]
    read, stored = weights.bytes_read_per_token(a, mix, book.types), weights.weights_bytes(a, mix, book.types)
    assert stored / 12 < read < stored / 8              # 3.35 of 30.5 billion, without the input embedding


def test_a_separate_input_embedding_is_read_by_one_row_and_a_tied_one_in_full(book):
    for key, expected in (("llama-3.1-8b", 1), ("llama-3.2-1b", 0)):
        a, mix = book.models[key].architecture, book.mixes["BF16"]
        skipped = weights.weights_bytes(a, mix, book.types) - weights.bytes_read_per_token(a, mix, book.types)
        assert skipped == expected * 2 * (a.vocab - 1) * a.hidden


def test_rules_name_only_formats_and_types_that_exist(book):
    for _, mixes, gets, _ in RULES:
        assert gets == "default" or gets in book.types
        assert set(mixes) <= set(book.mixes)


def test_published_files_are_within_a_third_of_a_percent(book, by_hub):
    """Beside rounding and, for files, the 0 to 16 MB of metadata that the arithmetic leaves out.

    `recipe` is own where the uploader says that he chose tensor types himself.
    """
    rounding = {"GB": 10**7, "GiB": 2**30 / 100, "MB": 10**6, "MiB": 2**20}
    compared, worst = 0, {}
    for row in rows("published_sizes"):
        if row["recipe"] != "standard":
            continue
        mix = book.mixes[row["format"]].model_copy(update={"experts": row["experts"] or None})
        published, metadata = int(row["bytes"]), 16 * 10**6 if row["kind"] == "file" else 0
        off = []
        for imatrix in ([row["imatrix"] == "1"] if row["imatrix"] else [True, False]):
            gap = published - weights.weights_bytes(by_hub[row["model"]].architecture, mix, book.types, imatrix=imatrix)
            off.append(max(0.0, -gap - rounding[row["unit"]] / 2, gap - metadata - rounding[row["unit"]] / 2) / published)
        compared += 1
        if min(off) > 0.0035:
            worst[row["model"], row["format"], row["source"]] = min(off)
    assert worst == {}
    assert compared == 71


def test_files_with_fused_attention_from_before_2026_follow_the_older_rule(book):
    phi = book.models["phi-4"].architecture             # ten published sizes of Phi-4: 10.60 GB then, 10.50 GB now
    old, new = (weights.weights_bytes(phi, book.mixes["Q5_K_M"], book.types, before_2026=b) for b in (True, False))
    assert (round(old / 10**9, 2), round(new / 10**9, 2)) == (10.60, 10.50)
