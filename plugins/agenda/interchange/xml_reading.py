"""What a `schedule.xml` of the frab family says (pentabarf, frab, pretalx, and what people write by hand)."""

from collections.abc import Iterable, Iterator
from typing import Final

from .notes import Findings, Unreadable
from .parsed import ParsedDay, ParsedPerson, ParsedRoom, ParsedSchedule, ParsedSession, ParsedTrack, Source
from .text import label, one_line
from .xml_tree import Node, tree

_OF_SCHEDULE: Final = {"conference", "day", "version", "generator", "url", "room", "event"}
_OF_CONFERENCE: Final = {
    "acronym", "title", "start", "end", "days", "url", "base_url", "time_zone_name", "timezone", "day_change",
    "timeslot_duration", "track",
}  # fmt: skip
_OF_EVENT: Final = {
    "room", "title", "subtitle", "type", "date", "start", "end", "duration", "abstract", "description", "slug", "track",
    "persons", "language",
}  # fmt: skip


def parsed(text: str, findings: Findings) -> ParsedSchedule:
    """What the file says. Notes `field_dropped`. Raises Unreadable: those of `xml_tree.tree`, and wrong_root."""
    root = tree(text, findings)
    if root.tag != "schedule":
        raise Unreadable("wrong_root", root=root.tag[:50])
    conference = root.first("conference") or Node("conference", {}, 0)
    _dropped(root, _OF_SCHEDULE, findings)
    _dropped(conference, _OF_CONFERENCE, findings)
    sessions = tuple(_sessions(root, findings))
    return ParsedSchedule(
        title=conference.text("title"),
        acronym=conference.text("acronym"),
        version=root.text("version"),
        zone=conference.text("time_zone_name") or conference.text("timezone"),
        starts=conference.text("start"),
        ends=conference.text("end"),
        day_change=conference.text("day_change"),
        tracks=tuple(_tracks(conference, findings)),
        rooms=tuple(_rooms(root, findings)),
        sessions=sessions,
        count=len(sessions),
    )


def _tracks(conference: Node, findings: Findings) -> Iterator[ParsedTrack]:
    for track in conference["track"]:
        if track.attributes.get("color"):
            findings.count("field_dropped", field="track color")
        name = track.attributes.get("name") or track.inside
        yield ParsedTrack(name=name, slug=track.attributes.get("slug", ""))


def _rooms(root: Node, findings: Findings) -> Iterator[ParsedRoom]:
    """The rooms that have sessions: FOSDEM's file lists many more that stand empty."""
    for holder in (root, *root["day"]):
        for room in holder["room"]:
            if room["event"]:
                if room.attributes.get("guid"):
                    findings.count("field_dropped", field="room guid")
                yield ParsedRoom(name=label(room.attributes.get("name", "")))


def _sessions(root: Node, findings: Findings) -> Iterator[ParsedSession]:
    for day, holder, path in _holders(root):
        room = label(holder.attributes.get("name", "")) if holder.tag == "room" else ""
        for index, event in enumerate(holder["event"], start=1):
            yield _session(event, room, day, f"{path}/event[{index}]", findings)


def _holders(root: Node) -> Iterator[tuple[ParsedDay, Node, str]]:
    """Whatever may hold sessions, with its day and its path: rooms, as it should be, but also days, and the schedule itself."""
    for path, node, day in _days(root):
        yield day, node, path
        for index, room in enumerate(node["room"], start=1):
            yield day, room, f"{path}/room[{index}]"


def _days(root: Node) -> Iterator[tuple[str, Node, ParsedDay]]:
    yield "/schedule", root, ParsedDay()
    for index, day in enumerate(root["day"], start=1):
        date, starts, ends = (label(day.attributes.get(name, "")) for name in ("date", "start", "end"))
        yield f"/schedule/day[{index}]", day, ParsedDay(date=date, starts=starts, ends=ends)


def _session(event: Node, room: str, day: ParsedDay, path: str, findings: Findings) -> ParsedSession:
    number = event.attributes.get("id", "").strip()
    subject = one_line(event.text("title")[:200]) or event.text("slug")[:100] or number[:50]
    _dropped(event, _OF_EVENT, findings)
    return ParsedSession(
        source=Source(subject=subject, pointer=path, line=event.line),
        guid=event.attributes.get("guid", ""),
        number=number,
        code=event.attributes.get("code", ""),
        slug=event.text("slug"),
        title=event.text("title"),
        texts=(event.text("subtitle"), event.text("abstract"), event.text("description")),
        language=event.text("language"),
        type=event.text("type"),
        track=event.text("track"),
        under=room,
        room=event.text("room"),
        day=day,
        date=event.text("date"),
        start=event.text("start"),
        end=event.text("end"),
        duration=event.text("duration"),
        is_cancelled=event.text("status").casefold() in ("cancelled", "canceled"),
        people=tuple(_people(event["persons"])),
    )


def _people(holders: Iterable[Node]) -> Iterator[ParsedPerson]:
    for holder in holders:
        for person in holder["person"]:
            given = person.attributes
            yield ParsedPerson(name=person.inside, key=given.get("guid") or given.get("code") or given.get("id") or "")


def _dropped(node: Node, understood: set[str], findings: Findings) -> None:
    for child in node.children:
        if child.tag not in understood:
            held = (
                len(child.children) if child.tag in ("links", "attachments") else bool(child.parts or child.attributes)
            )
            findings.count("field_dropped", held, field=child.tag[:50])
