"""The shape of every record in the catalog.

One class per kind of YAML file. A record is frozen and typed strictly, so an unknown key, a missing
field, a wrong type or an impossible value stops the build. The `description` of a field is the help a
contributor sees in the editor (through catalog/schema/) and in the error message.
Nothing here is derived: what follows from other numbers is computed in macros/arithmetic.
"""

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator


def _month(text: str) -> str:
    year, month = text.split("-")[:2]
    if not (1950 <= int(year) <= 2100 and 1 <= int(month) <= 12):
        raise ValueError(f"'{text}' is not a month that can be; write year-month, for example 2024-07")
    return text


def _web(address: str) -> str:
    if " " in address or "." not in address:
        raise ValueError(f"'{address}' is not a web address; write it in full, for example https://example.org/page")
    return address


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$")]
# YAML reads 2026-11-21 as a date and 2026-11 as text; both are fine here.
Month = Annotated[str, BeforeValidator(lambda v: v.isoformat() if isinstance(v, date) else v), Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$"), AfterValidator(_month)]
YearOrMonth = Annotated[str, Field(pattern=r"^\d{4}(-\d{2})?$")]
Web = Annotated[str, Field(pattern=r"^https?://"), AfterValidator(_web)]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(gt=0)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Confidence = Literal["verified", "derived", "secondary", "memory"]


class Record(BaseModel):
    """Base of all records. A rule about several fields raises ValueError('field: what is wrong; what would be right')."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(Record):
    """Where a value was read."""

    title: Text = Field(description="what was read, as its own title or file name")
    address: Web = Field(description="address that a reader can open, starting with https://")
    accessed: date = Field(description="day it was read, for example 2026-11-21")


Sources = Annotated[tuple[Source, ...], Field(min_length=1, description="at least one source: title, address, accessed")]


# ---------------------------------------------------------------- models

class Extra(Record):
    """A named number of stored elements: a vision tower, a prediction layer, a buffer, parts no dimension describes."""

    name: Text = Field(description="what it is")
    count: int = Field(description="number of stored elements")
    projector: bool = Field(default=False, description="true for what lets the model see or hear; llama.cpp keeps it in a file of its own (mmproj)")


class Window(Record):
    """Sliding-window attention: these layers see only the last tokens."""

    tokens: Count = Field(description="how many tokens a windowed layer sees")
    ignored_by_llama_cpp: bool = Field(default=False, description="true where llama.cpp caches the full context all the same (Phi-3)")


class FullAttention(Record):
    """What the layers that see everything do differently from the windowed ones (Gemma 4, Laguna)."""

    heads: Count | None = Field(default=None, description="query heads, if not those of the other layers")
    kv_heads: Count = Field(description="key and value heads")
    head_dim: Count = Field(description="size of one head")
    keys_are_values: bool = Field(default=False, description="true if there is no value matrix of its own")


class Experts(Record):
    """Mixture of experts: parallel feed-forward blocks of which a router picks a few per token."""

    count: int = Field(ge=2, description="routed experts per layer")
    active: Count = Field(description="routed experts used per token")
    ffn: Count = Field(description="width of one routed expert")
    shared: int = Field(default=0, ge=0, description="experts that every token uses")
    shared_ffn: Count | None = Field(default=None, description="width of the shared block if it is not shared x ffn")
    shared_gate: bool = Field(default=False, description="true if a gate weighs the shared block")
    dense_layers: int = Field(default=0, ge=0, description="leading layers with an ordinary feed-forward block")
    every: Count = Field(default=1, description="experts in every n-th layer only, the last of each n (Llama 4 Maverick)")
    beside_dense: bool = Field(default=False, description="true if every layer has an ordinary block beside the experts (Gemma 4)")
    latent: Count | None = Field(default=None, description="width the experts work in, if narrower than the state (Nemotron 3 Super)")
    router_bias: bool = Field(default=False, description="true if the router has a bias")
    router_correction: bool = Field(default=False, description="true if the router has a score-correction vector")
    correction_is_buffer: bool = Field(default=False, description="true if that vector is not counted as a parameter (Nemotron 3)")
    bias: bool = Field(default=False, description="true if the experts' matrices have biases")

    @field_validator("active")
    @classmethod
    def _fewer_than_count(cls, active: int, info: ValidationInfo) -> int:
        if active > info.data.get("count", active):
            raise ValueError(f"{active} is more than experts.count {info.data['count']}; a token cannot use more experts than there are")
        return active


class LatentAttention(Record):
    """Multi-head latent attention (MLA): keys and values are stored as one short vector per token."""

    q_rank: Count | None = Field(default=None, description="rank of the compressed query; leave out if the query is not compressed")
    kv_rank: Count = Field(description="length of the stored vector, without its position part")
    nope_dim: Count = Field(description="key size per head without position")
    rope_dim: int = Field(ge=0, description="length of the position part")
    value_dim: Count = Field(description="value size per head")


class Indexer(Record):
    """Sparse attention: a small scorer picks the tokens that are looked at (DeepSeek V3.2, GLM-5)."""

    heads: Count = Field(description="scoring heads")
    head_dim: Count = Field(description="size of one scoring head")


class LinearAttention(Record):
    """Gated DeltaNet layers (letter L): a state of fixed size instead of a cache that grows."""

    key_heads: Count = Field(description="key heads of a linear layer")
    key_dim: Count = Field(description="size of a key head")
    value_heads: Count = Field(description="value heads of a linear layer")
    value_dim: Count = Field(description="size of a value head")
    convolution: Count = Field(description="width of the short convolution")
    fused_gates: bool = Field(default=False, description="true if GGUF stores both gates as one tensor (Qwen3-Next)")


class DeltaAttention(Record):
    """Kimi delta attention (letter K): a linear layer with a gate per channel."""

    heads: Count = Field(description="heads")
    head_dim: Count = Field(description="size of one head")
    convolution: Count = Field(description="width of the short convolutions")


class Mamba(Record):
    """Mamba-2 layers (letter M): a state-space model with a state of fixed size."""

    heads: Count = Field(description="heads")
    head_dim: Count = Field(description="size of one head")
    groups: Count = Field(description="groups that share input and output matrices")
    state: Count = Field(description="size of the state per channel")
    convolution: Count = Field(description="width of the short convolution")


class Convolution(Record):
    """Gated short convolutions (letter C) in place of attention (LFM)."""

    kernel: Count = Field(description="tokens a convolution looks at")


class PerLayerEmbedding(Record):
    """A small embedding of the token for every layer, looked up and not multiplied (Gemma 3n, Gemma 4 E)."""

    width: Count = Field(description="numbers per token and layer")
    vocab: Count = Field(description="rows of the table")


class AltUp(Record):
    """Parallel copies of the state and low-rank side paths (Gemma 3n)."""

    streams: Count = Field(description="copies of the state")
    laurel_rank: Count = Field(description="rank of the side path")


class WiderLater(Record):
    """From some layer on the feed-forward block is wider (Gemma 4 E2B)."""

    from_layer: Count = Field(description="first layer with the other width, counted from 0")
    ffn: Count = Field(description="width of the feed-forward block there")


class Prediction(Record):
    """A multi-token-prediction layer that GGUF files carry after the last layer and llama.cpp does not load."""

    own_embeddings: bool = Field(default=False, description="true if it brings copies of embedding and output matrix")


class Encoder(Record):
    """The listening half of an encoder-decoder (Whisper)."""

    layers: Count = Field(description="encoder blocks")
    mel_bins: Count = Field(description="frequency bands of the input")
    positions: Count = Field(description="rows of its position table")


LETTERS = {"A": "attention over everything", "W": "sliding window", "L": "Gated DeltaNet", "K": "Kimi delta attention", "M": "Mamba-2",
           "C": "short convolution", "F": "feed-forward only", "E": "experts only"}


class Architecture(Record):
    """The dimensions in a model's config.json, under the names the field uses."""

    type: Literal["decoder", "encoder", "encoder-decoder"] = Field(default="decoder", description="decoder writes text, encoder reads it, encoder-decoder does both")
    gguf: Text | None = Field(default=None, description="general.architecture in the GGUF file, for example llama; leave out if llama.cpp does not know the model")
    layers: Count = Field(description="number of blocks")
    hidden: Count = Field(description="width of the state (hidden_size)")
    vocab: Count = Field(description="number of tokens the model knows, as stored")
    heads: Count = Field(description="query heads per layer")
    kv_heads: Count = Field(description="key and value heads per layer; equal to heads if they are not shared")
    head_dim: Count = Field(description="size of one head (often hidden / heads, but not always)")
    ffn: Count | None = Field(default=None, description="width of the feed-forward block; leave out if no layer has an ordinary one")
    layout: str = Field(default="A", pattern=r"^[AWLKMCFE]+$", description="kind of each layer, repeated until the last: " + ", ".join(f"{k} {v}" for k, v in LETTERS.items()))
    one_block_per_layer: bool = Field(default=False, description="true if a layer is either attention (or Mamba) or feed-forward, not both (Nemotron-H)")
    tied_embeddings: bool = Field(default=False, description="true if the input embedding is also the output matrix")
    norm: Literal["rms", "layer"] = Field(default="rms", description="rms (a scale) or layer (a scale and a shift)")
    norms_per_layer: Literal[1, 2, 3, 4, 7] = Field(default=2, description="2, 1 if attention and feed-forward share one, 4 with norms after both (Gemma), 7 with experts beside a dense block")
    norms_after: bool = Field(default=False, description="true if the two norms stand after attention and feed-forward instead of before (OLMo)")
    qk_norm: Literal["head", "full"] | None = Field(default=None, description="head if queries and keys are normalized per head, full if over all heads")
    gated_ffn: bool = Field(default=True, description="false for the two-matrix feed-forward of GPT-2")
    ffn_bias: bool = Field(default=False, description="true if the feed-forward matrices have biases")
    qkv_bias: bool = Field(default=False, description="true if query, key and value have biases")
    output_bias: bool = Field(default=False, description="true if the attention output has a bias")
    head_bias: bool = Field(default=False, description="true if the output matrix has a bias")
    fused_qkv: bool = Field(default=False, description="true if GGUF stores query, key and value as one matrix")
    fused_gate_up: bool = Field(default=False, description="true if GGUF stores gate and up of the feed-forward as one matrix (Phi-3)")
    attention_gate: Literal["wide", "matrix", "head"] | None = Field(default=None, description="output gate: wide query matrix (Qwen3-Next), matrix of its own, or one number per head")
    sinks: bool = Field(default=False, description="true if each head has an attention sink (gpt-oss)")
    sub_norms: bool = Field(default=False, description="true if there are norms inside attention and feed-forward (BitNet)")
    layer_scale: bool = Field(default=False, description="true if each layer has one scalar (Gemma 4)")
    learned_positions: Count | None = Field(default=None, description="rows of the learned position table (GPT-2)")
    token_types: Count | None = Field(default=None, description="rows of the token-type table (BERT)")
    embedding_norm: bool = Field(default=False, description="true if the embedding is normalized before the first layer (BERT)")
    final_norm: bool = Field(default=True, description="false if there is no norm after the last layer (BERT)")
    pooler: bool = Field(default=False, description="true if a dense layer follows the last (BERT)")
    rope_factors: Literal["one", "two"] | None = Field(default=None, description="tables of rotary factors that GGUF adds: one (Llama 3.1 and later), two (Phi-3 long context)")
    window: Window | None = Field(default=None, description="sliding-window attention, if any")
    full_attention: FullAttention | None = Field(default=None, description="how layers A differ from layers W, if they do")
    shared_kv_layers: int = Field(default=0, ge=0, description="last layers that use the keys and values of earlier ones")
    experts: Experts | None = Field(default=None, description="mixture of experts, if any")
    mla: LatentAttention | None = Field(default=None, description="multi-head latent attention, if any")
    indexer: Indexer | None = Field(default=None, description="sparse-attention indexer, if any")
    linear: LinearAttention | None = Field(default=None, description="Gated DeltaNet layers, if any")
    delta: DeltaAttention | None = Field(default=None, description="Kimi delta attention layers, if any")
    mamba: Mamba | None = Field(default=None, description="Mamba-2 layers, if any")
    convolution: Convolution | None = Field(default=None, description="short-convolution layers, if any")
    per_layer_embedding: PerLayerEmbedding | None = Field(default=None, description="per-layer embedding, if any")
    altup: AltUp | None = Field(default=None, description="parallel streams, if any")
    wider_later: WiderLater | None = Field(default=None, description="wider feed-forward in later layers, if any")
    prediction: Prediction | None = Field(default=None, description="multi-token-prediction layer inside the GGUF file, if any")
    encoder: Encoder | None = Field(default=None, description="the encoder of an encoder-decoder")
    other: tuple[Extra, ...] = Field(default=(), description="named parameters of the text model that no dimension above describes")

    @field_validator("kv_heads")
    @classmethod
    def _divides_heads(cls, kv_heads: int, info: ValidationInfo) -> int:
        heads = info.data.get("heads")
        if heads and heads % kv_heads:
            divisors = ", ".join(str(d) for d in range(1, heads + 1) if heads % d == 0)
            raise ValueError(f"{kv_heads} does not divide heads {heads} (each key and value head serves the same number of query heads: one of {divisors})")
        return kv_heads

    @model_validator(mode="after")
    def _parts_belong_together(self):
        for letter, part in (("W", "window"), ("L", "linear"), ("K", "delta"), ("M", "mamba"), ("C", "convolution"), ("E", "experts")):
            if letter in self.layout and getattr(self, part) is None:
                raise ValueError(f"{part}: it is missing; layout {self.layout} has layers {letter} ({LETTERS[letter]})")
            if part != "experts" and letter not in self.layout and getattr(self, part) is not None:
                raise ValueError(f"layout: {self.layout} has no letter {letter}, yet {part} is given; say which layers are {LETTERS[letter]}")
        if set(self.layout) & set("FE") and not self.one_block_per_layer:
            raise ValueError("one_block_per_layer: it must be true; layout has layers F or E without attention")
        if self.ffn is None and (self.experts is None or self.experts.dense_layers or self.experts.beside_dense or self.experts.every > 1 or "F" in self.layout):
            raise ValueError("ffn: it is missing; only a model whose layers all have experts is without it")
        if self.experts and self.experts.dense_layers >= self.layers:
            raise ValueError(f"experts.dense_layers: {self.experts.dense_layers} leaves no layer of {self.layers} for the experts")
        if self.shared_kv_layers >= self.layers:
            raise ValueError(f"shared_kv_layers: {self.shared_kv_layers} leaves no layer of {self.layers} with keys and values")
        if (self.type == "encoder-decoder") != (self.encoder is not None):
            raise ValueError("encoder: it belongs to type encoder-decoder, and only there")
        return self


class Published(Record):
    """The parameter count somebody else states; ours must agree."""

    total: Count = Field(description="all stored elements, extras included, as the hub counts them")
    exact: bool = Field(default=True, description="false if only a rounded count is published; then `rounded_to` is the tolerance")
    rounded_to: Count | None = Field(default=None, description="unit of the rounding, for example 100000000 for '6.7B'")
    extras: tuple[Extra, ...] = Field(default=(), description="named parts that are stored but are not the text model")
    active: Count | None = Field(default=None, description="active parameters as the maker states them, for comparison only")
    source: Source

    @model_validator(mode="after")
    def _tolerance_is_stated(self):
        if self.exact == (self.rounded_to is not None):
            raise ValueError("rounded_to: it belongs to a rounded count: write exact: false with rounded_to, or leave both out")
        return self


class License(Record):
    name: Text = Field(description="name of the license")
    commercial: Literal["yes", "conditional", "no", "unknown"] = Field(description="may it be used commercially")
    note: Text | None = Field(default=None, description="the condition in a few words")


class Model(Record):
    """One open-weight model: macros/catalog/models/<id>.yaml."""

    id: Slug = Field(description="the file name without .yaml")
    name: Text = Field(description="name as people say it, for example Llama 3.1 8B")
    hub: Text = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="owner/name on the Hugging Face hub")
    family: Text = Field(description="the family it belongs to")
    maker: Text = Field(description="who trained it")
    released: Month = Field(description="month of release, for example 2024-07")
    license: License
    modality: tuple[Literal["text", "vision", "audio"], ...] = Field(min_length=1, description="what it takes in")
    task: Literal["chat", "embedding", "speech"] = Field(default="chat", description="what it is for: chat (any text writing), embedding, speech")
    context: Count = Field(description="longest context in tokens it is stated for")
    chat_template: Text | None = Field(default=None, description="family of prompt format, for example ChatML")
    reasoning: Text | None = Field(default=None, description="yes, no, or hybrid if thinking can be switched")
    tools: Text | None = Field(default=None, description="was it trained to call tools: yes or no")
    native_format: Literal["F32", "F16", "BF16", "FP8", "MXFP4", "INT4", "ternary"] = Field(description="format the maker published")
    architecture: Architecture
    parameters: Published
    confidence: Confidence = Field(description="verified: dimensions read in a file and the count agrees")
    note: Text | None = Field(default=None, description="anything a reader should know")
    sources: Sources


