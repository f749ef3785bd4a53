"""Facts into a text: as plain text, and as HTML in which no fact becomes a link or a tag. Both say the same."""

import html
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import nh3

from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.mail.installation import address
from plenaria.core.mail.markup import PLACEHOLDER, Piece, filled, is_address


class Content(NamedTuple):
    """The body of a mail in its two parts, without what stands around it (`look`)."""

    text: str
    html: str


def subject_of(subject: str, facts: Mapping[str, str]) -> str:
    """The subject in one line. An address has no place there: it would be read on lock screens and kept in lists."""

    def fact(name: str, as_written: str) -> str:
        value = facts.get(name, as_written)
        return "" if is_address(value) else str(value)

    return " ".join(PLACEHOLDER.sub(lambda found: fact(found[1], found[0]), subject).split())


def content_of(body: str, facts: Mapping[str, str], language: str, *, accent: str = "") -> Content:
    """The Markdown body with its facts. A fact is shown as it is; a `Markdown` fact is the plugin's own Markdown.

    A link that stands alone in its paragraph is a button in the colour `accent`; without it the HTML carries no style of its
    own, for a page of ours.
    """
    with using(language):
        pieces = filled(body, facts, ours=address(), open_words=gettext("Open")).pieces
    return Content(_text(pieces), _html(pieces, accent))


# -- the HTML part -----------------------------------------------------------------------------------------------------

_FLOW: Final = "margin:0 0 16px"
_STYLES: Final = {
    "p": _FLOW,
    "h2": "margin:24px 0 12px;font-size:20px;line-height:1.3",
    "h3": "margin:24px 0 8px;font-size:17px;line-height:1.3",
    "ul": f"{_FLOW};padding-left:24px",
    "ol": f"{_FLOW};padding-left:24px",
    "li": "margin:0 0 6px",
    "blockquote": f"{_FLOW};padding-left:14px;border-left:3px solid #c6ccd4",
    "pre": f"{_FLOW};white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.5 ui-monospace,Consolas,monospace",
    "code": "font:0.92em/1.4 ui-monospace,Consolas,monospace;overflow-wrap:anywhere",
}
"""Beside the words, because several mail programs drop the style sheet of a mail."""
_TAGS: Final = {*_STYLES, "em", "strong", "a", "br", "hr", "table", "tbody", "tr", "td"}


