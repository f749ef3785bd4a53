"""The hooks of the plugin: every function hands over, none decides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from litestar.types import ControllerRouterHandler

from plenaria.plugin import (
    N_,
    AddSample,
    CheckReadiness,
    CheckRecords,
    DashboardPanel,
    Declared,
    EventView,
    Export,
    FindOver,
    Job,
    Link,
    MailText,
    PagePart,
    Panel,
    Permission,
    PersonalData,
    Placeholder,
    PluginCard,
    RecordSubject,
    Retention,
    hookimpl,
)
from plenaria.plugins.registration import api, hookspecs, queries, rules, services, web
from plenaria.plugins.registration.settings import RegistrationSection, RegistrationSettings


@hookimpl
def register_plugin() -> PluginCard:
    return PluginCard(
        N_("Registration"),
        N_("Tickets, orders, payment by bank transfer, and check-in at the door."),
        facts_at_once=4,  # each order's mails are claimed once, in whatever order its facts come
    )


@hookimpl
def register_hookspecs() -> ModuleType:
    return hookspecs


@hookimpl
def register_settings() -> type[RegistrationSettings]:
    return RegistrationSettings


@hookimpl
def register_declared() -> Declared:
    return Declared(struct=RegistrationSection, read=queries.section_of, apply=services.apply_section)


@hookimpl
def register_routes() -> Sequence[ControllerRouterHandler]:
    return [*web.ROUTES, *api.ROUTES]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("registration.view", N_("See orders and attendees"), roles=("organiser", "finance")),
        Permission("registration.edit", N_("Change ticket types, cancel orders"), roles=("organiser",)),
        Permission("registration.pay", N_("Mark orders as paid"), roles=("organiser", "finance")),
        Permission("registration.check_in", N_("Check people in at the door"), roles=("organiser", "door")),
    ]


@hookimpl
def register_navigation() -> Sequence[Link]:
    return [
        Link(N_("Register"), "/{event}/register", order=10),
        Link(N_("Door"), "/{event}/door", order=90, permission="registration.check_in"),
    ]


@hookimpl
def register_console() -> Sequence[Link]:
    section, home = N_("Registration"), "/{event}/organise/registration"
    return [
        Link(N_("Orders"), f"{home}/orders", order=1, permission="registration.view", section=section),
        Link(N_("Attendees"), f"{home}/attendees", order=2, permission="registration.view", section=section),
        Link(N_("Ticket types"), f"{home}/ticket-types", order=3, permission="registration.view", section=section),
        Link(N_("Waiting list"), f"{home}/waiting-list", order=4, permission="registration.view", section=section),
        Link(N_("Door"), "/{event}/door", order=5, permission="registration.check_in", section=section),
    ]


@hookimpl
def register_mail() -> Sequence[MailText]:
    return rules.MAIL


@hookimpl
def register_mail_checks() -> Mapping[str, FindOver]:
    return {
        "registration.confirm": queries.not_unconfirmed,
        "registration.placed": queries.not_awaiting_payment,
        "registration.confirmed": queries.not_confirmed,
        "registration.ticket": queries.not_confirmed,
    }


@hookimpl
def register_placeholders() -> Sequence[Placeholder]:
    link = "https://example.org/congreso/register"
    return [Placeholder("registration_link", N_("Address of the registration"), link, services.registration_link)]


@hookimpl
def register_refusals() -> Mapping[str, str]:
    return rules.REFUSALS


@hookimpl
def register_actions() -> Mapping[str, str]:
    return rules.ACTIONS


@hookimpl
def register_record_subjects() -> Mapping[str, RecordSubject]:
    home = "/{event}/organise/registration"
    return {
        "order": RecordSubject(N_("Order"), f"{home}/orders/{{id}}", "registration.view"),
        "ticket": RecordSubject(N_("Ticket"), f"{home}/attendees", "registration.view"),
        "ticket_type": RecordSubject(N_("Ticket type"), f"{home}/ticket-types", "registration.view"),
    }


@hookimpl
def register_record_check() -> CheckRecords:
    return services.check_records


@hookimpl
def register_retention() -> Sequence[Retention]:
    return services.RETENTION


@hookimpl
def register_event_panels() -> Sequence[Panel]:
    return [Panel("registration/_prices.html", web.price_panel, order=20)]


@hookimpl
def register_footer() -> Sequence[Link]:
    return [Link(N_("Privacy notice"), "/{event}/privacy", order=90)]


@hookimpl
def register_dashboard() -> Sequence[DashboardPanel]:
    return [DashboardPanel("registration/_figures.html", web.figures_panel, order=10, permission="registration.view")]


@hookimpl
def register_exports() -> Sequence[Export]:
    return [
        Export("registration.attendees", N_("Attendees"), "registration.view", services.attendee_sheet),
        Export("registration.orders", N_("Orders"), "registration.view", services.order_sheet),
    ]


@hookimpl
def register_readiness() -> CheckReadiness:
    return web.what_is_missing


@hookimpl
def register_page_parts() -> Sequence[PagePart]:
    template = "registration/_ticket_part.html"
    return [PagePart(template, web.ticket_part, slot=slot) for slot in ("agenda.session", "agenda.person")]


@hookimpl
def register_personal_data() -> PersonalData:
    return PersonalData(queries.personal_data, preview=services.preview, erase=services.erase)


@hookimpl
def register_my_panels() -> Sequence[Panel]:
    return [Panel("registration/_my_tickets.html", web.my_tickets_panel, order=10)]


@hookimpl
def register_jobs() -> Sequence[Job]:
    return [Job("registration.expire_unpaid", every_s=60, run=services.expire_unpaid)]


@hookimpl
def register_sample() -> AddSample:
    return services.add_sample


@hookimpl
async def registration_placed(event: EventView, order: dict[str, Any], now: datetime) -> None:
    await services.send_payment_details(event, order["code"], now=now)


@hookimpl
async def registration_confirmed(event: EventView, order: dict[str, Any], now: datetime) -> None:
    await services.send_confirmation(event, order["code"], now=now)
