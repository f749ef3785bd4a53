"""Abstracts that others keep in HTML, as the Markdown that ours are in."""

import html
import re
from typing import Final

_TAG: Final = re.compile(r"(?<!\\)<(/?)([A-Za-z][A-Za-z0-9]*)((?:[\s/][^<>]*)?)>")
_HREF: Final = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_EMPTY_LINES: Final = re.compile(r"\n{3,}")

_OPENING: Final = {
    **dict.fromkeys(("p", "div", "ul", "ol", "pre", "blockquote", "table", "section"), "\n\n"),
    **dict.fromkeys(("br", "tr"), "\n"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "\n\n### "),
    **dict.fromkeys(("b", "strong"), "**"),
    **dict.fromkeys(("i", "em"), "*"),
    "li": "\n- ",
    "code": "`",
    "hr": "\n\n---\n\n",
    **dict.fromkeys(("span", "a", "u", "small", "sub", "sup", "img", "td", "th", "tbody", "thead", "font"), ""),
}
_CLOSING: Final = {**_OPENING, **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "\n\n"), "li": "", "br": "\n"}


def is_html(text: str) -> bool:
    """Whether a text has a tag of HTML in it; "<3" and "<name>" are none."""
    return any(found[2].lower() in _OPENING for found in _TAG.finditer(text))


def markdown(text: str) -> str:
    """The text of a piece of HTML with its paragraphs, lists, emphasis and web links; other markup goes. Linear in its length."""
    links: list[str] = []
    pieces: list[str] = []
    at = 0
    for found in _TAG.finditer(text):
        pieces.append(_words(text[at : found.start()]))
        pieces.append(_mark(found, links))
        at = found.end()
    pieces.append(_words(text[at:]))
    lines = (line.strip() for line in "".join(pieces).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _words(text: str) -> str:
    """Text between tags; what is a tag only now was written to be seen, and stays so with Markdown's backslash."""
    return _TAG.sub(lambda found: f"\\{found[0]}" if found[2].lower() in _OPENING else found[0], html.unescape(text))


def _mark(found: re.Match[str], links: list[str]) -> str:
    closes, name = bool(found[1]), found[2].lower()
    if name not in _OPENING:
        return found[0]
    if name != "a":
        return (_CLOSING if closes else _OPENING)[name]
    if closes:
        target = links.pop() if links else ""
        return f"]({target})" if target else ""
    links.append(_target(found[3]))
    return "[" if links[-1] else ""


def _target(attributes: str) -> str:
    """Where a link goes, if to the web and if Markdown can hold it."""
    found = _HREF.search(attributes)
    address = html.unescape(next((part for part in found.groups() if part), "") if found else "").strip()
    plain = address.startswith(("https://", "http://", "mailto:")) and not re.search(r"[\s()<>\[\]]", address)
    return address if plain else ""
