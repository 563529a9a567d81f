"""Plots: true to their numbers, well-formed, readable without color and without eyes."""

import math
import re
from xml.etree import ElementTree

import pytest

from macros.catalog import DIRECTORY, CatalogError
from macros.estimate import estimate
from macros.rendering import axes, numbers, plots
from macros.rendering.roofline import roofline

SHAPES = {
    "kv": lambda: plots.kv_lines(id="p-kv", caption="c", models=["llama-3.1-8b", "gemma-3-27b", "deepseek-v3"]),
    "speed": lambda: plots.speed_lines(id="p-speed", caption="c", models=["llama-3.1-8b", "qwen3-14b"]),
    "offload": lambda: plots.offload_lines(id="p-offload", caption="c", model="qwen3-32b", format="Q4_K_M", device="rtx-3060-12"),
    "roofline": lambda: roofline(id="p-roofline", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="rtx-3090"),
    "roofline of experts": lambda: roofline(id="p-roofline", caption="c", model="qwen3-30b-a3b", format="Q4_K_M", device="rtx-3090"),
    "quality": lambda: plots.quality_plot(id="p-quality", caption="c"),
    "divergence": lambda: plots.quality_plot(id="p-quality", caption="c", measure="kl-divergence", imatrix=False,
                                             formats=["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K"]),
    "percent": lambda: plots.quality_plot(id="p-quality", caption="c", measure="same-top", model="llama-2-7b"),
}
ALL = pytest.mark.parametrize("html", [pytest.param(make(), id=name) for name, make in SHAPES.items()])


def svg(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", html)[0])


def texts(html: str) -> list[ElementTree.Element]:
    return list(svg(html).iter("text"))


def marks(html: str) -> dict[str, list[tuple[float, float]]]:
    """The center of every mark, by series."""
    found: dict[str, list[tuple[float, float]]] = {}
    for group in svg(html).iter("g"):
        for polygon in group.iter("polygon"):
            if "mark" in polygon.get("class"):
                xs, ys = zip(*(map(float, pair.split(",")) for pair in polygon.get("points").split()))
                found.setdefault(group.get("class"), []).append(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))
    return found


def exact(html: str, name: str = "data-value") -> list[float]:
    return [float(v) for v in re.findall(rf'{name}="([^"]*)"', html.split("<tbody>")[1])]


def spoken(html: str) -> str:
    return svg(html).find("desc").text.replace("\u00a0", " ")


# ---------------------------------------------------------------- every plot

@ALL
def test_a_plot_is_an_image_with_title_and_description_of_its_own(html):
    drawing = svg(html)
    ids = [e.get("id") for e in drawing.iter() if e.get("id")]
    assert drawing.get("role") == "img" and drawing.get("viewBox").startswith("0 0 360 ")
    assert [drawing.get("aria-labelledby"), drawing.get("aria-describedby")] == ids == [drawing.find("title").get("id"), drawing.find("desc").get("id")]


@ALL
def test_a_plot_leaves_color_and_type_size_to_the_style_sheet(html):
    drawing = re.search(r"<svg.*</svg>", html)[0]
    assert not re.search(r"(fill|stroke|style|font-size|color)=|#[0-9a-fA-F]{3}|rgb|<script", drawing)


@ALL
def test_every_class_of_a_plot_is_in_the_style_sheet(html):
    css = (DIRECTORY.parent.parent / "docs" / "assets" / "book.css").read_text(encoding="utf-8")
    known = {"axis", "hair", *re.findall(r"\.([a-z]+\d?)\b", css)}          # axis and hair are lines like any other
    assert {c for e in svg(html).iter() for c in (e.get("class") or "").split()} <= known
    assert re.search(r"\.chart svg \{[^}]*font: 11px", css)


@ALL
def test_no_text_leaves_the_picture(html):
    width, height = map(float, svg(html).get("viewBox").split()[2:])
    for t in texts(html):
        wide, x = len(t.text) * 6.2, float(t.get("x"))
        left = x - {None: 0, "start": 0, "middle": wide / 2, "end": wide}[t.get("text-anchor")]
        assert left >= -1 and left + wide <= width + 1 and 9 <= float(t.get("y")) <= height - 2, t.text