# ---------------------------------------------------------------- devices

class Bandwidth(Record):
    """How fast it is read, from what the figure follows. Exactly one of the three ways."""

    bus_bits: Count | None = Field(default=None, description="width of the memory bus in bits")
    transfer_rate: Positive | None = Field(default=None, description="transfers per second and pin in GT/s")
    lanes: Count | None = Field(default=None, description="lanes or links of a serial bus")
    line_rate: Positive | None = Field(default=None, description="Gbit/s of one lane before encoding")
    encoding: str = Field(default="1/1", pattern=r"^\d+/\d+$", description="share of the bits that is data, for example 128/130")
    quoted: Positive | None = Field(default=None, description="GB/s as stated, where nothing is published that it follows from")
    published: Positive | None = Field(default=None, description="GB/s as the maker states it, if it differs from width x rate")
    measured: Positive | None = Field(default=None, description="GB/s that programs reach in practice, if known")

    @property
    def derived(self) -> Fraction | None:
        """GB/s as width x rate / 8 or lanes x rate x encoding / 8; None where only a quoted figure exists."""
        if self.bus_bits is not None:
            return Fraction(self.bus_bits) * Fraction(str(self.transfer_rate)) / 8
        if self.lanes is not None:
            return self.lanes * Fraction(str(self.line_rate)) * Fraction(self.encoding) / 8
        return None

    @model_validator(mode="after")
    def _one_way(self):
        ways = [self.bus_bits is not None and self.transfer_rate is not None, self.lanes is not None and self.line_rate is not None, self.quoted is not None]
        given = [f for f in ("bus_bits", "transfer_rate", "lanes", "line_rate", "quoted") if getattr(self, f) is not None]
        if sum(ways) != 1 or len(given) != (1 if self.quoted is not None else 2):
            raise ValueError("bus_bits: give bus_bits with transfer_rate, or lanes with line_rate, or quoted alone; found " + (", ".join(given) or "none of them"))
        if Fraction(self.encoding) > 1:
            raise ValueError(f"encoding: {self.encoding} is more than 1; data bits come first, for example 128/130")
        if self.derived is not None and self.published is not None and abs(self.published / float(self.derived) - 1) > 0.03:
            raise ValueError(f"published: {self.published:g} GB/s is more than 3 % away from the {float(self.derived):.1f} GB/s that follow from width and rate; one of them is wrong")
        if self.derived is not None and self.published is not None and _to_the_digits_of(self.published, self.derived) == self.published:
            raise ValueError(f"published: {self.published:g} GB/s already follows from width and rate; leave it out, a figure is typed once")
        return self


