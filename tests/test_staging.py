"""Pages that follow from the catalog: one for each record, written once, gone with the record, all of them computable."""

import dataclasses
import re

import jinja2
import pytest
import yaml

from macros import VOCABULARY, staging
from macros.rendering.sealed import unseal
from macros.rendering.units import NBSP

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)      # the C one is ten times faster


@pytest.fixture
def docs(tmp_path):
    staging.stage(tmp_path)
    return tmp_path


def _times(docs):
    return {path: path.stat().st_mtime_ns for path in docs.rglob("*.md")}


def test_every_record_has_its_page_and_no_page_is_without_one(book, docs):
    written = {path.relative_to(docs).as_posix() for path in docs.rglob("*") if path.is_file()}
    assert written == {f"reference/models/{id}.md" for id in book.models} | {f"reference/devices/{id}.md" for id in book.devices}


def test_staging_again_writes_nothing(docs):
    before = _times(docs)
    again = staging.stage(docs)
    assert (again.written, again.removed) == ((), ()) and _times(docs) == before


def test_a_changed_page_is_written_again_and_alone(docs):
    changed = docs / "reference/models/llama-3.1-8b.md"
    text = changed.read_text(encoding="utf-8")
    changed.write_text("old", encoding="utf-8")
    before = _times(docs)
    assert staging.stage(docs).written == ("reference/models/llama-3.1-8b.md",)
    assert changed.read_text(encoding="utf-8") == text
    assert [path for path, time in _times(docs).items() if time != before[path]] == [changed]


def test_the_page_of_a_removed_record_is_deleted(book, docs, monkeypatch):
    fewer = dataclasses.replace(book, devices={id: d for id, d in book.devices.items() if id != "rtx-3090"})
    monkeypatch.setattr(staging, "catalog", lambda: fewer)
    assert staging.stage(docs).removed == ("reference/devices/rtx-3090.md",)
    assert not (docs / "reference/devices/rtx-3090.md").exists() and (docs / "reference/devices/rtx-4090.md").exists()


def test_only_generated_pages_are_deleted(docs):
    chapter = docs / "reference" / "glossary.md"
    chapter.write_text("a chapter", encoding="utf-8")
    staging.stage(docs)
    assert chapter.exists()


def test_generated_pages_are_told_from_chapters():
    assert staging.is_generated("reference/models/llama-3.1-8b.md") and staging.is_generated("reference/devices/m1.html")
    assert not staging.is_generated("reference/models.md") and not staging.is_generated("start/what-is-an-llm.md")


@pytest.mark.parametrize("name", ['A "quoted": name', "Star * and _under_ [bracket]", "A & B < C"])
def test_any_name_makes_a_title_and_a_heading(book, name):
    record = book.models["gpt2"].model_copy(update={"name": name})
    page = staging._model_page(record)
    front = yaml.load(page.split("---")[1], LOADER)
    assert front["title"] == name and "gpt2" not in front["title"]
    heading = re.search(r"^# (.*)$", page, re.MULTILINE)[1]
    assert re.sub(r"\\(.)", r"\1", heading).replace("&lt;", "<").replace("&amp;", "&") == name


def test_front_matter_is_complete_and_keeps_the_page_out_of_the_search_index():
    for name, text in staging.pages().items():
        front = yaml.load(text.split("---")[1], LOADER)
        assert front["title"] and len(front["description"]) <= 160 and front["kind"] == "look-up" and front["search"] == {"exclude": True}, name


@pytest.fixture(scope="module")
def rendered():
    """Every generated page with its macro calls carried out, by name."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, variable_start_string="[[=", variable_end_string="=]]")
    environment.globals |= {function.__name__: function for function in VOCABULARY}
    return {name: unseal(environment.from_string(text).render()) for name, text in staging.pages().items()}


@pytest.mark.slow
def test_every_page_can_be_computed(rendered, book):
    assert len(rendered) == len(book.models) + len(book.devices)
    assert [name for name, text in rendered.items() if "<figure" not in text and "none of the models" not in text and "No device" not in text] == []


@pytest.mark.slow
def test_a_page_is_light(rendered):
    assert [name for name, text in rendered.items() if len(text.encode()) > 128_000] == []


@pytest.mark.slow
def test_links_between_pages_lead_to_pages(rendered):
    for name, text in rendered.items():
        for folder, id in re.findall(r'href="\.\./(models|devices)/([^"]+)\.html"', text):
            assert f"reference/{folder}/{id}.md" in rendered, name


@pytest.mark.slow
def test_a_device_names_the_model_that_names_it(rendered):
    """Both pages reckon with the same need and the same memory."""
    def rows(text):
        return {(folder, id) for folder, id in re.findall(r'href="\.\./(models|devices)/([^"]+)\.html"', text)}
    for name, text in rendered.items():
        if name.startswith("reference/models/"):
            own = name.removeprefix("reference/models/").removesuffix(".md")
            for _, device in rows(text):
                assert ("models", own) in rows(rendered[f"reference/devices/{device}.md"]), (own, device)


@pytest.mark.slow
def test_units_are_never_broken_from_their_numbers(rendered):
    assert f"8.03{NBSP}billion parameters" in rendered["reference/models/llama-3.1-8b.md"]
