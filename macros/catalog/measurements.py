"""The shape of what others measured: one row of a CSV file in macros/catalog/measurements/ is one figure.

All files share the first columns; each adds the conditions of its kind, one column per condition, and an
empty cell where the source does not say. What follows from other figures is not stored but computed:
energy per token from power and speed, the rise of perplexity from two perplexities.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from .records import Backend, Confidence, Count, Positive, Record, Slug, Text, Web

Hub = Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
Day = Annotated[str, Field(pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Measurement(Record):
    """Columns of every file."""

    # Cells are text, so numbers and true or false are read from text here.
    model_config = ConfigDict(strict=False)
    units: ClassVar[dict[str, tuple[str, ...]]] = {}

    id: Slug = Field(description="name of the row, once per file")
    kind: str
    subject: Slug | None = Field(default=None, description="id of the device, empty if the catalog has none for it")
    subject_name: Text | None = Field(default=None, description="the machine or device as published")
    model: Slug | None = Field(default=None, description="id of the model, empty if the catalog has none for it")
    model_name: Text | None = Field(default=None, description="the model as published")
    hub: Hub | None = Field(default=None, description="owner/name on the Hugging Face hub, where it is certain which model it was")
    value: NotNegative = Field(description="the figure, in the unit of the row")
    unit: Text = Field(description="unit of the value")
    uncertainty: NotNegative | None = Field(default=None, description="plus or minus, as published, in the unit of the row")
    as_of: Day = Field(description="day, month or year for which it held, for example 2026-08")
    source: Slug = Field(description="id of the record in macros/catalog/sources/")
    locator: Text | None = Field(default=None, description="where in the source: issue, file, comment, key")
    confidence: Confidence = Field(description="verified: read there; secondary: read in a copy; memory: recalled")
    suspect: Text | None = Field(default=None, description="why the figure is doubtful, empty if it is not")
    note: Text | None = Field(default=None, description="anything a reader should know")

    @model_validator(mode="after")
    def _unit_of_its_kind(self):
        if self.unit not in self.units[self.kind]:
            raise ValueError(f"unit: '{self.unit}' does not go with {self.kind}; write {' or '.join(self.units[self.kind])}")
        return self


class Speed(Measurement):
    """macros/catalog/measurements/speed.csv: tokens per second."""

    units: ClassVar = dict.fromkeys(("prefill", "decode", "end-to-end"), ("tokens/s",))

    kind: Literal["prefill", "decode", "end-to-end"] = Field(description="prefill: reading the prompt; decode: writing; end-to-end: both in one figure")
    value: Positive = Field(description="tokens per second")
    devices: Annotated[int, Field(ge=0)] = Field(description="how many of the device worked together")
    system: Text | None = Field(default=None, description="where it ran, as published")
    shape: Hub | None = Field(default=None, description="hub name of a model with the same dimensions, if that is what is certain")
    params_b: Positive | None = Field(default=None, description="billions of parameters, as published")
    quant: Text = Field(description="format of the weights, as published")
    file_gib: Positive | None = Field(default=None, description="size of the file in GiB, as published")
    engine: Text = Field(description="program that ran the model")
    build: Text | None = Field(default=None, description="version of the program, as published")
    backend: Backend | None = Field(default=None, description="how the program used the device")
    test: Text = Field(description="name of the test, as published, for example pp512 or tg128")
    tokens: Count | None = Field(default=None, description="tokens read or written in the test")
    depth: Annotated[int, Field(ge=0)] = Field(description="tokens in the KV cache before the test")
    sequences: Count = Field(default=1, description="requests answered at a time; value is the sum over them")
    flash_attention: bool | None = Field(default=None, description="true, false, or empty if not stated")
    gpu_layers: Annotated[int, Field(ge=0)] | None = Field(default=None, description="layers on the GPU as asked for (-ngl)")
    threads: Count | None = Field(default=None, description="threads on the CPU")
    offload: Text | None = Field(default=None, description="what was left to the CPU, as published; empty if nothing was")
    method: Text = Field(description="how it was measured")
    power_limit_w: Positive | None = Field(default=None, description="power limit that was set, in watts")


class Quality(Measurement):
    """macros/catalog/measurements/quality.csv: what a format costs. The rows of one run share `run`."""

    units: ClassVar = {"perplexity": ("1",), "perplexity-rise": ("1", "%"), "kl-divergence": ("nats/token",),
                       "probability-change": ("%",), "probability-change-rms": ("%",), "same-top": ("%",), "mmlu-pro": ("%",),
                       "file-size": ("GiB",), "bits-per-weight": ("bits",), "bits-per-value": ("bits",)}

    kind: Literal["perplexity", "perplexity-rise", "kl-divergence", "probability-change", "probability-change-rms", "same-top", "mmlu-pro",
                  "file-size", "bits-per-weight", "bits-per-value"] = Field(description="what was measured; a rise or a change may be negative")
    value: Annotated[float, Field(allow_inf_nan=False)] = Field(description="the figure, in the unit of the row")
    run: Slug = Field(description="rows of one run of one file share it")
    quant: Text = Field(description="format, as published")
    imatrix: Text | None = Field(default=None, description="importance matrix, as published; empty if none or not stated")
    what: Literal["weights", "kv-cache", "experts"] = Field(description="what was made smaller: weights, KV cache, or the number of experts per token")
    reference: Text | None = Field(default=None, description="what it is compared with, for example f16")
    reference_value: Positive | None = Field(default=None, description="the same figure of the reference")
    corpus: Text | None = Field(default=None, description="text it was measured on")
    context: Count | None = Field(default=None, description="tokens of context")

    @model_validator(mode="after")
    def _sign(self):
        if self.value < 0 and self.kind not in ("perplexity-rise", "probability-change"):
            raise ValueError(f"value: {self.value:g} is too small; {self.kind} cannot be negative")
        return self


class Power(Measurement):
    """macros/catalog/measurements/power.csv: watts, and with them the speed of the same run."""

    units: ClassVar = dict.fromkeys(("draw", "idle", "limit"), ("W",))

    kind: Literal["draw", "idle", "limit"] = Field(description="draw: measured while writing; idle: measured at rest; limit: set, not measured")
    value: Positive = Field(description="watts")
    devices: Count = Field(default=1, description="how many of the device worked together")
    quant: Text | None = Field(default=None, description="format of the weights, as published")
    scope: Literal["wall", "gpu", "as-stated"] = Field(description="wall: the whole system at the plug; gpu: the card alone")
    speed: Slug | None = Field(default=None, description="id of the row of the same run in speed.csv")
    tokens_per_s: Positive | None = Field(default=None, description="tokens written per second in the same run, if speed.csv has no row for it")

    @model_validator(mode="after")
    def _one_speed(self):
        if self.speed and self.tokens_per_s:
            raise ValueError("tokens_per_s: it stands in speed.csv already; leave it out, a figure is typed once")
        if self.kind == "limit" and not (self.speed or self.tokens_per_s):
            raise ValueError("speed: it is missing; a limit says nothing without the speed it left")
        return self


class Quote(Measurement):
    """macros/catalog/measurements/prices.csv: what hosts ask for tokens, and suppliers for electricity."""

    units: ClassVar = {"input": ("USD/million tokens",), "output": ("USD/million tokens",), "cached-input": ("USD/million tokens",),
                       "audio": ("USD/s",), "electricity": ("USD/kWh", "EUR/kWh", "GBP/kWh")}

    kind: Literal["input", "output", "cached-input", "audio", "electricity"] = Field(
        description="what is paid for: tokens read, written, read again, audio, electricity")
    value: Positive = Field(description="price in the unit of the row")
    provider: Text | None = Field(default=None, description="who hosts the model")
    group: Text | None = Field(default=None, description="closed or open weights, and whose service it is")
    context: Count | None = Field(default=None, description="longest prompt the host takes, in tokens")
    max_output: Count | None = Field(default=None, description="longest answer the host gives, in tokens")
    retires: Day | None = Field(default=None, description="day the host stops offering it")
    page: Web | None = Field(default=None, description="the host's own page of prices")
    place: Text | None = Field(default=None, description="whose electricity")
    period: Text | None = Field(default=None, description="for how long the price held, in words")

    @model_validator(mode="after")
    def _whose(self):
        field = "place" if self.kind == "electricity" else "provider"
        if not getattr(self, field):
            raise ValueError(f"{field}: it is missing; a price of {self.kind} is somebody's")
        return self
