"""Hooks of `make serve` (mkdocs.serve.yml), so that an edited chapter shows up at once however large the book is.

`--dirty` makes MkDocs read changed pages only; the titles of the others, for the navigation, come from here.
Pages that follow from the catalog are left out of the build altogether: the page of a model or device is made
when somebody opens it, with the means of the last build.
"""

import threading
from pathlib import Path

from mkdocs.commands.build import _build_page, _populate_page
from mkdocs.structure.files import InclusionLevel
from mkdocs.structure.pages import Page

from macros.rendering.pages import front_matter

_last = {}
_working = threading.Lock()            # held while a build runs, and while a single page is made
_building = False


def on_pre_build(config):
    global _building
    _working.acquire()
    _building = True


def on_nav(nav, config, files):
    for page in nav.pages:
        if page.title is None:
            page.title = front_matter(Path(page.file.abs_src_path)).get("title")
    _last["nav"] = nav


def on_env(env, config, files):
    _last.update(env=env, config=config, files=files)


def on_post_build(config):
    global _building
    _building = False
    _working.release()


def on_build_error(error):
    if _building:
        on_post_build(None)


def on_serve(server, config, builder):
    """Put the making of a missing page in front of the server."""
    serve = server.get_app()

    def application(environ, start_response):
        _make(environ["PATH_INFO"].removeprefix(server.mount_path))
        return serve(environ, start_response)

    server.set_app(application)


def _make(address: str) -> None:
    """Make the page at this address, relative to the cover, if it is one that was left out of the build."""
    with _working:
        files, config = _last["files"], _last["config"]
        left_out = files.documentation_pages(inclusion=InclusionLevel.is_excluded)
        for file in (f for f in left_out if f.url == address):
            page = Page(None, file, config)
            _populate_page(page, config, files)
            _build_page(page, config, files.documentation_pages(), _last["nav"], _last["env"])
