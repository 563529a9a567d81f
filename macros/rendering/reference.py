"""The reference pages: catalogs of models, devices and formats, and the page of each model and device.

macros/staging.py writes one page for each record; they lie in docs/reference/models/ and docs/reference/devices/,
two folders deep, so their links to each other begin with `..`.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from html import escape
from statistics import median
from typing import NamedTuple

from ..arithmetic import memory as memory_, parameters as count_of, speed
from ..arithmetic.elsewhere import bits_per_matrix_weight, elsewhere_bytes
from ..arithmetic.tensors import tensors
from ..catalog.errors import CatalogError
from ..catalog.measurements import Speed
from ..catalog.records import Device, Mix, Model, Source
from ..data import catalog
from . import units
from .charts import GROUPS
from .html import block, element, figure, hidden, link
from ..speeds import batch_on, decode_on, storage_rate
from .numbers import card_need, ceiling, device_of, kv_bytes, mix_of, model_of, need, rate_of, usable_bytes, usual, weights_bytes
from .sealed import seal
from .tables import cell, head, page_of, row_head, table

# Formats that files are commonly published in, smallest first: what 'the largest format that fits' chooses from.
COMMON = ("Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "BF16")
CONTEXTS = tuple(2**n for n in range(9, 21))
CONTEXT = 8192
CACHES = ("F16", "Q8_0", "Q4_0")
MEMORIES = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 768, 1024, 1536, 2048)
NONE = cell("–")


# ---------------------------------------------------------------- what the pages ask of the arithmetic

def formats(m: Model) -> list[Mix]:
    """Every format a model can be in; mixes for experts only where there are experts."""
    return [x for x in catalog().mixes.values() if _possible(m, x)]


def _possible(m: Model, x: Mix) -> bool:
    return m.architecture.experts is not None or not x.id.endswith("_MOE")


def common(m: Model) -> tuple[str, ...]:
    """COMMON, with the maker's own 4-bit format in its place."""
    return COMMON if usual(m) in COMMON else (*COMMON[:2], usual(m), *COMMON[2:])


def context_of(m: Model) -> int:
    """The context the pages reckon with, or all the model has if that is less."""
    return min(CONTEXT, m.context)


