"""Numbers inside sentences. Each carries its working: formula, inputs, source.

A macro returns an empty <data> element that holds the text and the working in attributes, so that no
Markdown rule can touch either; the Markdown extension in endnotes.py turns it into a link and an endnote.
"""

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from html import escape

from .. import speeds
from ..arithmetic import compute_buffer, cost, kv_cache as kv, memory as memory_, parameters as count_of, placement, speed, throughput, weights as weights_of
from ..arithmetic.quantization import types
from ..arithmetic.blocks import attention_shape, has_own_keys
from ..arithmetic.tensors import kinds, tensors
from ..catalog.errors import CatalogError
from ..catalog.measurements import Measurement, Quote
from ..catalog.records import Architecture, Device, Mix, Model, Source
from ..data import catalog
from . import units
from .html import block, element, link

LLAMA_CPP = "llama.cpp commit 0c1e57098 (October 2026)"


@dataclass(frozen=True)
class Number:
    """A computed value: how it is written, the exact value behind it, and how it came about."""

    text: str
    exact: str                       # exact value for programs, in `unit`
    unit: str
    formula: str                     # HTML
    inputs: str = ""                 # HTML
    sources: tuple[Source, ...] = ()

    def inline(self) -> str:
        return element("data", class_="n", value=self.exact, data_unit=self.unit, data_text=self.text, data_working=self.working())

    def working(self) -> str:
        """The working as one line of HTML: formula, inputs, source."""
        parts = [f'<b>{escape(self.text)}</b> = <span class="f">{self.formula}</span>']
        if self.inputs:
            parts.append(self.inputs)
        if self.sources:
            cited = "; ".join(f"{link(s.title, s.address)}, read {s.accessed}" for s in self.sources)
            parts.append(f"<small>Source: {cited}</small>")
        return "<br>".join(parts)


def model_of(key: str) -> Model:
    return catalog().find("models", key)


def device_of(key: str) -> Device:
    return catalog().find("devices", key)


def mix_of(key: str) -> Mix:
    return catalog().find("mixes", key)


def cache_type(key: str):
    return catalog().find("types", str(key).upper())


def usual(m: Model) -> str:
    """The format its files are most often loaded in: the maker's own where that has 4 bits, else Q4_K_M."""
    return "MXFP4_MOE" if m.native_format == "MXFP4" else "Q4_K_M"


def format_for(m: Model, format: str) -> str:
    """Q4_K_M stands for the usual format of a model; others are meant as they are."""
    return usual(m) if format == "Q4_K_M" else format


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CatalogError(f"{name}={value!r} is not possible; write a whole number of at least 1, for example {name}=8192")
    return value


# ---------------------------------------------------------------- arithmetic on catalog ids
# Cached, because hundreds of pages ask for the same few thousand sums over all tensors of a model;
# typed, so that context=8192.0 is refused although it equals 8192.

_cached = lru_cache(maxsize=None, typed=True)


@_cached
def weights_bytes(model: str, format: str, imatrix: bool = False, before_2026: bool = False) -> int:
    return weights_of.weights_bytes(model_of(model).architecture, mix_of(format), catalog().types, imatrix=imatrix, before_2026=before_2026)


@_cached
def kv_bytes(model: str, context: int, cache: str = "F16", sequences: int = 1) -> int:
    kind = cache_type(cache)
    try:
        return kv.kv_bytes(model_of(model).architecture, _positive("context", context), kind, kind, sequences=_positive("sequences", sequences))
    except kv.Impossible as error:
        raise CatalogError(str(error)) from None


@_cached
def need(model: str, format: str, context: int, cache: str = "F16") -> memory_.Need:
    overhead = catalog().find("constants", "runtime-overhead")
    return memory_.Need(
        weights=weights_bytes(model, format), kv_cache=kv_bytes(model, context, cache),
        compute=compute_buffer.compute_bytes(model_of(model).architecture, context),
        overhead=memory_.gib_bytes(overhead.value))


def usable_bytes(d: Device, size: int) -> int:
    """What a model can use of a device sold with `size` GB: all of a card's memory, a share where the system lives in it too."""
    if d.kind.endswith("-gpu"):
        return memory_.gib_bytes(size)
    if d.kind == "system-memory":
        # A small computer keeps a larger part for itself, but not four of eight gigabytes.
        kept = min(Fraction(str(catalog().find("constants", "system-keeps").value)), Fraction(3 * size, 8))
        return memory_.gib_bytes(size) - int(kept * 2**30)
    share = catalog().find("constants", "usable-share-to-32-gb" if size <= 32 else "usable-share-above-32-gb")
    return int(memory_.gib_bytes(size) * Fraction(str(share.value)))


