"""What the core itself does about a person's data when it is erased: the account, and everything under its address."""

from datetime import datetime
from typing import Any

import msgspec
from piccolo.query.functions import Lower

from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import ERASED_DOMAIN, ErasureLine
from plenaria.core.people import queries
from plenaria.core.people.queries import normal_email
from plenaria.core.people.tables import ApiToken, Grant, Identity, Passkey, Person, Session, SignInAttempt, SignInLink
from plenaria.core.storage.files.tables import StoredFile
from plenaria.core.storage.outbox.tables import OutboxLine


async def preview(person: int, /) -> list[ErasureLine]:
    """Of the account there is always something to say."""
    why_log = gettext("It proves who changed what, and names people by numbers only.")
    why_files = gettext("They belong to what they were handed in with. Your name is taken off them.")
    lines = [
        ErasureLine(what=gettext("Your account: address, name, password and second factor")),
        ErasureLine(what=gettext("Your passkeys and what links your account to Google and the like")),
        ErasureLine(what=gettext("Your signed-in browsers, access tokens and roles")),
        ErasureLine(what=gettext("Mails to you that are still kept")),
    ]
    if await StoredFile.exists().where(StoredFile.owner == person):
        lines.append(ErasureLine(what=gettext("Files that you handed in"), fate="anonymised", why=why_files))
    return [*lines, ErasureLine(what=gettext("The record of changes"), fate="kept", why=why_log)]


async def forget(person: int, /, *, now: datetime) -> None:
    """Make the account nobody's, inside the caller's transaction. The row stays: other rows point to it by its number."""
    known = await queries.person(person)
    if known is None or known.email.endswith(f"@{ERASED_DOMAIN}"):
        return
    await _forget_lines(known.email)
    await SignInLink.delete().where(SignInLink.email == known.email)
    await Session.delete().where(Session.person == person)
    await ApiToken.delete().where(ApiToken.person == person)
    await Grant.delete().where(Grant.person == person)
    await Identity.delete().where(Identity.person == person)
    await Passkey.delete().where(Passkey.person == person)
    await SignInAttempt.delete().where(SignInAttempt.person == person)
    await StoredFile.update({StoredFile.owner: None}).where(StoredFile.owner == person)
    await Person.update(
        {
            Person.email: f"person-{person}@{ERASED_DOMAIN}",
            Person.given_names: "",
            Person.first_surname: "",
            Person.second_surname: "",
            Person.language: "",
            Person.password_hash: "",
            Person.totp_secret: "",
            Person.failed_sign_ins: 0,
        }
    ).where(Person.id == person)


async def _forget_lines(email: str) -> None:
    """Mails to the address, and facts that hold it once they are delivered or given up: a plugin still waits for others."""
    settled = OutboxLine.done_at.is_not_null() | OutboxLine.given_up_at.is_not_null()
    rows = (
        await OutboxLine.select(OutboxLine.id, OutboxLine.kind, OutboxLine.payload)
        .where(Lower(OutboxLine.payload).like(f"%{email}%"))
        .where((OutboxLine.kind == "mail") | settled)
    )
    ids = [row["id"] for row in rows if _concerns(row["kind"], msgspec.json.decode(row["payload"]), email)]
    if ids:
        await OutboxLine.delete().where(OutboxLine.id.is_in(ids))


def _concerns(kind: str, payload: dict[str, Any], email: str) -> bool:
    return normal_email(payload["to"]) == email if kind == "mail" else _holds(payload, email)


def _holds(value: Any, email: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(each, email) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, email) for each in value)
    return isinstance(value, str) and normal_email(value) == email
