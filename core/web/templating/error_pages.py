"""The page that says what went wrong and what to do next."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response

from plenaria.core.host.visit import visit_of
from plenaria.core.kernel import i18n, logs
from plenaria.core.kernel.values import N_
from plenaria.core.web.templating.frame import Item, own_path
from plenaria.core.web.templating.pages import page

_ERROR_WORDS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: (
        N_("We could not read your request"),
        N_("Something in the address or the form was not right."),
        N_("Go back, check what you typed, and send it again."),
    ),
    401: (N_("Please sign in"), N_("This page is for people who are signed in."), N_("Sign in and come back.")),
    403: (
        N_("You may not do that"),
        N_("Your account does not hold the permission for this page."),
        N_("Ask the event's organisers to give you the role you need."),
    ),
    404: (
        N_("There is nothing here"),
        N_("The page was moved, never existed, or is not open."),
        N_("Check the address, or start from the event's page."),
    ),
    405: (
        N_("This page does not take that kind of request"),
        N_("The address is right, but it cannot be used in this way."),
        N_("Go back and use the page's own buttons."),
    ),
    408: (
        N_("That took too long"),
        N_("What you sent did not arrive in time, so nothing was changed."),
        N_("Send it again, over a better connection if you can."),
    ),
    409: (
        N_("That cannot be done"),
        N_("Nothing was changed. This is why:"),
        N_("Go back, see what has changed, and try again."),
    ),
    413: (
        N_("That is too large"),
        N_("What you sent is larger than this page accepts."),
        N_("Make the file smaller and send it again."),
    ),
    421: (
        N_("This site has another address"),
        N_("The request was sent to a name that is not this site's, so nothing was done."),
        N_("Check the address, or ask the people who run this site for it."),
    ),
    422: (
        N_("Some answers need another look"),
        N_("Nothing was changed. This is why:"),
        N_("Go back, correct them, and send the form again."),
    ),
    429: (
        N_("One moment, please"),
        N_("There were too many attempts in a short time."),
        N_("Wait a little and try again."),
    ),
    500: (
        N_("Something broke on our side"),
        N_(
            "What you sent was saved completely or not at all. The error was recorded for the people who run this site."
        ),
        N_("Try again in a minute. If it happens again, tell the organisers when it happened."),
    ),
    503: (
        N_("We will be back in a moment"),
        N_("The site cannot reach its data at the moment. That is our side, not yours."),
        N_("Try again in a minute."),
    ),
}


def error_page(
    request: Request[Any, Any, Any], status: int, details: Sequence[str], *, headers: Mapping[str, str] | None = None
) -> Response[str]:
    """What happened and what to do next, in the reader's language."""
    headline, happened, next_step = _ERROR_WORDS.get(status) or _ERROR_WORDS[400 if status < 500 else 500]
    visit = visit_of(request)
    actions: list[Item] = []
    if status == HTTPStatus.UNAUTHORIZED:
        label, address = (N_("Type the code"), "/sign-in/code") if visit.pending else (N_("Sign in"), "/sign-in")
        actions = [Item(i18n.gettext(label), f"{address}?next={quote(own_path(visit))}")]
    if details and status in (401, 403, 429, 408, 413, 404, 503):
        happened = ""
    return page(
        request,
        "error.html",
        status=status,
        headers=headers,
        error_status=status,
        request_id=logs.request_id.get(),
        headline=i18n.gettext(headline),
        happened=i18n.gettext(happened),
        next_step=i18n.gettext(next_step),
        refusals=[{"message": detail, "code": ""} for detail in details],
        actions=actions,
    )
