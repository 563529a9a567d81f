"""Rules for the text of a chapter. Each is one function that takes a chapter and yields (line, what is wrong; what would be right)."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache, cached_property
from pathlib import Path

import yaml

from macros.data import catalog
from macros.staging import is_generated

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
CATALOG = PROJECT / "macros" / "catalog"

KINDS = ("explain", "do", "look-up")
BOXES = {"!!!": ("answer", "rule", "trap", "try"), "???": ("solution", "question")}
LONGEST_DESCRIPTION = 160
# 'just' belongs to the avoided words and to one title, hence also to links that lead to that chapter.
ALLOWED = re.compile(r"Is an LLM just a file\?|\[[^\]]*\]\([^)]*is-an-llm-just-a-file\.md[^)]*\)")

CALL = re.compile(r"\[\[=.*?=\]\]", re.DOTALL)
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*(\{[^}]*\})?\s*$")
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([^()\s]*)\)")
Finding = Iterator[tuple[int, str]]


class _ConfigLoader(yaml.SafeLoader):
    """mkdocs.yml names Python objects for the theme; here they only have to be skipped."""


_ConfigLoader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: suffix)


@cache
def configuration() -> dict:
    return yaml.load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"), _ConfigLoader)


@cache
def nav_pages() -> tuple[str, ...]:
    """Every page of the book in its order, for example 'start/what-is-an-llm.md'."""
    def pages(entry):
        match entry:
            case str():
                yield entry
            case dict():
                yield from (page for value in entry.values() for page in pages(value))
            case list():
                yield from (page for value in entry for page in pages(value))
    return tuple(pages(configuration()["nav"]))


class Chapter:
    """The source of one page; `path` is written as a contributor types it: docs/start/what-is-an-llm.md."""

    def __init__(self, path: str, text: str):
        self.path, self.text = path, text
        self.lines = text.split("\n")

    @property
    def is_cover(self) -> bool:
        """The cover is no chapter: it has neither voice nor review date."""
        return self.path == "docs/index.md"

    @cached_property
    def front(self) -> dict | None:
        """The values between the first two '---' lines; None if they cannot be read."""
        try:
            values = yaml.safe_load("\n".join(self.lines[1:max(self.front_end - 1, 1)]))
        except yaml.YAMLError:
            return None
        return values if isinstance(values, dict) else None

    def line_of(self, key: str) -> int:
        return next((n for n, line in enumerate(self.lines[:self.front_end], 1) if line.startswith(f"{key}:")), 1)

    @cached_property
    def front_end(self) -> int:
        """The number of the line that closes the front matter, 0 if there is none."""
        return self.lines.index("---", 1) + 1 if self.lines[0] == "---" and "---" in self.lines[1:] else 0

    @cached_property
    def fences(self) -> list[tuple[int, str]]:
        """Opening fences of code blocks: line and what follows the marks."""
        return self._blocks[0]

    @cached_property
    def body(self) -> list[tuple[int, str]]:
        """Numbered lines outside front matter and code blocks; each macro call is a 0, each piece of inline code a c."""
        return self._blocks[1]

    @cached_property
    def code(self) -> list[tuple[int, str]]:
        """Numbered lines of code blocks, each joined with the lines that continue it."""
        plain, opened, found = {number for number, _ in self.body} | {number for number, _ in self.fences}, None, []
        for number, line in enumerate(self.lines[self.front_end:], self.front_end + 1):
            if number in plain or re.match(r"\s*(`{3,}|~{3,})\s*$", line):
                opened = None
            elif opened is not None and found[opened][1].rstrip().endswith(("\\", "`", "^")):
                found[opened] = (found[opened][0], found[opened][1].rstrip()[:-1] + " " + line.strip())
            else:
                found.append((number, line))
                opened = len(found) - 1
        return found

    @cached_property
    def _blocks(self):
        # A call may span lines; its line breaks stay, so the numbers of the lines stay right.
        lines = CALL.sub(lambda call: "0" + "\n" * call[0].count("\n"), self.text).split("\n")
        fences, body, closing = [], [], None
        for number, line in enumerate(lines[self.front_end:], self.front_end + 1):
            fence = re.match(r"\s*(`{3,}|~{3,})\s*(.*)$", line)
            if closing:
                if fence and fence[1].startswith(closing) and not fence[2]:
                    closing = None
            elif fence:
                closing = fence[1]
                fences.append((number, fence[2]))
            else:
                body.append((number, re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "c", line)))
        return fences, body

    @cached_property
    def headings(self) -> list[tuple[int, int, str, str]]:
        """(line, level, text, attributes such as '{ #id }') of every heading; text and code as they were typed."""
        found = ((number, HEADING.match(self.lines[number - 1])) for number, _ in self.body)
        return [(number, len(m[1]), m[2], m[3] or "") for number, m in found if m]


def chapters() -> list[Chapter]:
    """Every page that somebody wrote; those that follow from the catalog are two folders deep (macros/staging.py)."""
    return [Chapter(path.relative_to(PROJECT).as_posix(), path.read_text(encoding="utf-8")) for path in sorted(DOCS.rglob("*.md"))
            if not is_generated(path.relative_to(DOCS).as_posix())]


def report(rule, chapter: Chapter) -> list[str]:
    """One line for each place where the chapter breaks the rule."""
    return [f"{chapter.path}:{line}: {name(rule)}: {what}" for line, what in rule(chapter)]


def name(rule) -> str:
    return rule.__name__.replace("_", " ")


# ---------------------------------------------------------------- front matter

def front_matter(chapter: Chapter) -> Finding:
    """The builder drops front matter that it cannot read, without a word. (The rules below then have nothing to say.)"""
    if chapter.front is None:
        yield 1, "none that can be read; write 'title: …', 'description: …', 'kind: …' and 'reviewed: …' between two '---' lines, texts with a colon in quotes"


def title(chapter: Chapter) -> Finding:
    """The contents on the cover are made from titles."""
    if chapter.front is not None and not isinstance(chapter.front.get("title"), str):
        yield chapter.line_of("title"), "there is none; write 'title: …' between two '---' lines at the top"


def description(chapter: Chapter) -> Finding:
    """Search engines and link previews show it, and cut it off after 160 characters."""
    if chapter.front is None:
        return
    text = chapter.front.get("description")
    if not isinstance(text, str):
        yield chapter.line_of("description"), "there is none; write 'description: …', one or two sentences that answer the title"
    elif len(text) > LONGEST_DESCRIPTION:
        yield chapter.line_of("description"), f"{len(text)} characters are too many; write at most {LONGEST_DESCRIPTION}"


def kind(chapter: Chapter) -> Finding:
    """The voice decides which parts a chapter has, so it must be one that is known."""
    if chapter.front is not None and not chapter.is_cover and chapter.front.get("kind") not in KINDS:
        yield chapter.line_of("kind"), f"'{chapter.front.get('kind', '')}' is none; write kind: explain, do or look-up"


def reviewed(chapter: Chapter) -> Finding:
    """Readers see when somebody last vouched for the page."""
    if chapter.front is not None and not chapter.is_cover and type(chapter.front.get("reviewed")) is not date:
        yield chapter.line_of("reviewed"), f"'{chapter.front.get('reviewed', '')}' is no date; write for example reviewed: 2026-11-21"


# ---------------------------------------------------------------- headings

def one_main_heading(chapter: Chapter) -> Finding:
    """A page has one name: its title, said once more as its only heading of the first level."""
    found = [(line, text) for line, level, text, _ in chapter.headings if level == 1]
    wanted = (chapter.front or {}).get("title")
    if not found:
        yield 1, f"there is no heading '# {wanted or '…'}'; write it under the front matter"
    for line, text in found[:1]:
        if wanted and text != wanted:
            yield line, f"'{text}' is not the title; write '# {wanted}', or change the title"
    for line, text in found[1:]:
        yield line, f"'{text}' is a second heading of the first level; write '## {text}'"


def heading_id(chapter: Chapter) -> Finding:
    """Links from outside must survive a reworded heading."""
    for line, level, text, attributes in chapter.headings:
        if level == 2 and not re.search(r"#[a-z0-9][a-z0-9-]*", attributes):
            yield line, f"'{text}' has no id of its own; write '## {text} {{ #two-words }}'"


def plain_heading(chapter: Chapter) -> Finding:
    """Sites that show Markdown make other ids from these marks, and a heading is read aloud."""
    for line, _, text, _ in chapter.headings:
        if mark := re.search(r"--|[/&()]", text):
            yield line, f"'{text}' contains {mark[0]}; say it in words"


# ---------------------------------------------------------------- sentences and words

# Where a sentence ends and the next one begins on the same line.
_SEAM = re.compile(r"(?P<word>\S*[\w)\]%°])(?P<end>[.!?][\"”’)*_\]]*)\s+(?P<next>[\[(\"“*_]*[A-ZÄÖÜ])")
_ABBREVIATION = re.compile(r"(?:^|\W)(?:[A-Z]|[A-Z]\.[A-Z]|vs|cf|No|Nos|Fig|Dr|Mr|Mrs|Ms|St|Inc|Ltd|Jr|approx|etc|al)$")


def one_sentence_per_line(chapter: Chapter) -> Finding:
    """A change of one sentence is then a change of one line, which everybody can review."""
    for line, text in chapter.body:
        if HEADING.match(text) or text.lstrip().startswith(("|", "<", "!!!", "???", "===", "*[")):
            continue
        seams = (seam for seam in _SEAM.finditer(_sentences(text)) if not _ABBREVIATION.search(seam["word"]))
        if seam := next(seams, None):
            yield line, f"a sentence begins after '{seam['word'][-20:]}{seam['end']}'; start a new line there"


def _sentences(line: str) -> str:
    """The line without what looks like a seam and is none: list numbers, run-in heads, links, quotations, markup."""
    line = re.sub(r"^\s*(?:[-*+]|\d+[.)]|:)\s+", "", line)
    line = re.sub(r"^\*\*[^*]+\*\*\s", "", line)
    line = re.sub(r"<[^<>]+>|\{[^{}]*\}", "", line)
    line = LINK.sub(lambda m: re.sub(r"[.!?]", "", m[1]) or "c", line)
    return re.sub(r'["“][^"“”]*["”]', lambda m: re.sub(r"[.!?](?=.{2})", "", m[0]), line)


@cache
def avoided_words() -> tuple[str, ...]:
    """The list in CONTRIBUTING.md, so that there is one."""
    words = re.search(r"Words the book avoids: (.+)", (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8"))[1].split(", ")
    return tuple(word if word.count(".") > 1 else word.rstrip(".") for word in words)


def no_avoided_word(chapter: Chapter) -> Finding:
    """What is easy is for the reader to judge, and plain words read faster."""
    pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, avoided_words()))})(?![\w-])", re.IGNORECASE)
    front = list(enumerate(chapter.lines[:chapter.front_end], 1))
    for line, text in front + chapter.body:
        for found in pattern.finditer(_addresses_removed(ALLOWED.sub("", text))):
            yield line, f"'{found[1]}' is a word the book avoids (CONTRIBUTING.md); leave it out or say what you mean"


def _addresses_removed(line: str) -> str:
    return LINK.sub(lambda m: m[1], re.sub(r"<[^<>]+>", "", line))


# A figure with a unit, and what may be typed all the same, each with its reason.
_FIGURE = re.compile(r"(?<![\w.,])\d[\d.,]*\s?(?:[kMGT]i?B(?:/s)?|[MGT]bit/s|GT/s|tok/s|tokens/s|tokens (?:per|a) second|TFLOPS|TOPS|W|kWh|%|B parameters|[mb]illion parameters)(?!\w)|[$€]\s?\d[\d.,]*")
TYPED = {
    re.compile(r"(?:RTX|RX|Arc|card (?:has|with|of|sold with)|holds) [\w ]*?\d+ Gi?B"): "memory in the name of a device, or as it is sold",
    re.compile(r"(?:\d+ [MG]bit/s)"): "nominal rate by which a line, a bus or a network is called",
    re.compile(r"1 and 16 MB"): "range over files, read from them",
}


def no_typed_figure(chapter: Chapter) -> Finding:
    """A typed figure is wrong on the day its input changes. What a problem invents, it may repeat in its answer."""
    given, inside, answering = "", False, False
    for line, text in chapter.body:
        if text.startswith("**Problem") or ("<div" in text and "problem" in text):
            given, inside, answering = given if inside and not answering else "", True, False
        elif text.startswith("</div>"):
            inside = False
        elif text.startswith("??? solution"):
            answering = True
        if inside and not answering:
            given += text + "\n"
            continue
        plain = re.sub(r"`[^`]*`|<[^<>]+>", "", text)
        for pattern in TYPED:
            plain = pattern.sub("", plain)
        for found in _FIGURE.finditer(plain):
            if not (inside and found[0] in given):
                yield line, f"'{found[0]}' is a typed figure; write a macro call (CONTRIBUTING.md lists them), for somebody else's figure [[= fact(id=\"…\") =]]"


_EMOJI = re.compile("[\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b50\u2b55\ufe0f\U0001f000-\U0001faff]")


def no_emoji(chapter: Chapter) -> Finding:
    """They look different on every system, and screen readers spell them out."""
    for line, text in enumerate(chapter.lines, 1):
        for found in _EMOJI.finditer(text):
            yield line, f"U+{ord(found[0]):04X} is an emoji or a dingbat; write a word"


# ---------------------------------------------------------------- blocks

def known_box(chapter: Chapter) -> Finding:
    """Four boxes have a look of their own; any other would fall back to the theme's."""
    for line, text in chapter.body:
        box = re.match(r"\s*(!!!|\?\?\?)\+?\s*([\w-]*)", text)
        if box and box[2] not in BOXES[box[1]]:
            yield line, f"'{box[1]} {box[2]}' is not a box of this book; write {box[1]} {' or '.join(BOXES[box[1]])}"


