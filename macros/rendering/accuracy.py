"""How good the numbers are: our figures beside those of the real programs, compared when the book is built."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from html import escape
from statistics import median

from ..arithmetic import parameters as count_of, weights as weights_of
from ..arithmetic.compute_buffer import compute_bytes
from ..arithmetic.kv_cache import Impossible, kv_bytes
from ..arithmetic.placement import place
from ..arithmetic.shortcuts import KV_SHORTCUTS, WEIGHT_SHORTCUTS, shortcut_weights
from ..catalog.errors import CatalogError, nearest
from ..catalog.ground_truth import rows
from ..data import catalog
from ..speeds import left_out_errors
from . import units
from .html import element, figure
from .numbers import Number, kv_bytes as kv_of, model_of, weights_bytes
from .tables import cell, head, row_head, table


@dataclass(frozen=True)
class Agreement:
    """One row of the comparison: how many figures, how many equal, how far off the others are."""

    what: str
    against: str
    compared: int
    equal: int
    median_error: float
    worst_error: float


def _agreement(what: str, against: str, pairs: list[tuple[int, int]]) -> Agreement:
    errors = [abs(ours / theirs - 1) if theirs else float(ours != theirs) for ours, theirs in pairs]
    return Agreement(what, against, len(pairs), sum(a == b for a, b in pairs), median(errors), max(errors))


@cache
def agreements() -> tuple[Agreement, ...]:
    """Every row of every file of ground truth whose model is in the catalog."""
    book = catalog()
    by_hub = {m.hub: m for m in book.models.values()}
    f16 = book.types["F16"]

    def known(name):
        return [(by_hub[r["model"]].architecture, r) for r in rows(name) if r["model"] in by_hub]

    published = [(count_of.total(m.architecture) + sum(e.count for e in m.parameters.extras), m.parameters.total) for m in book.models.values() if m.parameters.exact]
    sizes = []
    for a, r in known("gguf_sizes"):
        mix = book.mixes[r["format"]].model_copy(update={"pure": r["pure"] == "1", "experts": r["experts"] or None})
        sizes.append((weights_of.weights_bytes(a, mix, book.types, imatrix=r["imatrix"] == "1"), int(r["bytes"])))
    caches = []
    for a, r in known("kv_cache"):
        try:
            ours = kv_bytes(a, int(r["context"]), book.types[r["type_k"].upper()], book.types[r["type_v"].upper()], sequences=int(r["sequences"]),
                            unified=r["unified"] == "1", batch=int(r["batch"]), swa_full=r["swa_full"] == "1", flash_attention=r["flash_attention"] == "1")
        except Impossible:
            ours = 0
        caches.append((ours, 0 if r["bytes"] == "refused" else int(r["bytes"])))
    placed = []
    for a, r in known("placement"):
        p = place(a, book.mixes[r["format"]], book.types, int(r["context"]), f16, f16, gpu_layers=int(r["gpu_layers"]))
        placed += [(p.device_weights, int(r["device_weights"])), (p.host_weights, int(r["host_weights"]))]
    scratch = [(a, round(float(r["device_mib"]) * 2**20), compute_bytes(a, int(r["context"]), int(r["batch"]))) for a, r in known("compute_buffers") if r["type"] == "f16"]
    dense = [(ours, theirs) for a, theirs, ours in scratch if a.experts is None]
    sparse = [(ours, theirs) for a, theirs, ours in scratch if a.experts is not None]
    return (
        _agreement("Parameters", "element counts on the hub", published),
        _agreement("File sizes", "llama-quantize --dry-run", sizes),
        _agreement("KV cache and state", "the llama.cpp library", caches),
        _agreement("Weights on device and host", "the llama.cpp library", placed),
        _agreement("Compute buffer, dense models", "the llama.cpp library", dense),
        _agreement("Compute buffer, mixtures of experts", "the llama.cpp library", sparse),
    )


SPEED_MEASURES = {"median": "half of the published results lie closer", "ninth_decile": "nine of ten published results lie closer", "coverage": "published results inside the printed range"}


def speed_error(*, group: str, measure: str) -> str:
    """Error of predicted speeds of unseen devices in percent; group is a row of speed_error_table, for example "decode, dense", measure median, ninth_decile or coverage."""
    errors = {e.name: e for e in left_out_errors()}
    if group not in errors or measure not in SPEED_MEASURES:
        known, asked = (errors, group) if group not in errors else (SPEED_MEASURES, measure)
        raise CatalogError(f"speed_error: there is no '{asked}'.{nearest(asked, known)} Known: {', '.join(known)}")
    e = errors[group]
    value = 100 * getattr(e, measure)
    return Number(f"{units.fixed(value, 0)}{units.NBSP}%", f"{value:.4g}", "%", SPEED_MEASURES[measure],
                  f"{e.rows:,} results of {e.devices} devices, each predicted from the others").inline()


def size_error(*, figure: str) -> str:
    """Worst error of one row of accuracy_table in percent, for example figure="Compute buffer, mixtures of experts"."""
    found = {a.what: a for a in agreements()}
    if figure not in found:
        raise CatalogError(f"size_error: there is no '{figure}'.{nearest(figure, found)} Known: {', '.join(found)}")
    a = found[figure]
    return Number(f"{_percent(a.worst_error)}{units.NBSP}%", f"{100 * a.worst_error:.4g}", "%", "the largest of all errors", f"{a.compared:,} rows compared with {a.against}").inline()


def shortcut_factor(*, model: str, context: int, end: str) -> str:
    """The least or the most that a formula of calculator_table gives, as a multiple of the real cache; end is least or most."""
    real, a = kv_of(model, context), model_of(model).architecture
    factors = {s.rule: Fraction(s.bytes(a, context), real) for s in KV_SHORTCUTS}
    if end not in ("least", "most"):
        raise CatalogError(f"shortcut_factor: end='{end}' is not possible; write end='least' or end='most'")
    rule = (min if end == "least" else max)(factors, key=factors.get)
    return Number(units.times(factors[rule]), f"{float(factors[rule]):.6g}", "ratio", f"{units.gib(factors[rule] * real, 2)} GiB ÷ {units.gib(real, 2)} GiB", f"{model_of(model).name}, {context:,} tokens: {rule}").inline()


def _percent(value: float) -> str:
    return "0" if value == 0 else f"{units.significant(100 * value, 2)}"


def accuracy_table(*, id: str, caption: str) -> str:
    """Our figures against the real programs': how many equal to the unit, and how far off the rest is."""
    body = "".join(element("tr", row_head(a.what) + cell(escape(a.against), class_="l") + cell(f"{a.compared:,}", a.compared) + cell(f"{a.equal:,}", a.equal)
                           + cell(_percent(a.median_error), f"{a.median_error:.6g}") + cell(_percent(a.worst_error), f"{a.worst_error:.6g}")) for a in agreements())
    first = head("Figure") + head("Compared with", class_="l") + head("Rows") + head("Equal", "to the unit") + head("Median error", "%") + head("Worst error", "%")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Compared when this edition was built", table=table(id, [first], element("tbody", body)), class_="tab prose")


