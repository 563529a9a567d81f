"""The parts of a layer: which matrices and vectors attention, feed-forward and their relatives consist of."""

from collections.abc import Iterator
from typing import NamedTuple

from ..catalog.records import Architecture


class Part(NamedTuple):
    name: str
    shape: tuple[int, ...]
    counted: bool = True


Parts = Iterator[Part]

# These architectures keep the norm before the feed-forward block under the name of what it follows.
NORM_AFTER_ATTENTION = ("gpt-oss", "qwen3next", "qwen35", "qwen35moe", "glm4moe")


def matrix(name: str, rows_in: int, rows_out: int, bias: bool = False, counted: bool = True) -> Parts:
    yield Part(f"{name}.weight", (rows_in, rows_out), counted)
    if bias:
        yield Part(f"{name}.bias", (rows_out,), counted)


def norm(a: Architecture, name: str, size: int) -> Parts:
    yield Part(f"{name}.weight", (size,))
    if a.norm == "layer":
        yield Part(f"{name}.bias", (size,))


def layer(a: Architecture, index: int, kind: str) -> Parts:
    """All parts of one layer of the text model."""
    if a.one_block_per_layer:
        yield from norm(a, "attn_norm", a.hidden)
        yield from feed_forward(a, index) if kind in "FE" else mixer(a, index, kind)
        return
    yield from norms(a)
    yield from mixer(a, index, kind)
    yield from feed_forward(a, index)
    if a.encoder:
        yield from attention_matrices(a, "cross_", a.heads, a.kv_heads, a.head_dim)
        yield from norm(a, "cross_norm", a.hidden)
    if a.layer_scale:
        yield Part("layer_output_scale.weight", (1,))
    if a.per_layer_embedding:
        yield from per_layer_parts(a)
    if a.altup:
        yield from altup_parts(a)


def norms(a: Architecture) -> Parts:
    names = {
        1: ["attn_norm"],
        2: ["attn_norm", "post_attention_norm" if a.gguf in NORM_AFTER_ATTENTION else "ffn_norm"],
        3: ["attn_norm", "ffn_norm", "post_ffw_norm"],
        4: ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"],
        7: ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "pre_ffw_norm_2", "post_ffw_norm_1", "post_ffw_norm_2"],
    }[a.norms_per_layer]
    if a.norms_after:
        names = ["post_attention_norm", "post_ffw_norm"]
    if a.type == "encoder":
        names = ["attn_output_norm", "layer_output_norm"]
    for name in names:
        yield from norm(a, name, a.hidden)


def mixer(a: Architecture, index: int, kind: str) -> Parts:
    """The part of a layer in which tokens look at each other."""
    match kind:
        case "L":
            yield from gated_delta_net(a)
        case "K":
            yield from kimi_delta(a)
        case "M":
            yield from mamba(a)
        case "C":
            yield from matrix("shortconv.in_proj", a.hidden, 3 * a.hidden)
            yield Part("shortconv.conv.weight", (a.convolution.kernel, a.hidden))
            yield from matrix("shortconv.out_proj", a.hidden, a.hidden)
        case _ if a.mla:
            yield from latent_attention(a)
        case _:
            yield from attention(a, index, kind)


def attention_shape(a: Architecture, kind: str) -> tuple[int, int, int]:
    """(query heads, key heads, head size) of a layer of this kind."""
    if a.full_attention and kind == "A":
        f = a.full_attention
        return f.heads or a.heads, f.kv_heads, f.head_dim
    return a.heads, a.kv_heads, a.head_dim


def has_own_keys(a: Architecture, index: int) -> bool:
    return index < a.layers - a.shared_kv_layers


def attention(a: Architecture, index: int, kind: str) -> Parts:
    heads, kv_heads, size = attention_shape(a, kind)
    # GGUF files keep the unused keys and values of layers that borrow them; they are no parameters.
    yield from attention_matrices(a, "attn_", heads, kv_heads, size, own_keys=has_own_keys(a, index),
                                  values=not (kind == "A" and a.full_attention and a.full_attention.keys_are_values))
    if a.qk_norm:
        query, key = (size, size) if a.qk_norm == "head" else (heads * size, kv_heads * size)
        yield Part("attn_q_norm.weight", (query,))
        yield Part("attn_k_norm.weight", (key,), has_own_keys(a, index))
    if a.attention_gate == "matrix":
        yield from matrix("attn_gate", a.hidden, heads * size)
    if a.attention_gate == "head":
        yield from matrix("attn_gate", a.hidden, heads)
    if a.sinks:
        yield Part("attn_sinks.weight", (heads,))
    if a.sub_norms:
        yield Part("attn_sub_norm.weight", (a.hidden,))


