"""Formulas that public calculators use for the KV cache and for weights, to show what they leave out.

Each was read in the named tool's source (July to November 2026) and is written here from its description;
all give bytes for `context` tokens at 16 bits per value, one conversation.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..catalog.records import Architecture

TWO_BYTES = 2


@dataclass(frozen=True)
class Shortcut:
    rule: str
    used_by: str
    leaves_out: str
    bytes: Callable[[Architecture, int], int]


def _every_head(a: Architecture, context: int) -> int:
    return 2 * a.layers * a.heads * (a.mla.value_dim if a.mla else a.head_dim) * context * TWO_BYTES


def _state_width(a: Architecture, context: int) -> int:
    return 2 * a.layers * a.hidden * context * TWO_BYTES


def _state_width_once(a: Architecture, context: int) -> int:
    return a.layers * a.hidden * context * TWO_BYTES


def _derived_head_size(a: Architecture, context: int) -> int:
    kv_heads = 1 if a.mla else a.kv_heads
    return 2 * a.layers * kv_heads * (a.hidden // a.heads) * context * TWO_BYTES


def _all_layers_alike(a: Architecture, context: int) -> int:
    if a.mla:
        return a.layers * (2 * a.mla.kv_rank + a.mla.rope_dim) * context * TWO_BYTES
    return 2 * a.layers * a.kv_heads * a.head_dim * context * TWO_BYTES


def _flat(a: Architecture, context: int) -> int:
    return 500_000_000


KV_SHORTCUTS = (
    Shortcut("2 × layers × heads × head size × context", "the LLM inference handbook's calculator, heads as labelled", "shared key heads, windows, latent attention", _every_head),
    Shortcut("2 × layers × width × context", "gpu_poor", "shared key heads, heads wider than width ÷ heads, windows, latent attention", _state_width),
    Shortcut("layers × width × context", "EleutherAI cookbook", "that there are keys and values, and all of the above", _state_width_once),
    Shortcut("2 × layers × key heads × (width ÷ heads) × context", "Ollama's estimate before loading", "heads wider than width ÷ heads, windows, linear layers", _derived_head_size),
    Shortcut("2 × layers × key heads × head size × context", "Hugging Face's GGUF viewer", "windows, linear layers, that latent attention stores no values", _all_layers_alike),
    Shortcut("half a gigabyte", "canirun.ai", "the context", _flat),
)

WEIGHT_SHORTCUTS = (
    ("half a byte per parameter", "the LLM inference handbook, several web calculators", 4.0),
    ("0.55 byte per parameter and half a gigabyte", "canirun.ai", None),
    ("0.58 byte per parameter", "llmfit", 4.64),
)


def shortcut_weights(parameters: int, bits: float | None) -> int:
    """Bytes by a flat number of bits; None is canirun.ai's 0.55 byte, its half gigabyte left aside."""
    return int(parameters * (0.55 if bits is None else bits / 8))
