"""`make serve`: only edited chapters are made again; pages that follow from the catalog when somebody opens one."""

import os
import re
from types import SimpleNamespace

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from macros.staging import stage
from tests.book.lint import PROJECT

pytestmark = pytest.mark.slow

MODEL = "reference/models/llama-3.1-8b.html"


CHAPTER, OTHER = "hardware/why-memory-bandwidth", "start/what-is-an-llm.html"


def _build(site):
    config = load_config(str(PROJECT / "mkdocs.serve.yml"), site_dir=str(site))
    config.plugins.on_startup(command="serve", dirty=True)
    build(config, serve_url="http://127.0.0.1:8000/primer/", dirty=True)
    return config


def _titles(page: str) -> list[str]:
    return re.findall(r'<span class="md-ellipsis">\s*(.*?)\s*</span>', page, re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A site as `make serve` builds it, and a function that asks its server for an address."""
    stage()
    site = tmp_path_factory.mktemp("served")
    config = _build(site)
    asked = []
    server = SimpleNamespace(mount_path="/primer/", app=lambda environ, start_response: asked.append(environ["PATH_INFO"]) or [])
    server.get_app, server.set_app = lambda: server.app, lambda app: setattr(server, "app", app)
    config.plugins.on_serve(server, config=config, builder=None)

    def get(address):
        server.app({"PATH_INFO": f"/primer/{address}"}, None)
        assert asked[-1] == f"/primer/{address}"
        return site / address
    return site, get


def test_a_build_for_serving_leaves_the_generated_pages_out(served):
    site, _ = served
    assert (site / "reference/models.html").is_file() and not (site / "reference/devices").exists()


def test_a_generated_page_is_made_when_it_is_asked_for(served):
    site, get = served
    assert not (site / MODEL).exists()
    text = get(MODEL).read_text(encoding="utf-8")
    assert "<h1" in text and "8,030,261,248" in text and 'href="../devices/rtx-3060-12.html"' in text and "sealed" not in text


@pytest.mark.parametrize("address", ["reference/models/no-such-model.html", "nowhere.html", "index.html", ""])
def test_other_addresses_are_left_to_the_server(served, address):
    site, get = served
    before = sorted(site.rglob("*.html"))
    get(address)
    assert sorted(site.rglob("*.html")) == before


def test_only_what_is_older_than_its_source_is_made_again_and_the_navigation_keeps_its_titles(served):
    site, _ = served
    pages = {path: path.read_text(encoding="utf-8") for path in (site / f"{CHAPTER}.html", site / OTHER)}
    for path in pages:
        path.write_text("old", encoding="utf-8")
    os.utime(site / f"{CHAPTER}.html", (0, 0))
    _build(site)
    edited, other = pages
    assert other.read_text(encoding="utf-8") == "old"
    assert _titles(edited.read_text(encoding="utf-8")) == _titles(pages[edited]) and "What is an LLM?" in "".join(_titles(pages[edited]))
    other.write_text(pages[other], encoding="utf-8")
