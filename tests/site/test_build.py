"""The built site as files: complete, the same every time, and in need of nothing from elsewhere."""

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from macros.tools import zip_site
from tests.book.lint import configuration
from tests.site.building import build, html_files
from tests.site.html_checks import external_in_css, external_resource

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def again(tmp_path_factory) -> Path:
    """A second build, with another seed for the order of sets and in another time zone."""
    target = tmp_path_factory.mktemp("again") / "site"
    done = build(target, PYTHONHASHSEED="4711", TZ="Pacific/Auckland")
    assert done.returncode == 0, done.stdout
    return target


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_sources_give_the_same_files(site, again):
    """Whoever builds the book can compare it with the published one, byte for byte."""
    first, second = _files(site), _files(again)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_the_same_site_gives_the_same_zip(site, again, tmp_path):
    for folder, tree in (("a", site), ("b", again)):
        zip_site(tree, tmp_path / folder / "primer.zip")
    assert (tmp_path / "a" / "primer.zip").read_bytes() == (tmp_path / "b" / "primer.zip").read_bytes()


def test_the_zip_does_not_depend_on_file_times(again, tmp_path, monkeypatch):
    """Without SOURCE_DATE_EPOCH too: a download can be checked against its own sources."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    zip_site(again, tmp_path / "a" / "primer.zip")
    os.utime(again / "index.html", (2_000_000_000, 2_000_000_000))
    zip_site(again, tmp_path / "b" / "primer.zip")
    assert (tmp_path / "a" / "primer.zip").read_bytes() == (tmp_path / "b" / "primer.zip").read_bytes()


def test_every_page_of_the_nav_is_built(site, pages):
    assert [page for page in pages if not (site / page).is_file()] == []


def test_nothing_but_the_nav_the_catalog_and_the_404_page_is_built(site, book_pages):
    assert sorted(path.relative_to(site).as_posix() for path in html_files(site)) == sorted([*book_pages, "404.html"])


def test_the_sitemap_names_exactly_the_pages_of_the_book(site, book_pages):
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    locations = [e.text for e in ElementTree.parse(site / "sitemap.xml").iterfind("s:url/s:loc", names)]
    assert sorted(locations) == sorted(configuration()["site_url"] + page for page in book_pages)


def test_no_page_fetches_anything_from_elsewhere(site):
    found = [f"{path.relative_to(site)}: {problem}" for path in html_files(site) for problem in external_resource(path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


def test_no_style_sheet_fetches_anything_from_elsewhere(site):
    found = [f"{path.relative_to(site)}: {problem}" for path in site.rglob("*.css") for problem in external_in_css(path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("planted", [
    '<script src="https://unpkg.com/iframe-worker/shim"></script>',
    '<script src="//unpkg.com/iframe-worker/shim"></script>',
    '<link rel="stylesheet" href="https://fonts.googleapis.com/css">',
    '<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>',
    '<link rel="icon" href="HTTPS://example.org/favicon.png">',
    '<img src="https://example.org/a.png" alt="">',
    '<img src="a.png" srcset="a.png 1x, https://example.org/b.png 2x" alt="">',
    '<iframe src="https://example.org/"></iframe>',
    '<video poster="https://example.org/a.png"></video>',
    '<p style="background: url(https://example.org/a.png)">',
    "<style>@font-face { src: url('//example.org/a.woff2') }</style>",
    '<style>@import "https://example.org/a.css";</style>',
])
def test_a_planted_external_resource_is_found(planted):
    assert len(external_resource(f"<body>{planted}</body>")) == 1


@pytest.mark.parametrize("harmless", [
    '<a href="https://example.org/">a link</a>',
    '<link rel="canonical" href="https://example.org/primer/">',
    '<script src="../assets/book.js"></script>',
    '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>',
    "<style>a { background: url(data:image/png;base64,AA//BB) }</style>",
])
def test_links_and_files_of_the_site_are_no_external_resources(harmless):
    assert external_resource(f"<body>{harmless}</body>") == []
