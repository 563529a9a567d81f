"""Bars, heat tables and tables of quality: the same numbers as in sentences, and the published ones."""

import csv
import re

import pytest

from macros.catalog import DIRECTORY, CatalogError
from macros.rendering import charts, numbers, quality, tables

MODELS = ["llama-3.1-8b", "qwen3-30b-a3b", "gemma-3-12b"]


def rows(html: str) -> list[list[str]]:
    """The exact values of each row of the body of a table."""
    return [re.findall(r'data-value="([^"]*)"', row) for row in re.findall(r"<tr.*?</tr>", html.split("<tbody>")[1])]


def exact(number: str) -> str:
    return re.search(r' value="([^"]*)"', number)[1]


# ---------------------------------------------------------------- bars

def test_size_bars_show_what_the_sentence_says():
    html = charts.size_bars(id="t", caption="c", models=MODELS)
    by_model = {m: re.findall(r'data-value="(\d+)"', html.split(f'data-model="{m}"')[1].split("</tr>")[0]) for m in MODELS}
    assert {m: values[0] for m, values in by_model.items()} == {m: exact(numbers.weights(model=m, format="Q4_K_M")) for m in MODELS}


def test_size_bars_are_as_long_as_the_logarithm_of_the_size():
    html = charts.size_bars(id="t", caption="c", models=["gemma-3-1b", "llama-3.1-8b", "deepseek-v3"], format="Q8_0")
    widths = [float(w) for w in re.findall(r'class="bar gpu" style="width:([\d.]+)%', html)]
    sizes = [int(exact(numbers.weights(model=m, format="Q8_0"))) for m in ("gemma-3-1b", "llama-3.1-8b", "deepseek-v3")]
    assert widths == sorted(widths) and widths[-1] == 100
    ten_times = (widths[-1] - widths[0]) / len(str(sizes[-1] // sizes[0]))          # 628 GiB over 1 GiB: a little under three decades
    assert 0.8 * ten_times < float(re.search(r"--decade:([\d.]+)%", html)[1]) < 1.5 * ten_times


def test_only_experts_have_a_second_bar():
    html = charts.size_bars(id="t", caption="c", models=MODELS)
    assert html.count('class="bar gpu"') == 3 and html.count('class="bar part"') == 1
    assert 'class="bar part"' in html.split('data-model="qwen3-30b-a3b"')[1].split("</tr>")[0]


# ---------------------------------------------------------------- heat

def test_the_heat_table_says_the_same_as_the_fit_table():
    capacities = [8, 12, 16, 24]
    heat = charts.fit_heat(id="t", caption="c", models=MODELS, context=8192, capacities=capacities)
    fit = tables.fit_table(id="t", caption="c", models=MODELS, formats=["Q4_K_M"], context=8192, capacities=capacities)
    assert re.findall(r'data-fit="(\w+)"', heat) == [word for row in rows(fit) for word in row[3:]]
    for heat_row, fit_row in zip(rows(heat), rows(fit), strict=True):
        needed = int(fit_row[2])
        assert [float(v) for v in heat_row[1:]] == pytest.approx([100 * needed / 2**30 / c for c in capacities], rel=1e-5)


def test_every_share_has_number_bar_and_word():
    html = charts.fit_heat(id="t", caption="c", models=["llama-3.3-70b"], capacities=[24, 45, 64])
    cells = re.findall(r"<td class=\"l\".*?</td>", html)
    assert [re.search(r"<b>(\d+)", c)[1] for c in cells] == ["176", "94", "66"]
    assert [float(re.search(r"width:([\d.]+)%", c)[1]) for c in cells] == pytest.approx([100, 94, 66], abs=0.6)
    assert [re.search(r'class="fit \w+">(\w+)<', c)[1] for c in cells] == ["no", "tight", "fits"]


# ---------------------------------------------------------------- kinds of attention

def attention(context: int) -> dict[str, list[int]]:
    html = charts.attention_table(id="t", caption="c", contexts=[context])
    names = re.findall(r'<th scope="row">([^<]*)', html)
    return {name: [int(v) for v in row] for name, row in zip(names, rows(html), strict=True)}


def test_a_cache_by_hand_is_the_cache_of_each_kind_of_attention():
    n, found = 131072, attention(131072)
    assert [row[1] for row in found.values()] == [2 * 32 * 128, 2 * 8 * 128, 2 * 128, 512 + 64, 2 * 8 * 128, 2 * 8 * 128]
    by_hand = [32 * n * 8192 * 2, 32 * n * 2048 * 2, 32 * n * 256 * 2, 32 * n * 576 * 2,
               (5 * n + 27 * (4096 + 512)) * 2048 * 2,                                      # windows hold a batch of 512 more
               8 * n * 2048 * 2 + 24 * 4 * (3 * (4096 + 2 * 2048) + 128 * 4096)]    # F32: 3 tokens convolved, 32 heads of 128 × 128
    assert [row[3] for row in found.values()] == by_hand


def test_what_a_token_adds_is_the_slope_of_the_cache():
    near, far = attention(32768), attention(65536)
    assert {k: (far[k][3] - near[k][3]) // 32768 for k in near} == {k: row[2] for k, row in near.items()}


def test_grouped_query_attention_is_the_model_of_the_catalog():
    assert attention(8192)["Grouped-query (GQA)"][3] == int(exact(numbers.kv_cache(model="llama-3.1-8b", context=8192)))


# ---------------------------------------------------------------- quality

def stored(**wanted) -> list[dict]:
    with (DIRECTORY / "measurements" / "quality.csv").open(encoding="utf-8", newline="") as file:
        return [r for r in csv.DictReader(file) if all(r[k] == v for k, v in wanted.items())]


def test_quality_rows_are_those_of_the_file_with_their_uncertainty():
    html = quality.quality_table(id="t", caption="c", measures=["perplexity"], formats=["Q4_K_M"], imatrix=False)
    row = stored(source="llama-cpp-perplexity", model="llama-3-8b", kind="perplexity", quant="q4_K_M", imatrix="")[0]
    assert (row["value"], row["uncertainty"]) == ("6.407115", "0.039119")
    assert f'data-value="{row["value"]}" data-uncertainty="{row["uncertainty"]}"' in html and "6.407 ± 0.039" in html


def test_every_published_format_has_a_row_whether_or_not_we_know_it():
    html = quality.quality_table(id="t", caption="c", source="ik-llama-cpp", model="gemma-3-27b", measures=["perplexity"])
    assert all(f'data-format="{r["quant"]}"' in html for r in stored(source="ik-llama-cpp", model="gemma-3-27b", kind="perplexity"))


def test_sizes_agree_with_those_the_source_prints():
    rows_ = stored(source="llama-cpp-perplexity", model="llama-3-8b", kind="file-size", locator="revision f364eb6f")
    printed = {(r["quant"].upper(), r["imatrix"]): float(r["value"]) for r in rows_}
    ours = {(p.mix, p.imatrix or ""): p.size / 2**30 for p in quality.published("llama-cpp-perplexity", "llama-3-8b", ["perplexity"]) if p.size}
    both = {k for k in printed.keys() & ours.keys() if k[0] != "Q2_K_S"}         # for it the source repeats the size of Q2_K
    assert len(both) > 35
    assert all(ours[k] == pytest.approx(printed[k], rel=0.01) for k in both)


def test_of_two_runs_of_one_format_the_one_with_more_formats_counts():
    two = stored(source="llama-cpp-perplexity", model="llama-3-8b", kind="perplexity", quant="q2_K", imatrix="")
    assert len({r["locator"] for r in two}) == 2
    found = quality.published("llama-cpp-perplexity", "llama-3-8b", ["perplexity"], ["Q2_K"], imatrix=False)
    assert [p.figures["perplexity"].locator for p in found] == ["revision f364eb6f"]


def test_the_note_says_source_run_and_date():
    html = quality.quality_table(id="t", caption="c", measures=["perplexity", "same-top"], formats=["Q4_K_M"])
    assert "Perplexity: revision f364eb6f, May 2024; Same first choice: LLaMA 2 vs. LLaMA 3, May 2024" in html and 'href="https://' in html
    alone = quality.quality_table(id="t", caption="c", measures=["perplexity"])
    assert "; revision f364eb6f, May 2024; FP16 (from BF16): BF16 vs. FP16, rev 83330d8c, May 2024; " in alone


@pytest.mark.parametrize("call, says", [
    (lambda: quality.published("llama-cpp-perplexity", "gemma-3-27b", ["perplexity"]), "It has llama-3-8b"),
    (lambda: quality.published("llama-cpp-perplexity", "llama-3-8b", ["mmlu-pro"]), "It has perplexity"),
    (lambda: quality.published("llama-cpp-perplexity", "llama-3-8b", ["perplexity"], ["Q4_K_X"]), "has no Q4_K_X of 'llama-3-8b'"),
    (lambda: quality.published("llama-cpp-perplexitie", "llama-3-8b", ["perplexity"]), "Did you mean 'llama-cpp-perplexity'"),
    (lambda: charts.size_bars(id="t", caption="c", models=["llama-3.1-9b"]), "there is no model 'llama-3.1-9b'"),
    (lambda: charts.size_bars(id="t", caption="c", models=[]), "models is empty"),
    (lambda: charts.fit_heat(id="t", caption="c", models=["nothing"]), "there is no model 'nothing'"),
    (lambda: charts.attention_table(id="t", caption="c", contexts=[0]), "contexts"),
])
def test_impossible_charts_are_refused_in_one_line_that_helps(call, says):
    with pytest.raises(CatalogError) as error:
        call()
    assert says in str(error.value) and "\n" not in str(error.value)
