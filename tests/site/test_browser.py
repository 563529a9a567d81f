"""The book in a real browser: over http as a web server offers it, and over file:// as the unpacked edition, without a network."""

import re
from urllib.parse import urljoin, urlparse

import pytest
from playwright.sync_api import expect

from tests.book.lint import chapters
from tests.site.building import address

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
# Chapters that have what a test needs.
NUMBERS, WIDE_TABLE, ANSWERS = "start/what-is-an-llm.html", "hardware/how-much-memory.html", "hardware/how-much-memory.html"


@pytest.fixture(params=["http", "file"])
def home(request) -> str:
    """Address of the cover without its file name, in both ways to read the book."""
    if request.param == "http":
        return request.getfixturevalue("server")
    return request.getfixturevalue("edition").as_uri() + "/"


@pytest.fixture
def reader(visit, home):
    """A page for reading at `home`; with file:// there is no network."""
    return visit(offline=home.startswith("file:"))


def title_of(page: str) -> str:
    return next(chapter.front["title"] for chapter in chapters() if address(chapter.path.removeprefix("docs/")) == page)


# ---------------------------------------------------------------- loading

def test_every_page_loads_without_a_fault_and_without_the_outside(reader, home, pages):
    for page in pages:
        reader.page.goto(home + page, wait_until="load")  # what leaving breaks off must have been answered on another page
    reader.page.wait_for_load_state("networkidle")
    assert reader.faults == [] and reader.broken_off <= reader.answered
    assert reader.requests_outside(home) == []


def test_the_404_page_has_its_styles_wherever_the_reader_got_lost(visit, server):
    reader = visit()
    reader.page.goto(server + "start/nowhere/at-all.html", wait_until="networkidle")
    expect(reader.page.locator("h1")).to_have_text("This page is not in the book")
    assert [fault for fault in reader.faults if "at-all.html" not in fault] == []
    assert reader.requests_outside(server) == []


def test_a_planted_fault_is_noticed(visit, server):
    """A console error, a failing script, a request that fails, a request to the outside: the record must see each."""
    reader = visit(offline=True)
    reader.page.set_content('<script>console.error("planted error"); throw new Error("planted exception")</script>'
                            '<script src="https://example.org/planted.js"></script>', wait_until="load")
    faults = "\n".join(reader.faults)
    assert "console: planted error" in faults and "script: planted exception" in faults and "request: https://example.org/planted.js" in faults
    assert reader.requests_outside(server) == ["https://example.org/planted.js"]


# ---------------------------------------------------------------- search

def search(page, words: str):
    """Type as a reader does (the theme listens to keys, not to values) and return the results."""
    page.keyboard.press("/")
    expect(page.locator(".md-search__input")).to_be_focused()
    page.keyboard.type(words)
    return page.locator("a.md-search-result__link")


@pytest.mark.parametrize("words", ["Q4_K_M", "4.5"])
def test_search_finds_figures_as_they_are_written(reader, home, words):
    """A tokenizer that cuts at dots and underscores would find the parts everywhere."""
    reader.page.goto(home + "index.html")
    results = search(reader.page, words)
    expect(results.filter(has=reader.page.locator("mark", has_text=re.compile(f"^{re.escape(words)}$", re.IGNORECASE))).first).to_be_visible()
    assert reader.faults == []


def test_search_finds_a_page_by_its_title_and_opens_it(reader, home):
    title = title_of(NUMBERS)
    reader.page.goto(home + "index.html")
    search(reader.page, title).filter(has=reader.page.locator("h1", has_text=title)).first.click()
    reader.page.wait_for_url(re.compile(re.escape(home + NUMBERS)))
    expect(reader.page.locator("article h1")).to_contain_text(title)
    assert reader.faults == []


def test_a_result_opens_with_the_keyboard(reader, home):
    reader.page.goto(home + "index.html")
    expect(search(reader.page, "glossary").first).to_be_visible()
    reader.page.keyboard.press("ArrowDown")
    expect(reader.page.locator("a.md-search-result__link:focus")).to_have_count(1)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url(lambda url: url.split("?")[0].split("#")[0] != home + "index.html")
    assert reader.faults == []


