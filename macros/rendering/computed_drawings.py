"""Drawings that follow from the catalog: a transformer with its real shapes, attention variants, blocks and bits."""

from fractions import Fraction
from html import escape

from ..arithmetic.anatomy import Anatomy, Piece, anatomy
from ..arithmetic.kv_cache import cell_bytes
from ..arithmetic.number_types import BLOCKS, FLOATS, INTEGERS, NAMES, bits_per_number, largest
from ..catalog.errors import CatalogError, nearest
from ..catalog.records import Architecture, Arrow, Box, Drawing, Group
from ..data import catalog
from . import units
from .drawings import drawn, lines, path, picture, rect, swatch, text
from .layout import NOTE, WIDTH, Point, Rect
from .lettering import wrap
from .numbers import cache_type, mix_of, model_of

# ---------------------------------------------------------------- transformer

NAMES_OF_PARTS = {
    "norm before attention": "Norm", "query": "Q", "query, key, value": "Q, K, V", "key": "K", "value": "V",
    "latent": "K, V down", "from latent": "K, V up",
    "attention output": "O", "norm after attention": "Norm", "norm before feed-forward": "Norm", "router": "Router", "gate": "Gate", "up": "Up", "down": "Down",
    "expert gate": "Gate of the experts", "expert up": "Up of the experts", "expert gate and up": "Gate and up of the experts",
    "expert down": "Down of the experts",
    "shared expert": "Shared expert", "norm after feed-forward": "Norm", "embedding": "Embedding", "final norm": "Final norm", "output": "Output",
}
ADDED = "added to the state"


def transformer_drawing(*, id: str, caption: str, model: str = "llama-3.1-8b", format: str = "Q4_K_M") -> str:
    """A model part by part, from tokens to the next token, with the shape, type and bytes of every part at a format."""
    record, note = transformer(model, format)
    return drawn(id, caption, record, note)


def transformer(model: str, format: str) -> tuple[Drawing, str]:
    """The boxes and arrows of a model, and a note on what all of it adds up to; raises CatalogError for a model without such layers."""
    a = model_of(model).architecture
    found = anatomy(a, mix_of(format), catalog().types)
    if found is None:
        raise CatalogError(f"transformer_drawing: {model} has no layers with attention that write text; choose another model")
    sheet = _Sheet(a, found)
    words = " ".join([f"{model_of(model).name} at {format}.", *sheet.words()])
    record = Drawing(id="transformer", text=words, boxes=tuple(sheet.boxes), arrows=tuple(sheet.arrows), groups=tuple(sheet.groups))
    apart = f", of which {_size(found.elsewhere)} in layers or tensors not drawn" if found.elsewhere >= 2**20 else ""
    all_of_it = f"All weights of {escape(model_of(model).name)} at {escape(format)}: {units.memory(found.total)}{apart}."
    return record, f"{all_of_it} A shape is numbers in × numbers out."


