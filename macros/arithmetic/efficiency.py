"""How fast a model runs on a device: a range, from published measurements.

One token generated takes

    weights · f / (e · bandwidth) + kv · k / (e · bandwidth) + t0 · layers / 32

with e the share of the peak bandwidth that is reached, f what a format costs beside its bytes, k what a byte
of KV cache costs beside a byte of weights (with and without flash attention), and t0 the fixed time of 32
layers: starting kernels, waiting, sampling. t0 shrinks with every year of the program; the factor is fitted too.

A token of a prompt takes

    2 · active · m / (c · FP32 rate) + weights · g / (micro-batch · bandwidth) + attention · a / (c · FP32 rate)

with c the multiple of the FP32 rate that is reached (above 1 where matrix units help), m the extra cost of
experts, which falls as the prompt grows, and attention the operations on the tokens before.

e and c have a value for all, a deviation for the backend and one for memory stacked beside the chip (HBM); t0
and c also one for the generation of chips. Deviations are shrunk toward none (posynomial.py). What the data do
not support is left out: a compute term in generation, a time per token that does not grow with layers, an
efficiency per generation. None of them lowers the error on devices that were left out of the fit.

The range holds the middle 80 % of the errors on devices left out, each device counting once; a class with few
devices borrows errors from its relatives.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Literal

from . import posynomial
from .posynomial import Row, Term

Basis = Literal["measured on this device", "same class", "bound only"]

NEWEST = 2026.0          # year in which t0 is stated; earlier builds take longer
CPU_FIXED = 0.0005       # seconds per 32 layers on a processor, not fitted: a model of 46 MB took 0.8 ms on a Ryzen 7950X
MICRO_BATCH = 512        # tokens of a prompt that llama.cpp processes at once (n_ubatch)
LEVEL = 0.8              # share of the errors on devices left out that the range holds
SIBLINGS, STRANGERS = 2, 1   # devices of the same family and of others count together as so many devices of the class
FEW = 100                # with so few measurements a device bends the fit: then its left-out error comes from a fit without it
SWEEP = "sweep"          # generation of a machine of unknown bandwidth: it tells formats apart and nothing else
SMALL = 0.5              # in a class of n devices LEVEL moves toward 1 by SMALL / (n + 1) of the way: few devices show too small a spread
DOUBT = 1                # a device's own measurements of n works correct the class by n / (n + DOUBT) of their deviation


@dataclass(frozen=True)
class Chip:
    """What measurements and predictions need to know of a device.

    `backend`: CUDA, ROCm, Metal, Vulkan, SYCL, OpenCL or CPU. `generation`: see generation(). Rates are dense
    figures of the data sheet in 10^12 operations per second, None where unknown.
    """

    id: str
    backend: str
    generation: str
    gb_per_s: float
    fp32_tflops: float | None = None
    fp16_tflops: float | None = None
    int8_tops: float | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """From the general to the particular, for example ('cuda', 'hbm', 'cuda-ga100'); the last is the class."""
        family = self.backend.lower()
        stacked = self.generation in ("volta", "ga100", "hopper", "blackwell-hbm", "instinct") and family in ("cuda", "rocm")
        return (family, *(("hbm",) if stacked else ()), f"{family}-{self.generation}")


@dataclass(frozen=True)
class Work:
    """What is asked of a device.

    `weights`: bytes read per pass, one pass per generated token or per micro-batch of a prompt (all experts then).
    `kv`: bytes of KV cache read per token in the middle of the run. `active`: parameters one token uses.
    `format`: a mix (Q4_K_M) or type (F16). `built`: year of the program with its fraction, None for a typical
    build among the measurements. `prompt`: length of the prompt to process; 0 means generation. `context`: tokens
    before the middle of the run; for prompts only.
    """

    weights: int
    kv: int
    layers: float
    active: int
    format: str
    moe: bool = False
    flash_attention: bool = True
    built: float | None = None
    prompt: int = 0
    context: int = 0

    @property
    def kind(self) -> str:
        return "prefill" if self.prompt else "decode"


@dataclass(frozen=True)
class Observation:
    """One published measurement of one device with one sequence."""

    chip: Chip
    work: Work
    tokens_per_s: float
    source: str = ""

    @property
    def group(self) -> str:
        """What is left out together: a device; of an unnamed one, whose speed says nothing of others, each format."""
        return f"{self.chip.id} {self.work.format}" if self.chip.generation == SWEEP else self.chip.id


@dataclass(frozen=True)
class Range:
    """Tokens per second; between low and high lie 80 % of measurements."""

    low: float
    expected: float
    high: float
    basis: Basis


@dataclass(frozen=True)
class ClassError:
    """Errors on devices left out of the fit: |predicted / measured - 1|, and the share of measurements inside the printed range."""

    name: str
    rows: int
    devices: int
    median: float
    ninth_decile: float
    coverage: float


def generation(backend: str, maker: str, *, memory: str = "", launched: str = "", unified: bool = False, name: str = "") -> str:
    """Class of chips within a backend, from what a data sheet says.

    `memory`: its type, for example GDDR6X or HBM2e. `launched`: year and month, for example 2022-09. `unified`:
    processor and GPU share the memory. `name`: of Apple's chips (M4 Max). Raises ValueError without a launch that decides.
    """
    company = maker.lower()
    if backend == "CPU":
        return "apple" if "apple" in company else "arm" if any(w in company for w in ("raspberry", "cix", "radxa", "qualcomm", "ampere")) else "x86"
    if "apple" in company:
        return name.lower().removeprefix("apple ")[:2]
    if "amd" in company:
        return "amd-unified" if unified else "instinct" if "HBM" in memory else "radeon"
    if "intel" in company:
        return "intel"
    if "nvidia" not in company:
        return "other"
    if backend != "CUDA":
        return "nvidia"
    if unified:
        return "unified"
    if not launched:
        raise ValueError("the generation of an NVIDIA card follows from the month it was launched, which is missing")
    if launched < "2017-06":
        return "pascal"
    if "HBM" in memory:
        return "volta" if launched < "2020" else "ga100" if launched < "2022-06" else "hopper" if launched < "2024-11" or "H200" in name else "blackwell-hbm"
    return "turing" if launched < "2020-09" else "ampere" if launched < "2022-09" else "ada" if launched < "2025" else "blackwell"


FORMATS = (              # name begins with -> class of formats that cost alike beside their bytes; first match wins
    ("F32", "F16"), ("F16", "F16"), ("BF16", "BF16"), ("Q8", "Q8"), ("Q6", "K"), ("Q5_K", "K"), ("Q4_K", "K"), ("Q3", "Q3_K"), ("Q2", "Q2_K"),
    ("IQ4", "IQ4"), ("IQ3", "IQ3"), ("IQ2", "IQ2"), ("IQ1", "IQ1"), ("MXFP4", "MXFP4"), ("NVFP4", "MXFP4"), ("", "Q4"),
)


def format_class(name: str) -> str:
    """F16, BF16, Q8, Q4 (the types of one scale: Q4_0, Q5_1 …), K (Q4_K to Q6_K), Q3_K, Q2_K, IQ4 to IQ1 or MXFP4."""
    return next(kind for start, kind in FORMATS if name.upper().startswith(start))


# ---------------------------------------------------------------- the model

def _levels(name: str, power: float, path: Iterable[str]) -> tuple[tuple[str, float], ...]:
    return ((name, power), *((f"{name}:{level}", power) for level in path))


def _terms(chip: Chip, work: Work, typical: float) -> tuple[Term, ...]:
    """Seconds per token as terms of a posynomial; raises ValueError for a prompt on a chip whose FP32 rate is unknown."""
    age = ("year", NEWEST - (typical if work.built is None else work.built))
    kind = format_class(work.format)
    bytes_per_s = chip.gb_per_s * 1e9
    if work.kind == "decode":
        shared = chip.path if chip.backend in ("CPU", "OpenCL") else chip.path[:-1]     # processors differ by more than their memory
        reached = _levels("reached", -1, shared)
        format_costs = () if kind == "F16" else ((f"format:{kind}", 1), *((("format:IQ", 1),) if kind in ("IQ1", "IQ2", "IQ3") else ()))
        experts = (("experts", 1),) if work.moe else ()
        cache = ("kv", 1) if work.flash_attention else ("kv without flash attention", 1)
        fixed = (*_levels("fixed", 1, chip.path), *((("experts fixed", 1),) if work.moe else ()), age)
        return ((work.weights / bytes_per_s, (*reached, *format_costs, *experts)),
                (max(work.kv, 1) / bytes_per_s, (*reached, cache)),
                (CPU_FIXED * work.layers / 32, ()) if chip.backend == "CPU" else (work.layers / 32e3, fixed))

    if chip.fp32_tflops is None:
        raise ValueError(f"{chip.id}: its FP32 rate is not known, so nothing can be said of prompts")
    per_s = chip.fp32_tflops * 1e12
    family = chip.path[0]
    reached = _levels("computed", -1, chip.path)
    plain = _levels("unquantized", -1, (family,)) if kind in ("F16", "BF16") else ()
    experts = (*_levels("experts", 1, (family,)), ("experts per doubling", -math.log2(work.prompt / MICRO_BATCH))) if work.moe else ()
    width = math.sqrt(work.active / 12 / work.layers)          # of the state, if the model were the plainest transformer
    attention = 4 * work.context * work.layers * width
    return ((2 * work.active / per_s, (*reached, *plain, *experts)),
            (work.weights / min(work.prompt, MICRO_BATCH) / bytes_per_s, (("weights", 1),)),
            (attention / per_s, (*reached, ("attention" if work.flash_attention else "attention without flash attention", 1))))


BELIEFS = {              # before the data: value of a factor and spread of its logarithm
    "reached": (0.85, 0.3), "reached:hbm": (1, 0.3), "reached:cpu": (0.65, 0.3), "fixed": (1.5, 1.0), "fixed:hbm": (1, 0.5), "year": (1.1, 0.15),
    "kv": (1.2, 0.4), "kv without flash attention": (2.7, 0.6), "experts": (1.2, 0.15), "experts fixed": (1.2, 0.3), "format:IQ": (1.5, 1.0),
    "computed": (1.0, 1.0), "unquantized": (1, 0.7), "weights": (1, 0.3), "attention": (1, 1.0), "attention without flash attention": (1.5, 1.0),
    "experts per doubling": (1.1, 0.3),
}
SPREADS = {              # of the deviations of a family and of a class
    "reached": (0.1, 0.05), "fixed": (0.6, 0.3), "computed": (0.7, 0.3), "unquantized": (0.4, 0.4), "experts": (0.4, 0.4),
}


def _prior(name: str) -> tuple[float, float]:
    if name in BELIEFS:
        return BELIEFS[name]
    factor, level = name.split(":")
    if factor == "format":
        return 1, 0.5 if level in ("Q3_K", "Q2_K", "IQ4", "IQ3", "IQ2", "IQ1") else 0.15
    if level.startswith("cpu-"):
        return 1, 0.3
    family, particular = SPREADS[factor]
    return 1, particular if "-" in level else family


# ---------------------------------------------------------------- the fit

@dataclass(frozen=True)
class _Error:
    """Logarithm of measured / modeled seconds of one observation with its device left out."""

    path: tuple[str, ...]
    chip: str
    moe: bool
    work: tuple[int, str]        # the model, known by its bytes, and the format
    known: float                 # if the age of the build is given
    blind: float                 # if a typical one is assumed


@dataclass(frozen=True)
class Fit:
    """Factors and errors by part: decode and prefill, each on GPUs and processors ('decode', 'decode cpu', 'prefill')."""

    logs: Mapping[str, Mapping[str, float]]
    errors: dict[str, tuple[_Error, ...]]
    typical: float               # mean year of the builds measured, each device counting once
    _cache: dict = field(default_factory=dict, compare=False, repr=False)

    def factor(self, part: str, name: str, path: Iterable[str] = ()) -> float:
        """A factor with its deviations along a chip's path; 'reached' of ('cuda', 'cuda-ada') for example."""
        return math.exp(sum(self.logs[part].get(n, 0.0) for n, _ in _levels(name, 1, path)))


