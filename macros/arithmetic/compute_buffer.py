"""Bytes of scratch memory that llama.cpp reserves on the device for one batch.

Read off llama.cpp commit 0c1e57098 with every layer on one device, flash attention on and one output per
sequence (llama-server, llama-cli). Widths are numbers of F32 values per token of the batch that are alive
at the same time; the attention masks are F16. Exact for dense models; for mixtures of experts an estimate
(tests/arithmetic/test_compute_buffer.py states its error).
"""

from ..catalog.records import Architecture


def compute_bytes(a: Architecture, context: int, batch: int = 512) -> int:
    """Bytes for a batch of `batch` tokens (n_ubatch) at a context of `context` tokens."""
    attention = a.heads * (a.mla.value_dim if a.mla else a.head_dim)
    # A fused gate-and-up matrix writes over the attention's output; linear layers keep none.
    state = 2 * a.hidden + (0 if a.linear or a.fused_gate_up else attention)
    widths = [3 * a.ffn + state] if a.ffn else []
    if a.linear:
        n = a.linear
        inner, convolved = n.value_heads * n.value_dim, n.value_heads * n.value_dim + 2 * n.key_heads * n.key_dim
        widths.append(3 * convolved + inner)
    if a.experts:
        e = a.experts
        # The experts' outputs take the room of gate and up if they fit there, else room of their own.
        outputs = e.active * a.hidden if a.hidden > 2 * e.ffn else 0
        shared = a.hidden if a.linear and e.shared else 0
        widths.append(3 * e.ffn * e.active + outputs + state + shared)
    masks = context
    if a.window and not a.window.ignored_by_llama_cpp:
        masks += min(context, -(-(a.window.tokens + batch) // 256) * 256)
    return 4 * batch * max(widths) + 2 * batch * masks
