"""The parts of a decoder as a drawing names them: which tensors they are, of which types, how many bytes."""

from collections import defaultdict
from dataclasses import dataclass

from ..catalog.records import Architecture, BlockType, Mix
from .blocks import NORM_AFTER_ATTENTION
from .quantization import types
from .tensors import Tensor, kinds

# Ending of a tensor's name (without layer and .weight) -> part of the layer.
PARTS = {
    "attn_norm": "norm before attention", "ffn_norm": "norm before feed-forward", "post_ffw_norm": "norm after feed-forward",
    "attn_q": "query", "attn_q_a": "query", "attn_q_b": "query", "attn_qkv": "query, key, value", "attn_k": "key", "attn_v": "value",
    "attn_kv_a_mqa": "latent", "attn_k_b": "from latent", "attn_v_b": "from latent", "attn_output": "attention output",
    "ffn_gate_inp": "router", "ffn_gate": "gate", "ffn_up": "up", "ffn_down": "down",
    "ffn_gate_exps": "expert gate", "ffn_up_exps": "expert up", "ffn_gate_up_exps": "expert gate and up", "ffn_down_exps": "expert down",
    "ffn_gate_shexp": "shared expert", "ffn_up_shexp": "shared expert", "ffn_down_shexp": "shared expert",
    "token_embd": "embedding", "output_norm": "final norm", "output": "output",
}


@dataclass(frozen=True)
class Piece:
    """One part: shapes in ggml order (numbers in, numbers out, experts), types from the smallest to the largest, bytes."""

    shapes: tuple[tuple[int, ...], ...]
    types: tuple[str, ...]
    sizes: tuple[int, ...]           # bytes, smallest first: one, or one for each choice of types among the layers


@dataclass(frozen=True)
class Anatomy:
    outside: dict[str, Piece]        # embedding, final norm, output
    layer: dict[str, Piece]          # parts of the most frequent kind of layer with attention
    layers: tuple[int, ...]          # its layers, counted from 0
    kind: str                        # their letter
    other: int                       # bytes of small tensors in those layers that belong to none of the parts
    elsewhere: int                   # bytes in all other layers and outside the parts
    total: int                       # bytes of all tensors


def anatomy(a: Architecture, mix: Mix, block_types) -> Anatomy | None:
    """The parts of a model that writes text; None for one without attention layers or with an encoder."""
    if a.type != "decoder":
        return None
    sized = [(t, kind, t.elements // kind.block * kind.bytes) for t, kind in types(a, mix, block_types)]
    inside: dict[int, list[tuple[Tensor, BlockType, int]]] = defaultdict(list)
    outside: dict[str, list] = defaultdict(list)
    for tensor, kind, size in sized:
        if tensor.layer is None:
            outside[_part(a, tensor)].append((tensor, kind, size))
        elif tensor.layer < a.layers:
            inside[tensor.layer].append((tensor, kind, size))
    alike: dict[tuple, list[int]] = defaultdict(list)
    for layer, letter in enumerate(kinds(a)):
        if letter in "AW" and layer in inside:
            alike[tuple((t.name.split(".", 2)[2], t.shape) for t, _, _ in inside[layer])].append(layer)
    if not alike:
        return None
    layers = max(alike.values(), key=lambda members: (len(members), -members[0]))
    parts = {name: [[entry for entry in inside[layer] if _part(a, entry[0]) == name] for layer in layers]
             for name in dict.fromkeys(_part(a, t) for t, _, _ in inside[layers[0]])}
    small = sum(size for layer in parts.pop("", []) for _, _, size in layer)
    drawn = {name: _piece(members) for name, members in parts.items()}
    around = {name: _piece([members]) for name, members in outside.items() if name}
    total = sum(size for _, _, size in sized)
    shown = small + sum(size for members in parts.values() for layer in members for _, _, size in layer) + sum(p.sizes[0] for p in around.values())
    return Anatomy(around, drawn, tuple(layers), kinds(a)[layers[0]], small, total - shown, total)


def _part(a: Architecture, tensor: Tensor) -> str:
    """The part a tensor belongs to; empty for what no drawing names (biases, norms of heads, gates)."""
    name = tensor.name.split(".", 2)[2] if tensor.layer is not None else tensor.name
    if not name.endswith(".weight"):
        return ""
    name = name.removesuffix(".weight")
    if name == "post_attention_norm":
        return "norm before feed-forward" if a.gguf in NORM_AFTER_ATTENTION and not a.norms_after else "norm after attention"
    return PARTS.get(name, "")


def _piece(layers: list[list[tuple[Tensor, BlockType, int]]]) -> Piece:
    found = sorted({(kind.bytes / kind.block, kind.id) for layer in layers for _, kind, _ in layer})
    return Piece(shapes=tuple(tensor.shape for tensor, _, _ in layers[0]), types=tuple(name for _, name in found),
                 sizes=tuple(sorted({sum(size for _, _, size in layer) for layer in layers})))
