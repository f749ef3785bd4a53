"""Passkeys (WebAuthn, decision 0020): making them, and signing in with them.

Each one verifies its user on the device (a finger, a face, a PIN): it counts as both factors. py_webauthn is imported when the
first one is used.
"""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people import queries
from plenaria.core.people.services.attempts import begin_attempt, spend_attempt
from plenaria.core.people.services.factors import enter, record_change, refuse_weak
from plenaria.core.people.services.links import lock_erasure, take_back_erasure
from plenaria.core.people.services.sessions import open_session, refuse_unconfirmed
from plenaria.core.people.tables import Passkey, Session
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction

LARGEST_ANSWER: Final = 20_000
"""Characters of what a browser answers; with an attestation they are some 3,000."""
MOST_PASSKEYS: Final = 20
"""Of one person."""
ADDING: Final = "new_passkey"
SHOWING: Final = "passkey"


class _ClientData(Struct):
    challenge: str


class _Inner(Struct, rename="camel"):
    client_data_json: str = msgspec.field(name="clientDataJSON")
    user_handle: str | None = None
    transports: list[str] = []


class _Answer(Struct):
    """What of the browser's answer is needed before it is verified."""

    id: str
    response: _Inner


class _Proven(Struct, frozen=True):
    """A passkey that was shown."""

    id: int
    person: int
    user_handle: str


def relying_party(settings: Settings) -> str:
    """The domain that passkeys are made for; "" where the installation's address allows none.

    Browsers want a name (no number) and https, except on localhost.
    """
    host = urlsplit(settings.address).hostname or ""
    return host if not _is_number(host) and (settings.secure or host == "localhost") else ""


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def begin_adding(visit: Visit, *, settings: Settings) -> tuple[str, str]:
    """`(options for the browser as JSON, the browser's secret)`.

    Raises `Refused(confirmation_needed | stronger_sign_in_needed | too_many_passkeys)`.
    """
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    refuse_unconfirmed(visit)
    await refuse_weak(visit)
    own = await Passkey.select(Passkey.credential_id).where(Passkey.person == visit.person.id)
    if len(own) >= MOST_PASSKEYS:
        raise Refused(Refusal("too_many_passkeys", {"most": MOST_PASSKEYS}))
    options = generate_registration_options(
        rp_id=relying_party(settings),
        rp_name=settings.title,
        user_id=_handle(visit.person.id),
        user_name=visit.person.email,
        user_display_name=visit.person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(row["credential_id"])) for row in own],
    )
    challenge = bytes_to_base64url(options.challenge)
    return options_to_json(options), await begin_attempt(ADDING, challenge, person=visit.person.id, now=visit.now)


async def add_passkey(visit: Visit, answer: str, *, name: str, browser: str, settings: Settings) -> None:
    """Keep the new public key.

    Raises `Refused`: confirmation_needed, stronger_sign_in_needed, attempt_over, passkey_not_valid, passkey_taken.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    refuse_unconfirmed(visit)
    await refuse_weak(visit)
    read = _read(answer)
    challenge = await _spent_challenge(ADDING, read, browser, person=visit.person.id, now=visit.now)
    with _refusing():
        verified = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=relying_party(settings),
            expected_origin=settings.address,
            require_user_verification=True,
        )
    row = Passkey(
        person=visit.person.id,
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        transports=msgspec.json.encode([each[:20] for each in read.response.transports[:10]]).decode(),
        name=name,
        backed_up=verified.credential_backed_up,
        created_at=visit.now,
    )
    async with transaction():
        if not await Passkey.insert(row).on_conflict(action="DO NOTHING").returning(Passkey.id):
            raise Refused(Refusal("passkey_taken"))
        if visit.session_id is not None:
            await Session.update({Session.strong: True}).where(Session.id == visit.session_id)
        await record_change("passkey_added", visit.person.id, by=visit.by, name=name, now=visit.now)


async def begin_showing(*, settings: Settings, now: datetime, person: PersonView | None = None) -> tuple[str, str]:
    """`(options for the browser as JSON, the browser's secret)`. Without a person the browser offers whatever it has."""
    from webauthn import base64url_to_bytes, generate_authentication_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    known = await queries.credential_ids(person.id) if person else []
    options = generate_authentication_options(
        rp_id=relying_party(settings),
        allow_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(each)) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    challenge = bytes_to_base64url(options.challenge)
    browser = await begin_attempt(SHOWING, challenge, person=person.id if person else None, now=now)
    return options_to_json(options), browser


async def sign_in_with_passkey(
    visit: Visit, answer: str, *, browser: str, user_agent: str, settings: Settings
) -> tuple[str, PersonView]:
    """`(session secret, person)`. Raises `Refused`: attempt_over, passkey_not_valid, passkey_is_a_copy, account_blocked."""
    ends, now = visit.session_id, visit.now
    shown = await _shown(answer, browser, person=None, settings=settings, now=now)
    person = await queries.person(shown.person)
    if person is None or shown.user_handle != str(person.id):
        raise Refused(Refusal("passkey_not_valid"))
    async with transaction():
        session = await enter(person, strong=True, user_agent=user_agent, settings=settings, now=now, ends=ends)
        return session, person


async def show_passkey(visit: Visit, answer: str, *, browser: str, user_agent: str, settings: Settings) -> str:
    """Make the session strong, as `show_second_factor` does: a new secret for a new session, the old one ends.

    Raises `Refused`: attempt_over, passkey_not_valid, passkey_is_a_copy.
    """
    person = visit.pending or visit.person
    if person is None or visit.session_id is None:
        raise Refused(Refusal("attempt_over"))
    await check_passkey(person.id, answer, browser=browser, settings=settings, now=visit.now)
    async with transaction():
        await lock_erasure(person.id)
        if not await Session.delete().where(Session.id == visit.session_id).returning(Session.id):
            raise Refused(Refusal("attempt_over"))  # signed out or blocked meanwhile
        await take_back_erasure(person.id, now=visit.now)
        return await open_session(person, strong=True, user_agent=user_agent, settings=settings, now=visit.now)


async def check_passkey(person: int, answer: str, *, browser: str, settings: Settings, now: datetime) -> None:
    """Raises `Refused`, unless it is a passkey of the person's: attempt_over, passkey_not_valid, passkey_is_a_copy."""
    shown = await _shown(answer, browser, person=person, settings=settings, now=now)
    if shown.person != person:
        raise Refused(Refusal("passkey_not_valid"))


