"""Computed tables. Complete without script; exact values stand in data attributes."""

from html import escape

from ..arithmetic import memory as memory_, parameters as count_of, speed
from ..catalog.errors import CatalogError
from ..catalog.records import Device, Model
from ..data import catalog
from . import units
from .html import element, figure, hidden, link
from .numbers import bytes_per_token, ceiling, device_of, kv_bytes, mix_of, model_of, need, weights_bytes

WORDS = {"fits": "yes", "tight": "tight", "no": "no"}


def cell(text: str, value=None, class_: str | None = None) -> str:
    return element("td", text, class_=class_, data_value=value)


def row_head(text: str, second: str = "", address: str | None = None) -> str:
    first = link(text, address) if address else escape(text)
    return element("th", first + (f"<br><small>{escape(second)}</small>" if second else ""), scope="row")


def page_of(record: Model | Device, folder: str = "../reference") -> str:
    """Address of the generated page of a model or device, as seen from a chapter (macros/staging.py writes the page)."""
    return f"{folder}/{'models' if isinstance(record, Model) else 'devices'}/{record.id}.html"


def head(text: str, unit: str = "", class_: str | None = None, **more) -> str:
    return element("th", escape(text) + (f"<small>{escape(unit)}</small>" if unit else ""), scope="col", class_=class_, **more)


def table(id: str, head_rows: list[str], body: str, *, class_: str = "t", searched: bool = True) -> str:
    """A table named by its caption; `id` is the figure's, the table itself gets `<id>-table`.

    Readers load the search index with their first page: what holds numbers by the hundred stays out of it.
    """
    rows = "".join(element("tr", row) for row in head_rows)
    return element("table", element("thead", rows) + body, class_=class_, id=f"{id}-table", aria_labelledby=id, data_search_exclude=None if searched else "true")


def fit_mark(needed: int, capacity: int) -> str:
    """A square (full, half, empty), the word, and what is left or missing in GiB."""
    word = memory_.verdict(needed, capacity)
    left = capacity - needed
    sign = "+" if left >= 0 else "−"
    return f'<span class="fit {WORDS[word]}">{word}</span><small class="u">{sign}{units.gib(abs(left))}</small>'


def fit_table(*, id: str, caption: str, models: list[str], formats: list[str], context: int, capacities: list[int]) -> str:
    """What fits: one row per model and format, one column per memory capacity in GiB."""
    body = ""
    for model in models:
        for format in formats:
            n = need(model, format, context)
            cells = cell(units.gib(n.weights), n.weights) + cell(units.gib(n.kv_cache), n.kv_cache) + cell(f"<b>{units.gib(n.total)}</b>", n.total)
            marks = "".join(cell(fit_mark(n.total, memory_.gib_bytes(c)), memory_.verdict(n.total, memory_.gib_bytes(c)), "l") for c in capacities)
            body += element("tr", row_head(model_of(model).name, format) + cells + marks, data_model=model, data_format=format)
    first = (head("Model, format", rowspan=2) + head("Weights", "GiB", rowspan=2) + head("KV cache", "GiB", rowspan=2) + head("Needed", "GiB", rowspan=2)
             + element("th", "On a device with", scope="colgroup", colspan=len(capacities), class_="span"))
    second = "".join(head(f"{c} GB", class_="l") for c in capacities)
    note = ('Needed is weights, KV cache and work space. Devices are sold in GB and mean GiB. '
            '<span class="fit yes">fits</span> uses at most 90&nbsp;% of the memory; <span class="fit tight">tight</span> uses the rest, so close other programs; '
            '<span class="fit no">no</span> does not load whole. The second line is what is left over or missing, in GiB.')
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Context {context:,} tokens, cache in F16", table=table(id, [first, second], element("tbody", body)), class_="tab wide", note=note)


def size_table(*, id: str, caption: str, model: str, formats: list[str]) -> str:
    """One model in several formats: file, real bits per weight, memory, share of the largest as a bar."""
    sizes = {f: weights_bytes(model, f) for f in formats}
    largest = max(sizes.values())
    elements = count_of.total(model_of(model).architecture)
    body = "".join(element("tr", row_head(f) + cell(escape(mix_of(f).default), class_="l") + cell(units.gb(n), n) + cell(units.gib(n, 2), n)
                           + cell(units.fixed(8 * n / elements, 2), class_=None) + cell(element("span", "", class_="bar gpu", style=f"width:{100 * n / largest:.1f}%"), class_="plot"),
                           data_format=f) for f, n in sizes.items())
    first = (head("Format") + head("Most tensors", class_="l") + head("File", "GB") + head("In memory", "GiB") + head("Per weight", "bits")
             + element("th", hidden("Bar, ") + f"0 to {units.gb(largest, 0)} GB", scope="col", class_="plot"))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(model_of(model).name)}", table=table(id, [first], element("tbody", body)), class_="tab sizes",
                  note="The same bytes twice: files are counted in GB (10<sup>9</sup>), memory in GiB (2<sup>30</sup>). Without the file's 1 to 16 MB of metadata.")


