"""Every hook that the core calls. Four verbs, no others.

- `register_*`: contributes something. Plain functions, called once at start, in the plugins' order.
- `refuse_*`: asked inside the transaction, before something is done; answers Refusals. Async. Fails closed: a
  plugin that crashes has said no.
- `adjust_*`: a value handed from plugin to plugin and changed by each in turn, checked after each. Async. What a plugin
  that fails did is thrown away; where the hook `fails_closed`, what is being done is refused.
- past tense: a fact, delivered after the commit, from the outbox, at least once, to each plugin by itself. Async. Cannot
  refuse.

A plugin that is switched off for an event is neither asked nor gets facts of that event. A plugin may offer hooks of its own
in a `hookspecs.py` that it hands over with `register_hookspecs`; others implement them with
`@hookimpl(optionalhook=True)`, so that each still runs without the other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click
import pluggy
from litestar.types import ControllerRouterHandler

from plenaria.core.host.contributions import (
    AddSample,
    CalendarSource,
    CheckReadiness,
    CheckRecords,
    DashboardPanel,
    Declared,
    Export,
    FindOver,
    Job,
    PagePart,
    Panel,
    PersonalData,
    Placeholder,
    PluginCard,
    RecordSubject,
    Retention,
)
from plenaria.core.kernel.values import EventView, Link, MailDraft, MailText, Permission, Refusal, Role

hookspec = pluggy.HookspecMarker("plenaria")
hookimpl = pluggy.HookimplMarker("plenaria")

Spec = TypeVar("Spec")


def fails_closed(spec: Spec) -> Spec:
    """Mark an `adjust_*` hook whose value must not go on without a plugin's part: its failure refuses the whole."""
    spec.plenaria_fails_closed = True  # type: ignore[attr-defined]  # read by core.host.adjusting
    return spec


@hookspec
def register_plugin() -> PluginCard:  # type: ignore[empty-body]  # a hookspec has no body
    """Say what the plugin is: its title and one sentence for the organiser's plugins page.

    Called once at start. A plugin without it is listed under its entry point's name.

    Example::

        @hookimpl
        def register_plugin() -> PluginCard:
            return PluginCard(title=N_("Shuttle buses"), summary=N_("Buses between the hotels and the venue."))
    """


@hookspec
def register_hookspecs() -> ModuleType:  # type: ignore[empty-body]
    """Offer hooks of the plugin's own: a module of `@hookspec` functions.

    Called once at start, before any other hook.

    Example::

        @hookimpl
        def register_hookspecs() -> ModuleType:
            from shuttle import hookspecs

            return hookspecs
    """


@hookspec
def register_settings() -> type[Any]:  # type: ignore[empty-body]
    """Give the plugin's settings: one `msgspec.Struct` with a default for every field.

    Called once at start. The Struct is the organiser's form, the TOML of `config/events/*.toml` and the JSON of the API; all
    three are made once, and what cannot be made leaves the plugin out.

    Example::

        @hookimpl
        def register_settings() -> type[ShuttleSettings]:
            return ShuttleSettings
    """


@hookspec
def register_declared() -> Declared:  # type: ignore[empty-body]
    """Give what, besides settings, an event's TOML file may declare for the plugin: rooms, ticket types, categories.

    Called once at start. `Declared.struct` is the shape of the file's section, `read` gives what the event has now, `apply`
    makes it so, inside the caller's transaction. `plenaria event plan|apply|export` and the JSON API use it. So does copying
    an event, with every date moved by the same number of days; `copied` takes out of the section what must not go along.

    Example::

        @hookimpl
        def register_declared() -> Declared:
            return Declared(struct=ShuttleSection, read=queries.section_of, apply=services.apply_section)
    """


@hookspec
def register_routes() -> Sequence[ControllerRouterHandler]:  # type: ignore[empty-body]
    """Give Litestar route handlers; each declares its `permission` and writes its whole path.

    Called once at start. A path with `{event_slug:str}` belongs to that event: it answers 404 where the plugin is off.
    Paths begin with `/{event_slug:str}/`, `/api/v1/` or the plugin's own name, and none is the core's or another plugin's.

    Example::

        @get("/{event_slug:str}/shuttle", permission="public")
        async def timetable(request: Request, event: EventView) -> Response[str]:
            return page(request, "shuttle/timetable.html", runs=await queries.runs(event.id))


        @hookimpl
        def register_routes() -> Sequence[ControllerRouterHandler]:
            return [timetable]
    """