def contexts(m: Model) -> list[int]:
    """Powers of two up to the longest context the model is stated for, and that one."""
    return [c for c in CONTEXTS if CONTEXT // 4 <= c < m.context or m.context < CONTEXT and c < m.context][-10:] + [m.context]


class Room(NamedTuple):
    """Bytes a model can use, and whether they are a card's: then the input embedding stays outside."""

    bytes: int
    card: bool


def room_of(d: Device, size: int) -> Room:
    return _room(d.id, size)


@cache
def _room(device: str, size: int) -> Room:
    d = device_of(device)
    return Room(usable_bytes(d, size), d.kind.endswith("-gpu"))


def holds(m: Model, format: str, context: int, room: Room) -> bool:
    return (card_need if room.card else need)(m.id, format, context).total <= room.bytes


@cache
def largest_format(model: str, room: Room) -> str | None:
    """The largest common format that fits `room` bytes with the usual context; None if none does."""
    m = model_of(model)
    return next((f for f in sorted(common(m), key=lambda f: -weights_bytes(model, f)) if holds(m, f, context_of(m), room)), None)


@cache
def longest_context(model: str, format: str, room: Room) -> int | None:
    """The longest of contexts(model) that fits `room` bytes; None if not even the shortest does."""
    m = model_of(model)
    return next((c for c in reversed(contexts(m)) if holds(m, format, c, room)), None)


@cache
def smallest_memory(model: str) -> int | None:
    """GB of the smallest card in common sizes that holds the usual format with the usual context, a tenth to spare."""
    m = model_of(model)
    return next((size for size in MEMORIES if memory_.verdict(card_need(model, usual(m), context_of(m)).total, memory_.gib_bytes(size)) == "fits"), None)


@cache
def real_bits(model: str, format: str) -> Fraction:
    """Bits per weight over all tensors of the file, as llama-quantize prints it."""
    return Fraction(8 * weights_bytes(model, format), _elements(model))


@cache
def total_of(model: str) -> int:
    return count_of.total(model_of(model).architecture)


@cache
def active_of(model: str) -> int:
    return count_of.active(model_of(model).architecture)


@cache
def _elements(model: str) -> int:
    return sum(t.elements for t in tensors(model_of(model).architecture))


def nominal_bits(x: Mix) -> Fraction:
    """Bits per weight of the block type that a format is named after."""
    kind = catalog().types[x.default]
    return Fraction(8 * kind.bytes, kind.block)


def _by_size(models: Iterable[Model]) -> list[Model]:
    return sorted(models, key=lambda m: (total_of(m.id), m.id))


# ---------------------------------------------------------------- cells

@cache
def speed_cell(model: str, format: str, device: str, context: int, second: str = "") -> str:
    """How fast a device that holds the model writes: the range of published results. The one place where the pages' speeds come from."""
    speed_ = decode_on(model, format, device, context)
    if speed_.expected is None:
        return NONE
    low, high = (units.tokens_per_second(Fraction(v)).split(units.NBSP)[0] for v in (speed_.low, speed_.high))
    mark = {"measured on this device": "", "same class": "", "bound only": "*"}[speed_.basis]
    return cell(f"{low}–{high}{mark}" + second, f"{speed_.expected:.4g}")


def _ceiling_cell(model: str, format: str, device: str) -> str:
    rate = ceiling(model, format, device)
    return cell(units.tokens_per_second(rate).split(units.NBSP)[0], f"{float(rate):.4g}")


def _table(id: str, head_rows: list[str], body: str) -> str:
    return seal(table(id, head_rows, body, searched=False))


def _whole(n: int) -> str:
    """Cell with a whole number; it is exact as it is written."""
    return cell(f"{n:,}")


def _bits(bits: Fraction, **more) -> str:
    return cell(units.fixed(bits, 2), f"{float(bits):.6g}", **more)


def _facts(pairs: Iterable[tuple[str, str, object]]) -> str:
    """A list of facts: what, how it is written (HTML), its exact value; facts without a text are left out."""
    return block(element("dl", "".join(element("div", element("dt", escape(what)) + element("dd", text, data_value=value)) for what, text, value in pairs if text), class_="facts"))


def _sources(sources: Iterable[Source], confidence: str) -> str:
    said = {"verified": "Read in a file, and a second figure agrees.", "derived": "Follows from a standard.", "secondary": "Read in a copy.",
            "memory": "Common knowledge of the trade; a document is still wanted."}
    items = "".join(element("li", f"{link(s.title, s.address)}; read {s.accessed}.") for s in sources)
    return block(element("p", escape(said[confidence]))) + block(element("ol", items, class_="sources"))


def _yes(answer: str) -> str:
    return {"yes": "yes", "conditional": "with conditions", "no": "no", "unknown": "not known"}[answer]


# ---------------------------------------------------------------- page of a model

def model_facts(*, model: str) -> str:
    """What a model is: license, parameters beside the published count, dimensions, context."""
    m, a = model_of(model), model_of(model).architecture
    total, active, extras = total_of(m.id), active_of(m.id), sum(e.count for e in m.parameters.extras)
    e, published = a.experts, m.parameters
    beside = "; ".join(f"{escape(x.name)} {x.count:,}" for x in published.extras)
    agrees = "equal" if total + extras == published.total else f"rounded to {published.rounded_to:,}" if published.rounded_to else ""
    n = kv_bytes(model, context_of(m))
    lede = f"{'A mixture of experts' if e else 'A dense model'} of {units.count(total)} parameters by {m.maker}, {units.month(m.released)}."
    return block(element("p", escape(lede), class_="lede")) + _facts((
        ("Parameters, computed", f"{total:,}", total),
        ("Stored, published", f"{published.total:,} <small>{agrees}</small>", published.total),
        ("Beside the text model", f"{extras:,} <small>{beside}</small>" if extras else "", extras),
        ("Active for a token", f"{active:,}" if e else "", active),
        ("Experts", f"{e.active} of {e.count}" + (f" and {e.shared} shared" if e.shared else "") if e else "", None),
        ("Layers", str(a.layers), a.layers),
        ("Width", f"{a.hidden:,}", a.hidden),
        ("Feed-forward width", f"{a.ffn:,}" if a.ffn else f"{e.ffn:,} <small>per expert</small>", a.ffn or e.ffn),
        ("Heads", f"{a.heads} <small>keys and values</small> {a.kv_heads}" if not a.mla else f"{a.heads} <small>latent attention</small>", a.heads),
        ("Head size", f"{a.head_dim}", a.head_dim),
        ("Attention window", f"{a.window.tokens:,} <small>tokens</small>" if a.window else "", a.window.tokens if a.window else None),
        ("Vocabulary", f"{a.vocab:,}" + (" <small>tied</small>" if a.tied_embeddings else ""), a.vocab),
        (f"KV cache, {context_of(m):,} tokens", units.memory(n), n),
        ("Context, at most", f"{m.context:,} <small>tokens</small>", m.context),
        ("Takes in", escape(", ".join(m.modality)), None),
        ("Published as", escape(m.native_format), None),
        ("License", escape(m.license.name) + (f" <small>{escape(m.license.note)}</small>" if m.license.note else ""), None),
        ("Commercial use", _yes(m.license.commercial), None),
        ("On the hub", link(m.hub, f"https://huggingface.co/{m.hub}"), None),
    )) + (block(element("p", escape(m.note))) if m.note else "")


def model_sizes(*, id: str, caption: str, model: str) -> str:
    """One model in every format: nominal and real bits per weight, file, memory, all it needs with the usual context."""
    m = model_of(model)
    order = sorted(formats(m), key=lambda x: -weights_bytes(model, x.id))
    largest, context, body = weights_bytes(model, order[0].id), context_of(m), ""
    for x in order:
        n, total = weights_bytes(model, x.id), need(model, x.id, context).total
        bar = element("span", "", class_="bar gpu", style=f"width:{100 * n / largest:.1f}%")
        body += element("tr", row_head(x.id) + _bits(nominal_bits(x)) + _bits(real_bits(model, x.id)) + cell(units.gb(n), n) + cell(units.gib(n, 2))
                        + cell(units.gib(total), total) + cell(bar, class_="plot"))
    first = (head("Format") + head("Nominal", "bits") + head("Real", "bits per weight") + head("File", "GB") + head("In memory", "GiB") + head("Needed", f"GiB, {context:,} tokens")
             + element("th", hidden("Bar, ") + f"0 to {units.gb(largest, 0)} GB", scope="col", class_="plot"))
    note = ("Nominal is the block type that most tensors get; real is the average over the whole file. Needed is weights, KV cache, compute buffer, and what driver and program take. "
            + link("Why a file name is not a bit width", "../formats.html") + ".")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(m.name)}, largest first", table=_table(id, [first], element("tbody", body)), class_="tab sizes", note=note)


