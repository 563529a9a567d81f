"""Programs: comparison tables, data sheets, defaults with their version, and messages with their cause and cure."""

from collections import Counter
from html import escape

from ..catalog.errors import CatalogError, nearest
from ..catalog.programs import Message, Program, Setting
from ..data import catalog
from .html import block, element, figure, link
from .reference import _facts
from .tables import cell, head, row_head, table
from .units import month

CHECKED = {"tool": "program", "source": "source code", "documentation": "documentation"}
USERS = {"one": "one", "few": "a few", "many": "many"}


def _held(record: Program | Setting) -> str:
    """Version and month, the month once where a program has no other version."""
    when = month(record.as_of)
    return when if record.version == when else f"{record.version}, {when}"


def _program(key: str) -> Program:
    return catalog().find("programs", key)


def _setting(program: str, name: str, command: str | None) -> Setting:
    """The row of a setting; one that belongs to several commands needs the command only where their defaults differ."""
    p = _program(program)
    rows = [row for row in catalog().settings if row.program == p.id]
    found = [row for row in rows if name in (*row.names, row.name) and (command is None or not row.commands or command in row.commands)]
    if not found:
        known = {n for row in rows for n in row.names}
        raise CatalogError(f"there is no setting '{name}' of {p.name}{f' for {command}' if command else ''}.{nearest(name, known)} To add it, edit macros/catalog/settings.csv")
    if len({row.default for row in found}) > 1:
        raise CatalogError(f"'{name}' of {p.name} has several defaults; add command=\"{found[0].commands[0] if found[0].commands else p.commands[0]}\" or another")
    return found[0]


def setting(*, program: str, name: str, command: str | None = None) -> str:
    """Default of a flag, variable or port of a program, from macros/catalog/settings.csv; version and month show on hover."""
    row, p = _setting(program, name, command), _program(program)
    # Markdown's own code, because the glossary would link words inside raw HTML. In its title some signs would be read as Markdown.
    said = f"{p.name} {_held(row)}: {row.meaning}".translate(str.maketrans({'"': "”", "}": ")", "<": "‹", ">": "›", "*": "∗", "`": "’"}))
    return f'`{row.default}`{{ .setting title="{said}" }}'


def version(*, program: str) -> str:
    """Version of a program that was looked at, with its month."""
    p = _program(program)
    return escape(p.version if p.version == month(p.as_of) else f"{p.version} ({month(p.as_of)})")


