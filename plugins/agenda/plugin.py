"""The agenda's only door: each hook hands things over."""

from collections.abc import Mapping, Sequence
from types import ModuleType

from litestar.types import ControllerRouterHandler

from plenaria.plugin import (
    N_,
    CheckReadiness,
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
    Sheet,
    hookimpl,
)
from plenaria.plugins.agenda import api, hookspecs, queries, rules, services, web
from plenaria.plugins.agenda.settings import AgendaSection, AgendaSettings
from plenaria.plugins.agenda.web.mine import my_sessions
from plenaria.plugins.agenda.web.panels import agenda_panel, figures_panel, order_part
from plenaria.plugins.agenda.web.readiness import what_is_missing


@hookimpl
def register_plugin() -> PluginCard:
    return PluginCard(
        title=N_("Agenda"),
        summary=N_(
            "Rooms, sessions and people on stage: prepared as a draft, released, and shown as pages, "
            "calendars and feeds."
        ),
    )


@hookimpl
def register_hookspecs() -> ModuleType:
    return hookspecs


@hookimpl
def register_settings() -> type[AgendaSettings]:
    return AgendaSettings


@hookimpl
def register_declared() -> Declared:
    def without_people(section: AgendaSection) -> AgendaSection:
        return AgendaSection(rooms=section.rooms, tracks=section.tracks, types=section.types)

    return Declared(AgendaSection, queries.section_of, services.apply_section, copied=without_people)


@hookimpl
def register_routes() -> Sequence[ControllerRouterHandler]:
    return [*web.ROUTES, *api.ROUTES]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("agenda.edit", N_("Edit the draft of the agenda"), roles=("organiser", "programme")),
        Permission("agenda.release", N_("Release the agenda"), roles=("organiser", "programme")),
    ]


@hookimpl
def register_navigation() -> Sequence[Link]:
    return [
        Link(N_("Agenda"), "/{event}/agenda", order=20),
        Link(N_("Speakers"), "/{event}/speakers", order=25),
    ]


@hookimpl
def register_console() -> Sequence[Link]:
    base, section = "/{event}/organise/agenda", N_("Agenda")
    return [
        Link(N_("Sessions"), f"{base}/sessions", order=0, permission="agenda.edit", section=section),
        Link(N_("Day board"), f"{base}/board", order=1, permission="agenda.edit", section=section),
        Link(N_("Timetable proposals"), f"{base}/proposals", order=2, permission="agenda.edit", section=section),
        Link(N_("Release"), f"{base}/release", order=3, permission="agenda.release", section=section),
        Link(N_("People on stage"), f"{base}/people", order=4, permission="agenda.edit", section=section),
        Link(N_("Rooms"), f"{base}/rooms", order=5, permission="agenda.edit", section=section),
        Link(N_("Tracks"), f"{base}/tracks", order=6, permission="agenda.edit", section=section),
        Link(N_("Session types"), f"{base}/types", order=7, permission="agenda.edit", section=section),
        Link(N_("Import"), f"{base}/import", order=8, permission="agenda.edit", section=section),
    ]


@hookimpl
def register_mail() -> Sequence[MailText]:
    return MAIL


@hookimpl
def register_mail_checks() -> Mapping[str, FindOver]:
    return dict.fromkeys(services.MAIL_OF.values(), services.outdated_notices)


@hookimpl
def register_placeholders() -> Sequence[Placeholder]:
    next_one = "Electromovilidad, 1 de octubre de 2025, 09:30:00"
    link = "https://example.org/congreso/agenda"
    return [
        Placeholder("agenda_link", N_("Address of the agenda"), link, services.agenda_link),
        Placeholder("agenda_next_session", N_("The next session and when it begins"), next_one, services.next_session),
    ]


@hookimpl
def register_refusals() -> Mapping[str, str]:
    return {**REFUSALS, **rules.CONFLICT_WORDS, **services.IMPORT_REFUSALS}


@hookimpl
def register_actions() -> Mapping[str, str]:
    return ACTIONS


