"""From a Hugging Face config.json to the YAML file of a model, with marked gaps where the config does not say.

A config names its dimensions in a dozen dialects and leaves out what its model class takes for granted. The first
is settled by lists of keys (the first one present wins), the second by KINDS. What neither says becomes a line
'# GAP: field: …', and the catalog refuses the file until the gaps are filled and the parameter count agrees.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from .arithmetic import parameters
from .catalog.records import Architecture, License, Model, Published


class BadConfig(ValueError):
    """The input is not the config of a language model; the message is one line."""


# What a model class takes for granted (transformers 5). `defaults` are keys that its configs may leave out; the rest is written as it stands.
KINDS: dict[str, dict] = {
    "llama": {"gguf": "llama"},
    "mistral": {"gguf": "llama"},
    "mixtral": {"gguf": "llama"},
    "qwen2": {"gguf": "qwen2", "qkv_bias": True},
    "qwen3": {"gguf": "qwen3", "qk_norm": "head"},
    "qwen3_moe": {"gguf": "qwen3moe", "qk_norm": "head"},
    "qwen3_next": {"gguf": "qwen3next", "qk_norm": "head", "attention_gate": "wide", "defaults": {"full_attention_interval": 4}},
    "qwen3_5": {"gguf": "qwen35", "qk_norm": "head", "attention_gate": "wide", "defaults": {"full_attention_interval": 4}},
    "qwen3_5_moe": {"gguf": "qwen35moe", "qk_norm": "head", "attention_gate": "wide", "defaults": {"full_attention_interval": 4}},
    "gemma2": {"gguf": "gemma2", "norms_per_layer": 4, "defaults": {"tie_word_embeddings": True, "sliding_window": 4096, "sliding_window_pattern": 2}},
    "gemma3": {"gguf": "gemma3", "norms_per_layer": 4, "qk_norm": "head",
               "defaults": {"tie_word_embeddings": True, "sliding_window": 4096, "sliding_window_pattern": 6, "num_attention_heads": 8,
                            "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262208, "max_position_embeddings": 131072}},
    "gemma4": {"gguf": "gemma4", "norms_per_layer": 4, "qk_norm": "head", "layer_scale": True, "rope_factors": "one",
               "defaults": {"tie_word_embeddings": True, "sliding_window": 512, "sliding_window_pattern": 6, "num_attention_heads": 8,
                            "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 262144, "max_position_embeddings": 131072, "global_head_dim": 512,
                            "hidden_size_per_layer_input": 256, "vocab_size_per_layer_input": 262144}},
    "gpt_oss": {"gguf": "gpt-oss", "sinks": True, "defaults": {"attention_bias": True, "sliding_window_pattern": 2}},
    "deepseek_v2": {"gguf": "deepseek2"},
    "deepseek_v3": {"gguf": "deepseek2"},
    "glm4_moe": {"gguf": "glm4moe"},
    "phi3": {"gguf": "phi3", "fused_qkv": True, "fused_gate_up": True},
    "gpt2": {"gguf": "gpt2", "norm": "layer", "gated_ffn": False, "ffn_bias": True, "qkv_bias": True, "output_bias": True, "fused_qkv": True,
             "defaults": {"tie_word_embeddings": True}},
}
LETTERS = {"full_attention": "A", "attention": "A", "sliding_attention": "W", "linear_attention": "L", "conv": "C", "mamba": "M"}
FORMATS = {"bfloat16": "BF16", "float16": "F16", "float32": "F32", "fp8": "FP8", "mxfp4": "MXFP4"}
# llama.cpp caches the full context for these in spite of their window.
WINDOW_IGNORED = ("mistral", "phi3")
# attention_bias of these is for query, key and value alone.
NO_OUTPUT_BIAS = ("glm4_moe",)
ROUTER_CORRECTION = ("deepseek_v3", "glm4_moe")


class Config:
    """The text model's part of a config.json: lookups through several names, with the outer part and the class behind it."""

    def __init__(self, data: dict):
        text = data.get("text_config") if isinstance(data.get("text_config"), dict) else data
        self.kind = str(text.get("model_type") or data.get("model_type") or "").removesuffix("_text")
        self.known = KINDS.get(self.kind, {})
        self.whole = data
        outer = {k: data.get(k) for k in ("tie_word_embeddings", "torch_dtype", "dtype", "quantization_config")}
        self._values = [text, outer, self.known.get("defaults", {})]

    def get(self, *names: str):
        """The first value that is given; None if none is."""
        return next((v[name] for v in self._values for name in names if v.get(name) is not None), None)

    def number(self, *names: str, least: int = 1) -> int | None:
        value = self.get(*names)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise BadConfig(f"{names[0]}: {value!r} is not possible; a config has a whole number of at least {least} there")
        return value

    def required(self, *names: str) -> int:
        value = self.number(*names)
        if value is None:
            kind = f" ('{self.kind}' is not written like one)" if self.kind else ""
            raise BadConfig(f"{names[0]}: it is missing; give the config.json of a language model{kind}")
        return value


