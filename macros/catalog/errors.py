"""The one exception a contributor's mistake may raise, and how near misses are named."""

from difflib import get_close_matches


class CatalogError(Exception):
    """One or more mistakes, one line each: file, field, what is wrong, what would be right."""

    def __init__(self, *lines: str):
        super().__init__("\n".join(lines))
        self.lines = lines


def nearest(word: str, known) -> str:
    """Return ' Did you mean 'x'?' for the closest known word, or an empty string."""
    original = {str(k).lower(): str(k) for k in known}
    longer = sorted((k for k in original if k.startswith(str(word).lower())), key=len)
    match = longer[:1] or get_close_matches(str(word).lower(), original, n=1, cutoff=0.5)
    return f" Did you mean '{original[match[0]]}'?" if match else ""