def no_code_in_code(chapter: Chapter) -> Finding:
    """A default comes as code; backticks around it would end the code and begin another."""
    for line, text in enumerate(chapter.lines, 1):
        if re.search(r"`\[\[= *setting\(|setting\([^\]]*\) *=\]\]`", text):
            yield line, "setting() is code already; remove the backticks around it"


def fence_language(chapter: Chapter) -> Finding:
    """Without a language the highlighter guesses."""
    for line, info in chapter.fences:
        if not re.match(r"\{?\s*\.?[a-z]", info):
            yield line, "a block of code without a language; write ```text, ```shell, ```json …"


def table_header(chapter: Chapter) -> Finding:
    """A screen reader reads the header of the column before each cell."""
    for line, text in chapter.body:
        if re.match(r"\s*\|\s*\|", text) and re.match(r"\s*\|[\s:|-]+\|\s*$", chapter.lines[line] if line < len(chapter.lines) else ""):
            yield line, "the first column has no header; name what its cells are, for example | What | …"


# ---------------------------------------------------------------- parts of a chapter

LONGEST_CHAPTER = 1800
# Names of makers, products, tests, licenses and laws, and what a newspaper prints without explaining it.
NAMES = frozenset("""BY CC README SSH YAML AIME AMD ARC ARM BART BERT BGE CEO CONTEXT CVE DAPO DGX EAGLE EOS EU FAQ FAT FSDP GB GDPR GLM GPQA GPT GPU HDMI IBM ID LICENSE LIMA LPDDR MB METR MI MIT MMLU MTEB
    AWS EPYC GTX HX NVL PRO XT XTX NCSC NVIDIA OK OPT PC PDF PEFT RTX RULER RX SATA SOLAR SQL SWE SXM TII TRL TV UHS UK US USB VPN""".split())


