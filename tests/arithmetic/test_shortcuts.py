"""Other calculators' formulas, against what their tools were found to print at 32,768 tokens (GiB)."""

import pytest

from macros.arithmetic.shortcuts import KV_SHORTCUTS

MODELS = ("llama-3.1-8b", "gemma-3-27b", "qwen3-30b-a3b", "deepseek-v3", "qwen3.6-27b")


@pytest.mark.parametrize("used_by, printed", [
    ("LLM inference handbook", (16, 31, 24, 122, 48)),
    ("gpu_poor", (16, 40.7, 12, 53.4, 40)),
    ("EleutherAI cookbook", (8.0, 20.3, 6.0, 26.7, 20)),
    ("Ollama's estimate", (4.00, 20.3, 1.50, 0.42, 6.66)),
    ("GGUF viewer", (4.00, 15.5, 3.00, 4.05, 8.00)),
    ("canirun.ai", (0.47, 0.47, 0.47, 0.47, 0.47)),
])
def test_a_formula_gives_what_its_tool_prints(book, used_by, printed):
    shortcut = next(s for s in KV_SHORTCUTS if used_by in s.used_by)
    for key, gib in zip(MODELS, printed):
        assert shortcut.bytes(book.models[key].architecture, 32768) / 2**30 == pytest.approx(gib, rel=0.01), key
