"""The signed tree head over the sealed lines (RFC 6962): what, kept out of reach, shows that nothing before it was rewritten.

A leaf is the canonical JSON of a seal's line id and line hash. A head is made from the one kept before and the seals since, so
that its cost does not grow with the log. Whoever has a head from earlier gives it to `plenaria audit verify --anchor`.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from plenaria.core.kernel.ledger import GENESIS, GrowingTree, Sealed, canonical
from plenaria.core.kernel.ledger.receipts import UnusableKey, key_id, public_key_pem, read_public_key
from plenaria.core.storage.audit.tables import AuditHead

_SHORT: Final = re.compile(r"(\d{1,10}):([0-9a-f]{64})")

Wrong = Literal["shorter", "other_root", "other_chain", "bad_signature"]


class TreeHead(Struct, frozen=True, kw_only=True):
    """The tree over the first `size` seals. `chain_hash` is the last one's; hashes are hexadecimal, `signature` too."""

    size: int
    root: str
    chain_hash: str = ""
    made_at: datetime | None = None
    key_id: str = ""
    public_key: str = ""
    signature: str = ""

    @property
    def short(self) -> str:
        """`size:root`, as it is read out or written down."""
        return f"{self.size}:{self.root}"


class HeadProblem(Struct, frozen=True):
    """Why the log is not what it was when this head was made."""

    head: TreeHead
    reason: Wrong
    sealed: int
    """How many lines are sealed now."""


def leaf(seal: Sealed) -> bytes:
    return canonical([seal.line_id, seal.line_hash])


async def kept(*, newest: bool = False) -> list[TreeHead]:
    """The heads that were kept, the earliest first; or the newest alone."""
    query = AuditHead.select().order_by(AuditHead.size, ascending=not newest)
    return [_head(row) for row in await (query.limit(1) if newest else query)]


async def make(seals_after: Any, key: Ed25519PrivateKey, *, now: datetime) -> tuple[TreeHead, str]:
    """A head over everything that is sealed, and its peaks. `seals_after(no)` gives the seals after that number, in order."""
    row = await AuditHead.select().order_by(AuditHead.size, ascending=False).first()
    tree = GrowingTree(row["size"], _peaks(row["peaks"])) if row else GrowingTree()
    chain_hash = row["chain_hash"] if row else GENESIS
    async for seal in seals_after(tree.size):
        tree.append(leaf(seal))
        chain_hash = seal.chain_hash
    head = TreeHead(
        size=tree.size,
        root=tree.root().hex(),
        chain_hash=chain_hash,
        made_at=now,
        key_id=key_id(key.public_key()),
        public_key=public_key_pem(key.public_key()),
    )
    signed = msgspec.structs.replace(head, signature=key.sign(_signed_bytes(head)).hex())
    return signed, b"".join(tree.peaks).hex()


async def store(head: TreeHead, peaks: str) -> None:
    """Inside the caller's transaction."""
    await AuditHead(
        size=head.size,
        root=head.root,
        peaks=peaks,
        chain_hash=head.chain_hash,
        made_at=head.made_at,
        key=head.key_id,
        public_key=head.public_key,
        signature=head.signature,
    ).save()


async def problems(seals: AsyncIterator[Sealed], heads: Iterable[TreeHead]) -> list[HeadProblem]:
    """Every head that the log does not begin with any more; the seals are read once, in their order."""
    waiting = sorted(heads, key=lambda head: head.size)
    tree, chain_hash = GrowingTree(), GENESIS
    found: list[tuple[TreeHead, Wrong]] = [(head, "bad_signature") for head in waiting if not is_signed(head)]
    found += _unlike(_due(waiting, 0), tree, chain_hash)
    async for seal in seals:
        tree.append(leaf(seal))
        chain_hash = seal.chain_hash
        found += _unlike(_due(waiting, tree.size), tree, chain_hash)
    found += [(head, "shorter") for head in waiting]
    return [HeadProblem(head, reason, tree.size) for head, reason in found]


def _due(waiting: list[TreeHead], size: int) -> list[TreeHead]:
    due = []
    while waiting and waiting[0].size <= size:
        due.append(waiting.pop(0))
    return due


def _unlike(heads: Sequence[TreeHead], tree: GrowingTree, chain_hash: str) -> list[tuple[TreeHead, Wrong]]:
    root = tree.root().hex() if heads else ""
    found: list[tuple[TreeHead, Wrong]] = [(head, "other_root") for head in heads if head.root != root]
    return found + [(head, "other_chain") for head in heads if head.chain_hash not in ("", chain_hash)]


def is_signed(head: TreeHead) -> bool:
    """Whether the signature is that of the key named in it; a head without one (`size:root`) counts as read out by a person."""
    if not head.signature:
        return not head.public_key
    try:
        public = read_public_key(head.public_key)
        public.verify(bytes.fromhex(head.signature), _signed_bytes(head))
    except (InvalidSignature, UnusableKey, ValueError):
        return False
    return key_id(public) == head.key_id


def read(text: str) -> TreeHead:
    """A head as `plenaria audit head` printed it: its JSON, or `size:root`. Raises ValueError for anything else."""
    if short := _SHORT.fullmatch(text.strip()):
        return TreeHead(size=int(short[1]), root=short[2])
    try:
        return msgspec.json.decode(text, type=TreeHead)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise ValueError(f"this is no tree head: {error}") from error


def written(head: TreeHead) -> str:
    return json.dumps(msgspec.to_builtins(head), indent=2)


def _signed_bytes(head: TreeHead) -> bytes:
    made_at = head.made_at.isoformat() if head.made_at else ""
    return b"plenaria tree head v1\n" + canonical(
        {"size": head.size, "root": head.root, "chain_hash": head.chain_hash, "made_at": made_at, "key_id": head.key_id}
    )


def _peaks(stored: str) -> list[bytes]:
    whole = bytes.fromhex(stored)
    return [whole[start : start + 32] for start in range(0, len(whole), 32)]


def _head(row: dict[str, Any]) -> TreeHead:
    return TreeHead(
        size=row["size"],
        root=row["root"],
        chain_hash=row["chain_hash"],
        made_at=row["made_at"],
        key_id=row["key"],
        public_key=row["public_key"],
        signature=row["signature"],
    )
