"""Which type llama-quantize gives each tensor, as a table.

Read in llama.cpp commit 0c1e57098 (src/llama-quant.cpp, October 2026). The quantizer starts from the
default type of the requested mix and lets a few kinds of tensor deviate; RULES lists the deviations,
first match wins. Rows of the table: role of the tensor, mixes it applies to, type it gets, condition.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ..catalog.records import Architecture, BlockType, Mix
from .blocks import attention_shape
from .tensors import Tensor, kinds, tensors


class Facts(NamedTuple):
    """What a condition may ask: about the model, and about where the tensor stands."""

    kv_sharing: int            # query heads per key head (1 for multi-head, 8 for Llama 3.3 70B)
    experts: int
    layers: int
    seventy_b: bool            # llama and qwen2 with 80 layers and shared key heads
    imatrix: bool
    index: int = 0             # how many tensors of this role came before; for experts' tensors the layer
    of: int = 0                # what index is counted against: value tensors or layers
    counted: int = 0           # how many tensors of this role came before, experts' or not


Condition = Callable[[Facts], bool]

shared_keys: Condition = lambda f: f.kv_sharing >= 4
eight_experts: Condition = lambda f: f.experts == 8
not_eight_experts: Condition = lambda f: f.experts != 8
shared_or_experts: Condition = lambda f: f.kv_sharing >= 4 or f.experts >= 4
with_imatrix: Condition = lambda f: f.imatrix
without_imatrix: Condition = lambda f: not f.imatrix
first_two: Condition = lambda f: f.index < 2
first_four: Condition = lambda f: f.index < 4
first_16th: Condition = lambda f: f.index < f.layers // 16
first_8th: Condition = lambda f: f.index < f.layers // 8
first_8th_counted: Condition = lambda f: f.counted < f.layers // 8
middle: Condition = lambda f: f.layers // 8 <= f.index < 7 * f.layers // 8


def _more_bits(index: int, of: int) -> bool:
    """The first and last eighth, and every third between: about half of the layers."""
    return index < of // 8 or index >= 7 * of // 8 or (index - of // 8) % 3 == 2


more_bits: Condition = lambda f: _more_bits(f.index, f.of)


def both(a: Condition, b: Condition) -> Condition:
    return lambda f: a(f) and b(f)


always: Condition = lambda f: True

# What is the same in every layer of a model; all other conditions ask where the tensor stands.
OF_THE_MODEL = (always, shared_keys, eight_experts, not_eight_experts, shared_or_experts, with_imatrix, without_imatrix)

IQ1, IQ2_SMALL, IQ2_LARGE = ("IQ1_S", "IQ1_M"), ("IQ2_XXS", "IQ2_XS"), ("IQ2_S", "IQ2_M")
LOW = IQ1 + IQ2_SMALL + IQ2_LARGE
EIGHT_EXPERTS_OUTPUT = ("Q2_K", "Q3_K_S", "Q3_K_M", "Q4_K_S", "Q4_K_M", "IQ3_XXS", "IQ3_XS", "IQ3_S", "IQ3_M", "IQ4_NL", "IQ4_XS")
ANY = ()

# role: output = output matrix (or the tied embedding); embedding; value (also fused query-key-value and
# MLA's kv_b); key; query; attention_output; down, up, gate = feed-forward.
RULES: tuple[tuple[str, tuple[str, ...], str, Condition], ...] = (
    # role              mixes                     gets       when
    ("output",           ("MXFP4_MOE",),           "Q8_0",    always),
    ("output",           LOW + ("IQ3_XXS",),       "Q5_K",    always),
    ("output",           ("Q8_0",),                "Q8_0",    always),
    ("output",           ANY,                      "Q6_K",    always),

    ("three_dimensional", ("MXFP4_MOE",),          "MXFP4",   always),
    ("every",            ("MXFP4_MOE",),           "Q8_0",    always),

    ("embedding",        IQ1 + IQ2_SMALL,          "Q2_K",    always),
    ("embedding",        IQ2_LARGE + ("IQ3_XXS",), "IQ3_S",   always),

    ("value",            LOW,                      "Q4_K",    shared_or_experts),
    ("value",            IQ2_LARGE,                "IQ3_S",   always),
    ("value",            IQ1 + IQ2_SMALL,          "Q2_K",    always),
    ("key",              LOW,                      "Q4_K",    eight_experts),
    ("down",             IQ2_LARGE,                "IQ3_S",   first_8th_counted),
    ("down",             IQ1 + IQ2_SMALL,          "Q2_K",    first_8th_counted),
    ("attention_output", LOW,                      "Q5_K",    eight_experts),
    ("attention_output", IQ1,                      "IQ2_XXS", always),
    ("attention_output", IQ2_LARGE,                "IQ3_S",   always),
    ("every",            LOW,                      "default", always),

    ("value",            ANY,                      "Q8_0",    eight_experts),
    ("value",            ("Q2_K", "Q2_K_S"),       "Q4_K",    shared_keys),
    ("value",            ("Q2_K",),                "Q3_K",    always),
    ("value",            ("IQ3_XXS", "IQ3_XS", "IQ3_S"), "Q4_K", shared_keys),
    ("value",            ("IQ3_XXS",),             "IQ3_XXS", with_imatrix),
    ("value",            ("IQ3_XXS",),             "IQ3_S",   always),
    ("value",            ("IQ3_M",),               "Q4_K",    always),
    ("value",            ("Q3_K_M",),              "Q5_K",    first_two),
    ("value",            ("Q3_K_M",),              "Q4_K",    always),
    ("value",            ("Q3_K_L",),              "Q5_K",    always),
    ("value",            ("IQ4_NL", "IQ4_XS"),     "Q5_K",    shared_keys),
    ("value",            ("Q4_K_M", "Q5_K_M"),     "Q6_K",    more_bits),
    ("value",            ("Q4_K_S",),              "Q5_K",    first_four),

    ("key",              ANY,                      "Q8_0",    eight_experts),
    ("key",              ("IQ3_XS",),              "IQ3_XXS", always),
    ("key",              ("IQ3_XXS",),             "IQ2_S",   always),
    ("query",            ("IQ3_XS",),              "IQ3_XXS", always),
    ("query",            ("IQ3_XXS",),             "IQ2_S",   always),

    ("down",             ("Q2_K",),                "Q3_K",    always),
    ("down",             ("Q2_K_S",),              "Q4_K",    first_8th),
    ("down",             ("IQ3_XXS",),             "Q4_K",    both(without_imatrix, first_8th)),
    ("down",             ("IQ3_XXS",),             "Q3_K",    without_imatrix),
    ("down",             ("Q3_K_M",),              "Q5_K",    first_16th),
    ("down",             ("Q3_K_M",),              "Q4_K",    always),
    ("down",             ("IQ3_M",),               "Q4_K",    first_8th),
    ("down",             ("IQ3_M",),               "Q4_K",    both(eight_experts, more_bits)),
    ("down",             ("Q3_K_L",),              "Q5_K",    always),
    ("down",             ("Q4_K_M", "Q5_K_M"),     "Q6_K",    more_bits),
    ("down",             ("Q4_K_S",),              "Q5_K",    first_8th),
    ("down",             ("IQ4_NL", "IQ4_XS"),     "Q5_K",    both(without_imatrix, first_8th)),
    ("down",             ("Q4_0",),                "Q4_1",    both(with_imatrix, first_8th)),
    ("down",             ("Q5_0",),                "Q5_1",    both(with_imatrix, first_8th)),

    ("attention_output", EIGHT_EXPERTS_OUTPUT,     "Q5_K",    eight_experts),
    ("attention_output", ("Q2_K",),                "Q3_K",    not_eight_experts),
    ("attention_output", ("IQ3_XXS",),             "IQ3_S",   not_eight_experts),
    ("attention_output", ("Q3_K_M", "IQ3_M"),      "Q4_K",    not_eight_experts),
    ("attention_output", ("Q3_K_L",),              "Q5_K",    not_eight_experts),

    ("up",               ("IQ3_XS",),              "IQ3_XXS", middle),
    ("gate",             ("IQ3_XS",),              "IQ3_XXS", middle),
)

FUSED_BEFORE_2026 = {"Q3_K_M": "Q4_K", "Q3_K_L": "Q4_K", "IQ3_M": "Q4_K", "Q4_K_M": "Q5_K", "Q5_K_M": "Q6_K"}

# Where a row is no whole number of blocks, the next type that fits: then F16 if it is not even a multiple of 32.
FALLBACK = {**dict.fromkeys(("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_XS"), "IQ4_NL"),
            **dict.fromkeys(("Q2_K", "Q3_K"), "Q4_0"), "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}

# Substring of the name -> role; the first that occurs decides. Experts' and shared tensors match too.
ROLES = (("attn_qkv.weight", "value"), ("attn_kv_b.weight", "value"), ("attn_v.weight", "value"), ("attn_k.weight", "key"),
         ("attn_q.weight", "query"), ("attn_output.weight", "attention_output"), ("ffn_up", "up"),
         ("ffn_gate", "gate"), ("ffn_down", "down"))

EMBEDDINGS = ("token_embd.weight", "per_layer_token_embd.weight")

# Never quantized although they are matrices: routers, short convolutions, positions.
KEPT = ("_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d", "shortconv.conv.weight", "position_embd", "token_types", "altup", "laurel",
        "per_layer_model_proj", "attn_rel_b.weight", "indexer.k_proj", "indexer.q_proj")
CONVERTED_TO_F32 = ("_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d", "shortconv.conv.weight", "indexer.proj")


def source_type(tensor: Tensor, float_type: str) -> str:
    """Type the converter writes: 32 bits for vectors, norms, routers and whatever is no weight; else `float_type`."""
    if len(tensor.shape) == 1 or not tensor.name.endswith(".weight") or any(k in tensor.name for k in CONVERTED_TO_F32):
        return "F32"
    return float_type


def is_quantized(tensor: Tensor) -> bool:
    """True for the matrices that llama-quantize converts."""
    dimensions = sum(1 for n in tensor.shape if n > 1)
    return dimensions >= 2 and tensor.name.endswith("weight") and not any(k in tensor.name for k in KEPT)


def role_of(tensor: Tensor, tied: bool) -> str:
    if tensor.name == "output.weight" or (tied and tensor.name in EMBEDDINGS):
        return "output"
    if tensor.name in EMBEDDINGS:
        return "embedding"
    return next((role for part, role in ROLES if part in tensor.name), "other")


def types(a: Architecture, mix: Mix, block_types, *, imatrix: bool = False, before_2026: bool = False) -> list[tuple[Tensor, BlockType]]:
    """Every tensor with the block type it gets, in the quantizer's own order.

    `block_types` maps a type's name to its BlockType (the catalog's `types`). `before_2026`: a fused
    query-key-value matrix had rules of its own then (FUSED_BEFORE_2026), so older files differ.
    """
    chosen = {alike: iter(names) for alike, names in _chosen(a, mix, block_types, imatrix, before_2026)}
    return [(tensor, block_types[next(chosen[alike])]) for tensor, alike in _in_order(a)]


def type_counts(a: Architecture, mix: Mix, block_types, *, imatrix: bool = False, before_2026: bool = False) -> Iterator[tuple[Tensor, BlockType, int]]:
    """The same for sums, several times faster: one of the tensors that differ in their layer only, a type, and how many of them get it."""
    for alike, names in _chosen(a, mix, block_types, imatrix, before_2026):
        for name, count in Counter(names).items():
            yield alike.tensor, block_types[name], count


@dataclass(frozen=True, eq=False)
class _Alike:
    """Tensors that differ in their layer only; `tensor` is the first of them."""

    tensor: Tensor
    role: str
    quantized: bool


def _chosen(a: Architecture, mix: Mix, block_types, imatrix: bool, before_2026: bool) -> Iterator[tuple[_Alike, list[str]]]:
    """The names of the types that alike tensors get, in the quantizer's order. What does not depend on the place is decided once."""
    rules, facts = mix.like or mix.id, _facts(a, imatrix)
    for alike, places in _places(a, mix.experts is not None).items():
        of = facts.of if alike.role == "value" else facts.layers
        asks = alike.quantized and _asks_for_place(alike.role, _three_dimensional(alike.tensor), rules)
        here = (facts._replace(index=index, of=of, counted=counted) for index, counted in places) if asks else (facts,)
        names = [_fitting(_type_name(alike, mix, f, block_types, before_2026), alike.tensor.shape[0], block_types) for f in here]
        yield alike, names if asks else names * len(places)


