"""The record of changes as its reader sees it: who, what, about what, from what to what, in words and with links."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from plenaria.core.forms import ShownChange, in_words
from plenaria.core.host import plugins
from plenaria.core.host.contributions import RecordSubject
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.values import N_, EventView
from plenaria.core.people import queries as people
from plenaria.core.storage import audit
from plenaria.core.storage.audit import words
from plenaria.core.storage.audit.reading import person_of

CORE_SUBJECTS: Final[Mapping[str, RecordSubject]] = {
    "event": RecordSubject(N_("Event"), "/{event}/organise/event", "event.configure"),
    "plugin": RecordSubject(N_("Plugin"), "/{event}/organise/plugins/{id}", "event.configure"),
    "mail": RecordSubject(N_("Mail text"), "/{event}/organise/mail", "event.mail"),
    "person": RecordSubject(N_("Person"), "/{event}/organise/team", "event.team"),
    "token": RecordSubject(N_("Access token"), "/{event}/organise/tokens", "event.view"),
}
ACTORS: Final[Mapping[str, str]] = {
    "system": N_("Plenaria itself"),
    "cli": N_("The command line"),
    "demo": N_("The demo"),
    "visitor": N_("A visitor"),
}


class ShownLine(Struct, frozen=True, kw_only=True):
    """A line of the record in the reader's language. `href` is "" where there is no page, or not for this reader."""

    id: int
    at: datetime
    by: str
    by_words: str
    action: str
    action_words: str
    subject: str
    subject_words: str
    href: str
    changes: list[ShownChange]
    facts: str
    sealed: bool


async def shown_lines(lines: Sequence[audit.LineView], event: EventView, visit: Visit) -> list[ShownLine]:
    """The lines in words; one query for the names of all people in them, who may have been erased since."""
    names = await names_of(_people_in(lines))
    subjects = subjects_of()
    return [
        ShownLine(
            id=line.id,
            at=line.at,
            by=line.by,
            by_words=actor_words(line.by, names),
            action=line.action,
            action_words=words.label(line.action),
            subject=line.subject,
            subject_words=_subject_words(line.subject, subjects, names),
            href=_href(line.subject, subjects, event, visit),
            changes=[in_words(change, zone=event.zone, names=names) for change in line.changes],
            facts=line.facts,
            sealed=line.sealed,
        )
        for line in lines
    ]


def subjects_of() -> dict[str, RecordSubject]:
    """What lines may be about, by the part of `subject` before the colon."""
    found = dict(CORE_SUBJECTS)
    for _, contributed in plugins.host().collect("register_record_subjects"):
        for kind, subject in contributed.items():
            found.setdefault(kind, subject)
    return found


async def names_of(actors: Iterable[str]) -> dict[str, str]:
    """`person:12` → the name; one query. Without those who have no name, or are there no more."""
    ids = {actor.partition("/")[0]: number for actor in actors if (number := person_of(actor)) is not None}
    known = await people.people(sorted(set(ids.values())))
    return {actor: known[number].name for actor, number in ids.items() if number in known and known[number].name}


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who acted; a token of a person is said to be one."""
    person, _, token = actor.partition("/")
    number = person_of(person)
    if number is None:
        return gettext(ACTORS[actor]) if actor in ACTORS else actor
    name = names.get(person) or fill(gettext("Person {number}"), {"number": number})
    return fill(gettext("{name}, by an access token"), {"name": name}) if token else name


def _people_in(lines: Sequence[audit.LineView]) -> set[str]:
    found = {name for line in lines for name in (line.by, line.subject)}
    values = [value for line in lines for change in line.changes for value in (change.old, change.new)]
    found.update(value for value in values if isinstance(value, str))
    return {name for name in found if name.startswith("person:")}


def _subject_words(subject: str, subjects: Mapping[str, RecordSubject], names: Mapping[str, str]) -> str:
    kind, _, code = subject.partition(":")
    if kind == "person":
        return actor_words(subject.partition("/")[0], names)
    if kind == "plugin" and code in plugins.host().plugins:
        code = gettext(plugins.host().plugins[code].card.title)
    return f"{gettext(subjects[kind].title)} {code}".strip() if kind in subjects else subject


def _href(subject: str, subjects: Mapping[str, RecordSubject], event: EventView, visit: Visit) -> str:
    kind, _, code = subject.partition(":")
    known = subjects.get(kind)
    if known is None or not known.href or not visit.may(known.permission, event):
        return ""
    return known.href.format(event=event.slug, id=code)