def model_contexts(*, id: str, caption: str, model: str) -> str:
    """KV cache of one model by context and cache type, and all memory it then needs."""
    m, body = model_of(model), ""
    for context in contexts(m):
        total = need(model, usual(m), context).total
        body += element("tr", row_head(f"{context:,}") + "".join(_cache_cell(model, context, kind) for kind in CACHES) + cell(units.gib(total), total))
    first = head("Context", "tokens") + "".join(head(kind, "GiB") for kind in CACHES) + head("Needed", f"GiB, {usual(m)}, cache F16")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> One conversation, as llama.cpp allocates it", table=_table(id, [first], element("tbody", body)),
                  note="A dash: this cache type stores blocks that a row of this model does not fill.")


def _cache_cell(model: str, context: int, kind: str) -> str:
    try:
        n = kv_bytes(model, context, kind)
    except CatalogError:
        return NONE
    return cell(units.gib(n, 2), n)


def model_devices(*, id: str, caption: str, model: str) -> str:
    """Devices that hold one model: the largest format that fits, the longest context, and how fast it writes."""
    m = model_of(model)
    context, left_out, body = context_of(m), 0, ""
    silent = "" if m.task == "chat" else "It does not write text, so there are no speeds. "
    for kind, title, _ in GROUPS:
        rows = ""
        for d in sorted((d for d in catalog().devices.values() if d.memory and d.kind == kind), key=lambda d: (-rate_of(d.id), d.id)):
            room = room_of(d, max(d.memory.sizes))
            largest, longest = largest_format(model, room), longest_context(model, usual(m), room)
            if largest is None:
                left_out += 1
                continue
            rows += element("tr", row_head(d.name, address=page_of(d, "..")) + cell(_sizes(d)) + cell(largest, class_="l") + speed_cell(model, largest, d.id, context)
                            + _held(m, usual(m), d, context) + _held(m, "Q8_0", d, context) + (_whole(longest) if longest else NONE))
        if rows:
            body += element("tbody", element("tr", element("th", title, scope="rowgroup", colspan=7), class_="grp") + rows)
    if not body:
        return block(element("p", "No device of the catalog holds it whole in a common format."))
    first = (head("Device") + head("Memory", "GB") + head("Largest", "format", class_="l") + head("In it", "tokens/s") + head(usual(m), "tokens/s") + head("Q8_0", "tokens/s")
             + head("Context", f"longest, {usual(m)}"))
    note = (f"Largest format: of {', '.join(common(m))}. {silent}Speed: tokens per second with {context:,} tokens in the cache, a range that holds four of five published results; an asterisk marks ranges without a measured relative. "
            "A dash: it does not fit. Where a device is sold with several memories, the largest is meant, and a second line says from which size on a format fits. "
            "Of unified memory two thirds count up to 32 GB, three quarters above; of system memory all but 4 GiB, in small computers all but three eighths."
            + (f" Devices of the catalog that hold it in none of these formats: {left_out}." if left_out else ""))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Fastest first within each kind", table=_table(id, [first], body), class_="tab wide grouped names", note=note)


