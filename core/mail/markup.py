"""A mail's Markdown with its facts put in, as one list of pieces that the text part and the HTML part are both written from.

Pure. The Markdown is parsed first, its `{placeholders}` as tokens of their own; a fact is put in afterwards and is never
parsed. An address among the facts may hold a secret, so it stands only as a whole link: where it would become part of another
address it is set apart by a space, and `Filled.misplaced` says so. Images and raw HTML are never drawn.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image
from markdown_it.token import Token

PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_HOST: Final = r"https?://(?:(?:[\w-]+\.)*[\w-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
_ADDRESS: Final = re.compile(rf"{_HOST}(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)
_LINK: Final = re.compile(rf"{_ADDRESS.pattern}|(?:mailto:|tel:)[^\s<>\"]+", re.IGNORECASE)
_BARE_ADDRESS: Final = re.compile(rf"({_HOST}(?:[/?#](?:[^\s<>)\"]*[^\s<>).,;:!?\"])?)?)")
_IN_ADDRESS: Final = re.compile(r"://|www\.|\w\.\w+[/?#]", re.IGNORECASE)
"""What makes a word look like an address to a mail program, which then makes a link of the whole word."""
_OPENERS: Final = "([<«“‘\"'¿¡*_"
_CLOSERS: Final = ".,;:!?)]>»”’\"'…*_"
_MOST_IMAGES: Final = 2
_BLANK: Final = re.compile(r"[ \t\r\n]")

Kind = Literal["open", "close", "text", "break", "rule", "link", "unlink", "button", "unbutton"]
Problem = Literal["image", "html", "not_alone", "in_address", "not_whole"]


class Markdown(str):
    """A fact that is Markdown of the plugin's own making. Never from text that a visitor typed: that stays a plain str."""

    __slots__ = ()


class Piece(NamedTuple):
    """`text` is the words, the tag (`p`, `h2`, `h3`, `ul`, `ol`, `li`, `blockquote`, `pre`, `code`, `em`, `strong`), or where a
    link goes."""

    kind: Kind
    text: str = ""
    start: int = 1
    """The first number of an `ol`."""


class Misplaced(NamedTuple):
    """What a text has that a mail cannot: `what` is the placeholder or the address, "" for images and HTML."""

    problem: Problem
    what: str = ""


class Filled(NamedTuple):
    pieces: list[Piece]
    misplaced: list[Misplaced]


def is_address(fact: str) -> bool:
    """Whether the fact is a web address and nothing else."""
    return _ADDRESS.fullmatch(fact) is not None


def filled(body: str, facts: Mapping[str, str], *, ours: str, open_words: str) -> Filled:
    """The body with its facts. Addresses below `ours` become links; `open_words` stand on a button without words of its own."""
    filler = _Filler(facts, ours, open_words)
    filler.blocks(parsed(body))
    return Filled(filler.pieces, filler.misplaced)


def used_in(*texts: str) -> set[str]:
    """The placeholders that stand in the texts, wherever they do."""
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


def has_html(body: str) -> bool:
    """Whether something in it would be raw HTML; a mail shows it as it is typed."""
    tokens = _WITH_HTML.parse(body)
    return any(
        each.type in {"html_block", "html_inline"} for token in tokens for each in (token, *(token.children or ()))
    )


# -- parsing -----------------------------------------------------------------------------------------------------------


def _placeholder(state: StateInline, silent: bool) -> bool:
    found = PLACEHOLDER.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("fact", "", 0)
        token.content = found[1]
    state.pos = found.end()
    return True


def _image(state: StateInline, silent: bool) -> bool:
    """As CommonMark has it, but an image in an image in an image is text: each would be a recursion."""
    depth = state.env.get("images", 0)
    if depth == _MOST_IMAGES:
        return False
    state.env["images"] = depth + 1
    try:
        return image(state, silent)
    finally:
        state.env["images"] = depth


