"""Receipts that prove, without asking us, what arrived and when.

Ed25519 (RFC 8032) over the bytes `plenaria-receipt/1`, a newline, and the canonical JSON (RFC 8785) of the
receipt. The file that a nominator keeps is indented JSON, written in exactly one way, so that any changed
byte in it is found.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from plenaria.core.kernel.ledger.canonical import canonical, plain

FORMAT: Final = "plenaria-receipt/1"

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", min_length=64, max_length=64)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Problem = Literal["unreadable", "other_key", "forged", "rewritten"]


class UnusableKey(ValueError):
    """The text is neither an Ed25519 key in PEM nor 32 bytes in base64."""


class FileDigest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attached file: its name as the sender called it, its length in bytes, SHA-256 of those bytes."""

    name: Text
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Hash


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was received: `code` of the thing (`NOM-7Q2K`), `subject` in the receiver's words.

    `received_at` is the instant that counted against the deadline, kept in UTC; `zone` is the IANA zone in
    which the deadline was announced. `form_sha256` is `plenaria.core.kernel.ledger.digest` of the form's fields; `log_index`
    is the id of the line in the audit log; `issuer` names the installation; `key_id` is `key_id(public key)`.
    """

    code: Text
    subject: Text
    received_at: Annotated[datetime, msgspec.Meta(tz=True)]
    zone: Text
    form_sha256: Hash
    files: tuple[FileDigest, ...]
    log_index: Annotated[int, msgspec.Meta(ge=0)]
    issuer: Text
    key_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]


class SignedReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt and its signature, 64 bytes in base64."""

    receipt: Receipt
    signature: str
    format: Literal["plenaria-receipt/1"] = FORMAT


class Verdict(msgspec.Struct, frozen=True):
    """`valid`, or the one problem that decides.

    "unreadable": no receipt of this format; "other_key": it names another key than the one given;
    "forged": content or signature changed; "rewritten": the signature is good, but the file is not byte for
    byte the one issued (reformatted, another line ending, a key twice).
    """

    problem: Problem | None = None
    receipt: Receipt | None = None

    @property
    def valid(self) -> bool:
        """True when nothing at all is wrong."""
        return self.problem is None


def sign(receipt: Receipt, private_key: Ed25519PrivateKey) -> SignedReceipt:
    """The signed receipt; the same receipt and key give the same signature (RFC 8032 is deterministic).

    Raises ValueError for a receipt that could not be read back or names another key: an unknown zone, a naive
    instant, a malformed digest, a wrong `key_id`.
    """
    _refuse_unreadable(receipt)
    if receipt.key_id != key_id(private_key.public_key()):
        raise ValueError(f"the receipt names another key than its own: {receipt.key_id}")
    signature = private_key.sign(_signed_bytes(receipt))
    in_utc = msgspec.structs.replace(receipt, received_at=receipt.received_at.astimezone(UTC))
    return SignedReceipt(in_utc, base64.b64encode(signature).decode())


def verify_receipt(signed: SignedReceipt, public_key: Ed25519PublicKey) -> Verdict:
    """Whether this receipt was signed with the private half of `public_key` and not changed since."""
    receipt = signed.receipt
    if receipt.key_id != key_id(public_key):
        return Verdict("other_key", receipt)
    try:
        public_key.verify(_signature_bytes(signed.signature), _signed_bytes(receipt))
    except (InvalidSignature, ValueError):
        return Verdict("forged", receipt)
    return Verdict(None, receipt)


def receipt_file(signed: SignedReceipt) -> bytes:
    """The file to keep: UTF-8 JSON, keys sorted, indented by two, one newline at the end."""
    text = json.dumps(plain(signed), ensure_ascii=False, indent=2, sort_keys=True)
    return (text + "\n").encode()


def read_receipt(content: bytes) -> SignedReceipt:
    """The receipt in a file; nothing is verified yet. Raises ValueError for anything but such a receipt."""
    try:
        return msgspec.json.decode(content, type=SignedReceipt)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"no {FORMAT}: {error}") from error


def verify_receipt_file(content: bytes, public_key: Ed25519PublicKey) -> Verdict:
    """The verdict on a kept file. Never raises, whatever the bytes; every changed byte makes it invalid."""
    try:
        signed = read_receipt(content)
    except ValueError:
        return Verdict("unreadable")
    verdict = verify_receipt(signed, public_key)
    if verdict.valid and receipt_file(signed) != content:
        return Verdict("rewritten", signed.receipt)
    return verdict


def key_id(public_key: Ed25519PublicKey) -> str:
    """A short name for a key: the first 16 hexadecimal digits of SHA-256 over its 32 raw bytes.

    It tells keys apart; it is no proof of one.
    """
    return hashlib.sha256(public_key.public_bytes_raw()).hexdigest()[:16]


def read_public_key(text: str | bytes) -> Ed25519PublicKey:
    """The key in PEM (SubjectPublicKeyInfo) or base64 of 32 bytes. Raises UnusableKey otherwise."""
    content = _stripped(text)
    if not content.startswith(b"-----BEGIN"):
        return Ed25519PublicKey.from_public_bytes(_raw_key(content))
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKey("the PEM text holds no public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey("the public key is not Ed25519")
    return key


def read_private_key(text: str | bytes) -> Ed25519PrivateKey:
    """The key in unencrypted PEM (PKCS #8) or base64 of 32 bytes.

    Raises UnusableKey otherwise, which never quotes the text.
    """
    content = _stripped(text)
    if not content.startswith(b"-----BEGIN"):
        return Ed25519PrivateKey.from_private_bytes(_raw_key(content))
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKey("the PEM text holds no unencrypted private key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey("the private key is not Ed25519")
    return key


def public_key_pem(public_key: Ed25519PublicKey) -> str:
    """The key to publish beside the receipts."""
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_key_pem(private_key: Ed25519PrivateKey) -> str:
    """Unencrypted PKCS #8: belongs into a file that only its owner reads."""
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _signed_bytes(receipt: Receipt) -> bytes:
    return f"{FORMAT}\n".encode() + canonical(receipt)


def _signature_bytes(text: str) -> bytes:
    content = base64.b64decode(text, validate=True)
    # The last digit of 64 bytes in base64 has four bits that decoders ignore: sixteen texts, one signature.
    if base64.b64encode(content).decode() != text:
        raise ValueError("the signature is not written in its one way")
    return content


def _refuse_unreadable(receipt: Receipt) -> None:
    """Constructors of Structs check nothing, so the receipt is read back once before it is signed."""
    try:
        msgspec.convert(plain(receipt), Receipt)
        ZoneInfo(receipt.zone)
    except (KeyError, ValueError) as error:
        raise ValueError(f"this receipt cannot be signed: {error}") from error


def _stripped(text: str | bytes) -> bytes:
    return (text.encode() if isinstance(text, str) else text).strip()


def _raw_key(content: bytes) -> bytes:
    try:
        raw = base64.b64decode(content, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32:
        raise UnusableKey("neither a key in PEM nor 32 bytes in base64")
    return raw