def answer_first(chapter: Chapter) -> Finding:
    """A reader who stops after the first paragraph has read the answer."""
    if not chapter.is_cover:
        after = [line for line in chapter.lines[next((n for n, level, *_ in chapter.headings if level == 1), 0):] if line.strip()]
        if not after or not after[0].startswith("!!! answer"):
            yield 1, 'the page does not begin with its answer; write !!! answer "In short" right after the title'


def sources(chapter: Chapter) -> Finding:
    """What a chapter asserts, somebody has written down first."""
    if (chapter.front or {}).get("kind") == "explain" and "sources(ids=" not in chapter.text:
        yield len(chapter.lines), 'there are no sources; end with [[= sources(ids=["…"]) =]]'


def not_too_long(chapter: Chapter) -> Finding:
    """Whoever looks something up wants a page, not a book."""
    words = sum(len(re.findall(r"[\w’'-]+", line)) for _, line in chapter.body)
    if words > LONGEST_CHAPTER:
        yield 1, f"it has {words:,} words, more than {LONGEST_CHAPTER:,}; divide it in two"


@cache
def _glossary_words() -> frozenset[str]:
    terms = yaml.safe_load((CATALOG / "glossary.yaml").read_text(encoding="utf-8"))["terms"]
    return frozenset(word for term in terms for spelling in (term["term"], *term.get("also", ())) for word in re.findall(r"\w+", spelling))


