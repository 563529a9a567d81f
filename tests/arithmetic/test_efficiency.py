"""Speeds: the fit against speeds made up from known factors, its error on real devices it has not seen, and what a range must obey."""

import math
from dataclasses import replace
from functools import cache

import pytest

from macros.arithmetic import efficiency, posynomial, throughput
from macros.arithmetic.efficiency import Chip, Observation, Range, Work
from macros.speeds import fitted, observations, together_errors

EIGHT_B = Work(weights=4_622_235_729, kv=33_554_432, layers=32, active=8_030_261_248, format="Q4_K_M")
UNSEEN = Chip("not-measured", "CUDA", "ampere", 448.0, fp32_tflops=20.3, fp16_tflops=40.6, int8_tops=162.0)
STRANGE = Chip("of-no-class", "CUDA", "rubin", 448.0, fp32_tflops=20.3)
CPU = Chip("ddr4-2667-4ch", "CPU", "x86", 102.4)


@cache
def errors(blind: bool = False) -> dict[str, efficiency.ClassError]:
    return {e.name: e for e in efficiency.leave_one_device_out(fitted(), blind=blind)}


def chip(device: str, backend: str) -> Chip:
    return next(o.chip for o in observations() if (o.chip.id, o.chip.backend) == (device, backend))


# ---------------------------------------------------------------- the fit

def made_up(reached: float, fixed: float, noise: float = 0.0) -> list[Observation]:
    """Speeds of twelve devices whose share of the bandwidth and fixed milliseconds per 32 layers are known."""
    result = []
    for i in range(12):
        device = Chip(f"device-{i}", "CUDA", "ampere", 200.0 + 150 * i)
        for j, work in enumerate((EIGHT_B, replace(EIGHT_B, weights=15_010_000_000, format="F16"), replace(EIGHT_B, weights=42_000_000_000, layers=80))):
            seconds = (work.weights + 1.2 * work.kv) / (reached * device.gb_per_s * 1e9) + fixed * work.layers / 32e3
            result.append(Observation(device, replace(work, built=2026.0), 1 / seconds / math.exp(noise * math.sin(9 * i + j))))
    return result


@pytest.mark.parametrize("reached, fixed", [(0.8, 1.0), (0.95, 4.0)])
def test_the_fit_finds_the_factors_that_made_the_speeds(reached, fixed):
    fit = efficiency.fit(made_up(reached, fixed))
    assert fit.factor("decode", "reached", ("cuda",)) == pytest.approx(reached, rel=0.03)
    assert fit.factor("decode", "fixed", ("cuda", "cuda-ampere")) == pytest.approx(fixed, rel=0.1)


def test_a_freak_measurement_does_not_move_the_fit():
    data = made_up(0.85, 2.0, noise=0.03)
    freak = data[:5] + [replace(data[5], tokens_per_s=data[5].tokens_per_s / 10)] + data[6:]
    before, after = (efficiency.predict(efficiency.fit(d), UNSEEN, EIGHT_B).expected for d in (data, freak))
    assert after == pytest.approx(before, rel=0.03)


def test_a_class_with_one_device_stays_near_its_family_and_one_with_many_does_not():
    family = made_up(0.85, 1.0)
    slow = [replace(o, chip=replace(o.chip, id=f"slow-{o.chip.id}", generation="turing"), tokens_per_s=o.tokens_per_s / 1.5) for o in made_up(0.85, 3.0)]
    one, many = (efficiency.fit(family + slow[:n]).factor("decode", "fixed", ("cuda", "cuda-turing")) for n in (1, len(slow)))
    assert one < many


@pytest.mark.slow
def test_leaving_a_device_out_of_the_equations_comes_close_to_fitting_without_it():
    data = [o for o in observations() if o.work.kind == "decode" and o.chip.backend == "CUDA" and not o.work.moe]
    table = [posynomial.Row(efficiency._terms(o.chip, o.work, 2025.0), 1 / o.tokens_per_s, o.group) for o in data]
    shortcut = posynomial.fit(table, efficiency._prior).left_out
    for device in ("rtx-4090", "rtx-3060-12", "h100-pcie"):
        logs = posynomial.fit([r for r in table if r.group != device], efficiency._prior).logs
        for row, error in zip(table, shortcut):
            if row.group == device:
                assert error == pytest.approx(math.log(row.value / posynomial.value(row.terms, logs)), abs=0.03)


