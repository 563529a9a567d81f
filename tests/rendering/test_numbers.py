"""The vocabulary inside sentences: the value, its working, and what a mistake says."""

import re
from html import unescape

import pytest

from macros import VOCABULARY, define_env
from macros.catalog import CatalogError
from macros.rendering import accuracy, numbers


PC = "intel-265k-custom-pc-nvidia-rtx-3060-"      # rows of power.csv


def text(html: str) -> str:
    return unescape(re.search(r'data-text="([^"]*)"', html)[1]).replace("\u00a0", " ")


def working(html: str) -> str:
    return unescape(re.search(r'data-working="([^"]*)"', html)[1]).replace("\u00a0", " ")


@pytest.mark.parametrize("html, expected", [
    (numbers.parameters(model="llama-3.1-8b"), "8.03 billion"),
    (numbers.active_parameters(model="qwen3-30b-a3b"), "3.35 billion"),
    (numbers.file_size(model="llama-3.1-8b", format="Q4_K_M"), "4.91 GB"),          # llama.cpp quantize README: 4.58 GiB
    (numbers.weights(model="llama-3.1-8b", format="Q4_K_M"), "4.58 GiB"),
    (numbers.bits_per_weight(model="llama-3.1-8b", format="Q4_K_M"), "4.89"),       # 4.8944 there
    (numbers.kv_cache(model="llama-3.1-8b", context=32768), "4.00 GiB"),
    (numbers.kv_cache(model="gemma-3-27b", context=32768), "3.11 GiB"),
    (numbers.kv_cache(model="deepseek-v3", context=32768), "2.14 GiB"),
    (numbers.kv_cache(model="qwen3-30b-a3b", context=32768), "3.00 GiB"),
    (numbers.kv_per_token(model="llama-3.1-8b"), "128 KiB"),
    (numbers.bandwidth(device="rtx-3060-12"), "360 GB/s"),
    (numbers.capacity(device="rtx-3060-12"), "12 GiB"),
    (numbers.words(tokens=8000), "about 6,000 words"),
    (numbers.reading_speed(), "5.3 tokens/s"),
    (numbers.size_ratio(model="llama-3.1-8b", format="Q8_0", than="BF16"), "0.53×"),
    (numbers.decode_ceiling(model="llama-3.1-8b", format="Q4_K_M", device="rtx-3060-12"), "78 tokens/s"),
    (numbers.electricity(run=PC + "gpt-oss-20b", price="electricity-us-2026-06"), "$0.14"),                  # 229.3 W at 83.96 tokens/s is 0.759 kWh
    (numbers.electricity(run=PC + "r1-distill-qwen-14b", price="electricity-germany-2025-06"), "€0.80"),     # 224 W at 29.77 tokens/s is 2.09 kWh
    (numbers.watt_year(price="electricity-us-2026-06"), "$1.61"),
    (numbers.electricity_price(price="electricity-germany-2025-06"), "€0.3835 per kWh"),
])
def test_values_are_the_known_ones(html, expected):
    assert text(html) == expected


def test_the_working_of_electricity_shows_power_speed_price_and_both_sources():
    shown = working(numbers.electricity(run=PC + "gpt-oss-20b", price="electricity-us-2026-06"))
    assert "229.3 W ÷ 83.96 tokens/s × 1,000,000 tokens ÷ 3,600,000 J = 0.759 kWh; × $0.1834 per kWh" in shown
    assert "gpt-oss-20b at MXFP4 on Intel 265K Custom PC (Nvidia RTX 3060)" in shown and "ai-benchmarks, issue 40" in shown and "Electric Power Monthly" in shown


