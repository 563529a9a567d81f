"""Bytes and seconds that training takes, by method.

What each parameter costs (weights, master weights, gradients, optimizer states) is exact for a given plan.
Activations and logits depend on the program, and here on rules that hold for PyTorch with fused kernels: 45
published peaks of torchtune, LLaMA-Factory and Unsloth, all of dense models, lie within 20 % of the figures below
and half of them within 9 % (macros/catalog/ground_truth/training_memory.csv). For mixtures of experts and linear attention
the same rules are an estimate that no published peak has checked.

Sources:
- Transformers documentation, model_memory_anatomy: bytes per parameter of weights, gradients, optimizers.
- Korthikanti and others 2022, "Reducing Activation Recomputation in Large Transformer Models"
  (arXiv:2205.05198): what a layer keeps for the backward pass, 34 s·b·h + 5 a·s²·b bytes with dropout; flash
  attention removes the second term, checkpointing leaves 2 s·b·h.
- Dettmers and others 2023, QLoRA (arXiv:2305.14314): 4 bits and 0.127 bits of constants, paged optimizers.
- Rajbhandari and others 2019, ZeRO (arXiv:1910.02054): which part each stage shards.
- EleutherAI, Transformer Math 101: 6 operations per parameter and token.
- torchtune, documentation of its memory optimizations: chunked loss, update inside the backward pass.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import prod

from ..catalog.records import Architecture
from .kv_cache import Impossible
from .parameters import total
from .tensors import Tensor, tensors

LOGIT_BYTES = {"full": Fraction(14), "full-shifted": Fraction(18), "chunked": Fraction(5, 2), "fused": Fraction(7, 4)}
"""Bytes per logit (tokens x vocabulary) that are alive when the loss is computed.

