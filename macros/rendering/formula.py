"""LaTeX to MathML when the book is built: no script, selectable, printed by the browser's own fonts."""

from latex2mathml.converter import convert


def fence(source, language, css_class, options, md, **kwargs) -> str:
    """Formatter of ```math fences (pymdownx.superfences)."""
    # A long formula scrolls inside its line on a phone, so the keyboard must reach it.
    return f'<div class="formula" role="group" aria-label="Formula" tabindex="0">{convert(source, display="block")}</div>'


def inline(source, language, css_class, md) -> str:
    """Formatter of `#!math …` (pymdownx.inlinehilite)."""
    return convert(source)
