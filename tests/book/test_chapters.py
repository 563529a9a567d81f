"""The rules of lint.py: every chapter keeps them, each finds its planted mistake, and none cries wolf."""

import re

import pytest

from tests.book import lint
from tests.book.lint import Chapter, chapters, report

GOOD = """---
title: How much does it take?
description: Two sentences at most.
kind: explain
reviewed: 2026-11-21
---

# How much does it take?

!!! answer "In short"
    Llama 3.1 8B needs [[= memory(model="llama-3.1-8b") =]].

## What is it? { #what }

See [the glossary](../reference/glossary.md#token).

```text
anything at all. Even this; just, e.g. so
```

| What | Size |
|---|---|
| a | b |

It needs GQA, a card by NVIDIA and XYZ (explained at once).

[[= sources(ids=["llama-bench-readme"]) =]]
"""


def complain(problems: list[str]) -> None:
    """Fail with nothing but the lines: no traceback helps a writer."""
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.mark.parametrize("rule", lint.RULES, ids=lint.name)
def test_every_chapter_keeps_the_rule(rule):
    complain([line for chapter in chapters() for line in report(rule, chapter)])


def test_every_page_of_the_nav_exists():
    complain(lint.missing_pages(lint.nav_pages()))


@pytest.mark.parametrize(("folder", "call"), [("facts", '[[= fact(id="{id}") =]]'), ("sources", '[[= sources(ids=["{id}"]) =]]')], ids=["facts", "sources"])
def test_every_record_is_used_by_a_chapter(book, folder, call):
    """What no chapter shows is nobody's to keep up to date; measurements need their sources too."""
    cited = {row.source for rows in book.measurements.all().values() for row in rows.values()} if folder == "sources" else set()
    if folder == "sources":
        cited |= {row.source for row in (*book.settings, *book.resources, *(m for page in book.messages.values() for m in page.messages))} | {key for program in book.programs.values() for key in program.sources}
    complain(lint.unused_records(folder, call, [chapter.text for chapter in chapters()], cited=cited))


def test_the_longest_chapter_is_told_its_words():
    long = Chapter("docs/start/good.md", GOOD.replace("See [the", "word " * 1800 + "[the"))
    assert any("divide it in two" in line for line in report(lint.not_too_long, long))


def test_every_chapter_the_glossary_names_exists_with_its_section(book):
    ids = {f"{chapter.path.removeprefix('docs/')}#{match}" for chapter in chapters() for _, _, _, attributes in chapter.headings for match in re.findall(r"#([\w-]+)", attributes)}
    known = ids | {chapter.path.removeprefix("docs/") for chapter in chapters()}
    complain([f"macros/catalog/glossary.yaml: {term.id}: page: there is no '{term.page}'; name a chapter, relative to docs/, with one of its sections" for term in book.terms.values()
              if term.page and term.page not in known])