full: in 16 bits, as FP32 copy, as FP32 probabilities and their FP32 gradient, 2 + 4 + 4 + 4 (Transformers without
a special kernel); full-shifted: with one FP32 copy more (Transformers until early 2025); chunked: in 16 bits, and an
eighth at a time in FP32, 2 + 4/8 (torchtune 0.3 to 0.5); fused: output matrix and loss in one step of eight chunks,
14/8 (Liger, torchtune since 0.6; Unsloth and Cut Cross-Entropy take less still).
"""

METHODS, PRECISIONS = ("full", "lora", "qlora"), ("fp32", "mixed", "bf16")
OPTIMIZERS = ("adamw", "adamw-8bit", "paged-adamw", "paged-adamw-8bit", "adafactor", "sgd", "sgd-momentum")
_WIDTH = {"fp32": 4, "bf16": 2}
_ATTENTION = ("attn_q", "attn_k", "attn_v", "attn_output", "attn_qkv", "attn_gate", "attn_q_a", "attn_q_b", "attn_kv_a_mqa",
              "attn_k_b", "attn_v_b", "ssm_in", "ssm_out")
_FEED_FORWARD = tuple(f"ffn_{part}{suffix}" for suffix in ("", "_exps", "_shexp") for part in ("gate", "up", "gate_up", "down"))
_LAST = ("attn_output", "ssm_out", "ffn_down", "ffn_down_shexp", "ffn_down_exps")
"""Matrices at the end of a block: what they read is kept, of all others what they write."""


@dataclass(frozen=True)
class Plan:
    """How a model is trained. Raises Impossible, in one line, for what cannot be.

    `precision` is that of the trained weights: fp32; mixed (BF16 for computing, FP32 master weights; the adapters of LoRA
    in FP32); bf16 (BF16 throughout, the states of AdamW too). `gradients` overrides their type (fp32 or bf16).
    `batch` and `sequence` are per GPU and step; `accumulation` is the number of steps per update.
    `targets` of LoRA: all (the linear layers of every block; not router, embedding and output), attention, or names of tensors.
    `fused_update` applies each gradient as soon as it exists; `offload_activations` keeps checkpoints in system memory.
    `zero` is the stage of sharding over `gpus`: 1 optimizer states and master weights, 2 gradients too, 3 weights too.
    """

    method: str = "full"
    optimizer: str = "adamw"
    precision: str = "mixed"
    gradients: str | None = None
    batch: int = 1
    sequence: int = 2048
    accumulation: int = 1
    checkpointing: bool = True
    flash_attention: bool = True
    rank: int = 16
    targets: str | tuple[str, ...] = "all"
    logits: str = "full"
    double_quantization: bool = True
    fused_update: bool = False
    offload_activations: bool = False
    gpus: int = 1
    zero: int = 0

    def __post_init__(self):
        allowed = {"method": METHODS, "optimizer": OPTIMIZERS, "precision": PRECISIONS,
                   "gradients": (None, *_WIDTH), "logits": tuple(LOGIT_BYTES), "zero": (0, 1, 2, 3)}
        for name, choices in allowed.items():
            if getattr(self, name) not in choices:
                raise Impossible(f"{name}={getattr(self, name)!r} is not possible; write one of {', '.join(str(c) for c in choices if c is not None)}")
        for name in ("batch", "sequence", "accumulation", "rank", "gpus"):
            if not isinstance(getattr(self, name), int) or isinstance(getattr(self, name), bool) or getattr(self, name) < 1:
                raise Impossible(f"{name}={getattr(self, name)!r} is not possible; write a whole number of at least 1")
        if isinstance(self.targets, str) and self.targets not in ("all", "attention"):
            raise Impossible(f"targets={self.targets!r} is not possible; write all, attention or a list of tensor names such as attn_q")
        if self.zero and self.gpus == 1:
            raise Impossible(f"zero={self.zero} needs gpus of at least 2; there is nothing to share on one")
        if self.fused_update and self.accumulation > 1:
            raise Impossible("fused_update needs accumulation=1; gradients that are used at once cannot be added up")

    @property
    def tokens(self) -> int:
        return self.batch * self.sequence

    @property
    def value_bytes(self) -> int:
        """Width of an activation."""
        return 4 if self.precision == "fp32" else 2


@dataclass(frozen=True)
class BytesPerParameter:
    """Bytes that one trained parameter costs, before activations."""

    weights: Fraction
    master_weights: Fraction
    gradients: Fraction
    optimizer_states: Fraction

    @property
    def total(self) -> Fraction:
        return self.weights + self.master_weights + self.gradients + self.optimizer_states


EXTRA_BYTES_RULE = {"gradients": 4, "optimizer states": 8, "activations and temporaries": 8}
"""The rule of "20 bytes per parameter": what FP32 training with AdamW adds to the 4 bytes of the weight itself, 24 in all.
The 8 bytes of activations are not a property of the parameter: they hold for one amount of tokens per step (see extra_bytes_per_parameter)."""


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes by part at the moment of a training step when most is alive; `total` is what one GPU must have free."""

    weights: int
    master_weights: int
    gradients: int
    optimizer_states: int
    activations: int
    logits: int
    overhead: int
    moment: str
    """loss (logits exist), backward (one layer is computed again) or update (all gradients exist)."""
    system_memory: int = 0
    """Bytes that lie in system memory: paged optimizer states, offloaded checkpoints."""

    @property
    def total(self) -> int:
        return sum(bytes_ for _, bytes_ in self.parts())

    def parts(self) -> tuple[tuple[str, int], ...]:
        return (("weights", self.weights), ("master weights", self.master_weights), ("gradients", self.gradients),
                ("optimizer states", self.optimizer_states), ("activations", self.activations), ("logits", self.logits), ("overhead", self.overhead))


# ---------------------------------------------------------------- parameters

def bytes_per_parameter(plan: Plan) -> BytesPerParameter:
    """What one trained weight of a large matrix costs: 16 bytes in FP32 (4 + 4 + 8), 18 mixed (2 + 4 + 4 + 8), 8 in BF16.

    Source: Transformers documentation, model_memory_anatomy. Mixed is 16 where gradients are kept in BF16.
    Paged states are counted, though they may lie in system memory; Adafactor's factored states are too few to count.
    """
    weights, master = _trained_widths(plan)
    states = {"adafactor": Fraction(0), "sgd": Fraction(0), "sgd-momentum": Fraction(_state_width(plan))}.get(plan.optimizer)
    if states is None:
        # bitsandbytes: one FP32 constant per block of 256 values of each of the two states.
        states = 2 + Fraction(2 * 4, 256) if plan.optimizer.endswith("8bit") else Fraction(2 * _state_width(plan))
    return BytesPerParameter(Fraction(weights), Fraction(master), Fraction(_gradient_width(plan)), states)


