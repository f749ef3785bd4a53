"""A hash chain over lines that are written concurrently and sealed in batches afterwards.

A writer stores a line with its own hash and waits for nobody. A sealer, one at a time, later gives the
lines their places 1, 2, 3, … and links each to the one before:

    chain_hash = SHA-256( previous chain_hash as 32 bytes || canonical JSON of [line id, line hash] )

starting from GENESIS. Anybody who edits, removes, swaps or inserts a sealed line must rewrite every seal after
it. What the chain alone cannot show: a change to a line not sealed yet, and a tail cut off or rewritten
together with *all* its seals. Against the second, keep a `Sealed` out of reach (in a receipt, on paper) and
give it to the verification as `anchor`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from plenaria.core.kernel.ledger.canonical import NotJSON, canonical, digest

GENESIS = "0" * 64
_HASH = re.compile(r"[0-9a-f]{64}")

Reason = Literal["edited", "removed", "swapped", "inserted"]


class Line(msgspec.Struct, frozen=True):
    """What was written: `hash` is what the writer stored, digest(content) as long as nobody edits."""

    id: int
    hash: str
    content: Any


class Sealed(msgspec.Struct, frozen=True):
    """Place `no` (from 1, no gaps) of a line in the chain."""

    no: int
    line_id: int
    line_hash: str
    chain_hash: str


class Broken(msgspec.Struct, frozen=True):
    """The first place at which the chain does not hold.

    `line_id` is None when nothing tells which line stood there. `expected` and `found` are the two hashes
    that should be equal, empty where something is missing. The place is certain; the reason is what the
    remaining rows speak for: "removed" at `no` can also be the line before, rewritten with its seal alone.
    """

    no: int
    line_id: int | None
    reason: Reason
    expected: str = ""
    found: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """`sealed` counts the seals, `unsealed` the lines that wait for one: those are not proven yet."""

    sealed: int
    unsealed: int
    first_broken: Broken | None = None


def link(previous_hash: str, line_id: int, line_hash: str) -> str:
    """The chain hash of a line after `previous_hash`.

    Raises ValueError when `previous_hash` is not 64 lower-case hexadecimal digits. `line_hash` may be any
    text: a damaged line must not keep later ones from being sealed, and the verification will name it.
    """
    if not _HASH.fullmatch(previous_hash):
        raise ValueError(f"not 64 lower-case hexadecimal digits: {previous_hash!r}")
    return hashlib.sha256(bytes.fromhex(previous_hash) + canonical([line_id, line_hash])).hexdigest()


def next_seals(last: Sealed | None, lines: Iterable[Line]) -> list[Sealed]:
    """The seals of `lines`, in the order given, after `last` (None: the chain begins).

    Seals what the writers stored, without looking whether it is true: that is the verification's part.
    """
    seals = []
    for line in lines:
        no, previous = (last.no, last.chain_hash) if last else (0, GENESIS)
        last = Sealed(no + 1, line.id, line.hash, link(previous, line.id, line.hash))
        seals.append(last)
    return seals


def verify(lines: Iterable[Line], seals: Sequence[Sealed], *, anchor: Sealed | None = None) -> Verdict:
    """Whether the seals chain and every sealed line is what it was, in any order of `lines` and `seals`.

    `anchor` is a seal kept where those who could rewrite all cannot reach it.
    """
    by_id = {line.id: line for line in lines}
    ordered = sorted(seals, key=lambda seal: seal.no)
    unsealed = len(by_id.keys() - {seal.line_id for seal in seals})
    return Verdict(len(seals), unsealed, _first_broken(by_id, ordered, anchor))


def _first_broken(lines: dict[int, Line], seals: Sequence[Sealed], anchor: Sealed | None) -> Broken | None:
    walk = Walk(anchor)
    seen: set[int] = set()
    for seal in seals:
        if seal.line_id in seen:
            return Broken(seal.no, seal.line_id, "inserted")
        seen.add(seal.line_id)
        if broken := walk.step(seal, lines.get(seal.line_id)):
            return _explained(walk, broken, seals)
    return walk.end()


def _explained(walk: Walk, broken: Broken, seals: Iterable[Sealed]) -> Broken:
    inquiry = Inquiry(walk, broken)
    for seal in seals:
        inquiry.look_at(seal)
    return inquiry.conclusion()


class Walk:
    """Verification in steps, for a chain that is read in pages: `step` for each seal by `no`, then `end`.

    After the first Broken, stop, and ask an `Inquiry` for the reason.
    """

    def __init__(self, anchor: Sealed | None = None) -> None:
        self.anchor = anchor
        self.previous: Sealed | None = None
        self.before_previous: Sealed | None = None
        self.current: Sealed | None = None

    def step(self, seal: Sealed, line: Line | None) -> Broken | None:
        """None as long as the chain holds up to and including `seal`; `line` is None when its row is gone."""
        self.current = seal
        broken = self._misnumbered(seal) or _unlike_its_line(seal, line) or self._unlinked(seal)
        broken = broken or self._unlike_anchor(seal)
        if broken is None:
            self.before_previous, self.previous = self.previous, seal
        return broken

    def end(self) -> Broken | None:
        """The line that the anchor knows and the chain no longer reaches, if any."""
        reached = self.previous.no if self.previous else 0
        if self.anchor is None or reached >= self.anchor.no:
            return None
        line_id = self.anchor.line_id if reached + 1 == self.anchor.no else None
        return Broken(reached + 1, line_id, "removed")

    def _misnumbered(self, seal: Sealed) -> Broken | None:
        expected = self.previous.no + 1 if self.previous else 1
        if seal.no > expected:
            return Broken(expected, None, "removed")
        if seal.no < expected:
            return Broken(seal.no, seal.line_id, "inserted")
        return None

    def _unlinked(self, seal: Sealed) -> Broken | None:
        expected = _link_after(self.previous, seal)
        if seal.chain_hash == expected:
            return None
        return Broken(seal.no, seal.line_id, "edited", expected, seal.chain_hash)

    def _unlike_anchor(self, seal: Sealed) -> Broken | None:
        if self.anchor is None or seal.no != self.anchor.no or seal == self.anchor:
            return None
        return Broken(seal.no, seal.line_id, "edited", self.anchor.chain_hash, seal.chain_hash)


class Inquiry:
    """Why the chain broke where it broke: looks once at all the seals, in any order, and keeps none."""

    def __init__(self, walk: Walk, broken: Broken) -> None:
        self.broken = broken
        self.seal = walk.current
        self.previous = walk.previous
        self.before_previous = walk.before_previous
        self.anchor = walk.anchor
        self.sealed_elsewhere = False
        self.rightful: Sealed | None = None
        self.stands_after_a_later_one = False
        self.carries_on = False

    def look_at(self, other: Sealed) -> None:
        """Take one seal into account; the broken one itself is passed over."""
        seal = self.seal
        if seal is None or other == seal:
            return
        if other.line_hash == self.broken.found:
            self.sealed_elsewhere = True
        if other.no > seal.no:
            if _follows(other, self.previous):
                self.rightful = other
            if _follows(seal, other):
                self.stands_after_a_later_one = True
            if other.no == seal.no + 1 and _follows(other, seal):
                self.carries_on = True

    def conclusion(self) -> Broken:
        """The Broken with the reason that the rows speak for; asked after every seal was looked at."""
        if self.broken.reason != "edited":
            return self.broken
        if self.sealed_elsewhere:
            return self._because("swapped")
        if self.seal is None or not self._is_about_links():
            return self.broken
        if self.previous and _follows(self.seal, self.before_previous):
            return Broken(self.previous.no, self.previous.line_id, "inserted")
        if self.rightful:
            return self._because("swapped" if self.stands_after_a_later_one else "inserted")
        return self._because("removed") if self.carries_on else self.broken

    def _is_about_links(self) -> bool:
        return self.seal is not None and self.broken.expected == _link_after(self.previous, self.seal)

    def _because(self, reason: Reason) -> Broken:
        return msgspec.structs.replace(self.broken, reason=reason)


def _unlike_its_line(seal: Sealed, line: Line | None) -> Broken | None:
    if line is None:
        return Broken(seal.no, seal.line_id, "removed", seal.line_hash)
    written = _digest_or_nothing(line.content)
    if written != seal.line_hash:
        return Broken(seal.no, seal.line_id, "edited", seal.line_hash, written)
    if line.hash != seal.line_hash:
        return Broken(seal.no, seal.line_id, "edited", seal.line_hash, line.hash)
    return None


def _digest_or_nothing(content: object) -> str:
    try:
        return digest(content)
    except NotJSON:
        return ""


def _link_after(previous: Sealed | None, seal: Sealed) -> str:
    try:
        return link(previous.chain_hash if previous else GENESIS, seal.line_id, seal.line_hash)
    except ValueError:
        return ""


def _follows(seal: Sealed, previous: Sealed | None) -> bool:
    return seal.chain_hash == _link_after(previous, seal)
