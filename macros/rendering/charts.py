"""Pictures made of HTML: a chart is a table with bars, and the number stands beside its bar."""

import re
from collections.abc import Sequence
from fractions import Fraction
from html import escape
from math import floor, log10

from ..arithmetic import kv_cache as kv, memory as memory_, speed
from ..arithmetic.tensors import kinds
from ..catalog.errors import CatalogError
from ..catalog.records import Architecture, LatentAttention, Window
from . import units
from .html import block, element, figure, hidden
from .numbers import bytes_per_token, cache_type, card_need, ceiling, device_of, format_for, mix_of, model_of, need, weights_bytes
from .tables import WORDS, cell, head, row_head, table

GROUPS = (("storage", "Storage", "ram"), ("network", "Network", "ram"), ("bus", "Buses", "ram"), ("system-memory", "System memory", "ram"),
          ("unified-memory", "Unified memory", "uni"), ("consumer-gpu", "Graphics cards", "gpu"), ("workstation-gpu", "Workstation cards", "gpu"), ("datacenter-gpu", "Data-center cards", "gpu"))


def bandwidth_ladder(*, id: str, caption: str, model: str, format: str, devices: list[str]) -> str:
    """Bandwidth of devices as bars on a logarithmic scale, with the most tokens per second each allows."""
    chosen = [device_of(d) for d in devices]
    rates = {d.id: float(speed.bandwidth(d.bandwidth)) for d in chosen}
    low, decades, ticks = _decades(min(rates.values()), max(rates.values()))

    def position(rate: float) -> float:
        return max(0.5, 100 * log10(rate / low) / decades)

    body = ""
    for kind, title, class_ in GROUPS:
        members = sorted((d for d in chosen if d.kind == kind), key=lambda d: rates[d.id])
        if not members:
            continue
        rows = element("tr", element("th", title, scope="rowgroup", colspan=4), class_="grp")
        for d in members:
            bar = element("span", "", class_=f"bar {class_}", style=f"width:{position(rates[d.id]):.1f}%")
            bound = ceiling(model, format, d.id)
            name, detail = (found.groups() if (found := re.fullmatch(r"(.*?) \((.*)\)", d.name)) else (d.name, ""))
            rows += element("tr", row_head(name, detail) + cell(bar, class_="plot") + cell(units.gb_per_second(speed.bandwidth(d.bandwidth)).split(units.NBSP)[0], rates[d.id])
                            + cell(units.tokens_per_second(bound).split(units.NBSP)[0], f"{float(bound):.6g}"), data_device=d.id)
        body += element("tbody", rows)
    axis = element("th", hidden("Bar, logarithmic scale") + element("span", ticks, aria_hidden="true"), scope="col", class_="plot axis")
    first = head("Memory") + axis + head("Reads", "GB/s") + head("Writes up to", "tokens/s")
    step = f"--decade:{100 / decades:.3f}%"
    read = units.file_size(bytes_per_token(model, format))
    note = f"Each grid line is a factor of ten. Writes up to = reads ÷ {read}, the bytes that one token of {escape(model_of(model).name)} at {escape(format)} reads. A ceiling, not a promise."
    html = figure(id=id, caption=f"<b>{escape(caption)}</b> GB/s on a logarithmic scale", table=table(id, [first], body), class_="tab ladder", note=note)
    return html.replace('<figure class="tab ladder"', f'<figure class="tab ladder" style="{step}"', 1)


def _decades(least: float, most: float) -> tuple[float, float, str]:
    """A logarithmic scale of bars: where it begins, how many decades it spans, and its ticks as HTML."""
    low = 10.0 ** floor(log10(least))
    decades = max(1.0, log10(most / low))
    ticks = "".join(element("i", f"{tick:,g}", style=f"left:{100 * n / decades:.1f}%") for n in range(floor(decades) + 1) for tick in (low * 10**n,))
    return low, decades, ticks


