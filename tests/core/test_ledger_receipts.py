"""Receipts: what a nominator keeps is proof without us, and any changed byte shows."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.core.kernel.ledger.receipts import (
    FileDigest,
    Receipt,
    SignedReceipt,
    UnusableKey,
    Verdict,
    key_id,
    private_key_pem,
    public_key_pem,
    read_private_key,
    read_public_key,
    read_receipt,
    receipt_file,
    sign,
    verify_receipt,
    verify_receipt_file,
)

# RFC 8032 section 7.1, test 1: secret and public key, and the signature of the empty message.
PRIVATE = read_private_key(
    base64.b64encode(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")).decode()
)
PUBLIC_HEX = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
PUBLIC = PRIVATE.public_key()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

RECEIPT = Receipt(
    code="NOM-7Q2K",
    subject="Célula de soldadura sin chatarra",
    received_at=datetime(2025, 9, 10, 23, 59, 59, 250_000, tzinfo=ZoneInfo("America/Mexico_City")),
    zone="America/Mexico_City",
    form_sha256="a" * 64,
    files=(FileDigest("evidencia.pdf", 9_000_000, "b" * 64), FileDigest("fotos.zip", 1, "c" * 64)),
    log_index=412,
    issuer="Plenaria de prueba",
    key_id=key_id(PUBLIC),
)
SIGNED = sign(RECEIPT, PRIVATE)
FILE = receipt_file(SIGNED)


def test_the_keys_are_those_of_rfc_8032() -> None:
    assert PUBLIC.public_bytes_raw().hex() == PUBLIC_HEX


def test_a_receipt_verifies_with_the_public_key_alone() -> None:
    public_key = read_public_key(public_key_pem(PUBLIC))

    assert verify_receipt_file(FILE, public_key) == Verdict(None, SIGNED.receipt)


def test_what_is_signed_is_the_documented_text() -> None:
    text = (
        'plenaria-receipt/1\n{"code":"NOM-7Q2K","files":[{"name":"evidencia.pdf","sha256":"' + "b" * 64 + '",'
        '"size":9000000},{"name":"fotos.zip","sha256":"' + "c" * 64 + '","size":1}],"form_sha256":"' + "a" * 64 + '",'
        '"issuer":"Plenaria de prueba","key_id":"21fe31dfa154a261","log_index":412,'
        '"received_at":"2025-09-11T05:59:59.250000Z","subject":"Célula de soldadura sin chatarra",'
        '"zone":"America/Mexico_City"}'
    )

    PUBLIC.verify(base64.b64decode(SIGNED.signature), text.encode())  # raises when it is another text


def test_the_file_reads_back_as_the_receipt() -> None:
    signed = read_receipt(FILE)

    assert signed == SIGNED
    assert signed.receipt == replace(RECEIPT, received_at=datetime(2025, 9, 11, 5, 59, 59, 250_000, tzinfo=UTC))
    assert receipt_file(signed) == FILE


def test_the_same_instant_in_another_zone_is_signed_the_same() -> None:
    elsewhere = RECEIPT.received_at.astimezone(timezone(timedelta(hours=9)))

    assert sign(replace(RECEIPT, received_at=elsewhere), PRIVATE) == SIGNED


def test_another_key_is_named_as_the_reason() -> None:
    assert verify_receipt_file(FILE, OTHER.public_key()).problem == "other_key"


def test_a_receipt_that_only_claims_the_key_is_forged() -> None:
    claimed = sign(replace(RECEIPT, key_id=key_id(OTHER.public_key())), OTHER)

    forged = replace(claimed, receipt=SIGNED.receipt)

    assert verify_receipt(forged, PUBLIC).problem == "forged"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "NOM-7Q2L"),
        ("subject", "otra"),
        ("received_at", RECEIPT.received_at - timedelta(microseconds=1)),
        ("zone", "America/Tijuana"),
        ("form_sha256", "d" * 64),
        ("files", RECEIPT.files[:1]),
        ("files", RECEIPT.files[::-1]),
        ("log_index", 413),
        ("issuer", "otro"),
    ],
)
def test_every_field_is_signed(field: str, value: Any) -> None:
    forged = replace(SIGNED, receipt=replace(SIGNED.receipt, **{field: value}))

    assert verify_receipt(forged, PUBLIC).problem == "forged"


@pytest.mark.parametrize("signature", ["", "no base64", "ñ", base64.b64encode(b"short").decode(), "A" * 88])
def test_a_signature_that_is_none_is_forged(signature: str) -> None:
    assert verify_receipt(replace(SIGNED, signature=signature), PUBLIC).problem == "forged"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        FILE[: len(FILE) // 2],
        FILE.replace(b"plenaria-receipt/1", b"plenaria-receipt/2"),
        FILE.replace(b'"zone"', b'"more": 1, "zone"'),
        FILE.replace(b"Z", b""),
        FILE.replace(b"412", b"-1"),
    ],
)
def test_what_is_no_receipt_is_unreadable(content: bytes) -> None:
    assert verify_receipt_file(content, PUBLIC) == Verdict("unreadable")


@pytest.mark.parametrize(
    "content",
    [
        FILE.replace(b"\n", b"\r\n"),
        b"\n" + FILE,
        FILE.rstrip(),
        json.dumps(json.loads(FILE)).encode(),
        FILE.replace(b'"code"', b'"code": "NOM-0000",\n    "code"'),
        FILE.replace("é".encode(), b"\\u00e9"),
        FILE.replace(b".250000Z", b".25Z"),
        FILE.replace(b"05:59:59.250000Z", b"05:59:59.2500001Z"),
    ],
)
def test_a_rewritten_file_is_told_from_a_forged_one(content: bytes) -> None:
    assert verify_receipt_file(content, PUBLIC) == Verdict("rewritten", SIGNED.receipt)


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_any_changed_byte_of_the_file_is_found(at: int, change: int) -> None:
    changed = bytearray(FILE)
    changed[at] ^= change

    assert not verify_receipt_file(bytes(changed), PUBLIC).valid


def test_every_flipped_bit_of_the_file_is_found() -> None:
    unseen = []
    for bit in range(len(FILE) * 8):
        changed = bytearray(FILE)
        changed[bit // 8] ^= 1 << bit % 8
        if verify_receipt_file(bytes(changed), PUBLIC).valid:
            unseen.append(bit)

    assert unseen == []


@given(st.integers(0, len(FILE) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_bytes_put_in_or_taken_out_are_found(at: int, put: bytes, taken: int) -> None:
    changed = FILE[:at] + put + FILE[at + taken :]

    assert verify_receipt_file(changed, PUBLIC).valid == (changed == FILE)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_verification_fail(content: bytes) -> None:
    assert verify_receipt_file(content, PUBLIC) == Verdict("unreadable")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("received_at", datetime(2025, 9, 10)),  # noqa: DTZ001 - naive is what is refused
        ("zone", "America/Springfield"),
        ("zone", "../etc/passwd"),
        ("code", ""),
        ("subject", "\ud800"),
        ("form_sha256", "A" * 64),
        ("form_sha256", "a" * 64 + "\n"),
        ("log_index", -1),
        ("log_index", 2**53),
        ("files", (FileDigest("x", -1, "a" * 64),)),
        ("key_id", key_id(OTHER.public_key())),
    ],
)
def test_what_could_not_be_verified_is_not_signed(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"cannot be signed|another key"):
        sign(replace(RECEIPT, **{field: value}), PRIVATE)


def test_keys_are_read_from_pem_and_from_base64() -> None:
    raw_private = base64.b64encode(PRIVATE.private_bytes_raw())
    raw_public = base64.b64encode(PUBLIC.public_bytes_raw())

    privates = [read_private_key(text) for text in (private_key_pem(PRIVATE), raw_private, raw_private + b"\n")]
    publics = [read_public_key(text) for text in (public_key_pem(PUBLIC), raw_public.decode(), raw_public)]

    assert [key.private_bytes_raw() for key in privates] == [PRIVATE.private_bytes_raw()] * 3
    assert publics == [PUBLIC] * 3


def elliptic() -> tuple[str, str]:
    key = generate_private_key(SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "ñ",
        base64.b64encode(bytes(31)).decode(),
        base64.b64encode(bytes(33)).decode(),
        "-----BEGIN NOTHING-----",
        *elliptic(),
        PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode(),
    ],
    ids=lambda text: text[:20],
)
def test_other_keys_are_refused(text: str) -> None:
    with pytest.raises(UnusableKey):
        read_public_key(text)
    with pytest.raises(UnusableKey):
        read_private_key(text)


def test_a_signed_receipt_names_its_format() -> None:
    assert json.loads(FILE)["format"] == "plenaria-receipt/1"
    assert SignedReceipt(SIGNED.receipt, SIGNED.signature) == SIGNED
