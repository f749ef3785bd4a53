"""No, answered once for everyone: an HTML page, problem+json (RFC 9457), or an exit code."""

import logging
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_409_CONFLICT, HTTP_500_INTERNAL_SERVER_ERROR

from core import i18n, shown
from core.forms import Problem, words
from core.values import N_, EventView, Money, Refusal, Refused

__all__ = ["CORE_REFUSALS", "Invalid", "Refused", "answer", "sentence", "use_words"]

logger = logging.getLogger("plenaria.errors")

PROBLEM_JSON: Final = "application/problem+json"

CORE_REFUSALS: Final = {
    "plugin_failed": N_("The part “{plugin}” could not be asked, so nothing was done. Please try again later."),
    "unknown_event": N_("There is no such event."),
    "unknown_plugin": N_("There is no plugin called “{plugin}”."),
    "slug_taken": N_("The address “{slug}” is taken. Choose another one."),
    "cross_site_request": N_("This form was sent from another site, so it was not carried out."),
    "second_factor_pending": N_("You are not signed in yet: type the code of your second factor first."),
    "second_factor_needed": N_("Organisers sign in with a second factor here. Set it up under “My account”."),
    "too_many_requests": N_("Too many attempts. Please wait {seconds} seconds and try again."),
    "link_used_or_expired": N_("This link was used already or has expired. Ask for a new one."),
    "wrong_credentials": N_("Address, password or code are not right."),
    "second_factor_is_on": N_("A second factor is on already. Switch it off before you set up another one."),
    "wrong_code": N_("That code is not right, or was used already."),
    "password_too_short": N_("A password needs at least {minimum} characters."),
    "last_owner": N_("An event needs at least one owner."),
    "not_in_team": N_("This person does not hold that role here."),
    "unknown_role": N_("There is no role called “{role}”."),
    "only_owners_grant_owner": N_("Only an owner can make somebody an owner."),
    "only_owners_set_team": N_("Only an owner can replace the whole team."),
    "unknown_scope": N_("There is no permission called “{scope}”, or you do not hold it."),
    "file_too_large": N_("“{name}” is {size_mb} MB; at most {limit_mb} MB are accepted."),
    "file_empty": N_("“{name}” is empty."),
    "file_not_accepted": N_("“{name}” is not one of the kinds accepted here: {accepted}."),
    "file_not_what_it_says": N_("“{name}” is not what its name says: its content is {found}."),
    "changed_meanwhile": N_("Somebody changed this meanwhile. What you typed is kept below; compare and save again."),
    "idempotency_key_reused": N_("This Idempotency-Key was used for another request."),
    "idempotency_key_missing": N_("This request needs an Idempotency-Key header."),
    "idempotency_key_malformed": N_("An Idempotency-Key has at most {most} visible characters."),
    "malformed_json": N_("The body is not JSON in UTF-8."),
    "body_missing": N_("This request needs a JSON body."),
    "body_too_large": N_("The body is larger than this door accepts."),
    "not_a_form": N_("What was sent is not a form. Open the page again and use its buttons."),
    "not_json": N_("The body must be sent as application/json."),
    "bad_token": N_("This access token is unknown, has expired or was revoked."),
    "bad_parameter": N_("“{name}” is not acceptable here: {reason}"),
    "bad_request": N_("The request could not be read."),
    "control_characters": N_("The address contains a character that cannot be shown."),
    "not_signed_in": N_("Sign in first, or send an access token."),
    "not_permitted": N_("You do not hold the permission that this needs."),
    "nothing_here": N_("There is nothing at this address."),
    "method_not_allowed": N_("This address does not know that method."),
    "internal_error": N_("Something went wrong on our side. It was noted; please try again later."),
    "unknown_placeholder": N_("The text uses “{name}”, which this mail does not have. It has: {known}."),
    "not_found": N_("There is nothing here with that name."),
}

STATUS_OF: Final = {
    "too_many_requests": 429,
    "wrong_credentials": 401,
    "cross_site_request": 403,
    "second_factor_needed": 403,
    "file_too_large": 413,
    "idempotency_key_missing": 400,
    "idempotency_key_malformed": 400,
    "idempotency_key_reused": 422,
    "not_found": 404,
    "not_in_team": 404,
    "unknown_event": 404,
    "unknown_plugin": 404,
    "control_characters": 422,
    "not_permitted": 403,
    "only_owners_set_team": 403,
}
"""Refusals that are not a 409 Conflict."""

CODE_OF: Final = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_permitted",
    404: "nothing_here",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "not_json",
    500: "internal_error",
}
"""What an answer of the framework's own is called in the API."""

_words: dict[str, str] = dict(CORE_REFUSALS)