def _to_the_digits_of(published: float, derived: Fraction) -> float:
    """`derived` rounded to as many decimals as `published` is written with."""
    decimals = len(f"{published:.10f}".rstrip("0").partition(".")[2])
    return float(round(derived, decimals))


class Fp16Rate(Record):
    """Dense FP16 rate of the matrix units, from units x operations x clock or as stated. Never the sparse figure, twice as high."""

    units: Count | None = Field(default=None, description="compute units: streaming multiprocessors, compute units, cores")
    per_clock: Count | None = Field(default=None, description="dense FP16 operations of one unit per clock, with FP32 accumulation")
    mhz: Count | None = Field(default=None, description="boost clock in MHz")
    stated: Positive | None = Field(default=None, description="TFLOPS as stated, where units and clock are not known")

    @property
    def tflops(self) -> float:
        """10^12 operations per second."""
        return self.stated if self.stated is not None else self.units * self.per_clock * self.mhz / 10**6

    @model_validator(mode="after")
    def _one_way(self):
        given = [f for f in ("units", "per_clock", "mhz", "stated") if getattr(self, f) is not None]
        if given not in (["units", "per_clock", "mhz"], ["stated"]):
            raise ValueError("stated: give units, per_clock and mhz, or stated alone; found " + (", ".join(given) or "none of them"))
        return self


