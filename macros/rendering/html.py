"""Small helpers for the HTML that macros return."""

from html import escape


def attributes(**values) -> str:
    """Attributes in the order given; `class_` and `data_value` become class and data-value, None is left out."""
    return "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
                   for name, value in values.items() if value is not None and value is not False)


def element(tag: str, content: str = "", **values) -> str:
    """An element; `content` is HTML, attribute values are escaped."""
    return f"<{tag}{attributes(**values)}>{content}</{tag}>"


def link(text: str, address: str) -> str:
    return element("a", escape(text), href=address)


def hidden(text: str) -> str:
    """Text for screen readers only."""
    return element("span", escape(text), class_="vh")


def figure(*, id: str, caption: str, table: str, class_: str = "tab", note: str = "") -> str:
    """A captioned table that scrolls inside itself when the window is narrow and can be scrolled by keyboard."""
    body = element("div", table, class_="scroll", role="region", aria_labelledby=id, tabindex="0")
    tail = element("p", note, class_="tnote") if note else ""
    return block(element("figure", element("figcaption", caption, id=id) + body + tail, class_=class_))


def plotted(*, id: str, caption: str, picture: str, table: str, note: str = "") -> str:
    """A captioned picture; its figures follow as a table, folded on the screen and open on paper."""
    body = element("div", table, class_="scroll", role="region", aria_labelledby=id, tabindex="0")
    tail = element("p", note, class_="tnote") if note else ""
    folded = element("details", element("summary", "The figures") + body, class_="figures")
    return block(element("figure", element("figcaption", caption, id=id) + picture + tail + folded, class_="tab chart"))


def block(html: str) -> str:
    """HTML as a block of its own, whatever stands around the macro call."""
    return f"\n\n{html}\n\n"