def _sizes(d: Device) -> str:
    """Sizes it is sold with; of more than three only the ends."""
    sizes = sorted(d.memory.sizes)
    return ", ".join(map(str, sizes)) if len(sizes) <= 3 else f"{sizes[0]}–{sizes[-1]}"


def _held(m: Model, format: str, d: Device, context: int) -> str:
    fitting = [size for size in sorted(d.memory.sizes) if holds(m, format, context, room_of(d, size))]
    if not fitting:
        return NONE
    return speed_cell(m.id, format, d.id, context, "" if fitting[0] == min(d.memory.sizes) else f'<small class="u">from {fitting[0]} GB</small>')


def model_loading(*, id: str, caption: str, model: str) -> str:
    """How long one model takes to load from each drive, and to come over each network connection."""
    m, body = model_of(model), ""
    chosen = (usual(m), "Q8_0") if holds_blocks(m) else ("BF16",)
    for kind, title in (("storage", "Load from"), ("network", "Fetch over")):
        rows = ""
        for d in sorted((d for d in catalog().devices.values() if d.kind == kind), key=storage_rate):
            rate = Fraction(storage_rate(d))
            rows += element("tr", row_head(d.name, address=page_of(d, "..")) + cell(units.gb_per_second(rate).split(units.NBSP)[0], f"{float(rate):.4g}")
                            + "".join(_time(weights_bytes(model, f), rate) for f in chosen))
        body += element("tbody", element("tr", element("th", title, scope="rowgroup", colspan=2 + len(chosen)), class_="grp") + rows)
    first = head("Where it comes from") + head("Reached", "GB/s") + "".join(head(f, f"{units.gb(weights_bytes(model, f))} GB") for f in chosen)
    share = catalog().constants["storage-share"]
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Slowest first", table=_table(id, [first], body), class_="tab wide grouped",
                  note=f"Reached: {share.value:g} of the measured or nominal rate; loading programs were seen at {share.low:g} to {share.high:g}. A second start is faster where the file is still in memory.")


def holds_blocks(m: Model) -> bool:
    """Whether llama.cpp has the model in formats of blocks."""
    return m.architecture.gguf is not None


def model_sources(*, model: str) -> str:
    """Where the dimensions of a model were read, and how far they are trusted."""
    m = model_of(model)
    return _sources(m.sources, m.confidence)


# ---------------------------------------------------------------- page of a device

def device_facts(*, device: str) -> str:
    """The data sheet of a device."""
    d, rate = device_of(device), rate_of(device)
    b, what = d.bandwidth, _kind_name(d)
    power = Fraction(str(d.fp16_tflops)) * 1000 / rate if d.fp16_tflops else None
    lede = f"{what}{'' if d.maker == 'generic' else f' by {d.maker}'}{f', {units.month(d.launched)}' if d.launched else ''}."
    sizes = ", ".join(map(str, d.memory.sizes)) if d.memory else ""
    return block(element("p", escape(lede), class_="lede")) + _facts((
        ("Bandwidth", units.gb_per_second(rate), f"{float(rate):.6g}"),
        ("Bandwidth, measured", f"{b.measured:g} GB/s" if b.measured else "", b.measured),
        ("Memory", f"{sizes} GB <small>{escape(d.memory.type)}</small>" if d.memory else "", None),
        ("Usable for a model", _usable(d), None),
        ("FP16, dense", _rated(d.fp16_tflops, "TFLOPS"), d.fp16_tflops),
        ("FP32", _rated(d.fp32_tflops, "TFLOPS"), d.fp32_tflops),
        ("INT8, dense", _rated(d.int8_tops, "TOPS"), d.int8_tops),
        ("FP16 operations per byte", units.significant(power, 2) if power else "", f"{float(power):.6g}" if power else None),
        ("Latency", escape(d.latency or ""), None),
        ("Power", _rated(d.power_w, "W"), d.power_w),
        ("Launch price", f"${d.launch_price.usd:,.0f}" if d.launch_price else "", d.launch_price.usd if d.launch_price else None),
        ("Programs reach it by", escape(", ".join(d.backends)), None),
    )) + (block(element("p", escape(d.note[0].upper() + d.note[1:].rstrip(".") + "."))) if d.note else "")


