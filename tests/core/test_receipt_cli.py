"""`plenaria receipt verify FILE --key PUBLIC`, on a computer that has nothing but the file and the key."""

import base64
import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plenaria.core.cli.receipt import receipt_command
from plenaria.core.kernel.ledger.receipts import FileDigest, Receipt, key_id, public_key_pem, receipt_file, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
EVIDENCE = b"a plan of the plant"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    receipt = Receipt(
        code="NOM-7Q2K",
        subject="Celda\x1b[2J de soldadura",
        received_at=datetime(2025, 9, 11, 5, 59, 59, 250_000, tzinfo=UTC),
        zone="America/Mexico_City",
        form_sha256="a" * 64,
        files=(FileDigest("plano.pdf", len(EVIDENCE), hashlib.sha256(EVIDENCE).hexdigest()),),
        log_index=412,
        issuer="Plenaria de prueba",
        key_id=key_id(KEY.public_key()),
    )
    (tmp_path / "receipt.json").write_bytes(receipt_file(sign(receipt, KEY)))
    (tmp_path / "public.pem").write_text(public_key_pem(KEY.public_key()))
    (tmp_path / "plano.pdf").write_bytes(EVIDENCE)
    (tmp_path / "other.pdf").write_bytes(b"another")
    return tmp_path


def verify(folder: Path, *more: str, key: str = "") -> Result:
    arguments = ["verify", str(folder / "receipt.json"), "--key", key or str(folder / "public.pem"), *more]
    return CliRunner().invoke(receipt_command, arguments)


def test_a_good_receipt_is_shown_in_its_zone(folder: Path) -> None:
    result = verify(folder)

    assert result.exit_code == 0
    assert "NOM-7Q2K" in result.output
    assert "2025-09-10 23:59:59.250000-06:00 (America/Mexico_City)" in result.output
    assert "\x1b" not in result.output


def test_the_key_may_be_given_as_base64(folder: Path) -> None:
    key = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()

    assert verify(folder, key=key).exit_code == 0


def test_a_changed_receipt_ends_with_1_and_shows_none_of_its_facts(folder: Path) -> None:
    path = folder / "receipt.json"
    path.write_text(path.read_text().replace("NOM-7Q2K", "NOM-9999"))

    result = verify(folder)

    assert result.exit_code == 1
    assert "NOM-9999" not in result.output


def test_another_key_ends_with_1_and_is_named(folder: Path) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()

    result = verify(folder, key=base64.b64encode(other.public_bytes_raw()).decode())

    assert result.exit_code == 1
    assert key_id(KEY.public_key()) in result.output


def test_what_is_no_key_ends_with_2(folder: Path) -> None:
    result = verify(folder, key="no key")

    assert result.exit_code == 2
    assert "--key" in result.output


def test_an_attachment_is_found_by_its_content(folder: Path) -> None:
    good = verify(folder, "--attachment", str(folder / "plano.pdf"))
    stranger = verify(folder, "--attachment", str(folder / "other.pdf"))

    assert (good.exit_code, stranger.exit_code) == (0, 1)
    assert "other.pdf" in stranger.output


def test_verifying_loads_neither_framework_nor_database(folder: Path) -> None:
    program = (
        "import sys; from plenaria.core.cli.receipt import receipt_command; receipt_command(standalone_mode=False,"
        f" args=['verify', {str(folder / 'receipt.json')!r}, '--key', {str(folder / 'public.pem')!r}])"
    )
    check = f"try:\n {program}\nexcept SystemExit as end:\n assert end.code == 0\n"
    check += "assert not {'litestar', 'piccolo', 'pluggy'} & set(sys.modules)"

    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
