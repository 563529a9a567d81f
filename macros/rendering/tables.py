"""Computed tables. Complete without script; exact values stand in data attributes."""

from fractions import Fraction
from html import escape

from ..arithmetic.quantization import types
from ..arithmetic import memory as memory_, parameters as count_of, speed, weights as weights_of
from ..catalog.errors import CatalogError
from ..catalog.records import Device, Model
from ..data import catalog
from ..speeds import decode_on, left_out_errors, together_errors
from . import units
from .html import element, figure, hidden, link
from .numbers import card_need, device_of, kv_bytes, mix_of, model_of, need, weights_bytes

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
            n = card_need(model, format, context)
            needed = n.total
            cells = cell(units.gib(n.weights), n.weights) + cell(units.gib(n.kv_cache), n.kv_cache) + cell(f"<b>{units.gib(needed)}</b>", needed)
            marks = "".join(cell(fit_mark(needed, memory_.gib_bytes(c)), memory_.verdict(needed, memory_.gib_bytes(c)), "l") for c in capacities)
            body += element("tr", row_head(model_of(model).name, format) + cells + marks, data_model=model, data_format=format)
    first = (head("Model, format", rowspan=2) + head("Weights", "GiB", rowspan=2) + head("KV cache", "GiB", rowspan=2) + head("Needed", "GiB", rowspan=2)
             + element("th", "On a graphics card with", scope="colgroup", colspan=len(capacities), class_="span"))
    second = "".join(head(f"{c} GB", class_="l") for c in capacities)
    note = ('Needed is weights, KV cache and work space on the card; the input embedding of most models stays in the computer’s own memory and is not counted. '
            'Graphics cards are sold in GB and mean GiB; a computer without one has less to give, as the system needs its share and macOS lends a model only a part. '
            '<span class="fit yes">fits</span> uses at most 90&nbsp;% of the memory; <span class="fit tight">tight</span> uses the rest, so close other programs; '
            '<span class="fit no">no</span> does not load whole. The second line is what is left over or missing, in GiB.')
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Context {context:,} tokens, cache in F16", table=table(id, [first, second], element("tbody", body)), class_="tab wide prose", note=note)


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


def bits_table(*, id: str, caption: str, models: list[str], formats: list[str]) -> str:
    """Real bits per weight of formats, model by model."""
    body = ""
    for m in models:
        a = model_of(m).architecture
        body += element("tr", row_head(model_of(m).name) + "".join(cell(units.fixed(b := weights_of.bits_per_weight(a, mix_of(f), catalog().types), 2), f"{float(b):.6g}") for f in formats), data_model=m)
    first = head("Model") + "".join(head(f) for f in formats)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> All bytes of the file over all weights", table=table(id, [first], element("tbody", body)), class_="tab wide")


def kv_table(*, id: str, caption: str, models: list[str], contexts: list[int], cache: str = "F16") -> str:
    """KV cache of several models by length of context, in GiB."""
    body = "".join(element("tr", row_head(model_of(m).name) + "".join(cell(units.gib(n := kv_bytes(m, c, cache), 2), n) for c in contexts), data_model=m) for m in models)
    first = head("Model") + "".join(head(f"{c:,}", "tokens") for c in contexts)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> One conversation, cache in {escape(cache.upper())}, GiB", table=table(id, [first], element("tbody", body)), class_="tab wide")


# What the usual matrices and lists are for; others stand in the table without words.
PURPOSES = {
    "token_embd.weight": "a row for each token of the vocabulary", "output.weight": "a score for each token of the vocabulary", "output_norm.weight": "keeps numbers in check before the output",
    "attn_q.weight": "makes the queries", "attn_k.weight": "makes the keys", "attn_v.weight": "makes the values", "attn_output.weight": "brings the heads together",
    "attn_norm.weight": "keeps numbers in check before attention", "ffn_norm.weight": "keeps numbers in check before the feed-forward part", "ffn_gate.weight": "widens the state and decides what passes",
    "ffn_up.weight": "widens the state", "ffn_down.weight": "back to the width of the model", "rope_freqs.weight": "factors of stretched positions, no parameters",
    "ffn_gate_inp.weight": "the router: a score for each expert", "ffn_gate_exps.weight": "the experts, stacked", "ffn_up_exps.weight": "the experts, stacked", "ffn_down_exps.weight": "the experts, stacked",
}


