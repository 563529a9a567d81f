"""Timeline, questions, promises, sources and formulas: complete, and equal to what they are made of."""

import re
from html import unescape

import pytest

from macros.catalog import CatalogError
from macros.rendering import back_matter, numbers, teams, training
from macros.rendering.pages import PROJECT, front_matter
from macros.speeds import batch_on, decode_on
from tests.book.lint import chapters, nav_pages


def test_every_event_stands_in_the_table_and_in_the_picture(book):
    html = back_matter.timeline(id="p", caption="c")
    assert html.count("data-kind=") == len(book.events)
    assert len(re.findall(r'class="mark (?:model|software|paper)"', html)) == len(book.events)


def test_events_are_in_order_and_end_today_at_the_latest(book):
    days = [e.date for e in book.events]
    assert days == sorted(days) and max(chapter.front["reviewed"].isoformat() for chapter in chapters() if chapter.front and "reviewed" in chapter.front) >= days[-1]


def test_every_promise_is_kept(book):
    assert list(book.promises) == [f"P{n:03}" for n in range(1, 245)]


def places() -> set[str]:
    found = set()
    for chapter in chapters():
        page = chapter.path.removeprefix("docs/")
        found |= {page} | {f"{page}#{i}" for _, _, _, attributes in chapter.headings for i in re.findall(r"#([\w-]+)", attributes)}
    return found


@pytest.mark.parametrize("kind", ["promises", "questions", "messages", "corrections"])
def test_every_place_that_is_named_exists(book, kind):
    named = {"promises": book.promises.values(), "questions": book.questions, "messages": [m for page in book.messages.values() for m in page.messages], "corrections": book.corrections}[kind]
    known = places()
    missing = [f"{kind}: {record.page}" for record in named if record.page and record.page not in known]
    if missing:
        pytest.fail("\n".join(missing), pytrace=False)


def test_every_chapter_answers_a_question_of_the_index(book):
    asked = {q.page.partition("#")[0] for q in book.questions}
    titled = {c.path.removeprefix("docs/") for c in chapters() if c.front and str(c.front.get("title", "")).endswith("?")}
    silent = [page for page in nav_pages() if page not in asked | titled and not page.startswith(("reference/", "back/", "index"))]
    assert silent == []


def test_a_chapter_that_is_not_there_is_one_line():
    with pytest.raises(CatalogError, match="mkdocs.yml: nav: there is no docs/start/gone.md"):
        front_matter(PROJECT / "docs" / "start" / "gone.md")


def test_no_question_is_asked_twice(book):
    asked = [q.question.lower() for q in book.questions]
    assert sorted({q for q in asked if asked.count(q) > 1}) == []


def test_the_list_of_sources_has_every_source(book):
    html = unescape(back_matter.source_list())
    assert [w.id for w in book.works.values() if w.address not in html] == [] and html.count("<li") == len(book.works)


def test_a_resource_says_when_it_was_last_checked(book):
    for topic in {r.topic for r in book.resources}:
        html = back_matter.resource_list(topic=topic)
        assert html.count("Last checked") == sum(r.topic == topic for r in book.resources)
    with pytest.raises(CatalogError, match="no resource of topic 'fun'"):
        back_matter.resource_list(topic="fun")


def test_the_sheet_of_formulas_says_what_the_chapters_say():
    html = back_matter.formula_sheet(id="t", caption="c")
    for name, settings in (("kv_cache", {"model": "llama-3.1-8b", "context": 8192}), ("decode_ceiling", {"model": "llama-3.1-8b", "format": "Q4_K_M", "device": "rtx-3060-12"})):
        assert f'data-value="{numbers.number(name, **settings).exact}"' in html


def test_the_edition_is_that_of_the_project():
    assert f'version = "{back_matter.edition_name()}"' in (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert back_matter.edition_name() in back_matter.bibtex()


# ---------------------------------------------------------------- training from nothing, teams

def test_training_from_nothing_is_six_operations_a_parameter_and_token():
    html = training.pretraining_table(id="t", caption="c", rows=[{"name": "small", "parameters": 1e9}, {"name": "long", "parameters": 1e9, "tokens": 1e12}], device="h100-sxm", price="h100-rent")
    assert 'data-value="120000000000000000000"' in html          # 6 x 10^9 x 20 x 10^9
    assert 'data-value="6000000000000000000000"' in html         # 6 x 10^9 x 10^12


def test_rent_is_hours_times_price():
    html = training.pretraining_table(id="t", caption="c", rows=[{"model": "llama-3.1-8b", "tokens": 15e12}], device="h100-sxm", price="h100-rent")
    *_, hours, dollars = map(float, re.findall(r'data-value="([\d.e+]+)"', html))
    assert dollars == pytest.approx(3 * hours, rel=1e-5)


def test_a_card_that_holds_a_plan_says_so():
    html = training.training_fit_table(id="t", caption="c", models=["llama-3.1-8b"], methods=["full", "qlora"], capacities=[12, 80])
    assert re.findall(r'data-value="(fits|tight|no)"', html) == ["no", "no", "fits", "fits"]


def test_a_team_gets_what_batches_of_one_device_give():
    html = teams.team_table(id="t", caption="c", model="llama-3.1-8b", format="Q4_K_M", devices=["rtx-3090"], users=[1, 8], context=2048)
    one, eight = (float(v) for v in re.findall(r'data-value="([\d.]+)"', html.split("<tbody>")[1])[:2])
    assert one == pytest.approx(decode_on("llama-3.1-8b", "Q4_K_M", "rtx-3090", 2048).expected, rel=1e-3)
    assert eight == pytest.approx(batch_on("llama-3.1-8b", "Q4_K_M", "rtx-3090", 8, 2048).expected / 8, rel=1e-3)


def test_a_team_whose_caches_do_not_fit_gets_a_dash():
    html = teams.team_table(id="t", caption="c", model="llama-3.1-8b", format="Q4_K_M", devices=["rtx-3060-12"], users=[64], context=8192)
    assert "<td>–</td>" in html