def calculator_table(*, id: str, caption: str, models: list[str], context: int) -> str:
    """KV cache by the formulas that public calculators use, and the factor by which each is off."""
    truth = {m: kv_of(m, context) for m in models}
    body = element("tr", row_head("What llama.cpp allocates") + "".join(cell(f"<b>{units.gib(n, 2)}</b>", n) for n in truth.values()))
    for s in KV_SHORTCUTS:
        cells = ""
        for m, real in truth.items():
            n = s.bytes(model_of(m).architecture, context)
            off = "" if abs(n / real - 1) < 0.005 else f'<small class="u">{units.times(n / real)}</small>'
            cells += cell(units.gib(n, 2) + off, n)
        body += element("tr", row_head(s.rule, f"{s.used_by}; leaves out {s.leaves_out}") + cells)
    first = head("Formula") + "".join(head(model_of(m).name, "GiB") for m in models)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {context:,} tokens, 16 bits per value; second line: factor by which it is off", table=table(id, [first], element("tbody", body)), class_="tab prose")


def weight_shortcut_table(*, id: str, caption: str, models: list[str], format: str) -> str:
    """File sizes by flat bits per weight, and the error in percent."""
    body = element("tr", row_head("What llama-quantize writes") + "".join(cell(f"<b>{units.gb(n := weights_bytes(m, format))}</b>", n) for m in models))
    for rule, used_by, bits in WEIGHT_SHORTCUTS:
        cells = ""
        for m in models:
            n, real = shortcut_weights(count_of.total(model_of(m).architecture), bits), weights_bytes(m, format)
            cells += cell(f'{units.gb(n)}<small class="u">{"+" if n > real else "−"}{units.fixed(abs(100 * (n / real - 1)), 0)} %</small>', n)
        body += element("tr", row_head(rule, used_by) + cells)
    first = head("Rule") + "".join(head(model_of(m).name, "GB") for m in models)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(format)}; second line: error", table=table(id, [first], element("tbody", body)), class_="tab prose")