@ALL
def test_no_text_lies_on_another(html):
    boxes = []
    for t in texts(html):
        wide, x, y = len(t.text) * 5.5, float(t.get("x")), float(t.get("y"))
        left = x - {None: 0, "start": 0, "middle": wide / 2, "end": wide}[t.get("text-anchor")]
        boxes.append((left, y - 8, left + wide, y, t.text))
    for i, a in enumerate(boxes):
        assert not [b[4] for b in boxes[i + 1:] if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]], a[4]


@ALL
def test_the_figures_follow_as_a_table_with_exact_values(html):
    assert "<details" in html and '<summary>The figures</summary><div class="scroll" role="region"' in html
    assert html.index("</svg>") < html.index("<table") and len(exact(html)) >= 4


@ALL
def test_the_text_alternative_holds_the_numbers(html):
    assert len(re.findall(r"\d[\d.,]*", spoken(html))) >= 6


@pytest.mark.parametrize("name", SHAPES)
def test_a_plot_is_the_same_every_time(name):
    assert SHAPES[name]() == SHAPES[name]()


# ---------------------------------------------------------------- KV cache

def test_lines_of_the_cache_are_the_numbers_of_the_sentence():
    html = SHAPES["kv"]()
    said = [numbers.kv_cache(model=m, context=c) for m in ("llama-3.1-8b", "gemma-3-27b", "deepseek-v3") for c in (4096, 32768, 131072)]
    assert exact(html) == [float(re.search(r' value="([^"]*)"', s)[1]) for s in said]
    assert "Llama 3.1 8B: 512 MiB at 4,096 tokens, 4.00 GiB at 32,768 tokens, 16.00 GiB at 131,072 tokens" in spoken(html)


def test_a_larger_cache_stands_higher_and_equal_factors_are_equal_distances():
    html = SHAPES["kv"]()
    places = [p for of in ("s1", "s2", "s3") for p in marks(html)[of]]
    by_value = sorted(zip(exact(html), (y for _, y in places)))
    assert [y for _, y in by_value] == sorted((y for _, y in places), reverse=True)
    (x1, y1), (x2, y2), (x3, y3) = marks(html)["s1"]              # 4 Ki, 32 Ki and 128 Ki tokens: factors of 8 and 4, in a cache that is proportional
    assert (x2 - x1) / (x3 - x2) == pytest.approx(3 / 2, rel=0.02) and (y1 - y2) / (y2 - y3) == pytest.approx(3 / 2, rel=0.02)


def test_series_differ_in_mark_and_dash_and_are_named_at_their_ends():
    models = ["llama-3.1-8b", "gemma-3-27b", "qwen3-8b", "qwen3-14b", "qwen3-32b", "llama-3.3-70b", "gemma-3-12b", "gpt-oss-20b"]
    html = plots.kv_lines(id="p", caption="c", models=models)
    drawn = {}
    for group in svg(html).iter("g"):
        polygon = group.find("polygon")
        pairs = [tuple(map(float, p.split(","))) for p in polygon.get("points").split()]
        shape = tuple((round(x - pairs[0][0], 3), round(y - pairs[0][1], 3)) for x, y in pairs)
        drawn[group.get("class")] = (shape, polygon.get("class"))
    assert len(drawn) == len(set(drawn.values())) == 8
    css = (DIRECTORY.parent.parent / "docs" / "assets" / "book.css").read_text(encoding="utf-8")
    dashes = re.findall(r"\.chart \.s\d :is\(\.line, \.edge\) \{\s*stroke-dasharray: ([\d ]+);", css)
    assert len(dashes) == len(set(dashes)) == 7                      # the first is solid
    names = " ".join(t.text for t in texts(html) if t.get("class") == "lab")
    assert all(n in names for n in ("Llama 3.1 8B", "Gemma 3 27B", "gpt-oss-20b"))


# ---------------------------------------------------------------- speed

def test_speed_lines_are_the_ranges_of_the_sentence():
    html = SHAPES["speed"]()
    said = [re.search(r'data-text="([^"]*)"', numbers.decode_speed(model=m, format="Q4_K_M", device="rtx-3090", context=c))[1].split("\u00a0")[0]
            for m in ("llama-3.1-8b", "qwen3-14b") for c in (0, 8192, 32768)]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", html) == said


def test_every_expected_speed_lies_in_its_band():
    html = SHAPES["offload"]()
    assert all(low < middle < high for low, middle, high in zip(exact(html, "data-low"), [v for v in exact(html)][3::4], exact(html, "data-high")))