@hookimpl
def register_record_subjects() -> Mapping[str, RecordSubject]:
    home = "/{event}/organise/agenda"
    return {
        "session": RecordSubject(N_("Session"), f"{home}/sessions/{{id}}", "agenda.edit"),
        "room": RecordSubject(N_("Room"), f"{home}/rooms", "agenda.edit"),
        "track": RecordSubject(N_("Track"), f"{home}/tracks", "agenda.edit"),
        "session_type": RecordSubject(N_("Session type"), f"{home}/types", "agenda.edit"),
        "stage_person": RecordSubject(N_("Person on stage"), f"{home}/people", "agenda.edit"),
        "proposal": RecordSubject(N_("Timetable proposal"), f"{home}/proposals/{{id}}", "agenda.edit"),
        "release": RecordSubject(N_("Release"), f"{home}/release", "agenda.release"),
        "agenda": RecordSubject(N_("Agenda"), f"{home}/board", "agenda.edit"),
    }


@hookimpl
def register_event_panels() -> Sequence[Panel]:
    return [Panel("agenda/_event_panel.html", agenda_panel, order=20)]


@hookimpl
def register_dashboard() -> Sequence[DashboardPanel]:
    return [DashboardPanel("agenda/_figures.html", figures_panel, order=20, permission="agenda.edit")]


@hookimpl
def register_exports() -> Sequence[Export]:
    xml, json, calendar = "application/xml", "application/json", "text/calendar; charset=utf-8"
    words = N_("Released schedule")
    return [
        Export("agenda.schedule_xml", words, "agenda.edit", services.schedule_xml, xml, "xml"),
        Export("agenda.schedule_json", words, "agenda.edit", services.schedule_json, json, "json"),
        Export("agenda.schedule_ics", words, "agenda.edit", services.schedule_ics, calendar, "ics"),
    ]


@hookimpl
def register_readiness() -> CheckReadiness:
    return what_is_missing


@hookimpl
def register_page_parts() -> Sequence[PagePart]:
    return [PagePart("agenda/_order_part.html", order_part, slot="registration.order")]


@hookimpl
def register_personal_data() -> PersonalData:
    return PersonalData(queries.personal_data, preview=services.preview, erase=services.erase)


@hookimpl
def register_jobs() -> Sequence[Job]:
    return [Job("agenda.searches", services.LOOK_EVERY_S, services.run_searches, stop=services.stop_searches)]


@hookimpl
def register_my_panels() -> Sequence[Panel]:
    return [Panel("agenda/_my_panel.html", my_sessions, order=40)]


@hookimpl(optionalhook=True)
async def adjust_export(event: EventView, sheet: Sheet, export: str) -> Sheet:
    return await services.with_sessions(event, sheet) if export == "attendees" else sheet


ACTIONS = {
    "room.added": N_("Room added"),
    "room.changed": N_("Room changed"),
    "room.moved": N_("Room moved in the order"),
    "room.removed": N_("Room removed"),
    "track.added": N_("Track added"),
    "track.changed": N_("Track changed"),
    "track.moved": N_("Track moved in the order"),
    "track.removed": N_("Track removed"),
    "session_type.added": N_("Session type added"),
    "session_type.changed": N_("Session type changed"),
    "session_type.moved": N_("Session type moved in the order"),
    "session_type.removed": N_("Session type removed"),
    "stage_person.added": N_("Person on stage added"),
    "stage_person.changed": N_("Person on stage changed"),
    "stage_person.moved": N_("Person on stage moved in the order"),
    "stage_person.removed": N_("Person on stage removed"),
    "session.added": N_("Session added"),
    "session.changed": N_("Session changed"),
    "session.moved": N_("Session moved"),
    "session.removed": N_("Session removed"),
    "session.part_confirmed": N_("Participation confirmed"),
    "proposal.asked": N_("Timetable proposal requested"),
    "proposal.stopped": N_("Search for a timetable stopped"),
    "proposal.accepted": N_("Timetable proposal accepted into the draft"),
    "proposal.discarded": N_("Timetable proposal discarded"),
    "agenda.applied": N_("Agenda set from the event’s file"),
    "agenda.imported": N_("Schedule imported into the draft"),
    "schedule.released": N_("Agenda released"),
}