class Memory(Record):
    type: Text = Field(description="kind of memory, for example GDDR6")
    sizes: tuple[Count, ...] = Field(min_length=1, description="GB as sold (they are GiB), every size it is sold with")


class Price(Record):
    usd: Positive = Field(description="US dollars at launch, without tax")
    estimate: bool = Field(default=False, description="true for a price seen in shops, false for one the maker set")
    confidence: Confidence | None = Field(default=None, description="how sure the price is, if less than the rest of the record")
    note: Text | None = Field(default=None, description="what the price is for")
    memory: Count | None = Field(default=None, description="memory of the version with this price, as in memory.sizes; without it the smallest")


DeviceKind = Literal["storage", "network", "bus", "system-memory", "unified-memory", "consumer-gpu", "workstation-gpu", "datacenter-gpu"]
Backend = Literal["CPU", "CUDA", "ROCm", "Metal", "MLX", "Vulkan", "SYCL", "OpenVINO", "OpenCL", "Hexagon", "XDNA", "Gaudi"]


class Device(Record):
    """One thing that stores, moves or reads a model: macros/catalog/devices/<id>.yaml."""

    id: Slug = Field(description="the file name without .yaml")
    name: Text = Field(description="name in the maker's own wording")
    kind: DeviceKind = Field(description="what sort of thing it is")
    maker: Text = Field(description="who makes it, or generic")
    memory: Memory | None = Field(default=None, description="memory a model can live in")
    bandwidth: Bandwidth
    latency: Text | None = Field(default=None, description="time to the first byte, in words")
    host_bus: Slug | None = Field(default=None, description="id of the bus that links it to the host, for example pcie4-x16")
    dies: Count = Field(default=1, description="chips in the package that share the stated memory and bandwidth")
    seen_as: Count = Field(default=1, description="as how many devices programs see it, each with its share of memory and bandwidth")
    fp16: Fp16Rate | None = Field(default=None, description="dense FP16 rate of the matrix units; never the sparse figure, which is twice as high")
    fp32_tflops: Positive | None = Field(default=None, description="FP32 rate")
    int8_tops: Positive | None = Field(default=None, description="dense INT8 rate")
    power_w: Positive | None = Field(default=None, description="rated power in watts")
    launched: YearOrMonth | None = Field(default=None, description="month of launch, for example 2024-07, or the year in quotes if no more is known")
    announced: Text | None = Field(default=None, description="for when it is announced, in words, if it was not on sale when its sources were read")
    launch_price: Price | None = Field(default=None, description="price at launch")
    backends: tuple[Backend, ...] = Field(default=(), description="how programs use it, for example CUDA, ROCm, Metal, Vulkan, SYCL, CPU")
    unofficial_backends: tuple[Backend, ...] = Field(default=(), description="what works without support of the maker")
    confidence: Confidence
    note: Text | None = Field(default=None, description="anything a reader should know")
    sources: Sources

    @property
    def fp16_tflops(self) -> float | None:
        """Dense FP16 rate in 10^12 operations per second, if known."""
        return self.fp16.tflops if self.fp16 else None

    @model_validator(mode="after")
    def _memory_where_models_live(self):
        holds = self.kind not in ("storage", "network", "bus")
        if holds and self.memory is None:
            raise ValueError(f"memory: it is missing; a {self.kind} holds a model, so say type and sizes")
        if not holds and self.memory is not None:
            raise ValueError(f"memory: it does not belong to a {self.kind}; no model runs there")
        return self

    @model_validator(mode="after")
    def _dense_rate(self):
        # Matrix units do INT8 at least twice as fast as FP16; a sparse FP16 figure beside a dense INT8 one breaks that.
        if self.fp16 and self.int8_tops and 2 * self.fp16.tflops > 1.02 * self.int8_tops:
            raise ValueError(f"fp16: {self.fp16.tflops:g} TFLOPS is more than half of int8_tops {self.int8_tops:g}; "
                             "it looks like the sparse figure, write the dense one")
        return self

    @model_validator(mode="after")
    def _launch_is_past(self):
        if self.announced and self.launched:
            raise ValueError("launched: it does not go with announced; leave one of them out")
        newest = max(s.accessed for s in self.sources).isoformat()
        if self.launched and self.launched > newest[:len(self.launched)]:
            raise ValueError(f"launched: {self.launched} is after its newest source was read ({newest}); write announced for what is not on sale")
        return self

    @model_validator(mode="after")
    def _price_of_a_size(self):
        if self.launch_price and self.launch_price.memory and self.launch_price.memory not in (self.memory.sizes if self.memory else ()):
            raise ValueError(f"launch_price.memory: it is not sold with {self.launch_price.memory}; write one of memory.sizes")
        return self

    @property
    def priced_memory(self) -> int | None:
        """Memory of the version that the launch price is for, in GB as sold."""
        if self.launch_price is None or self.memory is None:
            return None
        return self.launch_price.memory or min(self.memory.sizes)

    @model_validator(mode="after")
    def _dies_add_up(self):
        if self.dies % self.seen_as:
            raise ValueError(f"seen_as: {self.seen_as} devices cannot share {self.dies} dies evenly; give dies too")
        return self