def part(chip: Chip, work: Work) -> str:
    """Processors are fitted apart: their share of the bandwidth depends on threads and formats in another way."""
    return f"{work.kind} cpu" if chip.backend == "CPU" else work.kind


def fit(observations: Sequence[Observation]) -> Fit:
    """Fit all parts. Deterministic, about half a second for 1,054 measurements: call once per build.

    Prompts on chips whose FP32 rate is unknown are passed over.
    """
    typical = _typical(observations)
    believed = {name: math.log(mean) for name, (mean, _) in BELIEFS.items()}
    logs, errors = defaultdict(lambda: believed), {}
    for name, members in _parts(observations):
        rows = [Row(_terms(o.chip, o.work, typical), 1 / o.tokens_per_s, o.group) for o in members]
        solution = posynomial.fit(rows, _prior)
        logs[name] = believed | solution.logs
        if len(rows) <= FEW:
            errors[name] = _refitted(members, typical, solution.logs)
        else:
            errors[name] = tuple(_error(o, left_out, row, solution.logs, typical) for o, left_out, row in zip(members, solution.left_out, rows))
    return Fit(logs, errors, typical)


def _typical(observations: Sequence[Observation]) -> float:
    built = defaultdict(list)
    for o in observations:
        if o.work.built is not None:
            built[o.chip.id].append(o.work.built)
    return sum(sum(years) / len(years) for years in built.values()) / len(built) if built else NEWEST


