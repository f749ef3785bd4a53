"""Proof that something was there, unchanged: pure, values in and values out.

- `plenaria.core.kernel.ledger.canonical`: one text for one value (RFC 8785), and its SHA-256;
- `plenaria.core.kernel.ledger.chain`: a hash chain over lines sealed in batches, and who broke it;
- `plenaria.core.kernel.ledger.merkle`: RFC 6962 trees with inclusion and consistency proofs;
- `plenaria.core.kernel.ledger.receipts`: Ed25519 receipts that verify without us. Imported on its own, because
  it alone needs `cryptography`.

Hashes are 64 lower-case hexadecimal digits wherever people or tables see them, and 32 bytes inside a
Merkle tree.
"""

from plenaria.core.kernel.ledger.canonical import NotJSON, canonical, digest, plain
from plenaria.core.kernel.ledger.chain import (
    GENESIS,
    Broken,
    Inquiry,
    Line,
    Reason,
    Sealed,
    Verdict,
    Walk,
    link,
    next_seals,
    verify,
)
from plenaria.core.kernel.ledger.merkle import (
    EMPTY_ROOT,
    GrowingTree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "GENESIS",
    "Broken",
    "GrowingTree",
    "Inquiry",
    "Line",
    "NotJSON",
    "Reason",
    "Sealed",
    "Verdict",
    "Walk",
    "canonical",
    "consistency_proof",
    "digest",
    "inclusion_proof",
    "leaf_hash",
    "link",
    "next_seals",
    "plain",
    "root",
    "verify",
    "verify_consistency",
    "verify_inclusion",
]
