"""Formats of other programs: sizes against published files."""

import pytest

from macros.arithmetic.elsewhere import bits_per_matrix_weight, elsewhere_bytes


def form(book, name):
    return next(f for f in book.elsewhere.values() if f.id.startswith(name))


@pytest.mark.parametrize(("name", "bits"), [("NVFP4", 4.5), ("MXFP4", 4.25), ("GPTQ", 4.15625), ("MLX", 4.5), ("bitsandbytes", 4.127)])
def test_bits_with_scales_are_those_the_methods_state(book, name, bits):
    """NVIDIA: 0.5625 bytes; OCP MX: 4.25; MLX: 4.5 (4.501 measured); QLoRA: 0.127 bits of scales."""
    assert float(bits_per_matrix_weight(form(book, name))) == pytest.approx(bits, abs=0.0005)


def test_sixteen_bits_are_two_bytes_for_every_parameter(book):
    m = book.models["llama-3.1-8b"]
    assert elsewhere_bytes(m.architecture, form(book, "BF16")) == 2 * m.parameters.total


def test_matrices_that_stay_wide_keep_a_small_model_large(book):
    """Half of Llama 3.2 1B's 4-bit GPTQ file is its embedding."""
    small, large = (elsewhere_bytes(book.models[m].architecture, form(book, "GPTQ")) * 8 / book.models[m].parameters.total for m in ("llama-3.2-1b", "llama-3.3-70b"))
    assert small > 6.5 and large < 4.6