def card_need(model: str, format: str, context: int, cache: str = "F16") -> memory_.Need:
    """What lies on a graphics card that holds all layers: without an input embedding, which stays in the computer's memory."""
    return replace(need(model, format, context, cache), weights=_weights_on_card(model, format))


@_cached
def _weights_on_card(model: str, format: str) -> int:
    kind = cache_type("F16")
    return placement.place(model_of(model).architecture, mix_of(format), catalog().types, 256, kind, kind).device_weights


@_cached
def bytes_per_token(model: str, format: str, context: int = 0) -> int:
    """Bytes one generated token reads: weights, and the KV cache at that depth."""
    read = weights_of.bytes_read_per_token(model_of(model).architecture, mix_of(format), catalog().types)
    return read + (kv_bytes(model, context) if context else 0)


def ceiling(model: str, format: str, device: str, context: int = 0) -> Fraction:
    return speed.decode_ceiling(bytes_per_token(model, format, context), rate_of(device))


@_cached
def rate_of(device: str) -> Fraction:
    """Bandwidth in GB/s."""
    return speed.bandwidth(device_of(device).bandwidth)


def size_gib(device: Device, size: int | None) -> int:
    """Capacity in GiB: the only one it is sold with, or `size`."""
    if device.memory is None:
        raise CatalogError(f"device '{device.id}' holds no model; name one with memory, for example rtx-3060-12")
    if size is None and len(device.memory.sizes) == 1:
        return device.memory.sizes[0]
    if size not in device.memory.sizes:
        raise CatalogError(f"device '{device.id}' is sold with {', '.join(map(str, device.memory.sizes))} GB; add size= one of them")
    return size


# ---------------------------------------------------------------- numbers

def _parameters(model: str) -> Number:
    m = model_of(model)
    total = count_of.total(m.architecture)
    extras = sum(e.count for e in m.parameters.extras)
    beside = f"; with {units.count(extras)} beside the text model (towers, buffers) the published {m.parameters.total:,}" if extras else ", equal to the published count"
    return Number(units.count(total), str(total), "parameters", f"{total:,}, the elements of {sum(t.counted for t in tensors(m.architecture)):,} tensors",
                  f"{m.name}: {m.architecture.layers} layers, width {m.architecture.hidden:,}, vocabulary {m.architecture.vocab:,}{beside}", (m.parameters.source,))


def _active_parameters(model: str) -> Number:
    m = model_of(model)
    value, e = count_of.active(m.architecture), m.architecture.experts
    how = f"{e.active} of {e.count} experts in each layer" + (f" and {e.shared} shared" if e.shared else "") if e else "all of them: this model is dense"
    return Number(units.count(value), str(value), "parameters", f"{value:,} of {count_of.total(m.architecture):,}", f"{m.name}: {how}; both embeddings counted", m.sources[:1])


def _by_type(m: Model, mix: Mix, **options) -> str:
    """'Q4_K 6.57 billion × 4.5 bits + …' for all tensors of the file."""
    sums: Counter = Counter()
    for tensor, kind in types(m.architecture, mix, catalog().types, **options):
        sums[kind] += tensor.elements
    return " + ".join(f"{units.count(n)} weights in {kind.id} × {units.significant(Fraction(8 * kind.bytes, kind.block), 5).rstrip('0').rstrip('.')} bits"
                      for kind, n in sums.most_common())


def _format_sources() -> tuple[Source, ...]:
    return (Source.model_construct(title=f"{LLAMA_CPP}, block sizes and llama-quant.cpp", address="https://github.com/ggml-org/llama.cpp", accessed="2026-11-21"),)


def _file_size(model: str, format: str, imatrix: bool = False, before_2026: bool = False) -> Number:
    m, mix = model_of(model), mix_of(format)
    n = weights_bytes(model, format, imatrix, before_2026)
    options = (" with an importance matrix" if imatrix else "") + (" by the rules before 2026" if before_2026 else "")
    return Number(units.file_size(n), str(n), "bytes", f"({_by_type(m, mix, imatrix=imatrix, before_2026=before_2026)}) ÷ 8 = {n:,} bytes",
                  f"{m.name} at {mix.id}{options}; the file adds 1 to 16 MB of tokenizer and metadata; 1 GB = 10<sup>9</sup> bytes", _format_sources())


def _weights(model: str, format: str) -> Number:
    m, mix = model_of(model), mix_of(format)
    n = weights_bytes(model, format)
    return Number(units.memory(n), str(n), "bytes", f"({_by_type(m, mix)}) ÷ 8 = {n:,} bytes",
                  f"{m.name} at {mix.id}; 1 GiB = 2<sup>30</sup> bytes", _format_sources())


