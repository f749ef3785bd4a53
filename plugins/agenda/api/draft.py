"""Sessions of the draft, and what in it does not fit."""

from typing import Any

from litestar import Response, get, put
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import Problem
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView
from plenaria.core.web.api import Anything
from plenaria.core.web.errors import Invalid
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.settings import AgendaSettings, SessionItem


class DraftSession(Struct, frozen=True):
    """A session of the draft and its revision, which a later change may ask for with `If-Match`."""

    session: SessionItem
    revision: int


class ConflictView(Struct, frozen=True):
    """Something in the draft that does not fit. A hard one keeps a schedule from being released without a reason."""

    code: str
    is_hard: bool
    sessions: list[str]
    facts: dict[str, Any]


class ConflictList(Struct, frozen=True):
    """All conflicts of the draft."""

    items: list[ConflictView]


@put(
    "/api/v1/events/{event_slug:str}/sessions/{code:str}",
    permission="agenda.edit",
    operation_id="putSession",
    responses={201: ResponseSpec(DraftSession, generate_examples=False, description="It was added")},
)
async def put_session(
    request: Anything, event: EventView, visit: Visit, code: str, data: SessionItem
) -> Response[DraftSession]:
    """Add a session to the draft, or replace the one of that code.

    With `If-Match: "<revision>"` an existing session is replaced only while it is still of that revision.
    """
    if data.code != code:
        raise Invalid((Problem("/code", "not_a_choice", {"allowed": [code], "actual": data.code}),))
    revisions = await queries.session_revisions(event.id)
    is_new = code not in revisions
    await services.store_session(
        event,
        data,
        code=None if is_new else code,
        revision=_expected_revision(request),
        by=visit.by,
        now=visit.now,
    )
    revision = (await queries.session_revisions(event.id))[code]
    headers = {"ETag": f'"{revision}"'}
    return Response(DraftSession(data, revision), status_code=201 if is_new else 200, headers=headers)


def _expected_revision(request: Anything) -> int | None:
    """The revision of `If-Match`; -1, which no row has, for a tag that is none of ours."""
    tag = request.headers.get("if-match", "").strip().strip('"')
    if not tag or tag == "*":
        return None
    return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 10 else -1


@get("/api/v1/events/{event_slug:str}/schedule/conflicts", permission="agenda.edit", operation_id="listConflicts")
async def list_conflicts(event: EventView) -> ConflictList:
    """Everything in the draft that does not fit."""
    settings = await settings_of(event, "agenda", AgendaSettings)
    found = services.conflicts_of(await queries.draft(event.id), event, settings)
    return ConflictList([conflict_view(each) for each in found])


def conflict_view(found: rules.Conflict) -> ConflictView:
    return ConflictView(found.code, found.is_hard, list(found.sessions), found.facts)


ROUTES = [put_session, list_conflicts]
