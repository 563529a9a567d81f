"""What a million tokens cost at home and hosted. Every assumption is an argument and is printed."""

from fractions import Fraction
from html import escape
from statistics import median

from .. import speeds
from ..arithmetic.break_even import BreakEven, Impossible, Machine, break_even, cost_per_million, hosted_per_million
from ..catalog.errors import CatalogError
from ..catalog.measurements import Quote
from ..data import catalog
from . import units
from .html import element, figure
from .numbers import device_of, m_at, mix_of, model_of
from .tables import cell, head, page_of, row_head, table


def own_or_hosted_table(*, id: str, caption: str, machines: list[dict], electricity: str, hours_per_day: float = 2, years: float = 4, prompt_share: float = 0.75, idle_w: float = 0) -> str:
    """A million tokens on your own card against hosted prices, and when the card has paid for itself. A machine: {device, model, format}.

    The card at its launch price, in a computer that is there anyway; `prompt_share` of the tokens are read, the rest written.
    """
    price = catalog().measurements.find("prices", electricity)
    if price.kind != "electricity" or not price.unit.startswith("USD"):
        raise CatalogError(f"electricity='{electricity}' is no price of electricity in dollars, as hosted prices are; name one, for example electricity-us-2026-06")
    body = "".join(_row(machine, price, hours_per_day, years, prompt_share, idle_w) for machine in machines)
    first = (head("Card") + head("Bought for", "launch price") + head("A million tokens", "card") + head("", "electricity") + head("", "together") + head("Hosted", "least to most")
             + head("Pays for itself", "against the middle host"))
    note = (f"Assumed: {hours_per_day:g} hours a day at the rated power, {idle_w:g} W for the rest of the day, {years:g} years, {100 * prompt_share:g}&nbsp;% of the tokens read and the others written at the expected speed, "
            f"electricity at {units.price_per_kwh(price.value, price.unit)} ({escape(price.place)}, {units.month(price.as_of)}), a computer that is there anyway. "
            "Hosted: prices of open-weight hosts for the same model in the catalog, for the same mix of tokens.")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> Dollars per million tokens, read and written together", table=table(id, [first], element("tbody", body)), class_="tab wide prose", note=note)


def _row(machine: dict, price: Quote, hours_per_day: float, years: float, prompt_share: float, idle_w: float) -> str:
    missing = {"device", "model", "format"} - set(machine)
    if missing:
        raise CatalogError(f"own_or_hosted_table: a machine needs device, model and format; {', '.join(sorted(missing))} is missing")
    d, m, format = device_of(machine["device"]), model_of(machine["model"]), mix_of(machine["format"]).id
    for name in ("launch_price", "power_w"):
        if getattr(d, name) is None:
            raise CatalogError(f"device '{d.id}' has no {name}; add it to macros/catalog/devices/{d.id}.yaml or name another device")
    writing, reading = speeds.decode_on(m.id, format, d.id), speeds.prefill_on(m.id, format, d.id)
    try:
        own = Machine(price=d.launch_price.usd, years=years, hours_per_day=hours_per_day, load_w=d.power_w, idle_w=idle_w, price_per_kwh=price.value,
                      tokens_per_s=writing.expected, prompt_tokens_per_s=reading.expected)
        cost = cost_per_million(own, prompt_share)
        hosts = _hosts(m.id)
        hosted = sorted(float(hosted_per_million(i, o, prompt_share)) for i, o in hosts)
        middle = median(hosted)
        even = break_even(own, *min(hosts, key=lambda h: abs(float(hosted_per_million(*h, prompt_share)) - middle)), prompt_share)
    except Impossible as error:
        raise CatalogError(f"own_or_hosted_table: {error}") from None
    dollars = tuple(cell(units.money(v, "USD"), f"{float(v):.6g}") for v in (cost.hardware, cost.electricity, cost.total))
    return element("tr", row_head(d.name, m_at(m, format), page_of(d)) + cell(f"${d.launch_price.usd:,.0f}", d.launch_price.usd) + "".join(dollars)
                   + cell(f"{units.money(Fraction(hosted[0]), 'USD')} to {units.money(Fraction(hosted[-1]), 'USD')}", f"{middle:.6g}") + cell(_when(even), None, "l text"), data_device=d.id, data_model=m.id)


def _hosts(model: str) -> list[tuple[float, float]]:
    """(input, output) price of every host of a model in the catalog; CatalogError if there is none."""
    pairs: dict[str, dict[str, float]] = {}
    for key, quote in catalog().measurements.prices.items():
        if quote.model == model and quote.kind in ("input", "output"):
            pairs.setdefault(key.removesuffix(f"-{quote.kind}"), {})[quote.kind] = quote.value
    found = [(p["input"], p["output"]) for p in pairs.values() if len(p) == 2]
    if not found:
        raise CatalogError(f"own_or_hosted_table: nobody's price for '{model}' is in macros/catalog/measurements/prices.csv; add one or name another model")
    return found


def _when(even: BreakEven | None) -> str:
    if even is None:
        return "never: electricity alone costs more"
    months = float(even.months)
    after = f"{units.significant(even.months, 2)} months" if months < 24 else f"{units.significant(even.months / 12, 2)} years"
    return after if even.in_time else f"not in its life: {after}"
