"""What the page handlers share: the fields of a sent form, and refusals as sentences at their fields."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict

from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EMAIL, EventView, Refusal, Refused
from plenaria.core.web.refusals import sentence
from plenaria.plugins.awards.services import Issuer

Anything = Request[Any, Any, Any]
Form = FormMultiDict


def issuer_of(request: Anything, settings: Settings) -> Issuer:
    return Issuer(settings.address, request.app.state.signing_key)


def sentences(refusals: Iterable[Refusal], event: EventView) -> list[str]:
    """The refusals that belong to no field, or all of them where a page has no fields."""
    return [sentence(refusal, event) for refusal in refusals]


def by_pointer(refusals: Iterable[Refusal], event: EventView) -> Mapping[str, list[str]]:
    """Pointer → sentences; "" for what belongs to no field."""
    words: dict[str, list[str]] = {}
    for refusal in refusals:
        words.setdefault(refusal.pointer, []).append(sentence(refusal, event))
    return words


def status_of(refusals: Sequence[Refusal]) -> int:
    """200, 422 when every refusal belongs to a field, else 409."""
    if not refusals:
        return 200
    return 422 if all(refusal.pointer for refusal in refusals) else 409


async def form_of(request: Anything) -> Form:
    return await request.form()


def text_in(data: Form, name: str, *, most: int = 200_000) -> str:
    """The text of one field, "" when it is missing or a file."""
    value = data.get(name, "")
    return value[:most] if isinstance(value, str) else ""


def number_in(data: Form, name: str) -> int | None:
    """The whole number of one field, None when it is missing or none."""
    text = text_in(data, name, most=12).strip()
    return int(text) if text.isascii() and text.isdigit() else None


def email_in(data: Form) -> str:
    """The one address in the field `email`. Raises `Refused(bad_email)` for anything else."""
    email = text_in(data, "email", most=255).strip()
    if len(email) > 254 or not re.fullmatch(EMAIL, email):
        raise Refused(Refusal("bad_email", {}, "/email"))
    return email
