"""Tables for the part on hardware: what fits which machine, how fast, with which settings, and what it draws."""

from dataclasses import dataclass
from fractions import Fraction
from html import escape

from .. import speeds
from ..arithmetic import memory as memory_
from ..arithmetic.placement import Placement, fewest_cpu_experts, most_layers, place
from ..catalog.errors import CatalogError
from ..catalog.records import Device, Model
from ..data import catalog
from . import units
from .html import element, figure, link
from .numbers import Number, _cited, _price_of_electricity, cache_type, card_need, device_of, format_for, mix_of, model_of, need, rate_of, size_gib, usable_bytes
from .reference import MEMORIES, room_of
from .tables import cell, head, page_of, row_head, table

NOTHING = cell("–")
TIGHT = '<small class="u">tight</small>'
RANGE = "Speeds are ranges that hold four of five published results; an asterisk marks ranges without a measured relative."


def _size_of(entry: str | dict) -> tuple[Device, int | None]:
    """A device and its size in GB: an id, or {device, size} where it is sold with several (the largest if size is left out)."""
    key, size = (entry, None) if isinstance(entry, str) else (entry.get("device", ""), entry.get("size"))
    d = device_of(key)
    if d.memory is None:
        raise CatalogError(f"device '{d.id}' holds no model; name one with memory, for example rtx-3060-12")
    return d, size_gib(d, size) if size is not None or len(d.memory.sizes) == 1 else max(d.memory.sizes)


def _named(d: Device, size: int) -> str:
    return row_head(d.name, "" if len(d.memory.sizes) == 1 else f"with {size} GB", page_of(d))


def _range(p: speeds.Prediction, below: str = "") -> str:
    if p.expected is None:
        return NOTHING
    low, high = (units.tokens_per_second(Fraction(v)).split(units.NBSP)[0] for v in (p.low, p.high))
    return cell(f"{low}–{high}{'*' if p.basis == 'bound only' else ''}{below}", f"{p.expected:.4g}")


def fit_speed_table(*, id: str, caption: str, devices: list, models: list[str], format: str = "Q4_K_M", context: int = 8192) -> str:
    """Which models fit each device and how fast it writes: one row per device (an id or {device, size}), one column per model."""
    body = ""
    for entry in devices:
        d, size = _size_of(entry)
        room, cells = room_of(d, size), ""
        for m in map(model_of, models):
            needed = (card_need if room.card else need)(m.id, format_for(m, format), context).total
            if needed > room.bytes:
                cells += cell(f'<span class="fit no">no</span><small class="u">−{units.memory(needed - room.bytes, 1).removesuffix(units.NBSP + "GiB")}</small>', "no")
            else:
                tight = memory_.verdict(needed, room.bytes) == "tight"
                cells += _range(speeds.decode_on(m.id, format_for(m, format), d.id, context), TIGHT if tight else "")
        body += element("tr", _named(d, size) + cell(units.gib(room.bytes), room.bytes) + cells, data_device=d.id)
    first = head("Machine") + head("Usable", "GiB") + "".join(head(model_of(m).name, format_for(model_of(m), format)) for m in models)
    note = f"Writing with {context:,} tokens in the cache. {RANGE} Tight: more than nine tenths of what is usable. A square and a number: it does not fit, and so many GiB are missing."
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Tokens per second, {context:,} tokens of context", table=table(id, [first], element("tbody", body)), class_="tab wide prose", note=note)


