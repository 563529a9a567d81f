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


def test_a_draft_and_a_projector_take_their_place_on_the_device(capsys):
    """The projector of Gemma 3 4B is published with 851 MB."""
    plain, seeing = (estimate(capsys, "gemma-3-4b", "--device", "rtx-3060-12", *more) for more in ((), ("--projector",)))
    assert seeing["projector_bytes"] == pytest.approx(851e6, rel=0.02)
    assert seeing["needed_on_device_bytes"] - plain["needed_on_device_bytes"] == seeing["total_bytes"] - plain["total_bytes"] == seeing["projector_bytes"]
    alone, helped = (estimate(capsys, "llama-3.1-8b", "--device", "rtx-3060-12", *more) for more in ((), ("--draft", "llama-3.2-1b")))
    draft = estimate(capsys, "llama-3.2-1b", "--device", "rtx-3060-12")
    assert helped["draft_bytes"] == draft["device_bytes"] == helped["device_bytes"] - alone["device_bytes"]


def test_experts_in_system_memory_leave_room_and_write_faster_than_whole_layers_there(capsys):
    split, experts = (estimate(capsys, "qwen3-30b-a3b", "--device", "rtx-3060-12", *more) for more in ((), ("--cpu-experts", "20")))
    assert split["fits"] is False and experts["fits"] is True and experts["gpu_layers"] == 49
    assert experts["decode_tokens_per_s"]["expected"] > split["decode_tokens_per_s"]["expected"]


def test_several_conversations_write_more_together_and_each_less(capsys):
    one, eight = (estimate(capsys, "llama-3.1-8b", "--device", "rtx-3060-12", "--sequences", n, "--context", c) for n, c in (("1", "4096"), ("8", "32768")))
    alone, together = one["decode_tokens_per_s"]["expected"], eight["together_tokens_per_s"]["expected"]
    assert alone < together < 8 * alone and "together_tokens_per_s" not in one


def test_loading_reading_and_energy_follow_from_drive_prompt_and_power(capsys):
    answer = estimate(capsys, "llama-3.1-8b", "--device", "rtx-3060-12", "--prompt", "6000", "--storage", "hdd-7200")
    assert answer["load_seconds"] > answer["weights_bytes"] / 0.3e9              # no hard disk passes 300 MB/s
    assert answer["first_token_seconds"]["expected"] == pytest.approx(6000 / answer["prefill_tokens_per_s"]["expected"], rel=1e-3)
    assert answer["joules_per_token"]["expected"] == pytest.approx(170 / answer["decode_tokens_per_s"]["expected"], rel=1e-3)


def test_slower_system_memory_slows_a_model_that_is_split(capsys):
    slow, fast = (estimate(capsys, "llama-3.3-70b", "--device", "rtx-3090", "--host", h)["decode_tokens_per_s"]["expected"] for h in ("ddr4-3200-2ch", "ddr5-5600-2ch"))
    assert slow < 0.7 * fast


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
    "experts of a dense model": (["llama-3.1-8b", "--cpu-experts", "2"], "has no experts"),
    "more layers of experts than layers": (["qwen3-30b-a3b", "--cpu-experts", "49"], "from 0 to 48"),
    "a projector of a model that only reads": (["llama-3.1-8b", "--projector"], "has none"),
    "an unknown draft": (["llama-3.1-8b", "--draft", "llama-3.2-1"], "Did you mean 'llama-3.2-1b'?"),
    "an empty prompt": (["llama-3.1-8b", "--prompt", "0"], "at least 1"),
    "a card as a drive": (["llama-3.1-8b", "--storage", "rtx-3090"], "is no drive"),
    "a card as system memory": (["llama-3.1-8b", "--host", "rtx-3090"], "no system memory"),
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