def memory_bar(*, id: str, caption: str, model: str, format: str, contexts: list[int], capacity: int) -> str:
    """Stacked bars of weights, KV cache and work space by context, against the memory of a device in GiB."""
    if not contexts:
        raise CatalogError("memory_bar: contexts is empty; name at least one, for example contexts=[8192]")
    needs = [need(model, format, c) for c in contexts]
    room = memory_.gib_bytes(capacity)
    full = max([n.total for n in needs] + [room]) * 51 // 50
    rows = ""
    for context, n in zip(contexts, needs):
        parts = (("w", "weights", n.weights), ("k", "KV cache", n.kv_cache), ("o", "work space", n.compute + n.overhead))
        segments = "".join(element("i", "", class_=c, style=f"width:{100 * v / full:.2f}%") for c, _, v in parts)
        said = ", ".join(f"{name} {units.gib(v, 2)}" for _, name, v in parts) + f" GiB; the device holds {capacity} GiB"
        word = memory_.verdict(n.total, room)
        rows += element("div", f"<b>{context:,}<small> tokens</small></b>" + element("span", segments, class_="bars", role="img", aria_label=said)
                        + element("span", f'{units.gib(n.total)} GiB <span class="fit {WORDS[word]}">{word}</span>', class_="tot"), class_="row", data_value=n.total)
    key = element("p", f'<span><i class="w"></i>weights {units.gib(needs[0].weights, 2)}</span> <span><i class="k"></i>KV cache</span> '
                       f'<span><i class="o"></i>work space</span> <span><i class="cap"></i>the device, {capacity} GiB</span>', class_="key")
    head_ = element("figcaption", f"<b>{escape(caption)}</b> {escape(model_of(model).name)} at {escape(format)}, by length of context", id=id)
    return block(element("figure", head_ + key + rows, class_="tab stack", style=f"--cap:{100 * room / full:.2f}%", aria_labelledby=id))


def size_bars(*, id: str, caption: str, models: Sequence[str], format: str = "Q4_K_M") -> str:
    """Memory of the weights of several models as bars on a logarithmic scale; a second bar for experts: the part one token reads."""
    if not models:
        raise CatalogError('models is empty; name at least one, for example models=["llama-3.1-8b"]')
    sizes = {m: (weights_bytes(m, format), bytes_per_token(m, format)) for m in models}
    shown = [n / 2**30 for m, pair in sizes.items() for n in (pair if model_of(m).architecture.experts else pair[:1])]
    low, decades, ticks = _decades(min(shown), max(shown))

    def bar(n: int, class_: str) -> str:
        return element("span", "", class_=f"bar {class_}", style=f"width:{max(0.5, 100 * log10(n / 2**30 / low) / decades):.1f}%")

    rows = ""
    for m, (weights, read) in sorted(sizes.items(), key=lambda item: item[1][0]):
        experts = model_of(m).architecture.experts
        bars = bar(weights, "gpu") + (bar(read, "part") if experts else "")
        rows += element("tr", row_head(model_of(m).name, f"{experts.active} of {experts.count} experts" if experts else "") + cell(bars, class_="plot")
                        + cell(units.gib(weights, 2), weights) + cell(units.gib(read, 2), read), data_model=m)
    axis = element("th", hidden("Bars, logarithmic scale") + element("span", ticks, aria_hidden="true"), scope="col", class_="plot axis")
    first = head("Model") + axis + head("Weights", "GiB") + head("One token reads", "GiB")
    note = ("Each grid line is a factor of ten. One token reads all weights, but of a separate input embedding one row"
            + (" and of experts those it uses: the thin hatched bar." if any(model_of(m).architecture.experts for m in models) else "."))
    html = figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(mix_of(format).id)}, GiB on a logarithmic scale", class_="tab ladder", note=note,
                  table=table(id, [first], element("tbody", rows)))
    return html.replace('<figure class="tab ladder"', f'<figure class="tab ladder" style="--decade:{100 / decades:.3f}%"', 1)