@hookspec
def register_permissions() -> Sequence[Permission]:  # type: ignore[empty-body]
    """Name the permissions that the plugin's handlers ask for, and the roles that hold them.

    Each is a scope that an access token can have. `everybody=True` makes one that needs no role, for handlers of the API at
    which everybody who is signed in sees to their own.

    Called once at start. Their names begin with the plugin's own and a dot. Roles: owner (holds everything), organiser,
    programme, finance, door, juror, and those of `register_roles`; a role that nobody offers leaves the plugin out.

    Example::

        @hookimpl
        def register_permissions() -> Sequence[Permission]:
            return [Permission("shuttle.edit", N_("Change the timetable"), roles=("organiser",))]
    """


@hookspec
def register_roles() -> Sequence[Role]:  # type: ignore[empty-body]
    """Add roles that organisers may give to people of their event; what one may do stands in `register_permissions`.

    Called once at start. Their codes begin with the plugin's name and a dot. Where the plugin is off, or is not loaded, who holds
    one keeps it and may do nothing with it.

    Example::

        @hookimpl
        def register_roles() -> Sequence[Role]:
            return [Role("shuttle.driver", N_("Bus driver"))]
    """


@hookspec
def register_navigation() -> Sequence[Link]:  # type: ignore[empty-body]
    """Add entries to an event's public navigation; `{event}` in `href` becomes the event's slug.

    Called once at start; an entry is shown where the plugin is on and the reader holds its permission. `href` begins with
    `/{event}/` and is no page of the core's.

    Example::

        @hookimpl
        def register_navigation() -> Sequence[Link]:
            return [Link(N_("Buses"), "/{event}/shuttle", order=40)]
    """


@hookspec
def register_console() -> Sequence[Link]:  # type: ignore[empty-body]
    """Add entries to the organiser's console; `section` is the heading (a msgid) that they stand under.

    Called once at start.

    Example::

        @hookimpl
        def register_console() -> Sequence[Link]:
            return [Link(N_("Timetable"), "/{event}/organise/shuttle", permission="shuttle.edit", section=N_("Buses"))]
    """


@hookspec
def register_mail() -> Sequence[MailText]:  # type: ignore[empty-body]
    """Give the mails that the plugin sends, in Spanish and English; organisers may reword them for an event.

    Called once at start; each is written once with its sample, which gives every placeholder a value. Keys begin with the
    plugin's name and a dot. Send one with `plenaria.plugin.send_mail(key, …)` inside a transaction. A placeholder whose sample
    is a web address is a link: it stands as a whole link (`[words]({link})` alone in its paragraph is a button), never inside
    another address or in the subject. Images and HTML are refused.

    Example::

        @hookimpl
        def register_mail() -> Sequence[MailText]:
            return [
                MailText(
                    key="shuttle.seat",
                    title=N_("Seat on a bus"),
                    subject={"es": "Su autobús a {event}", "en": "Your bus to {event}"},
                    body={"es": "Sale a las **{time}**.", "en": "It leaves at **{time}**."},
                    sample={"event": "Congreso", "time": "07:30"},
                )
            ]
    """


@hookspec
def register_mail_checks() -> Mapping[str, FindOver]:  # type: ignore[empty-body]
    """Say which of the plugin's mails are no longer true: mail key → the async function that is asked before they go out.

    Called once at start. The function gets what the waiting mails of an event are `about` (`send_mail(…, about="seat:17")`;
    one without is not asked about) and answers with those that are over: these mails are dropped, with a note in the outbox.
    When it fails or takes longer than 5 seconds, the mails go out.

    Example::

        @hookimpl
        def register_mail_checks() -> Mapping[str, FindOver]:
            return {"shuttle.seat": queries.seats_given_up}


        async def seats_given_up(event: EventView, about: Collection[str], *, now: datetime) -> Collection[str]:
            return set(about) - await taken_seats(event.id)
    """


@hookspec
def register_placeholders() -> Sequence[Placeholder]:  # type: ignore[empty-body]
    """Offer further `{placeholders}` that organisers may write into any mail about an event, of any plugin.

    Called once at start; `text` is awaited inside the sender's transaction, when the event's wording of a mail has the
    placeholder: only read, and be quick. Its answer is shown as it is, like every fact of a mail: Markdown in it has no
    effect. "" is put in when it fails and when the plugin is off. Names begin with the plugin's name and `_`.

    Example::

        @hookimpl
        def register_placeholders() -> Sequence[Placeholder]:
            return [Placeholder("shuttle_next", N_("The next bus"), "07:30", services.next_bus)]


        async def next_bus(event: EventView, *, to: str, language: str, now: datetime) -> str:
            run = await queries.next_run(event.id, now)
            return run.shown(language) if run else ""
    """