def test_speed_lines_refuse_a_model_that_does_not_fit():
    with pytest.raises(CatalogError) as error:
        plots.speed_lines(id="p", caption="c", models=["llama-3.1-8b", "llama-3.3-70b"], device="rtx-3090")
    assert "Llama 3.3 70B at Q4_K_M with 32,768 tokens needs" in str(error.value) and "\n" not in str(error.value)


# ---------------------------------------------------------------- layers on the card

def test_offload_ends_with_as_many_layers_as_the_estimate_says():
    html = SHAPES["offload"]()
    known = estimate("qwen3-32b", format="Q4_K_M", context=8192, devices=("rtx-3060-12",))
    layers = [int(n) for n in re.findall(r'data-layers="(\d+)"', html)]
    assert layers[-1] == known["gpu_layers"] == max(layers) and f"{layers[-1]} of {known['of_layers']} layers fit" in html
    assert exact(html, "data-low")[-1] == pytest.approx(known["decode_tokens_per_s"]["low"], rel=1e-4)


def test_more_layers_on_the_card_are_never_slower():
    speeds = exact(SHAPES["offload"](), "data-high")
    assert speeds == sorted(speeds) and len(speeds) > 5


def test_nothing_is_drawn_beyond_what_fits():
    html = SHAPES["offload"]()
    limit = next(float(e.get("x1")) for e in svg(html).iter("line") if e.get("class") == "cap")
    assert max(x for x, _ in marks(html)["s1"]) == pytest.approx(limit, abs=0.1)
    assert any(t.text == "does not fit" for t in texts(html))


# ---------------------------------------------------------------- roofline

def _value(number: str) -> float:
    return float(re.search(r' value="([^"]*)"', number)[1])


def test_a_single_token_is_bound_by_the_ceiling_of_the_sentence():
    for model in ("llama-3.1-8b", "qwen3-30b-a3b"):
        html = roofline(id="p", caption="c", model=model, format="Q4_K_M", device="rtx-3090")
        assert exact(html)[3] == pytest.approx(_value(numbers.decode_ceiling(model=model, format="Q4_K_M", device="rtx-3090")), rel=1e-5)


def test_the_corner_is_where_operations_per_byte_are_equal():
    has, needs = _value(numbers.operations_per_byte(device="rtx-3090")), _value(numbers.operations_per_byte_needed(model="llama-3.1-8b", format="Q4_K_M"))
    assert f"The bounds meet at {math.ceil(has / needs)} tokens." in spoken(SHAPES["roofline"]())


def test_the_bound_doubles_with_the_tokens_until_the_corner_and_stays_then():
    html = roofline(id="p", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="rtx-3090", prompts=[1, 2, 4, 512, 1024])
    one, two, four, many, more = exact(html)[3::4]
    assert (two, four) == pytest.approx((2 * one, 4 * one), rel=1e-5) and many == more < 512 * one


def test_experts_read_more_the_more_tokens_there_are_but_never_more_than_all():
    html = roofline(id="p", caption="c", model="qwen3-30b-a3b", format="Q4_K_M", device="rtx-3090", prompts=[1, 8, 64, 4096])
    read = exact(html)[0::4]
    assert read == sorted(read) and read[0] < read[1] < read[2]
    assert read[1] < 8 * read[0] and read[3] <= _value(numbers.weights(model="qwen3-30b-a3b", format="Q4_K_M"))


# ---------------------------------------------------------------- quality

def test_more_bits_stand_to_the_right_and_more_divergence_higher():
    places = marks(SHAPES["divergence"]())["s1"]
    assert len(places) == 6 and places == sorted(places, reverse=True) and [y for _, y in places] == sorted((y for _, y in places), reverse=True)


def test_uncertainty_is_a_bar_about_its_mark():
    html = plots.quality_plot(id="p", caption="c", run_source="ik-llama-cpp", model="qwen3-14b")
    upright = [e for e in svg(html).iter("line") if e.get("class") == "error" and e.get("x1") == e.get("x2")]
    bars = [(float(e.get("x1")), float(e.get("y1")), float(e.get("y2"))) for e in upright]
    centers = [p for of in marks(html).values() for p in of]
    assert len(bars) == len(centers) == 2
    assert all(any(abs(x - cx) < 0.2 and abs((y1 + y2) / 2 - cy) < 0.2 for cx, cy in centers) and y1 > y2 for x, y1, y2 in bars)