def model_on_devices(*, id: str, caption: str, model: str, format: str, devices: list, context: int = 8192) -> str:
    """One model on several devices: whether it fits, how fast it writes and reads, power, energy, launch price."""
    m, body = model_of(model), ""
    mix_of(format)
    for entry in devices:
        d, size = _size_of(entry)
        room = room_of(d, size)
        needed = (card_need if room.card else need)(m.id, format, context).total
        word = memory_.verdict(needed, room.bytes)
        writing, reading = speeds.decode_on(m.id, format, d.id, context), speeds.prefill_on(m.id, format, d.id, 6000)
        fits = needed <= room.bytes
        wait = cell(units.significant(Fraction(6000 / reading.expected), 2), f"{6000 / reading.expected:.4g}") if fits and reading.expected else NOTHING
        energy = cell(units.significant(Fraction(d.power_w / writing.expected), 2), f"{d.power_w / writing.expected:.4g}") if fits and writing.expected and d.power_w else NOTHING
        body += element("tr", _named(d, size) + cell(f'<span class="fit {"yes" if word == "fits" else word}">{word}</span>', word, "l") + cell(units.gb_per_second(rate_of(d.id)).split(units.NBSP)[0], f"{float(rate_of(d.id)):.6g}")
                        + (_range(writing) + _range(reading) if fits else NOTHING * 2) + wait + energy
                        + _launch_price(d, size) + cell(d.launched or "", class_="l"), data_device=d.id)
    first = (head("Machine") + head("Fits", class_="l") + head("Memory", "GB/s") + head("Writes", "tokens/s") + head("Reads", "tokens/s") + head("First token", "seconds, of 6,000") + head("Energy per token", "joules")
             + head("Launch price") + head("Launched", class_="l"))
    note = f"{RANGE} Energy at the rated power of the card or chip, without the rest of the computer. Launch price: a dash where none is known for this memory."
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(m.name)} at {escape(format)}, {context:,} tokens of context", table=table(id, [first], element("tbody", body)), class_="tab wide prose", note=note)


def _launch_price(d: Device, size: int) -> str:
    """The maker's first price, if it is that of this memory."""
    return cell(f"${d.launch_price.usd:,.0f}", d.launch_price.usd) if size == d.priced_memory else NOTHING


@dataclass(frozen=True)
class Split:
    """One way to share a model between a card and system memory, and its flags for llama.cpp."""

    way: str
    flags: str
    placed: Placement
    writes: speeds.Prediction


def best_split(m: Model, format: str, card: Device, size: int, host: Device, context: int) -> Split:
    """The fastest of: whole on the card, experts in system memory, whole layers in system memory."""
    free = usable_bytes(card, size) - memory_.gib_bytes(catalog().find("constants", "runtime-overhead").value)
    f16, mix = cache_type("F16"), mix_of(format)
    arguments = (m.architecture, mix, catalog().types, context, f16, f16)

    def split(way: str, flags: str, placed: Placement) -> Split:
        return Split(way, flags, placed, speeds.decode_range(m, mix, [card], placed, context, host))

    whole = place(*arguments)
    if whole.device <= free:
        return split("whole", "-ngl 99", whole)
    layers = most_layers(*arguments, free)
    ways = [split("layers", f"-ngl {layers.gpu_layers}", layers)]
    experts = fewest_cpu_experts(*arguments, free)
    if experts is not None:
        ways.append(split("experts", f"-ngl 99 --n-cpu-moe {experts.cpu_experts}", experts))
    return max(ways, key=lambda s: s.writes.expected or 0)


def offload_table(*, id: str, caption: str, device: str, host: str = "ddr5-5600-2ch", models: list[str], format: str = "Q4_K_M", context: int = 8192, size: int | None = None) -> str:
    """How models share a card and system memory: whole, by layers or with experts in system memory; speed and the flags of llama.cpp."""
    d, gib = _size_of({"device": device, "size": size} if size else device)
    memory, body = device_of(host), ""
    if memory.kind != "system-memory":
        raise CatalogError(f"host='{host}' is no system memory; name one, for example ddr5-5600-2ch")
    for m in map(model_of, models):
        format_ = format_for(m, format)
        s = best_split(m, format_, d, gib, memory, context)
        reading = speeds.prefill_range(m, mix_of(format_), [d], s.placed, 512)
        body += element("tr", row_head(m.name, format_, page_of(m)) + cell({"whole": "whole on the card", "layers": f"{s.placed.gpu_layers} of {s.placed.of_layers} layers on it", "experts": "experts in system memory"}[s.way], class_="l text")
                        + cell(units.gib(s.placed.device), s.placed.device) + cell(units.gib(s.placed.host), s.placed.host) + _range(s.writes) + _range(reading) + cell(f"<code>{s.flags}</code>", class_="l"), data_model=m.id)
    first = head("Model") + head("Where it lies", class_="l") + head("Card", "GiB") + head("System", "GiB") + head("Writes", "tokens/s") + head("Reads", "tokens/s") + head("llama.cpp", class_="l")
    note = f"The fastest of the ways that fit the card; system memory must have the room in its column. {RANGE} Ollama has no option for experts; its llama.cpp places layers and experts by itself. LM Studio has sliders for both."
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(d.name)} beside {escape(memory.name)}, {context:,} tokens of context", table=table(id, [first], element("tbody", body)), class_="tab wide prose", note=note)