def _type_name(alike: _Alike, mix: Mix, facts: Facts, block_types, before_2026: bool) -> str:
    """The type before it is known whether rows are whole numbers of its blocks."""
    tensor, rules, unquantized = alike.tensor, mix.like or mix.id, block_types[mix.default].block == 1
    if not alike.quantized:
        return source_type(tensor, mix.id if unquantized else "BF16")
    if mix.experts and _is_experts(tensor):
        return mix.experts
    if unquantized:
        return mix.id
    if before_2026 and "attn_qkv.weight" in tensor.name:
        return FUSED_BEFORE_2026.get(rules, mix.default)
    return _forced(tensor, mix) or _pick(alike.role, tensor, mix.default, rules, facts, block_types)


def _is_experts(tensor: Tensor) -> bool:
    return tensor.routed and len(tensor.shape) > 2


@cache
def _in_order(a: Architecture) -> tuple[tuple[Tensor, _Alike], ...]:
    """Every tensor with those like it, in the quantizer's order: those outside the layers, then layer by layer, by name."""
    found: dict[tuple, _Alike] = {}
    result = []
    for t in sorted(tensors(a), key=lambda t: (-1 if t.layer is None else t.layer, t.name)):
        key = t.name if t.layer is None else t.name.split(".", 2)[2], t.shape
        if key not in found:
            found[key] = _Alike(t, role_of(t, a.tied_embeddings), is_quantized(t))
        result.append((t, found[key]))
    return tuple(result)