def fit_heat(*, id: str, caption: str, models: Sequence[str], format: str = "Q4_K_M", context: int = 8192,
             capacities: Sequence[int] = (8, 12, 16, 24, 32, 48)) -> str:
    """How much of each memory a model takes: percent, a bar of that length, and whether it fits; one column for each capacity in GiB."""
    if not models or not capacities:
        raise CatalogError("models and capacities need at least one entry each, for example capacities=[8, 12]")
    body = ""
    for m in models:
        own = format_for(model_of(m), format)
        needed = card_need(m, own, context).total
        shares = "".join(_share(needed, memory_.gib_bytes(c)) for c in capacities)
        body += element("tr", row_head(model_of(m).name, "" if own == format else own) + cell(f"<b>{units.gib(needed)}</b>", needed) + shares, data_model=m)
    first = head("Model", rowspan=2) + head("Needed", "GiB", rowspan=2)
    first += element("th", "Share of a graphics card with", scope="colgroup", colspan=len(capacities), class_="span")
    second = "".join(head(f"{c:g} GB", class_="l") for c in capacities)
    note = ('The box is the memory, its filling what is needed: weights, KV cache and work space. <span class="fit yes">fits</span> up to 90&nbsp;% of it; '
            '<span class="fit tight">tight</span> up to all of it; <span class="fit no">no</span> beyond.')
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(mix_of(format).id)}, {context:,} tokens, cache in F16", class_="tab wide heat", note=note,
                  table=table(id, [first, second], element("tbody", body)))


def _share(needed: int, capacity: int) -> str:
    word = memory_.verdict(needed, capacity)
    percent = Fraction(100 * needed, capacity)
    filled = element("span", element("i", "", style=f"width:{min(100, float(percent)):.1f}%"), class_=f"share {WORDS[word]}", aria_hidden="true")
    said = f'<b>{units.fixed(percent, 0)}{units.NBSP}%</b>{filled}<span class="fit {WORDS[word]}">{word}</span>'
    return element("td", said, class_="l", data_value=f"{float(percent):.6g}", data_fit=word)


def attention_table(*, id: str, caption: str, contexts: Sequence[int] = (8192, 32768, 131072)) -> str:
    """Kinds of attention at the size of Llama 3.1 8B: what a layer caches of a token, what a token adds, and the cache by context."""
    f16, rows = cache_type("F16"), ""
    try:
        for name, detail, a in attention_variants():
            caching, values, growing = sum(k in "AW" for k in kinds(a)), kv.cell_bytes(a, "A", f16, f16) // 2, kv.growing_bytes_per_token(a, f16, f16)
            rows += element("tr", row_head(name, detail) + cell(f"{caching} of {a.layers}", caching) + cell(f"{values:,}", values)
                            + cell(units.fixed(Fraction(growing, 1024), 0), growing) + "".join(cell(units.gib(n := kv.kv_bytes(a, c, f16, f16), 2), n) for c in contexts))
    except kv.Impossible as error:
        raise CatalogError(f"contexts: {error}") from None
    a = attention_variants()[-1][2]
    states = sum(kv.state_bytes(a, k) for k in kinds(a) if k == "L")
    first = head("Attention") + head("Layers", "that cache") + head("Numbers", "per token, layer") + head("A token adds", "KiB")
    first += "".join(head(f"{c:,}", "GiB") for c in contexts)
    note = (f"All with the {a.layers} layers and {a.heads} query heads of {a.head_dim} numbers of Llama 3.1 8B, cache in F16, computed as for the models of the "
            "catalog. Only the row GQA is a model that exists. "
            f"A token adds: once every window is full. The last row includes {units.memory(states)} of state, which does not grow.")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> KV cache of one conversation by context", class_="tab prose", note=note,
                  table=table(id, [first], element("tbody", rows)))


def attention_variants() -> list[tuple[str, str, Architecture]]:
    """Name, shape in words and architecture of Llama 3.1 8B with other kinds of attention: records like any other, so that the same arithmetic holds."""
    base, linear = model_of("llama-3.1-8b").architecture, model_of("qwen3.5-9b").architecture.linear

    def with_(**fields) -> Architecture:
        return Architecture.model_validate(dict(base) | fields)

    return [
        ("Multi-head (MHA)", "32 key and value heads", with_(kv_heads=32)),
        ("Grouped-query (GQA)", "8 key and value heads", base),
        ("Multi-query (MQA)", "1 key and value head", with_(kv_heads=1)),
        ("Latent (MLA)", "rank 512 and 64 for the position", with_(mla=LatentAttention(kv_rank=512, nope_dim=128, rope_dim=64, value_dim=128))),
        ("Sliding window", "4,096 tokens in 5 of 6 layers", with_(window=Window(tokens=4096), layout="WWWWWA")),
        ("Linear and full (hybrid)", "attention in 1 of 4 layers", with_(linear=linear, layout="LLLA")),
    ]