def _rated(value: float | None, unit: str) -> str:
    return f"{units.significant(value) if unit == 'TFLOPS' else f'{value:,g}'} {unit}" if value else ""


def _kind_name(d: Device) -> str:
    return {"storage": "Storage", "network": "Network", "bus": "Bus", "system-memory": "System memory", "unified-memory": "Unified memory", "consumer-gpu": "Graphics card",
            "workstation-gpu": "Workstation card", "datacenter-gpu": "Data-center card"}[d.kind]


def _usable(d: Device) -> str:
    if d.memory is None or d.kind.endswith("-gpu"):
        return ""
    return ", ".join(units.fixed(Fraction(usable_bytes(d, size), 2**30), 0) for size in d.memory.sizes) + " GiB"


def device_models(*, id: str, caption: str, device: str) -> str:
    """Models a device holds, with speed, largest format and longest context; for what holds no model, how long a file takes."""
    d = device_of(device)
    return _models_held(id, caption, d) if d.memory else _models_moved(id, caption, d)


def _models_held(id: str, caption: str, d: Device) -> str:
    sizes, body, left_out = _steps(d.memory.sizes), "", 0
    rooms = [room_of(d, size) for size in sizes]
    for m in _by_size(catalog().models.values()):
        if largest_format(m.id, rooms[-1]) is None:
            left_out += 1
            continue
        total = total_of(m.id)
        fast = speed_cell(m.id, usual(m), d.id, context_of(m)) if holds(m, usual(m), context_of(m), rooms[-1]) else NONE
        body += element("tr", row_head(m.name, address=page_of(m, "..")) + cell(units.fixed(Fraction(total, 10**9), 2), total) + cell(escape(usual(m)), class_="l") + fast
                        + "".join(_fitting(m, room) for room in rooms))
    if not body:
        return block(element("p", "It holds none of the models of the catalog in a common format."))
    several = len(sizes) > 1
    rows = 2 if several else None
    first = head("Model", rowspan=rows) + head("Parameters", "billion", rowspan=rows) + head("Format", class_="l", rowspan=rows) + head("Writes", "tokens/s", rowspan=rows)
    columns = head("Largest", "format", class_="l") + head("Context", "longest")
    if several:
        first += "".join(element("th", f"With {size} GB", scope="colgroup", colspan=2, class_="span") for size in sizes)
    note = (f"Writes: tokens per second with {CONTEXT:,} tokens in the cache (or all the model has), a range that holds four of five published results; an asterisk marks ranges without a measured relative. "
            f"Largest format: of {', '.join(COMMON)}, with the same context. Longest context: in the format of the third column."
            + (f" Models of the catalog that do not fit: {left_out}." if left_out else ""))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Smallest first", table=_table(id, [first, columns * len(sizes)] if several else [first + columns], element("tbody", body)),
                  class_="tab wide", note=note)


BATCHED = ("llama-3.2-3b", "llama-3.1-8b", "gpt-oss-20b", "qwen3-30b-a3b", "qwen3-32b", "llama-3.3-70b", "gpt-oss-120b")
BATCHES = (1, 2, 4, 8, 16, 32)


def device_batches(*, id: str, caption: str, device: str, context: int = 4096) -> str:
    """Tokens per second of several conversations at a time on one device, all of them added, for a few well-known models."""
    d, body = device_of(device), ""
    room = room_of(d, max(d.memory.sizes)) if d.memory else Room(0, card=False)
    for m in map(model_of, BATCHED):
        free = room.bytes - (card_need if room.card else need)(m.id, usual(m), context).total
        cells = ""
        for n in BATCHES:
            more = kv_bytes(m.id, n * context, sequences=n) - kv_bytes(m.id, context)
            speed_ = batch_on(m.id, usual(m), d.id, n, context) if more <= free else None
            if speed_ is None or speed_.expected is None:
                cells += NONE
                continue
            low, high = (units.tokens_per_second(Fraction(v)).split(units.NBSP)[0] for v in (speed_.low, speed_.high))
            cells += cell(f"{low}–{high}{'*' if speed_.basis == 'bound only' else ''}", f"{speed_.expected:.4g}")
        if 'data-value' in cells:
            body += element("tr", row_head(m.name, usual(m), page_of(m, "..")) + cells)
    if not body:
        return block(element("p", "Nothing can be said of several conversations on it."))
    first = head("Model") + "".join(head(f"{n} at a time" if n > 1 else "One", "tokens/s") for n in BATCHES)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> All conversations added, {context:,} tokens of context each", table=_table(id, [first], element("tbody", body)), class_="tab wide",
                  note="Divide by the number of conversations for what each of them sees. A dash: their caches do not fit, or the compute rate of the device is not known. An asterisk marks ranges without a measured relative.")


