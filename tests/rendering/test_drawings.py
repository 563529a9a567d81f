"""Drawings: nothing overlaps, nothing sticks out, arrows keep clear of boxes, and the words are there for everybody."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from macros.arithmetic.anatomy import anatomy
from macros.arithmetic.number_types import BLOCKS, FLOATS, NAMES, bits_per_number, largest
from macros.arithmetic.weights import weights_bytes
from macros.catalog import CatalogError
from macros.catalog.records import Drawing
from macros.data import catalog
from macros.rendering import computed_drawings, drawings
from macros.rendering.layout import WIDTH, lay_out

MODELS = ("llama-3.1-8b", "gpt2", "deepseek-v3", "mixtral-8x7b", "gemma-3-4b", "phi-3-mini-4k")
BLOCK_TYPES = ("Q4_0", "Q8_0", "Q4_K", "Q6_K", "MXFP4", "NVFP4", "Q5_K", "Q3_K", "Q2_K")


def record(text: str = "", **parts) -> Drawing:
    return Drawing.model_validate({"id": "test", "text": text or "A test.", **parts})


def box(name: str, column: int, row: int, text: str = "", **more) -> dict:
    return {"id": name, "at": (column, row), "text": text or name, **more}


def arrow(start: str, end: str, **more) -> dict:
    return {"from": start, "to": end, **more}


NINE = tuple(box(f"b{column}{row}", column, row, "Some words in here") for row in (1, 2, 3) for column in (1, 2, 3))
MADE = {
    "every pair of nine": record(boxes=NINE, arrows=tuple(arrow(f"b{c}1", f"b{d}3") for c in (1, 2, 3) for d in (1, 2, 3))),
    "there and back": record(boxes=(box("a", 1, 1), box("b", 2, 1)), arrows=(arrow("a", "b", text="there"), arrow("b", "a", text="and back"))),
    "back in one column": record(boxes=(box("a", 1, 1), box("b", 1, 2), box("c", 1, 3)),
                                 arrows=(arrow("a", "b"), arrow("b", "c"), arrow("c", "a", back=True, text="once more"))),
    "far in a full grid": record(boxes=NINE, arrows=(arrow("b11", "b33", text="a long way"), arrow("b31", "b13", text="another long way"),
                                                     arrow("b33", "b11", back=True, text="and back"))),
    "four columns": record(boxes=tuple(box(f"b{c}", c, 1, "Conversation" if c == 2 else "Words") for c in (1, 2, 3, 4)),
                           arrows=tuple(arrow(f"b{c}", f"b{c + 1}") for c in (1, 2, 3))),
    "frames in frames": record(boxes=NINE, arrows=(arrow("b11", "b12", text="into"), arrow("b12", "b13"), arrow("b21", "b32", text="across")),
                               groups=({"text": "a frame around four", "around": ("b11", "b21", "b12", "b22")},
                                       {"text": "a frame inside", "around": ("b12", "b22")})),
}
TRANSFORMERS = {model: computed_drawings.transformer(model, "Q4_K_M")[0] for model in MODELS}
ALL = {**catalog().drawings, **MADE, **TRANSFORMERS}


@pytest.fixture(params=ALL, scope="module")
def drawing(request):
    return ALL[request.param]


@pytest.fixture(scope="module")
def layout(drawing):
    return lay_out(drawing)


def pieces(points):
    return list(zip(points, points[1:]))


def through(area, a, b, margin=0.0) -> bool:
    """Does a piece of an arrow run through an area (more than along its edge)?"""
    return (min(a.x, b.x) < area.x + area.width + margin and max(a.x, b.x) > area.x - margin
            and min(a.y, b.y) < area.y + area.height + margin and max(a.y, b.y) > area.y - margin)


def apart(a, b) -> bool:
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


# Advance widths of Helvetica and Arial in thousandths of the size (their published font metrics), rounded up to a few classes.
ARIAL = {"ijl'|": 222, " .,:;!/It·f\u00a0": 278, "()-r": 333, "*": 389, "ckszvxyJ": 500, "+×=<>~−": 584, "abdeghnopqu_0123456789?L$": 556, "FTZ": 611,
         "ABEKPSVXY&": 667, "CDHNRUw": 722, "GOQ": 778, "mM": 833, "%": 889, "W": 944}
ARIAL_WIDTH = {character: width / 1000 for characters, width in ARIAL.items() for character in characters}


def arial(text: str, size: float) -> float:
    return size * sum(ARIAL_WIDTH.get(character, 0.8) for character in text)


# ---------------------------------------------------------------- geometry

def test_boxes_keep_apart_and_inside_the_picture(layout):
    for a, b in combinations(layout.boxes, 2):
        assert apart(a.area, b.area), (a.box.id, b.box.id)
    for b in layout.boxes:
        assert b.area.x >= 0 and b.area.y >= 0 and b.area.right <= WIDTH and b.area.bottom <= layout.height


def test_no_text_is_wider_than_its_box_by_another_measure(layout):
    for b in layout.boxes:
        for lines, size in ((b.text, b.size), (b.note, 11)):
            assert size >= 11
            for line in lines:
                assert arial(line, size) <= b.area.width - 4, (b.box.id, line)
        assert 14 * len(b.text) + 13 * len(b.note) <= b.area.height


def test_every_word_of_a_box_is_drawn_in_order(layout):
    for b in layout.boxes:
        assert "".join("".join(b.text).split()) == "".join(b.box.text.split())
        assert "".join("".join(b.note).split()) == "".join((b.box.note or "").split())


def test_arrows_run_through_no_box_and_stay_inside(layout):
    for a in layout.arrows:
        for start, end in pieces(a.points):
            assert start.x == end.x or start.y == end.y, "an arrow goes along rows and columns only"
            for b in layout.boxes:
                assert not through(b.area, start, end), (a.arrow.start, a.arrow.end, b.box.id)
        assert all(0 <= p.x <= WIDTH and 0 <= p.y <= layout.height for p in a.points)


def test_arrows_leave_and_enter_the_boxes_they_name(layout):
    areas = {b.box.id: b.area for b in layout.boxes}
    for a in layout.arrows:
        for point, name in ((a.points[0], a.arrow.start), (a.points[-1], a.arrow.end)):
            area = areas[name]
            on_side = point.x in (area.x, area.right) and area.y < point.y < area.bottom
            on_end = point.y in (area.y, area.bottom) and area.x < point.x < area.right
            assert on_side or on_end, (name, point)


def test_the_last_piece_of_an_arrow_has_room_for_its_head(layout):
    for a in layout.arrows:
        (p, q) = a.points[-2:]
        assert abs(p.x - q.x) + abs(p.y - q.y) >= 8, (a.arrow.start, a.arrow.end)


def test_arrows_between_different_boxes_do_not_lie_on_each_other(layout):
    for a, b in combinations(layout.arrows, 2):
        if a.arrow.start == b.arrow.start or a.arrow.end == b.arrow.end:
            continue
        for (p, q), (r, s) in ((x, y) for x in pieces(a.points) for y in pieces(b.points)):
            if p.x == q.x == r.x == s.x:
                assert max(p.y, q.y) <= min(r.y, s.y) or max(r.y, s.y) <= min(p.y, q.y), (a.arrow, b.arrow)
            if p.y == q.y == r.y == s.y:
                assert max(p.x, q.x) <= min(r.x, s.x) or max(r.x, s.x) <= min(p.x, q.x), (a.arrow, b.arrow)


def test_labels_lie_on_nothing_but_their_own_arrow(layout):
    labels = [(a, a.label.area) for a in layout.arrows if a.label]
    assert len(labels) == sum(1 for a in layout.arrows if a.arrow.text)
    for a, area in labels:
        assert area.x >= 0 and area.right <= WIDTH and area.y >= 0 and area.bottom <= layout.height
        assert all(apart(area, b.area) for b in layout.boxes)
        assert all(apart(area, f.title) for f in layout.frames)
        for other in layout.arrows:
            if other is not a:
                assert not any(through(area, *piece) for piece in pieces(other.points)), (a.arrow.text, other.arrow)
    for (_, a), (_, b) in combinations(labels, 2):
        assert apart(a, b)


def test_a_frame_surrounds_its_boxes_and_no_other(drawing, layout):
    areas = {b.box.id: b.area for b in layout.boxes}
    for group, frame in zip(drawing.groups, layout.frames):
        for name, area in areas.items():
            inside = frame.area.x < area.x and area.right < frame.area.right and frame.area.y < area.y and area.bottom < frame.area.bottom
            assert inside if name in group.around else apart(area, frame.area), (group.text, name)
        assert all(apart(frame.title, area) for area in areas.values())
        assert frame.area.x >= 0 and frame.area.right <= WIDTH and frame.area.bottom <= layout.height


def test_an_arrow_back_goes_around_the_outside():
    made = lay_out(MADE["back in one column"])
    back = made.arrows[2]
    assert max(p.x for p in back.points) > max(b.area.right for b in made.boxes) or min(p.x for p in back.points) < min(b.area.x for b in made.boxes)


def test_neighbors_in_a_row_are_joined_by_a_straight_arrow():
    made = lay_out(MADE["four columns"])
    assert [len(a.points) for a in made.arrows] == [2, 2, 2]


def test_words_that_fit_no_column_are_refused_in_one_line():
    with pytest.raises(CatalogError) as error:
        lay_out(record(boxes=tuple(box(f"b{c}", c, 1, "Incomprehensibilities") for c in (1, 2, 3, 4))))
    assert re.fullmatch(r"macros/catalog/drawings/test\.yaml: boxes: 4 columns have no room .* use fewer columns", str(error.value))


# ---------------------------------------------------------------- the figure

CALLS = {
    **{name: (lambda name=name: drawings.drawing(id="p-x", caption="What to see", name=name)) for name in catalog().drawings},
    **{f"transformer {m}": (lambda m=m: computed_drawings.transformer_drawing(id="p-x", caption="c", model=m, format="Q4_K_M")) for m in MODELS},
    "attention": lambda: computed_drawings.attention_drawing(id="p-x", caption="c"),
    **{f"block {t}": (lambda t=t: computed_drawings.block_drawing(id="p-x", caption="c", type=t)) for t in BLOCK_TYPES},
    "numbers": lambda: computed_drawings.number_drawing(id="p-x", caption="c", types=list(NAMES)),
}


@pytest.fixture(params=CALLS, scope="module")
def html(request):
    return CALLS[request.param]()


def svg_of(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", html, re.DOTALL)[0])


def test_the_picture_is_well_formed_and_360_units_wide(html):
    svg = svg_of(html)
    assert svg.get("viewBox").startswith("0 0 360 ") and svg.get("role") == "img"
    assert svg[0].tag == "title" and svg[1].tag == "desc" and svg[0].text and svg[1].text


def test_no_picture_names_a_color_or_holds_a_script(html):
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(|fill=|stroke=|style=|<script|foreignObject|url\(", html)


def test_what_a_picture_shows_stands_below_it_in_words(html):
    said = svg_of(html)[1].text
    words = ElementTree.fromstring(re.search(r"<details.*</details>", html, re.DOTALL)[0])
    assert words.find("summary").text == "The picture in words" and words.find("p").text == said


def test_ids_follow_from_the_id_of_the_call(html):
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(set(ids)) == len(ids) and all(i == "p-x" or i.startswith("p-x-") for i in ids)


def test_text_stays_inside_the_picture(html):
    svg = svg_of(html)
    height = float(svg.get("viewBox").split()[3])
    for text in svg.iter("text"):
        x, y, wide, classes = float(text.get("x")), float(text.get("y")), arial(text.text, 12), (text.get("class") or "").split()
        left = x if "left" in classes else x - wide if "right" in classes else x - wide / 2
        assert left >= -1 and left + wide <= 361 and 0 < y <= height, text.text


def test_a_macro_gives_the_same_picture_every_time():
    assert CALLS["token-loop"]() == CALLS["token-loop"]() and CALLS["transformer llama-3.1-8b"]() == CALLS["transformer llama-3.1-8b"]()


# ---------------------------------------------------------------- computed drawings

@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("format", ["Q4_K_M", "Q8_0", "BF16"])
def test_parts_and_rest_are_all_bytes_of_the_model(book, model, format):
    a = book.models[model].architecture
    found = anatomy(a, book.mixes[format], book.types)
    assert found.total == weights_bytes(a, book.mixes[format], book.types)
    assert 0 <= found.elsewhere < found.total and found.other >= 0


def test_the_parts_of_a_plain_model_leave_next_to_nothing(book):
    found = anatomy(book.models["llama-3.1-8b"].architecture, book.mixes["Q8_0"], book.types)
    layers = len(found.layers) * sum(p.sizes[0] for p in found.layer.values())
    assert layers + sum(p.sizes[0] for p in found.outside.values()) == found.total - 256    # the factors of its rotary positions: 64 numbers of 4 bytes


def test_a_transformer_shows_the_shapes_of_its_config():
    """Llama 3.1 8B by its config.json: hidden 4096, 32 heads and 8 of keys with 128 numbers, feed-forward 14336, vocabulary 128256."""
    notes = {b.id: b.note.replace("\u00a0", " ") for b in TRANSFORMERS["llama-3.1-8b"].boxes}
    assert notes["query"].startswith("4,096 × 4,096, Q4_K, 9.00 MiB") and notes["key"].startswith("4,096 × 1,024")
    assert notes["gate"].startswith("4,096 × 14,336") and notes["down"].startswith("14,336 × 4,096, Q4_K or Q6_K")
    assert notes["embedding"].startswith("4,096 × 128,256") and notes["cache"] == "4,096 bytes a token and layer in F16"
    assert notes["attention"] == "32 query heads, 8 of keys and values"


def test_every_model_that_writes_text_can_be_drawn(book):
    refused = []
    for model in book.models:
        try:
            lay_out(computed_drawings.transformer(model, "Q8_0")[0])
        except CatalogError as error:
            refused.append(model)
            assert "no layers with attention that write text" in str(error)
    assert all(book.models[m].architecture.type != "decoder" for m in refused)


@pytest.mark.parametrize("name", BLOCK_TYPES)
def test_a_block_shows_as_many_cells_as_it_has_bytes(book, name):
    svg = svg_of(computed_drawings.block_drawing(id="p", caption="c", type=name))
    cell = 358 / 32
    filled = sum(float(r.get("width")) * float(r.get("height")) for r in svg.iter("rect") if r.get("class") in ("d1", "d2", "d3"))
    assert filled / cell**2 == pytest.approx(book.types[name].bytes, rel=0.02)


def test_scales_of_q4_k_take_16_of_144_bytes(book):
    parts = book.types["Q4_K"].parts
    assert [p.bytes for p in parts if p.kind == "scales"] == [2, 2, 12] and sum(p.bytes for p in parts) == 144


def test_a_block_without_known_parts_is_refused_in_one_line():
    with pytest.raises(CatalogError, match=r"^block_drawing: macros/catalog/formats\.yaml says no parts of F16"):
        computed_drawings.block_drawing(id="p", caption="c", type="F16")


def codes(name: str) -> list[float]:
    """Every finite value of a small type, code by code, as its specification defines it."""
    t = FLOATS[name]
    bias, values = 2 ** (t.exponent - 1) - 1, []
    for e in range(2**t.exponent):
        for f in range(2**t.fraction):
            top = e == 2**t.exponent - 1
            if top and (name in ("F16", "FP8_E5M2") or (name == "FP8_E4M3" and f == 7)):
                continue
            values.append(f / 2**t.fraction * 2.0 ** (1 - bias) if e == 0 else (1 + f / 2**t.fraction) * 2.0 ** (e - bias))
    return values


@pytest.mark.parametrize("name, published", [("F16", 65504), ("FP8_E4M3", 448), ("FP8_E5M2", 57344), ("FP4_E2M1", 6)])
def test_the_largest_value_is_that_of_the_specification_and_of_all_codes(name, published):
    assert largest(name) == published == max(codes(name))


def test_the_largest_values_of_wide_types_are_those_of_the_machine():
    assert float(largest("F32")) == pytest.approx(3.4028235e38) and float(largest("BF16")) == pytest.approx(3.3895314e38) and largest("INT8") == 127


def test_blocks_of_four_bits_cost_their_scales_too():
    assert (bits_per_number("MXFP4"), bits_per_number("NVFP4")) == (4.25, 4.5)
    assert largest("MXFP4") == 6 * 2**127 and largest("NVFP4") == 6 * 448 * largest("F32") and set(BLOCKS) == {"MXFP4", "NVFP4"}


def test_a_number_has_as_many_cells_as_bits():
    svg = svg_of(computed_drawings.number_drawing(id="p", caption="c", types=["BF16"]))
    assert [round(float(r.get("width")) / 5.6) for r in svg.iter("rect") if r.get("class") in ("d1", "d2", "d3")] == [1, 8, 7]


@pytest.mark.parametrize("call, words", [
    (lambda: drawings.drawing(id="p", caption="c", name="token-lop"), "there is no drawing 'token-lop'. Did you mean 'token-loop'?"),
    (lambda: computed_drawings.number_drawing(id="p", caption="c", types=["FP8_E4M"]), "there is no number type 'FP8_E4M'. Did you mean 'FP8_E4M3'?"),
    (lambda: computed_drawings.number_drawing(id="p", caption="c", types=[]), "types is empty"),
    (lambda: computed_drawings.block_drawing(id="p", caption="c", type="Q4_KM"), "there is no block type 'Q4_KM'. Did you mean 'Q4_K'?"),
    (lambda: computed_drawings.transformer("whisper-large-v3", "F16"), "has no layers with attention that write text"),
])
def test_impossible_drawings_are_refused_in_one_line(call, words):
    with pytest.raises(CatalogError) as error:
        call()
    assert words in str(error.value) and "\n" not in str(error.value)
