"""From config.json to YAML: every kind against the catalog's own record of the same model, gaps, mistakes, the round trip."""

import json
import re
from datetime import date

import pytest
import yaml

from macros import import_config
from macros.__main__ import main
from macros.catalog.records import Architecture
from macros.import_config import BadConfig, convert

# The importer writes the layers as a layout; until the records have it, what it writes does not load.
needs_layout = pytest.mark.xfail("layout" not in Architecture.model_fields, reason="waits for Architecture.layout")

DENSE = {"hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 12, "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": 1000,
         "max_position_embeddings": 4096, "tie_word_embeddings": False, "torch_dtype": "bfloat16"}
EXPERTS = DENSE | {"num_experts": 16, "num_experts_per_tok": 4, "moe_intermediate_size": 32, "head_dim": 16}
DELTA = {"linear_num_key_heads": 4, "linear_key_head_dim": 16, "linear_num_value_heads": 8, "linear_value_head_dim": 16, "linear_conv_kernel_dim": 4}
LATENT = {"kv_lora_rank": 32, "q_lora_rank": None, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16}
COMMON = {"layers": 12, "hidden": 64, "vocab": 1000, "heads": 8, "kv_heads": 2, "head_dim": 8, "ffn": 256, "tied_embeddings": False}
MOE = {k: v for k, v in COMMON.items() if k != "ffn"} | {"head_dim": 16, "experts": {"count": 16, "active": 4, "ffn": 32}}
GEMMA = {"tied_embeddings": True, "norms_per_layer": 4}
SHARED = {"shared": 1, "shared_gate": True, "shared_ffn": 48}

