"""From one device and one sequence to the cases people have: several cards, a part on the CPU, many users.

Everything here rests on efficiency.predict(); times of parts that work one after another add up.
"""

from collections.abc import Sequence
from dataclasses import replace

from .efficiency import MICRO_BATCH, Basis, Chip, Fit, Range, Work, predict

HANDOVER = 0.0002        # seconds per token and further card; median of 184 measurements with 2 to 8 cards
WEAKEST: tuple[Basis, ...] = ("bound only", "same class", "measured on this device")


def share(work: Work, part: float) -> Work:
    """The part (0 to 1) of a work's layers, with their weights and cache."""
    return replace(work, weights=round(work.weights * part), kv=round(work.kv * part), layers=work.layers * part)


def in_turn(ranges: Sequence[Range], further_seconds: float = 0.0) -> Range:
    """One token passes through all parts: seconds add up, the slow part rules. The basis is the weakest of the parts'."""
    low, expected, high = (1 / (sum(1 / getattr(r, end) for r in ranges) + further_seconds) for end in ("low", "expected", "high"))
    return Range(low, expected, high, min((r.basis for r in ranges), key=WEAKEST.index))


def layer_split(fitted: Fit, chips: Sequence[Chip], work: Work, parts: Sequence[float] | None = None) -> Range:
    """Generation with the layers spread over cards, llama.cpp's default: further cards add memory, not speed.

    `parts`: share of the layers on each card; without it, equal. Not for prompts, whose micro-batches overlap
    on the cards: four cards were 1.7 (512 tokens) to 2.7 times (4,096) as fast as one in the measurements.
    """
    parts = parts or [1 / len(chips)] * len(chips)
    ranges = [predict(fitted, chip, share(work, part)) for chip, part in zip(chips, parts, strict=True) if part]
    return in_turn(ranges, HANDOVER * (len(ranges) - 1))


def partial_offload(fitted: Fit, gpu: Chip, on_gpu: Work, cpu: Chip, on_cpu: Work) -> Range:
    """Generation with a part on the GPU and the rest on the processor.

    Whole layers: share() of the work for either. Experts in system memory: `on_cpu` holds the bytes of routed
    experts one token reads, no cache and the number of those layers; `on_gpu` everything else.
    """
    return in_turn([predict(fitted, gpu, on_gpu), predict(fitted, cpu, on_cpu)])


def batch(fitted: Fit, chip: Chip, work: Work, sequences: int, weights: int | None = None) -> Range:
    """Tokens per second of `sequences` generated together, all sequences added.

    Weights are read once for all and each sequence's cache for itself; every further sequence adds the time a
    token of a prompt takes, so that with many sequences no more comes out than a prompt would go in. `weights`:
    bytes read by the batch, where sequences use different experts (experts_touched()). Not checked against
    measurements. Raises ValueError if the chip's FP32 rate is unknown.
    """
    step = predict(fitted, chip, replace(work, weights=weights or work.weights, kv=work.kv * sequences))
    if sequences == 1:
        return step
    prompt = predict(fitted, chip, replace(work, prompt=MICRO_BATCH))
    low, expected, high = (sequences / (1 / getattr(step, end) + (sequences - 1) / getattr(prompt, end)) for end in ("low", "expected", "high"))
    return Range(low, expected, high, min(step.basis, prompt.basis, key=WEAKEST.index))


def experts_touched(count: int, active: int, tokens: int) -> float:
    """Share of the routed experts that `tokens` tokens use together, if each chooses without regard to the others."""
    return 1 - (1 - active / count) ** tokens


def load_seconds(n_bytes: int, storage_gb_per_s: float, bus_gb_per_s: float | None = None, reached: float = 0.8) -> float:
    """Seconds until a file is in memory: the slower of storage (at the `reached` share of its rate) and bus."""
    rate = storage_gb_per_s * reached
    return n_bytes / (min(rate, bus_gb_per_s or rate) * 1e9)


def joules_per_token(watts: float, speed: Range) -> tuple[float, float, float]:
    """Energy of one token, least to most: power x time. Watts at the socket while it runs, not the rated power."""
    return watts / speed.high, watts / speed.expected, watts / speed.low