@hookspec
def register_refusals() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Give the words for the plugin's refusal codes: msgids with `{facts}`.

    Called once at start. The words are chosen by the handler, in the reader's language; the code is what API clients hold.
    It begins with the plugin's name and `_`, and is nobody else's. Codes without it are kept by the plugins that come with
    Plenaria, which had them before this rule.

    Example::

        @hookimpl
        def register_refusals() -> Mapping[str, str]:
            return {"shuttle_full": N_("The bus at {time} is full. Choose another one.")}
    """


@hookspec
def register_actions() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Give the words for what the plugin writes to the audit log: action → msgid.

    Called once at start. The record of changes shows them in the reader's language, with the action's code beside; an action
    without words is shown by its code. It begins with the plugin's name and a dot (as for refusals, the plugins that come with
    Plenaria keep theirs).

    Example::

        @hookimpl
        def register_actions() -> Mapping[str, str]:
            return {"shuttle.departure_added": N_("Departure added")}
    """


@hookspec
def register_record_subjects() -> Mapping[str, RecordSubject]:  # type: ignore[empty-body]
    """Say what the lines of the plugin in the record of changes are about: the part of `subject` before the colon → what it is.

    Called once at start. The record then reads “Departure 12” with a link to its page instead of `departure:12`. A name that the
    core or an earlier plugin has taken stays theirs.

    Example::

        @hookimpl
        def register_record_subjects() -> Mapping[str, RecordSubject]:
            return {"departure": RecordSubject(N_("Departure"), "/{event}/organise/shuttle/{id}", "shuttle.edit")}
    """


@hookspec
def register_record_check() -> CheckRecords:  # type: ignore[empty-body]
    """Compare the plugin's own data with the record of changes: an async function that returns what does not agree.

    Called once at start; the function is awaited by `plenaria audit verify` for each event where the plugin is on, with the
    event's lines in their order. It has 60 seconds. Data that changed without its line, or a line without its data, is what
    somebody did past the program. What fails is itself a finding.

    Example::

        @hookimpl
        def register_record_check() -> CheckRecords:
            return queries.check_records


        async def check_records(event: EventView, lines: Sequence[RecordedFact]) -> list[RecordFinding]:
            known = {line.subject for line in lines if line.action == "shuttle.departure_added"}
            subjects = [f"departure:{each.id}" for each in await departures(event.id)]
            words = gettext("It is not in the record.")
            return [RecordFinding("shuttle.unrecorded", each, words) for each in subjects if each not in known]
    """


@hookspec
def register_calendar() -> CalendarSource:  # type: ignore[empty-body]
    """Give calendar entries to the event's calendar: an async function of the event that returns `CalendarEntry` values.

    Called once at start; the function is awaited whenever a calendar of an event is made where the plugin is on. It has 5
    seconds; instants have an offset, uids are unique. What fails or does not fit is left out of that calendar and shown on the
    plugins page.

    Example::

        @hookimpl
        def register_calendar() -> CalendarSource:
            return queries.departures  # async def departures(event: EventView) -> list[CalendarEntry]
    """


@hookspec
def register_event_panels() -> Sequence[Panel]:  # type: ignore[empty-body]
    """Add parts to the event's front page: a template and an async function that gives its context (None: leave it out).

    Called once at start; the function is awaited at each showing with `event`, `now` and `person` (an id, or None). A part that
    fails, or takes longer than 5 seconds, is left out of the page and shown on the plugins page.

    Example::

        @hookimpl
        def register_event_panels() -> Sequence[Panel]:
            return [Panel("shuttle/_next_bus.html", queries.next_bus, order=60)]
    """


@hookspec
def register_page_parts() -> Sequence[PagePart]:  # type: ignore[empty-body]
    """Add parts to pages of other plugins: a slot, a template and an async function that gives its context (None: leave it out).

    Called once at start; the function is awaited at each showing with `event`, `now`, `person` (an id, or None) and `subject`,
    builtins that say what the page is about. Slots: `registration.order` (a buyer's order; `subject` as the `order` of
    registration's facts), `agenda.session` and `agenda.person` (`code`, `title` or `name`). A slot of a plugin that is off is
    never drawn. What depends on the reader does not belong on the agenda's pages: they are the same for all visitors.

    Example::

        @hookimpl
        def register_page_parts() -> Sequence[PagePart]:
            return [PagePart("shuttle/_buses.html", queries.buses_of_order, slot="registration.order")]
    """


