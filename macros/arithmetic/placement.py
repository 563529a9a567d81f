"""Where a model lands: on the device, on the host, split by layers, or with its experts in system memory.

Rules read off llama.cpp commit 0c1e57098 (macros/catalog/ground_truth/placement.csv): the output matrix counts as
the last layer and moves to the device first, then layers from the last to the first; the input embedding
stays on the host, so a tied one exists twice; rotary factors exist on both sides of a split; prediction
layers are not loaded; keys and values live where their layer does.
"""

from dataclasses import dataclass

from ..catalog.records import Architecture, BlockType, Mix
from .compute_buffer import compute_bytes
from .kv_cache import kv_layers
from .quantization import types
from .tensors import Tensor

INPUT_EMBEDDINGS = ("token_embd.weight", "position_embd.weight", "token_types.weight", "per_layer_token_embd.weight")


@dataclass(frozen=True)
class Placement:
    """Bytes by place. `gpu_layers` is what -ngl would be: the layers on the device, output included."""

    gpu_layers: int
    of_layers: int
    device_weights: int
    device_kv: int
    device_compute: int
    host_weights: int
    host_kv: int
    host_compute: int
    host_read_per_token: int
    device_read_per_token: int
    host_layers: int            # bytes of weights on the host that a layer computes with: all but input embeddings
    cpu_experts: int            # layers whose experts are on the host, as --n-cpu-moe counts them

    @property
    def device(self) -> int:
        return self.device_weights + self.device_kv + self.device_compute

    @property
    def host(self) -> int:
        return self.host_weights + self.host_kv + self.host_compute

    @property
    def whole(self) -> bool:
        return self.gpu_layers >= self.of_layers


def place(a: Architecture, mix: Mix, block_types, context: int, type_k: BlockType, type_v: BlockType, *, gpu_layers: int | None = None,
          cpu_experts: int = 0, sequences: int = 1, unified: bool = False, batch: int = 512, swa_full: bool = False,
          flash_attention: bool = True, imatrix: bool = False) -> Placement:
    """Split for -ngl `gpu_layers` (None: all) with the experts of the first `cpu_experts` layers on the host (--n-cpu-moe)."""
    of_layers = a.layers + 1
    on_device = of_layers if gpu_layers is None else min(max(gpu_layers, 0), of_layers)
    first = a.layers - (on_device - 1) if on_device else of_layers      # first layer on the device
    device = host = device_read = host_read = host_layers = 0
    for tensor, kind in types(a, mix, block_types, imatrix=imatrix):
        # Prediction layers are not loaded, but for two small vectors of their indexer.
        if tensor.layer is not None and tensor.layer >= a.layers and "indexer.k_norm" not in tensor.name:
            continue
        size = -(-tensor.elements // kind.block * kind.bytes // 32) * 32     # every tensor starts at a multiple of 32
        read = size // a.experts.count * a.experts.active if tensor.routed else size
        to_device, to_host = _sides(tensor, a, first, on_device, cpu_experts)
        device += size * to_device
        host += size * to_host
        if tensor.name == "token_embd.weight" and a.per_layer_embedding and not to_device:
            host += size            # Gemma 4 E keeps a second copy as output matrix even without a device
        if tensor.name in INPUT_EMBEDDINGS:
            row = size // tensor.shape[1]
            host_read += row
            device_read += (size if a.tied_embeddings and tensor.name == "token_embd.weight" else 0) * to_device
            host_read += (size if a.tied_embeddings and tensor.name == "token_embd.weight" and not to_device else 0)
        else:
            device_read += read * to_device
            host_read += read * (to_host and not to_device)
            host_layers += size * (to_host and not to_device)
    caches = kv_layers(a, context, type_k, type_v, sequences=sequences, unified=unified, batch=batch, swa_full=swa_full, flash_attention=flash_attention)
    device_kv = sum(n for layer, n in enumerate(caches) if layer >= first)
    compute = compute_bytes(a, context, batch)
    edge = 8 * batch * a.hidden + 2 * batch * context                    # what goes in and comes out
    return Placement(on_device, of_layers, device, device_kv, compute if on_device else 0, host, sum(caches) - device_kv,
                     edge if first == 0 and not cpu_experts else compute, host_read, device_read, host_layers, cpu_experts)


def _sides(tensor: Tensor, a: Architecture, first: int, on_device: int, cpu_experts: int) -> tuple[bool, bool]:
    """(on the device, on the host) for one tensor."""
    if tensor.name in INPUT_EMBEDDINGS:
        return tensor.name == "token_embd.weight" and a.tied_embeddings and on_device > 0, True
    if tensor.name.startswith("rope_f"):
        return first < a.layers, first > 0
    if tensor.layer is None:
        return on_device > 0, on_device == 0
    if tensor.routed and tensor.layer < cpu_experts:
        return False, True
    return tensor.layer >= first, tensor.layer < first


def most_layers(a: Architecture, mix: Mix, block_types, context: int, type_k: BlockType, type_v: BlockType, free: int, **settings) -> Placement:
    """The split with as many layers on the device as fit into `free` bytes there; gpu_layers 0 if none does."""
    low, high = 0, a.layers + 1
    while low < high:
        middle = (low + high + 1) // 2
        if place(a, mix, block_types, context, type_k, type_v, gpu_layers=middle, **settings).device <= free:
            low = middle
        else:
            high = middle - 1
    return place(a, mix, block_types, context, type_k, type_v, gpu_layers=low, **settings)


def fewest_cpu_experts(a: Architecture, mix: Mix, block_types, context: int, type_k: BlockType, type_v: BlockType, free: int, **settings) -> Placement | None:
    """All layers on the device, experts of as few layers as possible on the host; None if even that is too large or there are none."""
    if a.experts is None:
        return None
    low, high = a.experts.dense_layers, a.layers
    while low < high:
        middle = (low + high) // 2
        if place(a, mix, block_types, context, type_k, type_v, cpu_experts=middle, **settings).device <= free:
            high = middle
        else:
            low = middle + 1
    fewest = place(a, mix, block_types, context, type_k, type_v, cpu_experts=low, **settings)
    return fewest if fewest.device <= free else None