def tensor_table(*, id: str, caption: str, model: str, format: str) -> str:
    """The tensors of a model as its GGUF file holds them, layers counted together: shape, type in a format, numbers and bytes."""
    m, groups = model_of(model), {}
    for tensor, kind in types(m.architecture, mix_of(format), catalog().types):
        name = tensor.name.split(".", 2)[2] if tensor.layer is not None else tensor.name
        count, elements, size, kinds = groups.get((name, tensor.shape), (0, 0, 0, set()))
        groups[name, tensor.shape] = count + 1, elements + tensor.elements, size + tensor.elements // kind.block * kind.bytes, kinds | {kind.id}
    body = ""
    for (name, shape), (count, elements, size, kinds) in groups.items():
        body += element("tr", element("th", f"<code>{escape(name)}</code>" + (f"<br><small>{PURPOSES[name]}</small>" if name in PURPOSES else ""), scope="row")
                        + cell(" × ".join(f"{n:,}" for n in shape)) + cell(f"{count:,}", count) + cell(f"{elements:,}", elements) + cell(escape(", ".join(sorted(kinds))), class_="l") + cell(units.memory(size), size))
    total = tuple(sum(g[i] for g in groups.values()) for i in (0, 1, 2))
    body += element("tr", row_head("All") + cell("") + cell(f"{total[0]:,}", total[0]) + cell(f"{total[1]:,}", total[1]) + cell("") + cell(units.memory(total[2]), total[2]))
    first = head("Tensor") + head("Shape") + head("How often") + head("Numbers", "all of them") + head("Type", escape(format), class_="l") + head("Memory")
    note = "Names and shapes as GGUF has them: the dimension that lies together in memory comes first. In layers the name begins with <code>blk.</code> and the number of the layer."
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(m.name)} at {escape(format)}", table=table(id, [first], element("tbody", body)), class_="tab wide", note=note)


def model_table(*, id: str, caption: str, models: list[str], detail: bool = False) -> str:
    """Models with maker, month, parameters and license; detail=True sets the computed count beside the published one."""
    body = ""
    for key in models:
        m = model_of(key)
        total, active, extras = count_of.total(m.architecture), count_of.active(m.architecture), sum(e.count for e in m.parameters.extras)
        counts = (cell(f"{total:,}", total) + cell(f"{extras:,}", extras) + cell(f"{m.parameters.total:,}", m.parameters.total) if detail
                  else cell(units.significant(Fraction(total, 10**9)), total))
        body += element("tr", row_head(m.name, address=page_of(m)) + cell(escape(m.maker), class_="l") + cell(m.released, class_="l") + counts
                        + cell(units.significant(Fraction(active, 10**9)), active) + cell(escape(m.license.name), class_="l"), data_model=key)
    counts = (head("Computed", "parameters") + head("Beside it", "towers, buffers") + head("Published", "stored elements") if detail
              else head("Parameters", "billion"))
    first = head("Model") + head("Maker", class_="l") + head("Released", class_="l") + counts + head("For each token", "billion") + head("License", class_="l")
    note = "Computed and beside it add up to published, to the unit" if detail else "For each token: the parameters that take part in it, both embeddings counted; some makers leave the input embedding out"
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {note}", table=table(id, [first], element("tbody", body)), class_="tab wide")


def device_table(*, id: str, caption: str, devices: list[str] | None = None) -> str:
    """Devices with kind, memory, bandwidth and the arithmetic behind it. All of the catalog if none is named."""
    order = ["storage", "network", "bus", "system-memory", "unified-memory", "consumer-gpu", "workstation-gpu", "datacenter-gpu"]
    keys = devices or sorted(catalog().devices, key=lambda k: (order.index(catalog().devices[k].kind), speed.bandwidth(catalog().devices[k].bandwidth)))
    body = ""
    for key in keys:
        d = device_of(key)
        b, rate = d.bandwidth, speed.bandwidth(d.bandwidth)
        how = (f"{b.bus_bits:,} bit × {b.transfer_rate:g} GT/s" if b.bus_bits else f"{b.lanes} × {b.line_rate:g} Gbit/s" + (f" × {b.encoding}" if b.encoding != "1/1" else "") if b.lanes else "as stated")
        body += element("tr", row_head(d.name, address=page_of(d)) + cell(d.kind.replace("-", " ").replace("gpu", "GPU"), class_="l") + cell(", ".join(map(str, d.memory.sizes)) if d.memory else "–", class_="text")
                        + cell(how, class_="l") + cell(units.gb_per_second(rate).split(units.NBSP)[0], f"{float(rate):.6g}"), data_device=key)
    first = head("Device") + head("Kind", class_="l") + head("Memory", "GB as sold") + head("Width and rate", class_="l") + head("Bandwidth", "GB/s")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Slowest first within each kind", table=table(id, [first], element("tbody", body), searched=bool(devices)), class_="tab wide prose")


