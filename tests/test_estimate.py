"""The command line's estimate: what a program reads from it, and what it refuses."""

import json

import pytest

from macros.__main__ import main
from tests.conftest import rows

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


def estimate(capsys, *arguments: str) -> dict:
    assert main(["estimate", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_hub_name_id_and_file_name_the_same_model(capsys):
    answers = [estimate(capsys, name) for name in (LLAMA, "llama-3.1-8b", "macros/catalog/models/llama-3.1-8b.yaml")]
    assert answers[0] == answers[1] == answers[2]


def test_the_figures_are_those_of_the_real_programs(capsys):
    """Sizes by llama-quantize, cache as the library allocates it."""
    size = next(r for r in rows("gguf_sizes") if (r["model"], r["format"], r["imatrix"], r["pure"]) == (LLAMA, "Q4_K_M", "0", "0"))
    answer = estimate(capsys, "llama-3.1-8b", "--context", "131072")
    assert answer["weights_bytes"] == int(size["bytes"])
    assert answer["kv_cache_bytes"] == 17_179_869_184
    assert answer["total_bytes"] == answer["weights_bytes"] + answer["kv_cache_bytes"] + answer["compute_bytes"]


def test_with_a_device_it_says_what_fits_and_how_fast(capsys):
    answer = estimate(capsys, "llama-3.1-8b", "--device", "rtx-3060-12")
    assert answer["fits"] is True and answer["gpu_layers"] == 33
    for kind in ("decode_tokens_per_s", "prefill_tokens_per_s"):
        speed = answer[kind]
        assert speed["low"] < speed["expected"] < speed["high"] and speed["basis"] == "measured on this device"


def test_what_does_not_fit_goes_to_system_memory_and_is_slower(capsys):
    whole, split = (estimate(capsys, "llama-3.1-8b", "--device", "rtx-3060-12", "--context", c) for c in ("8192", "131072"))
    assert split["fits"] is False and 0 < split["gpu_layers"] < 33
    assert split["decode_tokens_per_s"]["high"] < whole["decode_tokens_per_s"]["low"]


def test_a_context_beyond_the_stated_one_is_computed_and_said(capsys):
    """llama.cpp allocates it too."""
    assert main(["estimate", "llama-2-7b", "--context", "8192"]) == 0
    assert "more than the 4,096 tokens" in capsys.readouterr().out


def test_without_a_context_a_short_model_gets_all_it_has(capsys):
    assert estimate(capsys, "all-minilm-l6-v2", "--format", "F16")["context"] == 256


def test_there_is_no_speed_for_layers_that_do_not_fit(capsys):
    answer = estimate(capsys, "llama-3.3-70b", "--device", "rtx-3060-12", "--gpu-layers", "81")
    assert answer["fits"] is False and answer["decode_tokens_per_s"]["expected"] is None and "do not fit" in answer["decode_tokens_per_s"]["basis"]


def test_a_second_card_adds_memory_and_no_speed(capsys):
    one, two = (estimate(capsys, "llama-3.1-8b", "--device", d) for d in ("rtx-3090", "rtx-3090,rtx-3090"))
    assert two["usable_bytes"] == 2 * one["usable_bytes"]
    assert two["decode_tokens_per_s"]["expected"] <= one["decode_tokens_per_s"]["expected"]


REFUSED = {
    "unknown model": (["llama-3.1-8"], "Did you mean 'llama-3.1-8b'?"),
    "unknown device": (["llama-3.1-8b", "--device", "rtx-3060"], "Did you mean 'rtx-3060-12'?"),
    "unknown format": (["llama-3.1-8b", "--format", "Q4_K_X"], "Did you mean"),
    "format needs a matrix": (["llama-3.1-8b", "--format", "IQ2_XXS"], "importance matrix"),
    "quantized values without flash attention": (["llama-3.1-8b", "--cache-v", "q8_0", "--no-flash-attention"], "flash attention"),
    "one vector with two types": (["deepseek-v3", "--cache-k", "q8_0"], "must be the same"),
    "no cache type": (["llama-3.1-8b", "--cache-k", "q4_k"], "not a cache type"),
    "no context": (["llama-3.1-8b", "--context", "0"], "at least 1"),
    "negative layers": (["llama-3.1-8b", "--gpu-layers", "-1"], "--gpu-layers"),
    "a device without memory": (["llama-3.1-8b", "--device", "pcie4-x16"], "holds no model"),
    "a size that is not sold": (["llama-3.1-8b", "--device", "rtx-3060-12", "--memory", "99"], "12 GB"),
    "a missing file": (["nowhere.yaml"], "nowhere.yaml"),
}


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_impossible_ends_with_one_line(capsys, arguments, words):
    assert main(["estimate", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1 and words in captured.err


@pytest.mark.parametrize("arguments", [["estimate", "llama-3.1-8b", "--context", "many"], ["estimate", "llama-3.1-8b", "--bogus"], ["estimate"]])
def test_a_wrong_option_ends_with_one_line(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and len(capsys.readouterr().err.splitlines()) == 1
