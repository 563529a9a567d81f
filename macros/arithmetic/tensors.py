"""The tensors of a model, as the GGUF file of llama.cpp stores them.

Everything else follows from this list: a parameter count is its sum of elements, a file size its sum of
bytes once each tensor has a type. Names and shapes are those of llama.cpp commit 0c1e57098 (October
2026); shapes are in ggml order, the contiguous dimension first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import prod

from ..catalog.records import Architecture


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    layer: int | None = None
    in_checkpoint: bool = True
    """False for what only the converter adds (rotary factors): it has a size but is no parameter."""

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def routed(self) -> bool:
        """One slice per routed expert."""
        return "_exps." in self.name


def attention_kind(a: Architecture, layer: int) -> str:
    """'full', 'window' or 'linear'. The last layer of each period is the full one."""
    if a.linear:
        return "full" if layer % a.linear.full_every == a.linear.full_every - 1 else "linear"
    if a.window and (a.window.full_every is None or layer % a.window.full_every != a.window.full_every - 1):
        return "window"
    return "full"


@cache
def tensors(a: Architecture) -> tuple[Tensor, ...]:
    """All tensors of the text model: those outside the layers first, then layer by layer."""
    return tuple(_outside(a)) + tuple(
        Tensor(f"blk.{layer}.{name}", shape, layer)
        for layer in range(a.layers) for name, shape in _layer(a, layer))


def _outside(a: Architecture) -> Iterator[Tensor]:
    yield Tensor("token_embd.weight", (a.hidden, a.vocab))
    if a.learned_positions:
        yield Tensor("position_embd.weight", (a.hidden, a.learned_positions))
    yield from (Tensor(name, shape) for name, shape in _norm(a, "output_norm", a.hidden))
    if not a.tied_embeddings:
        yield Tensor("output.weight", (a.hidden, a.vocab))
    if a.rope_factors:
        yield Tensor("rope_freqs.weight", (a.head_dim // 2,), in_checkpoint=False)


Part = Iterator[tuple[str, tuple[int, ...]]]


def _layer(a: Architecture, layer: int) -> Part:
    yield from _norm(a, "attn_norm", a.hidden)
    if attention_kind(a, layer) == "linear":
        yield from _linear_attention(a)
    elif a.mla:
        yield from _latent_attention(a)
    else:
        yield from _attention(a)
    if a.norms_per_layer == 4:
        yield from _norm(a, "post_attention_norm", a.hidden)
        yield from _norm(a, "post_ffw_norm", a.hidden)
    # These architectures keep the second norm under the name of what it follows.
    second = "post_attention_norm" if a.gguf in ("gpt-oss", "qwen3next", "qwen35", "qwen35moe") else "ffn_norm"
    yield from _norm(a, second, a.hidden)
    if a.experts and layer >= a.experts.dense_layers:
        yield from _experts(a)
    else:
        yield from _feed_forward(a, "", a.ffn)


def _norm(a: Architecture, name: str, size: int) -> Part:
    yield f"{name}.weight", (size,)
    if a.norm == "layer":
        yield f"{name}.bias", (size,)


def _matrix(name: str, rows_in: int, rows_out: int, bias: bool) -> Part:
    yield f"{name}.weight", (rows_in, rows_out)
    if bias:
        yield f"{name}.bias", (rows_out,)


def _attention(a: Architecture) -> Part:
    query, key = a.heads * a.head_dim, a.kv_heads * a.head_dim
    if a.fused_qkv:
        yield from _matrix("attn_qkv", a.hidden, query + 2 * key, a.qkv_bias)
    else:
        yield from _matrix("attn_q", a.hidden, 2 * query if a.attention_gate else query, a.qkv_bias)
        yield from _matrix("attn_k", a.hidden, key, a.qkv_bias)
        yield from _matrix("attn_v", a.hidden, key, a.qkv_bias)
    yield from _matrix("attn_output", query, a.hidden, a.output_bias)
    if a.qk_norm:
        yield "attn_q_norm.weight", (a.head_dim,)
        yield "attn_k_norm.weight", (a.head_dim,)
    if a.sinks:
        yield "attn_sinks.weight", (a.heads,)


def _latent_attention(a: Architecture) -> Part:
    m = a.mla
    query = a.heads * (m.nope_dim + m.rope_dim)
    if m.q_rank:
        yield "attn_q_a.weight", (a.hidden, m.q_rank)
        yield "attn_q_a_norm.weight", (m.q_rank,)
        yield "attn_q_b.weight", (m.q_rank, query)
    else:
        yield "attn_q.weight", (a.hidden, query)
    yield "attn_kv_a_mqa.weight", (a.hidden, m.kv_rank + m.rope_dim)
    yield "attn_kv_a_norm.weight", (m.kv_rank,)
    yield "attn_k_b.weight", (m.nope_dim, m.kv_rank, a.heads)
    yield "attn_v_b.weight", (m.kv_rank, m.value_dim, a.heads)
    yield "attn_output.weight", (a.heads * m.value_dim, a.hidden)


def _linear_attention(a: Architecture) -> Part:
    n = a.linear
    key, value = n.key_heads * n.key_dim, n.value_heads * n.value_dim
    yield "attn_qkv.weight", (a.hidden, 2 * key + value)
    yield "attn_gate.weight", (a.hidden, value)
    yield "ssm_conv1d.weight", (n.convolution, 2 * key + value)
    yield "ssm_dt.bias", (n.value_heads,)
    yield "ssm_a", (n.value_heads,)
    yield "ssm_norm.weight", (n.value_dim,)
    yield "ssm_out.weight", (value, a.hidden)
    if n.fused_gates:
        yield "ssm_ba.weight", (a.hidden, 2 * n.value_heads)
    else:
        yield "ssm_beta.weight", (a.hidden, n.value_heads)
        yield "ssm_alpha.weight", (a.hidden, n.value_heads)


def _feed_forward(a: Architecture, suffix: str, width: int) -> Part:
    if a.gated_ffn:
        yield from _matrix(f"ffn_gate{suffix}", a.hidden, width, a.ffn_bias)
    yield from _matrix(f"ffn_up{suffix}", a.hidden, width, a.ffn_bias)
    yield from _matrix(f"ffn_down{suffix}", width, a.hidden, a.ffn_bias)


def _experts(a: Architecture) -> Part:
    e = a.experts
    yield from _matrix("ffn_gate_inp", a.hidden, e.count, e.router_bias)
    if e.router_correction:
        yield "exp_probs_b.bias", (e.count,)
    for name, rows_in, rows_out in (("gate", a.hidden, e.ffn), ("up", a.hidden, e.ffn), ("down", e.ffn, a.hidden)):
        yield f"ffn_{name}_exps.weight", (rows_in, rows_out, e.count)
        if e.bias:
            yield f"ffn_{name}_exps.bias", (rows_out, e.count)
    if e.shared:
        yield from _feed_forward(a, "_shexp", e.shared_ffn or e.shared * e.ffn)
        if e.shared_gate:
            yield "ffn_gate_inp_shexp.weight", (a.hidden,)