async def _shown(answer: str, browser: str, *, person: int | None, settings: Settings, now: datetime) -> _Proven:
    """The passkey whose signature under our challenge is right and whose counter went on."""
    from webauthn import base64url_to_bytes, verify_authentication_response

    read = _read(answer)
    challenge = await _spent_challenge(SHOWING, read, browser, person=person, now=now)
    row = await Passkey.select().where(Passkey.credential_id == read.id).first()
    if row is None:
        raise Refused(Refusal("passkey_not_valid"))
    with _refusing():
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=relying_party(settings),
            expected_origin=settings.address,
            credential_public_key=base64url_to_bytes(row["public_key"]),
            credential_current_sign_count=0,  # compared below, where a smaller one is recorded
            require_user_verification=True,
        )
        handle = base64url_to_bytes(read.response.user_handle or "").decode()
    used = {Passkey.last_used_at: now, Passkey.backed_up: verified.credential_backed_up}
    if not await _counted_on(row["id"], verified.new_sign_count, used):
        await _record_copy(row, now=now)
        raise Refused(Refusal("passkey_is_a_copy"))
    return _Proven(row["id"], row["person"], handle)


async def _counted_on(passkey: int, count: int, used: dict[Any, Any]) -> bool:
    """Whether the counter is larger than ever before; 0 for ever is allowed (Web Authentication, 6.1.1)."""
    before = (Passkey.sign_count < count) if count else (Passkey.sign_count == 0)
    return bool(
        await Passkey.update({Passkey.sign_count: count, **used})
        .where((Passkey.id == passkey) & before)
        .returning(Passkey.id)
    )


async def _record_copy(row: dict[str, Any], *, now: datetime) -> None:
    """In a transaction of its own: the sign-in is refused, the record stays."""
    async with transaction():
        await record_change("passkey_refused", row["person"], by="visitor", name=row["name"], now=now)


def _read(answer: str) -> _Answer:
    try:
        return msgspec.json.decode(answer if len(answer) <= LARGEST_ANSWER else "", type=_Answer)
    except msgspec.DecodeError:
        raise Refused(Refusal("passkey_not_valid")) from None


async def _spent_challenge(kind: str, read: _Answer, browser: str, *, person: int | None, now: datetime) -> bytes:
    """The challenge that was answered, which must be one of ours: made for this browser and person, minutes ago, unused."""
    from webauthn import base64url_to_bytes

    with _refusing():
        client_data = msgspec.json.decode(base64url_to_bytes(read.response.client_data_json), type=_ClientData)
        challenge = base64url_to_bytes(client_data.challenge)
    attempt = await spend_attempt(kind, client_data.challenge, browser, now=now)
    if attempt.person != person:
        raise Refused(Refusal("attempt_over"))
    return challenge


@contextmanager
def _refusing() -> Iterator[None]:
    """What cannot be read or verified is refused: the answer is the browser's, and may be anybody's."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError, msgspec.DecodeError):
        raise Refused(Refusal("passkey_not_valid")) from None


def _handle(person: int) -> bytes:
    """Whom a passkey signs in, kept in it: a number that tells others nothing."""
    return str(person).encode()


async def rename_passkey(visit: Visit, passkey: int, name: str) -> None:
    """Give one of one's own another name; nothing happens when it is not one."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    async with transaction():
        renamed = (
            await Passkey.update({Passkey.name: name})
            .where((Passkey.id == passkey) & (Passkey.person == visit.person.id) & (Passkey.name != name))
            .returning(Passkey.id)
        )
        if renamed:
            await audit.record("person.passkey_renamed", by=visit.by, subject=visit.by, facts={}, now=visit.now)


async def remove_passkey(visit: Visit, passkey: int) -> None:
    """Forget one of one's own; nothing happens when it is not one.

    Raises `Refused(confirmation_needed | stronger_sign_in_needed)`.
    """
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    refuse_unconfirmed(visit)
    await refuse_weak(visit)
    async with transaction():
        gone = (
            await Passkey.delete()
            .where((Passkey.id == passkey) & (Passkey.person == visit.person.id))
            .returning(Passkey.name)
        )
        if gone:
            name = gone[0]["name"]
            await record_change("passkey_removed", visit.person.id, by=visit.by, name=name, now=visit.now)
