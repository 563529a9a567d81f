"""Programs, settings, messages and the lists at the end of the book: every mistake is one line that says what would be right."""

import pytest

pytestmark = pytest.mark.slow     # each loads a small catalog anew

HEAD = "program,commands,name,default,meaning,version,as_of,checked,source\n"
ROW = "mill,mill,--threads,8,how many,1.2,2026-11,tool,karpathy-intro-llm\n"


@pytest.mark.parametrize("file, field, value, words", [
    ("programs/mill.yaml", "kind", "motor", ["kind", "'motor'", "'engine'"]),
    ("programs/mill.yaml", "backends.0", "Cuda", ["backends[1]", "'Cuda'", "'CUDA'"]),
    ("programs/mill.yaml", "formats", [], ["kind: 'engine' computes tokens", "formats are missing"]),
    ("programs/mill.yaml", "sources", ["karpathy"], ["sources: there is no source 'karpathy'"]),
    ("programs/mill.yaml", "version", 1.2, ["version", "1.2"]),
    ("messages/mill.yaml", "messages.0.source", "nobody", ["messages: 1: source: there is no source 'nobody'"]),
    ("messages/mill.yaml", "messages.0.page", "fix/slow", ["messages[1].page: 'fix/slow' is no place in the book"]),
    ("questions.yaml", "questions", [{"question": "Why?", "page": "slow.md"}], ["questions[1].page: 'slow.md' is no place in the book", "fix/out-of-memory.md#context"]),
    ("resources.yaml", "resources", [{"source": "nobody", "topic": "learn", "why": "it is good"}], ["resources: 1: source: there is no source 'nobody'"]),
])
def test_a_broken_field_is_named_in_one_line(sandbox, file, field, value, words):
    sandbox.change(file, field, value)
    lines = sandbox.errors()
    assert len(lines) == 1 and lines[0].startswith(f"macros/catalog/{file}: "), lines
    assert all(word in lines[0] for word in words), lines


@pytest.mark.parametrize("row, words", [
    (ROW.replace("mill,", "mil,", 1), "line 2: program: there is no program 'mil'. Did you mean 'mill'?"),
    (ROW.replace("mill,mill,", "mill,mil-bench,"), "line 2: commands: there is no command of mill 'mil-bench'. Did you mean 'mill-bench'?"),
    (ROW.replace("tool", "heard"), "line 2: checked: 'heard' is not allowed; write 'tool', 'source', or 'documentation'"),
    (ROW.replace("karpathy-intro-llm", "nobody"), "line 2: source: there is no source 'nobody'."),
    (ROW.replace("how many", "x" * 141), "line 2: meaning"),
    (ROW + ROW, "line 3: name: mill --threads mill is already in line 2; keep one"),
])
def test_a_broken_row_of_settings_is_named_with_its_line(sandbox, row, words):
    sandbox.write("settings.csv", HEAD + row)
    lines = sandbox.errors()
    assert len(lines) == 1 and lines[0].startswith("macros/catalog/settings.csv: ") and words in lines[0], lines


def test_one_flag_may_have_another_default_in_another_command(sandbox):
    assert sandbox.errors() == []


def test_a_promise_is_kept_in_one_place(sandbox):
    sandbox.write("promises.csv", "id,outline,promise,page,corrected\nP001,one,an introduction,start/a.md,\nP001,one,an introduction,start/b.md,\n")
    assert sandbox.errors() == ["macros/catalog/promises.csv: line 3: id: P001 is already in line 2; keep one"]