def attention_matrices(a: Architecture, prefix: str, heads: int, kv_heads: int, size: int, own_keys: bool = True, values: bool = True) -> Parts:
    query, key = heads * size, kv_heads * size
    # Whisper's keys have no bias, though queries and values do.
    key_bias = a.qkv_bias and not a.encoder
    if a.fused_qkv:
        yield from matrix(f"{prefix}qkv", a.hidden, query + 2 * key, a.qkv_bias)
    else:
        yield from matrix(f"{prefix}q", a.hidden, 2 * query if a.attention_gate == "wide" else query, a.qkv_bias)
        yield from matrix(f"{prefix}k", a.hidden, key, key_bias, own_keys)
        if values:
            yield from matrix(f"{prefix}v", a.hidden, key, a.qkv_bias, own_keys)
    yield from matrix(f"{prefix}output", query, a.hidden, a.output_bias)


def latent_attention(a: Architecture) -> Parts:
    m = a.mla
    query = a.heads * (m.nope_dim + m.rope_dim)
    if m.q_rank:
        yield from matrix("attn_q_a", a.hidden, m.q_rank)
        yield Part("attn_q_a_norm.weight", (m.q_rank,))
        yield from matrix("attn_q_b", m.q_rank, query)
    else:
        yield from matrix("attn_q", a.hidden, query)
    yield from matrix("attn_kv_a_mqa", a.hidden, m.kv_rank + m.rope_dim)
    yield Part("attn_kv_a_norm.weight", (m.kv_rank,))
    yield Part("attn_k_b.weight", (m.nope_dim, m.kv_rank, a.heads))
    yield Part("attn_v_b.weight", (m.kv_rank, m.value_dim, a.heads))
    yield from matrix("attn_output", a.heads * m.value_dim, a.hidden)
    if a.indexer:
        i = a.indexer
        yield Part("indexer.k_norm.weight", (i.head_dim,))
        yield Part("indexer.k_norm.bias", (i.head_dim,))
        yield from matrix("indexer.proj", a.hidden, i.heads)
        yield from matrix("indexer.attn_k", a.hidden, i.head_dim)
        yield from matrix("indexer.attn_q_b", m.q_rank or a.hidden, i.heads * i.head_dim)


def gated_delta_net(a: Architecture) -> Parts:
    n = a.linear
    key, value = n.key_heads * n.key_dim, n.value_heads * n.value_dim
    yield from matrix("attn_qkv", a.hidden, 2 * key + value)
    yield from matrix("attn_gate", a.hidden, value)
    yield Part("ssm_conv1d.weight", (n.convolution, 2 * key + value))
    yield Part("ssm_dt.bias", (n.value_heads,))
    yield Part("ssm_a", (n.value_heads,))
    yield Part("ssm_norm.weight", (n.value_dim,))
    yield from matrix("ssm_out", value, a.hidden)
    if n.fused_gates:
        yield from matrix("ssm_ba", a.hidden, 2 * n.value_heads)
    else:
        yield from matrix("ssm_beta", a.hidden, n.value_heads)
        yield from matrix("ssm_alpha", a.hidden, n.value_heads)


def kimi_delta(a: Architecture) -> Parts:
    d = a.delta
    inner = d.heads * d.head_dim
    for name in "qkv":
        yield from matrix(f"attn_{name}", a.hidden, inner)
        yield Part(f"ssm_conv1d_{name}.weight", (d.convolution, inner))
    for gate in ("f", "g"):
        yield from matrix(f"ssm_{gate}_a", a.hidden, d.head_dim)
        yield from matrix(f"ssm_{gate}_b", d.head_dim, inner)
    yield from matrix("ssm_beta", a.hidden, d.heads)
    yield Part("ssm_a", (d.heads,))
    yield Part("ssm_dt.bias", (inner,))
    yield Part("ssm_norm.weight", (d.head_dim,))
    yield from matrix("attn_output", inner, a.hidden)


