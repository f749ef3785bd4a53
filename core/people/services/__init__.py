"""Writes of people: signing in and out, passwords, second factors, passkeys, identity providers, roles, tokens."""

from plenaria.core.people.services.attempts import ATTEMPT_MINUTES, forget_old_attempts, is_attempt_open
from plenaria.core.people.services.confirming import confirm, confirm_with_passkey
from plenaria.core.people.services.factors import reset_factors
from plenaria.core.people.services.identities import (
    Entered,
    Linked,
    ToConfirm,
    come_back,
    confirm_identity,
    leave_for_provider,
    unlink,
)
from plenaria.core.people.services.links import (
    INVITATION_DAYS,
    ask_for_link,
    erasure_taken_back_by,
    link_is_open,
    lock_erasure,
    new_link,
    send_link,
    use_link,
    way_in,
)
from plenaria.core.people.services.passkeys import (
    add_passkey,
    begin_adding,
    begin_showing,
    relying_party,
    remove_passkey,
    rename_passkey,
    show_passkey,
    sign_in_with_passkey,
)
from plenaria.core.people.services.passwords import PASSWORD_MINIMUM, set_password, sign_in_with_password
from plenaria.core.people.services.persons import ensure_person, rename
from plenaria.core.people.services.roles import grant, invite, only_owner_of, revoke, send_invitation
from plenaria.core.people.services.second_factor import (
    TOTP_SECRET,
    disable_second_factor,
    enable_second_factor,
    show_second_factor,
)
from plenaria.core.people.services.sessions import (
    END_EVERY_WAY_IN,
    end_session,
    is_confirmed,
    refuse_unconfirmed,
    sign_out,
)
from plenaria.core.people.services.tokens import USUAL_TOKEN_DAYS, make_token, revoke_token

__all__ = [
    "ATTEMPT_MINUTES",
    "END_EVERY_WAY_IN",
    "INVITATION_DAYS",
    "PASSWORD_MINIMUM",
    "TOTP_SECRET",
    "USUAL_TOKEN_DAYS",
    "Entered",
    "Linked",
    "ToConfirm",
    "add_passkey",
    "ask_for_link",
    "begin_adding",
    "begin_showing",
    "come_back",
    "confirm",
    "confirm_identity",
    "confirm_with_passkey",
    "disable_second_factor",
    "enable_second_factor",
    "end_session",
    "ensure_person",
    "erasure_taken_back_by",
    "forget_old_attempts",
    "grant",
    "invite",
    "is_attempt_open",
    "is_confirmed",
    "leave_for_provider",
    "link_is_open",
    "lock_erasure",
    "make_token",
    "new_link",
    "only_owner_of",
    "refuse_unconfirmed",
    "relying_party",
    "remove_passkey",
    "rename",
    "rename_passkey",
    "reset_factors",
    "revoke",
    "revoke_token",
    "send_invitation",
    "send_link",
    "set_password",
    "show_passkey",
    "show_second_factor",
    "sign_in_with_passkey",
    "sign_in_with_password",
    "sign_out",
    "unlink",
    "use_link",
    "way_in",
]