def _steps(sizes: Iterable[int]) -> list[int]:
    """All sizes if they are few, else about every doubling and the largest: each takes two columns."""
    every = sorted(sizes)
    if len(every) <= 3:
        return every
    kept = every[:1]
    for size in every[1:]:
        if size >= 1.9 * kept[-1] or size == every[-1]:
            kept.append(size)
    return kept


def _fitting(m: Model, room: Room) -> str:
    format, context = largest_format(m.id, room), longest_context(m.id, usual(m), room)
    return (cell(format, class_="l") if format else cell("–", class_="l")) + (_whole(context) if context else NONE)


def _models_moved(id: str, caption: str, d: Device) -> str:
    body, rate = "", rate_of(d.id)
    for m in _by_size(catalog().models.values()):
        small, full = weights_bytes(m.id, usual(m)), weights_bytes(m.id, "BF16")
        body += element("tr", row_head(m.name, address=page_of(m, "..")) + cell(escape(usual(m)), class_="l") + cell(units.gb(small), small) + _time(small, rate)
                        + cell(units.gb(full), full) + _time(full, rate) + _ceiling_cell(m.id, usual(m), d.id))
    first = (head("Model") + head("Format", class_="l") + head("File", "GB") + head("Takes") + head("BF16", "GB") + head("Takes") + head("Read for each token", "tokens/s at most"))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> At its nominal rate of {units.gb_per_second(rate)}", table=_table(id, [first], element("tbody", body)), class_="tab wide",
                  note="The last column is what happens when memory is short and every weight comes over this way again for each token.")


def _time(n_bytes: int, rate: Fraction) -> str:
    seconds = speed.seconds(n_bytes, rate)
    return cell(units.duration(seconds), f"{float(seconds):.4g}")


def measured_on(device: str) -> list[Speed]:
    """Published speeds of one device, by model and format; empty if there are none."""
    own = (row for row in catalog().measurements.speed.values() if row.subject == device)
    return sorted(own, key=lambda r: (r.model_name or "", r.quant or "", r.kind, r.depth or 0, r.id))


def device_measurements(*, id: str, caption: str, device: str) -> str:
    """Published speeds of a device: model, format, test, program, date and source of each."""
    body, found = "", measured_on(device_of(device).id)
    for row in found:
        work = catalog().find("works", row.source)
        test = {"decode": "writing", "prefill": "reading", "end-to-end": "both"}[row.kind] + (f", {row.devices} of it" if row.devices > 1 else "")
        doubt = f'<small class="u">{escape(row.suspect)}</small>' if row.suspect else ""
        body += element("tr", row_head(row.model_name or "not named", row.quant or "") + cell(escape(test) + f'<small class="u">{escape(row.test or "")}</small>', class_="l")
                        + cell(units.significant(row.value) + doubt, row.value) + cell(escape(" ".join(x for x in (row.engine, row.backend) if x)), class_="l")
                        + cell(row.as_of, class_="l") + cell(link(work.title, work.address), class_="l text"))
    first = head("Model, format") + head("Test", class_="l") + head("Speed", "tokens/s") + head("Program", class_="l") + head("As of", class_="l") + head("Source", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {len(found):,} published results", table=_table(id, [first], element("tbody", body)), class_="tab wide",
                  note="Measured by others, under their conditions; nobody checked them again for this book.")


def device_sources(*, device: str) -> str:
    """Where the data of a device were read, and how far they are trusted."""
    d = device_of(device)
    return _sources(d.sources, d.confidence)


# ---------------------------------------------------------------- catalogs

