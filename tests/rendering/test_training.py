"""Numbers and the table about training: known values, workings that add up, mistakes in one line."""

import re
from html import unescape

import pytest

from macros.catalog import CatalogError
from macros.rendering import training

UNITS = {"GiB": 2**30, "MiB": 2**20}


def attribute(html: str, name: str) -> str:
    return unescape(re.search(rf' {name}="([^"]*)"', html)[1]).replace("\u00a0", " ")


@pytest.mark.parametrize("html, expected", [
    (training.training_bytes(), "18 bytes"),
    (training.training_bytes(precision="fp32"), "16 bytes"),
    (training.training_bytes(precision="bf16"), "8 bytes"),
    (training.training_bytes(optimizer="adamw-8bit"), "12.03 bytes"),
    (training.training_states(model="llama-3.1-8b"), "134.6 GiB"),                     # 18 x 8.03 billion = 144.5 GB
    (training.training_states(model="llama-3.1-8b", gradients="bf16"), "119.7 GiB"),   # 16 x 8.03 billion = 128.5 GB
    (training.training_time(model="llama-3.1-8b", tokens=15 * 10**12, device="h100-sxm"), "42 to 178 years"),   # 1.46 million hours are 167 years
    (training.training_rent(model="llama-3.1-8b", tokens=15 * 10**12, device="h100-sxm", price="h100-rent"), "$1.1 to $4.7 million"),
])
def test_values_are_the_known_ones(html, expected):
    assert attribute(html, "data-text") == expected


@pytest.mark.parametrize("method, settings", [("full", {}), ("lora", {"logits": "chunked"}), ("qlora", {"sequence": 8192, "rank": 64})])
def test_the_working_of_a_peak_adds_up_and_names_plan_and_sources(method, settings):
    html = training.training_memory(model="llama-3.1-8b", method=method, **settings)
    shown = attribute(html, "data-working")
    formula = re.search(r'class="f">(.*?)</span>', shown)[1]
    parts = [float(n.replace(",", "")) * UNITS[unit] for n, unit in re.findall(r"([\d.,]+) (GiB|MiB)", formula)]
    assert sum(parts) == pytest.approx(int(attribute(html, "value")), rel=0.01)
    assert "Llama 3.1 8B" in shown and f"batch 1 of {settings.get('sequence', 2048):,} tokens" in shown and "within 20 %" in shown and "Source: <a href=" in shown


def test_more_cards_take_less_time_and_memory_each():
    alone, eight = (float(attribute(training.training_time(model="llama-3.1-8b", tokens=10**9, device="h100-sxm", gpus=n), "value")) for n in (1, 8))
    assert alone == pytest.approx(8 * eight, rel=1e-4)
    held = [int(attribute(training.training_memory(model="llama-3.1-8b", method="full", gpus=8, zero=z), "value")) for z in (0, 1, 2, 3)]
    assert held == sorted(held, reverse=True) and len(set(held)) == 4


TABLE = dict(id="t", caption="c", model="llama-3.1-8b", methods=["full", "lora", {"label": "in chunks", "method": "qlora", "logits": "fused"}], sequence=4096)


def test_parts_of_a_table_row_add_up_to_its_peak_and_bars_to_their_share():
    html = training.training_table(**TABLE)
    body = re.findall(r"<tr data-method.*?</tr>", html)
    assert [re.search(r'data-method="(\w+)"', row)[1] for row in body] == ["full", "lora", "qlora"]
    peaks = []
    for row in body:
        peak, *parts = map(int, re.findall(r'data-value="(\d+)"', row))
        assert sum(parts) == peak and len(parts) == 6
        peaks.append(peak)
        bars = sum(map(float, re.findall(r"width:([\d.]+)%", row)))
        assert bars == pytest.approx(100 * peak / max(peaks), abs=0.05)
    assert "in chunks" in html and "batch 1 of 4,096 tokens" in html


def test_the_table_is_named_scoped_and_scrolls_by_keyboard():
    html = training.training_table(**TABLE)
    assert '<figcaption id="t">' in html and 'role="region"' in html and 'tabindex="0"' in html
    assert not re.findall(r"<th(?=[ >])(?![^>]*scope=)[^>]*>", html)
    assert html.startswith("\n\n<figure") and html.endswith("</figure>\n\n")


@pytest.mark.parametrize("call, message", [
    (lambda: training.training_memory(model="llama-3.1-8b", method="dora"), "training_memory: method='dora' is not possible; write one of full, lora, qlora"),
    (lambda: training.training_memory(model="llama-3.1-8b", method="full", optimiser="adamw"), "there is no setting 'optimiser'. Did you mean 'optimizer'?"),
    (lambda: training.training_memory(model="llama-3.1-8b", method="lora", targets=["q_proj"]), "training_memory: targets=('q_proj',): the model has no such tensors"),
    (lambda: training.training_memory(model="llama", method="full"), "there is no model 'llama'"),
    (lambda: training.training_states(model="gpt2", method="lora"), "training_states: it is for method=\"full\""),
    (lambda: training.training_time(model="gpt2", tokens=0, device="h100-sxm"), "training_time: "),
    (lambda: training.training_time(model="gpt2", tokens=10, device="nvme-gen4"), "has no fp16_tflops"),
    (lambda: training.training_rent(model="gpt2", tokens=10, device="h100-sxm", price="nanochat-cost"), "name one that begins like '$3 per hour'"),
    (lambda: training.training_table(**TABLE | {"methods": []}), "methods is empty"),
    (lambda: training.training_table(**TABLE | {"methods": [{"label": "x"}]}), "method=None is not possible"),
])
def test_a_mistake_is_one_line_that_says_what_would_be_right(call, message):
    with pytest.raises(CatalogError) as error:
        call()
    assert message in str(error.value) and "\n" not in str(error.value)
