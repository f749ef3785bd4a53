"""Header lines as they are sent: every text decodes to itself, in lines that no program has to fold again. Pure.

CPython's own folding loses and adds spaces where encoded words meet (seen in 3.11: `…,  ediciónQuerétaro:cómo pagar`), so a
text that is not short, plain ASCII is written here, as encoded words of RFC 2047 in UTF-8 and base64. Between two of them a
reader drops the space, so all of a text is encoded or nothing of it.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

_LINE: Final = 76
_PLAIN: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_ATOM: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,50}")
_BYTES: Final = 45
"""Of a text in one encoded word: 60 characters of base64 and 12 around them, at most 75 (RFC 2047, 2)."""

_IN_PHRASE: Final = 42
"""Of a name: what then fits behind `Reply-To: `."""


def text(value: str, *, after: int) -> str:
    """The value of an unstructured header whose name and colon take `after` characters."""
    words = one_line(value)
    if _PLAIN.fullmatch(words) and "=?" not in words and "  " not in words and len(words) + after <= _LINE:
        return words
    return "\r\n ".join(_encoded(words, room=min(_BYTES, (_LINE - after - 12) // 4 * 3)))


def mailbox(name: str, address: str, *, after: int) -> str:
    """`name <address>`, or the address alone where there is no name; `after` as in `text`.

    Plain words stay, the others are encoded, those beside each other as one: CPython's reader of addresses shows a space
    between two encoded words, so that only what does not fit into one is divided.
    """
    if not one_line(name):
        return address
    value, length = "", after - 1
    for part in [*_phrase(one_line(name).split(" ")), f"<{address}>"]:
        fits = not value or length + 1 + len(part) <= _LINE
        value += (" " if fits else "\r\n ") + part
        length = (length if fits else 0) + 1 + len(part)
    return value.removeprefix(" ")


def _phrase(words: Iterable[str]) -> Iterator[str]:
    for is_plain, run in groupby(words, key=lambda word: bool(_ATOM.fullmatch(word)) and "=?" not in word):
        if is_plain:
            yield from run
        else:
            yield from _encoded(" ".join(run), room=_IN_PHRASE)


def one_line(value: str) -> str:
    """Without what a header cannot hold: line breaks and control characters are a space, lone surrogates are left out."""
    visible = "".join(" " if ord(each) < 32 or 127 <= ord(each) < 160 else each for each in value)
    return " ".join(visible.encode("utf-8", "ignore").decode().split())


def _encoded(words: str, *, room: int) -> list[str]:
    """Encoded words; the first holds at most `room` octets of the text."""
    pieces = [b""]
    for each in words:
        octets = each.encode()
        if len(pieces[-1]) + len(octets) > (room if len(pieces) == 1 else _BYTES):
            pieces.append(b"")
        pieces[-1] += octets
    return [f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in pieces if piece]
