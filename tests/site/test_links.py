"""Every link of the built site leads somewhere, raw HTML and anchors included.

MkDocs looks at Markdown links only; lychee reads the pages as a browser gets them. It passes over scripts:
those are seen by test_browser.py, which fails on every request that fails.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.building import BASE, html_files

pytestmark = pytest.mark.slow


def lychee(root: Path, files: list[Path]) -> subprocess.CompletedProcess:
    program = shutil.which("lychee", path=str(Path(sys.executable).parent)) or shutil.which("lychee")
    assert program, "lychee is missing; run: make test"
    return subprocess.run([program, "--offline", "--include-fragments", "--no-progress", "--root-dir", str(root), *map(str, files)],
                          cwd=root, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture(scope="module")
def hosted(site, tmp_path_factory) -> Path:
    """A copy of the site in the folder a server offers: the 404 page names its files from the top of the server."""
    root = tmp_path_factory.mktemp("hosted")
    shutil.copytree(site, root / BASE.strip("/"), dirs_exist_ok=True)
    return root


def test_every_link_and_anchor_of_the_site_leads_somewhere(hosted):
    done = lychee(hosted, html_files(hosted))
    assert done.returncode == 0, done.stdout


PLANTED = {
    "missing image": '<img src="missing.png" alt="">',
    "dead link in raw HTML": '<a href="missing.html">there</a>',
    "dead frame in raw HTML": '<iframe src="missing.html" title=""></iframe>',
    "dead anchor on the same page": '<a href="#missing">there</a>',
    "dead anchor on another page": '<a href="../index.html#missing">there</a>',
    "dead link from the top of the server": f'<a href="{BASE}missing.html">there</a>',
}


def _plant(hosted: Path, pages: list[str], html: str) -> Path:
    """A page of the book with `html` at its end, beside the original."""
    original = hosted / BASE.strip("/") / next(page for page in pages if "/" in page)
    planted = original.with_name("planted.html")
    planted.write_text(original.read_text(encoding="utf-8").replace("</article>", html + "</article>"), encoding="utf-8")
    return planted


@pytest.mark.parametrize("html", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_mistake_is_found(hosted, pages, html):
    done = lychee(hosted, [_plant(hosted, pages, html)])
    assert done.returncode == 2 and "missing" in done.stdout, done.stdout


@pytest.mark.parametrize("html", ['<a href="../index.html#contents">there</a>', f'<a href="{BASE}index.html">there</a>'], ids=["anchor", "from the top of the server"])
def test_a_correct_link_is_no_mistake(hosted, pages, html):
    done = lychee(hosted, [_plant(hosted, pages, html)])
    assert done.returncode == 0, done.stdout