def _bits_per_weight(model: str, format: str) -> Number:
    m, mix = model_of(model), mix_of(format)
    bits = weights_of.bits_per_weight(m.architecture, mix, catalog().types)
    elements = sum(t.elements for t in tensors(m.architecture))
    return Number(units.fixed(bits, 2), str(float(bits)), "bits", f"8 × {weights_bytes(model, format):,} bytes ÷ {elements:,} weights", f"{m.name} at {mix.id}", _format_sources())


def _cell_values(a: Architecture, kind: str) -> str:
    """Values one token takes in a layer, in words: '2 × 8 heads × 128 values'."""
    if a.mla:
        return f"{a.mla.kv_rank + a.mla.rope_dim + (a.indexer.head_dim if a.indexer else 0)} values"
    _, kv_heads, size = attention_shape(a, kind)
    return f"2 × {kv_heads} heads × {size} values"


def _bytes_per_value(kind) -> str:
    return units.significant(Fraction(kind.bytes, kind.block), 5).rstrip("0").rstrip(".") if kind.block > 1 else str(kind.bytes)


def _kv_formula(m: Model, context: int, cache: str, sequences: int) -> str:
    a, kind = m.architecture, cache_type(cache)
    layers = Counter(k for i, k in enumerate(kinds(a)) if k not in "FE" and (k not in "AW" or has_own_keys(a, i)))
    full, window = kv.cells(a, context, sequences=sequences)
    parts = []
    for letter, word, cells in (("A", "layers", full), ("W", "windowed layers", window)):
        if layers[letter]:
            parts.append(f"{layers[letter]} {word} × {cells:,} tokens × {_cell_values(a, letter)} × {_bytes_per_value(kind)} bytes")
    for letter, word in (("L", "linear layers"), ("K", "delta layers"), ("M", "Mamba layers"), ("C", "convolution layers")):
        if layers[letter]:
            parts.append(f"{layers[letter]} {word} × {sequences * kv.state_bytes(a, letter):,} bytes of state")
    return " + ".join(parts)


def _kv_cache(model: str, context: int, cache: str = "F16", sequences: int = 1) -> Number:
    m = model_of(model)
    n = kv_bytes(model, context, cache, sequences)
    return Number(units.memory(n), str(n), "bytes", f"{_kv_formula(m, context, cache, sequences)} = {n:,} bytes",
                  f"{m.name}, {context:,} tokens, cache in {cache_type(cache).id}, as llama.cpp allocates it", (*m.sources[:1], *_format_sources()))


def _kv_per_token(model: str, cache: str = "F16") -> Number:
    m, kind = model_of(model), cache_type(cache)
    n, a = kv.growing_bytes_per_token(m.architecture, kind, kind), m.architecture
    full = sum(1 for i, k in enumerate(kinds(a)) if k == "A" and has_own_keys(a, i))
    note = "" if full == a.layers else f"; only the {full} layers that see everything keep growing"
    return Number(units.memory(n), str(n), "bytes", f"{full} layers × {_cell_values(a, 'A')} × {_bytes_per_value(kind)} bytes = {n:,} bytes",
                  f"{m.name}, cache in {kind.id}{note}", m.sources[:1])


def _memory(model: str, format: str, context: int, cache: str = "F16") -> Number:
    m, n = model_of(model), need(model, format, context, cache)
    overhead = catalog().find("constants", "runtime-overhead")
    return Number(units.memory(n.total, 1), str(n.total), "bytes",
                  f"weights {units.memory(n.weights)} + KV cache {units.memory(n.kv_cache)} + compute buffer {units.memory(n.compute)} + driver and program {units.memory(n.overhead)}",
                  f"{m.name} at {format}, {context:,} tokens; the last part is {overhead.low:g} to {overhead.high:g} GiB, depending on the system", _format_sources())


def _decode_ceiling(model: str, format: str, device: str, context: int = 0) -> Number:
    m, d = model_of(model), device_of(device)
    read, rate = bytes_per_token(model, format, context), speed.bandwidth(d.bandwidth)
    value = ceiling(model, format, device, context)
    what = f"{m.name} at {format}" + (f" with {context:,} tokens in the cache" if context else "")
    return Number(units.tokens_per_second(value), f"{float(value):.6g}", "tokens/s", f"{units.gb_per_second(rate)} ÷ {units.file_size(read)} read per token",
                  f"{d.name}; {what}: every weight once" + (", of the experts only the active ones" if m.architecture.experts else "") + ", of a separate input embedding one row", (*d.sources[:1],))


def _speed(what: str, prediction: speeds.Prediction, model: Model, format: str, device: Device) -> Number:
    if prediction.expected is None:
        raise CatalogError(f"nothing can be said of {what} on '{device.id}': {prediction.basis}; name another device")
    low, expected, high = (units.tokens_per_second(Fraction(getattr(prediction, end))) for end in ("low", "expected", "high"))
    return Number(f"{low.split(units.NBSP)[0]} to {high}", f"{prediction.expected:.6g}", "tokens/s",
                  f"{expected} expected; four of five published speeds lie in such a range", f"{m_at(model, format)} on {device.name}; rests on: {prediction.basis}", device.sources[:1])