def test_the_first_view_loads_nothing_for_search(visit, server):
    """The index is as large as the rest of a page; most readers never search."""
    reader = visit()
    reader.page.goto(server + "index.html", wait_until="networkidle")
    assert [url for url in reader.requests if "search" in urlparse(url).path] == [] and reader.workers == []
    expect(search(reader.page, "token").first).to_be_visible()
    assert [url for url in reader.requests if url.endswith("search_index.json")] != [] and reader.workers != []


# ---------------------------------------------------------------- width

def test_no_page_scrolls_sideways_on_a_phone(visit, server, pages):
    reader, wide = visit(viewport=PHONE), {}
    for page in pages:
        reader.page.goto(server + page)
        width = reader.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide[page] = width
    assert wide == {}


def test_the_tab_key_passes_over_a_closed_menu(visit, server):
    """Its links lie outside the window of a phone, where a focus would be lost from sight."""
    page = visit(viewport=PHONE).page
    page.goto(server + NUMBERS)
    page.keyboard.press("Tab")
    for _ in range(40):
        page.keyboard.press("Tab")
        assert not page.evaluate("document.activeElement.closest('.md-sidebar--primary') !== null")
    page.get_by_role("button", name="Contents").click()
    expect(page.locator(".md-sidebar--primary")).to_be_in_viewport()
    expect(page.locator(".md-sidebar--primary a:visible").first).to_be_in_viewport()


def test_a_wide_table_scrolls_inside_itself_by_keyboard(visit, server):
    reader = visit(viewport=PHONE)
    reader.page.goto(server + WIDE_TABLE)
    regions = reader.page.locator(".scroll").filter(has=reader.page.locator("table"))
    wide = [n for n in range(regions.count()) if regions.nth(n).evaluate("e => e.scrollWidth > e.clientWidth")]
    assert wide, "no table of this chapter is wide; name another in WIDE_TABLE"
    region = regions.nth(wide[0])
    tab_to(reader.page, region)
    reader.page.keyboard.press("ArrowRight")
    reader.page.wait_for_function("e => e.scrollLeft > 0", arg=region.element_handle())
    assert reader.page.evaluate("scrollX") == 0


def tab_to(page, target) -> None:
    """Press Tab until `target` has the focus, as somebody without a mouse must."""
    for _ in range(200):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the Tab key does not reach it")


# ---------------------------------------------------------------- workings

def open_chapter(reader, home):
    reader.page.goto(home + NUMBERS)
    number = reader.page.locator("article a.n").first
    number.scroll_into_view_if_needed()
    return number


@pytest.mark.parametrize("way", ["click", "Enter"])
def test_the_working_of_a_number_opens_in_place(reader, home, way):
    number = open_chapter(reader, home)
    if way == "click":
        number.click()
    else:
        number.focus()
        reader.page.keyboard.press("Enter")
    popover = reader.page.locator(".pop")
    expect(popover).to_be_visible()
    expect(popover).to_contain_text("=")
    assert urlparse(reader.page.url).fragment == ""
    reader.page.keyboard.press("Escape")
    expect(popover).to_have_count(0)
    expect(number).to_be_focused()
    assert reader.faults == []


def test_the_working_opens_within_the_window_of_a_phone(visit, server):
    reader = visit(viewport=PHONE)
    open_chapter(reader, server).click()
    expect(reader.page.locator(".pop")).to_be_in_viewport(ratio=1)


def test_without_script_a_number_leads_to_its_note(visit, home):
    reader = visit(java_script_enabled=False, offline=home.startswith("file:"))
    number = open_chapter(reader, home)
    note = reader.page.locator(number.get_attribute("href"))
    expect(note).to_be_attached()
    number.click()
    expect(note).to_be_in_viewport()
    expect(note).to_contain_text(re.compile(r"=.*\w"))


