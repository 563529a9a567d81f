"""The rules of html_checks.py: every built page keeps them, each finds its planted mistake, and none cries wolf."""

import pytest

from tests.book.lint import Chapter, chapters
from tests.site import html_checks as checks
from tests.site.building import address, html_files

pytestmark = pytest.mark.slow


def _name(check) -> str:
    return check.__name__.replace("_", " ")


def _complain(problems: list[str]) -> None:
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture(scope="session")
def found(site) -> dict:
    """What each rule finds, page by page: reading a page takes longer than any rule, so each is read once."""
    problems = {check: [] for check in checks.EVERY_PAGE}
    for path in html_files(site):
        html = path.read_text(encoding="utf-8")
        for check in checks.EVERY_PAGE:
            problems[check] += [f"{path.relative_to(site).as_posix()}: {_name(check)}: {problem}" for problem in check(html)]
    return problems


@pytest.mark.parametrize("check", checks.EVERY_PAGE, ids=_name)
def test_every_page_keeps_the_rule(found, check):
    _complain(found[check])


def _answers_first(chapter: Chapter) -> bool:
    return (chapter.front or {}).get("kind") in ("explain", "do")


@pytest.mark.parametrize("check", checks.CHAPTERS_ONLY, ids=_name)
def test_every_chapter_keeps_the_rule(site, check):
    pages = [address(chapter.path.removeprefix("docs/")) for chapter in chapters() if _answers_first(chapter)]
    assert pages
    _complain([f"{page}: {_name(check)}: {problem}" for page in pages for problem in check((site / page).read_text(encoding="utf-8"))])


def _answer(*sentences: str) -> str:
    return f'<article><div class="admonition answer"><p class="admonition-title">In short. Yes. No. So.</p><p>{" ".join(sentences)}</p></div></article>'


# check, HTML with one mistake, words that the message must contain
PLANTED = [
    (checks.reference_link_without_definition, "<p>See [the docs][nope].</p>", "[the docs][nope]"),
    (checks.reference_link_without_definition, "<p>See [the <em>docs</em>][].</p>", "[the docs][]"),
    (checks.reference_link_without_definition, "<p>See [<code>ls</code>][nope].</p>", "][nope]"),
    (checks.footnote_without_definition, "<p>So it is.[^1]</p>", "[^1]"),
    (checks.unrendered_macro, "<p>It needs [[= memory() ]].</p>", "[[= memory()"),
    (checks.unrendered_macro, "<p>It needs memory() =]].</p>", "=]]"),
    (checks.unrendered_macro, "<pre><code>[[% for x in y ]]</code></pre>", "[[% for x"),
    (checks.unprocessed_number, '<p><data class="n" value="1" data-text="4.92 GB"></data></p>', "4.92 GB"),
    (checks.number_without_note, '<p><a class="n" href="#w1">4.92 GB</a></p>', "4.92 GB"),
    (checks.number_without_note, '<p><a class="n" href="#w1">4.92 GB</a></p><ol><li id="w1"></li></ol>', "4.92 GB"),
    (checks.duplicate_id, '<p id="a"></p><p id="b"></p><p id="a"></p>', "'a'"),
    (checks.repeated_heading, '<h2 id="what">What?</h2><h2 id="what_1">What?</h2>', "'what_1'"),
    (checks.repeated_heading, '<h3 id="_1">1</h3>', "'_1'"),
    (checks.one_main_heading, "<h1>One</h1><h1>Two</h1>", "2 headings"),
    (checks.one_main_heading, "<h2>None</h2>", "0 headings"),
    (checks.heading_level_jump, "<h1>One</h1><h3>Three</h3>", "level 3 after level 1"),
    (checks.image_without_text, '<img src="a.png">', "a.png"),
    (checks.table_without_caption, '<figure class="tab"><table></table></figure>', "no caption"),
    (checks.table_without_caption, '<figure class="tab wide"><figcaption> </figcaption><table></table></figure>', "no caption"),
    (checks.answer_too_long, _answer("One.", "Two.", "Three.", "Four."), "4 sentences"),
    (checks.answer_too_long, _answer("One?", "12 GB.", "(Three!)", 'And "four".'), "4 sentences"),
    (checks.answer_box_missing, "<h1>One</h1><p>Text.</p>", "In short"),
]


@pytest.mark.parametrize(("check", "html", "words"), PLANTED, ids=[f"{_name(p[0])}-{n}" for n, p in enumerate(PLANTED)])
def test_the_rule_finds_a_planted_mistake(check, html, words):
    found = check(html)
    assert len(found) == 1 and words in found[0]


# Correct pages that look a little like a mistake.
QUIET = [
    (checks.reference_link_without_definition, "<p><code>[a][b]</code> and x[[1, 2]] and [1] [2] and [[link]]</p><pre>[a][b]</pre>"),
    (checks.footnote_without_definition, "<p><code>[^1]</code></p>"),
    (checks.unrendered_macro, "<p>x[[1, 2]], {{ kept }}, [[ -f x ]]</p>"),
    (checks.number_without_note, '<p><a class="n" href="#w1">4.92 GB</a></p><ol><li id="w1"><b>4.92 GB</b> = 2 + 2.92</li></ol>'),
    (checks.duplicate_id, '<p id="a"></p><p id="b"></p>'),
    (checks.repeated_heading, '<h2 id="part-1">One</h2><h3 id="a_b">Two</h3><a id="__nav_1"></a>'),
    (checks.heading_level_jump, "<h1>1</h1><h2>2</h2><h3>3</h3><h2>2</h2>"),
    (checks.image_without_text, '<img src="a.png" alt="">'),
    (checks.table_without_caption, '<figure class="tab"><figcaption>What it shows</figcaption><table></table></figure><table></table>'),
    (checks.answer_too_long, _answer("Llama 3.1 8B needs 4.92 GB, e.g. on a card.", "Two.", "Three.")),
    (checks.answer_box_missing, _answer("One.")),
]


@pytest.mark.parametrize(("check", "html"), QUIET, ids=[_name(q[0]) for q in QUIET])
def test_the_rule_is_quiet_about(check, html):
    assert check(html) == []
