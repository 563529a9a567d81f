"""Macro calls in the source of a page, and what can be wrong with them before any is carried out."""

import re
from collections.abc import Collection, Iterator

import jinja2

from .catalog import nearest

_CALL = re.compile(r"\[\[=(.*?)=\]\]", re.DOTALL)
_SYNTAX = jinja2.Environment(variable_start_string="[[=", variable_end_string="=]]")


def macro_calls(text: str) -> Iterator[tuple[int, str]]:
    """Every call of a page: number of its line, and what stands between the marks."""
    for match in _CALL.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1].strip()


def wrong_call(expression: str, macros: Collection[str]) -> str | None:
    """What is wrong with the name or the syntax of a call, and what would be right; None if nothing is."""
    name = re.match(r"\w+", expression)
    if not name or name[0] not in macros:
        found = name[0] if name else expression[:30]
        return f"there is no macro '{found}'.{nearest(found, macros)} All of them are listed in CONTRIBUTING.md"
    try:
        _SYNTAX.parse(f"[[={expression}=]]")
    except jinja2.TemplateSyntaxError as error:
        return f"{name[0]}: {error.message}; write arguments as name=value, texts in double quotes"
    return None


def unclosed(text: str) -> str | None:
    """What to do about a call that begins and does not end; None if there is none."""
    return "a macro call is not closed; write [[= name(…) =]]" if text.count("[[=") != text.count("=]]") else None
