"""One broken drawing, one line: file, field, what is wrong, what would be right."""

import pytest

from macros.catalog import CatalogError

pytestmark = pytest.mark.slow

LOOP = "drawings/token-loop.yaml"

# rule, field to change, value, words the one line must contain
BROKEN = [
    ("no text alternative", "text", "", ["text", "text alternative"]),
    ("no boxes", "boxes", [], ["boxes", "at least one box"]),
    ("unknown key of a box", "boxes.0.color", "red", ["boxes[1].color", "unknown key", "Known here: id, at, text, note, kind, span"]),
    ("unknown key of an arrow", "arrows.0.label", "x", ["arrows[1].label", "unknown key", "Known here: from, to, text, back"]),
    ("kind that does not exist", "boxes.0.kind", "weight", ["boxes[1].kind", "'weight' is not allowed", "'weights'"]),
    ("fifth column", "boxes.0.at", [5, 1], ["boxes[1].at[1]", "5", "at most 4 columns"]),
    ("row zero", "boxes.0.at", [1, 0], ["boxes[1].at[2]", "0 is too small", "counted from 1"]),
    ("place without a row", "boxes.0.at", [1], ["boxes[1].at", "[column, row]"]),
    ("span beyond the last column", "boxes.2.span", 3, ["boxes[3].span: 3 columns from column 3 leave the 4 there are; write at most 2"]),
    ("two boxes in one place", "boxes.1.at", [1, 1], ["boxes[2].at: 'text' already covers column 1, row 1; move one of them"]),
    ("span over another box", "boxes.0.span", 2, ["boxes[2].at: 'text' already covers column 2, row 1"]),
    ("unknown start of an arrow", "arrows.0.from", "txt", ["arrows[1].from: there is no box 'txt'. Did you mean 'text'?"]),
    ("unknown end of an arrow", "arrows.1.to", "modle", ["arrows[2].to: there is no box 'modle'. Did you mean 'model'?"]),
    ("arrow to itself", "arrows.0.to", "text", ["arrows[1].to: 'text' is the box it comes from"]),
    ("the same arrow twice", "arrows.1", {"from": "text", "to": "tokens"}, ["arrows[2].to: an arrow from 'text' to 'tokens' is already there"]),
    ("unknown box in a group", "groups.0.around.0", "texts", ["groups[1].around: there is no box 'texts'. Did you mean 'text'?"]),
    ("empty group", "groups.0.around", [], ["groups[1].around", "ids of the boxes inside"]),
    ("frame around a stranger", "groups.0.around", ["text", "model"], ["groups[1].around: the frame takes in 'tokens' as well; name it too or move it"]),
    ("frames that cross", "groups", [{"text": "one", "around": ["text", "tokens"]}, {"text": "two", "around": ["tokens", "model"]}],
     ["groups[2].around: its frame crosses that of 'one'; one must lie inside the other"]),
    ("file name is not the id", "id", "token-ring", ["id: 'token-ring' is not the file name"]),
]


@pytest.mark.parametrize("rule, field, value, words", BROKEN, ids=[b[0] for b in BROKEN])
def test_a_broken_drawing_is_named_in_one_line(sandbox, rule, field, value, words):
    sandbox.change(LOOP, field, value)
    lines = sandbox.errors()
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"macros/catalog/{LOOP}: ") and "\n" not in lines[0]
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("field, shown", [("text", "text"), ("boxes", "boxes"), ("boxes.0.at", "boxes[1].at"),
                                          ("arrows.0.from", "arrows[1].from"), ("groups.0.text", "groups[1].text")])
def test_what_a_drawing_lacks_is_named_with_what_to_add(sandbox, field, shown):
    sandbox.change(LOOP, field, remove=True)
    lines = sandbox.errors()
    assert len(lines) == 1 and lines[0].startswith(f"macros/catalog/{LOOP}: {shown}: it is missing; add ")


def test_a_box_name_used_twice_is_refused(sandbox):
    sandbox.change(LOOP, "boxes.5.id", "tokens")
    assert any("boxes[6].id: 'tokens' is already the name of another box" in line for line in sandbox.errors())


def test_all_mistakes_of_a_drawing_are_reported_at_once(sandbox):
    sandbox.change(LOOP, "arrows.0.from", "nowhere")
    sandbox.change(LOOP, "arrows.1.to", "elsewhere")
    sandbox.change(LOOP, "boxes.2.span", 3)
    assert len(sandbox.errors()) == 3


def test_parts_of_a_block_must_add_up(sandbox):
    sandbox.change("formats.yaml", "types.3.bytes", 35)
    lines = sandbox.errors()
    assert len(lines) == 1 and "parts: those of Q8_0 have 34 bytes together, its block has 35" in lines[0]


def test_an_unknown_drawing_names_the_nearest_and_the_file_to_write(book):
    with pytest.raises(CatalogError) as error:
        book.find("drawings", "token-lop")
    assert str(error.value) == "there is no drawing 'token-lop'. Did you mean 'token-loop'? To add it, write macros/catalog/drawings/token-lop.yaml"
