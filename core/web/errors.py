"""No, answered once for everyone: an HTML page, problem+json (RFC 9457), or an exit code."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_409_CONFLICT, HTTP_500_INTERNAL_SERVER_ERROR, HTTP_503_SERVICE_UNAVAILABLE

from plenaria.core.forms import Problem, words
from plenaria.core.kernel import i18n
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.web.refusals import is_worded, sentence
from plenaria.core.web.templating import error_page

logger = logging.getLogger("plenaria.errors")

PROBLEM_JSON: Final = "application/problem+json"

STATUS_OF: Final = {
    "too_many_requests": 429,
    "wrong_credentials": 401,
    "cross_site_request": 403,
    "second_factor_needed": 403,
    "file_too_large": 413,
    "repeated_key": 400,
    "idempotency_key_missing": 400,
    "idempotency_key_malformed": 400,
    "idempotency_key_reused": 422,
    "not_found": 404,
    "not_in_team": 404,
    "unknown_event": 404,
    "unknown_plugin": 404,
    "control_characters": 422,
    "not_permitted": 403,
    "confirmation_needed": 403,
    "only_owners_set_team": 403,
    "busy": 503,
    "perhaps_saved": 503,
}
"""Refusals that are not a 409 Conflict."""

CODE_OF: Final = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_permitted",
    404: "nothing_here",
    405: "method_not_allowed",
    408: "body_too_slow",
    413: "body_too_large",
    415: "not_json",
    421: "wrong_host",
    500: "internal_error",
    503: "busy",
}
"""What an answer of the framework's own is called in the API."""

_KEPT_HEADERS: Final = ("allow", "connection", "www-authenticate")
"""Of those that an exception of HTTP carries."""


SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Invalid(Exception):
    """What was sent is not well-formed: one problem a field. Answered with 422, or by the page showing its form again."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(f"{problem.pointer} {problem.code}" for problem in problems))
        self.problems = problems


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The one exception handler."""
    if isinstance(error, Refused):
        return _refused(request, error)
    if isinstance(error, Unavailable):
        return _unavailable(request, error)
    if isinstance(error, Invalid):
        return _problem(request, 422, "invalid", errors=[_of_problem(problem) for problem in error.problems])
    if isinstance(error, ValidationException):
        errors = _of_litestar(error)
        return _problem(request, 400, str(errors[0]["code"]) if errors else "", errors=errors)
    if isinstance(error, HTTPException):
        code = error.extra.get("code", "") if isinstance(error.extra, dict) else ""
        refusal = Refusal(code) if is_worded(code) else None
        return _problem(request, error.status_code, code, refusals=[refusal] if refusal else [], headers=error.headers)
    logger.error("unhandled error", exc_info=error, extra={"path": _route(request), "method": request.method})
    return _problem(request, HTTP_500_INTERNAL_SERVER_ERROR, "internal_error")


def _route(request: Request[Any, Any, Any]) -> str:
    """The route's template, not the path: a path may hold a secret."""
    return str(request.scope.get("path_template", ""))


def _refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    status = max(map(_status_of, error.refusals), default=409)
    return _problem(request, status, error.refusals[0].code, refusals=list(error.refusals))


def _status_of(refusal: Refusal) -> int:
    """A refusal that says when to come again is one of a limit, whoever's it is."""
    return STATUS_OF.get(refusal.code, 429 if "retry_after_s" in refusal.facts else HTTP_409_CONFLICT)


def _unavailable(request: Request[Any, Any, Any], trouble: Unavailable) -> Response[Any]:
    """A public page as it was, else 503: who sent something has to look whether it arrived (a COMMIT may have)."""
    kept: Response[Any] | None = request.app.state.kept_answers.answer(request)
    if kept is not None:
        return kept
    logger.warning("the database could not serve", extra={"kind": trouble.kind, "method": request.method})
    refusals = [Refusal("busy", {"retry_after_s": trouble.retry_after_s})]
    if request.method not in SAFE:
        refusals.append(Refusal("perhaps_saved"))
    return _problem(request, HTTP_503_SERVICE_UNAVAILABLE, "busy", refusals=refusals)


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
    extra = {name: value for name, value in (headers or {}).items() if name.lower() in _KEPT_HEADERS}
    if status == 401:
        extra.setdefault("WWW-Authenticate", "Bearer")
    for refusal in refusals or ():
        if "retry_after_s" in refusal.facts:
            extra["Retry-After"] = str(refusal.facts["retry_after_s"])
    if _wants_json(request):
        return Response(
            _problem_document(request, status, code, listed), media_type=PROBLEM_JSON, status_code=status, headers=extra
        )
    return error_page(request, status, [each["detail"] for each in listed], headers=extra)


def _problem_document(
    request: Request[Any, Any, Any], status: int, code: str, listed: list[dict[str, Any]]
) -> dict[str, Any]:
    """RFC 9457, every member always there."""
    if not listed:
        code = code or CODE_OF.get(status, "")
        detail = sentence(Refusal(code)) if is_worded(code) else HTTPStatus(status).phrase
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
    named = [(str(each.get("key", "")), str(each.get("message", ""))) for each in found if "code" not in each]
    ours = [_parameter_error(each["key"], each["code"], each["facts"]) for each in found if "code" in each]
    return ours + [_of_parameter(name, reason) for name, reason in named if not _is_only_described(name, reason)]


def _parameter_error(name: str, code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    worded = "misspelt_parameter" if "meant" in facts else code
    detail = sentence(Refusal(worded, {"name": name, **facts}))
    return {"code": code, "parameter": name, "detail": detail, **({"facts": facts} if facts else {})}


def _is_only_described(name: str, reason: str) -> bool:
    """A path parameter that the handler does not take: describing the API makes the framework look for it, in vain."""
    return name != "data" and reason == repr(name)


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