REFUSALS = {
    "code_taken": N_("The code “{code}” is taken. Choose another one."),
    "in_use": N_("It is used by sessions ({count}). Remove it from them first."),
    "not_a_choice": N_("“{actual}” is not one of: {allowed}."),
    "too_many_people": N_("{count} people are too many for one session; at most {most} are allowed here."),
    "wall_time_skipped": N_("{wall_time} does not exist in {zone}: clocks skip it that day."),
    "solver_missing": N_("This installation cannot search for timetables: the extra “timetable” is not installed."),
    "search_under_way": N_(
        "A search for a timetable is already under way for this event. Wait until it ends, or stop it."
    ),
    "search_is_over": N_("That search has already ended."),
    "no_rooms": N_("There are no rooms yet. Add the rooms first."),
    "nothing_to_place": N_("There is no session to place. Let more sessions move."),
    "longer_than_a_day": N_("Longer than the session hours of any day: {sessions}."),
    "not_solved": N_("This proposal has no timetable to accept."),
    "already_accepted": N_("This timetable has already been accepted."),
    "draft_changed_since": N_(
        "Sessions of the draft have changed since then ({count}): {sessions}. Request another timetable."
    ),
    "needs_changed_since": N_(
        "Rooms, absences or settings that a timetable depends on have changed since then. Request another timetable."
    ),
    "not_decidable": N_(
        "It cannot be discarded: its search is still running, or it was already accepted or discarded."
    ),
    "not_released_yet": N_("The agenda was never released, so there is nothing to export."),
    "nothing_to_release": N_("Nothing has changed since the last release."),
    "release_needs_reason": N_(
        "There are serious conflicts ({count}). Solve them, or give a reason for releasing anyway."
    ),
    "conflicts_forbid_release": N_("There are serious conflicts ({count}). Solve them before you release."),
}

_SAMPLE = {
    "name": "Abril Zárate",
    "event": "Congreso",
    "title": "Electromovilidad: ¿y ahora?",
    "role": "Panelista",
    "when": "1 de octubre de 2025, 09:30:00, hora de la Ciudad de México, UTC−6",
    "room": "Salón Plenario",
    "link": "https://example.org/congreso/agenda/electromovilidad",
    "mine": "https://example.org/me",
}

MAIL = (
    MailText(
        key="agenda.session_added",
        title=N_("Your session is in the agenda"),
        subject={"es": "Su sesión en {event}: {title}", "en": "Your session at {event}: {title}"},
        body={
            "es": "Estimado/a {name}:\n\nSu sesión está publicada en el programa de **{event}**.\n\n**{title}**  \n{when}  \n"
            "{room}  \nSu función: {role}\n\n[Ver la sesión]({link})\n\nConfirme su participación y revise la empresa "
            "con la que aparece: {mine}",
            "en": "Dear {name},\n\nYour session is published in the programme of **{event}**.\n\n**{title}**  \n{when}  \n"
            "{room}  \nYour role: {role}\n\n[See the session]({link})\n\nPlease confirm that you will be there, and check the "
            "employer you are shown with: {mine}",
        },
        sample=_SAMPLE,
        until_event_ends=True,
    ),
    MailText(
        key="agenda.session_moved",
        title=N_("Your session was moved"),
        subject={"es": "Cambio de horario o sala: {title}", "en": "New time or room: {title}"},
        body={
            "es": "Estimado/a {name}:\n\nSu sesión en **{event}** cambió de horario o de sala. Ahora es:\n\n**{title}**  \n"
            "{when}  \n{room}\n\n[Ver la sesión]({link})\n\nEl archivo adjunto actualiza su calendario.",
            "en": "Dear {name},\n\nYour session at **{event}** has a new time or room. It is now:\n\n**{title}**  \n{when}  \n"
            "{room}\n\n[See the session]({link})\n\nThe attached file updates your calendar.",
        },
        sample=_SAMPLE,
        until_event_ends=True,
    ),
    MailText(
        key="agenda.session_cancelled",
        title=N_("Your session was cancelled"),
        subject={"es": "Sesión cancelada: {title}", "en": "Session cancelled: {title}"},
        body={
            "es": "Estimado/a {name}:\n\nLa sesión **{title}** de **{event}** ({when}) fue cancelada.\n\n"
            "El archivo adjunto la retira de su calendario.",
            "en": "Dear {name},\n\nThe session **{title}** of **{event}** ({when}) was cancelled.\n\n"
            "The attached file takes it out of your calendar.",
        },
        sample=_SAMPLE,
        until_event_ends=True,
    ),
)