def known_abbreviations(chapter: Chapter) -> Finding:
    """An abbreviation is in the glossary, explained on the page (in italics or in brackets), or a name."""
    explained = set(re.findall(r"\*+([A-Z]{2,})\*+|\(([A-Z]{2,})\)|\b([A-Z]{2,}) \(|, ([A-Z]{2,}) for short", chapter.text))
    explained = {word for words in explained for word in words}
    for line, text in chapter.body:
        for word in re.findall(r"(?<![\w./_-])([A-Z]{2,}?)s?(?![\w-]|\.\w)", re.sub(r"\]\([^)]*\)", "]", text)):
            if word not in explained | _glossary_words() | NAMES:
                yield line, f"'{word}' is explained nowhere; add it to macros/catalog/glossary.yaml, explain it here, or add a name to NAMES in tests/book/lint.py"


# ---------------------------------------------------------------- programs

# Flags of tools that every system has and that do not change with the programs of this book.
GENERAL = frozenset("--gpus --network --restart --volume --publish --device --rm --cap-drop --read-only --add-host --depth --require-hashes".split())


@cache
def _settings() -> tuple[dict[str, str], dict[tuple[str, str], set[str]], set[str]]:
    """Programs by command, names by (program, command or nothing), and prefixes of variables."""
    book = catalog()
    commands = {command: program.id for program in book.programs.values() for command in program.commands}
    names: dict[tuple[str, str], set[str]] = {}
    for row in book.settings:
        for command in row.commands or ("",):
            # A flag that was removed may be named in the text, under no command of a program; a command with it would fail.
            names.setdefault((row.program, command) if row.default != "removed" else ("", ""), set()).update(row.names)
    return commands, names, {prefix for program in book.programs.values() for prefix in program.variables}