# rule, text to replace in the good chapter, its replacement, line of the mistake, words its message must contain
PLANTED = [
    (lint.front_matter, "---\ntitle", "title", 1, "between two '---' lines"),
    (lint.front_matter, "reviewed: 2026-11-21\n---\n", "", 1, "none that can be read"),
    (lint.front_matter, "title: How much", "title: Memory: how much", 1, "a colon in quotes"),
    (lint.title, "title: How much does it take?\n", "", 1, "title: …"),
    (lint.description, "description: Two sentences at most.\n", "", 1, "description: …"),
    (lint.description, "Two sentences at most.", "x" * 161, 3, "161 characters"),
    (lint.kind, "kind: explain", "kind: rant", 4, "'rant'"),
    (lint.kind, "kind: explain\n", "", 1, "explain, do or look-up"),
    (lint.reviewed, "2026-11-21", "November", 5, "'November'"),
    (lint.reviewed, "2026-11-21", "2026-11-21 10:00:00", 5, "no date"),
    (lint.one_main_heading, "# How much does it take?", "# How much?", 8, "'How much?' is not the title"),
    (lint.one_main_heading, "## What is it? { #what }", "# What is it?", 13, "second heading"),
    (lint.one_main_heading, "# How much does it take?\n", "\n", 1, "there is no heading"),
    (lint.heading_id, " { #what }", "", 13, "'What is it?' has no id"),
    (lint.heading_id, "{ #what }", "{ .wide }", 13, "no id"),
    (lint.plain_heading, "What is it?", "Input/output", 13, "contains /"),
    (lint.plain_heading, "What is it?", "Memory & speed", 13, "contains &"),
    (lint.plain_heading, "What is it?", "Memory (RAM)", 13, "contains ("),
    (lint.plain_heading, "What is it?", "Memory -- and speed", 13, "contains --"),
    (lint.one_sentence_per_line, "See [the", "It fits. See [the", 15, "after 'fits.'"),
    (lint.one_sentence_per_line, "See [the", "Does it fit? [Yes](a.md), see [the", 15, "after 'fit?'"),
    (lint.one_sentence_per_line, "See [the", "It has 5.1. See [the", 15, "after '5.1.'"),
    (lint.one_sentence_per_line, "See [the", "It needs [[= memory() =]]. See [the", 15, "after '0.'"),
    (lint.one_sentence_per_line, "See [the", "Type `ls`. See [the", 15, "after 'c.'"),
    (lint.one_sentence_per_line, "See [the", '"Yes." He said. See [the', 15, "new line"),
    (lint.one_sentence_per_line, "See [the", "1. Do it. See [the", 15, "after 'it.'"),
    (lint.no_avoided_word, "See [the", "It is just [the", 15, "'just'"),
    (lint.no_avoided_word, "See [the", "Of course, see [the", 15, "'Of course'"),
    (lint.no_avoided_word, "See [the", "A number, e.g. [the", 15, "'e.g.'"),
    (lint.no_avoided_word, "See [the", "A number, i.e. [the", 15, "'i.e.'"),
    (lint.no_avoided_word, "Two sentences", "Simply two sentences", 3, "'Simply'"),
    (lint.no_typed_figure, "See [the", "It needs 6.2 GiB: [the", 15, "'6.2 GiB' is a typed figure"),
    (lint.no_typed_figure, "See [the", "It costs $0.27: [the", 15, "'$0.27'"),
    (lint.no_typed_figure, "See [the", "It writes 57 tokens/s: [the", 15, "'57 tokens/s'"),
    (lint.no_emoji, "See [the", "\N{WHITE HEAVY CHECK MARK} [the", 15, "U+2705"),
    (lint.no_emoji, "anything", "\N{ROCKET}", 18, "U+1F680"),
    (lint.known_box, "!!! answer", "!!! warning", 10, "'!!! warning'"),
    (lint.known_box, "!!! answer", "??? answer", 10, "solution or question"),
    (lint.known_box, "!!! answer", "!!!", 10, "answer or rule or trap or try"),
    (lint.no_code_in_code, "See [the", 'It is `[[= setting(program="ollama", name="port") =]]`, see [the', 15, "remove the backticks"),
    (lint.fence_language, "```text", "```", 17, "without a language"),
    (lint.fence_language, "```text\nanything at all. Even this; just, e.g. so\n```", "1. Run:\n\n    ```\n    ls\n    ```", 19, "without a language"),
    (lint.table_header, "| What | Size |", "| | Size |", 21, "first column has no header"),
    (lint.answer_first, '!!! answer "In short"\n    Llama', "Llama", 1, "begin with its answer"),
    (lint.sources, '[[= sources(ids=["llama-bench-readme"]) =]]', "", 28, "there are no sources"),
    (lint.known_abbreviations, "GQA", "QZX", 25, "'QZX' is explained nowhere"),
    (lint.known_settings, "anything at all. Even this; just, e.g. so", "curl -s x | ollama run llama3.1:8b --verbos", 18, "'--verbos' of ollama"),
    (lint.known_settings, "anything at all. Even this; just, e.g. so", "./llama-server -m model.gguf \\\n  --ctx-sizes 4096", 18, "'--ctx-sizes' of llama-server"),
    (lint.known_settings, "anything at all. Even this; just, e.g. so", "llama-server -m model.gguf --no-mmap", 18, "'--no-mmap' of llama-server"),
    (lint.known_settings, "anything at all. Even this; just, e.g. so", "OLLAMA_HOSTS=0.0.0.0 ollama serve", 18, "'OLLAMA_HOSTS'"),
    (lint.known_settings, "See [the", "Set `OLLAMA_KEEP_ALIV` and see [the", 15, "'OLLAMA_KEEP_ALIV'"),
    (lint.known_settings, "See [the", "Give it `--ctx-sizes 4096`, see [the", 15, "'--ctx-sizes'"),
    (lint.linked_page_exists, "glossary.md", "glosary.md", 15, "'../reference/glosary.md'"),
]


def test_the_good_chapter_keeps_every_rule():
    complain([line for rule in lint.RULES if rule is not lint.in_nav for line in report(rule, Chapter("docs/start/good.md", GOOD))])