def test_formats_that_are_not_ours_are_in_the_table_only():
    html = plots.quality_plot(id="p", caption="c", run_source="ik-llama-cpp", model="qwen3-14b")
    assert sum(len(of) for of in marks(html).values()) == 2                     # BF16 and Q8_0
    assert 'data-format="unsloth UD-Q4_K_XL"' in html and "UD-Q4_K_XL" not in spoken(html)


# ---------------------------------------------------------------- mistakes

@pytest.mark.parametrize("call", [
    lambda: plots.kv_lines(id="p", caption="c", models=["nothing"]),
    lambda: plots.kv_lines(id="p", caption="c", models=[]),
    lambda: plots.kv_lines(id="p", caption="c", models=["llama-3.1-8b", "llama-3.1-8b"]),
    lambda: plots.kv_lines(id="p", caption="c", models=["llama-3.1-8b"], contexts=[8192]),
    lambda: plots.kv_lines(id="p", caption="c", models=["llama-3.1-8b"], contexts=[0, 8192]),
    lambda: plots.kv_lines(id="p", caption="c", models=["llama-3.1-8b"], cache="Q9"),
    lambda: plots.speed_lines(id="p", caption="c", models=["llama-3.1-8b"], device="rtx-9999"),
    lambda: plots.speed_lines(id="p", caption="c", models=["llama-3.1-8b"], device="nvme-gen4"),
    lambda: plots.speed_lines(id="p", caption="c", models=["bge-small-en-v1.5"]),
    lambda: plots.offload_lines(id="p", caption="c", model="nothing", format="Q4_K_M", device="rtx-3090"),
    lambda: plots.offload_lines(id="p", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="rtx-3090", context=0),
    lambda: plots.offload_lines(id="p", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="rtx-3090", size=23),
    lambda: plots.offload_lines(id="p", caption="c", model="kimi-k2", format="Q8_0", device="rtx-3090"),
    lambda: plots.offload_lines(id="p", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="rtx-3090", system="pcie4-x16"),
    lambda: roofline(id="p", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="ddr5-5600-2ch"),
    lambda: roofline(id="p", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="rtx-3090", prompts=[0, 8]),
    lambda: roofline(id="p", caption="c", model="llama-3.1-8b", format="Q4_K_M", device="rtx-3090", prompts=[]),
    lambda: roofline(id="p", caption="c", model="llama-3.3-70b", format="Q4_K_M", device="rtx-3090"),
    lambda: plots.quality_plot(id="p", caption="c", model="gemma-3-27b"),
    lambda: plots.quality_plot(id="p", caption="c", run_source="ik-llama-cpp", model="gemma-3-27b"),
])
def test_impossible_plots_are_refused_in_one_line(call):
    with pytest.raises(CatalogError) as error:
        call()
    assert str(error.value) and "\n" not in str(error.value)


# ---------------------------------------------------------------- axes

@pytest.mark.parametrize("low, high, expected", [
    (0, 17, [0, 5, 10, 15, 20]), (0, 100, [0, 20, 40, 60, 80, 100]), (61.2, 64.1, [61, 62, 63, 64, 65]), (-3, 8, [-4, -2, 0, 2, 4, 6, 8]),
])
def test_ticks_are_round_and_enclose_the_values(low, high, expected):
    assert axes.steps(low, high, most=7) == expected


@pytest.mark.parametrize("low, high, ends, ticks", [
    (0.17, 16, (0.1, 20), [0.1, 1, 10]),
    (200, 4437, (200, 5000), [200, 500, 1000, 2000, 5000]),
    (6.2, 9.8, (5, 10), [5, 6, 8, 10]),
])
def test_logarithmic_ticks_are_round_and_few(low, high, ends, ticks):
    first, last, found = axes.log_steps(low, high)
    assert (first, last) == ends and found == ticks


def test_a_logarithmic_axis_gives_equal_room_to_equal_factors():
    axis = axes.logarithmic(1, 1000, 0, 300)
    assert [axis.at(v) for v in (1, 10, 100, 1000)] == [0, 100, 200, 300]


def test_labels_are_moved_apart_and_stay_inside():
    places = axes.spread([50, 51, 52, 199], [13] * 4, 20, 200)
    assert places == sorted(places) and all(b - a >= 13 for a, b in zip(places, places[1:])) and places[-1] <= 200 - 6.5


def test_no_text_can_break_a_picture():
    drawing = axes.picture("p", "a < b & c", "<b>", axes.text(1, 2, "<&>"))
    assert [e.text for e in ElementTree.fromstring(drawing)] == ["a < b & c", "<b>", "<&>"]
