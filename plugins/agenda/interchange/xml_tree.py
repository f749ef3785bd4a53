"""XML from a stranger as a small tree: no DTD, no entities, no network, bounded in depth, in elements and so in memory."""

import re
from html.entities import html5
from typing import Any, Final
from xml.parsers.expat import errors

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from .notes import Findings, Unreadable
from .text import clean, first_unclean

MOST_DEPTH: Final = 64
"""A schedule has 7 levels; the rest is for markup inside of abstracts."""

MOST_ELEMENTS: Final = 300_000
"""FOSDEM 2023 has some 19,000."""

_CUT_SHORT: Final = {
    errors.codes[errors.XML_ERROR_NO_ELEMENTS],
    errors.codes[errors.XML_ERROR_UNCLOSED_TOKEN],
    errors.codes[errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    errors.codes[errors.XML_ERROR_PARTIAL_CHAR],
}
_AMPERSAND: Final = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));|([A-Za-z][A-Za-z0-9]{0,31});)?")
_XML_NAMES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})


class Node:
    """An element: `tag` in lower case without its namespace, `parts` its texts and elements in order."""

    __slots__ = ("attributes", "line", "parts", "tag")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag, self.attributes, self.line = tag, attributes, line
        self.parts: list[str | Node] = []

    def __getitem__(self, tag: str) -> "list[Node]":
        return [part for part in self.children if part.tag == tag]

    @property
    def children(self) -> "list[Node]":
        return [part for part in self.parts if isinstance(part, Node)]

    def first(self, tag: str) -> "Node | None":
        return next((part for part in self.parts if isinstance(part, Node) and part.tag == tag), None)

    @property
    def inside(self) -> str:
        """Its text; elements in it, which are markup that somebody forgot to escape, as tags."""
        return "".join(part if isinstance(part, str) else part.outside for part in self.parts)

    @property
    def outside(self) -> str:
        href = self.attributes.get("href", "").replace('"', "%22")
        return (
            f'<{self.tag} href="{href}">{self.inside}</{self.tag}>'
            if href
            else f"<{self.tag}>{self.inside}</{self.tag}>"
        )

    def text(self, tag: str) -> str:
        """The text of the first child of that name, or ""."""
        found = self.first(tag)
        return found.inside.strip() if found else ""


def tree(text: str, findings: Findings) -> Node:
    """The root element. Notes `characters_dropped` and `ampersands_repaired`.

    Raises Unreadable: not_well_formed, file_truncated, dtd_forbidden, nested_too_deep, too_many_parts. A file cut short is
    refused and not read halfway: half a programme looks like a whole one.
    """
    # We have decoded it: a str overrides what the declaration says. White space before that is not well-formed, and harmless.
    given = _ampersands(_characters(text, findings), findings)
    begins = len(given) - len(given.lstrip())
    above = given.count("\n", 0, begins)
    builder = _Builder(above)
    parser = DefusedXMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    builder.parser = parser.parser
    try:
        parser.feed(given[begins:])
        parser.close()
    except DefusedXmlException as problem:
        raise Unreadable("dtd_forbidden") from problem
    except ParseError as problem:
        raise _refused(problem, above) from problem
    if builder.root is None:
        raise Unreadable("file_empty")
    return builder.root


def _refused(problem: Any, above: int) -> Unreadable:
    line, column = problem.position[0] + above, problem.position[1]
    if problem.code in _CUT_SHORT:
        return Unreadable("file_truncated", line=line)
    why = str(problem).partition(":")[0]
    return Unreadable("not_well_formed", line=line, column=column + 1, why=why)


class _Builder:
    """What the parser calls; stops it where a file becomes too deep or too large. `above` counts lines not given to it."""

    def __init__(self, above: int) -> None:
        self._above = above
        self.parser: Any = None
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MOST_DEPTH:
            raise Unreadable("nested_too_deep", most=MOST_DEPTH)
        if self._count > MOST_ELEMENTS:
            raise Unreadable("too_many_parts", most=MOST_ELEMENTS)
        node = Node(_local(tag), {_local(name): value for name, value in attributes.items()}, self._line)
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self.root = node
        self._open.append(node)

    @property
    def _line(self) -> int:
        return int(self.parser.CurrentLineNumber) + self._above

    def end(self, tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def close(self) -> None:
        """Nothing is left to do; the parser asks."""


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()


def _characters(text: str, findings: Findings) -> str:
    first = first_unclean(text)
    if first is None:
        return text
    kept = clean(text)
    findings("characters_dropped", line=text.count("\n", 0, first) + 1, count=len(text) - len(kept))
    return kept


def _ampersands(text: str, findings: Findings) -> str:
    """The text with every reference that XML cannot resolve as plain text: `R&D`, `&nbsp;`, `&#1;`. CDATA stays as it is."""
    if "&" not in text:
        return text
    repaired = 0

    def mended(found: re.Match[str]) -> str:
        nonlocal repaired
        hexadecimal, decimal, name = found.groups()
        if name in _XML_NAMES:
            return found[0]
        if hexadecimal or decimal:
            number = int(hexadecimal, 16) if hexadecimal else int(decimal)
            if number < 0x110000 and clean(chr(number)):
                return found[0]
        repaired += 1
        if name:
            return html5.get(f"{name};", f"&amp;{name};").replace("<", "&lt;")
        return "" if hexadecimal or decimal else "&amp;"

    pieces, at = [], 0
    while at < len(text):
        begins = text.find("<![CDATA[", at)
        ends = text.find("]]>", begins) if begins >= 0 else -1
        begins = len(text) if begins < 0 else begins
        pieces.append(_AMPERSAND.sub(mended, text[at:begins]))
        at = len(text) if ends < 0 else ends
        pieces.append(text[begins:at])
    if repaired:
        findings.count("ampersands_repaired", repaired)
    return "".join(pieces)