def m_at(model: Model, format: str) -> str:
    return f"{model.name} at {format}"


def _decode_speed(model: str, format: str, device: str, context: int = 0) -> Number:
    return _speed("writing", speeds.decode_on(model, format, device, context), model_of(model), format, device_of(device))


def _prefill_speed(model: str, format: str, device: str, prompt: int = 512) -> Number:
    return _speed("reading a prompt", speeds.prefill_on(model, format, device, prompt), model_of(model), format, device_of(device))


def _load_time(model: str, format: str, storage: str = "nvme-gen4") -> Number:
    m, d = model_of(model), device_of(storage)
    if d.kind not in ("storage", "network"):
        raise CatalogError(f"storage='{storage}' is no drive; name one, for example storage='nvme-gen4'")
    n, share = weights_bytes(model, format), catalog().find("constants", "storage-share")
    b = d.bandwidth
    rate = Fraction(str(b.measured)) if b.measured else speed.bandwidth(b)
    value = Fraction(throughput.load_seconds(n, speeds.storage_rate(d)))
    return Number(units.duration(value), f"{float(value):.6g}", "seconds",
                  f"{units.file_size(n)} ÷ ({units.gb_per_second(rate)}{' measured' if b.measured else ''} × {share.value:g})",
                  f"{m_at(m, format)} from {d.name}; programs reach {share.low:g} to {share.high:g} of the rate: {share.what}", (*d.sources[:1], *share.sources))


def _first_token_time(model: str, format: str, device: str, prompt: int = 6000) -> Number:
    m, d = model_of(model), device_of(device)
    reading = speeds.prefill_on(model, format, device, _positive("prompt", prompt))
    if reading.expected is None:
        raise CatalogError(f"nothing can be said of reading a prompt on '{device}': {reading.basis}; name another device")
    least, expected, most = (units.duration(Fraction(prompt / rate)) for rate in (reading.high, reading.expected, reading.low))
    return Number(units.from_to(least, most), f"{prompt / reading.expected:.6g}", "seconds",
                  f"{prompt:,} tokens ÷ {units.tokens_per_second(Fraction(reading.expected))} of reading = {expected} expected",
                  f"{m_at(m, format)} on {d.name}, the model in memory and nothing of the prompt kept from before; rests on: {reading.basis}", d.sources[:1])


def _batch_speed(model: str, format: str, device: str, sequences: int, context: int = 4096) -> Number:
    number = _speed("several conversations", speeds.batch_on(model, format, device, _positive("sequences", sequences), context), model_of(model), format, device_of(device))
    formula = f"{number.formula.split(';')[0]}; 81 of 100 measurements of batches lie in such a range (75, on one device)"
    return replace(number, formula=formula, inputs=f"{number.inputs}; {sequences} conversations of {context:,} tokens each, all their tokens added: the weights are read once for all of them")


def _energy_per_token(model: str, format: str, device: str, context: int = 0) -> Number:
    m, d = model_of(model), device_of(device)
    if d.power_w is None:
        raise CatalogError(f"device '{device}' has no power_w; add it to macros/catalog/devices/{device}.yaml or name another device")
    writing = speeds.decode_on(model, format, device, context)
    if writing.expected is None:
        raise CatalogError(f"nothing can be said of writing on '{device}': {writing.basis}; name another device")
    least, expected, most = (units.significant(Fraction(d.power_w / rate), 2) for rate in (writing.high, writing.expected, writing.low))
    return Number(f"{least} to {most}{units.NBSP}joules", f"{d.power_w / writing.expected:.6g}", "J/token",
                  f"{d.power_w:g} W ÷ {units.tokens_per_second(Fraction(writing.expected))} = {expected} joules expected",
                  f"{m_at(m, format)} on {d.name} at its rated power; writing draws less than that, the rest of the computer adds its own", d.sources[:1])


def _bandwidth(device: str) -> Number:
    d = device_of(device)
    b, value = d.bandwidth, speed.bandwidth(d.bandwidth)
    if b.bus_bits:
        formula = f"{b.bus_bits:,} bit × {b.transfer_rate:g} GT/s ÷ 8"
    elif b.lanes:
        lanes = f"{b.lanes} lanes × " if b.lanes > 1 else ""
        formula = f"{lanes}{b.line_rate:g} Gbit/s" + (f" × {b.encoding.replace('/', '⁄')} for the encoding" if b.encoding != "1/1" else "") + " ÷ 8"
    else:
        formula = "as stated by the source"
    if b.published is not None:
        formula += f" = {units.gb_per_second(b.derived)}; the maker states {units.gb_per_second(value)}"
    return Number(units.gb_per_second(value), f"{float(value):.6g}", "GB/s", formula, f"{d.name}; 1 GB/s = 10<sup>9</sup> bytes a second", d.sources)