def model_catalog(*, id: str, caption: str) -> str:
    """All models of the catalog, to sort and to narrow: size, memory, license, and a link to the page of each."""
    body, models = "", _by_size(catalog().models.values())
    for m in models:
        a, size = m.architecture, weights_bytes(m.id, usual(m))
        total, least = total_of(m.id), smallest_memory(m.id)
        active = f'<small class="u">{units.fixed(Fraction(active_of(m.id), 10**9), 2)} active</small>' if a.experts else ""
        body += element("tr", row_head(m.name, address=page_of(m)) + cell(escape(m.maker), class_="l") + cell(m.released, class_="l") + cell(units.fixed(Fraction(total, 10**9), 2) + active, total)
                        + _whole(m.context) + cell(units.gb(size), size) + (_whole(least) if least else NONE) + cell(escape(m.license.name.removesuffix(" License")), class_="l text"),
                        data_model=m.id, data_maker=m.maker, data_least=least or 10**6, data_commercial=m.license.commercial, data_sort="experts" if a.experts else "dense",
                        data_takes="vision" if "vision" in m.modality else "text")
    first = (head("Model") + head("Maker", class_="l") + head("Released", class_="l") + head("Parameters", "billion") + head("Context", "tokens")
             + head("File", "GB, 4 bits") + head("Fits from", "GB") + head("License", class_="l"))
    form = _filter(id, _search("Contains"), _choice("Made by", "maker", "anyone", [(x, x) for x in sorted({m.maker for m in models}, key=str.lower)]),
                   _choice("Fits in", "least", "any memory", [(str(n), f"{n} GB") for n in MEMORIES if n <= max(smallest_memory(m.id) or 0 for m in models)], op="max"),
                   _choice("Kind", "sort", "any", [("dense", "dense"), ("experts", "mixture of experts")], keep={"experts" if m.architecture.experts else "dense" for m in models}),
                   _choice("Takes in", "takes", "anything", [("text", "text only"), ("vision", "text and images")], keep={"vision" if "vision" in m.modality else "text" for m in models}),
                   _choice("Commercial use", "commercial", "any", [(x, _yes(x)) for x in ("yes", "conditional", "no", "unknown")], keep={m.license.commercial for m in models}))
    note = ("File: at Q4_K_M, or in the maker's own 4-bit format. Fits from: the smallest card in common sizes that holds this file with 8,192 tokens of context "
            "(or all the model has), KV cache, compute buffer, what driver and program take, and a tenth to spare.")
    return form + figure(id=id, caption=f"<b>{escape(caption)}</b> {len(models)} models, smallest first", table=_sortable(id, first, body), class_="tab wide", note=note)


def device_catalog(*, id: str, caption: str) -> str:
    """All devices of the catalog, to sort and to narrow: memory, bandwidth, power, and a link to the page of each."""
    order = {kind: position for position, (kind, _, _) in enumerate(GROUPS)}
    devices, body = sorted(catalog().devices.values(), key=lambda d: (order[d.kind], rate_of(d.id), d.id)), ""
    for d in devices:
        rate, most = rate_of(d.id), max(d.memory.sizes) if d.memory else 0
        body += element("tr", row_head(d.name, address=page_of(d)) + cell(_kind_name(d), class_="l") + cell(d.launched or "–", d.launched or "", "l")
                        + cell(_sizes(d) if d.memory else "–", most or "") + cell(units.gb_per_second(rate).split(units.NBSP)[0], f"{float(rate):.6g}")
                        + _optional(d.fp16_tflops) + _optional(d.power_w) + _optional(d.launch_price.usd if d.launch_price else None),
                        data_device=d.id, data_kind=d.kind, data_maker=d.maker, data_less=-most)
    first = (head("Device") + head("Kind", class_="l") + head("Launched", class_="l") + head("Memory", "GB") + head("Bandwidth", "GB/s") + head("FP16, dense", "TFLOPS")
             + head("Power", "W") + head("Launch price", "$"))
    sold = sorted({size for d in devices if d.memory for size in d.memory.sizes} & set(MEMORIES))
    form = _filter(id, _search("Contains"), _choice("Kind", "kind", "any", [(kind, title) for kind, title, _ in GROUPS], keep={d.kind for d in devices}),
                   _choice("Made by", "maker", "anyone", [(x, x) for x in sorted({d.maker for d in devices}, key=str.lower)]),
                   _choice("Memory of at least", "less", "any", [(str(-n), f"{n} GB") for n in sold], op="max"))
    return form + figure(id=id, caption=f"<b>{escape(caption)}</b> {len(devices)} devices, slowest first within each kind", table=_sortable(id, first, body), class_="tab wide names",
                         note="FP16 is the dense rate; the sparse one that some makers print is twice as high. Several memories: the sizes it is sold with.")


def _optional(value: float | None) -> str:
    return cell(f"{value:,g}", f"{value:g}") if value else cell("–", "")


def _sortable(id: str, first: str, body: str, *, searched: bool = True) -> str:
    return seal(table(id, [first], element("tbody", body), class_="t sortable", searched=searched))


