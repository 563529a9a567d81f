"""From catalog records to the speed model: measurements become observations, a question becomes a prediction."""

import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cache

from .arithmetic import parameters, weights as weights_of
from .arithmetic.efficiency import SWEEP, Chip, ClassError, Fit, Observation, Range, Work, fit, generation, leave_one_device_out, predict
from .arithmetic.kv_cache import growing_bytes_per_token, kv_bytes
from .arithmetic.placement import Placement
from .arithmetic.speed import bandwidth
from .arithmetic.throughput import batch, experts_touched, in_turn, layer_split, partial_offload, prompt_over_cards, prompt_with_host, share
from .catalog.measurements import Speed
from .catalog.records import Device, Mix, Model
from .data import catalog

ENGINES = ("llama.cpp", "ollama", "ollama (llama.cpp)")
# Two machines of unknown bandwidth that measured many formats: they tell the formats apart and nothing else.
SWEEPS = {
    "Apple M2 Max CPU (8P)": Chip("m2-max-cpu", "CPU", SWEEP, 400.0, 13.5, 13.5),
    "unnamed machine (quantize README table)": Chip("quantize-readme", "unnamed", SWEEP, 546.0, 18.4),
}
# A card behind a slow host measures the host.
SLOW_HOSTS = re.compile("Raspberry|HiFive")
HOST = "ddr5-5600-2ch"           # system memory where a reader names none
UNIFIED = ("unified-memory", "system-memory")


@dataclass(frozen=True)
class Prediction:
    """Tokens per second, ready to print; all None where nothing can be said."""

    low: float | None
    expected: float | None
    high: float | None
    basis: str

    def as_dict(self) -> dict:
        return {k: (round(v, 4) if isinstance(v, float) else v) for k, v in asdict(self).items()}


SILENT = Prediction(None, None, None, "it does not write text")
TOO_LARGE = Prediction(None, None, None, "the layers asked for do not fit on the device")
NOTHING = Prediction(None, None, None, "the device's compute rate is not known")


def backend_of(device: Device) -> str:
    """How llama.cpp is usually built for the device."""
    if device.kind == "system-memory":
        return "CPU"
    return next((b for b in ("CUDA", "Metal", "ROCm", "SYCL", "Vulkan", "CPU") if b in device.backends), "Vulkan")


def chip(device: Device, backend: str | None = None) -> Chip:
    """What the speed model needs of a device; one that was announced without a month belongs to no class yet."""
    backend = backend or backend_of(device)
    try:
        class_ = generation(backend, device.maker, memory=device.memory.type if device.memory else "", launched=device.launched or "",
                            unified=device.kind in UNIFIED, name=device.name)
    except ValueError:
        class_ = "announced"
    return Chip(device.id, backend, class_,
                float(bandwidth(device.bandwidth)), device.fp32_tflops, device.fp16_tflops, device.int8_tops)


def kv_read(model: Model, context: int) -> int:
    """Bytes of KV cache a token reads after `context` tokens, cache in F16."""
    if context < 1:
        return 0
    f16 = catalog().types["F16"]
    a = model.architecture
    # Below a padding step the growing part is exact; windows and states are read in full.
    return kv_bytes(a, context, f16, f16) if a.window or "A" not in a.layout or set(a.layout) & set("LKM") else context * growing_bytes_per_token(a, f16, f16)


@cache
def decode_work(model: Model, mix: Mix, context: int = 0, built: float | None = None, flash_attention: bool = True) -> Work:
    a = model.architecture
    return Work(weights_of.bytes_read_per_token(a, mix, catalog().types), kv_read(model, context), a.layers, parameters.active(a), mix.id,
                moe=a.experts is not None, flash_attention=flash_attention, built=built)


