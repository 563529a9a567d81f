"""Numbers and a table about training: what it takes in memory, time and rent."""

import re
from dataclasses import fields
from fractions import Fraction
from html import escape

from ..arithmetic import memory as memory_, parameters as count_of, training
from ..arithmetic.kv_cache import Impossible
from ..catalog.errors import CatalogError, nearest
from ..data import catalog
from . import units
from .html import element, figure, hidden
from .numbers import Number, device_of, model_of
from .tables import cell, fit_mark, head, row_head, table

_SETTINGS = tuple(f.name for f in fields(training.Plan) if f.name != "method")
_OPTIMIZERS = {"adamw": "AdamW", "adamw-8bit": "8-bit AdamW", "paged-adamw": "paged AdamW", "paged-adamw-8bit": "paged 8-bit AdamW",
               "adafactor": "Adafactor", "sgd": "SGD", "sgd-momentum": "SGD with momentum"}
_METHODS = {"full": "all weights", "lora": "LoRA", "qlora": "QLoRA"}
_PRECISIONS = {"fp32": "32 bits throughout", "mixed": "mixed precision", "bf16": "16 bits throughout"}
_SPANS = (("years", 365 * 86400), ("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
_MONEY = (("billion", 10**9), ("million", 10**6))


def _plan(macro: str, method: str, settings: dict) -> training.Plan:
    """The plan that a call describes; its mistakes as one line."""
    for name in settings:
        if name not in _SETTINGS:
            raise CatalogError(f"{macro}: there is no setting '{name}'.{nearest(name, _SETTINGS)} Known: {', '.join(_SETTINGS)}")
    if isinstance(settings.get("targets"), list):
        settings = settings | {"targets": tuple(settings["targets"])}
    try:
        return training.Plan(method=method, **settings)
    except Impossible as error:
        raise CatalogError(f"{macro}: {error}") from None


def _overhead() -> int:
    return memory_.gib_bytes(catalog().find("constants", "runtime-overhead").value)


def _works(*keys: str) -> tuple:
    return tuple(catalog().find("works", key) for key in keys)


def _described(plan: training.Plan) -> str:
    """The plan in words: 'QLoRA, rank 16, AdamW, mixed precision, batch 1 of 2,048 tokens, with checkpointing'."""
    words = [_METHODS[plan.method]]
    if plan.method != "full":
        words.append(f"rank {plan.rank}")
    words += [_OPTIMIZERS[plan.optimizer], _PRECISIONS[plan.precision], f"batch {plan.batch} of {plan.sequence:,} tokens",
              ("with" if plan.checkpointing else "without") + " checkpointing"]
    if plan.gpus > 1:
        words.append(f"on each of {plan.gpus} cards" + (f", ZeRO stage {plan.zero}" if plan.zero else ""))
    return ", ".join(words)


def _memory(model: str, method: str, settings: dict) -> Number:
    m, plan = model_of(model), _plan("training_memory", method, settings)
    try:
        need = training.training_memory(m.architecture, plan, _overhead())
    except Impossible as error:
        raise CatalogError(f"training_memory: {error}") from None
    parts = " + ".join(f"{name} {units.memory(n, 1)}" for name, n in need.parts() if n)
    moments = {"loss": "when the loss is computed", "backward": "when the backward pass begins", "update": "when all gradients exist"}
    beside = f"; {units.memory(need.system_memory, 1)} more in system memory" if need.system_memory else ""
    return Number(units.memory(need.total, 1), str(need.total), "bytes", parts,
                  f"{escape(m.name)}: {_described(plan)}; most is alive {moments[need.moment]}{beside}. "
                  f"Published peaks of dense models lie within 20{units.NBSP}% of this rule",
                  _works("transformers-memory-anatomy", "korthikanti-2022-activations", *([f"{method}-paper"] if method != "full" else [])))


def _states(model: str, method: str, settings: dict) -> Number:
    m, plan = model_of(model), _plan("training_states", method, settings)
    if method != "full":
        raise CatalogError("training_states: it is for method=\"full\"; with adapters the states are small, write training_memory")
    each, count = training.bytes_per_parameter(plan), count_of.total(m.architecture)
    n = round(each.total * count)
    return Number(units.memory(n, 1), str(n), "bytes", f"{_number(each.total)} bytes × {count:,} parameters",
                  f"{escape(m.name)}: {_breakdown(each)}; activations come on top", _works("transformers-memory-anatomy"))


def _bytes(method: str, settings: dict) -> Number:
    plan = _plan("training_bytes", method, settings)
    each = training.bytes_per_parameter(plan)
    return Number(f"{_number(each.total)}{units.NBSP}bytes", str(float(each.total)), "bytes/parameter", _breakdown(each),
                  f"{_title(plan)}, {_OPTIMIZERS[plan.optimizer]}, {_PRECISIONS[plan.precision]}; per trained parameter, before activations",
                  _works("transformers-memory-anatomy"))


def _title(plan: training.Plan) -> str:
    """The method at the beginning of a line."""
    return _METHODS[plan.method][0].upper() + _METHODS[plan.method][1:]


def _breakdown(each: training.BytesPerParameter) -> str:
    parts = (("weights", each.weights), ("master weights", each.master_weights), ("gradient", each.gradients), ("optimizer states", each.optimizer_states))
    return " + ".join(f"{_number(n)} {name}" for name, n in parts if n)


def _number(value: Fraction) -> str:
    return units.significant(value, 4).rstrip("0").rstrip(".") if value.denominator != 1 else str(value.numerator)


def _seconds(macro: str, model: str, tokens: int, device: str, gpus: int, method: str, checkpointing: bool):
    """Seconds at the highest, usual and lowest utilization, and how they came about: formula, inputs, sources."""
    m, d, share = model_of(model), device_of(device), catalog().find("constants", "training-utilization")
    if d.fp16_tflops is None:
        raise CatalogError(f"device '{device}' has no fp16_tflops; add it to macros/catalog/devices/{device}.yaml or name another device")
    count, rate = count_of.active(m.architecture), Fraction(str(d.fp16_tflops))
    try:
        times = [training.training_seconds(count, tokens, rate, Fraction(str(u)), gpus=gpus, method=method, checkpointing=checkpointing)
                 for u in (share.high, share.value, share.low)]
        factor = training.operations(1, 1, method, checkpointing)
    except Impossible as error:
        raise CatalogError(f"{macro}: {error}") from None
    cards = f"{gpus:,} × " if gpus > 1 else ""
    formula = (f"{factor} × {units.count(count)} parameters × {units.count(tokens)} tokens ÷ "
               f"({cards}{d.fp16_tflops:g} × 10<sup>12</sup> operations a second × {share.low:g} to {share.high:g})")
    sources = (*_works("eleutherai-transformer-math"), *d.sources[:1], *share.sources[:1])
    return times, formula, f"{escape(m.name)} on {escape(d.name)}; {escape(share.what)}", sources


def _range(low: Fraction, high: Fraction, scale) -> str:
    """'42 to 180 years': two digits each, one unit, that of the larger."""
    word, size = next(((word, size) for word, size in scale if high >= 2 * size), scale[-1])
    return f"{units.significant(low / size, 2)} to {units.significant(high / size, 2)}{units.NBSP}{word}"


def _time(model: str, tokens: int, device: str, gpus: int = 1, method: str = "full", checkpointing: bool = False) -> Number:
    (fast, usual, slow), formula, inputs, sources = _seconds("training_time", model, tokens, device, gpus, method, checkpointing)
    return Number(_range(fast, slow, _SPANS), f"{float(usual):.6g}", "seconds", formula, inputs, sources)


def _rent(model: str, tokens: int, device: str, price: str) -> Number:
    fact = catalog().find("facts", price)
    found = re.match(r"\$([\d.]+) per hour", fact.value)
    if not found:
        raise CatalogError(f"training_rent: fact '{price}' is '{fact.value}'; name one that begins like '$3 per hour'")
    hourly = Fraction(found[1])
    times, formula, inputs, sources = _seconds("training_rent", model, tokens, device, 1, "full", False)
    low, usual, high = (training.rent(t, hourly) for t in times)
    word, size = next(((word, size) for word, size in _MONEY if high >= size), ("", 1))
    text = f"${units.significant(low / size, 2)} to ${units.significant(high / size, 2)}" + (units.NBSP + word if word else "")
    return Number(text, f"{float(usual):.6g}", "USD", f"{formula} × {escape(fact.value)}", inputs, (*sources, *fact.sources))


# ---------------------------------------------------------------- macros

def training_memory(*, model: str, method: str, **settings) -> str:
    """Memory that training takes at its peak, per card; method is full, lora or qlora, settings are optimizer, precision, batch, sequence, rank and the like.

    All settings are those of Plan in macros/arithmetic/training.py.
    """
    return _memory(model, method, settings).inline()


def training_states(*, model: str, method: str = "full", **settings) -> str:
    """Memory of weights, gradients and optimizer states alone, before activations."""
    return _states(model, method, settings).inline()


def training_bytes(*, method: str = "full", **settings) -> str:
    """Bytes that one trained parameter costs, before activations, with what they consist of."""
    return _bytes(method, settings).inline()


def training_time(*, model: str, tokens: int, device: str, gpus: int = 1, method: str = "full", checkpointing: bool = False) -> str:
    """How long training on so many tokens takes, as a range over what cards reach."""
    return _time(model, tokens, device, gpus, method, checkpointing).inline()


def training_rent(*, model: str, tokens: int, device: str, price: str) -> str:
    """What it costs to rent cards for training all of a model on so many tokens; price is a fact like '$3 per hour'."""
    return _rent(model, tokens, device, price).inline()


def training_table(*, id: str, caption: str, model: str, methods: list, **settings) -> str:
    """Training memory by method, part by part, with a stacked bar; a method is a name or {label, method, …} with its own settings."""
    if not methods:
        raise CatalogError('training_table: methods is empty; name at least one, for example methods=["qlora"]')
    m, rows = model_of(model), []
    for entry in methods:
        own = dict(entry) if isinstance(entry, dict) else {"method": entry}
        label = own.pop("label", None)
        plan = _plan("training_table", own.pop("method", None), settings | own)
        try:
            rows.append((label or _title(plan), plan, training.training_memory(m.architecture, plan, _overhead())))
        except Impossible as error:
            raise CatalogError(f"training_table: {error}") from None
    largest = max(need.total for _, _, need in rows)
    body = "".join(_row(label, plan, need, largest) for label, plan, need in rows)
    bar = element("th", hidden("Bar, ") + f"0 to {units.gib(largest, 0)} GiB", scope="col", class_="plot")
    first = head("Method") + bar + "".join(head(word) for word in ("Peak", "Weights", "Gradients", "Optimizer", "Activations", "Logits", "Program"))
    note = ('Bars: <i class="w"></i>weights, <i class="k"></i>gradients and optimizer states, <i class="o"></i>activations, logits and program. '
            "Parts are those of the worst moment of a step; at other moments the logits or the gradients are larger. "
            "Weights include master weights and adapters. Published peaks lie within 20&nbsp;% of this rule.")
    shared = _described(rows[0][1]).split(", ")[-2:] if len({(p.batch, p.sequence, p.checkpointing) for _, p, _ in rows}) == 1 else []
    details = ", ".join([escape(m.name), *shared, "GiB"])
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {details}", table=table(id, [first], element("tbody", body)),
                  class_="tab wide prose stack training", note=note)


def _row(label: str, plan: training.Plan, need: training.TrainingMemory, largest: int) -> str:
    weights, changing, rest = need.weights + need.master_weights, need.gradients + need.optimizer_states, need.activations + need.logits + need.overhead
    segments = "".join(element("i", "", class_=c, style=f"width:{100 * n / largest:.2f}%") for c, n in (("w", weights), ("k", changing), ("o", rest)))
    cells = "".join(cell(units.gib(n), n) for n in (weights, need.gradients, need.optimizer_states, need.activations, need.logits, need.overhead))
    return element("tr", row_head(label, _OPTIMIZERS[plan.optimizer]) + cell(element("span", segments, class_="bars", aria_hidden="true"), class_="plot")
                   + cell(f"<b>{units.gib(need.total)}</b>", need.total) + cells, data_method=plan.method)


# ---------------------------------------------------------------- from nothing, and what fits

TOKENS_PER_PARAMETER = 20    # least loss for a given compute: Hoffmann and others 2022 (arXiv:2203.15556)


def pretraining_operations(model: str) -> Number:
    """6 x N x D at the tokens that Chinchilla's rule gives, as a number with its working."""
    count = count_of.active(model_of(model).architecture)
    tokens = TOKENS_PER_PARAMETER * count_of.total(model_of(model).architecture)
    n = training.operations(count, tokens)
    return Number(_power_of_ten(n), str(n), "operations", f"6 × {units.count(count)} parameters × {units.count(tokens)} tokens",
                  f"{escape(model_of(model).name)}, {TOKENS_PER_PARAMETER} tokens for each parameter", _works("kaplan-2020-scaling", "hoffmann-2022-chinchilla"))


def _power_of_ten(n: int) -> str:
    exponent = len(str(n)) - 1
    return f"{units.significant(Fraction(n, 10**exponent), 2)} × 10" + str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def pretraining_table(*, id: str, caption: str, rows: list[dict], device: str, price: str) -> str:
    """What training from nothing takes: operations, hours of one card and rent, as ranges. A row: {model} or {name, parameters}, each with tokens if not 20 a parameter."""
    d, fact, share = device_of(device), catalog().find("facts", price), catalog().find("constants", "training-utilization")
    found = re.match(r"\$([\d.]+) per hour", fact.value)
    if not found:
        raise CatalogError(f"pretraining_table: fact '{price}' is '{fact.value}'; name one that begins like '$3 per hour'")
    if d.fp16_tflops is None:
        raise CatalogError(f"device '{device}' has no fp16_tflops; add it to macros/catalog/devices/{device}.yaml or name another device")
    body = ""
    for row in rows:
        name, total, active = _to_train(row)
        tokens = round(row.get("tokens", TOKENS_PER_PARAMETER * total))
        try:
            hours = [training.training_seconds(active, tokens, Fraction(str(d.fp16_tflops)), Fraction(str(u))) / 3600 for u in (share.high, share.low)]
        except Impossible as error:
            raise CatalogError(f"pretraining_table: {error}") from None
        dollars = [h * Fraction(found[1]) for h in hours]
        body += element("tr", row_head(name, units.count(total).replace(units.NBSP, " ") + " parameters") + cell(units.count(tokens), tokens) + cell(f"{units.significant(Fraction(tokens, total), 2)}", f"{tokens / total:.4g}")
                        + cell(_power_of_ten(training.operations(active, tokens)), training.operations(active, tokens)) + cell(_span(hours, _plain), f"{float(hours[0]):.6g}", "text") + cell(_span(dollars, lambda v: "$" + _plain(v)), f"{float(dollars[0]):.6g}", "text"))
    first = head("Model") + head("Text", "tokens") + head("Tokens", "a parameter") + head("Operations", "6 × N × D") + head("Hours", f"of one {d.name}") + head("Rent", f"at {fact.value}")
    note = (f"Cards reach {100 * share.low:g} to {100 * share.high:g}&nbsp;% of their {d.fp16_tflops:g} × 10<sup>12</sup> operations a second. A mixture of experts counts the parameters of one token. "
            f"Rent as of {units.month(fact.as_of)}; people, data, failed runs and evaluation are not in it.")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> One run that succeeds at the first attempt", table=table(id, [first], element("tbody", body)), class_="tab wide prose", note=note)


def _to_train(row: dict) -> tuple[str, int, int]:
    """Name, all parameters and those of one token."""
    if "model" in row:
        m = model_of(row["model"])
        return m.name, count_of.total(m.architecture), count_of.active(m.architecture)
    if not {"name", "parameters"} <= row.keys():
        raise CatalogError("pretraining_table: a row needs model, or name and parameters")
    return row["name"], round(row["parameters"]), round(row.get("active", row["parameters"]))


def _plain(value: Fraction) -> str:
    for word, size in (("million", 10**6),):
        if value >= size:
            return f"{units.significant(value / size, 2)}{units.NBSP}{word}"
    return units.significant(value, 2) if value < 1000 else units.fixed(round(value, 2 - len(str(int(value)))), 0)


def _span(pair: list[Fraction], write) -> str:
    return f"{write(pair[0])} to {write(pair[1])}"


def training_fit_table(*, id: str, caption: str, models: list[str], methods: list, capacities: list[int], **settings) -> str:
    """Whether training fits on one card: one row per model and method, one column per memory capacity in GiB; settings as in training_memory."""
    body = ""
    for model in models:
        m = model_of(model)
        for entry in methods:
            own = dict(entry) if isinstance(entry, dict) else {"method": entry}
            label = own.pop("label", None)
            plan = _plan("training_fit_table", own.pop("method", None), settings | own)
            try:
                needed = training.training_memory(m.architecture, plan, _overhead()).total
            except Impossible as error:
                raise CatalogError(f"training_fit_table: {error}") from None
            marks = "".join(cell(fit_mark(needed, memory_.gib_bytes(c)), memory_.verdict(needed, memory_.gib_bytes(c)), "l") for c in capacities)
            body += element("tr", row_head(m.name, label or _title(plan)) + cell(f"<b>{units.gib(needed)}</b>", needed) + marks, data_model=model, data_method=plan.method)
    first = head("Model, method", rowspan=2) + head("Needed", "GiB", rowspan=2) + element("th", "On one card with", scope="colgroup", colspan=len(capacities), class_="span")
    second = "".join(head(f"{c} GB", class_="l") for c in capacities)
    shared = ", ".join(_described(_plan("training_fit_table", "qlora", settings)).split(", ")[-2:])
    note = ('Graphics cards are sold in GB and mean GiB. <span class="fit yes">fits</span> uses at most 90&nbsp;% of the memory, <span class="fit tight">tight</span> the rest, <span class="fit no">no</span> does not fit; '
            "the second line is what is left over or missing, in GiB. Published peaks lie within 20&nbsp;% of this rule.")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {shared}", table=table(id, [first, second], element("tbody", body)), class_="tab wide prose", note=note)
