"""Numbers inside sentences. Each carries its working: formula, inputs, source.

A macro returns an empty <data> element that holds the text and the working in attributes, so that no
Markdown rule can touch either; the Markdown extension in endnotes.py turns it into a link and an endnote.
"""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from html import escape

from ..arithmetic import compute_buffer, kv_cache as kv, memory as memory_, parameters as count_of, speed, weights as weights_of
from ..arithmetic.quantization import types
from ..arithmetic.tensors import attention_kind, tensors
from ..catalog.errors import CatalogError
from ..catalog.records import Device, Mix, Model, Source
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


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CatalogError(f"{name}={value!r} is not possible; write a whole number of at least 1, for example {name}=8192")
    return value


# ---------------------------------------------------------------- arithmetic on catalog ids
# Cached, because hundreds of pages ask for the same few thousand sums over all tensors of a model;
# typed, so that context=8192.0 is refused although it equals 8192.

_cached = lru_cache(maxsize=None, typed=True)


@_cached
def weights_bytes(model: str, format: str) -> int:
    return weights_of.weights_bytes(model_of(model).architecture, mix_of(format), catalog().types)


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
    return Number(units.count(total), str(total), "parameters", f"{total:,}, the elements of all {len(tensors(m.architecture)):,} tensors",
                  f"{m.name}: {m.architecture.layers} layers, width {m.architecture.hidden:,}, vocabulary {m.architecture.vocab:,}{beside}", (m.parameters.source,))


def _active_parameters(model: str) -> Number:
    m = model_of(model)
    value, e = count_of.active(m.architecture), m.architecture.experts
    how = f"{e.active} of {e.count} experts in each layer" + (f" and {e.shared} shared" if e.shared else "") if e else "all of them: this model is dense"
    return Number(units.count(value), str(value), "parameters", f"{value:,} of {count_of.total(m.architecture):,}", f"{m.name}: {how}; both embeddings counted", m.sources[:1])


def _by_type(m: Model, mix: Mix) -> str:
    """'Q4_K 6.57 billion × 4.5 bits + …' for all tensors of the file."""
    sums: Counter = Counter()
    for tensor, kind in types(m.architecture, mix, catalog().types):
        sums[kind] += tensor.elements
    return " + ".join(f"{units.count(n)} weights in {kind.id} × {units.significant(Fraction(8 * kind.bytes, kind.block), 5).rstrip('0').rstrip('.')} bits"
                      for kind, n in sums.most_common())


def _format_sources() -> tuple[Source, ...]:
    return (Source.model_construct(title=f"{LLAMA_CPP}, block sizes and llama-quant.cpp", address="https://github.com/ggml-org/llama.cpp", accessed="2026-11-21"),)


def _file_size(model: str, format: str) -> Number:
    m, mix = model_of(model), mix_of(format)
    n = weights_bytes(model, format)
    return Number(units.file_size(n), str(n), "bytes", f"({_by_type(m, mix)}) ÷ 8 = {n:,} bytes",
                  f"{m.name} at {mix.id}; the file adds 1 to 16 MB of tokenizer and metadata; 1 GB = 10<sup>9</sup> bytes", _format_sources())


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


def _kv_formula(m: Model, context: int, cache: str, sequences: int) -> str:
    a, kind = m.architecture, cache_type(cache)
    bits = Fraction(8 * kind.bytes, kind.block)
    cell = (f"{a.mla.kv_rank + a.mla.rope_dim} values" if a.mla else f"2 × {a.kv_heads} heads × {a.head_dim} values") + f" × {units.significant(bits / 8, 5).rstrip('0').rstrip('.')} bytes"
    layers = Counter(attention_kind(a, i) for i in range(a.layers))
    full, window = kv.cells(a, context, sequences=sequences)
    parts = []
    if layers["full"]:
        parts.append(f"{layers['full']} layers × {full:,} tokens × {cell}")
    if layers["window"]:
        parts.append(f"{layers['window']} windowed layers × {window:,} tokens × {cell}")
    if layers["linear"]:
        parts.append(f"{layers['linear']} linear layers × {sequences * kv.state_bytes(a):,} bytes of state")
    return " + ".join(parts)


