"""Everything others measured that the book rests on, with the source of each figure. Speeds of a device stand on its page."""

from collections import Counter, defaultdict
from html import escape

from ..catalog.measurements import Measurement
from ..data import catalog
from . import units
from .html import element, figure, link
from .numbers import model_of
from .sealed import seal
from .tables import cell, head, page_of, row_head, table

KINDS = {"speed": "speeds", "quality": "quality", "power": "power", "prices": "prices"}


def measurement_sources(*, id: str, caption: str) -> str:
    """Every source of measurements, with how many figures of which kind come from it and for when they held."""
    counts, years = defaultdict(Counter), defaultdict(list)
    for kind, measured in catalog().measurements.all().items():
        for row in measured.values():
            counts[row.source][kind] += 1
            years[row.source].append(row.as_of)
    body = ""
    for key in sorted(counts, key=lambda k: (-counts[k].total(), k)):
        work, held = catalog().find("works", key), sorted(years[key])
        body += element("tr", element("th", link(work.title, work.address), scope="row") + "".join(_count(counts[key][kind]) for kind in KINDS)
                        + cell(held[0] if held[0] == held[-1] else f"{held[0]} to {held[-1]}", class_="l"))
    first = head("Source") + "".join(head(word.capitalize(), "figures") for word in KINDS.values()) + head("As of", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Most figures first", table=table(id, [first], element("tbody", body)), class_="tab wide names")


def _count(n: int) -> str:
    return cell(f"{n:,}", n) if n else cell("")


def quality_measurements(*, id: str, caption: str) -> str:
    """What formats cost in quality: one row for each run, one column for each measure, with its source."""
    columns = {"perplexity": ("Perplexity", ""), "kl-divergence": ("KL divergence", "nats"), "same-top": ("Same choice", "%"), "mmlu-pro": ("MMLU-Pro", "%")}
    runs = defaultdict(dict)
    for row in catalog().measurements.quality.values():
        runs[row.run][row.kind] = row
    body = ""
    for run in sorted(runs.values(), key=lambda r: (_name(first := next(iter(r.values()))), first.source, first.what, -_size(r), first.run)):
        one = next(iter(run.values()))
        if not run.keys() & columns.keys():
            continue
        body += element("tr", _model_head(one, f"{one.quant}{f', matrix {one.imatrix}' if one.imatrix else ''}{'' if one.what == 'weights' else f', {one.what}'}")
                        + "".join(_figure(run.get(kind)) for kind in columns) + _when_and_where(one))
    first = head("Model, format") + "".join(head(title, unit) for title, unit in columns.values()) + head("As of", class_="l") + head("Source", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Compare rows of one source only", table=seal(table(id, [first], element("tbody", body), searched=False)), class_="tab wide names",
                  note="±: as published. KL divergence: mean per token against the reference of the same source. Same choice: how often both would write the same token.")


def _size(run: dict) -> float:
    return next((run[kind].value for kind in ("bits-per-weight", "file-size") if kind in run), 0.0)


def _name(row: Measurement) -> str:
    return catalog().models[row.model].name if row.model else row.model_name or "not named"


def _model_head(row: Measurement, second: str) -> str:
    return row_head(_name(row), second, page_of(model_of(row.model), ".") if row.model else None)


def _figure(row: Measurement | None) -> str:
    if row is None:
        return cell("")
    spread = f'<small class="u">±{row.uncertainty:g}</small>' if row.uncertainty else ""
    return cell(f"{row.value:g}{spread}" + (f'<small class="u">{escape(row.suspect)}</small>' if row.suspect else ""), row.value)


def _when_and_where(row: Measurement) -> str:
    work = catalog().find("works", row.source)
    return cell(row.as_of, class_="l") + cell(link(work.title, work.address) + (f'<small class="u">{escape(row.locator)}</small>' if row.locator else ""), class_="l text")


def power_measurements(*, id: str, caption: str) -> str:
    """Watts that were read while a model wrote, at rest, or as a limit, and the energy of a token where the speed is known."""
    body, speeds = "", catalog().measurements.speed
    for row in sorted(catalog().measurements.power.values(), key=lambda r: (r.kind, r.subject_name or r.subject or "", _name(r), r.id)):
        rate = row.tokens_per_s or (speeds[row.speed].value if row.speed else None)
        energy = row.value / rate if rate and row.kind == "draw" else None
        where = {"wall": "whole system, at the plug", "gpu": "card alone", "as-stated": "not said where"}[row.scope]
        body += element("tr", row_head(row.subject_name or row.subject or "not named", f"{row.devices} of it" if row.devices > 1 else "")
                        + cell(escape(_name(row) if row.model or row.model_name else "") + (f'<small class="u">{escape(row.quant)}</small>' if row.quant else ""), class_="l")
                        + cell({"draw": "writing", "idle": "at rest", "limit": "limit set"}[row.kind] + f'<small class="u">{where}</small>', class_="l") + _figure(row)
                        + (cell(units.significant(rate), rate) if rate else cell("")) + (cell(units.significant(energy, 2), f"{energy:.4g}") if energy else cell("")) + _when_and_where(row))
    first = head("Machine") + head("Model", class_="l") + head("Reading", class_="l") + head("Power", "W") + head("Writes", "tokens/s") + head("Energy", "joules/token") + head("As of", class_="l") + head("Source", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Energy is power over speed", table=seal(table(id, [first], element("tbody", body), searched=False)), class_="tab wide names")


def hosted_prices(*, id: str, caption: str) -> str:
    """What hosts ask for a million tokens, by model."""
    offers = defaultdict(dict)
    for key, row in catalog().measurements.prices.items():
        if row.kind in ("input", "output", "cached-input"):
            offers[key.removesuffix(f"-{row.kind}")][row.kind] = row
    body = ""
    for offer in sorted(offers.values(), key=lambda o: (_name(first := next(iter(o.values()))), first.provider, first.id)):
        one = next(iter(offer.values()))
        body += element("tr", _model_head(one, one.provider) + "".join(_figure(offer.get(kind)) for kind in ("input", "cached-input", "output"))
                        + (cell(f"{one.context:,}") if one.context else cell("")) + cell(escape(one.group or ""), class_="l") + _when_and_where(one))
    first = head("Model, host") + head("Read", "$ a million") + head("Read again", "$ a million") + head("Written", "$ a million") + head("Longest prompt", "tokens") + head("Kind", class_="l") + head("As of", class_="l") + head("Source", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Dollars per million tokens", table=seal(table(id, [first], element("tbody", body), searched=False)), class_="tab wide names")


def electricity_prices(*, id: str, caption: str) -> str:
    """What a kilowatt-hour costs, and for when."""
    rows = sorted((r for r in catalog().measurements.prices.values() if r.kind == "electricity"), key=lambda r: (r.place, r.as_of))
    body = "".join(element("tr", row_head(r.place, r.period or "") + cell(units.price_per_kwh(r.value, r.unit), r.value) + _when_and_where(r)) for r in rows)
    first = head("Where") + head("Price") + head("As of", class_="l") + head("Source", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b>", table=seal(table(id, [first], element("tbody", body), searched=False)), class_="tab wide")


def other_speeds(*, id: str, caption: str) -> str:
    """Published speeds of machines that are no device of the catalog."""
    rows = sorted((r for r in catalog().measurements.speed.values() if r.subject is None), key=lambda r: (r.subject_name or "", _name(r), r.quant, r.kind, r.id))
    body = "".join(element("tr", row_head(r.subject_name or "not named", f"{r.devices} of it" if r.devices > 1 else "") + cell(escape(_name(r)) + f'<small class="u">{escape(r.quant)}</small>', class_="l")
                           + cell({"decode": "writing", "prefill": "reading", "end-to-end": "both"}[r.kind] + f'<small class="u">{escape(r.test)}</small>', class_="l") + _figure(r) + _when_and_where(r)) for r in rows)
    first = head("Machine") + head("Model", class_="l") + head("Test", class_="l") + head("Speed", "tokens/s") + head("As of", class_="l") + head("Source", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {len(rows):,} results", table=seal(table(id, [first], element("tbody", body), searched=False)), class_="tab wide names")
