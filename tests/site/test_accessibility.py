"""axe-core finds nothing on any page: WCAG 2.0 to 2.2, levels A and AA, and its best practices.

The theme's own markup fails a good many of these rules; overrides/main.html repairs it by replacing text,
and this is the test that notices when a new theme no longer matches.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]}, "resultTypes": ["violations"]}
# Dark paper changes colors and nothing else, so only the rules that look at colors can find anything new.
COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": ["violations"]}
NUMBERS, ANSWERS = "start/what-is-an-llm.html", "hardware/how-much-memory.html"


def violations(page, where: str, rules: dict = RULES) -> list[str]:
    """One block of lines for each element that breaks a rule."""
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{where}: {violation['id']}: {violation['help']}\n    at   {node['target']}\n    html {' '.join(node['html'].split())}\n    why  {node.get('failureSummary', '').replace(chr(10), ' ')}"
            for violation in found for node in violation["nodes"]]


def complain(problems: list[str]) -> None:
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.mark.parametrize(("scheme", "width", "half"), [(*view, half) for view in (("light", 1280), ("dark", 1280), ("light", 390)) for half in (0, 1)])
def test_no_page_breaks_a_rule(visit, server, pages, scheme, width, half):
    """Every page in three views, each in two halves that two workers can share."""
    reader, found = visit(color_scheme=scheme, viewport={"width": width, "height": 900}), []
    for page in [*pages, "404.html"][half::2]:
        reader.page.goto(server + page)
        expect(reader.page.locator("body")).to_have_attribute("data-md-color-scheme", {"light": "default", "dark": "slate"}[scheme])
        found += violations(reader.page, page, COLORS if scheme == "dark" else RULES)
    complain(found)


@pytest.fixture(params=["light", "dark"])
def page(request, visit):
    return visit(color_scheme=request.param).page


def test_the_open_search_breaks_no_rule(page, server):
    page.goto(server + "index.html")
    page.keyboard.press("/")
    page.keyboard.type("memory")
    expect(page.locator("a.md-search-result__link").first).to_be_visible()
    complain(violations(page, "index.html with search open"))


def test_open_answers_break_no_rule(page, server):
    page.goto(server + ANSWERS)
    for summary in page.locator("article details > summary").all():
        summary.click()
    expect(page.locator("article details:not([open])")).to_have_count(0)
    complain(violations(page, f"{ANSWERS} with every answer open"))


def test_an_open_working_breaks_no_rule(page, server):
    page.goto(server + NUMBERS)
    page.locator("article a.n").first.click()
    expect(page.locator(".pop")).to_be_visible()
    complain(violations(page, f"{NUMBERS} with a working open"))


def test_a_menu_open_on_a_phone_breaks_no_rule(visit, server):
    page = visit(viewport={"width": 390, "height": 844}).page
    page.goto(server + NUMBERS)
    page.get_by_role("button", name="Contents").click()
    expect(page.locator(".md-sidebar--primary")).to_be_in_viewport()
    complain(violations(page, f"{NUMBERS} with the menu open on a phone"))


def test_planted_violations_are_found(visit, server):
    page = visit().page
    page.goto(server + "index.html")
    page.locator("article").evaluate("""article => article.insertAdjacentHTML("beforeend", '<img src="data:,"><p style="color: #ccc; background: #fff">too pale</p>')""")
    found = "\n".join(violations(page, "index.html"))
    assert "image-alt" in found and "color-contrast" in found and "too pale" in found
