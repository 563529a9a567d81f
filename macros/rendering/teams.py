"""What one machine gives to several people at a time."""

from fractions import Fraction
from html import escape

from .. import speeds
from ..catalog.errors import CatalogError
from . import units
from .html import element, figure
from .machines import _named, _size_of
from .numbers import card_need, format_for, kv_bytes, model_of, need
from .reference import room_of
from .tables import cell, head, table


def team_table(*, id: str, caption: str, model: str, format: str, devices: list, users: list[int], context: int = 8192) -> str:
    """One model for several users at a time: what each of them gets on each device, and whether their caches fit. A device: an id or {device, size}."""
    if any(n < 1 for n in users):
        raise CatalogError("team_table: users must be at least 1 each, for example users=[1, 4, 16]")
    m, body = model_of(model), ""
    used = format_for(m, format)
    for entry in devices:
        d, size = _size_of(entry)
        room = room_of(d, size)
        one = (card_need if room.card else need)(m.id, used, context).total
        cells = "".join(_for(n, m.id, used, d.id, context, room.bytes - one) for n in users)
        body += element("tr", _named(d, size) + cells, data_device=d.id)
    caches = "".join(cell(units.gib(kv_bytes(m.id, n * context, sequences=n)), kv_bytes(m.id, n * context, sequences=n)) for n in users)
    body += element("tr", element("th", "Their caches, GiB", scope="row") + caches)
    first = head("Machine") + "".join(head("One user" if n == 1 else f"{n} users", "tokens/s each") for n in users)
    note = ("What each sees while all of them wait for an answer at once; below it, all added. All caches are counted as full, so short conversations get more. "
            "The rule for several conversations was checked on one kind of machine only. A dash: the caches of so many do not fit beside the weights, or the compute rate is not known. "
            "An asterisk marks ranges without a measured relative.")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {escape(m.name)} at {escape(used)}, {context:,} tokens of context for each", table=table(id, [first], element("tbody", body)), class_="tab wide prose", note=note)


def _for(n: int, model: str, format: str, device: str, context: int, free: int) -> str:
    if kv_bytes(model, n * context, sequences=n) - kv_bytes(model, context) > free:
        return cell("–")
    speed = speeds.batch_on(model, format, device, n, context) if n > 1 else speeds.decode_on(model, format, device, context)
    if speed.expected is None:
        return cell("–")
    low, high = (units.tokens_per_second(Fraction(v) / n).split(units.NBSP)[0] for v in (speed.low, speed.high))
    together = f'<small class="u">{units.tokens_per_second(Fraction(speed.low)).split(units.NBSP)[0]}–{units.tokens_per_second(Fraction(speed.high)).split(units.NBSP)[0]} in all</small>' if n > 1 else ""
    return cell(f"{low}–{high}{'*' if speed.basis == 'bound only' else ''}{together}", f"{speed.expected / n:.4g}")
