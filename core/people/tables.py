"""People, how they sign in, and what they were granted, as stored."""

from typing import Any

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from plenaria.core.storage.database.references import EVENT


class Person(Table, tablename="core_person"):
    """One account over all events. The address is stored in lower case."""

    id: Serial
    email = Varchar(length=254, unique=True)
    given_names = Varchar(length=100, default="")
    first_surname = Varchar(length=100, default="")
    second_surname = Varchar(length=100, default="")
    language = Varchar(length=8, default="")
    password_hash = Varchar(length=200, default="")
    totp_secret = Varchar(length=64, default="")
    totp_step = BigInt(default=0)
    """The last time step whose code was used: a code works once."""
    failed_sign_ins = Integer(default=0)
    """Wrong passwords and codes since the last sign-in."""
    created_at = Timestamptz(default=None)


class SignInLink(Table, tablename="core_sign_in_link"):
    """A one-time link, kept only as a hash. `next` is where it leads."""

    id: Serial
    token_hash = Varchar(length=64, unique=True)
    email = Varchar(length=254, index=True)
    next = Varchar(length=500, default="/me")
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(default=None, null=True)


class Session(Table, tablename="core_session"):
    """A signed-in browser, kept only as the hash of its cookie."""

    id: Serial
    token_hash = Varchar(length=64, unique=True)
    person = ForeignKey(references=Person, null=False, index=True)
    strong = Boolean(default=False)
    """Whether the second factor was shown."""
    user_agent = Varchar(length=200, default="")
    failed_before = Integer(default=0)
    """Failed sign-ins of the person between the sign-in before and this one."""
    created_at = Timestamptz(default=None)
    confirmed_at = Timestamptz(default=None, null=True)
    """When it was last shown, in this browser, that it is the person: by link, password or code."""
    seen_at = Timestamptz(default=None, null=True)
    """When a request last came with it, to the hour."""
    expires_at = Timestamptz(default=None)


class Erasure(Table, tablename="core_erasure"):
    """A person's request to have their data erased: blocked at once, erased when it is due, or taken back before."""

    id: Serial
    person = ForeignKey(references=Person, null=False, index=True)
    state = Varchar(length=20, default="blocked")
    requested_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None)
    ended_at = Timestamptz(default=None, null=True)
    failed = Varchar(length=100, default="")
    """The plugin that kept the last try from succeeding."""

    core_erasure_known_state = Check("state IN ('blocked', 'erased', 'taken_back')")


class Grant(Table, tablename="core_grant"):
    """A role that a person holds in one event, or (event null) in the whole installation."""

    id: Serial
    person = ForeignKey(references=Person, null=False, index=True)
    event: ForeignKey[Any] = ForeignKey(references=EVENT, null=True, index=True)
    role = Varchar(length=30)
    granted_at = Timestamptz(default=None)
    granted_by = ForeignKey(references=Person, null=True, index=True)
    key = Varchar(length=80, unique=True)
    """`{person id}/{event id or *}/{role}`."""


class ApiToken(Table, tablename="core_api_token"):
    """A bearer token of a person for one event, kept only as a hash, limited to its scopes (permission names)."""

    id: Serial
    token_hash = Varchar(length=64, unique=True)
    person = ForeignKey(references=Person, null=False, index=True)
    event: ForeignKey[Any] = ForeignKey(references=EVENT, null=True, index=True)
    name = Varchar(length=100)
    scopes = JSON(default="[]")
    created_at = Timestamptz(default=None)
    used_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)


class SignInAttempt(Table, tablename="core_sign_in_attempt"):
    """Something that a browser began and has minutes to end, once: a way to a provider and back, a passkey's challenge.

    Both what comes back (`key`) and the cookie of the browser that began (`browser`) are kept only as hashes.
    """

    id: Serial
    key = Varchar(length=64, unique=True)
    browser = Varchar(length=64)
    kind = Varchar(length=20)
    person = ForeignKey(references=Person, null=True, index=True)
    """Who must still be signed in at the end; null: nobody yet."""
    details = JSON(default="{}")
    expires_at = Timestamptz(default=None, index=True)


class Identity(Table, tablename="core_identity"):
    """Who a person is at an identity provider: its issuer and the subject there, which never changes."""

    id: Serial
    person = ForeignKey(references=Person, null=False, index=True)
    issuer = Varchar(length=255)
    subject = Varchar(length=255)
    created_at = Timestamptz(default=None)
    last_used_at = Timestamptz(default=None, null=True)

    core_identity_issuer_subject_key = Unique([issuer, subject])


class Passkey(Table, tablename="core_passkey"):
    """A public key that a person signs in with (WebAuthn); binary values are kept as base64url."""

    id: Serial
    person = ForeignKey(references=Person, null=False, index=True)
    credential_id = Varchar(length=1400, unique=True)
    public_key = Text(default="")
    sign_count = BigInt(default=0)
    """What the key counted at its last use; keys that several devices share always say 0."""
    transports = JSON(default="[]")
    name = Varchar(length=60)
    backed_up = Boolean(default=False)
    created_at = Timestamptz(default=None)
    last_used_at = Timestamptz(default=None, null=True)
