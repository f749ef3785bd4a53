"""Merkle hash trees as Certificate Transparency has them (RFC 6962 section 2.1, verification from RFC 9162).

A leaf is hashed as SHA-256(00 || data) and a node as SHA-256(01 || left || right), so that no node passes for
a leaf. A tree of n leaves splits at the largest power of two below n; an unpaired node rises unchanged.
Hashes are 32 bytes; a proof is a list of them, from the leaves towards the root.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree head over `leaves`, the data itself and not its hashes; EMPTY_ROOT for none."""
    return _head([leaf_hash(data) for data in leaves])


class GrowingTree:
    """A tree that leaves are appended to, at O(log n) memory: what it takes to go on is `size` and `peaks`.

    `peaks` are the heads of its perfect subtrees, the largest first, one for each bit of `size` that is set.
    Raises ValueError when the two do not fit each other.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or size.bit_count() != len(peaks) or not _are_hashes(peaks):
            raise ValueError(f"{len(peaks)} hashes are not the peaks of a tree of {size} leaves")
        self.size = size
        self.peaks = list(peaks)

    def append(self, data: bytes) -> None:
        node, full = leaf_hash(data), self.size
        while full & 1:
            node, full = _node_hash(self.peaks.pop(), node), full >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The same as `root` of all the leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = _node_hash(peak, node)
        return node


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """What shows that leaf `index` (from 0) is in the tree: RFC 6962's audit path, at most ⌈log₂ n⌉ hashes.

    Raises IndexError when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    proof = []
    level = [leaf_hash(data) for data in leaves]
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level, index = _parents(level), index >> 1
    return proof


def consistency_proof(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """What shows that the tree of the first `old_size` leaves only grew, never changed, into the tree of all.

    Empty when old_size is 0 (every tree grew out of the empty one) or all of them.
    Raises IndexError when old_size lies outside 0..len(leaves).
    """
    if not 0 <= old_size <= len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves was never one of {old_size}")
    if old_size == 0:
        return []
    return _subproof(old_size, [leaf_hash(data) for data in leaves], known=True)


def verify_inclusion(data: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether `proof` shows that `data` is leaf `index` of the tree of `size` leaves with this head.

    RFC 9162 section 2.1.3.2. Needs no other leaf; never raises, whatever the proof contains.
    """
    if not 0 <= index < size or not _are_hashes(proof):
        return False
    place, last, node = index, size - 1, leaf_hash(data)
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = _node_hash(sibling, node)
            place, last = _climb_to_right_child(place, last)
        else:
            node = _node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == head


def verify_consistency(old_size: int, new_size: int, old_head: bytes, new_head: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree with `old_head` is the beginning of the one with `new_head`.

    RFC 9162 section 2.1.4.2. Never raises, whatever the proof contains.
    """
    if not 0 <= old_size <= new_size or not _are_hashes(proof):
        return False
    if old_size == new_size:
        return not proof and old_head == new_head and (old_size > 0 or old_head == EMPTY_ROOT)
    if old_size == 0:
        return not proof and old_head == EMPTY_ROOT
    steps = list(proof) if old_size & (old_size - 1) else [old_head, *proof]
    if not steps:
        return False
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_node = new_node = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_node, new_node = _node_hash(sibling, old_node), _node_hash(sibling, new_node)
            place, last = _climb_to_right_child(place, last)
        else:
            new_node = _node_hash(new_node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_node == old_head and new_node == new_head


def _are_hashes(proof: Sequence[bytes]) -> bool:
    # Other lengths could move the border between left and right within the same 64 hashed bytes.
    return all(len(node) == 32 for node in proof)


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _head(hashes: list[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > 1:
        hashes = _parents(hashes)
    return hashes[0]


def _parents(level: list[bytes]) -> list[bytes]:
    paired = len(level) & ~1
    return [_node_hash(level[i], level[i + 1]) for i in range(0, paired, 2)] + level[paired:]


def _subproof(old_size: int, hashes: list[bytes], *, known: bool) -> list[bytes]:
    """RFC 6962's SUBPROOF; `known`: the verifier holds the head of the old part already."""
    if old_size == len(hashes):
        return [] if known else [_head(hashes)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if old_size <= split:
        return [*_subproof(old_size, hashes[:split], known=known), _head(hashes[split:])]
    return [*_subproof(old_size - split, hashes[split:], known=False), _head(hashes[:split])]


def _climb_to_right_child(place: int, last: int) -> tuple[int, int]:
    """Skip the levels at which an unpaired last node rose unchanged."""
    while not place & 1 and place:
        place, last = place >> 1, last >> 1
    return place, last