def _bandwidth_ratio(device: str, than: str) -> Number:
    one, other = device_of(device), device_of(than)
    a, b = speed.bandwidth(one.bandwidth), speed.bandwidth(other.bandwidth)
    return Number(units.times(a / b), f"{float(a / b):.6g}", "ratio", f"{units.gb_per_second(a)} ÷ {units.gb_per_second(b)}", f"{one.name} against {other.name}", (*one.sources[:1], *other.sources[:1]))


def _capacity(device: str, size: int | None = None) -> Number:
    d = device_of(device)
    gib = size_gib(d, size)
    return Number(f"{gib}{units.NBSP}GiB", str(gib * 2**30), "bytes", f"sold as {gib} GB, which memory makers mean as GiB: {gib * 2**30:,} bytes", d.name, d.sources)


def _transfer_time(model: str, format: str, device: str) -> Number:
    m, d = model_of(model), device_of(device)
    n, rate = weights_bytes(model, format), speed.bandwidth(d.bandwidth)
    value = speed.seconds(n, rate)
    return Number(units.duration(value), f"{float(value):.6g}", "seconds", f"{units.file_size(n)} ÷ {units.gb_per_second(rate)}", f"{m.name} at {format} over {d.name} at its nominal rate", d.sources[:1])


def _size_ratio(model: str, format: str, than: str) -> Number:
    m, a, b = model_of(model), weights_bytes(model, format), weights_bytes(model, than)
    return Number(units.times(Fraction(a, b)), f"{a / b:.6g}", "ratio", f"{units.file_size(a)} ÷ {units.file_size(b)}", f"{m.name} at {format} against {than}", _format_sources())


def _words(tokens: int) -> Number:
    c = catalog().find("constants", "words-per-token")
    value = int(_positive("tokens", tokens) * Fraction(str(c.value)))
    rounded = units.significant(round(value, 1 - len(str(value)) + 1), 2)
    return Number(f"about {rounded}{units.NBSP}words", str(value), "words", f"{tokens:,} tokens × {c.value:g} words per token", f"{c.what} Range {c.low:g} to {c.high:g}.", c.sources)


def _split_ceiling(model: str, format: str, device: str, system: str, share: float) -> Number:
    m, d, other = model_of(model), device_of(device), device_of(system)
    if not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise CatalogError(f"share={share!r} is not possible; write the part of the weights in system memory, from 0 to 1, for example share=0.2")
    read, part = bytes_per_token(model, format), Fraction(str(share))
    fast, slow = speed.bandwidth(d.bandwidth), speed.bandwidth(other.bandwidth)
    value = 1 / (speed.seconds(read * (1 - part), fast) + speed.seconds(read * part, slow))
    return Number(units.tokens_per_second(value), f"{float(value):.6g}", "tokens/s",
                  f"1 ÷ ({units.file_size(round(read * (1 - part)))} ÷ {units.gb_per_second(fast)} + {units.file_size(round(read * part))} ÷ {units.gb_per_second(slow)})",
                  f"{m.name} at {format}, {units.fixed(100 * part, 0)}{units.NBSP}% of it in {other.name}, the rest on {d.name}", (*d.sources[:1], *other.sources[:1]))


def _split_loss(model: str, format: str, device: str, system: str, share: float) -> Number:
    whole, split = ceiling(model, format, device), Fraction(_split_ceiling(model, format, device, system, share).exact)
    value = 100 * (1 - split / whole)
    return Number(f"{units.fixed(value, 0)}{units.NBSP}%", f"{float(value):.4g}", "%", f"1 − {units.tokens_per_second(split)} ÷ {units.tokens_per_second(whole)}",
                  f"{m_at(model_of(model), format)}: ceiling with {units.fixed(100 * Fraction(str(share)), 0)}{units.NBSP}% of it in {device_of(system).name} against all on {device_of(device).name}",
                  (*device_of(device).sources[:1], *device_of(system).sources[:1]))


def _input_embedding(model: str, format: str) -> Number:
    m = model_of(model)
    n = need(model, format, 256).weights - card_need(model, format, 256).weights
    return Number(units.memory(n), str(n), "bytes", f"{units.memory(weights_bytes(model, format))} of weights − {units.memory(_weights_on_card(model, format))} on a card that holds all layers",
                  f"{m_at(m, format)}; nothing where the output matrix is the same one, which then lies on both sides", _format_sources())