def kv_table(*, id: str, caption: str, models: list[str], contexts: list[int], cache: str = "F16") -> str:
    """KV cache of several models by length of context, in GiB."""
    body = "".join(element("tr", row_head(model_of(m).name) + "".join(cell(units.gib(n := kv_bytes(m, c, cache), 2), n) for c in contexts), data_model=m) for m in models)
    first = head("Model") + "".join(head(f"{c:,}", "tokens") for c in contexts)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> One conversation, cache in {escape(cache.upper())}, GiB", table=table(id, [first], element("tbody", body)), class_="tab wide")


def model_table(*, id: str, caption: str, models: list[str] | None = None) -> str:
    """Models with maker, month, computed and published parameters, license. All of the catalog if none is named."""
    body = ""
    for key in models or sorted(catalog().models, key=lambda k: (catalog().models[k].released, k)):
        m = model_of(key)
        total, active, extras = count_of.total(m.architecture), count_of.active(m.architecture), sum(e.count for e in m.parameters.extras)
        body += element("tr", row_head(m.name, address=page_of(m)) + cell(escape(m.maker), class_="l") + cell(m.released, class_="l") + cell(f"{total:,}", total)
                        + (cell(f"{extras:,}", extras)) + cell(f"{m.parameters.total:,}", m.parameters.total) + cell(units.fixed(active / 10**9, 2), active) + cell(escape(m.license.name), class_="l"), data_model=key)
    first = (head("Model") + head("Maker", class_="l") + head("Released", class_="l") + head("Computed", "parameters") + head("Beside it", "towers, buffers")
             + head("Published", "stored elements") + head("Per token", "billion") + head("License", class_="l"))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Computed + beside it = published, to the unit", table=table(id, [first], element("tbody", body), searched=bool(models)), class_="tab wide")


def device_table(*, id: str, caption: str, devices: list[str] | None = None) -> str:
    """Devices with kind, memory, bandwidth and the arithmetic behind it. All of the catalog if none is named."""
    order = ["storage", "network", "bus", "system-memory", "unified-memory", "consumer-gpu", "workstation-gpu", "datacenter-gpu"]
    keys = devices or sorted(catalog().devices, key=lambda k: (order.index(catalog().devices[k].kind), speed.bandwidth(catalog().devices[k].bandwidth)))
    body = ""
    for key in keys:
        d = device_of(key)
        b, rate = d.bandwidth, speed.bandwidth(d.bandwidth)
        how = (f"{b.bus_bits:,} bit × {b.transfer_rate:g} GT/s" if b.bus_bits else f"{b.lanes} × {b.line_rate:g} Gbit/s" + (f" × {b.encoding}" if b.encoding != "1/1" else "") if b.lanes else "as stated")
        body += element("tr", row_head(d.name, address=page_of(d)) + cell(d.kind.replace("-", " ").replace("gpu", "GPU"), class_="l") + cell(", ".join(map(str, d.memory.sizes)) if d.memory else "–")
                        + cell(how, class_="l") + cell(units.gb_per_second(rate).split(units.NBSP)[0], f"{float(rate):.6g}"), data_device=key)
    first = head("Device") + head("Kind", class_="l") + head("Memory", "GB as sold") + head("Width and rate", class_="l") + head("Bandwidth", "GB/s")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Slowest first within each kind", table=table(id, [first], element("tbody", body), searched=bool(devices)), class_="tab wide")


def machine_table(*, id: str, caption: str, machines: list[dict], models: list[str], format: str, context: int) -> str:
    """The largest of `models` that fits each machine. A machine: {name, example, device, gib} where gib is what a model can use."""
    ranked = sorted(models, key=lambda m: weights_bytes(m, format))
    body = ""
    for machine in machines:
        missing = {"name", "example", "device", "gib"} - set(machine)
        if missing:
            raise CatalogError(f"machine_table: a machine needs name, example, device and gib; {', '.join(sorted(missing))} is missing")
        free = memory_.gib_bytes(machine["gib"])
        fitting = [m for m in ranked if need(m, format, context).total <= free]
        if not fitting:
            raise CatalogError(f"machine_table: none of the models fits {machine['name']}; add a smaller one")
        best = fitting[-1]
        n, rate = need(best, format, context).total, ceiling(best, format, machine["device"], context)
        body += element("tr", element("th", f'{escape(machine["name"])} <small>{escape(machine["example"])}</small>', scope="row") + cell(escape(model_of(best).name), class_="l")
                        + cell(units.tokens_per_second(rate).split(units.NBSP)[0], f"{float(rate):.6g}") + cell(units.gb(weights_bytes(best, format)), weights_bytes(best, format))
                        + cell(f"{units.gib(n)} of {units.fixed(machine['gib'], 0)}", n), data_device=machine["device"], data_model=best)
    first = head("Machine") + head("Largest model", class_="l") + head("Speed at most", "tokens/s") + head("Download", "GB") + head("Memory", "GiB needed of GiB usable")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Format {escape(format)}, {context:,} tokens of context", table=table(id, [first], element("tbody", body)), class_="tab wide")