def _trained_widths(plan: Plan) -> tuple[int, int]:
    """Bytes of a trained weight and of its master copy."""
    if plan.precision == "mixed" and plan.method == "full":
        return 2, 4
    return (2 if plan.precision == "bf16" else 4), 0


def _gradient_width(plan: Plan) -> int:
    return _WIDTH[plan.gradients or ("bf16" if plan.precision == "bf16" else "fp32")]


def _state_width(plan: Plan) -> int:
    """PyTorch keeps optimizer states in the type of the weights it updates."""
    return 2 if plan.precision == "bf16" else 4


def _state_bytes(plan: Plan, shape: tuple[int, ...]) -> int:
    """Bytes of optimizer states of one tensor."""
    elements = prod(shape)
    match plan.optimizer.removeprefix("paged-"):
        case "sgd":
            return 0
        case "sgd-momentum":
            return elements * _state_width(plan)
        case "adafactor":
            # One FP32 value per row and per column of each matrix; vectors have one per element.
            return 4 * (prod(shape[2:]) * (shape[0] + shape[1]) if len(shape) > 1 else elements)
        case "adamw-8bit" if elements >= 4096:    # bitsandbytes leaves smaller tensors in 32 bits
            return 2 * (elements + 4 * -(-elements // 256))
        case "adamw-8bit":
            return 2 * elements * 4
        case _:
            return 2 * elements * _state_width(plan)


@cache
def _stored(a: Architecture) -> tuple[Tensor, ...]:
    """Tensors that are parameters of the text model."""
    return tuple(t for t in tensors(a) if t.counted)


@cache
def _layers(a: Architecture) -> tuple[tuple[Tensor, ...], ...]:
    return tuple(tuple(t for t in _stored(a) if t.layer == i) for i in range(a.layers))


def trained_shapes(a: Architecture, plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Shapes of the tensors that training changes: all of the model, or the pairs of matrices that LoRA adds."""
    stored = _stored(a)
    if plan.method == "full":
        return tuple(t.shape for t in stored)
    wanted = {"all": _ATTENTION + _FEED_FORWARD, "attention": _ATTENTION}[plan.targets] if isinstance(plan.targets, str) else plan.targets
    shapes = tuple(shape for t in stored if _short(t) in wanted and t.name.endswith(".weight") for shape in _adapter(t, plan.rank))
    if not shapes:
        names = sorted({_short(t) for t in stored if _is_linear(t)})[:4]
        raise Impossible(f"targets={plan.targets!r}: the model has no such tensors; write all, attention or names such as {', '.join(names)}")
    return shapes


def _short(tensor: Tensor) -> str:
    """'attn_q' of 'blk.0.attn_q.weight'."""
    return tensor.name.split(".")[2] if tensor.layer is not None else tensor.name.split(".")[0]


def _is_linear(tensor: Tensor) -> bool:
    return tensor.layer is not None and tensor.name.endswith(".weight") and _short(tensor) in _ATTENTION + _FEED_FORWARD


def _adapter(tensor: Tensor, rank: int) -> tuple[tuple[int, ...], ...]:
    rows_in, rows_out, *experts = *tensor.shape, *(() if len(tensor.shape) > 2 else (1,))
    copies = experts[0]
    if tensor.name.endswith("attn_k_b.weight"):     # one layer with attn_v_b in the original, which brings the shared half
        return ((rank, rows_in * copies),)
    if tensor.name.endswith("attn_v_b.weight"):
        return ((rows_in, rank), (rank, rows_out * copies))
    return ((rows_in, rank), (rank, rows_out)) * copies


def trained_parameters(a: Architecture, plan: Plan) -> int:
    """Parameters that training changes."""
    return sum(prod(shape) for shape in trained_shapes(a, plan))


def _base_bytes(plan: Plan, tensor: Tensor) -> int:
    """Bytes of one frozen tensor of the base model."""
    if plan.method == "qlora" and _is_linear(tensor):
        # NF4: one constant per block of 64 weights, in 8 bits with an FP32 constant per 256 of them, or in FP32.
        blocks = -(-tensor.elements // 64)
        return -(-tensor.elements // 2) + (blocks + 4 * -(-blocks // 256) if plan.double_quantization else 4 * blocks)
    return tensor.elements * plan.value_bytes


# ---------------------------------------------------------------- activations

def kept_values(a: Architecture, layer: int) -> int:
    """Values per token that one layer keeps for the backward pass, with flash attention and without dropout.

    Input and output of every norm over the whole width; what the first matrices of attention and feed-forward write and
    what their last ones read; for each active expert a copy of its input and output too. For GPT's layer (ffn = 4 hidden)
    that is 16 hidden values, the 32 s·b·h bytes that Korthikanti and others count beside two dropout masks.
    """
    kept = 0
    for tensor in _layers(a)[layer]:
        name, shape = _short(tensor), tensor.shape
        if not tensor.name.endswith(".weight"):
            continue
        if len(shape) == 1 and name.endswith("norm"):
            kept += 2 * shape[0] if shape[0] == a.hidden else 0
        elif tensor.routed:
            kept += a.experts.active * (shape[0] + shape[1] if name in _LAST else shape[1])
            kept += a.experts.active * shape[0] if name in ("ffn_up_exps", "ffn_gate_up_exps") else 0
        elif len(shape) == 3:
            # Keys and values of latent attention, unfolded for every head.
            kept += shape[2] * (shape[0] if name == "attn_k_b" else shape[1])
        elif len(shape) == 2 and "conv" not in name:
            kept += shape[0] if name in _LAST else shape[1]
    return kept


def layer_activation_bytes(a: Architecture, layer: int, plan: Plan) -> int:
    """Bytes of activations that one layer keeps. Without flash attention also the attention matrix of every head."""
    kept = plan.tokens * kept_values(a, layer) * plan.value_bytes
    if not plan.flash_attention and any(_short(t) == "attn_output" for t in _layers(a)[layer]):
        # The softmax is computed in FP32 and its result kept in the width of the activations.
        kept += plan.tokens * plan.sequence * a.heads * (4 + plan.value_bytes)
    return kept


def checkpoint_bytes(a: Architecture, plan: Plan) -> int:
    """Bytes of what checkpointing keeps: the input of every layer (2 s·b·h each in 16 bits)."""
    return a.layers * plan.tokens * a.hidden * plan.value_bytes


# ---------------------------------------------------------------- memory

def moments(a: Architecture, plan: Plan, overhead: int = 0) -> tuple[TrainingMemory, ...]:
    """Memory of one GPU at the three moments of a step that can be the worst.

    `overhead` is what driver and program take beside tensors, in bytes.
    """
    stored = _stored(a)
    shapes = trained_shapes(a, plan)
    trained = sum(map(prod, shapes))
    width, master_width = _trained_widths(plan)
    share = [plan.gpus if plan.zero >= stage else 1 for stage in (1, 2, 3)]

    # Weights that only one GPU holds are collected one layer at a time.
    weights = trained * width if plan.method == "full" else sum(_base_bytes(plan, t) for t in stored) + trained * width
    if plan.zero == 3:
        by_layer = [sum(t.elements * width if plan.method == "full" else _base_bytes(plan, t) for t in layer) for layer in _layers(a)]
        weights = -(-weights // share[2]) + max(by_layer)
    master = -(-trained * master_width // share[0])
    states = -(-sum(_state_bytes(plan, shape) for shape in shapes) // share[0])
    paged = plan.optimizer.startswith("paged-")

    gradient = _gradient_width(plan)
    output = a.hidden * a.vocab if plan.method == "full" else 0
    largest = max(map(prod, shapes))
    every = -(-gradient * (largest if plan.fused_update else trained) // share[1])
    # While gradients are added up over several steps all of them exist from the beginning.
    first = every if plan.accumulation > 1 else min(every, -(-gradient * output // share[1]))

    by_layer = [layer_activation_bytes(a, layer, plan) for layer in range(a.layers)]
    worst = max(by_layer)
    kept = checkpoint_bytes(a, plan) if plan.checkpointing else sum(by_layer)
    offloaded = kept if plan.offload_activations else 0
    kept -= offloaded
    # During the backward pass a layer's activations and their gradients exist side by side.
    again = 2 * worst if plan.checkpointing else worst
    logits = int(LOGIT_BYTES[plan.logits] * plan.tokens * a.vocab)

    base = TrainingMemory(weights=weights, master_weights=master, gradients=0, optimizer_states=0 if paged else states, activations=0, logits=0,
                          overhead=overhead, moment="", system_memory=offloaded + (states if paged else 0))
    return (replace(base, moment="loss", gradients=first, activations=kept, logits=logits),
            replace(base, moment="backward", gradients=first, activations=kept + again),
            replace(base, moment="update", gradients=every, activations=2 * worst))


def training_memory(a: Architecture, plan: Plan, overhead: int = 0) -> TrainingMemory:
    """Memory of one GPU at the worst moment of a step, by part."""
    return max(moments(a, plan, overhead), key=lambda m: m.total)


def extra_bytes_per_parameter(a: Architecture, plan: Plan) -> Fraction:
    """Bytes per parameter that training takes beyond the trained weights, if everything existed at once.

    The upper bound that the rule of 20 means: gradients, optimizer states, and activations with logits.
    """
    loss, backward, update = moments(a, plan)
    at_once = update.gradients + loss.optimizer_states + loss.system_memory + max(loss.activations + loss.logits, backward.activations)
    return Fraction(at_once, total(a))


# ---------------------------------------------------------------- time

def operations(parameters: int, tokens: int, method: str = "full", checkpointing: bool = False) -> int:
    """Operations of training on `tokens`: 6 per parameter and token.

    Two forward and four backward, of which two make the gradients of the weights; LoRA needs those two for its small
    matrices only. Checkpointing repeats the forward pass. `parameters` are the active ones of a mixture of experts.
    Attention's own operations (about 6 layers x hidden x sequence per token) are left out, a few percent up to 8,192 tokens.
    Source: Kaplan and others 2020 (arXiv:2001.08361); EleutherAI, Transformer Math 101.
    """
    if method not in METHODS:
        raise Impossible(f"method={method!r} is not possible; write one of {', '.join(METHODS)}")
    if parameters < 1 or tokens < 1:
        raise Impossible(f"parameters={parameters} and tokens={tokens} must be at least 1")
    return ((6 if method == "full" else 4) + (2 if checkpointing else 0)) * parameters * tokens


def training_seconds(parameters: int, tokens: int, tflops: Fraction, utilization: Fraction, *, gpus: int = 1, method: str = "full",
                     checkpointing: bool = False) -> Fraction:
    """Seconds = operations / (rate x utilization). `tflops` is the dense rate of one GPU in 10^12 operations a second.

    `utilization` (0 to 1) is the share of that rate which a run reaches, repairs and restarts included; see the constant
    training-utilization for its range. Raises Impossible outside of it.
    """
    if not 0 < utilization <= 1 or tflops <= 0 or gpus < 1:
        raise Impossible(f"utilization={float(utilization):g} of {float(tflops):g} TFLOPS on {gpus} GPUs is not possible; utilization lies above 0 and up to 1")
    return Fraction(operations(parameters, tokens, method, checkpointing)) / (Fraction(tflops) * 10**12 * Fraction(utilization) * gpus)


def rent(seconds: Fraction, price_per_gpu_hour: Fraction, gpus: int = 1) -> Fraction:
    """Cost of renting `gpus` for `seconds`, in the currency of the price."""
    return seconds * gpus * Fraction(price_per_gpu_hour) / 3600