@cache
def _places(a: Architecture, experts_kept: bool) -> dict[_Alike, list[tuple[int, int]]]:
    """Index and count (see Facts) of each of the tensors that are alike. Experts that keep the maker's type are not counted."""
    seen: Counter[str] = Counter()
    places: dict[_Alike, list[tuple[int, int]]] = defaultdict(list)
    for tensor, alike in _in_order(a):
        counted = seen[alike.role]
        places[alike].append((tensor.layer if a.experts and alike.role in ("down", "up", "gate") else counted, counted))
        seen[alike.role] += alike.quantized and not (experts_kept and _is_experts(tensor))
    return dict(places)


@cache
def _facts(a: Architecture, imatrix: bool) -> Facts:
    return Facts(
        kv_sharing=_kv_sharing(a),
        experts=a.experts.count if a.experts else 0,
        layers=a.layers + (1 if a.prediction else 0),
        seventy_b=a.gguf in ("llama", "qwen2") and a.layers == 80 and a.heads != a.kv_heads,
        imatrix=imatrix,
        of=sum(alike.role == "value" for _, alike in _in_order(a)))


def _kv_sharing(a: Architecture) -> int:
    """Query heads per key head as the program sees it: in the first layer, 0 if that has no keys at all."""
    first = kinds(a)[0]
    if first in "MCKFE":
        return 0
    if a.mla:
        return a.heads
    heads, kv_heads, _ = attention_shape(a, first)
    return heads // kv_heads


