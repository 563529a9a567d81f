"""How wide a text will be in a drawing, without a browser.

The widths are those of the widest of the common sans-serif fonts (DejaVu Sans, also near Verdana), so what
fits by them fits everywhere: readers see the drawing in the font of their own system.
"""

# Advance width in thousandths of the font size, and the characters that have it (rounded up to one of these steps).
_WIDTHS = {280: "'ijl", 320: " IJ,.·’\u00a0", 360: "/:;\\|f-", 415: "()[]t!²r", 520: '"*_`–“”sz?', 560: "cL", 615: "FkvxyPTYoae",
           640: "EΣhnuSbdgpq$0123456789{}µ√", 700: "KAVXZBRC", 790: "UNHDG&OQ", 840: "w#+<=>^~×→←≤≥−±M", 1000: "%½mW@—…"}
_WIDTH_OF = {character: width / 1000 for width, characters in _WIDTHS.items() for character in characters}


def width(text: str, size: float) -> float:
    """Width of `text` in the unit of `size`; an unknown character counts as one of the widest."""
    return size * sum(_WIDTH_OF.get(character, 1.0) for character in text)


def longest_word(text: str, size: float) -> float:
    """Width below which `text` cannot be wrapped."""
    return max(width(piece.rstrip(" "), size) for piece in _pieces(text))


def wrap(text: str, room: float, size: float) -> list[str]:
    """`text` in as few lines as `room` allows, of about the same length; a word wider than `room` sticks out."""
    lines = _greedy(text, room, size)
    # The narrowest width that needs no more lines leaves no single word at the end.
    while len(lines) > 1:
        narrower = _greedy(text, max(width(line, size) for line in lines) - 0.01, size)
        if len(narrower) > len(lines) or max(width(line, size) for line in narrower) >= max(width(line, size) for line in lines):
            break
        lines = narrower
    return lines


def _greedy(text: str, room: float, size: float) -> list[str]:
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and width((lines[-1] + piece).rstrip(" "), size) > room:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip(" ") for line in lines]


def _pieces(text: str) -> list[str]:
    """Words with the space or the hyphen or slash that a line may end after. A no-break space does not part words."""
    pieces, word = [], ""
    for before, character, after in zip(" " + text, text, text[1:] + " "):
        word += character
        if character == " " or (character in "-/" and before.isalpha() and after.isalpha()):
            pieces.append(word)
            word = ""
    return pieces + [word] if word else pieces