def _work_space(model: str, context: int) -> Number:
    m, n = model_of(model), compute_buffer.compute_bytes(model_of(model).architecture, _positive("context", context))
    return Number(units.memory(n), str(n), "bytes", f"{n:,} bytes, the largest of the results that must be kept at the same time while 512 tokens of a prompt pass through",
                  f"{m.name}, {context:,} tokens of context, flash attention", _format_sources())


def _overhead() -> Number:
    c = catalog().find("constants", "runtime-overhead")
    return Number(f"{c.value:g}{units.NBSP}GiB", str(memory_.gib_bytes(c.value)), "bytes", f"assumed; reports range from {c.low:g} to {c.high:g} GiB", c.what, c.sources)


def _operations_per_byte(device: str) -> Number:
    d = device_of(device)
    if d.fp16_tflops is None:
        raise CatalogError(f"device '{device}' has no fp16; add it to macros/catalog/devices/{device}.yaml or name another device")
    rate = speed.bandwidth(d.bandwidth)
    value = Fraction(str(d.fp16_tflops)) * 1000 / rate
    return Number(units.significant(value, 2), f"{float(value):.6g}", "operations/byte", f"{units.significant(d.fp16_tflops)} trillion operations a second ÷ {units.gb_per_second(rate)}",
                  f"{d.name}, dense FP16", d.sources)


def _operations_per_byte_needed(model: str, format: str) -> Number:
    m = model_of(model)
    used, read = count_of.multiplied(m.architecture), bytes_per_token(model, format)
    value = Fraction(2 * used, read)
    return Number(units.significant(value, 2), f"{float(value):.6g}", "operations/byte", f"2 × {units.count(used)} operations ÷ {units.file_size(read)} read per token",
                  f"{m.name} at {format}: one multiplication and one addition per weight", m.sources[:1])


def _reading_speed() -> Number:
    reading, tokens = catalog().find("constants", "reading-speed"), catalog().find("constants", "words-per-token")
    value = Fraction(str(reading.value)) / 60 / Fraction(str(tokens.value))
    return Number(units.tokens_per_second(value), f"{float(value):.6g}", "tokens/s", f"{reading.value:g} words a minute ÷ 60 ÷ {tokens.value:g} words per token", reading.what, reading.sources)


def _dimension(model: str, name: str) -> Number:
    m, a = model_of(model), model_of(model).architecture
    known = {"layers": (a.layers, f"{a.layers} layers"), "vocabulary": (a.vocab, f"{a.vocab:,} tokens"), "width": (a.hidden, f"{a.hidden:,}"),
             "heads": (a.heads, f"{a.heads} heads"), "tensors": (len(tensors(a)), f"{len(tensors(a)):,} tensors")}
    if a.experts:
        known["experts"] = (a.experts.active, f"{a.experts.active} of {a.experts.count} experts")
    if name not in known:
        raise CatalogError(f"dimension(name='{name}'): {m.name} has no such dimension; use one of {', '.join(known)}")
    value, text = known[name]
    how = "every tensor that the architecture implies, as the GGUF file stores them" if name == "tensors" else "as its config.json says"
    return Number(text.replace(" ", units.NBSP), str(value), name, how, m.name, m.sources[:1])


def _fact(id: str) -> Number:
    f = catalog().find("facts", id)
    return Number(f.value, f.value, "quotation", escape(f.statement), f"As of {units.month(f.as_of)}; quoted, not computed here", f.sources)


def _cited(row: Measurement) -> Source:
    """The source of a measurement, with the place in it."""
    work = catalog().find("works", row.source)
    return Source.model_construct(title=work.title + (f", {row.locator}" if row.locator else ""), address=work.address, accessed=work.accessed)


def _price_of_electricity(key: str) -> Quote:
    quote = catalog().measurements.find("prices", key)
    if quote.kind != "electricity":
        raise CatalogError(f"price='{key}' is a price of tokens; name one of electricity, for example electricity-us-2026-06")
    return quote


def _electricity_price(price: str) -> Number:
    q = _price_of_electricity(price)
    return Number(units.price_per_kwh(q.value, q.unit), str(q.value), q.unit, escape(q.place),
                  f"{escape(q.period or units.month(q.as_of))}; quoted, not computed here" + (f"; {escape(q.note)}" if q.note else ""), (_cited(q),))