@cache
def prefill_work(model: Model, mix: Mix, prompt: int = 512, depth: int = 0, built: float | None = None, flash_attention: bool = True) -> Work:
    a = model.architecture
    return Work(weights_of.bytes_read_per_prompt(a, mix, catalog().types), kv_read(model, depth + prompt // 2), a.layers, parameters.active(a), mix.id,
                moe=a.experts is not None, flash_attention=flash_attention, built=built, prompt=prompt, context=depth + prompt // 2)


# ---------------------------------------------------------------- measurements

@cache
def observations() -> tuple[Observation, ...]:
    """Every measurement of one device with one conversation whose conditions are known."""
    return tuple(o for row in catalog().measurements.speed.values() if (o := _observation(row)) is not None)


@cache
def fitted() -> Fit:
    """The speed model, fitted once per build."""
    return fit(observations())


def _observation(row: Speed) -> Observation | None:
    if (row.engine not in ENGINES or row.devices != 1 or row.sequences != 1 or row.suspect or row.offload or row.power_limit_w
            or (row.backend != "CPU" and SLOW_HOSTS.search(f"{row.system} {row.note} {row.subject_name}"))):
        return None
    model, mix = _model(row), _mix(row.quant)
    prompt = row.tokens if row.kind == "prefill" else 0
    if model is None or mix is None or (row.kind == "prefill" and not prompt):
        return None
    measured = _measured_chip(row)
    if measured is None or (prompt and (measured.backend == "CPU" or measured.fp32_tflops is None)):
        return None
    built = _year(row)
    flash_attention = row.flash_attention if row.flash_attention is not None else built >= 2025.6
    scale = _file_scale(row, model, mix)
    if prompt:
        work = prefill_work(model, mix, prompt, row.depth, built, flash_attention)
    else:
        middle = row.depth + (row.tokens // 2 if row.tokens and row.test.startswith("tg") else 250)
        work = decode_work(model, mix, middle, built, flash_attention)
    work = Work(**{**asdict(work), "weights": round(work.weights * scale)})
    return Observation(measured, work, row.value, row.source)


def _model(row: Speed) -> Model | None:
    hub = row.hub or row.shape
    return next((m for m in catalog().models.values() if m.hub == hub), None) if hub else None


@cache
def _mix(quant: str) -> Mix | None:
    """The catalog's format for a published name; dynamic files (Q4_K_XL) count as the mix they start from."""
    name = quant.split(" (")[0].split(" - ")[0] + ("_S" if "Small" in quant else "")
    name = {"MXFP4": "MXFP4_MOE", "MXFP4/Q8_0": "MXFP4_MOE", "Q4_K": "Q4_K_M", "Q4_K_XL": "Q4_K_M", "Q5_K_XL": "Q5_K_M", "Q8_K_XL": "Q8_0",
            "Q2_K_S": "Q2_K_S", "bf16": "BF16", "Q3_K_S": "Q3_K_S", "4-bit": "Q4_K_M"}.get(name, name)
    return catalog().mixes.get(name)


@cache
def _weights(model: Model, mix: Mix) -> int:
    return weights_of.weights_bytes(model.architecture, mix, catalog().types)


def _file_scale(row: Speed, model: Model, mix: Mix) -> float:
    """Published file over ours: 1 for standard recipes, more for files whose uploader chose wider types."""
    if row.file_gib is None:
        return 1.0
    ratio = row.file_gib * 2**30 / _weights(model, mix)
    return ratio if abs(ratio - 1) > 0.02 else 1.0


def _measured_chip(row: Speed) -> Chip | None:
    if row.subject is None:
        return SWEEPS.get(row.subject_name)
    device = catalog().devices[row.subject]
    if row.backend in ("MLX", "Hexagon", "XDNA", None) and row.backend is not None:
        return None
    return chip(device, row.backend or backend_of(device))


def _year(row: Speed) -> float:
    # The scoreboard dates its table, not its builds, which run from July 2025 on.
    if row.source == "llama-cpp-cuda-scoreboard":
        return 2025.8
    year, *rest = row.as_of.split("-")
    return int(year) + ((int(rest[0]) - 0.5) / 12 if rest else 0.5)


@cache
def left_out_errors() -> tuple[ClassError, ...]:
    """Error by class of devices, each predicted without its own measurements."""
    return tuple(leave_one_device_out(fitted()))


@cache
def together_errors() -> tuple[ClassError, ...]:
    """Errors of what follows from one device and one conversation: several conversations, several cards, energy.

    Not left out: the devices of these measurements are in the fit, only with other measurements.
    """
    groups = defaultdict(list)
    for row in catalog().measurements.speed.values():
        model, mix = _model(row), _mix(row.quant)
        if row.engine not in ENGINES or row.suspect or row.offload or row.subject is None or model is None or mix is None:
            continue
        device = catalog().devices[row.subject]
        if row.sequences > 1:
            groups["several conversations"].append((device.id, row.value, batch_range(model, mix, device, row.sequences, row.depth + (row.tokens or 0) // 2)))
        elif row.devices > 1 and row.kind == "decode":
            chips, built = [chip(device, row.backend)] * row.devices, _year(row)
            work = decode_work(model, mix, row.depth + (row.tokens or 0) // 2, built, bool(row.flash_attention))
            groups["writing on several cards"].append((device.id, row.value, _as_prediction(layer_split(fitted(), chips, work))))
        elif row.devices > 1 and row.kind == "prefill":
            work = prefill_work(model, mix, row.tokens, row.depth, _year(row), bool(row.flash_attention))
            groups["reading on several cards"].append((device.id, row.value, _as_prediction(prompt_over_cards(fitted(), [chip(device, row.backend)] * row.devices, work))))
    for row in catalog().measurements.power.values():
        device, mix = catalog().devices.get(row.subject or ""), _mix(row.quant or "")
        if row.kind == "draw" and row.scope == "wall" and row.model and mix and device and device.power_w and row.devices == 1 and not row.suspect:
            written = decode_on(row.model, mix.id, device.id)
            measured = row.tokens_per_s or catalog().measurements.speed[row.speed].value
            # Tokens per joule, so that more is faster as in the other groups.
            per_joule = Prediction(*(v / device.power_w for v in (written.low, written.expected, written.high)), written.basis)
            groups["energy, at the plug"].append((device.id, measured / row.value, per_joule))
    return tuple(_error_of(name, rows) for name, rows in sorted(groups.items()))


def _error_of(name: str, rows: list[tuple[str, float, "Prediction"]]) -> ClassError:
    sizes = sorted(abs(p.expected / measured - 1) for _, measured, p in rows)
    return ClassError(name, len(rows), len({device for device, _, _ in rows}), sizes[len(sizes) // 2], sizes[min(len(sizes) - 1, len(sizes) * 9 // 10)],
                      sum(p.low <= measured <= p.high for _, measured, p in rows) / len(rows))


# ---------------------------------------------------------------- predictions

def _as_prediction(r: Range) -> Prediction:
    return Prediction(r.low, r.expected, r.high, r.basis)


@cache
def _chip_of(device: str) -> Chip:
    return chip(catalog().find("devices", device))


@cache
def decode_on(model: str, format: str, device: str, context: int = 0) -> Prediction:
    """Writing on one device that holds the whole model, by catalog ids."""
    book = catalog()
    if book.find("models", model).task != "chat":
        return SILENT
    return _as_prediction(predict(fitted(), _chip_of(device), decode_work(book.find("models", model), book.find("mixes", format), context)))


@cache
def prefill_on(model: str, format: str, device: str, prompt: int = 512) -> Prediction:
    """Reading a prompt on one device that holds the whole model, by catalog ids."""
    book = catalog()
    try:
        return _as_prediction(predict(fitted(), chip(book.find("devices", device)), prefill_work(book.find("models", model), book.find("mixes", format), prompt)))
    except ValueError:
        return NOTHING


def decode_range(model: Model, mix: Mix, devices: list[Device], placed: Placement, context: int, host: Device | None = None) -> Prediction:
    """Writing with the layers where `placed` has them: on one device, over several, or partly in system memory."""
    if model.task != "chat":
        return SILENT
    chips = [chip(d) for d in devices]
    work = decode_work(model, mix, context)
    if placed.whole and placed.host_read_per_token < work.weights // 100:
        return _as_prediction(predict(fitted(), chips[0], work) if len(chips) == 1 else layer_split(fitted(), chips, work))
    memory = chip(host or catalog().find("devices", HOST))
    part = placed.device_read_per_token / max(placed.device_read_per_token + placed.host_read_per_token, 1)
    if part < 0.01:
        return _as_prediction(predict(fitted(), memory, work))
    on_host = share(work, 1 - part)
    on_device = share(work, part)
    if len(chips) == 1:
        return _as_prediction(partial_offload(fitted(), chips[0], on_device, memory, on_host))
    return _as_prediction(in_turn([layer_split(fitted(), chips, on_device), predict(fitted(), memory, on_host)]))


def prefill_range(model: Model, mix: Mix, devices: list[Device], placed: Placement, prompt: int) -> Prediction:
    """Reading a prompt of so many tokens with the layers where `placed` has them; system memory lends its weights to the first device."""
    if model.task != "chat":
        return SILENT
    chips, work = [chip(d) for d in devices], prefill_work(model, mix, prompt)
    try:
        reading = predict(fitted(), chips[0], work) if len(chips) == 1 else prompt_over_cards(fitted(), chips, work)
    except ValueError:
        return NOTHING
    lent = 0 if devices[0].kind in UNIFIED else placed.host_layers
    return _as_prediction(prompt_with_host(reading, lent, _copies(devices[0])))


def _copies(device: Device) -> tuple[float, float, float]:
    """GB/s at which system memory lends weights to a card: least, expected, most."""
    rate = catalog().constants["host-copy"]
    bus = bandwidth(catalog().find("devices", device.host_bus).bandwidth) if device.host_bus else rate.high
    low, expected, high = (min(float(bus), r) for r in (rate.low, rate.value, max(rate.high, 0.85 * float(bus))))
    return low, expected, high


def batch_range(model: Model, mix: Mix, device: Device, sequences: int, context: int = 0) -> Prediction:
    """Writing `sequences` answers at a time on one device that holds the model, all of them added."""
    if model.task != "chat":
        return SILENT
    work, weights = decode_work(model, mix, context), None
    if experts := model.architecture.experts:
        alone, all_experts = experts.active / experts.count, weights_of.bytes_read_per_prompt(model.architecture, mix, catalog().types)
        weights = round(work.weights + (all_experts - work.weights) * (experts_touched(experts.count, experts.active, sequences) - alone) / (1 - alone))
    try:
        return _as_prediction(batch(fitted(), _chip_of(device.id), work, sequences, weights))
    except ValueError:
        return NOTHING


@cache
def batch_on(model: str, format: str, device: str, sequences: int, context: int = 0) -> Prediction:
    """The same by catalog ids."""
    book = catalog()
    return batch_range(book.find("models", model), book.find("mixes", format), book.find("devices", device), sequences, context)


def storage_rate(storage: Device) -> float:
    """GB/s at which a program loads a model: a share of what the drive was measured at, or of its nominal rate."""
    b = storage.bandwidth
    return float(b.measured or bandwidth(b)) * catalog().constants["storage-share"].value
