"""Bytes of the KV cache and of recurrent state, as llama.cpp allocates them.

Rules read in llama.cpp commit 0c1e57098 (src/llama-kv-cache*.cpp, src/llama-context.cpp): cells are
padded to 256; a windowed layer keeps its window plus one batch; MLA keeps one latent vector per token and
no values; linear layers keep a state of fixed size in F32.
"""

from ..catalog.records import Architecture, BlockType
from .blocks import attention_shape, has_own_keys
from .tensors import kinds


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

    return sum(kv_layers(a, context, type_k, type_v, sequences=sequences, unified=unified, batch=batch, swa_full=swa_full, flash_attention=flash_attention))


def kv_layers(a: Architecture, context: int, type_k: BlockType, type_v: BlockType, *, sequences: int = 1, unified: bool = False,
              batch: int = 512, swa_full: bool = False, flash_attention: bool = True) -> list[int]:
    """Bytes of keys, values and state of each layer; 0 for a layer that has none of its own."""
    full, window = cells(a, context, sequences=sequences, unified=unified, batch=batch, swa_full=swa_full)
    result = []
    for layer, kind in enumerate(kinds(a)):
        if kind in "FE" or (kind in "AW" and not has_own_keys(a, layer)):
            result.append(0)
        elif kind in "AW":
            result.append((window if kind == "W" else full) * cell_bytes(a, kind, type_k, type_v, flash_attention=flash_attention))
        else:
            result.append(sequences * state_bytes(a, kind))
    return result


def cells(a: Architecture, context: int, *, sequences: int = 1, unified: bool = False, batch: int = 512, swa_full: bool = False) -> tuple[int, int]:
    """Token cells of one layer that sees everything and of one that sees a window, all sequences together."""
    streams = 1 if unified else sequences
    full = _pad(_pad(context) // streams)
    if a.window is None or a.window.ignored_by_llama_cpp or swa_full:
        return streams * full, streams * full
    window = a.window.tokens * (sequences if unified else 1) + min(batch, _pad(context))
    return streams * full, streams * _pad(min(full, window))


def cell_bytes(a: Architecture, kind: str, type_k: BlockType, type_v: BlockType, *, flash_attention: bool = True) -> int:
    """Bytes one token takes in one attention layer of this kind."""
    if a.mla:
        latent = row_bytes(type_k, a.mla.kv_rank + a.mla.rope_dim)
        return latent + (row_bytes(type_k, a.indexer.head_dim) if a.indexer else 0)
    _, kv_heads, size = attention_shape(a, kind)
    keys = values = kv_heads * size
    if not flash_attention and a.full_attention:
        # Without flash attention the values lie transposed and all layers get the width of the widest.
        values = max(k * d for _, k, d in (attention_shape(a, "A"), attention_shape(a, "W")))
    return row_bytes(type_k, keys) + row_bytes(type_v, values)


def state_bytes(a: Architecture, kind: str) -> int:
    """Bytes of the state of fixed size of one recurrent layer for one sequence, always F32."""
    match kind:
        case "L":
            n = a.linear
            inner, convolved, state, width = n.value_heads * n.value_dim, n.value_heads * n.value_dim + 2 * n.key_heads * n.key_dim, n.key_dim, n.convolution
        case "K":
            inner = a.delta.heads * a.delta.head_dim
            convolved, state, width = 3 * inner, a.delta.head_dim, a.delta.convolution
        case "M":
            inner = a.mamba.heads * a.mamba.head_dim
            convolved, state, width = inner + 2 * a.mamba.groups * a.mamba.state, a.mamba.state, a.mamba.convolution
        case _:
            inner, convolved, state, width = 0, a.hidden, 0, a.convolution.kernel
    return 4 * ((width - 1) * convolved + state * inner)


def growing_bytes_per_token(a: Architecture, type_k: BlockType, type_v: BlockType) -> int:
    """Bytes each further token adds once every window is full."""
    return sum(cell_bytes(a, kind, type_k, type_v) for layer, kind in enumerate(kinds(a)) if has_own_keys(a, layer)
               and (kind == "A" or (kind == "W" and a.window.ignored_by_llama_cpp)))