# ---------------------------------------------------------------- small closed lists

class BlockPart(Record):
    """A run of bytes inside a block."""

    bytes: Count = Field(description="bytes of this part")
    kind: Literal["scales", "values", "high bits"] = Field(description="scales, values, or high bits of the values")
    what: Text = Field(description="what it holds, in a few words")


class BlockType(Record):
    """How ggml stores a run of weights: `block` weights in `bytes` bytes."""

    id: Text
    block: Count = Field(description="weights per block")
    bytes: Count = Field(description="bytes per block")
    parts: tuple[BlockPart, ...] = Field(default=(), description="what the bytes are, in the order of the file")

    @model_validator(mode="after")
    def _parts_add_up(self):
        if self.parts and (found := sum(p.bytes for p in self.parts)) != self.bytes:
            raise ValueError(f"parts: those of {self.id} have {found} bytes together, its block has {self.bytes}")
        return self


class Mix(Record):
    """A name a GGUF file is published under, and the block type most of its weights get."""

    id: Text
    default: Text = Field(description="block type of most tensors")
    like: Text | None = Field(default=None, description="mix whose rules decide, if not those of the name")
    output: Text | None = Field(default=None, description="block type forced on the output matrix")
    embedding: Text | None = Field(default=None, description="block type forced on the input embedding")
    experts: Text | None = Field(default=None, description="block type the experts keep from the maker's own file")
    pure: bool = Field(default=False, description="true if every matrix gets the default type")
    needs_imatrix: bool = Field(default=False, description="true if the quantizer refuses it without an importance matrix")
    what: Text = Field(description="one sentence for the reader")


