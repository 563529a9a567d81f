"""What a million tokens cost on your own machine, and when it has paid for itself. Exact fractions, any currency."""

from dataclasses import dataclass
from fractions import Fraction

DAYS_PER_YEAR = 365
DAYS_PER_MONTH = Fraction(DAYS_PER_YEAR, 12)


class Impossible(ValueError):
    """A machine or a price that cannot be."""


@dataclass(frozen=True)
class Machine:
    """A computer and how it is used. Numbers may be int, Fraction, Decimal or float (taken as written); raises Impossible.

    `price` is what it costs beyond a computer that is there anyway, `years` how long it serves.
    It works `hours_per_day` at `load_w` and stands by for the rest of the day at `idle_w` (0 if it is switched off).
    `tokens_per_s` is the speed of writing, `prompt_tokens_per_s` that of reading prompts; without it reading takes no time.
    """

    price: Fraction
    years: Fraction
    hours_per_day: Fraction
    load_w: Fraction
    idle_w: Fraction
    price_per_kwh: Fraction
    tokens_per_s: Fraction
    prompt_tokens_per_s: Fraction | None = None

    def __post_init__(self):
        for name, value in vars(self).items():
            if value is not None:
                object.__setattr__(self, name, _exact(name, value))
        for name in ("years", "hours_per_day", "tokens_per_s", "prompt_tokens_per_s"):
            if getattr(self, name) == 0:
                raise Impossible(f"{name}=0 is not possible; write more than 0")
        if self.hours_per_day > 24:
            raise Impossible(f"hours_per_day={float(self.hours_per_day):g} is not possible; a day has 24")


@dataclass(frozen=True)
class Cost:
    """Money per million tokens, by part."""

    hardware: Fraction
    electricity: Fraction

    @property
    def total(self) -> Fraction:
        return self.hardware + self.electricity


@dataclass(frozen=True)
class BreakEven:
    """When what was saved equals the price of the machine."""

    tokens: Fraction
    """Prompt and written tokens together."""
    months: Fraction
    in_time: bool
    """False if the machine's life ends before."""


def tokens_per_day(machine: Machine, prompt_share: Fraction) -> Fraction:
    """Prompt and written tokens together that the hours of a day are enough for. `prompt_share` (0 to 1) of them are prompt."""
    share = _share(prompt_share)
    seconds = (1 - share) / machine.tokens_per_s + (share / machine.prompt_tokens_per_s if machine.prompt_tokens_per_s else 0)
    if seconds == 0:
        raise Impossible("prompt_share=1 needs prompt_tokens_per_s; nothing is written, so reading is all the time there is")
    return machine.hours_per_day * 3600 / seconds


def electricity_per_day(machine: Machine) -> Fraction:
    """Cost of a day's electricity, standing by included."""
    watt_hours = machine.load_w * machine.hours_per_day + machine.idle_w * (24 - machine.hours_per_day)
    return watt_hours / 1000 * machine.price_per_kwh


def cost_per_million(machine: Machine, prompt_share: Fraction) -> Cost:
    """Cost of a million tokens, prompt and written together: the price spread over the machine's life, and electricity."""
    millions = tokens_per_day(machine, prompt_share) / 10**6
    return Cost(hardware=machine.price / (machine.years * DAYS_PER_YEAR) / millions, electricity=electricity_per_day(machine) / millions)


def hosted_per_million(input_price: Fraction, output_price: Fraction, prompt_share: Fraction) -> Fraction:
    """Cost of a million tokens, prompt and written together, at prices per million of each."""
    share = _share(prompt_share)
    return share * _exact("input_price", input_price) + (1 - share) * _exact("output_price", output_price)


def break_even(machine: Machine, input_price: Fraction, output_price: Fraction, prompt_share: Fraction) -> BreakEven | None:
    """When the machine has paid for itself against a hosted price; None is never: its electricity costs as much or more."""
    tokens = tokens_per_day(machine, prompt_share)
    saved = tokens / 10**6 * hosted_per_million(input_price, output_price, prompt_share) - electricity_per_day(machine)
    if saved <= 0:
        return None
    days = machine.price / saved
    return BreakEven(tokens=days * tokens, months=days / DAYS_PER_MONTH, in_time=days <= machine.years * DAYS_PER_YEAR)


def _share(value) -> Fraction:
    share = _exact("prompt_share", value)
    if share > 1:
        raise Impossible(f"prompt_share={float(share):g} is not possible; it lies between 0 and 1")
    return share


def _exact(name: str, value) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    try:
        exact = Fraction(str(value))
    except ValueError:
        raise Impossible(f"{name}={value!r} is not a number") from None
    if exact < 0:
        raise Impossible(f"{name}={value} is not possible; write 0 or more")
    return exact