def _electricity(run: str, price: str) -> Number:
    measured, q = catalog().measurements, _price_of_electricity(price)
    power = measured.find("power", run)
    if power.kind != "draw" or not (power.speed or power.tokens_per_s):
        raise CatalogError(f"run='{run}' is not a power measured together with a speed; name a row of power.csv with kind draw and a speed")
    rate = power.tokens_per_s or measured.find("speed", power.speed).value
    value = cost.electricity(power.value, rate, q.value)
    model = catalog().models[power.model].name if power.model else power.model_name or "unnamed model"
    where = {"wall": "at the wall, the whole system", "gpu": "of the card alone", "as-stated": "as the source states it"}[power.scope]
    return Number(units.money(value, q.unit), f"{float(value):.6g}", f"{q.unit.split('/')[0]} per million tokens",
                  f"{power.value:g} W ÷ {rate:g} tokens/s × 1,000,000 tokens ÷ 3,600,000 J = "
                  f"{units.significant(cost.kwh_per_million_tokens(power.value, rate))} kWh; × {units.price_per_kwh(q.value, q.unit)}",
                  f"{escape(model)}{f' at {escape(power.quant)}' if power.quant else ''} on {escape(power.subject_name or power.subject)}, power {where}; "
                  f"electricity: {escape(q.place)}, {units.month(q.as_of)}",
                  (_cited(power), _cited(q)))


def _watt_year(price: str) -> Number:
    q = _price_of_electricity(price)
    value = cost.watt_year(q.value)
    return Number(units.money(value, q.unit), f"{float(value):.6g}", q.unit.split("/")[0],
                  f"1 W × {cost.HOURS_PER_YEAR:,} hours = {cost.HOURS_PER_YEAR / 1000:g} kWh; × {units.price_per_kwh(q.value, q.unit)}",
                  f"Electricity: {escape(q.place)}, {units.month(q.as_of)}", (_cited(q),))


# ---------------------------------------------------------------- macros

def parameters(*, model: str) -> str:
    """Parameters of the text model, for example 8.03 billion."""
    return _parameters(model).inline()


def active_parameters(*, model: str) -> str:
    """Parameters that take part in one token (for a mixture of experts fewer than all)."""
    return _active_parameters(model).inline()


def file_size(*, model: str, format: str, imatrix: bool = False, before_2026: bool = False) -> str:
    """Size of the download in GB; imatrix=True for a file made with an importance matrix."""
    return _file_size(model, format, imatrix, before_2026).inline()


def weights(*, model: str, format: str) -> str:
    """Memory the weights take, in GiB."""
    return _weights(model, format).inline()


def bits_per_weight(*, model: str, format: str) -> str:
    """Real average bits per weight of a format for this model."""
    return _bits_per_weight(model, format).inline()


def kv_cache(*, model: str, context: int, cache: str = "F16", sequences: int = 1) -> str:
    """Memory of the KV cache at a context, in GiB or MiB."""
    return _kv_cache(model, context, cache, sequences).inline()


def kv_per_token(*, model: str, cache: str = "F16") -> str:
    """Memory each further token of context takes."""
    return _kv_per_token(model, cache).inline()


def memory(*, model: str, format: str, context: int, cache: str = "F16") -> str:
    """All memory a device must have free: weights, KV cache, compute buffer, driver and program."""
    return _memory(model, format, context, cache).inline()


def decode_ceiling(*, model: str, format: str, device: str, context: int = 0) -> str:
    """Tokens per second that the device's bandwidth allows at most."""
    return _decode_ceiling(model, format, device, context).inline()


def decode_speed(*, model: str, format: str, device: str, context: int = 0) -> str:
    """Tokens per second of writing on a device that holds the whole model, as the range of four in five published results."""
    return _decode_speed(model, format, device, context).inline()


def prefill_speed(*, model: str, format: str, device: str, prompt: int = 512) -> str:
    """Tokens per second of reading a prompt, as a range."""
    return _prefill_speed(model, format, device, prompt).inline()


def load_time(*, model: str, format: str, storage: str = "nvme-gen4") -> str:
    """Time until the file is in memory, at the share of the drive's rate that programs reach."""
    return _load_time(model, format, storage).inline()


def first_token_time(*, model: str, format: str, device: str, prompt: int = 6000) -> str:
    """Time until the first token of an answer: reading a prompt of so many tokens, as a range."""
    return _first_token_time(model, format, device, prompt).inline()


def batch_speed(*, model: str, format: str, device: str, sequences: int, context: int = 4096) -> str:
    """Tokens per second of several conversations at a time, all added, as a range."""
    return _batch_speed(model, format, device, sequences, context).inline()


def energy_per_token(*, model: str, format: str, device: str, context: int = 0) -> str:
    """Joules per written token at the device's rated power, as a range."""
    return _energy_per_token(model, format, device, context).inline()


def bandwidth(*, device: str) -> str:
    """Memory, storage, bus or network bandwidth in GB/s."""
    return _bandwidth(device).inline()


def bandwidth_ratio(*, device: str, than: str) -> str:
    """How many times the bandwidth of one device is that of another."""
    return _bandwidth_ratio(device, than).inline()