def mamba(a: Architecture) -> Parts:
    m = a.mamba
    inner = m.heads * m.head_dim
    convolved = inner + 2 * m.groups * m.state
    yield from matrix("ssm_in", a.hidden, inner + convolved + m.heads)
    yield Part("ssm_conv1d.weight", (m.convolution, convolved))
    yield Part("ssm_conv1d.bias", (convolved,))
    yield Part("ssm_dt.bias", (m.heads,))
    yield Part("ssm_a", (1, m.heads))
    yield Part("ssm_d", (1, m.heads))
    yield Part("ssm_norm.weight", (inner // m.groups, m.groups))
    yield from matrix("ssm_out", inner, a.hidden)


def feed_forward(a: Architecture, index: int) -> Parts:
    """The part of a layer that works on each token alone."""
    width = a.wider_later.ffn if a.wider_later and index >= a.wider_later.from_layer else a.ffn
    e = a.experts
    has_experts = e is not None and index >= e.dense_layers and index % e.every == e.every - 1
    if a.one_block_per_layer:
        has_experts = (a.layout * a.layers)[index] == "E"
    if has_experts:
        yield from experts(a)
    if not has_experts or e.beside_dense:
        yield from dense(a, "", width)
    if a.sub_norms:
        yield Part("ffn_sub_norm.weight", (width,))


def dense(a: Architecture, suffix: str, width: int) -> Parts:
    if a.fused_gate_up:
        yield from matrix(f"ffn_up{suffix}", a.hidden, 2 * width)
    else:
        if a.gated_ffn:
            yield from matrix(f"ffn_gate{suffix}", a.hidden, width, a.ffn_bias)
        yield from matrix(f"ffn_up{suffix}", a.hidden, width, a.ffn_bias)
    yield from matrix(f"ffn_down{suffix}", width, a.hidden, a.ffn_bias)


def experts(a: Architecture) -> Parts:
    e = a.experts
    inner = e.latent or a.hidden
    yield from matrix("ffn_gate_inp", a.hidden, e.count, e.router_bias)
    if e.beside_dense:
        yield Part("ffn_gate_inp.scale", (a.hidden,))
        yield Part("ffn_gate_up_exps.weight", (inner, 2 * e.ffn, e.count))
        yield Part("ffn_down_exps.weight", (e.ffn, inner, e.count))
        yield Part("ffn_down_exps.scale", (e.count,))
        return
    if e.router_correction:
        yield Part("exp_probs_b.bias", (e.count,), not e.correction_is_buffer)
    if e.latent:
        yield from matrix("ffn_latent_down", a.hidden, e.latent)
        yield from matrix("ffn_latent_up", e.latent, a.hidden)
    for name, rows_in, rows_out in (("gate", inner, e.ffn), ("up", inner, e.ffn), ("down", e.ffn, inner)):
        if name == "gate" and not a.gated_ffn:
            continue
        yield Part(f"ffn_{name}_exps.weight", (rows_in, rows_out, e.count))
        if e.bias:
            yield Part(f"ffn_{name}_exps.bias", (rows_out, e.count))
    if e.shared:
        yield from dense(a, "_shexp", e.shared_ffn or e.shared * e.ffn)
        if e.shared_gate:
            yield Part("ffn_gate_inp_shexp.weight", (a.hidden,))


def prediction_layer(a: Architecture) -> Parts:
    """One more layer of the last kind, and what joins it to the embedding of the next token."""
    yield from layer(a, a.layers, (a.layout * a.layers)[a.layers - 1])
    yield from matrix("nextn.eh_proj", 2 * a.hidden, a.hidden)
    for name in ("enorm", "hnorm", "shared_head_norm"):
        yield Part(f"nextn.{name}.weight", (a.hidden,))
    if a.prediction.own_embeddings:
        yield from matrix("nextn.embed_tokens", a.hidden, a.vocab)
        yield from matrix("nextn.shared_head_head", a.hidden, a.vocab)


def per_layer_tables(a: Architecture) -> Parts:
    width = a.per_layer_embedding.width * a.layers
    yield from matrix("per_layer_token_embd", width, a.per_layer_embedding.vocab)
    yield from matrix("per_layer_model_proj", a.hidden, width)
    yield Part("per_layer_proj_norm.weight", (a.per_layer_embedding.width,))


def per_layer_parts(a: Architecture) -> Parts:
    yield from matrix("inp_gate", a.hidden, a.per_layer_embedding.width)
    yield from matrix("proj", a.per_layer_embedding.width, a.hidden)
    yield Part("post_norm.weight", (a.hidden,))


def altup_tables(a: Architecture) -> Parts:
    yield Part("altup_proj.weight", (a.hidden, a.hidden, a.altup.streams - 1))
    yield Part("altup_unembd_proj.weight", (a.hidden, a.hidden, a.altup.streams - 1))


def altup_parts(a: Architecture) -> Parts:
    n, rank = a.altup.streams, a.altup.laurel_rank
    yield Part("altup_correct_coef.weight", (n, n))
    yield Part("altup_correct_scale.weight", (a.hidden,))
    yield Part("altup_predict_coef.weight", (n, n * n))
    yield Part("altup_router.weight", (a.hidden, n))
    yield Part("altup_router_norm.weight", (a.hidden,))
    yield from matrix("laurel_l", a.hidden, rank)
    yield from matrix("laurel_r", rank, a.hidden)
    yield Part("laurel_post_norm.weight", (a.hidden,))


def audio_encoder(a: Architecture) -> Parts:
    """Whisper's encoder: two convolutions over the spectrum, fixed positions, blocks without cross-attention."""
    e = a.encoder
    yield Part("encoder.conv1.weight", (3, e.mel_bins, a.hidden))
    yield Part("encoder.conv1.bias", (a.hidden,))
    yield Part("encoder.conv2.weight", (3, a.hidden, a.hidden))
    yield Part("encoder.conv2.bias", (a.hidden,))
    yield from matrix("encoder.position_embd", a.hidden, e.positions)
    for index in range(e.layers):
        for part in (*norms(a), *attention_matrices(a, "attn_", a.heads, a.kv_heads, a.head_dim), *dense(a, "", a.ffn)):
            yield Part(f"encoder.blk.{index}.{part.name}", part.shape)
    yield from norm(a, "encoder.output_norm", a.hidden)
