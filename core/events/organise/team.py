"""The team: who holds which role, inviting, taking a role away."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from msgspec import Meta, Struct

from plenaria.core.forms import Checked, form_for, parse
from plenaria.core.host.permissions import ROLES, registered
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, EventView
from plenaria.core.people import queries as people
from plenaria.core.people import services as people_services
from plenaria.core.people.web.confirming import unless_confirmed
from plenaria.core.storage import outbox
from plenaria.core.web.api import place_after
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]


PAGE: Final = 100
"""People that the page shows at a time."""


class Invitation(Struct, frozen=True):
    """Whom to take into the team."""

    email: Annotated[
        str,
        Meta(
            title=N_("E-mail address"),
            max_length=254,
            extra={"kind": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    role: Annotated[str, Meta(title=N_("Role"), extra={"choices": ROLES})] = "organiser"


@get("/{event_slug:str}/organise/team", permission="event.team", include_in_schema=False)
async def team_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    form = form_for(Invitation, language=visit.language, zone=event.zone)
    return await _team(request, event, visit, form)


async def _team(request: Anything, event: EventView, visit: Visit, form: Any, *, status: int = 200) -> Response[str]:
    team, is_owner = await people.team(event), "owner" in visit.roles_in(event)
    permissions = sorted(registered().values(), key=lambda permission: permission.name)
    search = str(request.query_params.get("search", "")).strip()[:100]
    found = [each for each in team if search.casefold() in f"{each.name} {each.email}".casefold()]
    start = max(0, place_after(found, key=_place, after=str(request.query_params.get("after", ""))))
    return page(
        request,
        "events/team.html",
        status=status,
        form=form,
        team=found[start : start + PAGE],
        next_after=_place(found[start + PAGE - 1]) if len(found) > start + PAGE else "",
        first=start,
        found=len(found),
        search=search,
        failed_mails=await outbox.failed_mails(event.id, [member.email for member in found[start : start + PAGE]]),
        roles=ROLES,
        permissions=permissions,
        failed=await people.failed_sign_ins({each.person for each in team}) if is_owner else {},
    )


def _place(member: people.Member) -> str:
    return f"{member.person}-{member.role}"


@post("/{event_slug:str}/organise/team", permission="event.team", include_in_schema=False)
async def invite(request: Anything, event: EventView, visit: Visit, settings: Settings) -> Response[Any]:
    data = await request.form()
    back = f"/{event.slug}/organise/team"
    if (
        data.get("role") == "owner"
        and (asked := await unless_confirmed(request, visit, settings, back=back)) is not None
    ):
        return asked
    checked: Checked[Invitation] = parse(Invitation, data, zone=event.zone)
    if checked.value is None:
        form = form_for(Invitation, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
        return await _team(request, event, visit, form, status=422)
    if checked.value.role == "owner":
        people_services.refuse_unconfirmed(visit)
    await people_services.invite(
        checked.value.email,
        checked.value.role,
        event=event,
        visit_by=visit.by,
        granted_by=visit.person.id if visit.person else None,
        may_grant_owner="owner" in visit.roles_in(event),
        settings=settings,
        now=visit.now,
    )
    words = gettext("{email} was invited.").format(email=checked.value.email)
    return see_other(request, f"/{event.slug}/organise/team", ("success", words))


@post(
    "/{event_slug:str}/organise/team/{person:int}/{role:str}/revoke", permission="event.team", include_in_schema=False
)
async def revoke(request: Anything, event: EventView, visit: Visit, person: int, role: str) -> Response[Any]:
    await people_services.revoke(
        person, role, event=event, by=visit.by, may_grant_owner="owner" in visit.roles_in(event), now=visit.now
    )
    return see_other(request, f"/{event.slug}/organise/team", ("success", gettext("The role was removed.")))


ROUTES = [team_page, invite, revoke]