def _parser(*, html: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": html, "linkify": False})
    parser.inline.ruler.before("escape", "fact", _placeholder)
    parser.inline.ruler.at("image", _image)
    normal: Any = parser.normalizeLink
    parser.normalizeLink = lambda url: url if used_in(url) else normal(url)  # type: ignore[method-assign]
    return parser


_PARSER: Final = _parser(html=False)
_WITH_HTML: Final = _parser(html=True)


@lru_cache(maxsize=128)
def parsed(body: str) -> Sequence[Token]:
    """The block tokens; nobody changes them."""
    return tuple(_PARSER.parse(body))


# -- filling -----------------------------------------------------------------------------------------------------------

_TAGS: Final = {"h1": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}


class _Filler:
    def __init__(self, facts: Mapping[str, str], ours: str, open_words: str) -> None:
        self.facts, self.ours, self.open_words = facts, ours.rstrip("/"), open_words
        self.pieces: list[Piece] = []
        self.misplaced: list[Misplaced] = []
        self.word = ""
        """What the reader sees since the last space."""
        self.after_address = ""
        """The placeholder whose address we have just seen."""
        self.hrefs: list[str] = []
        """Where the links go that we are inside of; "" when one was dropped."""

    # blocks

    def blocks(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            if token.type == "inline":
                self._paragraph(tokens[index - 1], token.children or [])
            elif token.type in {"fence", "code_block"}:
                self._put("open", "pre")
                self._with_facts(token.content.rstrip("\n"))
                self._put("close", "pre")
                self._new_line()
            elif token.type == "hr":
                self._put("rule")
            elif token.nesting and token.tag != "p" and not token.type.startswith("heading"):
                start = int(token.attrs.get("start", 1)) if token.tag == "ol" else 1
                self.pieces.append(Piece("open" if token.nesting > 0 else "close", token.tag, start))

    def _paragraph(self, around: Token, children: Sequence[Token]) -> None:
        """What stands alone in its paragraph is a block: a link is a button, lines are lines."""
        self._new_line()
        tag = "" if around.hidden else _TAGS.get(around.tag, around.tag)
        if tag == "p" and len(children) == 1 and children[0].type == "fact":
            self._block(children[0].content, is_top=around.level == 0)
        elif tag == "p" and around.level == 0 and (href := self._only_link(children)):
            self._button(href, children[1:-1])
        else:
            if tag:
                self._put("open", tag)
            self._inline(children)
            if tag:
                self._put("close", tag)
        self._new_line()

    def _only_link(self, children: Sequence[Token]) -> str:
        """Where the paragraph's link goes, when it has nothing else but one and that goes to the web."""
        types = [child.type for child in children]
        if len(types) < 3 or types[0] != "link_open" or types.index("link_close") != len(types) - 1:
            return ""
        raw = str(children[0].attrs.get("href", ""))
        fact = PLACEHOLDER.fullmatch(raw)
        href = self.facts.get(fact[1], "") if fact else "" if used_in(raw) else raw
        return href if is_address(href) else ""

    def _button(self, href: str, label: Sequence[Token]) -> None:
        self._put("button", href)
        self.hrefs.append(href)
        self._inline(label)
        self.hrefs.pop()
        self._put("unbutton", href)

    def _block(self, name: str, *, is_top: bool) -> None:
        fact = self.facts.get(name)
        if isinstance(fact, Markdown):
            self.pieces += filled(fact, {}, ours=self.ours, open_words=self.open_words).pieces
        elif fact is not None and self._is_ours(fact) and is_top:
            self.pieces += [Piece("button", fact), Piece("text", self.open_words), Piece("unbutton", fact)]
        elif fact is not None:
            self._lines(name, fact)
        else:
            self.pieces += [Piece("open", "p"), Piece("text", f"{{{name}}}"), Piece("close", "p")]

    def _lines(self, name: str, fact: str) -> None:
        """Lines stay lines; those that begin with `- ` are a list, an empty one ends a paragraph."""
        inside = ""
        for line in fact.splitlines():
            bullet = line.startswith("- ")
            words = (line[2:] if bullet else line).strip()
            block = ("ul" if bullet else "p") if words else ""
            if block != inside:
                self._put_block("close", inside)
                self._put_block("open", block)
            elif block == "p":
                self._break()
            if words:
                self._put_block("open", "li" if bullet else "")
                self._fact_line(name, words)
                self._put_block("close", "li" if bullet else "")
            inside = block
        self._put_block("close", inside)

    def _put_block(self, kind: Kind, tag: str) -> None:
        if tag:
            self._put(kind, tag)
            self._new_line()

    # inside a paragraph

    def _inline(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            match token.type:
                case "text" | "text_special":
                    self._say_linked(token.content)
                case "fact":
                    self._fact(token.content)
                case "softbreak":
                    self._put("text", "\n")
                    self._new_line()
                case "hardbreak":
                    self._break()
                case "code_inline":
                    self._put("open", "code")
                    self._with_facts(token.content)
                    self._put("close", "code")
                case "image":
                    self.misplaced.append(Misplaced("image"))
                    self._inline(token.children or [])
                case "link_open":
                    self._open_link(str(token.attrs.get("href", "")))
                case "link_close":
                    self._close_link()
                case "em_open" | "strong_open":
                    self._put("open", token.tag)
                case "em_close" | "strong_close":
                    self._put("close", token.tag)

    def _with_facts(self, code: str) -> None:
        """Code: its placeholders are filled, nothing becomes a link."""
        self.hrefs.append("")
        for index, part in enumerate(PLACEHOLDER.split(code)):
            if index % 2:
                self._fact(part)
            else:
                self._say(part)
        self.hrefs.pop()

    def _open_link(self, raw: str) -> None:
        href = self._href(raw)
        if href and href != raw:
            self._alone(raw.strip("{}"))
        self.hrefs.append(href)
        if href:
            self._put("link", href)

    def _close_link(self) -> None:
        if href := self.hrefs.pop():
            self._put("unlink", href)
            self.word = f"<{href}>"

    def _href(self, raw: str) -> str:
        """Where the link goes; "" when it may not go there."""
        names = sorted(used_in(raw))
        if not names:
            if not _LINK.fullmatch(raw):
                self.misplaced.append(Misplaced("not_whole", raw))
                return ""
            return raw
        value = self.facts.get(names[0], "")
        if PLACEHOLDER.fullmatch(raw) and is_address(value):
            return value
        self.misplaced += [Misplaced("in_address", name) for name in names]
        return ""

    def _fact(self, name: str) -> None:
        fact = self.facts.get(name)
        if fact is None:
            self._say(f"{{{name}}}")
        elif isinstance(fact, Markdown):
            self._markdown_line(name, fact)
        else:
            for number, line in enumerate(fact.splitlines()):
                if number:
                    self._break()
                self._fact_line(name, line.strip() if number else line)

    def _markdown_line(self, name: str, fact: Markdown) -> None:
        """A plugin's Markdown inside a line of text: its words and emphasis, each block on a line of its own."""
        self._apart_from_address(name)
        for piece in _in_one_line(filled(fact, {}, ours=self.ours, open_words=self.open_words).pieces):
            if piece.kind == "text":
                self._say(piece.text)
            elif piece.kind == "break":
                self._break()
            else:
                self.pieces.append(piece)

    def _apart_from_address(self, name: str) -> None:
        if _IN_ADDRESS.search(self.word):
            self.misplaced.append(Misplaced("in_address", name))
            self._set_apart()

    def _fact_line(self, name: str, line: str) -> None:
        if is_address(line):
            self._address(name, line)
            return
        self._apart_from_address(name)
        self._say(line)

    def _address(self, name: str, address: str) -> None:
        self._alone(name)
        inside = self.hrefs[-1] if self.hrefs else None
        if inside and inside != address:
            self.misplaced.append(Misplaced("not_alone", name))
        links = inside is None and self._is_ours(address)
        if links:
            self._put("link", address)
        self._see(address)
        if links:
            self._put("unlink", address)
        self.after_address = name

    def _alone(self, name: str) -> None:
        if self.after_address or self.word.strip(_OPENERS):
            self.misplaced.append(Misplaced("not_alone", name))
            self._set_apart()

    def _is_ours(self, fact: str) -> bool:
        return is_address(fact) and (fact == self.ours or fact.startswith(f"{self.ours}/"))

    def _say_linked(self, words: str) -> None:
        """Words of the text itself: an address among them can be clicked."""
        if self.hrefs:
            self._say(words)
            return
        for index, part in enumerate(_BARE_ADDRESS.split(words)):
            if index % 2:
                self._say_address(part)
            else:
                self._say(part)

    def _say_address(self, address: str) -> None:
        self._before(address)
        self._put("link", address)
        self._see(address)
        self._put("unlink", address)

    def _say(self, words: str) -> None:
        self._before(words)
        self._see(words)

    def _before(self, words: str) -> None:
        """What follows one of our addresses does not lengthen it."""
        rest = words.lstrip(_CLOSERS)
        if self.after_address and rest:
            if not _BLANK.match(rest):
                self.misplaced.append(Misplaced("not_alone", self.after_address))
                self._set_apart()
            self.after_address = ""

    def _set_apart(self) -> None:
        self._see(" ")
        self.after_address = ""

    def _see(self, words: str) -> None:
        if words:
            self._put("text", words)
            self.word = _BLANK.split(self.word + words)[-1]

    def _break(self) -> None:
        self._put("break")
        self._new_line()

    def _new_line(self) -> None:
        self.word, self.after_address = "", ""

    def _put(self, kind: Kind, text: str = "") -> None:
        self.pieces.append(Piece(kind, text))


def _in_one_line(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Blocks inside a line of text: their words and emphasis, each block on a line of its own."""
    fresh = True
    for piece in pieces:
        if piece.kind in {"open", "close"} and piece.text not in {"em", "strong", "code"}:
            if not fresh:
                yield Piece("break")
            fresh = True
        elif piece.kind in {"open", "close", "text", "break"}:
            yield piece
            fresh = fresh and not piece.text
