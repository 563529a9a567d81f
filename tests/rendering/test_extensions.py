"""The two Markdown extensions and the formula fence."""

import markdown
import pytest

from macros.rendering import formula, numbers

NUMBER = numbers.parameters(model="llama-3.1-8b")


def render(text: str, *extensions: str) -> str:
    return markdown.markdown(text, extensions=[*extensions, "attr_list", "admonition", "md_in_html", "tables"])


def test_a_number_becomes_a_link_to_a_note_that_links_back():
    html = render(f"It has {NUMBER} parameters.", "macros.rendering.endnotes")
    assert 'href="#w1" id="n1"' in html and '<li id="w1">' in html and 'href="#n1"' in html
    assert 'data-value="8030261248"' in html and "<data" not in html


def test_the_same_number_twice_shares_one_note():
    html = render(f"{NUMBER} and again {NUMBER}, then {numbers.weights(model='gpt2', format='F16')}", "macros.rendering.endnotes")
    assert html.count('href="#w1"') == 2 and html.count("<li id=") == 2 and "How the 2 numbers on this page were computed" in html


def test_a_page_without_numbers_has_no_notes():
    assert "endnotes" not in render("Nothing here.", "macros.rendering.endnotes")


@pytest.mark.parametrize("around", ["| a |\n|---|\n| {} |", "!!! answer\n    {}", "- {}", "> {}", "*{}*", '<div markdown>\n\n{}\n\n</div>'])
def test_a_number_survives_wherever_a_chapter_puts_it(around):
    html = render(around.format(NUMBER), "macros.rendering.endnotes")
    assert '<a class="n" href="#w1"' in html and "<data" not in html


def test_the_first_mention_of_a_term_links_to_the_glossary_and_the_second_does_not():
    html = render("A KV cache grows. The KV cache is memory.", "macros.rendering.tooltips")
    assert html.count('href="../reference/glossary.md#kv-cache"') == 1 and "title=" in html


@pytest.mark.parametrize("text", ["# KV cache", "[KV cache](x.md)", "`KV cache`", "*KV cache*", "KV-cache-like", '<div class="home" markdown>\n\nKV cache\n\n</div>'])
def test_headings_links_code_definitions_parts_of_words_and_the_home_page_are_left_alone(text):
    assert "glossary" not in render(text, "macros.rendering.tooltips")


def test_an_abbreviation_is_recognized_in_its_own_case_only():
    assert "glossary" in render("It uses RAG.", "macros.rendering.tooltips")
    assert "glossary" not in render("It is a rag.", "macros.rendering.tooltips")


def test_text_around_and_between_terms_is_kept():
    html = render("One token, then a tensor, and **a layer** follow.", "macros.rendering.tooltips")
    import re
    assert re.sub(r"<[^>]+>", "", html) == "One token, then a tensor, and a layer follow."


def test_a_formula_is_mathml():
    html = formula.fence(r"\frac{a}{b}", "math", "math", {}, None)
    assert "<mfrac>" in html and "script" not in html
