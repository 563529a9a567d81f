"""Size of a model in the formats of programs other than llama.cpp."""

from fractions import Fraction
from math import ceil

from ..catalog.records import Architecture, Elsewhere
from .quantization import EMBEDDINGS, is_quantized
from .tensors import tensors


def bits_per_matrix_weight(form: Elsewhere) -> Fraction:
    """Bits of a weight in a matrix with its share of the scales."""
    return Fraction(str(form.bits)) + (Fraction(form.group_bits, form.group) if form.group else 0)


def elsewhere_bytes(a: Architecture, form: Elsewhere) -> int:
    """Bytes of all tensors; what is no matrix, and the router, keeps 16 bits. The file adds a header of some 10 kB."""
    usual = bits_per_matrix_weight(form)
    bits = Fraction(0)
    for tensor in tensors(a):
        if not tensor.counted:
            continue
        if tensor.name in EMBEDDINGS:
            width = usual if form.embedding is None else Fraction(str(form.embedding))
        elif tensor.name == "output.weight":
            width = usual if form.output is None else Fraction(str(form.output))
        else:
            width = usual if is_quantized(tensor) else 16
        bits += tensor.elements * width
    return ceil(bits / 8)
