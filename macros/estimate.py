"""python -m macros estimate: what a model needs and how fast it will be, on the command line."""

import argparse
import json
from pathlib import Path

from .arithmetic import memory as memory_, parameters, throughput, weights as weights_of
from .arithmetic.compute_buffer import compute_bytes
from .arithmetic.kv_cache import Impossible, kv_bytes
from .arithmetic.placement import most_layers, place
from .catalog import CatalogError
from .catalog.loader import read_model
from .catalog.records import BlockType, Device, Mix, Model
from .data import catalog
from .rendering import units
from .rendering.numbers import usable_bytes
from .speeds import HOST, TOO_LARGE, batch_range, decode_range, prefill_range, storage_rate


def find_model(name: str) -> Model:
    """A model by id, hub name or path of a YAML file; raise CatalogError naming the nearest."""
    if name.endswith((".yaml", ".yml")) or Path(name).is_file():
        return read_model(Path(name), model_checks=(parameters.disagreement,))
    by_hub = {m.hub.lower(): m for m in catalog().models.values()}
    return by_hub.get(name.lower()) or catalog().find("models", name)


def settings_are_possible(model: Model, mix: Mix, type_k: BlockType, type_v: BlockType, *, imatrix: bool) -> None:
    """Raise CatalogError for what the programs would refuse."""
    if mix.needs_imatrix and not imatrix:
        raise CatalogError(f"{mix.id} needs an importance matrix; add --imatrix or choose another format, for example Q4_K_M")
    if model.architecture.gguf is None and catalog().types[mix.default].block > 1:
        raise CatalogError(f"llama.cpp does not know {model.name}, so it has no {mix.id} file; use --format BF16")
    for name, kind in (("cache-k", type_k), ("cache-v", type_v)):
        if kind.id not in ("F32", "F16", "BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0", "IQ4_NL"):
            raise CatalogError(f"--{name} {kind.id} is not a cache type; use f16, q8_0, q5_1, q5_0, q4_1, q4_0 or iq4_nl")