def fit_for_model(*, id: str, caption: str, model: str, formats: list[str], contexts: list[int]) -> str:
    """Memory one model needs by format and context, and the smallest card in a common size that holds it."""
    m, body = model_of(model), ""
    for format in formats:
        cells = ""
        for context in contexts:
            needed = card_need(model, format, context).total
            smallest = next((size for size in MEMORIES if memory_.verdict(needed, memory_.gib_bytes(size)) == "fits"), None)
            cells += cell(units.gib(needed) + (f'<small class="u">{smallest} GB</small>' if smallest else ""), needed)
        body += element("tr", row_head(format) + cells, data_format=format)
    first = head("Format") + "".join(head(f"{c:,}", "GiB, with tokens") for c in contexts)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(m.name)}, on a graphics card", table=table(id, [first], element("tbody", body)), class_="tab wide prose",
                  note="Second line: the smallest card in a common size that holds it with a tenth to spare; two cards add up.")


def power_limit_table(*, id: str, caption: str) -> str:
    """Published speeds under power limits: watts, tokens per second, joules per token at the limit."""
    body, known = "", catalog().measurements.speed
    limits = [r for r in catalog().measurements.power.values() if r.kind == "limit"]
    for row in sorted(limits, key=lambda r: (r.subject_name or "", r.model or "", -r.value)):
        rate, work = row.tokens_per_s or known[row.speed].value, catalog().find("works", row.source)
        name = catalog().models[row.model].name if row.model else row.model_name or ""
        body += element("tr", row_head(row.subject_name or row.subject, f"{name}, {row.quant}") + cell(f"{row.value:g}", row.value) + cell(units.significant(rate), rate)
                        + cell(units.significant(row.value / rate, 2), f"{row.value / rate:.4g}") + cell(link(work.title, work.address), class_="l text"))
    first = head("Card, model") + head("Limit", "W") + head("Writes", "tokens/s") + head("Energy", "joules/token, at most") + head("Source", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Highest limit first", table=table(id, [first], element("tbody", body)), class_="tab wide prose", note="Energy is the limit over the speed: the card may draw less than it is allowed.")


def _bill(days: int, watts: float, hours_per_day: float, price: str | None, price_per_kwh: float | None) -> str:
    for name, value, most in (("watts", watts, None), ("hours_per_day", hours_per_day, 24)):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value <= 0 or (most and value > most):
            raise CatalogError(f"{name}={value!r} is not possible; write a number above 0" + (f" and up to {most}" if most else ""))
    if (price is None) == (price_per_kwh is None):
        raise CatalogError("name either price, for example price=\"electricity-us-2026-06\", or price_per_kwh, for example price_per_kwh=0.3")
    if price:
        quote = _price_of_electricity(price)
        each, unit, sources, where = Fraction(str(quote.value)), quote.unit, (_cited(quote),), f"{quote.place}, {units.month(quote.as_of)}"
    else:
        each, unit, sources, where = Fraction(str(price_per_kwh)), "USD/kWh", (), "a price assumed here"
    energy = Fraction(str(watts)) * Fraction(str(hours_per_day)) * days / 1000
    return Number(units.money(energy * each, unit), f"{float(energy * each):.6g}", unit.split("/")[0],
                  f"{watts:g} W × {hours_per_day:g} hours × {days} days = {units.significant(energy)} kWh; × {units.price_per_kwh(float(each), unit)}", f"Electricity: {escape(where)}", sources).inline()


def yearly_cost(*, watts: float, hours_per_day: float, price: str | None = None, price_per_kwh: float | None = None) -> str:
    """Electricity of a year: so many watts for so many hours a day, at a row of measurements/prices.csv or at price_per_kwh in dollars."""
    return _bill(365, watts, hours_per_day, price, price_per_kwh)


def monthly_cost(*, watts: float, hours_per_day: float, price: str | None = None, price_per_kwh: float | None = None) -> str:
    """The same for 30 days."""
    return _bill(30, watts, hours_per_day, price, price_per_kwh)