def _forced(tensor: Tensor, mix: Mix) -> str | None:
    """The type an option of the quantizer forces on this tensor, if any."""
    if mix.pure:
        return mix.default
    return {"output.weight": mix.output, "token_embd.weight": mix.embedding}.get(tensor.name)


def _pick(role: str, tensor: Tensor, default: str, rules: str, facts: Facts, block_types) -> str:
    if role == "output" and rules != "MXFP4_MOE" and tensor.shape[0] % block_types[default].block:
        return "Q8_0"
    chosen = next((gets for gets, when in _rules_for(role, _three_dimensional(tensor), rules) if when(facts)), "default")
    if chosen == "default":
        chosen = default
    if role == "value" and facts.seventy_b and rules not in LOW and chosen in ("Q3_K", "Q4_K"):
        return "Q5_K"
    return chosen


@cache
def _rules_for(role: str, three_dimensional: bool, mix: str) -> tuple[tuple[str, Condition], ...]:
    """The rows of RULES that can concern such a tensor in this mix, in order."""
    applies = {role} if role == "output" else {role, "every"}
    if three_dimensional:
        applies.add("three_dimensional")
    return tuple((gets, when) for of_role, mixes, gets, when in RULES if of_role in applies and (mixes is ANY or mix in mixes))


@cache
def _asks_for_place(role: str, three_dimensional: bool, mix: str) -> bool:
    return any(when not in OF_THE_MODEL for _, when in _rules_for(role, three_dimensional, mix))


def _three_dimensional(tensor: Tensor) -> bool:
    return len(tensor.shape) > 2 and tensor.shape[2] > 1


def _fitting(chosen: str, row: int, block_types) -> str:
    """The chosen type, or what replaces it where a row is no whole number of its blocks."""
    for candidate in (chosen, FALLBACK.get(chosen, "F16"), "F16"):
        if row % block_types[candidate].block == 0:
            return candidate
    raise AssertionError("F16 fits every row")