def _parts(observations: Sequence[Observation]) -> Iterator[tuple[str, list[Observation]]]:
    parts = defaultdict(list)
    for o in observations:
        if o.work.kind == "decode" or o.chip.fp32_tflops is not None:
            parts[part(o.chip, o.work)].append(o)
    yield from sorted(parts.items())


def _error(o: Observation, left_out: float, row: Row, logs: dict[str, float], typical: float) -> _Error:
    blind = _terms(o.chip, replace(o.work, built=None), typical)
    shift = math.log(posynomial.value(row.terms, logs) / posynomial.value(blind, logs))
    return _Error(o.chip.path, o.chip.id, o.work.moe, (o.work.weights // 10**7, o.work.format), left_out, left_out + shift)


def predict(fitted: Fit, chip: Chip, work: Work) -> Range:
    """Tokens per second of one sequence on one device; raises ValueError for a prompt on a chip whose FP32 rate is unknown.

    'bound only' means that no device of the class was measured: expected is the family's, high the bound itself.
    """
    name = part(chip, work)
    seconds = posynomial.value(_terms(chip, work, fitted.typical), fitted.logs[name])
    blind = work.built is None
    basis, correction, half = _spread(fitted, name, chip, work.moe, blind)
    bound = ceiling(chip, work)
    expected = min(math.exp(-correction) / seconds, bound)
    high = bound if basis == "bound only" else min(expected * math.exp(half), bound)
    return Range(expected * math.exp(-half), expected, high, basis)


def ceiling(chip: Chip, work: Work) -> float:
    """Tokens per second that bandwidth (generation) or the highest rate on the data sheet (prompts) allows at most.

    Where the sheet names no rate for eight bits, four times FP32 stands for it: Pascal's dp4a and Apple's M5 pass their FP32 rate.
    """
    if work.kind == "decode":
        return chip.gb_per_s * 1e9 / (work.weights + work.kv)
    return max(chip.fp16_tflops or 0, chip.int8_tops or 4 * (chip.fp32_tflops or 0)) * 1e12 / (2 * work.active)


def _spread(fitted: Fit, name: str, chip: Chip, moe: bool, blind: bool) -> tuple[Basis, float, float]:
    """Basis, the device's own deviation (logarithm of seconds) and the half width of the range (logarithm)."""
    key = (name, chip.path, chip.id, moe, blind)
    if key not in fitted._cache:
        errors = [e for e in fitted.errors.get(name, ()) if e.moe == moe and not e.path[-1].endswith(SWEEP)]
        own = [e for e in errors if e.chip == chip.id and e.path == chip.path]
        if own:
            fitted._cache[key] = "measured on this device", _own(own, blind), _half(chip.path, _corrected(fitted, name, moe, blind))
        else:
            basis = "same class" if any(e.path == chip.path for e in errors) else "bound only"
            fitted._cache[key] = basis, 0.0, _half(chip.path, [(e.path, e.chip, _of(e, blind)) for e in errors])
    return fitted._cache[key]


def _of(error: _Error, blind: bool) -> float:
    return error.blind if blind else error.known


def _own(errors: Iterable[_Error], blind: bool) -> float:
    """Shrunk mean over works of the median deviation of each."""
    works = defaultdict(list)
    for e in errors:
        works[e.work].append(_of(e, blind))
    return sum(median(w) for w in works.values()) / (len(works) + DOUBT)


def _corrected(fitted: Fit, name: str, moe: bool, blind: bool) -> list[tuple[tuple[str, ...], str, float]]:
    """Errors that remain when each work is predicted from the device's other works."""
    key = (name, moe, blind)
    if key not in fitted._cache:
        devices = defaultdict(list)
        for e in fitted.errors[name]:
            if e.moe == moe and not e.path[-1].endswith(SWEEP):
                devices[e.path, e.chip].append(e)
        result = []
        for (path, chip), errors in devices.items():
            for e in errors:
                others = [o for o in errors if o.work != e.work]
                if others:
                    result.append((path, chip, _of(e, blind) - _own(others, blind)))
        fitted._cache[key] = result or [(path, chip, _of(e, blind)) for (path, chip), errors in devices.items() for e in errors]
    return fitted._cache[key]


def _half(path: tuple[str, ...], errors: Sequence[tuple[tuple[str, ...], str, float]]) -> float:
    """The LEVEL quantile of the errors' sizes. A device counts once; relatives and strangers count a little, together."""
    if not errors:
        return math.log(2)
    sizes, nearness = defaultdict(int), {}
    for other, chip, _ in errors:
        device = (other, chip)
        sizes[device] += 1
        nearness[device] = 2 if other == path else 1 if other[:-1] == path[:-1] else 0
    counts = [list(nearness.values()).count(n) for n in (0, 1, 2)]
    weight = {2: 1.0, 1: min(1.0, SIBLINGS / max(counts[1], 1)), 0: min(1.0, STRANGERS / max(counts[0], 1))}
    return _quantile([(abs(e), weight[nearness[other, chip]] / sizes[other, chip]) for other, chip, e in errors], LEVEL + (1 - LEVEL) * SMALL / (counts[2] + 1))


def _quantile(weighted: Sequence[tuple[float, float]], share: float) -> float:
    total = sum(w for _, w in weighted)
    reached = 0.0
    for x, w in sorted(weighted):
        reached += w
        if reached >= share * total * (1 - 1e-12):
            return x
    raise ValueError("nothing to take a quantile of")


# ---------------------------------------------------------------- how good it is

def leave_one_device_out(fitted: Fit, *, blind: bool = False) -> list[ClassError]:
    """The error on devices the fit has not seen, by class and at last for all dense models on GPUs by kind.

    `blind`: the age of the build is not given. Ranges are made from the errors of the other devices alone.
    """
    tables = defaultdict(list)
    for name, errors in fitted.errors.items():
        pools = {moe: [(e.path, e.chip, _of(e, blind)) for e in errors if e.moe == moe and not e.path[-1].endswith(SWEEP)] for moe in (False, True)}
        halves = {}
        for e in errors:
            if e.path[-1].endswith(SWEEP):
                continue
            key = (e.path, e.chip, e.moe)
            if key not in halves:
                halves[key] = _half(e.path, [x for x in pools[e.moe] if x[1] != e.chip])
            size = _of(e, blind)
            entry = (e.chip, abs(math.expm1(size)), abs(size) <= halves[key])
            tables[f"{name}, {'experts' if e.moe else 'dense'}, {e.path[-1]}"].append(entry)
            tables[f"{name}, {'experts' if e.moe else 'dense'}"].append(entry)
    return [_class_error(name, entries) for name, entries in sorted(tables.items())]


def refitted(observations: Sequence[Observation], fitted: Fit) -> Fit:
    """`fitted`, a fit to these observations, with the errors of fits made anew without each device (ten seconds).

    With more than FEW measurements fit() takes the device out of the normal equations instead, which flatters by a tenth.
    """
    return replace(fitted, errors={name: _refitted(members, fitted.typical, fitted.logs[name]) for name, members in _parts(observations)}, _cache={})


def _refitted(members: Sequence[Observation], typical: float, start: Mapping[str, float]) -> tuple[_Error, ...]:
    rows = [Row(_terms(o.chip, o.work, typical), 1 / o.tokens_per_s, o.group) for o in members]
    logs = {group: posynomial.factors([r for r in rows if r.group != group], _prior, start) for group in sorted({r.group for r in rows})}
    return tuple(_error(o, math.log(row.value / posynomial.value(row.terms, logs[row.group])), row, logs[row.group], typical) for o, row in zip(members, rows))


def _class_error(name: str, entries: Sequence[tuple[str, float, bool]]) -> ClassError:
    sizes = [(size, 1.0) for _, size, _ in entries]
    return ClassError(name, len(entries), len({chip for chip, _, _ in entries}), _quantile(sizes, 0.5), _quantile(sizes, 0.9),
                      sum(inside for _, _, inside in entries) / len(entries))