def _flags(line: str) -> Iterator[tuple[str, str]]:
    """(command, flag) of every command of the catalog in a line of a shell."""
    commands = _settings()[0]
    for part in re.split(r"&&|\|\||[|;]", re.sub(r"(?<!\S)#.*$", "", re.sub(r"\"[^\"]*\"|'[^']*'", "text", line))):
        command = None
        for word in part.split():
            name = re.sub(r"^(\./|\.\\)|\.exe$", "", word)
            name = re.split(r"[/\\]", name)[-1] if name.endswith(".py") else name
            if name in commands and (command is None or commands[name] != commands[command]):
                command = name
            elif command and re.match(r"--?[A-Za-z]", word):
                yield command, word.partition("=")[0]


def known_settings(chapter: Chapter) -> Finding:
    """A flag or variable of a program has a row that says for which version it holds and how that was checked."""
    commands, names, prefixes = _settings()
    for line, text in chapter.code:
        for command, flag in _flags(text):
            if flag not in names.get((commands[command], ""), set()) | names.get((commands[command], command), set()):
                yield line, f"'{flag}' of {command} is in no row of macros/catalog/settings.csv; add one with its default and version, or correct the flag"
    variable = re.compile(r"\b(?:" + "|".join(sorted(prefixes)) + r")[A-Z0-9_]+\b") if prefixes else None
    known = {name for found in names.values() for name in found}
    inline = [(number, code) for number, _ in chapter.body for code in re.findall(r"`([^`]+)`", chapter.lines[number - 1])]
    for line, text in chapter.code + inline if variable else ():
        for name in variable.findall(text):
            if name not in known:
                yield line, f"'{name}' is in no row of macros/catalog/settings.csv; add one with its default and version, or correct the name"
    for line, text in inline:
        flag = re.match(r"(--[a-z][\w-]+)", text)
        if flag and flag[1] not in known | GENERAL:
            yield line, f"'{flag[1]}' is in no row of macros/catalog/settings.csv; add one with its default and version, or correct the flag"