def test_without_script_a_note_leads_back_to_its_number(visit, home):
    reader = visit(java_script_enabled=False, offline=home.startswith("file:"))
    number = open_chapter(reader, home)
    number.click()
    reader.page.locator(number.get_attribute("href")).locator("a.back").first.click()
    expect(number).to_be_in_viewport()


def test_without_script_every_table_is_visible(visit, server, pages):
    reader, hidden, tables = visit(java_script_enabled=False), [], 0
    for page in pages:
        reader.page.goto(server + page)
        for table in reader.page.locator("article table:not(details table)").all():
            tables += 1
            if not table.is_visible():
                hidden.append(f"{page}: {table.inner_text()[:60]}")
    assert tables and hidden == []


# ---------------------------------------------------------------- paper

@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_sheet_of_formulas_prints_on_one_page(visit, server, paper):
    page = visit().page
    page.goto(server + "back/formula-sheet.html")
    assert len(re.findall(rb"/Type */Page\b", page.pdf(format=paper))) == 1


# A reader prints from any state of the page; without script nothing can open the answers beforehand.
SEEN = "e => e.checkVisibility({contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true}) && e.getBoundingClientRect().height > 0"


@pytest.fixture
def printed(visit, server):
    reader = visit(java_script_enabled=False)
    reader.page.emulate_media(media="print")

    def open_page(page):
        reader.page.goto(server + page)
        return reader.page
    return open_page


def test_hidden_answers_are_printed(printed):
    answers = printed(ANSWERS).locator("details.solution > :not(summary)")
    assert answers.count() and [a.inner_text() for a in answers.all() if not a.evaluate(SEEN)] == []


def test_answers_are_hidden_on_screen(visit, server):
    """Otherwise the test above would prove nothing."""
    reader = visit(java_script_enabled=False)
    reader.page.goto(server + ANSWERS)
    answers = reader.page.locator("details.solution > :not(summary)")
    assert answers.count() and not any(a.evaluate(SEEN) for a in answers.all())


def test_workings_are_printed(printed):
    notes = printed(NUMBERS).locator(".workings li")
    assert notes.count() and [n.inner_text() for n in notes.all() if not n.evaluate(SEEN)] == []


@pytest.mark.parametrize("part", ["header.md-header", ".md-sidebar--primary", ".md-sidebar--secondary", "footer.md-footer"])
def test_what_only_a_screen_needs_is_not_printed(printed, part):
    furniture = printed(NUMBERS).locator(part)
    expect(furniture).to_have_count(1)
    expect(furniture).to_be_hidden()


# ---------------------------------------------------------------- glossary

def test_every_glossary_link_is_focusable_has_a_gloss_and_leads_to_its_entry(visit, server, pages):
    """The gloss is the title of a link: unlike an <abbr> a link can be reached by touch and by keyboard."""
    reader, wrong, links, seen = visit(java_script_enabled=False), [], set(), 0
    for page in pages:
        reader.page.goto(server + page)
        # Nothing inside a hidden answer can have the focus, so open them all.
        for title, href, focusable in reader.page.locator("a.term").evaluate_all("""links => {
                document.querySelectorAll("details").forEach(d => d.open = true);
                return links.map(a => [a.title, a.href, (a.focus(), document.activeElement === a)])}"""):
            seen += 1
            links.add(urljoin(server + page, href))
            if not title or not focusable:
                wrong.append(f"{page}: {href}")
    reader.page.goto(server + "reference/glossary.html")
    entries = set(reader.page.locator("dt[id]").evaluate_all("terms => terms.map(t => t.id)"))
    wrong += sorted(link for link in links if link.partition("#")[0] != server + "reference/glossary.html" or link.partition("#")[2] not in entries)
    assert seen and wrong == []


def test_a_term_shows_its_gloss_on_keyboard_focus(visit, server):
    reader = visit()
    reader.page.goto(server + NUMBERS, wait_until="networkidle")
    term = reader.page.locator("a.term").first
    gloss = term.get_attribute("title")
    tab_to(reader.page, term)
    expect(reader.page.get_by_role("tooltip").filter(has_text=gloss)).to_be_visible()