@pytest.mark.slow
def test_the_fit_is_the_same_every_time():
    again = efficiency.fit(observations())
    assert again.logs == fitted().logs and again.errors == fitted().errors


# ---------------------------------------------------------------- devices it has not seen

@pytest.mark.parametrize("blind", [False, True])
def test_generation_on_unseen_gpus_is_within_a_tenth_in_the_median_and_three_tenths_in_nine_of_ten(blind):
    dense = errors(blind)["decode, dense"]
    assert dense.rows > 350 and dense.devices > 70
    assert dense.median <= 0.10
    assert dense.ninth_decile <= 0.30


@pytest.mark.parametrize("blind", [False, True])
def test_the_range_for_unseen_gpus_holds_four_fifths_of_the_measurements(blind):
    assert 0.75 <= errors(blind)["decode, dense"].coverage <= 0.85


@pytest.mark.slow
def test_the_same_holds_if_the_fit_is_made_anew_without_each_device():
    dense = {e.name: e for e in efficiency.leave_one_device_out(efficiency.refitted(observations(), fitted()))}["decode, dense"]
    assert dense.median <= 0.10 and dense.ninth_decile <= 0.30 and 0.75 <= dense.coverage <= 0.85


@pytest.mark.parametrize("name, median", [("decode, experts", 0.20), ("decode cpu, dense", 0.45), ("prefill, dense", 0.25), ("prefill, experts", 0.40)])
def test_where_less_is_known_the_median_error_stays_within_a_stated_bound(name, median):
    assert errors()[name].median <= median


# ---------------------------------------------------------------- what a range obeys

def every_query():
    for o in observations()[::7]:
        yield o.chip, o.work
        yield replace(o.chip, id="not-measured"), replace(o.work, built=None)
    yield STRANGE, EIGHT_B
    yield Chip("b200", "CUDA", "blackwell-hbm", 8000.0, fp32_tflops=80.0, fp16_tflops=2250.0), EIGHT_B


def test_the_range_holds_the_expected_speed_and_stays_below_the_ceiling():
    for device, work in every_query():
        speed = efficiency.predict(fitted(), device, work)
        assert 0 < speed.low <= speed.expected <= speed.high <= efficiency.ceiling(device, work) * (1 + 1e-12)


def test_the_ceiling_of_generation_is_bandwidth_over_bytes():
    assert efficiency.ceiling(UNSEEN, EIGHT_B) == 448e9 / (4_622_235_729 + 33_554_432)


def test_the_basis_says_what_the_range_rests_on():
    bases = [efficiency.predict(fitted(), device, EIGHT_B).basis for device in (chip("rtx-4090", "CUDA"), UNSEEN, STRANGE)]
    assert bases == ["measured on this device", "same class", "bound only"]


def test_nothing_but_the_bound_limits_a_device_of_no_class():
    assert efficiency.predict(fitted(), STRANGE, EIGHT_B).high == efficiency.ceiling(STRANGE, EIGHT_B)


def test_own_measurements_pull_the_expected_speed_toward_them():
    device = chip("rx-7900-xtx", "ROCm")       # faster than its class in every measurement
    own, of_the_class = (efficiency.predict(fitted(), c, EIGHT_B).expected for c in (device, replace(device, id="not-measured")))
    assert own > of_the_class