class Elsewhere(Record):
    """A format of programs other than llama.cpp, as far as its size can be computed."""

    id: Text
    container: Text = Field(description="kind of file")
    bits: Positive = Field(description="bits of a weight in a matrix, scales not counted")
    group: Count | None = Field(default=None, description="weights that share scales")
    group_bits: Count | None = Field(default=None, description="bits of the scales of one group")
    embedding: Positive | None = Field(default=None, description="bits of the input embedding, if not like the rest")
    output: Positive | None = Field(default=None, description="bits of the output matrix, if not like the rest")
    what: Text = Field(description="one sentence for the reader")
    runs_on: Text
    sources: Sources


class Formats(Record):
    """macros/catalog/formats.yaml"""

    sources: Sources
    types: tuple[BlockType, ...]
    mixes: tuple[Mix, ...]
    elsewhere: tuple[Elsewhere, ...] = ()

    @model_validator(mode="after")
    def _defaults_exist(self):
        known = {t.id for t in self.types}
        for mix in self.mixes:
            if mix.default not in known:
                raise ValueError(f"mixes: default of {mix.id}:  '{mix.default}' is not one of the types listed above")
        return self


class Constant(Record):
    """An input that is not a dimension of a model or a device."""

    id: Slug
    value: float = Field(allow_inf_nan=False)
    low: float | None = None
    high: float | None = None
    unit: Text
    what: Text
    sources: Sources