def machine_table(*, id: str, caption: str, machines: list[dict], models: list[str], format: str, context: int) -> str:
    """The largest of `models` that fits each machine. A machine: {name, example, device, gib} where gib is what a model can use."""
    ranked = sorted(models, key=lambda m: weights_bytes(m, format))
    body = ""
    for machine in machines:
        missing = {"name", "example", "device", "gib"} - set(machine)
        if missing:
            raise CatalogError(f"machine_table: a machine needs name, example, device and gib; {', '.join(sorted(missing))} is missing")
        free = memory_.gib_bytes(machine["gib"])
        card = device_of(machine["device"]).kind.endswith("-gpu")
        needs = {m: (card_need if card else need)(m, format, context).total for m in ranked}
        fitting = [m for m in ranked if needs[m] <= free]
        if not fitting:
            raise CatalogError(f"machine_table: none of the models fits {machine['name']}; add a smaller one")
        best = fitting[-1]
        speed_ = decode_on(best, format, machine["device"])
        low, high = (units.tokens_per_second(Fraction(v)).split(units.NBSP)[0] for v in (speed_.low, speed_.high))
        body += element("tr", element("th", f'{escape(machine["name"])} <small>{escape(machine["example"])}</small>', scope="row") + cell(escape(model_of(best).name), class_="l")
                        + cell(f"{low} to {high}", f"{speed_.expected:.6g}") + cell(units.gb(weights_bytes(best, format)), weights_bytes(best, format))
                        + cell(f"{units.gib(needs[best])} of {units.gib(free)}", needs[best]), data_device=machine["device"], data_model=best)
    first = head("Machine") + head("Largest model", class_="l") + head("Writes", "tokens/s") + head("Download", "GB") + head("Memory", "GiB needed of GiB usable")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Format {escape(format)}, {context:,} tokens of context", table=table(id, [first], element("tbody", body)), class_="tab wide")


def speed_error_table(*, id: str, caption: str) -> str:
    """How far predicted speeds of devices lie from published ones when the device's own figures are left out of the fit."""
    groups = (("decode, dense", "Writing, dense models"), ("decode, experts", "Writing, mixtures of experts"), ("decode cpu, dense", "Writing on processors"),
              ("prefill, dense", "Reading, dense models"), ("prefill, experts", "Reading, mixtures of experts"))
    body, errors = "", {e.name: e for e in left_out_errors()}
    for name, title in groups:
        rows = _error_row(errors[name], "all") + "".join(_error_row(e, CLASSES.get(e.name.rpartition(", ")[2], e.name.rpartition(", ")[2]))
                                                         for e in errors.values() if e.name.startswith(f"{name}, ") and e.rows >= 10)
        body += element("tbody", element("tr", element("th", title, scope="rowgroup", colspan=7), class_="grp") + rows)
    first = (head("Class of device") + head("Results") + head("Devices") + head("Median", "error, %") + head("Nine of ten", "within, %") + head("In range", "%")
             + element("th", hidden("Bar of nine of ten, ") + "0 to 100 %", scope="col", class_="plot"))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Each device predicted from the others", table=table(id, [first], body), class_="tab wide grouped",
                  note="In range: the share of published results inside the range we print, which aims at 80&nbsp;%. Classes with fewer than ten results count in the rows called all.")


def together_error_table(*, id: str, caption: str) -> str:
    """How far speeds of several conversations and of several cards lie from published ones."""
    body = "".join(_error_row(e, e.name[0].upper() + e.name[1:]) for e in together_errors())
    first = (head("What") + head("Results") + head("Devices") + head("Median", "error, %") + head("Nine of ten", "within, %") + head("In range", "%")
             + element("th", hidden("Bar of nine of ten, ") + "0 to 100 %", scope="col", class_="plot"))
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Computed from the speed of one device and one conversation", table=table(id, [first], element("tbody", body)), class_="tab wide",
                  note="These devices were not left out of the fit, but it knows nothing of several conversations or cards, apart from the time that one more card adds to a token.")


CLASSES = {
    "cuda-ada": "NVIDIA Ada", "cuda-ampere": "NVIDIA Ampere", "cuda-blackwell": "NVIDIA Blackwell", "cuda-turing": "NVIDIA Turing", "cuda-ga100": "A100",
    "cuda-hopper": "H100 and H200", "cuda-unified": "DGX Spark and Jetson", "metal-m1": "Apple M1", "metal-m2": "Apple M2", "metal-m3": "Apple M3", "metal-m4": "Apple M4",
    "rocm-radeon": "Radeon with ROCm", "rocm-amd-unified": "Ryzen AI Max with ROCm", "vulkan-amd-unified": "Ryzen AI Max with Vulkan", "cpu-arm": "ARM processors", "cpu-x86": "x86 processors",
}


def _error_row(e, title: str) -> str:
    bar = element("span", "", class_="bar gpu", style=f"width:{min(100 * e.ninth_decile, 100):.1f}%")
    return element("tr", row_head(title) + cell(f"{e.rows:,}", e.rows) + cell(f"{e.devices}", e.devices)
                   + "".join(cell(units.fixed(100 * v, 0), f"{v:.4g}") for v in (e.median, e.ninth_decile, e.coverage)) + cell(bar, class_="plot"))