def settings_table(*, id: str, caption: str, program: str, names: list[str] | None = None, command: str | None = None) -> str:
    """Settings of a program with default, meaning, version and how that was checked; names picks some in this order."""
    p = _program(program)
    if names is None:
        rows = [row for row in catalog().settings if row.program == p.id and (command is None or not row.commands or command in row.commands)]
    else:
        rows = [_setting(program, name, command) for name in names]
    if not rows:
        raise CatalogError(f"no setting of {p.name} is in macros/catalog/settings.csv; add one")
    body = "".join(element("tr", row_head(", ".join(row.names), " ".join(row.commands) if command is None and len(row.commands) <= 3 < len(p.commands) else "")
                           + cell(element("code", escape(row.default)), class_="l text")
                           + cell(f'{escape(row.meaning)}<small class="u">{escape(_held(row))}, {_read_in(row)}</small>', class_="l text")) for row in rows)
    first = head("Setting") + head("Default", class_="l") + head("What it does", "and for which version, read where", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b>", table=table(id, [first], element("tbody", body)), class_="tab wide prose settings")


def _read_in(row: Setting) -> str:
    return element("a", CHECKED[row.checked], href=catalog().works[row.source].address, title=catalog().works[row.source].title)


def all_settings() -> str:
    """Every setting the book states, program by program, with its version and how it was checked."""
    book = catalog()
    programs = sorted({row.program for row in book.settings}, key=lambda key: book.programs[key].name.lower())
    jump = block(element("p", ", ".join(link(book.programs[key].name, f"#settings-{key.replace('.', '-')}") for key in programs)))
    return jump + "".join(block(element("h2", escape(book.programs[key].name), id=f"settings-{key.replace('.', '-')}")) + settings_table(id=f"t-{key.replace('.', '-')}", caption=f"{book.programs[key].name} {book.programs[key].version}", program=key) for key in programs)


def settings_checked() -> str:
    """How many settings of programs the book states, and how each was checked, in a sentence."""
    counts = Counter(row.checked for row in catalog().settings)
    parts = [f"{counts[how]:,} read in the {words}" for how, words in CHECKED.items() if counts[how]]
    return f"{len(catalog().settings):,} settings of {len({row.program for row in catalog().settings})} programs, {' and '.join([', '.join(parts[:-1]), parts[-1]])}"


def program_table(*, id: str, caption: str, kind: str | None = None, programs: list[str] | None = None) -> str:
    """Programs side by side: what they run, on what, for how many users, and how one talks to them."""
    chosen = [_program(key) for key in programs] if programs else [p for p in sorted(catalog().programs.values(), key=lambda p: p.name.lower()) if kind is None or p.kind == kind]
    if not chosen:
        raise CatalogError(f"program_table: no program is of kind '{kind}'; kinds are engine, front-end, both, library and tool")
    computing = any(p.backends for p in chosen)
    body = ""
    for p in chosen:
        apis = f'<small class="u">API: {escape(", ".join(p.apis))}</small>' if p.apis else ""
        files = cell(escape(", ".join(p.formats)) or "–", class_="l text") + cell(escape(", ".join(p.backends)) or "–", class_="l text") if computing else ""
        users = USERS.get(p.users, "–") + (f'<small class="u">splits: {p.splits}</small>' if computing and p.splits else "")
        body += element("tr", element("th", f"{link(p.name, p.home)}<br><small>{escape(_held(p))}</small>", scope="row") + files
                        + cell(escape(", ".join(p.systems)) or "–", class_="l text") + cell((escape(", ".join(p.interfaces)) or "–") + apis, class_="l text")
                        + cell(users, class_="l") + cell(escape(p.license), class_="l text"), data_program=p.id)
    columns = ["Program", *(["Files", "Computes with"] if computing else []), "Systems", "Used by", "Users", "License"]
    first = "".join(head(title, class_=None if number == 0 else "l") for number, title in enumerate(columns))
    note = "Users: for how many at a time it is made." + (" Splits: whether one model can lie partly on the graphics card and partly in system memory." if computing else "")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {len(chosen)} programs", table=table(id, [first], element("tbody", body)), class_="tab wide prose programs", note=note)


def choice_table(*, id: str, caption: str, kind: str | None = None, programs: list[str] | None = None) -> str:
    """What each program is, when it is the right one, and when another is better."""
    chosen = [_program(key) for key in programs] if programs else [p for p in sorted(catalog().programs.values(), key=lambda p: p.name.lower()) if (kind is None or p.kind == kind) and p.choose]
    body = "".join(element("tr", row_head(p.name) + "".join(cell(escape(text or "–"), class_="l text") for text in (p.what, p.choose, p.not_for)), data_program=p.id) for p in chosen)
    first = head("Program") + head("What it is", class_="l") + head("Choose it when", class_="l") + head("Choose another when", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b>", table=table(id, [first], element("tbody", body)), class_="tab wide prose programs")


def program_facts(*, program: str) -> str:
    """The data sheet of a program: version, maker, license, systems, files, what it computes with."""
    p = _program(program)
    rows = [("Version looked at", escape(_held(p))), ("Made by", link(p.maker, p.home)), ("License", escape(p.license)),
            ("Systems", escape(", ".join(p.systems))), ("Files", escape(", ".join(p.formats))), ("Computes with", escape(", ".join(p.backends))),
            ("Used by", escape(", ".join(p.interfaces))), ("API", escape(", ".join(p.apis))), ("Splits a model", p.splits), ("Made for", f"{USERS[p.users]} user{'' if p.users == 'one' else 's'} at a time" if p.users else None)]
    return _facts((name, value, None) for name, value in rows if value)


# ---------------------------------------------------------------- messages

def message_table(*, id: str, caption: str, programs: list[str] | None = None) -> str:
    """Messages of programs by name of the program: cause, check, fix, version and where to read on."""
    known = catalog().messages
    for key in programs or ():
        if key not in known:
            raise CatalogError(f"there are no messages of '{key}'.{nearest(key, known)} To add them, write macros/catalog/messages/{key}.yaml")
    body, count = "", 0
    for key in programs or sorted(known):
        for message in sorted(known[key].messages, key=lambda m: m.message.lower().lstrip("\"'[…. ")):
            count += 1
            body += _message(key, message)
    first = head("Message") + head("Cause, check and fix", class_="l")
    return figure(id=id, caption=f"<b>{escape(caption)}</b> {count} messages", table=table(id, [first], element("tbody", body)), class_="tab wide prose messages",
                  note="… stands for what varies: names, numbers, paths.")


def _message(key: str, message: Message) -> str:
    book = catalog()
    name = book.messages[key].name or (book.programs[key].name if key in book.programs else key)
    source = link("source", book.works[message.source].address)
    more = f' {link("more", "../" + message.page.replace(".md", ".html"))}' if message.page else ""
    parts = [f"<b>{word}.</b> {escape(text)}" for word, text in (("Cause", message.cause), ("Check", message.check), ("Fix", message.fix))]
    first = f'<code>{escape(message.message)}</code><br><small>{escape(name)}{", " + escape(message.version) if message.version else ""}, {source}</small>'
    return element("tr", element("th", first, scope="row") + cell("<br>".join(parts) + more, class_="l text"), data_program=key)
