"""Choosing tickets, naming the attendees, and the waiting list."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from litestar import Request, Response, get, post
from msgspec import Struct

from plenaria.core.forms import Form, Problem, edited_lists, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, Money, Refusal, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.security.counting import Counted
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.registration import queries, rules, services
from plenaria.plugins.registration.forms import OrderRequest, WaitingRequest
from plenaria.plugins.registration.queries import TicketTypeView
from plenaria.plugins.registration.rules import Price
from plenaria.plugins.registration.settings import RegistrationSettings

Anything = Request[Any, Any, Any]

FEW: Final = 20
"""From so many seats on the page says how many are left."""
COUNTED: Final = Counted(services.count_attempt)
NOT_FIELDS: Final = ("submission", "wait")


class Offer(Struct, frozen=True, kw_only=True):
    """A ticket type as the pages show it. `state`: open, soon, over or sold_out."""

    kind: TicketTypeView
    price: Money
    state: str
    most: int = 0
    chosen: int = 0

    @property
    def few_left(self) -> int | None:
        left = self.kind.left
        return left if left is not None and 0 < left <= FEW and self.state == "open" else None


def offers(
    types: Mapping[str, TicketTypeView], event: EventView, *, now: Any, chosen: Mapping[str, int] | None = None
) -> list[Offer]:
    return [
        Offer(
            kind=kind,
            price=Money(kind.price_minor, event.currency),
            state=_state(kind, now),
            most=kind.most_per_order if kind.left is None else min(kind.most_per_order, kind.left),
            chosen=(chosen or {}).get(kind.code, 0),
        )
        for kind in types.values()
        if kind.is_visible
    ]


def _state(kind: TicketTypeView, now: Any) -> str:
    if kind.sales.is_before(now):
        return "soon"
    if kind.sales.is_after(now):
        return "over"
    return "sold_out" if kind.is_sold_out else "open"


@get("/{event_slug:str}/register", permission="public", include_in_schema=False)
async def register_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """The tickets; with quantities in the address (`?q-member=2`) the form for that many attendees."""
    types = await queries.ticket_types(event.id)
    chosen = _chosen(request.query_params, types)
    settings = await queries.settings(event)
    shown = offers(types, event, now=visit.now, chosen=chosen)
    if not any(chosen.values()):
        asked = "q" in request.query_params
        return page(request, "registration/choose.html", offers=shown, settings=settings, nothing_chosen=asked)
    raw = _first_answers(chosen, visit)
    return await _attendees(request, event, visit, settings, types, raw=raw, submission=new_secret())


def _chosen(query: Mapping[str, Any], types: Mapping[str, TicketTypeView]) -> dict[str, int]:
    chosen = {}
    for code, kind in types.items():
        typed = str(query.get(f"q-{code}", ""))
        if typed.isascii() and typed.isdigit() and len(typed) <= 3 and kind.is_visible:
            chosen[code] = min(int(typed), kind.most_per_order)
    return chosen


def _first_answers(chosen: Mapping[str, int], visit: Visit) -> list[tuple[str, str]]:
    """An empty attendee for each ticket; somebody who is signed in finds their name there."""
    codes = [code for code, count in chosen.items() for _ in range(count)][: rules.MOST_ATTENDEES]
    answers = [(f"attendees-{place}-ticket_type", code) for place, code in enumerate(codes)]
    if (person := visit.person) is not None:
        answers += [
            ("attendees-0-given_names", person.given_names),
            ("attendees-0-first_surname", person.first_surname),
            ("attendees-0-second_surname", person.second_surname),
            ("attendees-0-email", person.email),
            ("buyer_name", person.name if person.given_names else ""),
            ("buyer_email", person.email),
        ]
    return answers


async def _attendees(
    request: Anything,
    event: EventView,
    visit: Visit,
    settings: RegistrationSettings,
    types: Mapping[str, TicketTypeView],
    *,
    raw: Any,
    submission: str,
    problems: Sequence[Problem] = (),
    refusals: Sequence[Refusal] = (),
    status: int = 200,
) -> Response[str]:
    form = form_for(
        OrderRequest,
        raw=raw,
        problems=[*problems, *(_as_problem(refusal, event) for refusal in refusals if refusal.pointer)],
        language=visit.language,
        zone=event.zone,
        known=_known(types, settings),
    )
    form.field("attendees").label = ""  # each attendee has a label of its own, and the error summary needs it once
    price, missing = await _price(form, types, settings, event, visit)
    reasons = [*refusals, *(each for each in missing if each not in refusals)]
    return page(
        request,
        "registration/attendees.html",
        status=status,
        form=form,
        settings=settings,
        submission=submission,
        price=price,
        totals={name: Money(getattr(price.totals, name), event.currency) for name in ("net", "tax", "total")},
        price_is_known=not missing,
        sentences=[sentence(each, event) for each in reasons if not each.pointer],
        sold_out=_sold_out(refusals, types),
        names={code: kind.name for code, kind in types.items()},
    )


def _as_problem(refusal: Refusal, event: EventView) -> Problem:
    words = sentence(refusal, event).replace("{", "(").replace("}", ")")
    return Problem(refusal.pointer, refusal.code, {}, words)


def _known(types: Mapping[str, TicketTypeView], settings: RegistrationSettings) -> dict[str, dict[str, str]]:
    return {
        "ticket_types": {code: localized(kind.name) for code, kind in types.items() if kind.is_visible},
        "purposes": {purpose.code: localized(purpose.text) for purpose in settings.purposes},
    }


async def _price(
    form: Form, types: Mapping[str, TicketTypeView], settings: RegistrationSettings, event: EventView, visit: Visit
) -> tuple[Price, Sequence[Refusal]]:
    """The price as it will be ordered; when a plugin cannot say its part, the tickets' own and why nothing can be ordered now."""
    answers = [
        {each.name.rpartition("-")[2]: each.value for each in attendee.children}
        for attendee in form.field("attendees").children
    ]
    try:
        return await services.price_of(event, answers, types, settings, now=visit.now), ()
    except Refused as refused:
        own = rules.ticket_lines([each["ticket_type"] for each in answers], types)
        price = rules.price(own, tax_percent=settings.tax_percent, tax_included=settings.tax_included)
        return price, refused.refusals


