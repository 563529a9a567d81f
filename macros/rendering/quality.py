"""What formats cost in quality: published figures (macros/catalog/measurements/quality.csv) beside our exact sizes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from html import escape
from math import floor, log10

from ..arithmetic.tensors import tensors
from ..catalog.errors import CatalogError, nearest
from ..catalog.measurements import Quality
from ..data import catalog
from . import units
from .html import element, figure, link
from .numbers import model_of, weights_bytes
from .tables import cell, head, row_head, table

TITLES = {"perplexity": "Perplexity", "perplexity-rise": "Rise of perplexity", "kl-divergence": "KL divergence", "probability-change": "Change of probability",
          "probability-change-rms": "Change of probability, root mean square", "same-top": "Same first choice", "mmlu-pro": "MMLU-Pro",
          "file-size": "File as published", "bits-per-weight": "Bits per weight as published", "bits-per-value": "Bits per value"}
UNITS = {"1": "", "bits": ""}


@dataclass(frozen=True)
class Published:
    """One format of one model as somebody measured it: a row for each measure, and our size of it."""

    format: str                    # as published
    imatrix: str | None            # importance matrix, as published
    mix: str | None                # the catalog's format; None if it has none that is the same
    size: int | None               # exact bytes of the weights
    bits: Fraction | None          # bits per weight
    figures: dict[str, Quality]    # by measure


def published(source: str, model: str, measures: Sequence[str], formats: Sequence[str] | None = None, imatrix: bool | None = None) -> list[Published]:
    """Published figures of a model, the largest format first; formats of unknown size come last.

    `model` is an id, or a name as published where the catalog has no such model. `formats`: names, ours or as published. `imatrix`: True for
    those made with an importance matrix, False for those made without. Of several runs the newest counts; if they are of the same date, the one
    that measured most formats. Raises CatalogError naming what there is where a measure or a format has no row.
    """
    catalog().find("works", source)
    ours = [r for r in catalog().measurements.quality.values() if r.source == source and model in (r.model, r.model_name)]
    for measure in measures:
        if not any(r.kind == measure for r in ours):
            raise CatalogError(_nothing(source, model, measure))
    rows = [r for r in ours if r.kind in measures and imatrix in (None, r.imatrix is not None)]
    names = sorted({r.quant for r in rows}, key=str.lower)
    for wanted in formats or ():
        if wanted.upper() not in {n.upper() for n in names} | {_mix(r) for r in rows}:
            raise CatalogError(f"'{source}' has no {wanted} of '{model}'.{nearest(wanted, names)} It has {', '.join(names) or 'none'}")
    if formats:
        rows = [r for r in rows if {r.quant.upper(), _mix(r)} & {f.upper() for f in formats}]
    breadth = Counter((r.locator, r.kind) for r in ours)
    chosen: dict[tuple, dict[str, Quality]] = {}
    for r in sorted(rows, key=lambda r: (r.as_of, breadth[r.locator, r.kind])):
        chosen.setdefault((r.quant.upper(), r.imatrix), {})[r.kind] = r
    found = [_published(next(iter(figures.values())), {m: figures[m] for m in measures if m in figures}) for figures in chosen.values()]
    return sorted(found, key=lambda p: (-(p.bits or 0), p.imatrix is not None, p.format, p.imatrix or ""))


def _published(row: Quality, figures: dict[str, Quality]) -> Published:
    mix = _mix(row)
    if mix is None or row.model is None:
        return Published(row.quant, row.imatrix, None, None, None, figures)
    size = weights_bytes(row.model, mix, row.imatrix is not None, row.as_of < "2026")
    return Published(row.quant, row.imatrix, mix, size, Fraction(8 * size, sum(t.elements for t in tensors(model_of(row.model).architecture))), figures)


def _mix(row: Quality) -> str | None:
    """The catalog's format of the same name, whatever its capitals; uploaders' own recipes have none."""
    name = {"FP16": "F16"}.get(row.quant.upper(), row.quant.upper())
    return name if row.what == "weights" and name in catalog().mixes else None


def _nothing(source: str, model: str, measure: str) -> str:
    """Why there is no row, and what there is instead."""
    rows = catalog().measurements.quality.values()
    here: dict[str, list[str]] = {}
    for r in rows:
        if r.source == source:
            kinds = here.setdefault(r.model or r.model_name, [])
            kinds += [r.kind] if r.kind not in kinds else []
    if not here:
        return f"source '{source}' has no rows in macros/catalog/measurements/quality.csv; those that have are {', '.join(sorted({r.source for r in rows}))}"
    if model not in here:
        return f"'{source}' has nothing of '{model}'.{nearest(model, here)} It has {', '.join(here)}"
    return f"'{source}' has no {measure} of '{model}'.{nearest(measure, here[model])} It has {', '.join(here[model])}"


# ---------------------------------------------------------------- as text

def with_uncertainty(row: Quality) -> str:
    """'6.383 ± 0.039', to two digits of the uncertainty, or one if no more is published; without any as published."""
    if not row.uncertainty:
        return f"{row.value:g}".replace("-", "−")
    digits = min(2, len(Decimal(str(row.uncertainty)).normalize().as_tuple().digits))
    places = max(0, digits - 1 - floor(log10(row.uncertainty)))
    return f"{units.fixed(row.value, places)} ± {units.fixed(row.uncertainty, places)}".replace("-", "−")


def unit_of(figures: Sequence[Published], measure: str) -> str:
    found = {p.figures[measure].unit for p in figures if measure in p.figures}
    if len(found) > 1:
        raise CatalogError(f"{measure} is given in {' and in '.join(sorted(found))}; name formats of one unit")
    unit = found.pop()
    return UNITS.get(unit, unit)


def model_name(model: str) -> str:
    return catalog().models[model].name if model in catalog().models else model


def provenance(source: str, rows: Sequence[Published]) -> str:
    """Whose figures they are, of which run and date, on which text: HTML."""
    work = catalog().find("works", source)
    figures = [(p, r) for p in rows for r in p.figures.values()]
    said = [f"Published by {link(work.title, work.address)}, read {work.accessed}", *_runs(figures)]
    texts = {(r.corpus, r.context) for _, r in figures}
    if len(texts) == 1 and (text := texts.pop())[0]:
        said.append(escape(text[0]) + (f", {text[1]:,} tokens at a time" if text[1] else ""))
    compared = {r.reference for _, r in figures if r.reference}
    if len(compared) == 1:
        said.append(f"compared with {escape(compared.pop())}")
    said += dict.fromkeys(escape(f"{_name(p)} is doubtful: {r.suspect}") for p, r in figures if r.suspect)
    note = "; ".join(said) + "."
    if any(r.uncertainty for _, r in figures):
        note += " ± as published: what another text would change; all formats read the same text, so their differences are known better."
    return note + (" Sizes are computed here, not published." if any(p.bits for p in rows) else "")


def _runs(figures: Sequence[tuple[Published, Quality]]) -> list[str]:
    """Run and date: of all figures if they are of one, else of each measure, and of the formats that are of another. HTML."""
    usual = {}
    for kind in dict.fromkeys(r.kind for _, r in figures):
        runs = Counter(_run(r) for _, r in figures if r.kind == kind)
        usual[kind] = max(runs, key=lambda run: runs[run])
    of = {run: ", ".join(TITLES[k] for k in usual if usual[k] == run) for run in usual.values()}
    said = [escape(run if len(of) == 1 else f"{measures}: {run}") for run, measures in of.items()]
    others: dict[str, dict[str, None]] = {}
    for p, r in figures:
        if _run(r) != usual[r.kind]:
            others.setdefault(_run(r), {})[_name(p)] = None
    return said + [escape(f"{', '.join(names)}: {run}") for run, names in others.items()]


def _run(row: Quality) -> str:
    return (f"{row.locator}, " if row.locator else "") + units.month(row.as_of)


def _name(p: Published) -> str:
    return p.format + (f" ({p.imatrix})" if p.imatrix else "")


def body(rows: Sequence[Published], measures: Sequence[str]) -> tuple[str, str]:
    """Head row and body of the table: format, size, and each measure with its uncertainty."""
    sized = any(p.bits for p in rows)
    html = ""
    for p in rows:
        size = cell(units.gb(p.size), p.size) + cell(units.fixed(p.bits, 2), f"{float(p.bits):.6g}") if p.bits else 2 * cell("–")
        figures = "".join(_figure(p.figures[m]) if m in p.figures else cell("–") for m in measures)
        name = p.mix or p.format
        html += element("tr", row_head(name, f"matrix: {p.imatrix}" if p.imatrix else "") + (size if sized else "") + figures, data_format=name)
    first = head("Format") + (head("Size", "GB") + head("Per weight", "bits") if sized else "") + "".join(head(TITLES[m], unit_of(rows, m)) for m in measures)
    return first, element("tbody", html)


def _figure(row: Quality) -> str:
    return element("td", escape(with_uncertainty(row)), data_value=row.value, data_uncertainty=row.uncertainty, data_row=row.id)


def quality_table(*, id: str, caption: str, source: str = "llama-cpp-perplexity", model: str = "llama-3-8b",
                  measures: Sequence[str] = ("perplexity", "kl-divergence"), formats: Sequence[str] | None = None, imatrix: bool | None = None) -> str:
    """Published quality of formats with its ±, run and date, beside their sizes; imatrix=True or False for those with or without an importance matrix."""
    if not measures:
        raise CatalogError('measures is empty; name at least one, for example measures=["perplexity"]')
    rows = published(source, model, measures, formats, imatrix)
    first, html = body(rows, measures)
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(model_name(model))}", table=table(id, [first], html), class_="tab wide",
                  note=provenance(source, rows))
