"""From one device and one sequence to the cases people have: several cards, a part on the CPU, many users.

Everything here rests on efficiency.predict(); times of parts that work one after another add up.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from .efficiency import MICRO_BATCH, Basis, Chip, Fit, Range, Work, predict

HANDOVER = 0.0002        # seconds per token and further card; median of 184 measurements with 2 to 8 cards
BATCH_DOUBT = 1.2        # factor up or down that several sequences add to the range of one: it then holds 81 % of 75 measurements
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

    `parts`: share of the layers on each card; without it, equal. Prompts are another matter: prompt_over_cards().
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


def widened(r: Range, factor: float) -> Range:
    """The range with a further, independent factor of doubt: half widths add up as squares, in logarithms."""
    more = math.log(factor) ** 2
    down, up = (math.exp(math.sqrt(math.log(one / other) ** 2 + more)) for one, other in ((r.expected, r.low), (r.high, r.expected)))
    return Range(r.expected / down, r.expected, r.expected * up, r.basis)


def prompt_over_cards(fitted: Fit, chips: Sequence[Chip], work: Work) -> Range:
    """Reading a prompt with the layers spread over cards: micro-batches may follow each other through the cards.

    With P micro-batches on n cards full overlap is P·n / (P + n - 1) times as fast as one card, none at all as fast.
    Programs lie between the two (large models on four cards did not overlap at all), so expected is the geometric
    middle and the range reaches both ends. 184 measurements: median error 23 %, ninth decile 69 %, 82 % inside.
    Raises ValueError if a chip's FP32 rate is unknown.
    """
    passes, cards = max(1.0, work.prompt / MICRO_BATCH), len(chips)
    one = in_turn([predict(fitted, chip, work) for chip in chips])
    one = Range(one.low * cards, one.expected * cards, one.high * cards, one.basis)        # each card has its share of the layers
    middle = math.sqrt(passes * cards / (passes + cards - 1))
    return widened(Range(one.low * middle, one.expected * middle, one.high * middle, one.basis), middle)


def prompt_with_host(on_chips: Range, host_weights: int, copies: tuple[float, float, float]) -> Range:
    """Reading a prompt where `host_weights` bytes lie in system memory: every micro-batch copies them to the device.

    `copies`: least, expected and most GB/s of that copy. The device does all of the arithmetic, as llama.cpp has it
    for more than 32 tokens at a time.
    """
    ends = zip((on_chips.low, on_chips.expected, on_chips.high), copies, strict=True)
    low, expected, high = (1 / (1 / speed + host_weights / MICRO_BATCH / (rate * 1e9)) for speed, rate in ends)
    return Range(low, expected, high, "bound only" if host_weights else on_chips.basis)


def batch(fitted: Fit, chip: Chip, work: Work, sequences: int, weights: int | None = None) -> Range:
    """Tokens per second of `sequences` generated together, all sequences added.

    Weights are read once for all and each sequence's cache for itself; every further sequence adds the time a
    token of a prompt takes, so that with many sequences no more comes out than a prompt would go in. `weights`:
    bytes read by the batch, where sequences use different experts (experts_touched()). Nothing of it is fitted:
    75 measurements of 5 models with 2 to 32 sequences lie 17 % (median) and 31 % (ninth decile) from expected.
    Raises ValueError if the chip's FP32 rate is unknown.
    """
    step = predict(fitted, chip, replace(work, weights=weights or work.weights, kv=work.kv * sequences))
    if sequences == 1:
        return step
    prompt = predict(fitted, chip, replace(work, prompt=MICRO_BATCH))
    low, expected, high = (sequences / (1 / getattr(step, end) + (sequences - 1) / getattr(prompt, end)) for end in ("low", "expected", "high"))
    return widened(Range(low, expected, high, min(step.basis, prompt.basis, key=WEAKEST.index)), BATCH_DOUBT)


def experts_touched(count: int, active: int, tokens: int) -> float:
    """Share of the routed experts that `tokens` tokens use together, if each chooses without regard to the others."""
    return 1 - (1 - active / count) ** tokens


def load_seconds(n_bytes: int, gb_per_s: float, bus_gb_per_s: float | None = None) -> float:
    """Seconds until a file is in memory: over the slower of storage, at the rate a program reaches, and bus."""
    return n_bytes / (min(gb_per_s, bus_gb_per_s or gb_per_s) * 1e9)


def first_token_seconds(tokens: int, reading: Range) -> tuple[float, float, float]:
    """Seconds until the first token of the answer, least to most: the whole prompt at the rate of reading."""
    return tokens / reading.high, tokens / reading.expected, tokens / reading.low


def joules_per_token(watts: float, speed: Range) -> tuple[float, float, float]:
    """Energy of one token, least to most: power x time. Watts at the socket while it runs, not the rated power."""
    return watts / speed.high, watts / speed.expected, watts / speed.low