class Constants(Record):
    """macros/catalog/constants.yaml"""

    constants: tuple[Constant, ...]


Level = Literal["basic", "medium", "advanced"]
Topic = Literal["models", "files", "memory", "speed", "hardware", "programs", "using", "inside", "training", "quality", "safety"]


class Term(Record):
    id: Slug
    term: Text
    also: tuple[Text, ...] = Field(default=(), description="other spellings recognized in running text")
    level: Level = Field(description="basic: met in the first days; medium: by whoever runs models; advanced: by whoever looks inside")
    topic: Topic = Field(description="where it stands in the list by topic")
    gloss: Annotated[str, Field(min_length=1, max_length=160)] = Field(description="tooltip: one plain sentence")
    text: Text = Field(description="glossary entry: one to four sentences")
    why: Annotated[str, Field(min_length=1, max_length=160)] = Field(description="why a reader should care: one sentence")
    page: Annotated[str, Field(pattern=r"^[\w-]+/[\w.-]+\.md(#[\w-]+)?$")] | None = Field(default=None, description="chapter that explains it, relative to docs/, for example basic-terms/tokens.md#count")
    see: tuple[Slug, ...] = Field(default=(), description="ids of related terms")
    auto: bool = Field(default=True, description="false if the word is too common to be linked by itself")


