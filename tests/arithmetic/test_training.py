"""Training against published peaks, published rules and sums done by hand."""

from fractions import Fraction
from statistics import median

import pytest

from macros.arithmetic import parameters, training
from macros.arithmetic.kv_cache import Impossible
from macros.arithmetic.training import Plan, bytes_per_parameter, training_memory
from macros.catalog.records import Architecture
from tests.conftest import rows

GIB = 2**30
# Dimensions of two models whose runs were published but that the catalog need not have.
ELSEWHERE = {
    "llama-3.1-405b": Architecture(gguf="llama", layers=126, hidden=16384, vocab=128256, heads=128, kv_heads=8, head_dim=128, ffn=53248),
    "llama-2-13b": Architecture(gguf="llama", layers=40, hidden=5120, vocab=32000, heads=40, kv_heads=40, head_dim=128, ffn=13824),
}
# What torchtune's recipes adapt: everything but the key matrices.
TARGETS = {"": "all", "all": "all", "no-k": ("attn_q", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")}


def plan_of(row: dict) -> Plan:
    flags = {name: row[name] == "yes" for name in ("checkpointing", "flash_attention", "fused_update", "offload_activations")}
    gpus = int(row["gpus"])
    return Plan(method=row["method"], optimizer=row["optimizer"], precision=row["precision"], batch=int(row["batch"]), sequence=int(row["sequence"]),
                rank=int(row["rank"] or 1), targets=TARGETS[row["targets"]], logits=row["logits"], gpus=gpus, zero=3 if gpus > 1 else 0, **flags)


def measured(row: dict) -> float:
    return float(row["measured"]) * {"GiB": GIB, "GB": 10**9}[row["unit"]]


def errors(book, wanted=lambda row: row["compared"] == "yes") -> list[float]:
    found = []
    for row in filter(wanted, rows("training_memory")):
        a = ELSEWHERE.get(row["model"]) or book.models[row["model"]].architecture
        found.append(training_memory(a, plan_of(row), int(float(row["overhead_gib"]) * GIB)).total / measured(row) - 1)
    return found


# ---------------------------------------------------------------- memory against published peaks

def test_published_peaks_are_met_within_a_fifth_and_half_of_them_within_nine_percent(book):
    off = [abs(e) for e in errors(book)]
    assert len(off) >= 40
    assert max(off) < 0.20 and median(off) < 0.09


def test_the_rules_have_no_lean(book):
    assert abs(sum(errors(book))) / len(errors(book)) < 0.05


@pytest.mark.parametrize("source", ["torchtune-readme", "torchtune-flags", "llama-factory-wiki", "unsloth-benchmarks"])
def test_no_program_is_far_off_on_the_whole(book, source):
    assert median(abs(e) for e in errors(book, lambda r: r["source"] == source and r["compared"] == "yes")) < 0.16


# ---------------------------------------------------------------- bytes per parameter

@pytest.mark.parametrize("plan, total", [
    (Plan(precision="fp32"), 16),                                               # 4 + 4 + 8
    (Plan(precision="mixed"), 18),                                              # 2 + 4 + 4 + 8
    (Plan(precision="mixed", gradients="bf16"), 16),
    (Plan(precision="mixed", optimizer="sgd-momentum"), 14),
    (Plan(precision="mixed", optimizer="adamw-8bit"), 12 + Fraction(1, 32)),    # 2 bytes, and a constant per 256 values of each state
    (Plan(precision="bf16"), 8),
    (Plan(precision="fp32", optimizer="sgd"), 8),
    (Plan(precision="fp32", optimizer="adafactor"), 8),
    (Plan(method="lora"), 16),                                                  # adapters in FP32
])
def test_bytes_per_parameter_are_those_of_the_transformers_documentation(plan, total):
    assert bytes_per_parameter(plan).total == total


@pytest.mark.parametrize("precision, optimizer", [("fp32", "adamw"), ("mixed", "adamw"), ("mixed", "paged-adamw"), ("bf16", "sgd")])
def test_bytes_per_parameter_times_parameters_is_what_the_memory_holds(book, precision, optimizer):
    a, plan = book.models["llama-3.1-8b"].architecture, Plan(precision=precision, optimizer=optimizer)
    update = training.moments(a, plan)[2]
    held = update.weights + update.master_weights + update.gradients + update.optimizer_states + update.system_memory
    assert held == bytes_per_parameter(plan).total * parameters.total(a)


def test_the_rule_of_twenty_is_twelve_bytes_of_states_and_eight_of_activations():
    states = bytes_per_parameter(Plan(precision="fp32"))
    rule = training.EXTRA_BYTES_RULE
    assert sum(rule.values()) == 20
    assert rule["gradients"] + rule["optimizer states"] == states.total - states.weights == 12


def test_the_rule_of_twenty_holds_for_one_amount_of_tokens_only(book):
    a = book.models["llama-3.1-8b"].architecture
    extra = [float(training.extra_bytes_per_parameter(a, Plan(precision="fp32", sequence=s, checkpointing=False))) for s in (512, 4096, 16384)]
    assert extra[0] < 14 < extra[1] < 20 < extra[2]


# ---------------------------------------------------------------- parts

def test_an_adapter_has_rank_times_both_sides_of_every_matrix(book):
    a = book.models["llama-3.1-8b"].architecture
    # q and o 4096 + 4096, k and v 4096 + 1024, three of 4096 + 14336; the 41.9 million that PEFT prints for rank 16
    by_hand = 32 * 16 * (2 * 8192 + 2 * 5120 + 3 * 18432)
    assert training.trained_parameters(a, Plan(method="lora", rank=16)) == by_hand == 41_943_040
    assert training.trained_parameters(a, Plan(method="lora", rank=16, targets="attention")) == 32 * 16 * (2 * 8192 + 2 * 5120)
    assert training.trained_parameters(a, Plan(method="full")) == parameters.total(a)


def test_four_bit_weights_take_4_127_bits_where_matrices_are_and_16_elsewhere(book):
    a = book.models["llama-3.1-8b"].architecture
    matrices, rest = 32 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336), 2 * 128256 * 4096 + 65 * 4096
    adapters = 4 * training.trained_parameters(a, Plan(method="qlora"))
    base = training_memory(a, Plan(method="qlora")).weights - adapters
    assert base == pytest.approx(matrices * 4.127 / 8 + 2 * rest, rel=1e-4)      # QLoRA paper, section 3
    plain = training_memory(a, Plan(method="qlora", double_quantization=False)).weights - adapters
    assert plain == matrices * 4.5 / 8 + 2 * rest


def test_activations_of_a_gpt_layer_are_those_of_korthikanti_without_dropout():
    gpt = Architecture(gguf="gpt2", layers=2, hidden=1024, vocab=50257, heads=16, kv_heads=16, head_dim=64, ffn=4096, gated_ffn=False, norm="layer")
    s, b, h, heads = 512, 4, 1024, 16
    plan = Plan(batch=b, sequence=s)
    assert training.layer_activation_bytes(gpt, 0, plan) == (34 - 2) * s * b * h         # the two dropout masks are a byte each
    assert training.checkpoint_bytes(gpt, plan) == 2 * (2 * s * b * h)
    eager = training.layer_activation_bytes(gpt, 0, Plan(batch=b, sequence=s, flash_attention=False))
    assert eager == 32 * s * b * h + 6 * heads * s * s * b


def test_checkpointing_offloading_and_chunking_each_save_memory(book):
    a = book.models["llama-3.2-3b"].architecture
    steps = [dict(checkpointing=False), dict(), dict(logits="chunked"), dict(logits="chunked", offload_activations=True)]
    totals = [training_memory(a, Plan(method="lora", sequence=8192, **s)).total for s in steps]
    assert totals == sorted(totals, reverse=True) and len(set(totals)) == 4


def test_logits_are_the_largest_part_of_lora_on_long_texts_with_a_large_vocabulary(book):
    m = training_memory(book.models["llama-3.2-3b"].architecture, Plan(method="lora", sequence=8192))
    assert m.moment == "loss" and m.logits == 14 * 8192 * 128256 == max(n for _, n in m.parts())


def test_the_total_is_the_worst_moment_and_the_sum_of_its_parts(book):
    a, plan = book.models["llama-3.1-8b"].architecture, Plan(sequence=512)
    every, worst = training.moments(a, plan, 7), training_memory(a, plan, 7)
    assert worst.total == max(m.total for m in every) == sum(n for _, n in worst.parts())
    assert worst.moment == "update" and worst.logits == 0 and worst.overhead == 7


def test_adding_up_gradients_over_steps_keeps_them_while_the_loss_is_computed(book):
    a = book.models["llama-3.2-3b"].architecture
    once, twice = (training_memory(a, Plan(sequence=8192, accumulation=n)) for n in (1, 2))
    assert once.moment == twice.moment == "loss" and twice.gradients == 4 * parameters.total(a) > once.gradients


def test_paged_states_lie_in_system_memory(book):
    a = book.models["llama-3.2-1b"].architecture
    plain, paged = (training.moments(a, Plan(optimizer=o))[2] for o in ("adamw", "paged-adamw"))
    assert paged.total + paged.system_memory == plain.total and paged.system_memory == plain.optimizer_states == 8 * parameters.total(a)


def test_each_stage_of_zero_shards_one_part_more(book):
    a, n = book.models["llama-3.1-8b"].architecture, parameters.total(book.models["llama-3.1-8b"].architecture)
    update = [training.moments(a, Plan(gpus=8, zero=z, gradients="bf16"))[2] for z in (0, 1, 2, 3)]
    states = [m.weights + m.master_weights + m.gradients + m.optimizer_states for m in update]
    # Rajbhandari and others: 16 bytes; 4 + 12/8; 2 + 14/8; 16/8 and here the layer that is being worked on
    assert states[0] == 16 * n and states[1] == pytest.approx(5.5 * n, rel=1e-6) and states[2] == pytest.approx(3.75 * n, rel=1e-6)
    layer = (n - 2 * 128256 * 4096 - 4096) // 32
    assert states[3] == pytest.approx(2 * n + 2 * layer, rel=1e-6)


@pytest.mark.slow
def test_every_model_of_the_catalog_can_be_planned(book):
    for model in book.models.values():
        full, lora, qlora = (training_memory(model.architecture, Plan(method=m, optimizer=o)).total
                             for m, o in (("full", "adafactor"), ("lora", "adamw"), ("qlora", "adamw-8bit")))
        assert qlora < lora < full, model.id


def test_fewer_bytes_per_state_never_take_more_memory(book):
    a = book.models["qwen3-0.6b"].architecture
    held = [training.moments(a, Plan(optimizer=o))[2].optimizer_states for o in ("sgd", "adafactor", "adamw-8bit", "sgd-momentum", "adamw")]
    assert held == sorted(held) and held[0] == 0 and held[1] < parameters.total(a) / 100


@pytest.mark.parametrize("settings, words", [
    (dict(method="dora"), ["method='dora'", "full, lora, qlora"]),
    (dict(optimizer="adam"), ["optimizer='adam'", "adamw-8bit"]),
    (dict(precision="fp8"), ["precision='fp8'", "mixed"]),
    (dict(logits="none"), ["logits='none'", "chunked"]),
    (dict(batch=0), ["batch=0", "at least 1"]),
    (dict(sequence=2048.0), ["sequence=2048.0", "whole number"]),
    (dict(targets="mlp"), ["targets='mlp'", "attention"]),
    (dict(zero=2), ["zero=2", "gpus of at least 2"]),
    (dict(zero=4, gpus=8), ["zero=4"]),
    (dict(fused_update=True, accumulation=4), ["fused_update", "accumulation=1"]),
])
def test_a_plan_that_cannot_be_is_one_line(settings, words):
    with pytest.raises(Impossible) as error:
        Plan(**settings)
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_targets_that_the_model_does_not_have_are_named(book):
    with pytest.raises(Impossible, match="no such tensors"):
        training.trained_shapes(book.models["llama-3.1-8b"].architecture, Plan(method="lora", targets=("q_proj",)))


# ---------------------------------------------------------------- time

def test_time_is_six_operations_per_parameter_and_token():
    # 10^9 parameters, 10^9 tokens, 6 x 10^18 operations; at half of 100 TFLOPS 120,000 seconds
    assert training.training_seconds(10**9, 10**9, Fraction(100), Fraction(1, 2)) == 120_000
    assert training.training_seconds(10**9, 10**9, Fraction(100), Fraction(1, 2), gpus=8) == 15_000
    assert training.operations(10, 10, "lora") == 400 and training.operations(10, 10, "full", checkpointing=True) == 800
    assert training.rent(Fraction(7200), Fraction(3), gpus=8) == 48


@pytest.mark.parametrize("parameters_, tokens, tflops, gpu_hours", [
    (6_738_415_616, 2 * 10**12, 312, 184_320),                  # Llama 2 7B, A100, model card
    (8_030_261_248, 15 * 10**12, Fraction("989.4"), 1_460_000),     # Llama 3.1 8B, H100, model card
    (70_553_706_496, 15 * 10**12, Fraction("989.4"), 7_000_000),
    (405_853_388_800, 15 * 10**12, Fraction("989.4"), 30_840_000),
])
def test_published_pre_training_lies_within_the_stated_range_of_utilization(book, parameters_, tokens, tflops, gpu_hours):
    range_ = book.constants["training-utilization"]
    slow, fast = (training.training_seconds(parameters_, tokens, Fraction(tflops), Fraction(str(u))) / 3600 for u in (range_.low, range_.high))
    assert fast < gpu_hours < slow


@pytest.mark.parametrize("utilization", [0, -1, Fraction(3, 2)])
def test_a_utilization_outside_of_zero_to_one_is_refused(utilization):
    with pytest.raises(Impossible, match="utilization"):
        training.training_seconds(10**9, 10**9, Fraction(100), utilization)
