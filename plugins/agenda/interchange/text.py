"""Texts as files and databases can hold them."""

import re
from typing import Final

MOST_LABEL: Final = 250
"""More than any name or title of ours may have, so that one too long is still cut, with a note, where it is used."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile(r"\r\n?|[\u2028\u2029\u0085]")
_ODD = re.compile("[^\t\n\u0020-\u007e\u00a0-\u2027\u2030-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold (section 2.2)."""
    return _NOT_XML.sub("", text)


def first_unclean(text: str) -> int | None:
    """Where the first character stands that XML 1.0 cannot hold."""
    found = _NOT_XML.search(text)
    return found.start() if found else None


def plain(text: str) -> str:
    """The text with "\\n" for every line break, and without control characters, lone surrogates and space around it."""
    if _ODD.search(text):
        text = _CONTROL.sub("", _BREAK.sub("\n", clean(text)))
    return text.strip()


def one_line(text: str) -> str:
    """The text as a title or a name: every run of white space is one space."""
    return " ".join(plain(text).split())


def label(text: str) -> str:
    """The text's beginning, as what many sessions have in common: a room's name, a day, an acronym.

    Each session repeats it, in a pointer, a comparison or a report; a label of a megabyte would do so thousands of times.
    """
    return plain(text[:MOST_LABEL])


def cut(text: str, most: int) -> str:
    """The text in at most so many characters; a longer one ends at a paragraph, a line or a word, with an ellipsis."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    for mark in ("\n\n", "\n", " "):
        at = head.rfind(mark)
        if at > most // 2:
            head = head[:at]
            break
    return head.rstrip() + "…"