def _sold_out(refusals: Sequence[Refusal], types: Mapping[str, TicketTypeView]) -> list[TicketTypeView]:
    codes = [refusal.facts.get("ticket_type", "") for refusal in refusals if refusal.code == "sold_out"]
    return [types[code] for code in codes if code in types]


@post("/{event_slug:str}/register", permission="public", guards=[COUNTED], include_in_schema=False)
async def place_order(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    """Place the order, or show the form again with everything typed and every reason."""
    data = await request.form()
    types, settings = await queries.ticket_types(event.id), await queries.settings(event)
    submission = str(data.get("submission", ""))[:100] or new_secret()
    raw, was_edited = edited_lists([(name, value) for name, value in data.multi_items() if name not in NOT_FIELDS])
    again: dict[str, Any] = {"raw": raw, "submission": submission}
    if was_edited:
        return await _attendees(request, event, visit, settings, types, **again)
    checked = parse(OrderRequest, raw, zone=event.zone, known=_known(types, settings))
    if checked.value is None:
        return await _attendees(request, event, visit, settings, types, problems=checked.problems, status=422, **again)
    try:
        placed = await services.place_order(
            event,
            checked.value,
            submission=f"form:{submission}",
            language=visit.language,
            is_verified=services.buyer_is_known(visit, event, checked.value),
            by=visit.by,
            now=visit.now,
        )
    except Refused as refused:
        types = await queries.ticket_types(event.id)
        return await _attendees(request, event, visit, settings, types, refusals=refused.refusals, status=409, **again)
    return see_other(request, f"/{event.slug}/orders/{placed.code}/{placed.secret}")


@get("/{event_slug:str}/privacy", permission="public", include_in_schema=False)
async def privacy_page(request: Anything, event: EventView) -> Response[str]:
    """The privacy notice, to be read before or after registering."""
    return page(request, "registration/privacy.html", settings=await queries.settings(event))


# -- waiting list --------------------------------------------------------------------------------------------------


@get("/{event_slug:str}/register/waiting-list", permission="public", include_in_schema=False)
async def waiting_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """The form for what is sold out (`?ticket_type=member`)."""
    raw = [("ticket_type", str(request.query_params.get("ticket_type", ""))), ("seats", "1")]
    if visit.person is not None:
        raw += [("email", visit.person.email), ("name", visit.person.name if visit.person.given_names else "")]
    return await _waiting(request, event, visit, raw=raw)


async def _waiting(
    request: Anything, event: EventView, visit: Visit, *, raw: Any, status: int = 200, **more: Any
) -> Response[str]:
    types = await queries.ticket_types(event.id)
    refusals: Sequence[Refusal] = more.pop("refusals", ())
    form = form_for(
        WaitingRequest,
        raw=raw,
        problems=[*more.pop("problems", ()), *(_as_problem(each, event) for each in refusals if each.pointer)],
        language=visit.language,
        zone=event.zone,
        known=_waiting_for(types),
    )
    sentences = [sentence(refusal, event) for refusal in refusals if not refusal.pointer]
    return page(request, "registration/waiting.html", status=status, form=form, sentences=sentences)


def _waiting_for(types: Mapping[str, TicketTypeView]) -> dict[str, dict[str, str]]:
    return {"ticket_types": {code: localized(kind.name) for code, kind in types.items() if kind.is_visible}}


@post("/{event_slug:str}/register/waiting-list", permission="public", guards=[COUNTED], include_in_schema=False)
async def join_waiting_list(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    """Join the waiting list, from its own form or from an order's that met no seat: what was typed there is kept."""
    data = await request.form()
    raw = _from_order(data) if "wait" in data else list(data.multi_items())
    checked = parse(WaitingRequest, raw, zone=event.zone, known=_waiting_for(await queries.ticket_types(event.id)))
    if checked.value is None:
        return await _waiting(request, event, visit, raw=raw, problems=checked.problems, status=422)
    try:
        await services.join_waiting_list(event, checked.value, language=visit.language, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _waiting(request, event, visit, raw=raw, refusals=refused.refusals, status=409)
    words = gettext("You are on the waiting list. The organisers will write to you when a seat is free.")
    return see_other(request, f"/{event.slug}/register", ("success", words))


def _from_order(data: Any) -> list[tuple[str, str]]:
    """The waiting list's answers out of an order's form."""
    code = str(data.get("wait", ""))
    seats = [value for name, value in data.multi_items() if name.endswith("-ticket_type") and value == code]
    people = [
        " ".join(str(data.get(f"{start}-{part}", "")) for part in ("given_names", "first_surname", "second_surname"))
        for start in sorted({name.rpartition("-")[0] for name in data if name.endswith("-ticket_type")})
        if data.get(f"{start}-ticket_type") == code
    ]
    return [
        ("ticket_type", code),
        ("name", str(data.get("buyer_name", ""))),
        ("email", str(data.get("buyer_email", ""))),
        ("seats", str(len(seats) or 1)),
        ("note", ", ".join(" ".join(name.split()) for name in people if name.strip())[:1000]),
    ]


ROUTES = [register_page, privacy_page, place_order, waiting_page, join_waiting_list]
