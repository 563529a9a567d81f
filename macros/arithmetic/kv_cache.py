"""Bytes of the KV cache and of recurrent state, as llama.cpp allocates them.

Rules read in llama.cpp commit 0c1e57098 (src/llama-kv-cache*.cpp, src/llama-context.cpp): cells are
padded to 256; a windowed layer keeps its window plus one batch; MLA keeps one latent vector per token and
no values; linear layers keep a state of fixed size in F32.
"""

from ..catalog.records import Architecture, BlockType
from .tensors import attention_kind


class Impossible(ValueError):
    """A combination of settings that the program refuses."""


def _pad(n: int, multiple: int = 256) -> int:
    return -(-n // multiple) * multiple


def row_bytes(kind: BlockType, values: int) -> int:
    """Bytes of one row of `values` numbers; raises Impossible if they are no whole number of blocks."""
    if values % kind.block:
        raise Impossible(f"{kind.id} stores blocks of {kind.block} values, and a row of {values} is not a whole number of them")
    return values // kind.block * kind.bytes


def kv_bytes(a: Architecture, context: int, type_k: BlockType, type_v: BlockType, *, sequences: int = 1,
             unified: bool = False, batch: int = 512, swa_full: bool = False, flash_attention: bool = True) -> int:
    """Bytes of keys, values and recurrent state for `context` tokens shared by `sequences`.

    `batch` is n_ubatch. Raises Impossible for what llama.cpp refuses to allocate.
    """
    if context < 1 or sequences < 1 or batch < 1:
        raise Impossible("context, sequences and batch must be at least 1")
    if type_v.block > 1 and not flash_attention:
        raise Impossible(f"values in {type_v.id} need flash attention")
    if a.mla and type_k.id != type_v.id:
        raise Impossible(f"this model stores keys and values as one vector: {type_k.id} and {type_v.id} must be the same")

    full, window = cells(a, context, sequences=sequences, unified=unified, batch=batch, swa_full=swa_full)
    total = 0
    for layer in range(a.layers):
        kind = attention_kind(a, layer)
        if kind == "linear":
            total += sequences * state_bytes(a)
        else:
            total += (window if kind == "window" else full) * cell_bytes(a, type_k, type_v)
    return total


def cells(a: Architecture, context: int, *, sequences: int = 1, unified: bool = False, batch: int = 512, swa_full: bool = False) -> tuple[int, int]:
    """Token cells of one layer that sees everything and of one that sees a window, all sequences together."""
    streams = 1 if unified else sequences
    full = _pad(_pad(context) // streams)
    if a.window is None or a.window.ignored_by_llama_cpp or swa_full:
        return streams * full, streams * full
    window = a.window.tokens * (sequences if unified else 1) + min(batch, _pad(context))
    return streams * full, streams * _pad(min(full, window))


def cell_bytes(a: Architecture, type_k: BlockType, type_v: BlockType) -> int:
    """Bytes one token takes in one attention layer."""
    if a.mla:
        return row_bytes(type_k, a.mla.kv_rank + a.mla.rope_dim)
    values = a.kv_heads * a.head_dim
    return row_bytes(type_k, values) + row_bytes(type_v, values)


def state_bytes(a: Architecture) -> int:
    """Bytes of the recurrent state of one linear layer for one sequence, always F32."""
    n = a.linear
    convolution = (n.convolution - 1) * (2 * n.key_heads * n.key_dim + n.value_heads * n.value_dim)
    return 4 * (convolution + n.key_dim * n.value_heads * n.value_dim)


def growing_bytes_per_token(a: Architecture, type_k: BlockType, type_v: BlockType) -> int:
    """Bytes each further token adds once every window is full."""
    return sum(cell_bytes(a, type_k, type_v) for layer in range(a.layers) if attention_kind(a, layer) == "full"
               or (attention_kind(a, layer) == "window" and a.window.ignored_by_llama_cpp))
