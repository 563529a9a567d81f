"""The built book in three forms (folder, web server, unpacked offline edition) and a browser that keeps a record."""

import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from macros import staging
from macros.tools import zip_site
from tests.book.lint import nav_pages
from tests.site.browser import launch
from tests.site.building import BASE, address, build

expect.set_options(timeout=15_000)  # a worker reads the whole index before the first result; that takes long on a busy machine


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The book, built once from the sources as they are; site/ of the project is left alone."""
    target = tmp_path_factory.mktemp("built") / "site"
    done = build(target)
    if done.returncode:
        pytest.fail(f"the book does not build:\n{done.stdout}", pytrace=False)
    return target


@pytest.fixture(scope="session")
def edition(site, tmp_path_factory) -> Path:
    """The offline edition as a reader has it: packed, and unpacked again."""
    folder = tmp_path_factory.mktemp("offline")
    zip_site(site, folder / "primer.zip")
    with zipfile.ZipFile(folder / "primer.zip") as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked" / "primer"


class _Quiet(SimpleHTTPRequestHandler):
    """Offers the site below BASE, as the real server will; anything else is the book's own 404 page."""

    def translate_path(self, path):
        return super().translate_path(path.removeprefix(BASE.rstrip("/")))

    def send_error(self, code, message=None, explain=None):
        body = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def server(site) -> str:
    """Address of the cover, without its file name, on a web server of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}{BASE}"
        running.shutdown()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        try:
            running = launch(playwright)
        except FileNotFoundError as error:
            pytest.fail(str(error), pytrace=False)
        yield running
        running.close()


class Visit:
    """A page of the browser, and what happened on it since it was opened."""

    def __init__(self, page):
        self.page = page
        self.requests: list[str] = []
        self.workers: list[str] = []
        self.faults: list[str] = []
        self.broken_off: set[str] = set()  # going to the next page breaks off what this one still fetches, the icon as a rule
        self.answered: set[str] = set()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("worker", lambda worker: self.workers.append(worker.url))
        page.on("console", lambda message: message.type == "error" and self.faults.append(f"console: {message.text} ({message.location.get('url')})"))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("requestfailed", lambda request: self._failed(request))
        page.on("requestfinished", lambda request: self.answered.add(request.url))
        page.on("response", lambda response: response.status >= 400 and self.faults.append(f"request: {response.url} answered {response.status}"))

    def _failed(self, request) -> None:
        if request.failure == "net::ERR_ABORTED":
            self.broken_off.add(request.url)
        else:
            self.faults.append(f"request: {request.url} {request.failure}")

    def requests_outside(self, home: str) -> list[str]:
        """Requests for anything that does not lie below `home`; data: and about: fetch nothing."""
        return [url for url in self.requests if not url.startswith((home, "data:", "about:", "blob:"))]


@pytest.fixture
def visit(browser):
    """A function that opens an empty page in a context of its own; its arguments are those of a Playwright context."""
    contexts = []

    def open_page(**options) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return Visit(context.new_page())

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def pages() -> list[str]:
    """Addresses, relative to the cover, of all chapters and of two pages of each kind that follows from the catalog."""
    followed = ("reference/models/llama-3.1-8b.md", "reference/models/deepseek-v3.md", "reference/devices/rtx-3060-12.md", "reference/devices/m4-max.md")
    return [address(source) for source in (*nav_pages(), *followed)]


@pytest.fixture(scope="session")
def book_pages() -> list[str]:
    """Addresses of all pages of the book: those of the nav and those that follow from the catalog."""
    return [address(source) for source in (*nav_pages(), *staging.pages())]