def _html(pieces: Sequence[Piece], accent: str) -> str:
    """Cleaned once more, although every word was escaped: nothing but our own tags leaves here."""
    written = "".join(_tag(piece, accent) for piece in pieces)
    return nh3.clean(
        written,
        tags=_TAGS,
        attributes={"*": {"style", "class"}, "a": {"href"}, "ol": {"start"}, "table": {"role", "cellspacing"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener nofollow",
    )


def _tag(piece: Piece, accent: str) -> str:
    words = html.escape(piece.text)
    match piece.kind:
        case "text":
            return words
        case "open":
            start = f' start="{piece.start}"' if piece.start != 1 else ""
            return f"<{piece.text}{_style(_STYLES.get(piece.text, ''), accent)}{start}>"
        case "close":
            return f"</{piece.text}>" if piece.text in {"em", "strong", "code"} else f"</{piece.text}>\n"
        case "link":
            return f'<a class="link" href="{words}">'
        case "button":
            return f'{_around_button(accent)}<a class="button" href="{words}"{_style(_BUTTON + accent, accent)}>'
        case "unlink":
            return "</a>"
        case "unbutton":
            shown = f'<a class="quiet" href="{words}"{_style("color:#4c5960", accent)}>{words}</a>'
            end = "</a></td></tr></table>" if accent else "</a></p>"
            return f'{end}\n<p class="address"{_style(_ADDRESS, accent)}>{shown}</p>\n'
        case "break":
            return "<br>\n"
        case "rule":
            return "<hr>\n"


def _style(style: str, accent: str) -> str:
    return f' style="{style}"' if style and accent else ""


def _around_button(accent: str) -> str:
    """In a mail a table's cell, which Outlook colours too."""
    if not accent:
        return '<p class="action">'
    table = "margin:24px 0 8px;border-spacing:0"
    cell = f"padding:0;border-radius:6px;background-color:{accent};mso-padding-alt:13px 22px"
    return f'<table role="presentation" class="action" cellspacing="0" style="{table}"><tr><td class="cell" style="{cell}">'


_BUTTON: Final = (
    "display:inline-block;padding:13px 22px;border-radius:6px;font-weight:600;text-decoration:none;"
    "color:#ffffff;background-color:"
)
_ADDRESS: Final = "margin:0 0 24px;font-size:13px;line-height:1.4;overflow-wrap:anywhere;word-break:break-all"


# -- the text part -----------------------------------------------------------------------------------------------------


def _text(pieces: Sequence[Piece]) -> str:
    writer = _TextWriter()
    for piece in pieces:
        writer.write(piece)
    writer.end_line()
    return "\n".join(writer.lines) + "\n"


class _TextWriter:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.margins: list[str] = []
        self.marker: str | None = None
        """What begins the first line of a list item."""
        self.gap = False
        """Whether an empty line is due before the next block."""
        self.numbers: list[int | None] = []
        """The next number of each list that we are inside of; None for bullets."""
        self.label_from = 0

    def write(self, piece: Piece) -> None:
        match piece.kind:
            case "text":
                self.line += piece.text
            case "break":
                self.line += "\n"
            case "link" | "button":
                if piece.kind == "button":
                    self._block()
                self.label_from = len(self.line)
            case "unlink":
                self._end_link(piece.text)
            case "unbutton":
                self.line += f":\n{piece.text}"
                self._block()
            case "rule":
                self._block()
                self.line = "---"
                self._block()
            case "open":
                self._open(piece)
            case "close":
                self._close(piece.text)

    def _end_link(self, href: str) -> None:
        label = self.line[self.label_from :].strip()
        if label != href:
            self.line += f" <{href}>" if label else f"<{href}>"

    def _open(self, piece: Piece) -> None:
        match piece.text:
            case "em" | "strong" | "code":
                pass
            case "ul" | "ol":
                self.end_line()
                self.gap = self.gap or not self.numbers
                self.numbers.append(piece.start if piece.text == "ol" else None)
            case "li":
                self._open_item()
            case "blockquote":
                self._block()
                self.margins.append("> ")
            case _:
                self._block()

    def _open_item(self) -> None:
        self.end_line()
        number = self.numbers[-1]
        begin = "- " if number is None else f"{number}. "
        self.numbers[-1] = None if number is None else number + 1
        self.marker = ("".join(self.margins) if self.marker is None else self.marker) + begin
        self.margins.append(" " * len(begin))

    def _close(self, tag: str) -> None:
        match tag:
            case "em" | "strong" | "code":
                pass
            case "ul" | "ol":
                self.end_line()
                self.numbers.pop()
                self.gap = not self.numbers
            case "li":
                self._close_item()
            case "blockquote":
                self.end_line()
                self.margins.pop()
                self.gap = True
            case _:
                self._block()

    def _close_item(self) -> None:
        self.end_line()
        if self.marker is not None:
            self.lines.append(self.marker.rstrip())
        self.margins.pop()
        self.marker, self.gap = None, False

    def _block(self) -> None:
        self.end_line()
        self.gap = self.marker is None

    def end_line(self) -> None:
        if not self.line.strip():
            self.line = ""
            return
        margin = "".join(self.margins)
        if self.gap and self.lines:
            self.lines.append(margin.rstrip())
        for words in self.line.split("\n"):
            self.lines.append(((self.marker or margin) + words).rstrip())
            self.marker = None
        self.line, self.gap = "", False
