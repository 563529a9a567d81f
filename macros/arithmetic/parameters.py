"""How many numbers a model is made of."""

from collections.abc import Iterator
from functools import cache

from ..catalog.records import Architecture, Model
from .tensors import Tensor, tensors


@cache
def total(a: Architecture) -> int:
    """Parameters of the text model: every element of every tensor that is part of it."""
    return sum(t.elements for t in tensors(a) if t.counted)


def used_per_token(a: Architecture, tensor: Tensor) -> int:
    """Elements of one tensor that take part in one token: of the routed experts only the active ones."""
    if tensor.routed:
        return tensor.elements // a.experts.count * a.experts.active
    return tensor.elements


@cache
def active(a: Architecture) -> int:
    """Parameters that take part in one token, input and output embedding included."""
    return sum(used_per_token(a, t) for t in tensors(a) if t.counted)


def embedding(a: Architecture) -> int:
    """Parameters of the input embedding, one row per token of the vocabulary."""
    return a.hidden * a.vocab


def multiplied(a: Architecture) -> int:
    """Parameters that are multiplied for one token: the active ones without a separate input embedding, of which a row is fetched."""
    return active(a) - (0 if a.tied_embeddings else embedding(a))


def disagreement(model: Model) -> Iterator[str]:
    """Yield an error line if the count from the dimensions is not the published one."""
    computed = total(model.architecture)
    extras = sum(e.count for e in model.parameters.extras)
    published = model.parameters.total
    difference = computed + extras - published
    tolerance = 0 if model.parameters.exact else model.parameters.rounded_to // 2
    if abs(difference) > tolerance:
        wanted = "equal to the published count" if model.parameters.exact else f"within {tolerance:,} of the published count"
        yield (f"parameters.total: the dimensions give {computed:,} and the extras {extras:,}, together {computed + extras:,}, "
               f"but {published:,} is published ({difference:+,}); correct the dimension or the extra that is off until they are {wanted}")
