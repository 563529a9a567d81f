"""The tensors of a model, as the GGUF file of llama.cpp stores them.

Everything else follows from this list: a parameter count is its sum of elements, a file size its sum of
bytes once each tensor has a type. Names and shapes are those of llama.cpp commit 0c1e57098 (October
2026); shapes are in ggml order, the contiguous dimension first. The parts of a layer are in blocks.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import prod

from ..catalog.records import Architecture
from . import blocks


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    layer: int | None = None
    counted: bool = True
    """False for what the file holds beside the text model: rotary factors, keys that are never used, prediction layers."""

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def routed(self) -> bool:
        """One slice per routed expert."""
        return "_exps." in self.name and len(self.shape) > 1


def kinds(a: Architecture) -> str:
    """One letter per layer (catalog.records.LETTERS)."""
    return (a.layout * -(-a.layers // len(a.layout)))[:a.layers]


@cache
def tensors(a: Architecture) -> tuple[Tensor, ...]:
    """All tensors of the file: those outside the layers first, then layer by layer."""
    result = [Tensor(part.name, part.shape, None, part.counted) for part in _outside(a)]
    for layer, kind in enumerate(kinds(a)):
        result += _in_layer(layer, blocks.layer(a, layer, kind))
    if a.prediction:
        result += _in_layer(a.layers, blocks.prediction_layer(a), counted=False)
    return tuple(result)


def _in_layer(layer: int, parts: Iterator[blocks.Part], counted: bool = True) -> list[Tensor]:
    return [Tensor(f"blk.{layer}.{p.name}", p.shape, layer, counted and p.counted) for p in parts]


def _outside(a: Architecture) -> Iterator[blocks.Part]:
    yield from blocks.matrix("token_embd", a.hidden, a.vocab)
    if a.learned_positions:
        yield from blocks.matrix("position_embd", a.hidden, a.learned_positions)
    if a.token_types:
        yield from blocks.matrix("token_types", a.hidden, a.token_types)
    if a.embedding_norm:
        yield from blocks.norm(a, "token_embd_norm", a.hidden)
    if a.per_layer_embedding:
        yield from blocks.per_layer_tables(a)
    if a.altup:
        yield from blocks.altup_tables(a)
    if a.final_norm:
        yield from blocks.norm(a, "output_norm", a.hidden)
    if not a.tied_embeddings and a.type == "decoder":
        yield from blocks.matrix("output", a.hidden, a.vocab, a.head_bias)
    if a.pooler:
        yield from blocks.matrix("cls", a.hidden, a.hidden, True)
    if a.rope_factors == "one":
        yield blocks.Part("rope_freqs.weight", ((a.full_attention or a).head_dim // 2,), counted=False)
    if a.rope_factors == "two":
        yield blocks.Part("rope_factors_long.weight", (a.head_dim // 2,), counted=False)
        yield blocks.Part("rope_factors_short.weight", (a.head_dim // 2,), counted=False)
    if a.encoder:
        yield from blocks.audio_encoder(a)
    for other in a.other:
        yield blocks.Part(f"other ({other.name})", (other.count,))
