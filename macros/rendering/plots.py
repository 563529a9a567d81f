"""Pictures of lines and points, drawn as SVG. Each is followed by its figures as a table; color is never the only difference."""

from collections.abc import Sequence
from fractions import Fraction
from html import escape

from .. import speeds
from ..arithmetic import memory as memory_
from ..arithmetic.placement import most_layers, place
from ..catalog.errors import CatalogError
from ..catalog.records import Device, Model
from ..data import catalog
from . import quality, units
from .axes import (HEIGHT, LINE, WIDTH, Axis, band, end_labels, error_bar, few_enough, frame, group, line, linear, logarithmic, margin, mark, picture,
                   point_labels, polyline, room_for, text, text_width)
from .html import element, plotted
from .numbers import cache_type, card_need, device_of, kv_bytes, mix_of, model_of, need, usable_bytes
from .tables import cell, head, row_head, table

TOP, BOTTOM = 24, HEIGHT - 40
TALLER = 60              # units more for many points


def figures_table(id: str, first: str, rows: str) -> str:
    """The table below a picture."""
    return table(id, [first], element("tbody", rows))


def _steps_between(low: int, high: int, most: int = 24) -> list[int]:
    """Whole numbers from low to high at even distances, both ends included."""
    count = min(most, high - low)
    return sorted({low + (high - low) * i // count for i in range(count + 1)}) if count else [low]


# ---------------------------------------------------------------- KV cache

def kv_lines(*, id: str, caption: str, models: Sequence[str], contexts: Sequence[int] = (4096, 32768, 131072), cache: str = "F16") -> str:
    """KV cache by length of context, one line for each model, both axes logarithmic: a line that rises more slowly grows more slowly."""
    few_enough("models", models)
    contexts = ascending("contexts", contexts, 2)
    named = {m: model_of(m).name for m in models}
    sizes = {m: {c: kv_bytes(m, c, cache) for c in contexts} for m in models}
    every = [n / 2**30 for row in sizes.values() for n in row.values()]
    if not min(every):
        raise CatalogError(f"{next(named[m] for m in models if not min(sizes[m].values()))} keeps no KV cache; leave it out")
    y = logarithmic(min(every), max(every), BOTTOM, TOP)
    x = logarithmic(contexts[0], contexts[-1], margin(y.ticks), WIDTH - room_for(named.values()), contexts)
    drawn, ends = frame(x, y, "tokens of context", "GiB"), []
    for series, m in enumerate(models, 1):
        # Windows and padding bend the line between the contexts that were asked for.
        between = {*contexts, *(round(c * 2 ** (i / 4)) for c in contexts[:-1] for i in range(1, 40) if c * 2 ** (i / 4) < contexts[-1])}
        points = [(x.at(c), y.at(kv_bytes(m, c, cache) / 2**30)) for c in sorted(between)]
        marks = [(x.at(c), y.at(n / 2**30)) for c, n in sizes[m].items()]
        drawn += group(series, polyline(points, "line") + "".join(mark(*p, series) for p in marks))
        ends.append((marks[-1], named[m]))
    drawn += end_labels(ends, TOP - 8, BOTTOM + 8)
    kind = cache_type(cache).id
    said = "; ".join(f"{named[m]}: " + ", ".join(f"{units.memory(n)} at {c:,} tokens" for c, n in sizes[m].items()) for m in models)
    rows = "".join(element("tr", row_head(named[m]) + "".join(cell(units.gib(n, 2), n) for n in sizes[m].values()), data_model=m) for m in models)
    return plotted(id=id, caption=f"<b>{escape(caption)}</b> One conversation, cache in {escape(kind)}, both axes logarithmic",
                   picture=picture(id, caption, f"KV cache in {kind} by length of context, both axes logarithmic. {said}.", drawn),
                   table=figures_table(id, head("Model", "GiB") + "".join(head(f"{c:,}", "tokens") for c in contexts), rows))


def ascending(name: str, values: Sequence[int], least: int) -> list[int]:
    """Whole numbers in order; raises CatalogError for fewer than `least` or what is no whole number."""
    if len(values) < least:
        raise CatalogError(f"{name} names {len(values)}; a line needs at least {least}")
    wrong = next((v for v in values if not isinstance(v, int) or isinstance(v, bool) or v < 0), None)
    if wrong is not None:
        raise CatalogError(f"{name}: {wrong!r} is not possible; write whole numbers, for example 8192")
    return sorted(set(values))


# ---------------------------------------------------------------- speed

def check_holds(m: Model, format: str, context: int, d: Device, size: int | None) -> None:
    """Raise CatalogError unless the device holds the whole model with that context."""
    needed = (card_need if d.kind.endswith("-gpu") else need)(m.id, format, max(context, 1)).total
    room = usable_bytes(d, _size(d, size))
    if needed > room:
        raise CatalogError(f"{m.name} at {format} with {context:,} tokens needs {units.memory(needed, 1)}, of which {d.name} has {units.memory(room, 1)}; "
                           "name a smaller model, format or context, or a larger device")


def _size(d: Device, size: int | None) -> int:
    """GB of the device: `size`, or the largest it is sold with."""
    if d.memory is None:
        raise CatalogError(f"device '{d.id}' holds no model; name one with memory, for example rtx-3060-12")
    if size is not None and size not in d.memory.sizes:
        raise CatalogError(f"device '{d.id}' is sold with {', '.join(map(str, d.memory.sizes))} GB; write size= one of them")
    return size or max(d.memory.sizes)


def _known(prediction: speeds.Prediction, m: Model, where: str) -> speeds.Prediction:
    if prediction.expected is None:
        raise CatalogError(f"nothing can be said of {m.name} on {where}: {prediction.basis}; leave it out")
    return prediction


def _range_cell(p: speeds.Prediction) -> str:
    """'38 to 46', with the expected value as data."""
    low, high = (_rate(v) for v in (p.low, p.high))
    return element("td", f"{low} to {high}", data_value=f"{p.expected:.6g}", data_low=f"{p.low:.6g}", data_high=f"{p.high:.6g}")


def _rate(tokens_per_s: float) -> str:
    return units.tokens_per_second(Fraction(tokens_per_s)).split(units.NBSP)[0]


def _range_in_words(p: speeds.Prediction) -> str:
    return f"{_rate(p.low)} to {_rate(p.high)}, expected {_rate(p.expected)} tokens/s"


def _ranges(x: Axis, y: Axis, predictions: Sequence[dict[int, speeds.Prediction]], marked: Sequence[int]) -> str:
    """A line of what is expected for each series, in its range; all ranges lie below all lines."""
    bands = lines = ""
    for series, of in enumerate(predictions, 1):
        low, expected, high = ([(x.at(n), y.at(getattr(p, end))) for n, p in of.items()] for end in ("low", "expected", "high"))
        bands += group(series, band(low, high))
        lines += group(series, polyline(expected, "line") + "".join(mark(x.at(n), y.at(of[n].expected), series) for n in marked))
    return bands + lines


def speed_lines(*, id: str, caption: str, models: Sequence[str], format: str = "Q4_K_M", device: str = "rtx-3090", contexts: Sequence[int] = (0, 8192, 32768),
                size: int | None = None) -> str:
    """Speed of writing by tokens already in the context, with its range, on a device that holds all of the models; size where it is sold with several."""
    few_enough("models", models)
    contexts = ascending("contexts", contexts, 2)
    d, named = device_of(device), {m: model_of(m).name for m in models}
    for m in models:
        check_holds(model_of(m), format, contexts[-1], d, size)
    depths = sorted({*contexts, *_steps_between(contexts[0], contexts[-1])})
    predictions = {m: {c: _known(speeds.decode_on(m, format, device, c), model_of(m), d.name) for c in depths} for m in models}
    y = linear(0, max(p.high for row in predictions.values() for p in row.values()), BOTTOM, TOP)
    x = Axis(contexts[0], contexts[-1], margin(y.ticks), WIDTH - room_for(named.values()), tuple(contexts))
    ends = [((x.at(contexts[-1]), y.at(predictions[m][contexts[-1]].expected)), named[m]) for m in models]
    drawn = frame(x, y, "tokens in the context", "tokens/s") + _ranges(x, y, list(predictions.values()), contexts) + end_labels(ends, TOP - 8, BOTTOM + 8)
    said = "; ".join(f"{named[m]}: " + ", ".join(f"{_range_in_words(predictions[m][c])} after {c:,} tokens" for c in contexts) for m in models)
    rows = "".join(element("tr", row_head(named[m]) + "".join(_range_cell(predictions[m][c]) for c in contexts), data_model=m) for m in models)
    return plotted(id=id, caption=f"<b>{escape(caption)}</b> {escape(format)} on {escape(d.name)}",
                   picture=picture(id, caption, f"Speed of writing at {format} on {d.name} by tokens already in the context. {said}.", drawn), note=_RANGE,
                   table=figures_table(id, head("Model", "tokens/s") + "".join(head(f"{c:,}", "tokens") for c in contexts), rows))


_RANGE = "Thick line: expected. Tinted: the range in which four of five published speeds lie."


def offload_lines(*, id: str, caption: str, model: str, format: str, device: str, system: str = "ddr5-5600-2ch", context: int = 8192,
                  size: int | None = None) -> str:
    """Speed of writing by layers on the graphics card, the rest in system memory, up to as many as fit; size where the card is sold with several."""
    m, mix, d, host = model_of(model), mix_of(format), device_of(device), device_of(system)
    gib = _size(d, size)
    kv_bytes(model, context)            # refuses an impossible context in one line
    free = usable_bytes(d, gib) - memory_.gib_bytes(catalog().find("constants", "runtime-overhead").value)
    f16 = cache_type("F16")
    arguments = (m.architecture, mix, catalog().types, context, f16, f16)
    fitting = most_layers(*arguments, free)
    beside = memory_.gib_bytes(_size(host, None))
    if fitting.host > beside:
        raise CatalogError(f"{m.name} at {format} leaves {units.memory(fitting.host, 1)} beside {d.name}, of which {host.name} has "
                           f"{units.memory(beside, 0)} at most; name a smaller model or format")
    of = fitting.of_layers
    step = max(1, of // 12)
    shown = [*range(0, fitting.gpu_layers - step // 2, step), fitting.gpu_layers]
    placed = {n: place(*arguments, gpu_layers=n) for n in shown}
    predictions = {n: _known(speeds.decode_range(m, mix, [d], p, context, host), m, d.name) for n, p in placed.items()}
    y = linear(0, max(p.high for p in predictions.values()), BOTTOM, TOP)
    x = Axis(0, of, margin(y.ticks), WIDTH - 14, tuple(t for t in linear(0, of, 0, 1).ticks if t <= of))
    limit = x.at(fitting.gpu_layers)
    drawn = frame(x, y, "layers on the graphics card", "tokens/s")
    if not fitting.whole:
        drawn += element("rect", x=f"{limit:g}", y=f"{TOP:g}", width=f"{x.end - limit:.1f}", height=f"{BOTTOM - TOP:g}", class_="shut")
        drawn += text((limit + x.end) / 2, (TOP + BOTTOM) / 2, "does not fit", "tick", "middle") if x.end - limit > text_width("does not fit") else ""
    drawn += line(limit, TOP - 4, limit, BOTTOM, "cap") + _ranges(x, y, [predictions], shown)
    label, left = f"all {of} layers fit" if fitting.whole else f"{fitting.gpu_layers} of {of} layers fit", limit > (x.start + x.end) / 2
    drawn += text(limit - 6 if left else limit + 6, TOP + 4, label, "lab", "end" if left else "start")
    said = "; ".join(f"{n} layers: {_range_in_words(p)}" for n, p in predictions.items())
    rows = "".join(element("tr", row_head(str(n)) + cell(units.gib(placed[n].device), placed[n].device) + cell(units.gib(placed[n].host), placed[n].host)
                                 + cell(_rate(p.expected), f"{p.expected:.6g}") + _range_cell(p), data_layers=n) for n, p in predictions.items())
    first = head("Layers", "on the card") + head("Card", "GiB") + head("System", "GiB") + head("Expected", "tokens/s") + head("Range", "tokens/s")
    sold = f" with {gib} GB" if len(d.memory.sizes) > 1 else ""
    alternative = (f"Speed of writing of {m.name} at {format} with {context:,} tokens, by layers on {d.name}; the rest lies in {host.name}. "
                   f"Of {of} layers {fitting.gpu_layers} fit. {said}.")
    where = f"{m.name} at {format}, {context:,} tokens, {d.name}{sold} beside {host.name}"
    return plotted(id=id, caption=f"<b>{escape(caption)}</b> {escape(where)}",
                   picture=picture(id, caption, alternative, drawn), table=figures_table(id, first, rows),
                   note=_RANGE + f" The output matrix counts as a layer. Dashed: as many as fit into {gib} GB; more do not load.")


# ---------------------------------------------------------------- quality

# Bits per weight that readers know formats by: ticks of a logarithmic axis.
_BITS = (1, 1.5, 2, 3, 4, 5, 6, 8, 12, 16, 32)


def quality_plot(*, id: str, caption: str, run_source: str = "llama-cpp-perplexity", model: str = "llama-3-8b", measure: str = "perplexity",
                 formats: Sequence[str] | None = None, imatrix: bool | None = None) -> str:
    """Published quality of formats against their size in bits per weight, with its ±; imatrix=True or False for those with or without an importance matrix."""
    rows = quality.published(run_source, model, [measure], formats, imatrix)
    points = _one_matrix([p for p in rows if p.bits])
    if len(points) < 2:
        raise CatalogError(f"{len(points)} of the formats that '{run_source}' has of '{model}' are formats of the catalog; a plot needs two, use quality_table")
    title, unit = quality.TITLES[measure], quality.unit_of(points, measure)
    ranges = [(r.value - (r.uncertainty or 0), r.value, r.value + (r.uncertainty or 0)) for r in (p.figures[measure] for p in points)]
    low, high = min(r[0] for r in ranges), max(r[2] for r in ranges)
    log = measure in ("perplexity", "kl-divergence") and low > 0
    matrices = list(dict.fromkeys(p.imatrix for p in points))
    y = (logarithmic if log else linear)(low, high, BOTTOM + TALLER, TOP + (LINE + 4 if len(matrices) > 1 else 0))
    bits = [float(p.bits) for p in points]
    x = logarithmic(max(t for t in _BITS if t < 0.97 * min(bits)), min(t for t in _BITS if t >= max(bits) - 0.1), margin(y.ticks), WIDTH - 10, _BITS)
    drawn = frame(x, y, "bits per weight", title + (f", {unit}" if unit else ""))
    if len(matrices) > 1:
        drawn += _key(x.start + 4, TOP + 1, [(_series(m), f"matrix {m}" if m else "no importance matrix") for m in matrices])
    places = [(x.at(b), y.at(middle)) for b, (_, middle, _) in zip(bits, ranges)]
    for p, place, (least, middle, most) in zip(points, places, ranges):
        drawn += group(_series(p.imatrix), (error_bar(place[0], y.at(least), y.at(most)) if most > least else "") + mark(*place, _series(p.imatrix)))
    drawn += point_labels([(place, p.mix) for p, place in zip(points, places)], x, y)
    scales = "both axes logarithmic" if log else "bits on a logarithmic scale"
    said = "; ".join(f"{p.mix}{f' with matrix {p.imatrix}' if p.imatrix else ''}, {units.fixed(p.bits, 2)} bits: {quality.with_uncertainty(p.figures[measure])}"
                     for p in points)
    first, html = quality.body(rows, [measure])
    note = "A bar shows the ±; where none is seen it is smaller than the mark. " if any(p.figures[measure].uncertainty for p in points) else ""
    if len(points) < len(rows):
        note += f"{len(rows) - len(points)} of {len(rows)} rows stand in the table only: made with other matrices, or in formats whose size is not known. "
    return plotted(id=id, caption=f"<b>{escape(caption)}</b> {title} of {escape(quality.model_name(model))}, {scales}",
                   picture=picture(id, caption, f"{title} of {quality.model_name(model)} by bits per weight, {scales}. {said}.", drawn, HEIGHT + TALLER),
                   table=table(id, [first], html), note=note + quality.provenance(run_source, rows))


def _one_matrix(rows: list[quality.Published]) -> list[quality.Published]:
    """Without importance matrix, and with the one that most formats were made with: other matrices would only put marks upon marks."""
    with_one = [p.imatrix for p in rows if p.imatrix]
    return [p for p in rows if p.imatrix in (None, max(with_one, key=with_one.count, default=None))]


def _series(imatrix: str | None) -> int:
    return 2 if imatrix else 1


def _key(left: float, up: float, entries: list[tuple[int, str]]) -> str:
    """Marks with their meaning in one row, for points that have no end to be labeled at."""
    drawn = ""
    for series, words in entries:
        drawn += group(series, mark(left + 4, up, series)) + text(left + 13, up + 4, words)
        left += text_width(words) + 24
    return drawn