# kind, small made-up config, the architecture it must become
SMALL = [
    ("llama", DENSE | {"attention_bias": True, "mlp_bias": True, "rope_scaling": {"rope_type": "llama3"}},
     COMMON | {"gguf": "llama", "qkv_bias": True, "output_bias": True, "ffn_bias": True, "rope_factors": "one"}),
    ("mistral", DENSE | {"sliding_window": 1024}, COMMON | {"gguf": "llama", "layout": "W", "window": {"tokens": 1024, "ignored_by_llama_cpp": True}}),
    ("mistral", DENSE | {"sliding_window": None, "head_dim": 16}, COMMON | {"gguf": "llama", "head_dim": 16}),
    ("mixtral", DENSE | {"num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window": None},
     {k: v for k, v in COMMON.items() if k != "ffn"} | {"gguf": "llama", "experts": {"count": 8, "active": 2, "ffn": 256}}),
    ("qwen2", DENSE | {"use_sliding_window": False, "sliding_window": 1024}, COMMON | {"gguf": "qwen2", "qkv_bias": True}),
    ("qwen3", DENSE | {"head_dim": 16, "attention_bias": False}, COMMON | {"gguf": "qwen3", "head_dim": 16, "qk_norm": "head"}),
    ("qwen3_moe", EXPERTS | {"decoder_sparse_step": 1, "mlp_only_layers": []}, MOE | {"gguf": "qwen3moe", "qk_norm": "head"}),
    ("qwen3_next", EXPERTS | DELTA | {"shared_expert_intermediate_size": 48, "full_attention_interval": 4},
     MOE | {"gguf": "qwen3next", "qk_norm": "head", "attention_gate": "wide", "layout": "LLLA", "experts": MOE["experts"] | SHARED,
            "linear": {"key_heads": 4, "key_dim": 16, "value_heads": 8, "value_dim": 16, "convolution": 4, "fused_gates": True}}),
    ("qwen3_5_text", DENSE | DELTA | {"layer_types": ["linear_attention", "linear_attention", "full_attention"] * 4},
     COMMON | {"gguf": "qwen35", "qk_norm": "head", "attention_gate": "wide", "layout": "LLA", "linear": {"key_heads": 4, "key_dim": 16, "value_heads": 8, "value_dim": 16, "convolution": 4}}),
    ("gemma2", DENSE | {"sliding_window": 1024, "head_dim": 16, "tie_word_embeddings": None}, COMMON | GEMMA | {"gguf": "gemma2", "head_dim": 16, "layout": "WA", "window": {"tokens": 1024}}),
    ("gemma3_text", DENSE | {"sliding_window": 512, "sliding_window_pattern": 6, "tie_word_embeddings": True},
     COMMON | GEMMA | {"gguf": "gemma3", "head_dim": 256, "qk_norm": "head", "layout": "WWWWWA", "window": {"tokens": 512}}),
    ("gemma4_text", DENSE | {"sliding_window": 512, "layer_types": ["sliding_attention"] * 5 + ["full_attention"] + ["sliding_attention"] * 5 + ["full_attention"], "global_head_dim": 512,
                             "head_dim": 256, "attention_k_eq_v": True, "num_global_key_value_heads": 1, "tie_word_embeddings": True, "hidden_size_per_layer_input": 0},
     COMMON | GEMMA | {"gguf": "gemma4", "head_dim": 256, "qk_norm": "head", "layer_scale": True, "rope_factors": "one", "layout": "WWWWWA", "window": {"tokens": 512},
                       "full_attention": {"kv_heads": 1, "head_dim": 512, "keys_are_values": True}}),
    ("gemma4_text", DENSE | {"sliding_window": 512, "layer_types": (["sliding_attention"] * 3 + ["full_attention"]) * 3, "num_kv_shared_layers": 4, "use_double_wide_mlp": True,
                             "head_dim": 256, "tie_word_embeddings": True, "vocab_size_per_layer_input": 900},
     COMMON | GEMMA | {"gguf": "gemma4", "head_dim": 256, "qk_norm": "head", "layer_scale": True, "rope_factors": "one", "layout": "WWWA", "window": {"tokens": 512},
                       "full_attention": {"kv_heads": 2, "head_dim": 512}, "shared_kv_layers": 4, "per_layer_embedding": {"width": 256, "vocab": 900}, "wider_later": {"from_layer": 8, "ffn": 512}}),
    ("gpt_oss", DENSE | {"num_local_experts": 8, "num_experts_per_tok": 2, "intermediate_size": 48, "sliding_window": 128, "attention_bias": True,
                         "layer_types": ["sliding_attention", "full_attention"] * 6, "quantization_config": {"quant_method": "mxfp4"}},
     {k: v for k, v in COMMON.items() if k != "ffn"} | {"gguf": "gpt-oss", "sinks": True, "qkv_bias": True, "output_bias": True, "layout": "WA", "window": {"tokens": 128},
                                                        "experts": {"count": 8, "active": 2, "ffn": 48, "router_bias": True, "bias": True}}),
    ("deepseek_v2", DENSE | LATENT | {"n_routed_experts": 16, "num_experts_per_tok": 4, "n_shared_experts": 2, "moe_intermediate_size": 32, "first_k_dense_replace": 1},
     COMMON | {"gguf": "deepseek2", "kv_heads": 8, "head_dim": 24, "experts": {"count": 16, "active": 4, "ffn": 32, "shared": 2, "dense_layers": 1},
               "mla": {"kv_rank": 32, "nope_dim": 16, "rope_dim": 8, "value_dim": 16}}),
    ("deepseek_v3", DENSE | LATENT | {"q_lora_rank": 48, "n_routed_experts": 16, "num_experts_per_tok": 4, "n_shared_experts": 1, "moe_intermediate_size": 32, "first_k_dense_replace": 3},
     COMMON | {"gguf": "deepseek2", "kv_heads": 8, "head_dim": 24, "experts": {"count": 16, "active": 4, "ffn": 32, "shared": 1, "dense_layers": 3, "router_correction": True},
               "mla": {"q_rank": 48, "kv_rank": 32, "nope_dim": 16, "rope_dim": 8, "value_dim": 16}}),
    ("glm4_moe", DENSE | {"n_routed_experts": 16, "num_experts_per_tok": 4, "n_shared_experts": 1, "moe_intermediate_size": 32, "first_k_dense_replace": 1, "attention_bias": True, "use_qk_norm": True},
     COMMON | {"gguf": "glm4moe", "qkv_bias": True, "qk_norm": "head", "experts": {"count": 16, "active": 4, "ffn": 32, "shared": 1, "dense_layers": 1, "router_correction": True}}),
    ("phi3", DENSE | {"sliding_window": 2047}, COMMON | {"gguf": "phi3", "fused_qkv": True, "fused_gate_up": True, "layout": "W", "window": {"tokens": 2047, "ignored_by_llama_cpp": True}}),
    ("phi3", DENSE | {"sliding_window": 8192, "rope_scaling": {"type": "longrope"}}, COMMON | {"gguf": "phi3", "fused_qkv": True, "fused_gate_up": True, "rope_factors": "two"}),
    ("gpt2", {"n_embd": 64, "n_layer": 12, "n_head": 8, "n_positions": 1024, "n_inner": None, "vocab_size": 1000},
     {**COMMON, "gguf": "gpt2", "kv_heads": 8, "tied_embeddings": True, "norm": "layer", "gated_ffn": False, "ffn_bias": True, "qkv_bias": True, "output_bias": True, "fused_qkv": True, "learned_positions": 1024}),
]


def written(config: dict, **more) -> str:
    return convert(json.dumps(config), **more)


@pytest.mark.parametrize("kind, config, architecture", SMALL, ids=[f"{i}-{kind}" for i, (kind, _, _) in enumerate(SMALL)])
def test_every_kind_of_config_becomes_its_architecture(kind, config, architecture):
    assert yaml.safe_load(written({"model_type": kind} | config))["architecture"] == architecture


