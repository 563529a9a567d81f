"""The reference pages in a browser: the catalogs sort and narrow, lead to every page, and are complete without script."""

import re

import pytest
from playwright.sync_api import expect

from macros import staging
from tests.site.building import address

pytestmark = pytest.mark.browser

MODELS, DEVICES = "reference/models.html", "reference/devices.html"
PAGES = ("reference/models/llama-3.1-8b.html", "reference/models/gpt-oss-120b.html", "reference/devices/rtx-3060-12.html", "reference/devices/m4-max.html", "reference/devices/nvme-gen4.html")


@pytest.fixture
def catalog(visit, server):
    """The catalog of models, and a function that gives the cells of a column as they stand."""
    reader = visit()
    reader.page.goto(server + MODELS)
    return reader.page


def column(page, number: int) -> list[str]:
    """What sorting goes by in the rows that are shown."""
    return page.locator(f"table.sortable tbody tr:not([hidden]) > :nth-child({number})").evaluate_all("cells => cells.map(c => c.dataset.value ?? c.textContent)")


def test_every_generated_page_is_built(site):
    assert [page for page in map(address, staging.pages()) if not (site / page).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_without_a_fault_and_leads_back_to_its_catalog(visit, server, page):
    reader = visit()
    reader.page.goto(server + page, wait_until="networkidle")
    assert reader.faults == [] and reader.requests_outside(server) == []
    reader.page.locator(".part a").click()
    expect(reader.page.locator("h1")).to_contain_text("in the catalog")


@pytest.mark.parametrize("page", (*PAGES, MODELS, DEVICES, "reference/formats.html"))
def test_a_page_does_not_scroll_sideways_on_a_phone(visit, server, page):
    reader = visit(viewport={"width": 390, "height": 844})
    reader.page.goto(server + page)
    assert reader.page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_a_click_on_a_head_sorts_by_numbers_and_a_second_one_the_other_way(catalog):
    head = catalog.get_by_role("columnheader", name="Context")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    up = [int(text.replace(",", "")) for text in column(catalog, 5)]
    assert up == sorted(up) and len(set(up)) > 3
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert [int(text.replace(",", "")) for text in column(catalog, 5)] == sorted(up, reverse=True)


def test_sorting_by_words_is_alphabetical_and_only_one_head_says_so(catalog):
    catalog.get_by_role("columnheader", name="Context").get_by_role("button").click()
    catalog.get_by_role("columnheader", name="Maker").get_by_role("button").click()
    makers = column(catalog, 2)
    assert makers == sorted(makers, key=str.lower) and len(set(makers)) > 3
    expect(catalog.locator("th[aria-sort]")).to_have_count(1)


def test_a_head_sorts_by_keyboard(catalog):
    button = catalog.get_by_role("columnheader", name="Released").get_by_role("button")
    button.focus()
    catalog.keyboard.press("Enter")
    months = column(catalog, 3)
    assert months == sorted(months)


def test_missing_values_come_last_both_ways(visit, server):
    page = visit().page
    page.goto(server + DEVICES)
    button = page.get_by_role("columnheader", name="Launch price").get_by_role("button")
    for _ in range(2):
        button.click()
        prices = column(page, 8)
        assert prices[0] and not prices[-1] and "" not in prices[:prices.index("")]
        assert set(prices[prices.index(""):]) == {""}


def test_filters_narrow_the_table_say_so_and_are_cleared(catalog):
    everything = len(column(catalog, 1))
    expect(catalog.locator("form.filter output")).to_have_text(f"{everything} rows")
    catalog.get_by_label("Made by").select_option("Meta")
    assert set(column(catalog, 2)) == {"Meta"}
    catalog.get_by_label("Fits in").select_option("8")
    sizes = [int(text) for text in column(catalog, 7)]
    assert sizes and max(sizes) <= 8
    expect(catalog.locator("form.filter output")).to_have_text(f"{len(sizes)} of {everything} rows")
    catalog.locator("form.filter").get_by_role("button", name="Clear").click()
    expect(catalog.locator("form.filter output")).to_have_text(f"{everything} rows")


def test_typing_finds_a_model_and_its_name_leads_to_its_page(catalog):
    catalog.get_by_label("Contains").press_sequentially("gpt-oss-20")
    expect(catalog.locator("table.sortable tbody tr:visible")).to_have_count(1)
    catalog.get_by_role("link", name="gpt-oss-20b").click()
    expect(catalog.locator("h1")).to_contain_text("gpt-oss-20b")


def test_without_script_the_catalog_is_complete_and_has_no_dead_controls(visit, server, book):
    page = visit(java_script_enabled=False).page
    page.goto(server + MODELS)
    expect(page.locator("table.sortable tbody tr:visible")).to_have_count(len(book.models))
    expect(page.locator("form.filter")).to_be_hidden()
    expect(page.locator("table.sortable button")).to_have_count(0)


def test_the_search_finds_a_model_that_has_a_page(visit, server):
    page = visit().page
    page.goto(server + "index.html")
    page.keyboard.press("/")
    page.keyboard.type("gpt-oss-120b")
    expect(page.locator("a.md-search-result__link").first).to_be_visible()
    links = page.locator("a.md-search-result__link").evaluate_all("links => links.map(a => a.href)")
    assert any(re.search(r"reference/models\.html", link) for link in links)
