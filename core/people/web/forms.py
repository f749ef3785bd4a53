"""What people type about themselves: the Structs behind the forms."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from plenaria.core.kernel.languages import LANGUAGE_NAMES, LANGUAGES
from plenaria.core.kernel.values import N_
from plenaria.core.people import services


class EmailForm(Struct, frozen=True):
    """Who wants to sign in."""

    email: Annotated[
        str,
        Meta(
            title=N_("E-mail address"),
            max_length=254,
            extra={"kind": "email", "autocomplete": "email", "example": "nombre@empresa.mx"},
        ),
    ]


class PasswordForm(EmailForm, frozen=True):
    """Address and password."""

    password: Annotated[
        str,
        Meta(title=N_("Password"), max_length=500, extra={"kind": "password", "autocomplete": "current-password"}),
    ]


class CodeForm(Struct, frozen=True):
    """A second factor's code."""

    code: Annotated[
        str,
        Meta(
            title=N_("Six-digit code"),
            description=N_("From the authenticator app on your phone."),
            pattern=r"^[0-9 ]{6,7}$",
            extra={"autocomplete": "one-time-code", "inputmode": "numeric", "example": "123456"},
        ),
    ]


class ConfirmingPasswordForm(Struct, frozen=True):
    """The password again, before something important."""

    confirm_password: Annotated[
        str,
        Meta(title=N_("Your password"), max_length=500, extra={"kind": "password", "autocomplete": "current-password"}),
    ]


class ConfirmingCodeForm(Struct, frozen=True):
    """A code, before something important."""

    confirm_code: Annotated[
        str,
        Meta(
            title=N_("Six-digit code"),
            description=N_("From the authenticator app on your phone."),
            extra={"autocomplete": "one-time-code", "inputmode": "numeric", "example": "123456"},
        ),
    ]


class NewPasswordForm(Struct, frozen=True):
    """A new password."""

    password: Annotated[
        str,
        Meta(
            title=N_("New password"),
            description=N_("At least 12 characters. A few words in a row are easy to remember and hard to guess."),
            min_length=services.PASSWORD_MINIMUM,
            max_length=500,
            extra={"kind": "password", "autocomplete": "new-password"},
        ),
    ]


class NameForm(Struct, frozen=True):
    """How one is called, and in which language one reads."""

    given_names: Annotated[
        str, Meta(title=N_("Given name(s)"), max_length=100, extra={"autocomplete": "given-name"})
    ] = ""
    first_surname: Annotated[
        str, Meta(title=N_("First surname"), max_length=100, extra={"autocomplete": "family-name"})
    ] = ""
    second_surname: Annotated[str, Meta(title=N_("Second surname"), max_length=100)] = ""
    language: Annotated[
        str,
        Meta(title=N_("Language"), extra={"choices": LANGUAGE_NAMES}),
    ] = msgspec.field(default_factory=lambda: LANGUAGES[0])