# ---------------------------------------------------------------- place in the book

def one_folder_deep(chapter: Chapter) -> Finding:
    """Links to the glossary are written for exactly this depth."""
    if not chapter.is_cover and chapter.path.count("/") != 2:
        yield 1, "a chapter lies exactly one folder deep; move it to docs/<part>/<name>.md"


def in_nav(chapter: Chapter) -> Finding:
    """A page outside the order of the book is found by nobody."""
    if chapter.path.removeprefix("docs/") not in nav_pages():
        yield 1, f"it is not in the order of the book; add '{chapter.path.removeprefix('docs/')}' to nav in mkdocs.yml"


def linked_page_exists(chapter: Chapter) -> Finding:
    """The build says so too, but this says it in a second."""
    for line, text in chapter.body:
        for _, target in LINK.findall(text):
            page = target.partition("#")[0]
            if page.endswith(".md") and ":" not in page and not (PROJECT / chapter.path).parent.joinpath(page).resolve().is_file():
                yield line, f"there is no page '{page}'; name a file, seen from the folder of this one"


RULES = (front_matter, title, description, kind, reviewed, one_main_heading, heading_id, plain_heading, one_sentence_per_line, no_avoided_word, no_typed_figure, no_emoji,
         known_box, no_code_in_code, fence_language, table_header, answer_first, sources, not_too_long, known_abbreviations, known_settings, one_folder_deep, in_nav, linked_page_exists)


# ---------------------------------------------------------------- the whole book

def missing_pages(pages, docs: Path = DOCS) -> list[str]:
    """A chapter that was renamed or removed leaves its name behind."""
    return [f"mkdocs.yml: nav: there is no docs/{page}; correct the name or remove the line" for page in pages if not (docs / page).is_file()]


def unused_records(folder: str, call: str, texts, folders: Path = CATALOG, cited=()) -> list[str]:
    """A quoted figure that no chapter quotes gets stale unseen. `call` shows how to use one; {id} stands for its name; `cited` are names used elsewhere."""
    used = {word for text in texts for found in CALL.findall(text) for word in re.findall(r'"([^"]*)"', found)} | set(cited)
    return [f"macros/catalog/{folder}/{path.name}: unused: no chapter uses it; write {call.format(id=path.stem)} in a chapter, or remove the file"
            for path in sorted((folders / folder).glob("*.yaml")) if path.stem not in used]