@hookspec
def register_footer() -> Sequence[Link]:  # type: ignore[empty-body]
    """Add links to the foot of every page of an event; `{event}` in `href` becomes the event's slug.

    Called once at start; a link is shown where the plugin is on and the reader holds its permission.

    Example::

        @hookimpl
        def register_footer() -> Sequence[Link]:
            return [Link(N_("How to get there"), "/{event}/shuttle/map", order=30)]
    """


@hookspec
def register_dashboard() -> Sequence[DashboardPanel]:  # type: ignore[empty-body]
    """Add parts to the overview of the organiser's console: a template, an async function for its context, a permission.

    Called once at start; the function is awaited at each showing with `event` and `now`, for readers who hold the permission
    there. None leaves the part out.

    Example::

        @hookimpl
        def register_dashboard() -> Sequence[DashboardPanel]:
            return [DashboardPanel("shuttle/_seats.html", queries.seats_taken, order=60, permission="shuttle.edit")]
    """


@hookspec
def register_exports() -> Sequence[Export]:  # type: ignore[empty-body]
    """Give what organisers may take away as files: a sheet or bytes, each with the permission that it needs.

    Called once at start; `make` is awaited at each download with the event and `now`. The console's page of exports and
    `GET …/exports` list what the reader may have; a sheet is also offered as a workbook. A spreadsheet's formulas are made
    harmless by the core.

    Example::

        @hookimpl
        def register_exports() -> Sequence[Export]:
            return [Export("shuttle.seats", N_("Seats on the buses"), "shuttle.edit", services.seats_sheet)]
    """


@hookspec
def register_readiness() -> CheckReadiness:  # type: ignore[empty-body]
    """Say what is missing of the plugin's part before the event can go public: an async function of the event and `now`.

    Called once at start; the function is awaited for the console's overview, `GET …/readiness`, `plenaria event check` and when
    an event is made public. Codes begin with the plugin's name; words are in the reader's language. Nothing is refused
    because of it.

    Example::

        @hookimpl
        def register_readiness() -> CheckReadiness:
            return services.what_is_missing


        async def what_is_missing(event: EventView, *, now: datetime) -> list[ReadinessItem]:
            if await queries.runs(event.id):
                return []
            words, href = gettext("There are no buses yet."), f"/{event.slug}/organise/shuttle"
            return [ReadinessItem(code="shuttle.no_runs", words=words, severity="advice", href=href)]
    """


@hookspec
def register_my_panels() -> Sequence[Panel]:  # type: ignore[empty-body]
    """Add parts to `/me`, the page of everything that is a person's own.

    Called once at start; the function is awaited with `person` (an id) and `now` for all events at once. Events where the
    plugin is off are the function's own duty to leave out; it is handed `events` that are on.

    Example::

        @hookimpl
        def register_my_panels() -> Sequence[Panel]:
            return [Panel("shuttle/_my_seats.html", queries.seats_of, order=30)]
    """


