"""Bytes of a model's weights, as a file and as they are read."""

from fractions import Fraction

from ..catalog.records import Architecture, Mix, Model
from .parameters import used_per_token
from .quantization import type_counts
from .tensors import tensors


def weights_bytes(a: Architecture, mix: Mix, block_types, *, imatrix: bool = False, before_2026: bool = False) -> int:
    """Bytes of all tensors of the GGUF file; the file adds 1 to 16 MB of metadata and pads each tensor to 32 bytes."""
    return sum(count * (t.elements // kind.block * kind.bytes) for t, kind, count in type_counts(a, mix, block_types, imatrix=imatrix, before_2026=before_2026))


def bits_per_weight(a: Architecture, mix: Mix, block_types, *, imatrix: bool = False) -> Fraction:
    """8 x bytes / elements over all tensors, as llama-quantize prints it."""
    return Fraction(8 * weights_bytes(a, mix, block_types, imatrix=imatrix), sum(t.elements for t in tensors(a)))


def projector_bytes(m: Model) -> int:
    """Bytes of the file beside the model that lets it see or hear (mmproj), at 16 bits; 0 if it has none.

    Gemma 3 4B's is published with 851 MB, 1.4 % more than this: some small tensors keep 32 bits.
    """
    return sum(2 * extra.count for extra in m.parameters.extras if extra.projector)


def bytes_read_per_token(a: Architecture, mix: Mix, block_types, *, imatrix: bool = False) -> int:
    """Bytes of weights that one generated token reads.

    Of the routed experts only the active ones, of a separate input embedding one row (a tied one is read
    in full as the output matrix).
    """
    read = 0
    for tensor, kind, count in type_counts(a, mix, block_types, imatrix=imatrix):
        elements = used_per_token(a, tensor)
        if tensor.name in ("token_embd.weight", "position_embd.weight") and not (a.tied_embeddings and tensor.name.startswith("token")):
            elements = a.hidden
        read += count * (elements * kind.bytes // kind.block)
    return read


def bytes_read_per_prompt(a: Architecture, mix: Mix, block_types, *, imatrix: bool = False) -> int:
    """Bytes of weights that one pass over a prompt reads: all of them, as the tokens of a prompt choose
    different experts, except an input embedding that is not the output matrix as well."""
    return sum(count * (tensor.elements // kind.block * kind.bytes) for tensor, kind, count in type_counts(a, mix, block_types, imatrix=imatrix)
               if tensor.name not in ("token_embd.weight", "position_embd.weight") or (a.tied_embeddings and tensor.name.startswith("token")))