@pytest.mark.parametrize("html, expected", [
    (numbers.input_embedding(model="llama-3.1-8b", format="Q4_K_M"), "282 MiB"),         # 295,501,824 bytes stay on the host (model_buffers of the library)
    (numbers.input_embedding(model="llama-3.2-1b", format="Q4_K_M"), "0 bytes"),          # tied: the card holds a copy
    (numbers.work_space(model="llama-3.1-8b", context=8192), "116 MiB"),
    (numbers.overhead(), "0.5 GiB"),
    (numbers.split_loss(model="qwen3-32b", format="Q4_K_M", device="rtx-3090", system="ddr5-6000-2ch", share=0), "0 %"),
    (numbers.operations_per_byte_needed(model="llama-3.1-8b", format="F16"), "1.0"),      # two operations for each weight of two bytes
])
def test_parts_of_memory_and_what_a_split_loses(html, expected):
    assert text(html) == expected


@pytest.mark.parametrize("call, said", [
    (lambda: accuracy.speed_error(group="decode, dens", measure="median"), "Did you mean 'decode, dense'"),
    (lambda: accuracy.speed_error(group="decode, dense", measure="mean"), "median, ninth_decile, coverage"),
    (lambda: accuracy.size_error(figure="File size"), "Did you mean 'File sizes'"),
    (lambda: accuracy.shortcut_factor(model="gemma-3-27b", context=32768, end="best"), "end='least' or end='most'"),
])
def test_errors_and_factors_name_what_exists(call, said):
    with pytest.raises(CatalogError, match=said):
        call()


@pytest.mark.parametrize("html, said", [
    (numbers.load_time(model="llama-3.1-8b", format="Q4_K_M"), "4.91 GB ÷ (7 GB/s measured × 0.85)"),
    (numbers.first_token_time(model="llama-3.1-8b", format="Q4_K_M", device="rtx-3060-12", prompt=6000), "6,000 tokens ÷"),
    (numbers.batch_speed(model="llama-3.1-8b", format="Q4_K_M", device="rtx-3060-12", sequences=8), "8 conversations of 4,096 tokens each"),
    (numbers.energy_per_token(model="llama-3.1-8b", format="Q4_K_M", device="rtx-3060-12"), "170 W ÷"),
])
def test_times_batches_and_energy_show_what_they_are_made_of(html, said):
    assert said in working(html)


@pytest.mark.parametrize("call, said", [
    (lambda: numbers.load_time(model="llama-3.1-8b", format="Q4_K_M", storage="rtx-3090"), "is no drive"),
    (lambda: numbers.first_token_time(model="llama-3.1-8b", format="Q4_K_M", device="rtx-3060-12", prompt=0), "at least 1"),
    (lambda: numbers.batch_speed(model="llama-3.1-8b", format="Q4_K_M", device="rtx-3060-12", sequences=0), "at least 1"),
    (lambda: numbers.energy_per_token(model="all-minilm-l6-v2", format="F16", device="rtx-3060-12"), "does not write text"),
])
def test_times_batches_and_energy_refuse_what_has_none(call, said):
    with pytest.raises(CatalogError, match=said):
        call()


def test_a_price_of_electricity_has_its_month_like_a_fact():
    assert numbers.as_of(id="electricity-us-2026-06") == "June 2026"


def test_a_number_carries_its_exact_value_and_unit():
    html = numbers.weights(model="llama-3.1-8b", format="Q4_K_M")
    assert 'value="4912898304"' in html and 'data-unit="bytes"' in html


def test_the_working_shows_formula_inputs_and_source():
    shown = working(numbers.kv_cache(model="llama-3.1-8b", context=8192))
    assert "32 layers × 8,192 tokens × 2 × 8 heads × 128 values × 2 bytes = 1,073,741,824 bytes" in shown
    assert "Llama 3.1 8B" in shown and "Source: <a href=" in shown and "read 2026-11-21" in shown


def test_the_working_of_a_cache_adds_up_for_every_kind_of_attention(book):
    for model in book.models:
        shown = working(numbers.kv_cache(model=model, context=8192))
        formula, total = re.search(r'class="f">(.*?) = ([\d,]+) bytes', shown).groups()
        total, summed = int(total.replace(",", "")), 0
        for part in formula.split(" + "):
            product = 1.0
            for factor in re.findall(r"[\d,.]+", part):
                product *= float(factor.replace(",", ""))
            summed += product
        assert abs(summed / total - 1) < 0.005, (model, formula, total)