class Invalid(Exception):
    """What was sent is not well-formed: one problem a field. Answered with 422, or by the page showing its form again."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(f"{problem.pointer} {problem.code}" for problem in problems))
        self.problems = problems


def use_words(contributed: Mapping[str, str]) -> None:
    """Add plugins' words for their refusal codes; the core's own cannot be replaced."""
    for code, message in contributed.items():
        _words.setdefault(code, message)


def sentence(refusal: Refusal, event: EventView | None = None) -> str:
    """The refusal in the current language; instants in the event's zone with its offset."""
    message = _words.get(refusal.code)
    if message is None:
        return i18n.gettext("This was refused ({code}).").format(code=refusal.code)
    return i18n.fill(i18n.gettext(message), {name: _fact(value, event) for name, value in refusal.facts.items()})


def _fact(value: Any, event: EventView | None) -> str:
    if isinstance(value, datetime):
        return shown.instant(value, event.zone if event else "UTC")
    if isinstance(value, Money):
        return shown.money(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_fact(item, event) for item in value)
    if isinstance(value, dict):
        return shown.localized(value)
    return str(value)


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The one exception handler."""
    if isinstance(error, Refused):
        return _refused(request, error)
    if isinstance(error, Invalid):
        return _problem(request, 422, "invalid", errors=[_of_problem(problem) for problem in error.problems])
    if isinstance(error, ValidationException):
        errors = _of_litestar(error)
        return _problem(request, 400, str(errors[0]["code"]) if errors else "", errors=errors)
    if isinstance(error, HTTPException):
        code = error.extra.get("code", "") if isinstance(error.extra, dict) else ""
        refusal = Refusal(code) if code in _words else None
        return _problem(request, error.status_code, code, refusals=[refusal] if refusal else [], headers=error.headers)
    logger.error("unhandled error", exc_info=error, extra={"path": _route(request), "method": request.method})
    return _problem(request, HTTP_500_INTERNAL_SERVER_ERROR, "internal_error")


def _route(request: Request[Any, Any, Any]) -> str:
    """The route's template, not the path: a path may hold a secret."""
    return str(request.scope.get("path_template", ""))


def _refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    status = max((STATUS_OF.get(refusal.code, HTTP_409_CONFLICT) for refusal in error.refusals), default=409)
    return _problem(request, status, error.refusals[0].code, refusals=list(error.refusals))


def _problem(
    request: Request[Any, Any, Any],
    status: int,
    code: str,
    *,
    refusals: list[Refusal] | None = None,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    event: EventView | None = request.scope["state"].get("event")
    listed = errors or [_of_refusal(refusal, event) for refusal in refusals or ()]
    extra = {name: value for name, value in (headers or {}).items() if name.lower() in ("allow", "www-authenticate")}
    if status == 401:
        extra.setdefault("WWW-Authenticate", "Bearer")
    for refusal in refusals or ():
        if "retry_after_s" in refusal.facts:
            extra["Retry-After"] = str(refusal.facts["retry_after_s"])
    if _wants_json(request):
        return Response(
            _problem_document(request, status, code, listed), media_type=PROBLEM_JSON, status_code=status, headers=extra
        )
    from core.templating import error_page

    return error_page(request, status, [each["detail"] for each in listed], headers=extra)


def _problem_document(
    request: Request[Any, Any, Any], status: int, code: str, listed: list[dict[str, Any]]
) -> dict[str, Any]:
    """RFC 9457, every member always there."""
    if not listed:
        code = code or CODE_OF.get(status, "")
        detail = sentence(Refusal(code)) if code in _words else HTTPStatus(status).phrase
        listed = [{"code": code or "error", "detail": detail}]
    return {
        "type": f"tag:plenaria,2025:{code}" if code else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": listed[0]["detail"],
        "instance": request.scope["path"],
        "errors": listed,
    }


def _of_refusal(refusal: Refusal, event: EventView | None) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "detail": sentence(refusal, event),
        "facts": msgspec.to_builtins(refusal.facts),
        **({"pointer": refusal.pointer} if refusal.pointer else {}),
    }


def _of_problem(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "pointer": problem.pointer, "detail": words(problem, i18n.current_language())}


def _of_litestar(error: ValidationException) -> list[dict[str, Any]]:
    """The framework's findings about query and header parameters; bodies have passed our own check."""
    found = [each for each in error.extra if isinstance(each, dict)] if isinstance(error.extra, list) else []
    return [_of_parameter(str(each.get("key", "")), str(each.get("message", ""))) for each in found]


def _of_parameter(name: str, reason: str) -> dict[str, Any]:
    if name == "data" or (not name and reason.strip("'") == "data"):
        return {"code": "body_missing", "detail": sentence(Refusal("body_missing"))}
    refusal = Refusal("bad_parameter", {"name": name, "reason": reason})
    return {"code": refusal.code, "parameter": name, "detail": sentence(refusal)}


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    if request.scope["path"].startswith("/api/"):
        return True
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "text/html" not in accepted