def capacity(*, device: str, size: int | None = None) -> str:
    """Memory of a device in GiB; `size` where it is sold with several."""
    return _capacity(device, size).inline()


def transfer_time(*, model: str, format: str, device: str) -> str:
    """Time to move the file over a storage device, bus or network at its nominal rate."""
    return _transfer_time(model, format, device).inline()


def size_ratio(*, model: str, format: str, than: str) -> str:
    """Size of one format as a multiple of another."""
    return _size_ratio(model, format, than).inline()


def words(*, tokens: int) -> str:
    """English words that so many tokens hold, roughly."""
    return _words(tokens).inline()


def split_ceiling(*, model: str, format: str, device: str, system: str, share: float) -> str:
    """Ceiling when a share (0 to 1) of the weights lies in system memory: the times add up."""
    return _split_ceiling(model, format, device, system, share).inline()


def split_loss(*, model: str, format: str, device: str, system: str, share: float) -> str:
    """Percent of the ceiling that is lost when a share (0 to 1) of the weights lies in system memory."""
    return _split_loss(model, format, device, system, share).inline()


def input_embedding(*, model: str, format: str) -> str:
    """Memory of the input embedding that stays in the computer's own memory when a card holds all layers."""
    return _input_embedding(model, format).inline()


def work_space(*, model: str, context: int) -> str:
    """Memory of the compute buffer."""
    return _work_space(model, context).inline()


def overhead() -> str:
    """Memory this book counts for the driver and the program on a graphics card."""
    return _overhead().inline()


def operations_per_byte(*, device: str) -> str:
    """Operations a device can do in the time one byte arrives from its memory."""
    return _operations_per_byte(device).inline()


def operations_per_byte_needed(*, model: str, format: str) -> str:
    """Operations that writing one token asks for per byte read."""
    return _operations_per_byte_needed(model, format).inline()


def dimension(*, model: str, name: str) -> str:
    """A dimension of a model with its word: name is layers, vocabulary, width, heads, tensors or experts."""
    return _dimension(model, name).inline()


def reading_speed() -> str:
    """How fast adults read silently, in tokens per second."""
    return _reading_speed().inline()


def fact(*, id: str) -> str:
    """A figure quoted from somebody else, with its source: macros/catalog/facts/<id>.yaml."""
    return _fact(id).inline()


def as_of(*, id: str) -> str:
    """Month for which a quoted figure or a price held, for example August 2026."""
    book = catalog()
    held = book.facts.get(id) or book.measurements.prices.get(id) or book.find("facts", id)
    return units.month(held.as_of)


def electricity(*, run: str, price: str) -> str:
    """Electricity for a million written tokens: `run` is a row of measurements/power.csv, `price` one of electricity in prices.csv."""
    return _electricity(run, price).inline()


def electricity_price(*, price: str) -> str:
    """Price of electricity per kWh: a row of measurements/prices.csv."""
    return _electricity_price(price).inline()


def watt_year(*, price: str) -> str:
    """Electricity of one watt drawn all year, at a price of measurements/prices.csv."""
    return _watt_year(price).inline()


_WORKINGS = {"parameters": _parameters, "active_parameters": _active_parameters, "file_size": _file_size, "weights": _weights,
             "bits_per_weight": _bits_per_weight, "kv_cache": _kv_cache, "kv_per_token": _kv_per_token, "memory": _memory,
             "decode_ceiling": _decode_ceiling, "bandwidth": _bandwidth, "bandwidth_ratio": _bandwidth_ratio, "capacity": _capacity,
             "transfer_time": _transfer_time, "load_time": _load_time, "first_token_time": _first_token_time, "batch_speed": _batch_speed,
             "energy_per_token": _energy_per_token, "decode_speed": _decode_speed, "prefill_speed": _prefill_speed, "size_ratio": _size_ratio, "split_ceiling": _split_ceiling, "split_loss": _split_loss, "words": _words,
             "electricity": _electricity, "electricity_price": _electricity_price, "watt_year": _watt_year}


def number(name: str, **arguments) -> Number:
    """One of the numbers above with its working; raises CatalogError where the name or its arguments are wrong."""
    if name not in _WORKINGS:
        raise CatalogError(f"working(name='{name}'): there is no such number; use one of {', '.join(_WORKINGS)}")
    try:
        return _WORKINGS[name](**arguments)
    except TypeError:
        code = _WORKINGS[name].__code__
        wanted = ", ".join(code.co_varnames[:code.co_argcount])
        raise CatalogError(f"working(name='{name}') takes {wanted}; found {', '.join(arguments) or 'nothing'}") from None


def working(*, name: str, **arguments) -> str:
    """One of the numbers above, step by step as a block: name="kv_cache" with the arguments of kv_cache."""
    return block(element("div", number(name, **arguments).working(), class_="working"))
