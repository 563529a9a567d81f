"""How the tests build the book and name its pages."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

from macros.staging import stage
from tests.book.lint import PROJECT, configuration

# The path at which a server offers the book: the 404 page names its files by it.
BASE = urlparse(configuration()["site_url"]).path.rstrip("/") + "/"


def build(target: Path, project: Path = PROJECT, **environment: str) -> subprocess.CompletedProcess:
    """Build strictly into `target`, as `make book` does; stdout holds everything it printed."""
    if project == PROJECT:
        stage()
    return subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)], cwd=project, text=True, encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=os.environ | {"SOURCE_DATE_EPOCH": "1764547200", "NO_MKDOCS_2_WARNING": "1", "PYTHONIOENCODING": "utf-8"} | environment)


def address(source: str) -> str:
    """The built page of a chapter: 'start/what-is-an-llm.md' gives 'start/what-is-an-llm.html'."""
    return source.removesuffix(".md") + ".html"


def html_files(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))