@pytest.mark.parametrize(("rule", "good", "bad", "line", "words"), PLANTED, ids=[f"{lint.name(p[0])}-{n}" for n, p in enumerate(PLANTED)])
def test_the_rule_finds_a_planted_mistake(rule, good, bad, line, words):
    assert good in GOOD
    found = report(rule, Chapter("docs/start/good.md", GOOD.replace(good, bad, 1)))
    assert len(found) == 1
    assert found[0].startswith(f"docs/start/good.md:{line}: {lint.name(rule)}: ") and words in found[0]


@pytest.mark.parametrize("text", ["", "---", "---\n---", "# Only a heading", "```\nnever closed", "[[= never_closed("])
def test_a_page_that_is_hardly_begun_is_reported_and_does_not_crash(text):
    assert [line for rule in lint.RULES for line in report(rule, Chapter("docs/start/begun.md", text))] != []


def test_front_matter_that_cannot_be_read_is_one_mistake():
    broken = Chapter("docs/start/good.md", GOOD.replace("title: How", "title: Memory: how"))
    assert len([line for rule in lint.RULES if rule is not lint.in_nav for line in report(rule, broken)]) == 1


def test_a_chapter_two_folders_deep_is_found():
    assert report(lint.one_folder_deep, Chapter("docs/start/more/good.md", GOOD)) != []


def test_a_page_beside_the_cover_is_found():
    assert report(lint.one_folder_deep, Chapter("docs/good.md", GOOD)) != []


def test_a_chapter_outside_the_nav_is_found():
    assert "add 'start/good.md' to nav" in report(lint.in_nav, Chapter("docs/start/good.md", GOOD))[0]


def test_a_missing_page_of_the_nav_is_found():
    assert lint.missing_pages(["start/gone.md"]) == ["mkdocs.yml: nav: there is no docs/start/gone.md; correct the name or remove the line"]


def test_an_unused_record_is_found(tmp_path):
    for name in ("used", "unused", "cited"):
        (tmp_path / "facts").mkdir(exist_ok=True)
        (tmp_path / "facts" / f"{name}.yaml").touch()
    found = lint.unused_records("facts", '[[= fact(id="{id}") =]]', ['It is [[= fact(id="used") =]], not "unused".'], tmp_path, cited={"cited"})
    assert len(found) == 1 and found[0].startswith("macros/catalog/facts/unused.yaml: ")


# Correct lines that look a little like a mistake. A check that cries wolf gets ignored.
QUIET = [
    (lint.one_sentence_per_line, "Llama 3.1 8B and Qwen2.5 7B at 4.5 bits."),
    (lint.one_sentence_per_line, "1. Install it."),
    (lint.one_sentence_per_line, "**Problem 1.** You have a card."),
    (lint.one_sentence_per_line, "- **Disk.** It holds the file."),
    (lint.one_sentence_per_line, "Next: [Can I run my own? Legally?](can-i.md) says more."),
    (lint.one_sentence_per_line, 'It prints "Done. Press a key" and waits.'),
    (lint.one_sentence_per_line, "The U.S. Army and J. Smith et al. Nobody else."),
    (lint.one_sentence_per_line, "| A cell. Another sentence. | x |"),
    (lint.one_sentence_per_line, "Open `C:\\a. B` now."),
    (lint.no_avoided_word, "[It is just a file](is-an-llm-just-a-file.md#safety)."),
    (lint.no_avoided_word, "# Is an LLM just a file?"),
    (lint.no_avoided_word, "Type `just build`, and adjust it: justice is not easygoing."),
    (lint.plain_heading, "## What's next: memory, speed and cost? { #next }"),
    (lint.known_box, "It works!!! answer me"),
    (lint.no_typed_figure, "An RTX 3060 12 GB, a card with 24 GB, a line of 100 Mbit/s, 32 layers, `-c 8 GB`."),
    (lint.known_settings, "Type `--ctx-size 4096`, set `OLLAMA_HOST`, and leave `-c` alone; `--no-mmap` is gone."),
    (lint.known_settings, "```bash\nollama run llama3.1:8b --verbose   # --this is a remark\n```"),
    (lint.no_emoji, "2 × 3 ÷ 4 ≤ 5 → 6, “so” – …"),
    (lint.linked_page_exists, "[there](https://example.org/a.md) and [here](#what)."),
]


@pytest.mark.parametrize(("rule", "line"), QUIET, ids=[f"{lint.name(q[0])}-{n}" for n, q in enumerate(QUIET)])
def test_the_rule_is_quiet_about(rule, line):
    complain(report(rule, Chapter("docs/start/good.md", f"---\ntitle: x\n---\n\n{line}\n")))
