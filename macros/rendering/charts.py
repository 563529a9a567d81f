"""Pictures made of HTML: a chart is a table with bars, and the number stands beside its bar."""

from html import escape
from math import log10

from ..arithmetic import memory as memory_, speed
from ..catalog.errors import CatalogError
from . import units
from .html import block, element, figure, hidden
from .numbers import bytes_per_token, ceiling, device_of, model_of, need
from .tables import WORDS, cell, head, row_head, table

GROUPS = (("storage", "Storage", "ram"), ("network", "Network", "ram"), ("bus", "Buses", "ram"), ("system-memory", "System memory", "ram"),
          ("unified-memory", "Unified memory", "uni"), ("consumer-gpu", "Graphics cards", "gpu"), ("workstation-gpu", "Workstation cards", "gpu"), ("datacenter-gpu", "Data-center cards", "gpu"))


def bandwidth_ladder(*, id: str, caption: str, model: str, format: str, devices: list[str]) -> str:
    """Bandwidth of devices as bars on a logarithmic scale, with the most tokens per second each allows."""
    chosen = [device_of(d) for d in devices]
    rates = {d.id: float(speed.bandwidth(d.bandwidth)) for d in chosen}
    low = 10.0 ** int(log10(min(rates.values())) - (1 if min(rates.values()) < 1 else 0))
    decades = log10(max(rates.values()) / low)

    def position(rate: float) -> float:
        return max(0.5, 100 * log10(rate / low) / decades)

    ticks, tick = "", low
    while tick <= max(rates.values()):
        ticks += element("i", f"{tick:,g}", style=f"left:{100 * log10(tick / low) / decades:.1f}%")
        tick *= 10
    body = ""
    for kind, title, class_ in GROUPS:
        members = sorted((d for d in chosen if d.kind == kind), key=lambda d: rates[d.id])
        if not members:
            continue
        rows = element("tr", element("th", title, scope="rowgroup", colspan=4), class_="grp")
        for d in members:
            bar = element("span", "", class_=f"bar {class_}", style=f"width:{position(rates[d.id]):.1f}%")
            bound = ceiling(model, format, d.id)
            name, _, detail = d.name.partition(" (")
            rows += element("tr", row_head(name, detail.rstrip(")")) + cell(bar, class_="plot") + cell(units.gb_per_second(speed.bandwidth(d.bandwidth)).split(units.NBSP)[0], rates[d.id])
                            + cell(units.tokens_per_second(bound).split(units.NBSP)[0], f"{float(bound):.6g}"), data_device=d.id)
        body += element("tbody", rows)
    axis = element("th", hidden("Bar, logarithmic scale") + element("span", ticks, aria_hidden="true"), scope="col", class_="plot axis")
    first = head("Memory") + axis + head("Reads", "GB/s") + head("Writes up to", "tokens/s")
    step = f"--decade:{100 / decades:.3f}%"
    read = units.file_size(bytes_per_token(model, format))
    note = f"Each grid line is a factor of ten. Writes up to = reads ÷ {read}, the bytes that one token of {escape(model_of(model).name)} at {escape(format)} reads. A ceiling, not a promise."
    html = figure(id=id, caption=f"<b>{escape(caption)}</b> GB/s on a logarithmic scale", table=table(id, [first], body), class_="tab ladder", note=note)
    return html.replace('<figure class="tab ladder"', f'<figure class="tab ladder" style="{step}"', 1)


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