class _Sheet:
    """Collects boxes from top to bottom; each row is joined to the one before."""

    def __init__(self, a: Architecture, found: Anatomy):
        self.a, self.found = a, found
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.groups: list[Group] = []
        self.row = 0
        self._wide("tokens", "Tokens", "whole numbers", "data", ())
        self._wide("embedding", "Embedding", f"{self._note('embedding')}; one row is read for each token", "weights", ("tokens",))
        first = len(self.boxes)
        last = self._feed_forward(self._attention("embedding"))
        around = tuple(b.id for b in self.boxes[first:])
        count = len(found.layers)
        title = f"layer, {count} times" if count == a.layers else f"layer, {count} times; {a.layers - count} others of another shape"
        self.groups.append(Group(text=title, around=around))
        if "final norm" in found.outside:
            self._wide("final-norm", "Final norm", self._note("final norm"), "weights", (last,))
            last = "final-norm"
        output = self._note("output") if "output" in found.outside else f"{self._note('embedding')}; the embedding once more"
        self._wide("output", "Output", output, "weights", (last,))
        self._wide("sampling", "Sampling", f"picks one of {a.vocab:,} tokens by their scores", "step", ("output",))

    # ------------------------------------------------------------ rows

    def _attention(self, before: str) -> str:
        parts = self.found.layer
        before = self._norm("norm before attention", before)
        names = [name for name in ("query", "query, key, value", "key", "value", "from latent", "latent") if name in parts]
        self.row += 1
        # The query is the widest; keys and values stand above the cache.
        spans = {1: (4,), 2: (2, 2), 3: (2, 1, 1)}[len(names)]
        for place, name in enumerate(names):
            self._box(name, 1 + sum(spans[:place]), spans[place])
            # What comes from the latent reads the cache, not the state.
            if name != "from latent":
                self._arrow(before, name)
        self.row += 1
        kind = cache_type("F16")
        per_token = cell_bytes(self.a, self.found.kind, kind, kind)
        heads = f"{self.a.heads} query heads" + ("" if self.a.mla else f", {self._kv_heads()} of keys and values")
        self.boxes.append(Box(id="attention", at=(1, self.row), span=2, text="Attention", note=heads, kind="step"))
        self.boxes.append(Box(id="cache", at=(3, self.row), span=2, text="KV cache", note=f"{per_token:,} bytes a token and layer in F16", kind="cache"))
        keys = [n for n in names if n != "query" and n != "from latent"]
        if "query" in names:
            self._arrow("query", "attention")
        for name in keys:
            self._arrow(name, "cache")
        if keys == ["query, key, value"]:
            self._arrow(keys[0], "attention")
        if "from latent" in names:
            self._arrow("from latent", "attention")
        self._arrow("cache", "attention")
        self.row += 1
        self._box("attention output", 1, 4, "" if "norm after attention" in parts else ADDED)
        self._arrow("attention", "attention output")
        return self._norm("norm after attention", "attention output")

    def _feed_forward(self, before: str) -> str:
        parts, e = self.found.layer, self.a.experts
        before = self._norm("norm before feed-forward", before)
        shared = "shared expert" in parts
        source, ends = before, []
        if "router" in parts:
            self.row += 1
            self._box("router", 1, 2 if shared else 4, f"picks {e.active} of {e.count} experts")
            self._arrow(before, "router")
            source = "router"
        families = [[name for name in names if name in parts]
                    for names in (("expert gate", "expert up", "expert gate and up", "expert down"), ("gate", "up", "down"))]
        families = [names for names in families if names]
        alone = len(families) == 1 and not shared
        for *inner, down in families:
            self.row += 1
            room = 2 if shared else 4
            for place, name in enumerate(inner):
                self._box(name, 1 + room // len(inner) * place, room // len(inner))
                self._arrow(source, name)
            if shared:
                self._box("shared expert", 3, 2, "for every token")
                self._arrow(before, "shared expert")
                ends.append("shared expert")
            self.row += 1
            self._box(down, 1, room, ADDED if alone and "norm after feed-forward" not in parts else "")
            for name in inner:
                self._arrow(name, down)
            ends.append(down)
            shared, source = False, before
        if alone:
            return self._norm("norm after feed-forward", ends[0])
        self._wide("sum", "Sum", "of what both give" if "norm after feed-forward" in parts else ADDED, "step", tuple(ends))
        return self._norm("norm after feed-forward", "sum")

    def _norm(self, name: str, before: str) -> str:
        if name not in self.found.layer:
            return before
        self.row += 1
        self._box(name, 1, 4, ADDED if " after " in name else "")
        self._arrow(before, name)
        return name

    # ------------------------------------------------------------ boxes and arrows

    def _wide(self, name: str, title: str, note: str, kind: str, before: tuple[str, ...]) -> None:
        self.row += 1
        self.boxes.append(Box(id=name, at=(1, self.row), span=4, text=title, note=note, kind=kind))
        for other in before:
            self._arrow(other, name)

    def _box(self, name: str, column: int, span: int, more: str = "") -> None:
        note = self._note(name) + (f"; {more}" if more else "")
        self.boxes.append(Box(id=_slug(name), at=(column, self.row), span=span, text=NAMES_OF_PARTS[name], note=note, kind="weights"))

    def _arrow(self, start: str, end: str) -> None:
        self.arrows.append(Arrow(**{"from": _slug(start), "to": _slug(end)}))

    def _note(self, name: str) -> str:
        piece = self.found.layer.get(name) or self.found.outside[name]
        return f"{_shape(piece)}, {' or '.join(piece.types) if len(piece.shapes) == 1 else ' and '.join(piece.types)}, {_sizes(piece)}"

    def _kv_heads(self) -> int:
        piece = self.found.layer.get("key")
        full = self.a.full_attention
        size = full.head_dim if full and self.found.kind == "A" else self.a.head_dim
        return piece.shapes[0][1] // size if piece else self.a.kv_heads

    def words(self) -> list[str]:
        sentences = []
        inside = set(self.groups[0].around)
        for box in self.boxes:
            if box.id == next(iter(self.groups[0].around)):
                sentences.append(f"Then comes a {self.groups[0].text}, of these parts:")
            if box.id in ("final-norm", "output") and inside:
                sentences.append("After the last layer:")
                inside = set()
            sentences.append(f"{box.text}: {box.note}.")
        return sentences


def _slug(name: str) -> str:
    return name.replace(", ", "-").replace(" ", "-")


def _shape(piece: Piece) -> str:
    """'4,096 × 14,336', and for a stack of experts '8 of 4,096 × 14,336'; the same shape only once."""
    said = []
    for shape in dict.fromkeys(piece.shapes):
        matrix = f" ×{units.NBSP}".join(f"{n:,}" for n in shape[:2])
        said.append(f"{shape[2]:,} of {matrix}" if len(shape) > 2 else matrix)
    return " and ".join(said)


def _sizes(piece: Piece) -> str:
    sizes = [_size(n) for n in dict.fromkeys((piece.sizes[0], piece.sizes[-1]))]
    units_ = {s.split(units.NBSP)[1] for s in sizes}
    return " or ".join([s.split(units.NBSP)[0] for s in sizes[:-1]] + sizes[-1:] if len(units_) == 1 else sizes)


def _size(n: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if n >= size:
            return f"{units.significant(Fraction(n, size))}{units.NBSP}{unit}"
    return f"{n}{units.NBSP}bytes"


# ---------------------------------------------------------------- attention variants

QUERIES = 8
VARIANTS = (("MHA", "multi-head attention", 8, "8 keys, 8 values"), ("GQA", "grouped-query attention", 2, "2 keys, 2 values"),
            ("MQA", "multi-query attention", 1, "1 key, 1 value"), ("MLA", "multi-head latent attention", 0, "1 short vector"))


def attention_drawing(*, id: str, caption: str) -> str:
    """MHA, GQA, MQA and MLA at eight query heads: which of them share keys and values, and what the cache keeps."""
    content, wide, high = "", 174, 132
    for number, (short, name, shared, kept) in enumerate(VARIANTS):
        x, y = 1 + (number % 2) * (wide + 10), 2 + (number // 2) * high
        content += text(Point(x, y + 11), short, "left strong") + text(Point(x, y + 25), name, "note left")
        step = wide / QUERIES
        size = step - 5
        for query in range(QUERIES):
            left = x + query * step + 2.5
            content += rect(Rect(left, y + 33, size, size), "blank")
            content += path([Point(left + size / 2, y + 33 + size), Point(left + size / 2, y + 66)], "line")
        for head in range(shared):
            width_ = wide / shared
            content += swatch(Rect(x + head * width_ + 2.5, y + 66, width_ - 5, 18), "d2")
        if not shared:
            # Each head has keys and values of its own, yet they are computed from the vector and not kept.
            for query in range(QUERIES):
                left = x + query * step + 2.5
                content += rect(Rect(left, y + 66, size, 12), "box outside")
                content += path([Point(left + size / 2, y + 78), Point(left + size / 2, y + 84)], "line")
            content += path([Point(x + step / 2, y + 84), Point(x + wide - step / 2, y + 84)], "line")
            content += path([Point(x + wide / 2, y + 84), Point(x + wide / 2, y + 90)], "line")
            content += swatch(Rect(x + wide / 2 - 26, y + 90, 52, 12), "d2")
        content += text(Point(x + wide / 2, y + (98 if shared else 114)), f"kept: {kept}", "note")
    words = ("Each variant has eight query heads. In multi-head attention (MHA) every query head has a key and a value of its own, "
             "and the cache keeps eight of each for a token. In grouped-query attention (GQA) four query heads share a key and a value: "
             "two of each are kept. In multi-query attention (MQA) all eight share one key and one value. "
             "In multi-head latent attention (MLA) the cache keeps one short vector for a token, "
             "from which keys and values of every head are computed when they are needed.")
    key = {"blank": "query head", "d2": "kept in the KV cache", "outside": "computed when needed"}
    return picture(id, caption, words, 2 * high - 10, content, key=key)


# ---------------------------------------------------------------- blocks

SWATCHES = {"scales": "d2", "values": "d1", "high bits": "d3"}
BYTES_A_ROW = 32


def block_drawing(*, id: str, caption: str, type: str = "Q4_K") -> str:
    """The bytes of a ggml block to scale, one cell a byte: scales, values, upper bits of values."""
    kind = catalog().find("types", type)
    if not kind.parts:
        known = ", ".join(t.id for t in catalog().types.values() if t.parts)
        raise CatalogError(f"block_drawing: macros/catalog/formats.yaml says no parts of {type}; add them, or choose one of {known}")
    content, y, cell = "", 1.0, (WIDTH - 2) / BYTES_A_ROW
    for part in kind.parts:
        for line in wrap(f"{part.bytes} byte{'s' if part.bytes > 1 else ''}: {part.what}", WIDTH - 4, NOTE):
            content += text(Point(1, y + 10), line, "note left")
            y += 13
        y += 2
        for first in range(0, part.bytes, BYTES_A_ROW):
            count = min(BYTES_A_ROW, part.bytes - first)
            area = Rect(1, y, count * cell, cell)
            content += swatch(area, SWATCHES[part.kind]) + _cuts(area, count, SWATCHES[part.kind])
            y += cell
        y += 7
    bits = units.significant(Fraction(8 * kind.bytes, kind.block), 5).rstrip("0").rstrip(".")
    sum_ = f"{kind.bytes} bytes for {kind.block} weights: {bits} bits for each."
    words = f"A block of {type} is " + ", then ".join(f"{p.bytes} byte{'s' if p.bytes > 1 else ''} ({p.what})" for p in kind.parts) + f". Together {sum_}"
    names = {"scales": "scales", "values": "values", "high bits": "upper bits of the values"}
    key = {SWATCHES[k]: names[k] for k in dict.fromkeys(p.kind for p in kind.parts)}
    return picture(id, caption, words, y - 5, content, key=key, note=f"One cell is one byte, in the order of the file. {sum_}")


def _cuts(area: Rect, cells: int, class_: str) -> str:
    """Lines between the cells of an area: of paper on the darkest color, of ink on the others."""
    at = (area.x + area.width * n / cells for n in range(1, cells))
    return lines([(Point(x, area.y), Point(x, area.bottom)) for x in at], "cut" if class_ == "d1" else "cut ink") if cells > 1 else ""


# ---------------------------------------------------------------- numbers

USUAL = ("F32", "F16", "BF16", "FP8_E4M3", "FP8_E5M2", "MXFP4", "NVFP4")


def number_drawing(*, id: str, caption: str, types: list[str] | tuple[str, ...] = USUAL) -> str:
    """Bits of number types as cells: sign, exponent and fraction, with the largest value each can hold."""
    if not types:
        raise CatalogError("number_drawing: types is empty; name at least one, for example types=[\"F16\", \"BF16\"]")
    for name in types:
        if name not in NAMES:
            raise CatalogError(f"number_drawing: there is no number type '{name}'.{nearest(name, NAMES)} Known here: {', '.join(NAMES)}")
    content = text(Point(1, 11), "type", "note left") + text(Point(84, 11), "bits", "note left") + text(Point(WIDTH - 1, 11), "largest value", "note right")
    y, words, used = 20.0, [], {}
    for name in types:
        bits, told = _fields(name)
        told_lines, x = wrap(told, WIDTH - 86, NOTE), 84.0
        for field in bits:
            if field is None:
                content += text(Point(x + 7, y + 11), "+", "note")
                x += 14
                continue
            kind, count = field
            used[kind] = True
            area = Rect(x, y, 5.6 * count, 14)
            content += swatch(area, FIELDS[kind][0]) + _cuts(area, count, FIELDS[kind][0])
            x += 5.6 * count
        content += text(Point(1, y + 11), name, "left") + text(Point(WIDTH - 1, y + 11), _power(largest(name)), "right")
        content += "".join(text(Point(84, y + 25 + 13 * n), line, "note left") for n, line in enumerate(told_lines))
        words.append(f"{name}: {told}; the largest value is {_power(largest(name), spoken=True)}.")
        y += 23 + 13 * len(told_lines)
    key = {FIELDS[kind][0]: FIELDS[kind][1] for kind in FIELDS if kind in used}
    return picture(id, caption, "One cell is one bit. " + " ".join(words), y - 4, content, key=key)


FIELDS = {"sign": ("d3", "sign"), "exponent": ("d2", "exponent"), "fraction": ("d1", "fraction or value")}


def _fields(name: str) -> tuple[list[tuple[str, int] | None], str]:
    """Runs of bits (None: a plus before shared bits), and what they are in words."""
    if name in INTEGERS:
        return [("sign", 1), ("fraction", INTEGERS[name] - 1)], f"1 sign, {INTEGERS[name] - 1} value; a scale elsewhere"
    if name in BLOCKS:
        block = BLOCKS[name]
        runs: list[tuple[str, int] | None] = list(_fields(block.element)[0])
        told = []
        for scale, shared in block.scales:
            if shared is None:
                told.append(f"one {scale} for the tensor")
                continue
            runs += [None, *_fields(scale)[0]]
            told.append(f"a scale for {shared}")
        bits = units.significant(bits_per_number(name), 3).rstrip("0").rstrip(".")
        return runs, f"{FLOATS[block.element].bits} bits, {', '.join(told)}: {bits} bits each"
    t = FLOATS[name]
    runs = [(kind, count) for kind, count in zip(FIELDS, (t.sign, t.exponent, t.fraction)) if count]
    return list(runs), ", ".join(f"{count} {kind}" for kind, count in runs)


def _power(value: Fraction, spoken: bool = False) -> str:
    """'448', '65,504', '3.4 × 10³⁸'."""
    if value < 10**6:
        return f"{int(value):,}"
    digits = len(str(int(value))) - 1
    first = units.significant(value / Fraction(10) ** digits, 2)
    raised = str(digits).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{first} × 10^{digits}" if spoken else f"{first}{units.NBSP}×{units.NBSP}10{raised}"