@pytest.mark.parametrize("prompt", [0, 512])
def test_more_bandwidth_and_more_arithmetic_are_never_slower(prompt):
    work = replace(EIGHT_B, prompt=prompt, context=prompt // 2)
    speeds = [efficiency.predict(fitted(), replace(UNSEEN, gb_per_s=448.0 * k, fp32_tflops=20.3 * k), work).expected for k in (0.25, 0.5, 1, 2, 4)]
    assert speeds == sorted(speeds)


@pytest.mark.parametrize("field", ["weights", "kv", "layers"])
def test_more_to_read_or_to_start_is_never_faster(field):
    for device in (UNSEEN, CPU):
        speeds = [efficiency.predict(fitted(), device, replace(EIGHT_B, **{field: getattr(EIGHT_B, field) * k})).expected for k in (1, 2, 4, 8)]
        assert speeds == sorted(speeds, reverse=True)


def test_a_newer_build_is_not_slower():
    old, new = (efficiency.predict(fitted(), UNSEEN, replace(EIGHT_B, built=year)).expected for year in (2023.9, 2026.5))
    assert old < new


def test_below_four_bits_speed_stops_following_bytes():
    """Llama 3.1 8B on one machine, tools/quantize/README.md of llama.cpp: IQ1_S with 1.87 GiB is about as fast as IQ4_XS with 4.17."""
    small, large = (efficiency.predict(fitted(), UNSEEN, replace(EIGHT_B, weights=round(gib * 2**30), format=f)).expected
                    for gib, f in ((1.75, "IQ1_S"), (3.9, "IQ4_XS")))
    assert 0.9 < small / large < 1.35


def test_a_prompt_on_a_chip_of_unknown_rate_is_refused():
    with pytest.raises(ValueError, match="FP32 rate is not known"):
        efficiency.predict(fitted(), CPU, replace(EIGHT_B, prompt=512))


@pytest.mark.parametrize("facts, expected", [
    (("CUDA", "NVIDIA", dict(memory="GDDR6X", launched="2022-09")), "ada"),
    (("CUDA", "NVIDIA", dict(memory="GDDR6X", launched="2022-01")), "ampere"),
    (("CUDA", "NVIDIA", dict(memory="GDDR6", launched="2018-09")), "turing"),
    (("CUDA", "NVIDIA", dict(memory="HBM2", launched="2018-03")), "volta"),
    (("CUDA", "NVIDIA", dict(memory="HBM2e", launched="2021-06")), "ga100"),
    (("CUDA", "NVIDIA", dict(memory="HBM3", launched="2022-10")), "hopper"),
    (("CUDA", "NVIDIA", dict(memory="HBM3e", launched="2024-11", name="NVIDIA H200")), "hopper"),
    (("CUDA", "NVIDIA", dict(memory="HBM3e", launched="2024-11", name="NVIDIA B200")), "blackwell-hbm"),
    (("CUDA", "NVIDIA", dict(memory="GDDR7", launched="2025-01")), "blackwell"),
    (("CUDA", "NVIDIA", dict(memory="LPDDR5X", launched="2025-10", unified=True)), "unified"),
    (("Vulkan", "NVIDIA", dict(memory="GDDR6X", launched="2022-09")), "nvidia"),
    (("ROCm", "AMD", dict(memory="HBM3", launched="2023-12")), "instinct"),
    (("ROCm", "AMD", dict(memory="LPDDR5X", unified=True)), "amd-unified"),
    (("Metal", "Apple", dict(name="Apple M4 Max (40-core GPU)", unified=True)), "m4"),
])
def test_the_class_of_a_chip_follows_from_its_data_sheet(facts, expected):
    backend, maker, details = facts
    assert efficiency.generation(backend, maker, **details) == expected


# ---------------------------------------------------------------- cards together, processors, users

def test_parts_that_work_in_turn_add_their_times():
    both = throughput.in_turn([Range(10, 20, 40, "same class"), Range(10, 20, 40, "bound only")])
    assert (both.low, both.expected, both.high, both.basis) == (5, 10, 20, "bound only")


@pytest.mark.parametrize("model, cards, device, measured", [        # XiongjieDai, GPU-Benchmarks-on-LLM-Inference: Llama 3 70B Q4_K_M, 1,024 tokens
    ("70B", 2, "rtx-3090", 16.29), ("70B", 4, "rtx-3090", 16.89), ("70B", 6, "rtx-3090", 16.93), ("70B", 2, "rtx-4090", 19.06), ("70B", 8, "rtx-4090", 18.76),
])
def test_further_cards_add_memory_not_speed(model, cards, device, measured):
    work = Work(weights=41_917_000_000, kv=167_772_160, layers=80, active=70_553_706_496, format="Q4_K_M", flash_attention=False, built=2024.38)
    assert throughput.layer_split(fitted(), [chip(device, "CUDA")] * cards, work).expected == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize("layers, on_gpu, on_cpu, measured", [      # RTX 2080 and i9-10900X with DDR4 in four channels; splits computed from layer counts
    (48, 5.93, 1.37, 26.1), (40, 6.34, 2.22, 16.9), (40, 6.67, 2.09, 16.7), (42, 4.29, 1.47, 23.7), (48, 6.92, 1.63, 20.8), (40, 5.36, 8.59, 5.2),
])
def test_partial_offload_holds_the_measurement(layers, on_gpu, on_cpu, measured):
    whole = Work(weights=round((on_gpu + on_cpu) * 1e9), kv=10_000_000, layers=layers, active=10**10, format="Q4_K_M", built=2026.5)
    part = on_gpu / (on_gpu + on_cpu)
    speed = throughput.partial_offload(fitted(), chip("rtx-2080", "CUDA"), throughput.share(whole, part), CPU, throughput.share(whole, 1 - part))
    assert speed.low <= measured <= speed.high


def test_a_batch_of_one_is_one_sequence_and_many_approach_the_speed_of_a_prompt():
    one, many = (throughput.batch(fitted(), UNSEEN, EIGHT_B, n).expected for n in (1, 4096))
    prompt = efficiency.predict(fitted(), UNSEEN, replace(EIGHT_B, prompt=512)).expected
    assert one == efficiency.predict(fitted(), UNSEEN, EIGHT_B).expected
    assert 0.3 * prompt < many < prompt


def test_a_batch_never_yields_less_than_fewer_sequences():
    speeds = [throughput.batch(fitted(), UNSEEN, EIGHT_B, n).expected for n in (1, 2, 4, 8, 16, 32)]
    assert speeds == sorted(speeds)


def test_experts_touched_by_one_token_are_the_active_ones_and_by_many_nearly_all():
    assert throughput.experts_touched(128, 8, 1) == pytest.approx(8 / 128)
    assert throughput.experts_touched(128, 8, 512) > 0.999


def test_loading_takes_the_slower_of_storage_and_bus():
    assert throughput.load_seconds(28_000_000_000, 7.0, 32.0) == 4
    assert throughput.load_seconds(28_000_000_000, 14.0, 7.0) == 4


def test_energy_is_power_times_time():
    assert throughput.joules_per_token(200, Range(10, 20, 40, "same class")) == (5, 10, 20)


# ---------------------------------------------------------------- what follows from one device and one conversation, against measurements

@pytest.mark.parametrize("name, rows, median, ninth_decile, least_inside", [
    ("several conversations", 75, 0.20, 0.35, 0.75), ("writing on several cards", 184, 0.05, 0.10, 0.75), ("reading on several cards", 184, 0.25, 0.70, 0.75),
])
def test_conversations_and_cards_together_hold_the_measurements(name, rows, median, ninth_decile, least_inside):
    error = next(e for e in together_errors() if e.name == name)
    assert error.rows == rows and error.median <= median and error.ninth_decile <= ninth_decile and error.coverage >= least_inside


def test_a_prompt_of_one_micro_batch_gains_nothing_from_cards_and_a_long_one_less_than_their_number():
    alone, short, long = (throughput.prompt_over_cards(fitted(), [UNSEEN] * cards, replace(EIGHT_B, prompt=prompt)).expected
                          for cards, prompt in ((1, 512), (4, 512), (4, 65_536)))
    assert short == pytest.approx(alone) and alone < long < 4 * alone


def test_weights_in_system_memory_cost_a_prompt_one_copy_for_each_micro_batch():
    """512 tokens and a gigabyte at 2 GB/s take half a second more than the same tokens without."""
    own = Range(1024, 1024, 1024, "same class")
    split = throughput.prompt_with_host(own, 10**9, (2.0, 2.0, 2.0))
    assert split.expected == pytest.approx(512 / (512 / 1024 + 0.5)) and split.basis == "bound only"
    assert throughput.prompt_with_host(own, 0, (2.0, 2.0, 2.0)) == own


def test_the_first_token_waits_for_the_whole_prompt():
    assert throughput.first_token_seconds(6000, Range(500, 1000, 2000, "same class")) == (3, 6, 12)