def _kv_cache(model: str, context: int, cache: str = "F16", sequences: int = 1) -> Number:
    m = model_of(model)
    n = kv_bytes(model, context, cache, sequences)
    return Number(units.memory(n), str(n), "bytes", f"{_kv_formula(m, context, cache, sequences)} = {n:,} bytes",
                  f"{m.name}, {context:,} tokens, cache in {cache_type(cache).id}, as llama.cpp allocates it", (*m.sources[:1], *_format_sources()))


def _kv_per_token(model: str, cache: str = "F16") -> Number:
    m, kind = model_of(model), cache_type(cache)
    n = kv.growing_bytes_per_token(m.architecture, kind, kind)
    kinds = Counter(attention_kind(m.architecture, i) for i in range(m.architecture.layers))
    note = "" if kinds["full"] == m.architecture.layers else f"; only the {kinds['full']} layers that see everything keep growing"
    a = m.architecture
    values = f"{a.mla.kv_rank + a.mla.rope_dim} values" if a.mla else f"2 × {a.kv_heads} heads × {a.head_dim} values"
    return Number(units.memory(n), str(n), "bytes", f"{kinds['full']} layers × {values} × {units.significant(Fraction(kind.bytes, kind.block), 5).rstrip('0').rstrip('.')} bytes = {n:,} bytes",
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
    return Number(f"{rounded}{units.NBSP}words", str(value), "words", f"{tokens:,} tokens × {c.value:g} words per token", f"{c.what} Range {c.low:g} to {c.high:g}.", c.sources)


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


def _operations_per_byte(device: str) -> Number:
    d = device_of(device)
    if d.fp16_tflops is None:
        raise CatalogError(f"device '{device}' has no fp16_tflops; add it to macros/catalog/devices/{device}.yaml or name another device")
    rate = speed.bandwidth(d.bandwidth)
    value = Fraction(str(d.fp16_tflops)) * 1000 / rate
    return Number(units.significant(value, 2), f"{float(value):.6g}", "operations/byte", f"{d.fp16_tflops:g} trillion operations a second ÷ {units.gb_per_second(rate)}",
                  f"{d.name}, dense FP16", d.sources)


def _operations_per_byte_needed(model: str, format: str) -> Number:
    m = model_of(model)
    used, read = count_of.active(m.architecture), bytes_per_token(model, format)
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


# ---------------------------------------------------------------- macros

def parameters(*, model: str) -> str:
    """Parameters of the text model, for example 8.03 billion."""
    return _parameters(model).inline()


def active_parameters(*, model: str) -> str:
    """Parameters that take part in one token (for a mixture of experts fewer than all)."""
    return _active_parameters(model).inline()


def file_size(*, model: str, format: str) -> str:
    """Size of the download in GB."""
    return _file_size(model, format).inline()


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
    """Month for which a quoted figure held, for example August 2026."""
    return units.month(catalog().find("facts", id).as_of)


_WORKINGS = {"parameters": _parameters, "active_parameters": _active_parameters, "file_size": _file_size, "weights": _weights,
             "bits_per_weight": _bits_per_weight, "kv_cache": _kv_cache, "kv_per_token": _kv_per_token, "memory": _memory,
             "decode_ceiling": _decode_ceiling, "bandwidth": _bandwidth, "bandwidth_ratio": _bandwidth_ratio, "capacity": _capacity,
             "transfer_time": _transfer_time, "size_ratio": _size_ratio, "split_ceiling": _split_ceiling, "words": _words}


def working(*, name: str, **arguments) -> str:
    """One of the numbers above, step by step as a block: name="kv_cache" with the arguments of kv_cache."""
    if name not in _WORKINGS:
        raise CatalogError(f"working(name='{name}'): there is no such number; use one of {', '.join(_WORKINGS)}")
    try:
        number = _WORKINGS[name](**arguments)
    except TypeError:
        code = _WORKINGS[name].__code__
        wanted = ", ".join(code.co_varnames[:code.co_argcount])
        raise CatalogError(f"working(name='{name}') takes {wanted}; found {', '.join(arguments) or 'nothing'}") from None
    return block(element("div", number.working(), class_="working"))
