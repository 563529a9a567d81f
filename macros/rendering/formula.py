"""LaTeX to MathML when the book is built: no script, selectable, printed by the browser's own fonts."""

from latex2mathml.converter import convert


def fence(source, language, css_class, options, md, **kwargs) -> str:
    """Formatter of ```math fences (pymdownx.superfences)."""
    return f'<div class="formula">{convert(source, display="block")}</div>'


def inline(source, language, css_class, md) -> str:
    """Formatter of `#!math …` (pymdownx.inlinehilite)."""
    return convert(source)