@pytest.mark.parametrize("call, message", [
    (lambda: numbers.parameters(model="llama3.1-8b"), "there is no model 'llama3.1-8b'. Did you mean 'llama-3.1-8b'? To add it, write macros/catalog/models/llama3.1-8b.yaml"),
    (lambda: numbers.weights(model="llama-3.1-8b", format="Q4_KM"), "there is no format 'Q4_KM'. Did you mean 'Q4_K_M'? To add it, edit macros/catalog/formats.yaml"),
    (lambda: numbers.bandwidth(device="rtx-3060"), "there is no device 'rtx-3060'. Did you mean 'rtx-3060-12'? To add it, write macros/catalog/devices/rtx-3060.yaml"),
    (lambda: numbers.fact(id="ollama-context"), "there is no fact 'ollama-context'."),
    (lambda: numbers.capacity(device="m4-max"), "device 'm4-max' is sold with 48, 64, 128 GB; add size= one of them"),
    (lambda: numbers.capacity(device="nvme-gen4"), "device 'nvme-gen4' holds no model"),
    (lambda: numbers.kv_cache(model="llama-3.1-8b", context=0), "context=0 is not possible"),
    (lambda: numbers.kv_cache(model="llama-3.1-8b", context="8k"), "context='8k' is not possible"),
    (lambda: numbers.kv_cache(model="llama-3.1-8b", context=8192, cache="q9"), "there is no block type 'Q9'"),
    (lambda: numbers.split_ceiling(model="llama-3.1-8b", format="Q8_0", device="rtx-4090", system="ddr5-6000-2ch", share=2), "share=2 is not possible"),
    (lambda: numbers.working(name="kv"), "there is no such number; use one of"),
    (lambda: numbers.working(name="kv_cache", model="gpt2"), "takes model, context, cache, sequences; found model"),
    (lambda: numbers.dimension(model="gpt2", name="experts"), "has no such dimension; use one of"),
    (lambda: numbers.electricity(run=PC + "gpt-oss-20", price="electricity-us-2026-06"), f"there is no row '{PC}gpt-oss-20' in power.csv. Did you mean '{PC}gpt-oss-20b'?"),
    (lambda: numbers.electricity(run="rtx-3090-idle", price="electricity-us-2026-06"), "run='rtx-3090-idle' is not a power measured together with a speed"),
    (lambda: numbers.watt_year(price="gpt-6-luna-output"), "price='gpt-6-luna-output' is a price of tokens; name one of electricity"),
    (lambda: numbers.as_of(id="ollama-context"), "there is no fact 'ollama-context'."),
    (lambda: numbers.operations_per_byte(device="nvme-gen4"), "has no fp16; add it"),
])
def test_a_mistake_is_one_line_that_says_what_would_be_right(call, message):
    with pytest.raises(CatalogError) as error:
        call()
    assert message in str(error.value) and "\n" not in str(error.value)


def test_macros_take_keyword_arguments_only():
    for function in VOCABULARY:
        assert function.__code__.co_argcount == 0, function.__name__
        assert function.__doc__ and function.__doc__.splitlines()[0].endswith("."), function.__name__


def test_a_mistake_in_a_chapter_stops_the_build_with_page_and_macro():
    class Env:
        page = type("Page", (), {"file": type("File", (), {"src_path": "start/x.md"})})
        macros = {}

        def macro(self, function, name):
            self.macros[name] = function

    define_env(Env())
    with pytest.raises(SystemExit, match=r"docs/start/x\.md: parameters: there is no model 'llama'"):
        Env.macros["parameters"](model="llama")
    with pytest.raises(SystemExit, match=r"docs/start/x\.md: parameters: there is no argument 'name'. It takes model"):
        Env.macros["parameters"](name="llama-3.1-8b")