class Glossary(Record):
    """macros/catalog/glossary.yaml"""

    terms: tuple[Term, ...]


class Fact(Record):
    """A figure quoted from somebody else, with its date: macros/catalog/facts/<id>.yaml."""

    id: Slug = Field(description="the file name without .yaml")
    value: Text = Field(description="exactly as it should stand in the sentence")
    statement: Text = Field(description="the full statement the value belongs to")
    as_of: Month = Field(description="month or day for which it held")
    review: Month | Literal["never"] | None = Field(default=None, description="month by which somebody should look again; never for history; without it, a year after as_of")
    sources: Sources


class Work(Record):
    """Something a chapter cites: macros/catalog/sources/<id>.yaml."""

    id: Slug = Field(description="the file name without .yaml")
    title: Text
    author: Text | None = None
    published: Text | None = Field(default=None, pattern=r"^\d{4}(-\d{2}){0,2}$", description="year, month or day of publication, in quotes if a year alone")
    address: Web
    accessed: date


# ---------------------------------------------------------------- drawings

BoxKind = Literal["data", "step", "weights", "cache", "outside"]


class Box(Record):
    """One box of a drawing."""

    id: Slug = Field(description="a name for arrows and groups to refer to")
    at: tuple[Annotated[int, Field(ge=1, le=4)], Count] = Field(description="[column, row], counted from 1; at most 4 columns, so that a phone can show them")
    text: Text = Field(description="what stands in the box")
    note: Text | None = Field(default=None, description="a second, quieter line")
    kind: BoxKind = Field(default="data", description="data (default), step, weights, cache or outside")
    span: int = Field(default=1, ge=1, le=4, description="columns it covers, 1 to 4")


class Arrow(Record):
    """An arrow from box to box."""

    start: Slug = Field(alias="from", description="id of the box it leaves")
    end: Slug = Field(alias="to", description="id of the box it enters")
    text: Text | None = Field(default=None, description="what flows, in one to three words")
    back: bool = Field(default=False, description="true for an arrow led back around the outside")


class Group(Record):
    """A dashed frame around boxes."""

    text: Text = Field(description="title of the frame")
    around: tuple[Slug, ...] = Field(min_length=1, description="ids of the boxes inside")


class Drawing(Record):
    """A schematic drawing: macros/catalog/drawings/<id>.yaml."""

    id: Slug = Field(description="the file name without .yaml")
    text: Text = Field(description="text alternative: everything the drawing says, in sentences")
    boxes: tuple[Box, ...] = Field(min_length=1, description="at least one box: id, at, text")
    arrows: tuple[Arrow, ...] = ()
    groups: tuple[Group, ...] = ()