def convert(text: str, *, id: str | None = None, today: date | None = None) -> str:
    """The YAML of a model from the text of its config.json; raises BadConfig.

    `id` is the name of the file it is meant for, without .yaml; `today` the day the config was read.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadConfig(f"it is no JSON ({error}); give the config.json of a model") from None
    if not isinstance(data, dict):
        raise BadConfig(f"it holds a {type(data).__name__} instead of named values; give the config.json of a model")
    config = Config(data)
    return "\n".join(_lines(config, _architecture(config), id, today)) + "\n"


# ---------------------------------------------------------------- dimensions

def _architecture(c: Config) -> dict:
    """Values of the `architecture` block; what the config does not settle is left out and named by _gaps."""
    layers, hidden = c.required("num_hidden_layers", "n_layer", "num_layers"), c.required("hidden_size", "n_embd", "d_model")
    heads, tied = c.required("num_attention_heads", "n_head", "num_heads"), c.get("tie_word_embeddings")
    mla, experts, layout = _mla(c), _experts(c), _layout(c, layers)
    size = c.number("head_dim")
    if mla:
        size = mla["nope_dim"] + mla["rope_dim"]
    elif size is None and hidden % heads:
        raise BadConfig(f"head_dim: it is missing, and hidden_size {hidden} is no multiple of num_attention_heads {heads}")
    found = {
        "gguf": c.known.get("gguf"), "layers": layers, "hidden": hidden, "vocab": c.required("vocab_size"), "heads": heads,
        "kv_heads": heads if mla else c.number("num_key_value_heads", "num_kv_heads") or heads, "head_dim": size or hidden // heads,
        "ffn": _feed_forward(c, hidden, experts), "layout": None if layout == "A" else layout,
        # Classes that tie embeddings say so in KINDS; of an unknown one nothing is known.
        "tied_embeddings": False if tied is None and c.known else tied,
        **{k: v for k, v in c.known.items() if k not in ("gguf", "defaults")},
    }
    if c.get("attention_bias"):
        found |= {"qkv_bias": True} | ({} if c.kind in NO_OUTPUT_BIAS else {"output_bias": True})
    if c.get("mlp_bias"):
        found["ffn_bias"] = True
    if c.get("use_qk_norm"):
        found["qk_norm"] = "head"
    if c.kind == "gpt2":
        found["learned_positions"] = c.number("n_positions", "n_ctx", "max_position_embeddings")
    found["rope_factors"] = found.get("rope_factors") or _rope_factors(c)
    if "W" in (layout or ""):
        found["window"] = {"tokens": c.required("sliding_window")} | ({"ignored_by_llama_cpp": True} if c.kind in WINDOW_IGNORED else {})
    if experts and experts.get("beside_dense"):
        found["norms_per_layer"] = 7
    found |= {"experts": experts, "mla": mla, "linear": _linear(c) if "L" in (layout or "") else None}
    if c.number("index_n_heads"):
        found["indexer"] = {"heads": c.required("index_n_heads"), "head_dim": c.required("index_head_dim")}
    found |= _gemma4(c, found) if c.kind == "gemma4" else {}
    return {k: v for k, v in found.items() if v is not None}


def _feed_forward(c: Config, hidden: int, experts: dict | None) -> int | None:
    """Width of the ordinary block; None if every layer has experts, whatever the config says beside."""
    if experts and not (experts.get("dense_layers") or experts.get("every") or experts.get("beside_dense")):
        return None
    if c.kind == "gpt2":
        return c.number("n_inner") or 4 * hidden
    return c.required("intermediate_size", "ffn_dim", "n_inner")


def _layout(c: Config, layers: int) -> str | None:
    """Letters of the layers, as short as they repeat; None if the config leaves it open."""
    types = c.get("layer_types")
    if types is not None:
        if not isinstance(types, list) or len(types) != layers:
            raise BadConfig(f"layer_types: it does not name {layers} layers, as num_hidden_layers says")
        return _period("".join(LETTERS.get(str(t), "?") for t in types)) if all(str(t) in LETTERS for t in types) else None
    interval = c.number("full_attention_interval")
    if interval:
        return "L" * (interval - 1) + "A"
    window, longest = c.number("sliding_window", least=0), c.number("max_position_embeddings", "n_positions")
    if not window or c.get("use_sliding_window") is False or (longest and window >= longest):
        return "A"
    pattern = c.number("sliding_window_pattern", "_sliding_window_pattern")
    if pattern:
        return "W" * (pattern - 1) + "A"
    return "W" if c.kind in WINDOW_IGNORED else None


def _period(letters: str) -> str:
    """The shortest beginning that gives all letters when repeated."""
    return next(letters[:n] for n in range(1, len(letters) + 1) if (letters[:n] * len(letters)).startswith(letters))


def _experts(c: Config) -> dict | None:
    count = c.number("num_local_experts", "num_experts", "n_routed_experts", least=0)
    if not count or count < 2 or c.get("enable_moe_block") is False:
        return None
    width = c.required("moe_intermediate_size", "expert_intermediate_size", "intermediate_size")
    active = c.required("num_experts_per_tok", "top_k_experts", "num_experts_per_token", "experts_per_token", "moe_topk")
    found = {"count": count, "active": active, "ffn": width}
    shared, shared_width = c.number("n_shared_experts", "num_shared_experts", least=0), c.number("shared_expert_intermediate_size", least=0)
    if shared or shared_width:
        found["shared"] = shared or 1
        if shared_width and shared_width != width * found["shared"]:
            found["shared_ffn"] = shared_width
        if shared_width and c.kind.startswith("qwen"):
            found["shared_gate"] = True
    if c.number("first_k_dense_replace", least=0):
        found["dense_layers"] = c.get("first_k_dense_replace")
    every = c.number("decoder_sparse_step", "interleave_moe_layer_step") or 1
    if every > 1:
        found["every"] = every
    if c.kind == "gemma4":
        found["beside_dense"] = True
    if c.kind in ROUTER_CORRECTION:
        found["router_correction"] = True
    if c.kind == "gpt_oss":
        found |= {"router_bias": True, "bias": True}
    return found


def _mla(c: Config) -> dict | None:
    if not c.number("kv_lora_rank", least=0):
        return None
    found = {"q_rank": c.number("q_lora_rank"), "kv_rank": c.required("kv_lora_rank"), "nope_dim": c.required("qk_nope_head_dim"),
             "rope_dim": c.required("qk_rope_head_dim"), "value_dim": c.required("v_head_dim")}
    return {k: v for k, v in found.items() if v is not None}


def _linear(c: Config) -> dict:
    found = {"key_heads": c.required("linear_num_key_heads"), "key_dim": c.required("linear_key_head_dim"), "value_heads": c.required("linear_num_value_heads"),
             "value_dim": c.required("linear_value_head_dim"), "convolution": c.required("linear_conv_kernel_dim")}
    return found | ({"fused_gates": True} if c.kind == "qwen3_next" else {})


def _rope_factors(c: Config) -> str | None:
    rope = c.get("rope_scaling", "rope_parameters")
    kind = (rope.get("rope_type") or rope.get("type")) if isinstance(rope, dict) else None
    return {"llama3": "one", "longrope": "two", "su": "two"}.get(kind)


def _gemma4(c: Config, found: dict) -> dict:
    same = bool(c.get("attention_k_eq_v"))
    kv_heads = (c.number("num_global_key_value_heads") if same else None) or found["kv_heads"]
    extra = {"full_attention": {"kv_heads": kv_heads, "head_dim": c.required("global_head_dim")} | ({"keys_are_values": True} if same else {})}
    shared, width = c.number("num_kv_shared_layers", least=0), c.number("hidden_size_per_layer_input", least=0)
    if shared:
        extra["shared_kv_layers"] = shared
    if width:
        extra["per_layer_embedding"] = {"width": width, "vocab": c.required("vocab_size_per_layer_input")}
    if shared and c.get("use_double_wide_mlp"):
        extra["wider_later"] = {"from_layer": found["layers"] - shared, "ffn": 2 * found["ffn"]}
    return extra


# ---------------------------------------------------------------- writing

def _lines(c: Config, architecture: dict, id: str | None, today: date | None) -> Iterator[str]:
    name = c.whole.get("_name_or_path")
    hub = name if isinstance(name, str) and re.fullmatch(r"[\w.-]+/[\w.-]+", name) else None
    context = c.number("max_position_embeddings", "n_positions", "n_ctx")
    quantization = c.get("quantization_config")
    native = FORMATS.get(quantization.get("quant_method") if isinstance(quantization, dict) else str(c.get("dtype", "torch_dtype")).removeprefix("torch."))
    modality = ["text"] + (["vision"] if c.whole.get("vision_config") else []) + (["audio"] if c.whole.get("audio_config") else [])

    yield "# yaml-language-server: $schema=../schema/model.schema.json"
    yield f"id: {id}" if id else _gap("id", Model)
    yield _gap("name", Model)
    yield f"hub: {hub}" if hub else _gap("hub", Model)
    yield from (_gap(field, Model) for field in ("family", "maker", "released"))
    yield "license:"
    yield from (_gap(field, License, "  ") for field in ("name", "commercial"))
    yield f"modality: [{', '.join(modality)}]"
    yield f"context: {context}" if context else _gap("context", Model)
    yield f"native_format: {native}" if native else _gap("native_format", Model)
    yield "architecture:"
    yield from _written(architecture, "  ")
    yield from (f"  # GAP: {line}" for line in _open_questions(c, architecture))
    yield "parameters:"
    yield _gap("total", Published, "  ") + _computed(architecture)
    if len(modality) > 1:
        yield "  # GAP: extras: name and count of the towers beside the text model; the published total holds them too"
    if c.number("num_nextn_predict_layers", "mtp_num_hidden_layers", least=0):
        yield "  # GAP: extras: the config names layers that predict several tokens; if they are stored, their name and count"
    yield "  # GAP: source: title, address and accessed of where the count was read"
    yield "confidence: verified"
    if hub:
        yield from ("sources:", f"  - title: config.json of {hub} on the Hugging Face hub", f"    address: https://huggingface.co/{hub}")
        yield f"    accessed: {today}" if today else "    # GAP: accessed: day it was read, for example 2026-11-21"
    else:
        yield _gap("sources", Model)


def _gap(field: str, record, indent: str = "") -> str:
    return f"{indent}# GAP: {field}: {record.model_fields[field].description or 'at least one source: title, address, accessed'}"


def _open_questions(c: Config, architecture: dict) -> Iterator[str]:
    """What about the layers the config leaves open."""
    if not c.known:
        yield (f"gguf: this program does not know model_type '{c.kind}'; look whether it has biases, norms on queries and keys, "
               "or more than two norms per layer, and what llama.cpp calls it")
    if "tied_embeddings" not in architecture:
        yield f"tied_embeddings: {Architecture.model_fields['tied_embeddings'].description}"
    if _layout(c, architecture["layers"]) is None:
        yield "layout: the config has a sliding window or kinds of layers that this program does not know; say which layers are which"
    if c.get("mlp_only_layers"):
        yield f"experts.dense_layers: the config names layers without experts: {', '.join(map(str, c.get('mlp_only_layers')))}"


def _computed(architecture: dict) -> str:
    """The count that follows from the dimensions, for comparison."""
    try:
        return f" (the dimensions give {parameters.total(Architecture.model_validate({'gguf': 'unknown'} | architecture)):,})"
    except ValidationError:
        return ""      # the catalog says what is wrong once the file is there


def _written(values: dict, indent: str) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _written(value, indent + "  ")
        else:
            yield f"{indent}{key}: {str(value).lower() if isinstance(value, bool) else value}"


def run(config: Path, output: Path | None = None) -> str:
    """Convert a file. Writes `output` and returns a line about it, or returns the YAML; raises BadConfig."""
    try:
        text = config.read_text(encoding="utf-8")
    except OSError as error:
        raise BadConfig(f"{config}: {(error.strerror or 'it cannot be read').lower()}; give the path of a config.json") from None
    except UnicodeDecodeError:
        raise BadConfig(f"{config}: it is not UTF-8 text; give the config.json of a model") from None
    if output and output.exists():
        raise BadConfig(f"{output}: it exists already; choose another name or delete it first")
    stem = output.stem if output and re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", output.stem) else None
    try:
        result = convert(text, id=stem, today=date.today())
    except BadConfig as error:
        raise BadConfig(f"{config}: {error}") from None
    if output is None:
        return result.rstrip("\n")
    try:
        output.write_text(result, encoding="utf-8")
    except OSError as error:
        raise BadConfig(f"{output}: {(error.strerror or 'it cannot be written').lower()}; choose another name") from None
    return f"{output}: written; fill its {result.count('# GAP:')} gaps, then: python -m macros check"
