"""Drawings: boxes and arrows from macros/catalog/drawings/, and pictures computed from the catalog, as SVG.

Every drawing is 360 units wide, so its type is legible on a phone; it names no color and holds no script.
What it shows stands in words below it, for everybody.
"""

from html import escape

from ..catalog.records import Drawing
from ..data import catalog
from .html import block, element
from .layout import BAR, HEAD, NOTE_LINE, TEXT, TEXT_LINE, TITLE_LINE, WIDTH, PlacedArrow, PlacedBox, PlacedFrame, PlacedLabel, Point, Rect, lay_out

KINDS = {"step": "a step", "weights": "weights", "cache": "cache", "outside": "outside"}


def drawing(*, id: str, caption: str, name: str) -> str:
    """A schematic drawing of boxes and arrows: macros/catalog/drawings/<name>.yaml."""
    return drawn(id, caption, catalog().find("drawings", name))


def drawn(id: str, caption: str, record: Drawing, note: str = "") -> str:
    """A record as a figure; raises CatalogError where a text has no room."""
    layout = lay_out(record)
    parts = [_frame(f) for f in layout.frames] + [_arrow(a) for a in layout.arrows] + [_box(b) for b in layout.boxes]
    parts += [_title(f) for f in layout.frames] + [_label(a.label) for a in layout.arrows if a.label]
    kinds = {box.kind for box in record.boxes}
    return picture(id, caption, record.text, layout.height, "".join(parts), key={kind: word for kind, word in KINDS.items() if kind in kinds}, note=note)


def picture(id: str, caption: str, words: str, height: float, content: str, *, key: dict[str, str] | None = None, note: str = "") -> str:
    """A figure around the content of an SVG: caption, key (class of a swatch: word), and the picture in words."""
    svg = element("svg", element("title", escape(caption), id=f"{id}-title") + element("desc", escape(words), id=f"{id}-desc") + content,
                  viewBox=f"0 0 {WIDTH} {_n(height)}", role="img", aria_labelledby=f"{id}-title {id}-desc", data_search_exclude="true")
    swatches = " ".join(element("span", f'<i class="{class_}"></i>{escape(word)}') for class_, word in (key or {}).items())
    body = element("figcaption", element("b", escape(caption)), id=id) + svg
    body += element("p", swatches, class_="key") if swatches else ""
    body += element("p", note, class_="tnote") if note else ""
    body += element("details", element("summary", "The picture in words") + element("p", escape(words)), class_="words")
    return block(element("figure", body, class_="tab drawing", aria_labelledby=id))


# ---------------------------------------------------------------- pieces of SVG

def _n(value: float) -> str:
    """A coordinate with at most one place."""
    return f"{value:.1f}".removesuffix(".0")


def rect(area: Rect, class_: str, round_: float = 0) -> str:
    return element("rect", x=_n(area.x), y=_n(area.y), width=_n(area.width), height=_n(area.height), rx=_n(round_) if round_ else None, class_=class_)


def text(at: Point, words: str, class_: str | None = None) -> str:
    """One line of text; the y of `at` is its base line."""
    return element("text", escape(words), x=_n(at.x), y=_n(at.y), class_=class_)


def path(points: list[Point], class_: str) -> str:
    return element("path", d="M" + "L".join(f"{_n(p.x)} {_n(p.y)}" for p in points), class_=class_)


def lines(pieces: list[tuple[Point, Point]], class_: str) -> str:
    """Separate straight lines as one element."""
    return element("path", d="".join(f"M{_n(a.x)} {_n(a.y)}L{_n(b.x)} {_n(b.y)}" for a, b in pieces), class_=class_)


def swatch(area: Rect, class_: str) -> str:
    """An area of a data color, outlined; hatched as well if it is that of the cache (d2)."""
    return rect(area, class_) + (_hatch(area) + rect(area, "outline") if class_ == "d2" else "")


def _hatch(area: Rect, step: float = 4) -> str:
    """Diagonal strokes inside an area, computed, so that no pattern with an id is needed."""
    strokes, c = [], area.x + area.y + step / 2
    while c < area.right + area.bottom:
        x1, x2 = max(area.x, c - area.bottom), min(area.right, c - area.y)
        strokes.append((Point(x1, c - x1), Point(x2, c - x2)))
        c += step
    return lines(strokes, "stroke")


def _box(placed: PlacedBox) -> str:
    area, kind = placed.area, placed.box.kind
    html, left = rect(area, f"box {kind}", 7 if kind == "step" else 0), area.x
    if kind in ("weights", "cache"):
        bar = Rect(area.x, area.y, BAR, area.height)
        html += swatch(bar, "d1" if kind == "weights" else "d2")
        left += BAR
    x = (left + area.right) / 2
    y = area.y + (area.height - len(placed.text) * TEXT_LINE - len(placed.note) * NOTE_LINE) / 2
    for number, line in enumerate(placed.text):
        html += text(Point(x, y + number * TEXT_LINE + 11), line, "main" if placed.size == TEXT else "main small")
    y += len(placed.text) * TEXT_LINE
    for number, line in enumerate(placed.note):
        html += text(Point(x, y + number * NOTE_LINE + 10), line, "note")
    return element("g", html, data_box=placed.box.id)


def _arrow(placed: PlacedArrow) -> str:
    a, b = placed.points[-2:]
    length = abs(b.x - a.x) + abs(b.y - a.y)
    dx, dy = (b.x - a.x) / length, (b.y - a.y) / length
    base = Point(b.x - HEAD * dx, b.y - HEAD * dy)
    head = [b, Point(base.x + 3.5 * dy, base.y + 3.5 * dx), Point(base.x - 3.5 * dy, base.y - 3.5 * dx), b]
    return element("g", path([*placed.points[:-1], base], "line") + path(head, "head"), data_from=placed.arrow.start, data_to=placed.arrow.end)


def _label(label: PlacedLabel) -> str:
    area = label.area
    words = "".join(text(Point(area.x + area.width / 2, area.y + 12 * number + 9.5), line, "note") for number, line in enumerate(label.lines))
    return _paper(area) + words


def _frame(frame: PlacedFrame) -> str:
    return rect(frame.area, "frame", 4)


def _title(frame: PlacedFrame) -> str:
    area = frame.title
    words = "".join(text(Point(area.x, area.y + TITLE_LINE * number + 9.5), line, "note title left") for number, line in enumerate(frame.lines))
    return _paper(area) + words


def _paper(area: Rect) -> str:
    """Background of a label, so that no line runs through its letters."""
    return rect(Rect(area.x - 1, area.y, area.width + 2, area.height), "paper")
