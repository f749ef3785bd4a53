"""`plenaria receipt verify`: checks a receipt on any computer, with neither database nor configuration."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import click

from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.ledger.receipts import (
    FileDigest,
    Problem,
    Receipt,
    UnusableKey,
    Verdict,
    read_public_key,
    verify_receipt_file,
)
from plenaria.core.kernel.values import N_

PROBLEMS: dict[Problem, str] = {
    "unreadable": N_("This file is no Plenaria receipt, or it was damaged."),
    "other_key": N_("This receipt was signed with another key ({key_id}) than the one given."),
    "forged": N_("The signature does not match: the receipt was changed after it was issued, or never issued."),
    "rewritten": N_(
        "The signature is good, but the file is not byte for byte the one issued "
        "(a program may have reformatted it). Ask for the original file."
    ),
}


@click.group("receipt")
def receipt_command() -> None:
    """Receipts that an award's nominators keep."""


@receipt_command.command("verify")
@click.argument("file", type=click.File("rb"))
@click.option("--key", required=True, help="The issuer's public key: a file, or 32 bytes in base64.")
@click.option(
    "--attachment",
    "attachments",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that should be named in the receipt; may be given several times.",
)
def verify_command(file: BinaryIO, key: str, attachments: tuple[Path, ...]) -> None:
    """Check the signature of a receipt FILE ("-" reads standard input).

    Ends with 0 when everything holds, with 1 when something does not, with 2 for a key that is none.
    """
    try:
        public_key = read_public_key(_key_text(key))
    except (UnusableKey, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--key") from error
    verdict = verify_receipt_file(file.read(), public_key)
    click.echo(_words(verdict))
    strangers = [path for path in attachments if not _is_named(path, verdict)]
    for path in strangers:
        click.echo(fill(gettext("Not in the receipt: {path}"), {"path": _printable(str(path))}))
    sys.exit(0 if verdict.valid and not strangers else 1)


def _key_text(key: str) -> str | bytes:
    path = Path(key)
    return path.read_bytes() if path.is_file() else key


def _words(verdict: Verdict) -> str:
    if verdict.problem is not None:
        named = verdict.receipt.key_id if verdict.receipt else ""
        return fill(gettext(PROBLEMS[verdict.problem]), {"key_id": named})
    assert verdict.receipt is not None  # noqa: S101 - a valid verdict carries its receipt
    return "\n".join([gettext("The receipt is valid."), *_facts(verdict.receipt)])


def _facts(receipt: Receipt) -> list[str]:
    rows = [
        (gettext("Code"), receipt.code),
        (gettext("Subject"), receipt.subject),
        (gettext("Received"), _local(receipt.received_at, receipt.zone)),
        (gettext("Issuer"), receipt.issuer),
        (gettext("Line in the audit log"), str(receipt.log_index)),
        (gettext("SHA-256 of the form"), receipt.form_sha256),
        *((gettext("File"), _file(named)) for named in receipt.files),
    ]
    return [f"  {label}: {_printable(text)}" for label, text in rows]


def _file(named: FileDigest) -> str:
    return f"{named.name} ({named.size} B) {named.sha256}"


def _local(instant: datetime, zone: str) -> str:
    """The instant in its zone with its offset, `2025-09-10 23:59:59.250000-06:00 (America/Mexico_City)`."""
    return f"{instant.astimezone(_zone(zone)).isoformat(' ', 'microseconds')} ({zone})"


def _zone(name: str) -> tzinfo:
    """The zone, or UTC where this computer does not know it: the instant is the same."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _is_named(path: Path, verdict: Verdict) -> bool:
    if verdict.receipt is None:
        return False
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return any(named.sha256 == found for named in verdict.receipt.files)


def _printable(text: str) -> str:
    """Text that cannot steer a terminal: what is not printable shows as a question mark."""
    return "".join(character if character.isprintable() else "?" for character in text)
