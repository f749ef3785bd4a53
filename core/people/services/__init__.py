"""Writes of people: signing in and out, passwords, second factors, roles, tokens."""

from plenaria.core.people.services.links import (
    erasure_taken_back_by,
    link_is_open,
    lock_erasure,
    new_link,
    send_link,
    use_link,
)
from plenaria.core.people.services.passwords import PASSWORD_MINIMUM, set_password, sign_in_with_password
from plenaria.core.people.services.persons import ensure_person, rename
from plenaria.core.people.services.roles import INVITATION_DAYS, grant, invite, only_owner_of, revoke, send_invitation
from plenaria.core.people.services.second_factor import (
    TOTP_SECRET,
    disable_second_factor,
    enable_second_factor,
    show_second_factor,
)
from plenaria.core.people.services.sessions import end_every_way_in, end_session, sign_out
from plenaria.core.people.services.tokens import make_token, revoke_token

__all__ = [
    "INVITATION_DAYS",
    "PASSWORD_MINIMUM",
    "TOTP_SECRET",
    "disable_second_factor",
    "enable_second_factor",
    "end_every_way_in",
    "end_session",
    "ensure_person",
    "erasure_taken_back_by",
    "grant",
    "invite",
    "link_is_open",
    "lock_erasure",
    "make_token",
    "new_link",
    "only_owner_of",
    "rename",
    "revoke",
    "revoke_token",
    "send_invitation",
    "send_link",
    "set_password",
    "show_second_factor",
    "sign_in_with_password",
    "sign_out",
    "use_link",
]
