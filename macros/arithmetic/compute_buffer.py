"""Bytes of scratch memory that llama.cpp reserves on the device for one batch.

Fitted to llama.cpp commit 0c1e57098 with every layer on one device, flash attention on and one output per
sequence (llama-server, llama-cli). Exact for dense models; for mixtures of experts and MLA the
figure is an estimate, off by up to a quarter (tests/arithmetic/test_compute_buffer.py states the error).
"""

from ..catalog.records import Architecture


def compute_bytes(a: Architecture, context: int, batch: int = 512) -> int:
    """Bytes for a batch of `batch` tokens (n_ubatch) at a context of `context` tokens."""
    attention = a.heads * a.head_dim
    widths = [3 * a.ffn + 2 * a.hidden + max(a.hidden, attention)] if a.ffn else []
    if a.experts:
        e = a.experts
        widths.append(3 * e.ffn * e.active + (e.active + 2) * a.hidden + max(a.hidden, attention))
    return 4 * batch * max(widths) + 2 * batch * context