@needs_layout
@pytest.mark.parametrize("kind, config, architecture", SMALL, ids=[f"{i}-{kind}" for i, (kind, _, _) in enumerate(SMALL)])
def test_what_is_written_is_a_valid_architecture_with_a_count(kind, config, architecture):
    text = written({"model_type": kind} | config)
    Architecture.model_validate(yaml.safe_load(text)["architecture"])
    assert re.search(r"# GAP: total: .*\(the dimensions give [\d,]+\)", text)


# The text of real configs, shortened to what describes the model, and the catalog's id of it.
REAL = [
    ("llama-3.1-8b", {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
                      "max_position_embeddings": 131072, "rope_scaling": {"rope_type": "llama3", "factor": 8.0}, "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": False}),
    ("gemma-3-4b", {"model_type": "gemma3", "vision_config": {"hidden_size": 1152}, "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
                                                                                                   "num_hidden_layers": 34, "sliding_window": 1024, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}}),
    ("gpt-oss-20b", {"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 24, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 201088,
                     "max_position_embeddings": 131072, "sliding_window": 128, "num_local_experts": 32, "num_experts_per_tok": 4, "experts_per_token": 4, "attention_bias": True,
                     "layer_types": ["sliding_attention", "full_attention"] * 12, "tie_word_embeddings": False}),
    ("deepseek-v2-lite", {"model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944, "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 102400,
                          "max_position_embeddings": 163840, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "moe_intermediate_size": 1408, "first_k_dense_replace": 1, "moe_layer_freq": 1,
                          "kv_lora_rank": 512, "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "attention_bias": False, "tie_word_embeddings": False}),
    ("qwen3-next-80b-a3b", {"model_type": "qwen3_next", "hidden_size": 2048, "intermediate_size": 5120, "num_hidden_layers": 48, "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "vocab_size": 151936,
                            "max_position_embeddings": 262144, "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "decoder_sparse_step": 1,
                            "mlp_only_layers": [], "full_attention_interval": 4, "linear_num_key_heads": 16, "linear_key_head_dim": 128, "linear_num_value_heads": 32, "linear_value_head_dim": 128,
                            "linear_conv_kernel_dim": 4, "tie_word_embeddings": False}),
    ("gpt2", {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "n_ctx": 1024, "vocab_size": 50257}),
]


@needs_layout
@pytest.mark.parametrize("model, config", REAL, ids=[model for model, _ in REAL])
def test_a_real_config_gives_the_architecture_that_is_in_the_catalog(book, model, config):
    assert Architecture.model_validate(yaml.safe_load(written(config))["architecture"]) == book.models[model].architecture


FILLED = {
    "id": "new-model", "name": "New Model", "hub": "some/new-model", "family": "New", "maker": "Some", "released": "2026-01", "commercial": '"yes"',
    "source": "{title: a page, address: https://example.org, accessed: 2026-11-21}", "sources": "[{title: a page, address: https://example.org, accessed: 2026-11-21}]",
}


@needs_layout
def test_with_its_gaps_filled_the_file_loads(sandbox):
    text = written({"model_type": "gemma2"} | SMALL[9][1])
    filled = FILLED | {"total": re.search(r"dimensions give ([\d,]+)", text)[1].replace(",", "")}
    lines = []
    for line in text.splitlines():
        gap = re.match(r"( *)# GAP: (\w+):", line)
        lines.append(f"{gap[1]}{gap[2]}: {filled[gap[2]]}" if gap else line)
    sandbox.write("models/new-model.yaml", "\n".join(lines) + "\n")
    assert sandbox.errors() == []


# ---------------------------------------------------------------- gaps

def test_what_a_config_never_says_is_a_gap_and_what_it_says_is_not():
    text = written({"model_type": "llama", "_name_or_path": "some/model-7b"} | DENSE, id="model-7b", today=date(2026, 11, 21))
    gaps = re.findall(r"# GAP: (\w+):", text)
    assert gaps == ["name", "family", "maker", "released", "name", "commercial", "total", "source"]
    known = yaml.safe_load(text)
    assert (known["id"], known["hub"], known["context"], known["native_format"], known["modality"]) == ("model-7b", "some/model-7b", 4096, "BF16", ["text"])
    assert str(known["sources"][0]["accessed"]) == "2026-11-21" and known["sources"][0]["address"].endswith("some/model-7b")


def test_towers_and_prediction_layers_are_asked_for():
    text = written({"model_type": "qwen3_5", "vision_config": {"depth": 2}, "text_config": {"model_type": "qwen3_5_text", "mtp_num_hidden_layers": 1} | DENSE | DELTA})
    assert yaml.safe_load(text)["modality"] == ["text", "vision"]
    assert len(re.findall(r"# GAP: extras: .*towers", text)) == len(re.findall(r"# GAP: extras: .*predict", text)) == 1


@pytest.mark.parametrize("config, format", [
    ({"torch_dtype": "float16"}, "F16"), ({"torch_dtype": None, "dtype": "float32"}, "F32"), ({"quantization_config": {"quant_method": "fp8"}}, "FP8"), ({"quantization_config": {"quant_method": "awq"}}, None),
])
def test_the_native_format_is_that_of_the_weights_or_a_gap(config, format):
    assert yaml.safe_load(written({"model_type": "llama"} | DENSE | config)).get("native_format") == format


def test_an_unknown_kind_keeps_its_dimensions_and_says_what_to_look_at():
    text = written({"model_type": "brandnew"} | DENSE | {"tie_word_embeddings": None, "sliding_window": 1024})
    assert yaml.safe_load(text)["architecture"] == {k: v for k, v in COMMON.items() if k != "tied_embeddings"}
    assert re.findall(r"  # GAP: (\w+): ", text)[2:5] == ["gguf", "tied_embeddings", "layout"] and "'brandnew'" in text


def test_kinds_of_layers_that_nobody_knows_are_a_gap():
    text = written({"model_type": "llama"} | DENSE | {"layer_types": ["full_attention", "telepathy"] * 6})
    assert "# GAP: layout:" in text and "layout" not in yaml.safe_load(text)["architecture"]


# ---------------------------------------------------------------- mistakes

@pytest.mark.parametrize("text, words", [
    ("", ["no JSON"]),
    ("{", ["no JSON"]),
    ("[1, 2]", ["a list", "config.json"]),
    ("{}", ["num_hidden_layers: it is missing", "language model"]),
    ('{"model_type": "clip", "hidden_size": 512}', ["num_hidden_layers: it is missing", "'clip'"]),
    (json.dumps({"model_type": "llama"} | DENSE | {"vocab_size": None}), ["vocab_size: it is missing"]),
    (json.dumps({"model_type": "llama"} | DENSE | {"hidden_size": "64"}), ["hidden_size: '64' is not possible", "whole number"]),
    (json.dumps({"model_type": "llama"} | DENSE | {"num_hidden_layers": 0}), ["num_hidden_layers: 0 is not possible"]),
    (json.dumps({"model_type": "llama"} | DENSE | {"hidden_size": 63}), ["head_dim: it is missing", "63", "8"]),
    (json.dumps({"model_type": "llama"} | DENSE | {"layer_types": ["full_attention"]}), ["layer_types", "12 layers"]),
    (json.dumps({"model_type": "qwen3_next"} | EXPERTS), ["linear_num_key_heads: it is missing"]),
    (json.dumps({"model_type": "deepseek_v3"} | DENSE | LATENT | {"v_head_dim": None}), ["v_head_dim: it is missing"]),
])
def test_input_that_is_no_config_is_one_line(text, words):
    with pytest.raises(BadConfig) as error:
        convert(text)
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_the_command_prints_or_writes_and_names_the_gaps(tmp_path, capsys):
    config, output = tmp_path / "config.json", tmp_path / "new-model.yaml"
    config.write_text(json.dumps({"model_type": "llama"} | DENSE), encoding="utf-8")
    assert main(["import-config", str(config)]) == 0
    assert "# GAP: id:" in capsys.readouterr().out
    assert main(["import-config", str(config), "--output", str(output)]) == 0
    assert re.search(r"new-model\.yaml: written; fill its \d+ gaps", capsys.readouterr().out) and yaml.safe_load(output.read_text(encoding="utf-8"))["id"] == "new-model"


def test_the_command_ends_with_2_and_one_line_on_bad_input(tmp_path, capsys):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"model_type": "llama"} | DENSE), encoding="utf-8")
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    (tmp_path / "text.json").write_text("hello", encoding="utf-8")
    for arguments, words in (([str(tmp_path / "none.json")], "no such file"), ([str(tmp_path)], "directory"), ([str(tmp_path / "latin.json")], "UTF-8"), ([str(tmp_path / "text.json")], "no JSON"),
                             ([str(config), "--output", str(config)], "exists already"), ([str(config), "--output", str(tmp_path / "no" / "x.yaml")], "no such file")):
        assert main(["import-config", *arguments]) == 2
        shown = capsys.readouterr()
        assert shown.out == "" and words in shown.err and len(shown.err.splitlines()) == 1


def test_every_field_that_is_asked_for_exists():
    fields = set(import_config.Model.model_fields) | set(import_config.License.model_fields) | set(import_config.Published.model_fields) | set(Architecture.model_fields) | {"layout"}
    assert set(re.findall(r"# GAP: ([a-z_]+):", written({"model_type": "brandnew"} | DENSE))) <= fields