@hookspec
def register_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Add commands to `plenaria`; each is called like the plugin, or begins with its name and a hyphen.

    Called once when the command line starts.

    Example::

        @hookimpl
        def register_commands() -> Sequence[click.Command]:
            return [shuttle_group]
    """


@hookspec
def register_sample() -> AddSample:  # type: ignore[empty-body]
    """Give the plugin's part of the demo's data: an async function of the event, the sample people by role, and now.

    Called once at start; the function is awaited when `plenaria demo` has loaded an event where the plugin is on. It goes
    through the plugin's own services, so that the demo shows nothing that a visitor could not have done.

    Example::

        @hookimpl
        def register_sample() -> AddSample:
            return services.add_sample  # async def add_sample(event, people, now): people["attendee"][0].email, …
    """


@hookspec
def register_jobs() -> Sequence[Job]:  # type: ignore[empty-body]
    """Give regular work: an async function of `now`, run by a worker every so many seconds, each by itself.

    Called once at start. Several workers may run the same job at the same moment, so it guards itself in the
    database; one that fails is logged with its name and run again at its next turn. The function looks by itself for the
    events where the plugin is on. Names begin with the plugin's own and a dot; a run has 15 minutes.

    Example::

        @hookimpl
        def register_jobs() -> Sequence[Job]:
            return [Job("shuttle.release_seats", every_s=60, run=services.release_seats)]
    """


@hookspec
def register_personal_data() -> PersonalData:  # type: ignore[empty-body]
    """Say what the plugin keeps about a person: everything, over all events, also where the plugin is switched off.

    Called once at start; `export` is awaited with the person's id when they download their data. It gives builtins without
    secrets (hashes, keys), and nothing about other people.

    `preview` says in words what `erase` will do: what goes, what stays without a name, what stays and why (a law, with its
    article). `erase` is awaited days after the person asked for it, in one transaction with every other plugin's, before
    the core forgets the person's address. When one plugin fails, nothing is erased, and all is tried again.

    Example::

        @hookimpl
        def register_personal_data() -> PersonalData:
            return PersonalData(queries.seats_of_person, preview=services.seats_to_erase, erase=services.erase_seats)


        async def seats_to_erase(person: int) -> list[ErasureLine]:
            seats = await queries.seats_of_person(person)
            return [ErasureLine(what=gettext("Your seats on buses"))] if seats else []
    """


@hookspec
def register_retention() -> Sequence[Retention]:  # type: ignore[empty-body]
    """Say how long each kind of the plugin's data is kept, and why; give what deletes it when its time is over.

    Called once at start. A worker calls each `forget` every hour; `plenaria retention report` and the console's page “What is
    kept” list them all. One that fails is shown on the plugins page, and tried again.

    Example::

        @hookimpl
        def register_retention() -> Sequence[Retention]:
            why = N_("To find out who was on a bus.")
            return [Retention("shuttle.seats", N_("Seats of past buses"), why, days=30, forget=services.forget_seats)]
    """


@hookspec
def register_locale() -> Path:  # type: ignore[empty-body]
    """Give the folder with the plugin's message files, when it is not the `locale` folder beside its `plugin.py`.

    Called once at start.

    Example::

        @hookimpl
        def register_locale() -> Path:
            return Path(__file__).parent / "translations"
    """


@hookspec
async def refuse_plugin_switch(event: EventView, plugin: str, on: bool, now: datetime) -> Sequence[Refusal]:  # type: ignore[empty-body]
    """Asked before a plugin is switched on or off for an event, inside that transaction. May refuse; fails closed.

    Example::

        @hookimpl
        async def refuse_plugin_switch(event: EventView, plugin: str, on: bool) -> Sequence[Refusal]:
            needs = plugin == "registration" and not on and "shuttle" in event.plugins
            return [Refusal("shuttle_needs_registration")] if needs else []
    """


@hookspec
async def adjust_mail(event: EventView, mail: MailDraft, key: str, to: str, language: str, now: datetime) -> MailDraft:  # type: ignore[empty-body]
    """Handed a mail about the event before it is queued; answers with the mail as it is to be sent.

    Called inside the sender's transaction: only read, and be quick. `mail` has the wording as the event has it, with its
    `{placeholders}` still open, and the attachments; `key` says which mail it is. What visitors typed does not belong in the
    body: it is Markdown, without images or HTML; a link among the facts stands as a whole link. An answer that breaks this
    counts as failing. Failing is survivable: the mail goes out as it was before this plugin (after 5 seconds too). Mails
    of no event (sign-in links) are not handed over.

    Example::

        @hookimpl
        async def adjust_mail(event: EventView, mail: MailDraft, key: str) -> MailDraft:
            if key != "registration.confirmed":
                return mail
            return msgspec.structs.replace(mail, body=mail.body + "\\n\\n" + await services.how_to_get_there(event))
    """


@hookspec
async def event_changed(event: EventView, now: datetime) -> None:
    """An event's own data (name, dates, place) or a plugin's settings there were changed.

    Delivered after the commit; may come twice.

    Example::

        @hookimpl
        async def event_changed(event: EventView, now: datetime) -> None:
            await services.move_runs(event, now=now)
    """


@hookspec
async def plugin_switched(event: EventView, plugin: str, on: bool, now: datetime) -> None:
    """A plugin was switched on or off for an event. Delivered after the commit to the plugins that are on; may come twice.

    Example::

        @hookimpl
        async def plugin_switched(event: EventView, plugin: str, on: bool) -> None:
            logger.info("plugin switched", extra={"event": event.slug, "plugin": plugin, "on": on})
    """