def estimate(model: str, *, format: str = "Q4_K_M", imatrix: bool = False, context: int | None = None, cache_k: str = "f16", cache_v: str = "f16",
             sequences: int = 1, unified: bool = False, ubatch: int = 512, flash_attention: bool = True, swa_full: bool = False,
             devices: tuple[str, ...] = (), memory_gib: int | None = None, gpu_layers: int | None = None, cpu_experts: int = 0,
             projector: bool = False, draft: str | None = None, prompt: int = 512, storage: str = "nvme-gen4", host: str = HOST) -> dict:
    """Everything as plain data: exact bytes, and with devices what fits and how fast. Raises CatalogError in one line."""
    book = catalog()
    found, mix = find_model(model), book.find("mixes", format)
    type_k, type_v = book.find("types", cache_k.upper()), book.find("types", cache_v.upper())
    a = found.architecture
    if context is None:
        context = min(8192, found.context)
    for name, value in (("--context", context), ("--sequences", sequences), ("--ubatch", ubatch), ("--prompt", prompt)):
        if value < 1:
            raise CatalogError(f"{name} {value} is not possible; write a whole number of at least 1")
    if gpu_layers is not None and gpu_layers < 0:
        raise CatalogError(f"--gpu-layers {gpu_layers} is not possible; 0 keeps everything in system memory")
    if cpu_experts and a.experts is None:
        raise CatalogError(f"--cpu-experts: {found.name} has no experts; use --gpu-layers")
    if not 0 <= cpu_experts <= a.layers:
        raise CatalogError(f"--cpu-experts {cpu_experts} is not possible; write a number from 0 to {a.layers}, the layers of {found.name}")
    if projector and not weights_of.projector_bytes(found):
        raise CatalogError(f"--projector: {found.name} has none; it takes {', '.join(found.modality)}")
    memory_below = book.find("devices", host)
    if memory_below.kind != "system-memory":
        raise CatalogError(f"--host {host} is no system memory; name one, for example {HOST}")
    settings_are_possible(found, mix, type_k, type_v, imatrix=imatrix)
    settings = {"sequences": sequences, "unified": unified, "batch": ubatch, "swa_full": swa_full, "flash_attention": flash_attention}
    try:
        kv = kv_bytes(a, context, type_k, type_v, **settings)
    except Impossible as error:
        raise CatalogError(f"{found.name}: {error}") from None
    weights = weights_of.weights_bytes(a, mix, book.types, imatrix=imatrix)
    compute = compute_bytes(a, context, ubatch)
    drafting = find_model(draft) if draft else None
    beside = {"projector_bytes": weights_of.projector_bytes(found) if projector else 0,
              "draft_bytes": _whole_bytes(drafting, mix, context, type_k, type_v, ubatch) if drafting else 0}
    result = {
        "model": found.id, "hub": found.hub, "format": mix.id, "context": context, "context_stated": found.context,
        "parameters": {"total": parameters.total(a), "active": parameters.active(a)},
        "weights_bytes": weights, "bits_per_weight": round(float(weights_of.bits_per_weight(a, mix, book.types, imatrix=imatrix)), 5),
        "kv_cache_bytes": kv, "compute_bytes": compute,
        **{name: n for name, n in beside.items() if n}, "total_bytes": weights + kv + compute + sum(beside.values()),
        "load_seconds": round(throughput.load_seconds(weights, storage_rate(_drive(storage))), 3),
    }
    if devices:
        chosen = [book.find("devices", d) for d in devices]
        free = sum(free_bytes(d, memory_gib) for d in chosen) - sum(beside.values())
        settings["cpu_experts"] = cpu_experts
        arguments = (a, mix, book.types, context, type_k, type_v)
        whole = place(*arguments, imatrix=imatrix, **settings)
        placed = place(*arguments, gpu_layers=gpu_layers, imatrix=imatrix, **settings) if gpu_layers is not None else \
            whole if whole.device <= free else most_layers(*arguments, free, imatrix=imatrix, **settings)
        result |= {
            "devices": [d.id for d in chosen], "usable_bytes": free + sum(beside.values()), "needed_on_device_bytes": whole.device + sum(beside.values()),
            "fits": whole.device <= free, "gpu_layers": placed.gpu_layers, "of_layers": placed.of_layers,
            "device_bytes": placed.device + sum(beside.values()), "host_bytes": placed.host, "host": memory_below.id,
        }
        held = placed.device <= free
        writing = decode_range(found, mix, chosen, placed, max(1, context // sequences), memory_below) if held else TOO_LARGE
        reading = prefill_range(found, mix, chosen, placed, prompt) if held else TOO_LARGE
        result |= {"decode_tokens_per_s": writing.as_dict(), "prefill_tokens_per_s": reading.as_dict(), "prompt": prompt}
        if reading.expected:
            result["first_token_seconds"] = _ends(prompt / reading.high, prompt / reading.expected, prompt / reading.low)
        if writing.expected and placed.whole and not cpu_experts and all(d.power_w for d in chosen):
            # Cards that take turns draw their rated power one at a time.
            watts = max(d.power_w for d in chosen)
            result["joules_per_token"] = _ends(*throughput.joules_per_token(watts, writing))
        if sequences > 1 and held and placed.whole and not cpu_experts and len(chosen) == 1:
            together = batch_range(found, mix, chosen[0], sequences, max(1, context // sequences))
            result["together_tokens_per_s"] = together.as_dict()
    return result


def _whole_bytes(m: Model, mix: Mix, context: int, type_k: BlockType, type_v: BlockType, ubatch: int) -> int:
    """Bytes that a second model takes on the device, whole and with its own cache."""
    try:
        return place(m.architecture, mix, catalog().types, context, type_k, type_v, batch=ubatch).device
    except Impossible as error:
        raise CatalogError(f"{m.name}: {error}") from None


def _drive(id: str) -> Device:
    drive = catalog().find("devices", id)
    if drive.kind not in ("storage", "network"):
        raise CatalogError(f"--storage {id} is no drive; name one, for example nvme-gen4")
    return drive


def _ends(least: float, expected: float, most: float) -> dict:
    return {"low": round(least, 4), "expected": round(expected, 4), "high": round(most, 4)}


def free_bytes(device: Device, memory_gib: int | None = None) -> int:
    """Bytes of a device a model can use, without what driver and program take."""
    if device.memory is None:
        raise CatalogError(f"device '{device.id}' holds no model; name one with memory, for example rtx-3060-12")
    size = memory_gib or max(device.memory.sizes)
    if size not in device.memory.sizes:
        raise CatalogError(f"device '{device.id}' is sold with {', '.join(map(str, device.memory.sizes))} GB, not {size}")
    return usable_bytes(device, size) - memory_.gib_bytes(catalog().constants["runtime-overhead"].value)


def as_text(result: dict) -> str:
    """The result for a reader at a terminal."""
    lines = [
        f"{result['model']} at {result['format']}, {result['context']:,} tokens of context",
        f"  parameters      {units.count(result['parameters']['total'])}, {units.count(result['parameters']['active'])} per token",
        f"  weights         {units.memory(result['weights_bytes'])} ({units.file_size(result['weights_bytes'])}, {result['bits_per_weight']:.2f} bits per weight)",
        f"  KV cache        {units.memory(result['kv_cache_bytes'])}",
        f"  compute buffer  {units.memory(result['compute_bytes'])}",
        *(f"  {word:15} {units.memory(result[key])}" for key, word in (("projector_bytes", "projector"), ("draft_bytes", "draft model")) if key in result),
        f"  together        {units.memory(result['total_bytes'])}",
        f"  loads in        {units.duration(result['load_seconds'])}",
    ]
    if result["context"] > result["context_stated"]:
        lines.insert(1, f"  more than the {result['context_stated']:,} tokens the model is stated for")
    if "devices" in result:
        lines += [
            f"on {', '.join(result['devices'])} ({units.memory(result['usable_bytes'])} usable)",
            f"  fits            {'yes' if result['fits'] else 'no'}; {result['gpu_layers']} of {result['of_layers']} layers on the device",
            f"  on the device   {units.memory(result['device_bytes'])}, in system memory {units.memory(result['host_bytes'])} ({result['host']})",
        ]
        for key, word in (("decode_tokens_per_s", "writes"), ("prefill_tokens_per_s", "reads"), ("together_tokens_per_s", "all together")):
            if (r := result.get(key)) is None:
                continue
            if r["expected"] is not None:
                low, expected, high = (units.tokens_per_second(r[end]) for end in ("low", "expected", "high"))
                lines.append(f"  {word:15} {low.split(units.NBSP)[0]} to {high.split(units.NBSP)[0]}, expected {expected} ({r['basis']})")
            else:
                lines.append(f"  {word:15} no figure: {r['basis']}")
        if first := result.get("first_token_seconds"):
            lines.append(f"  first token     after {units.from_to(units.duration(first['low']), units.duration(first['high']))}, for a prompt of {result['prompt']:,} tokens")
        if energy := result.get("joules_per_token"):
            lines.append(f"  energy          {units.significant(energy['low'], 2)} to {units.significant(energy['high'], 2)} joules for each token written, at the rated power")
    return "\n".join(lines).replace(units.NBSP, " ")


def as_json(result: dict) -> str:
    return json.dumps(result, indent=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command; their names follow llama.cpp's."""
    parser.add_argument("model", metavar="MODEL", help="id, hub name (meta-llama/Llama-3.1-8B-Instruct) or path of a model's YAML file")
    parser.add_argument("--format", default="Q4_K_M", help="Q4_K_M if not given")
    parser.add_argument("--imatrix", action="store_true", help="quantized with an importance matrix")
    parser.add_argument("--context", type=int, metavar="TOKENS", help="8192 if not given, or all the model has if that is less")
    parser.add_argument("--cache-k", default="f16", metavar="TYPE", help="type of the KV cache's keys: f16, q8_0, q4_0 …")
    parser.add_argument("--cache-v", default="f16", metavar="TYPE", help="type of its values")
    parser.add_argument("--sequences", type=int, default=1, metavar="N", help="conversations at a time; --context is shared between them")
    parser.add_argument("--unified", action="store_true", help="one KV cache for all sequences")
    parser.add_argument("--ubatch", type=int, default=512, metavar="N", help="tokens of a prompt computed at a time")
    parser.add_argument("--no-flash-attention", dest="flash_attention", action="store_false")
    parser.add_argument("--swa-full", action="store_true", help="keep the whole context in layers with a sliding window")
    parser.add_argument("--device", default="", metavar="ID[,ID]", help="id of a device, or of several that share the model")
    parser.add_argument("--memory", dest="memory_gib", type=int, metavar="GB", help="size of the device where it is sold with several; the largest if not given")
    parser.add_argument("--gpu-layers", type=int, metavar="N", help="layers on the device; as many as fit if not given")
    parser.add_argument("--cpu-experts", type=int, default=0, metavar="N", help="layers whose experts stay in system memory (--n-cpu-moe of llama.cpp)")
    parser.add_argument("--projector", action="store_true", help="with the part that lets it see or hear (mmproj)")
    parser.add_argument("--draft", metavar="MODEL", help="a smaller model beside it for speculative decoding, in the same format")
    parser.add_argument("--prompt", type=int, default=512, metavar="TOKENS", help="length of the prompt that is read; 512 if not given")
    parser.add_argument("--host", default=HOST, metavar="ID", help=f"system memory that holds the rest; {HOST} if not given")
    parser.add_argument("--storage", default="nvme-gen4", metavar="ID", help="drive it is loaded from; nvme-gen4 if not given")
    parser.add_argument("--json", action="store_true", help="exact figures for programs")


def run(options: argparse.Namespace) -> str:
    """The command's output. Raises CatalogError in one line."""
    settings = {k: v for k, v in vars(options).items() if k not in ("command", "json", "device")}
    result = estimate(**settings, devices=tuple(d.strip() for d in options.device.split(",") if d.strip()))
    return as_json(result) if options.json else as_text(result)