def _filter(id: str, *controls: str) -> str:
    """A form that docs/assets/book.js shows and obeys; without script it stays hidden and the table is complete."""
    return block(element("form", "".join(controls) + element("button", "Clear", type="reset") + "<output></output>", class_="filter", data_for=f"{id}-table", aria_label="Narrow the table", hidden="hidden"))


def _search(label: str) -> str:
    return element("label", escape(label) + '<input type="search" name="text" autocomplete="off">')


def _choice(label: str, name: str, none: str, options: list[tuple[str, str]], *, op: str | None = None, keep: set[str] | None = None) -> str:
    """A choice that shows the rows whose data-<name> is the chosen value, or at most it; of the options only those in `keep`."""
    options = [option for option in options if keep is None or option[0] in keep]
    return element("label", escape(label) + element("select", element("option", escape(none), value="") + "".join(element("option", escape(text), value=value) for value, text in options),
                                                    name=name, data_op=op))


# ---------------------------------------------------------------- formats

def format_table(*, id: str, caption: str) -> str:
    """Every format: nominal bits per weight, and the lowest, middle and highest real ones among all models."""
    body = ""
    for x in sorted(catalog().mixes.values(), key=lambda x: (-nominal_bits(x), x.id)):
        bits = sorted((real_bits(m.id, x.id), m.id) for m in catalog().models.values() if _possible(m, x))
        if not bits:
            continue
        (low, _), (high, most) = bits[0], bits[-1]
        m = model_of(most)
        example = link(m.name, page_of(m)) if low < high else "–"
        body += element("tr", row_head(x.id) + cell(escape(x.default), class_="l") + _bits(nominal_bits(x)) + _bits(low) + _bits(median(b for b, _ in bits)) + _bits(high)
                        + cell(example, class_="l") + cell(escape(x.what), class_="l text"))
    first = (head("Format") + head("Most tensors", class_="l") + head("Nominal", "bits") + head("Lowest", "real bits") + head("Middle", "real bits") + head("Highest", "real bits")
             + head("Highest for", class_="l") + head("What it is", class_="l"))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Over the {len(catalog().models)} models of the catalog", table=_sortable(id, first, body, searched=False), class_="tab wide",
                  note="Nominal: what the block type of most tensors takes, scales included. Real: 8 × bytes of all tensors ÷ their weights.")


def bits_by_model(*, id: str, caption: str, formats: list[str]) -> str:
    """Real bits per weight of every model in some formats."""
    for name in formats:
        mix_of(name)
    body = "".join(element("tr", row_head(m.name, address=page_of(m)) + "".join(_bits(real_bits(m.id, f)) for f in formats)) for m in _by_size(catalog().models.values()))
    first = head("Model") + "".join(head(f, f"nominal {units.fixed(nominal_bits(mix_of(f)), 2)}") for f in formats)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Smallest model first", table=_sortable(id, first, body, searched=False), class_="tab wide")


def elsewhere_table(*, id: str, caption: str, model: str) -> str:
    """Formats of programs other than llama.cpp: bits with scales, size of one model, what they are and where they run."""
    m, body = model_of(model), ""
    for form in catalog().elsewhere.values():
        n = elsewhere_bytes(m.architecture, form)
        body += element("tr", row_head(form.id, form.container) + _bits(bits_per_matrix_weight(form)) + cell(units.gb(n), n) + cell(units.gib(n, 2), n)
                        + cell(escape(form.what), class_="l text") + cell(escape(form.runs_on), class_="l text"))
    first = head("Format") + head("Matrices", "bits with scales") + head("Size", "GB") + head("In memory", "GiB") + head("What it is", class_="l") + head("Where it runs", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Size of {escape(m.name)}", table=_table(id, [first], element("tbody", body)), class_="tab wide",
                  note="Input embedding and output matrix keep 16 bits in most of them, which is why small models shrink less. Computed by these rules, not compared with files as GGUF is.")


def block_table(*, id: str, caption: str) -> str:
    """Every block type: weights per block, bytes per block, bits per weight."""
    body = ""
    for kind in catalog().types.values():
        bits = Fraction(8 * kind.bytes, kind.block)
        body += element("tr", row_head(kind.id) + cell(f"{kind.block:,}", kind.block) + cell(f"{kind.bytes:,}", kind.bytes) + cell(units.significant(bits, 5).rstrip("0").rstrip("."), f"{float(bits):.6g}"))
    first = head("Type") + head("Block", "weights") + head("Block", "bytes") + head("Per weight", "bits")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> 8 × bytes ÷ weights", table=_table(id, [first], element("tbody", body)))
