"""What the core itself does about a person's data when it is erased: the account, and everything under its address."""

from datetime import datetime
from typing import Any, Final

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
    await _forget_lines(known.email, person)
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


async def _forget_lines(email: str, person: int) -> None:
    """Mails to the address, and facts that hold it; of a fact that a plugin still waits for only the person is taken out."""
    rows = await OutboxLine.select(
        OutboxLine.id, OutboxLine.kind, OutboxLine.payload, OutboxLine.done_at, OutboxLine.given_up_at
    ).where(Lower(OutboxLine.payload).like(f"%{email}%"))
    gone = []
    for row in rows:
        payload = msgspec.json.decode(row["payload"])
        if not _concerns(row["kind"], payload, email):
            continue
        if row["kind"] == "mail" or row["done_at"] or row["given_up_at"]:
            gone.append(row["id"])
        else:
            left = msgspec.json.encode(_without(payload, email, f"person-{person}@{ERASED_DOMAIN}")).decode()
            await OutboxLine.update({OutboxLine.payload: left}).where(OutboxLine.id == row["id"])
    if gone:
        await OutboxLine.delete().where(OutboxLine.id.is_in(gone))


_ABOUT_A_PERSON: Final = ("name", "surname", "employer", "job_title", "phone", "search", "note")
"""Parts of the names that fields about a person have, beside their address."""


def _without(value: Any, email: str, nobody: str) -> Any:
    """The same facts with another address, and nothing about the person where it stands."""
    if isinstance(value, list):
        return [_without(each, email, nobody) for each in value]
    if isinstance(value, dict):
        holds = any(isinstance(each, str) and normal_email(each) == email for each in value.values())
        return {key: _nobody(key, each, email, nobody, holds) for key, each in value.items()}
    return nobody if isinstance(value, str) and normal_email(value) == email else value


def _nobody(key: str, value: Any, email: str, nobody: str, is_theirs: bool) -> Any:
    if is_theirs and isinstance(value, str) and any(part in key for part in _ABOUT_A_PERSON):
        return ""
    return _without(value, email, nobody)


def _concerns(kind: str, payload: dict[str, Any], email: str) -> bool:
    return normal_email(payload["to"]) == email if kind == "mail" else _holds(payload, email)


def _holds(value: Any, email: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(each, email) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, email) for each in value)
    return isinstance(value, str) and normal_email(value) == email
