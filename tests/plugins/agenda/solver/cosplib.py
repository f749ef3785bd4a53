"""COSPLIB, the public library of conference scheduling problems: its workbooks read, its objective computed.

Kheiri, Pylyavskyy, Jacko: "CoSPLib – A Benchmark Library for Conference Scheduling Problems"; Pylyavskyy, Jacko, Kheiri:
"A Generic Approach to Conference Scheduling with Integer Programming", European Journal of Operational Research 317(2),
2024, doi 10.1016/j.ejor.2024.04.001. The layout is that of the library's README ("Data Format"); what its README leaves
open was learned from how its published solver reads, scores and writes. No line of it is copied.

A conference has sessions of time slots, parallel rooms, and tracks of submissions that need one or more slots. A session
in a room belongs to one track. `test_cosplib` compares this reading with the library's own files and published scores.
"""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import openpyxl
from msgspec import Struct

TERMS = (
    "tracks_sessions",  # of each track in a session, the penalty of the two
    "tracks_rooms",  # of each track in a room in a session, the penalty of track and room
    "sessions_rooms",  # of each room used in a session, the penalty of the two
    "similar_tracks",  # of each two rooms with different tracks in a session, the penalty of the tracks
    "rooms_per_track",  # rooms of a track beyond its first
    "parallel_tracks",  # rooms of a track in one session beyond its first
    "consecutive_tracks",  # tracks with a session between their first and last in which they are not
    "submissions_timezones",  # per slot: how unsuitable the session is where the presenters are
    "submissions_order",  # submissions whose place within their track is not the one wished
    "submissions_sessions",  # per slot: the penalty of submission and session
    "submissions_rooms",  # per slot: the penalty of submission and room
    "presenters",  # pairs with a presenter in common, in one session and different rooms
    "attendees",  # pairs with an attendee in common, in one session and different rooms
    "chairs",  # pairs of tracks with a chair in common in one session
    "presenters_by_slot",  # pairs with a presenter in common, in one slot
    "attendees_by_slot",  # pairs with an attendee in common, in one slot
)
"""The terms in the order of the weights in the sheet `parameters`."""

TORN = "torn"
TORN_APART = 10_000_000  # each room and session that holds a part of a submission
TORN_IN_TIME = 1_000_000_000  # each submission whose slots do not follow each other, or that is nowhere
SUBMISSION_COLUMNS = 7
FIRST_WEIGHT_ROW, WEIGHT_COLUMN = 2, 5


class Session(Struct, frozen=True):
    """A stretch of `slots` equal time slots; `start` and `end` in minutes of the local day."""

    code: str
    slots: int
    start: int
    end: int


class Track(Struct, frozen=True):
    code: str
    chairs: tuple[str, ...]


class Submission(Struct, frozen=True):
    """`order`: its wished place within the track, from 1; 0: any. `zone`: hours ahead of Greenwich."""

    code: str
    track: str
    slots: int
    order: int
    zone: int
    presenters: tuple[str, ...]
    attendees: tuple[str, ...]


class Hours(Struct, frozen=True):
    """When it is suitable to present, in minutes of the presenters' day, and what it costs when it is not."""

    zone: int
    suitable_from: int
    suitable_to: int
    less_from: int
    less_to: int
    small: int
    big: int


class Instance(Struct, frozen=True):
    """A conference to be scheduled. Penalties that are not listed are 0."""

    sessions: tuple[Session, ...]
    rooms: tuple[str, ...]
    tracks: tuple[Track, ...]
    submissions: tuple[Submission, ...]
    hours: Hours
    weights: dict[str, int]
    tracks_sessions: dict[tuple[str, str], int]
    tracks_rooms: dict[tuple[str, str], int]
    sessions_rooms: dict[tuple[str, str], int]
    similar_tracks: dict[frozenset[str], int]
    submissions_sessions: dict[tuple[str, str], int]
    submissions_rooms: dict[tuple[str, str], int]


class Solution(Struct, frozen=True):
    """By session and room: the track, and for each slot the submission or "". Rooms not used are not listed."""

    tracks: dict[tuple[str, str], str]
    slots: dict[tuple[str, str], tuple[str, ...]]


# --- reading ---


def read_instance(path: Path) -> Instance:
    """An instance from its workbook. Raises ValueError naming sheet and cell where it is not in the library's format."""
    book = openpyxl.load_workbook(path, data_only=True)
    missing = {
        "parameters", "submissions", "tracks", "sessions", "rooms",
        "tracks_sessions|penalty", "tracks_rooms|penalty", "similar tracks", "sessions_rooms|penalty",
    } - set(book.sheetnames)  # fmt: skip
    if missing:
        raise ValueError(f"{path.name} has no sheet {sorted(missing)[0]!r}")
    sessions = tuple(
        Session(_text(row[0]), _whole(row[1]), _minutes(row[3]), _minutes(row[4])) for row in _rows(book, "sessions")
    )
    rooms = tuple(_text(row[0]) for row in _rows(book, "rooms"))
    tracks = tuple(Track(_text(row[0]), _people(row[1] if len(row) > 1 else None)) for row in _rows(book, "tracks"))
    hours, weights = _parameters(book)
    header, *rows = _table(book, "submissions")
    columns = [_text(cell) for cell in header]
    submissions = tuple(
        Submission(
            _text(row[0]), _text(row[1]), _whole(row[2]), _whole(row[3]), _zone(row[4], hours.zone),
            _people(row[5]), _people(row[6]),
        )
        for row in rows
    )  # fmt: skip
    wished = {
        (_text(row[0]), column): _whole(cell)
        for row in rows
        for column, cell in list(zip(columns, row, strict=True))[SUBMISSION_COLUMNS:]
    }
    names = {session.code for session in sessions}
    return _checked(
        Instance(
            sessions=sessions,
            rooms=rooms,
            tracks=tracks,
            submissions=submissions,
            hours=hours,
            weights=weights,
            tracks_sessions=_penalties(book, "tracks_sessions|penalty"),
            tracks_rooms=_penalties(book, "tracks_rooms|penalty"),
            sessions_rooms=_penalties(book, "sessions_rooms|penalty"),
            similar_tracks=_similar(book),
            submissions_sessions={pair: cost for pair, cost in wished.items() if cost and pair[1] in names},
            submissions_rooms={pair: cost for pair, cost in wished.items() if cost and pair[1] in rooms},
        ),
        set(columns[SUBMISSION_COLUMNS:]),
    )


def read_solution(path: Path, instance: Instance) -> Solution:
    """A solution from the first sheet of its workbook, which says it twice.

    First a row for each session with the track in each room, under a header with the rooms; after an empty row a row for
    each slot of each session with the submission in each room.
    """
    header, *rows = _rectangle(openpyxl.load_workbook(path, data_only=True).worksheets[0])
    rooms = [_text(cell) for cell in header[1 : len(instance.rooms) + 1]]
    if sorted(rooms) != sorted(instance.rooms):
        raise ValueError(f"{path.name} speaks of the rooms {rooms}, the instance of {list(instance.rooms)}")
    slot_rows = iter(rows[len(instance.sessions) + 1 :])
    tracks, slots = {}, {}
    for session, row in zip(instance.sessions, rows, strict=False):
        theirs = [next(slot_rows, ()) for _ in range(session.slots)]
        for one in (row, *theirs):
            if not one or _text(one[0]) != session.code:
                raise ValueError(f"{path.name} should have a row of {session.code}, but has {list(one)[:1]}")
        for column, room in enumerate(rooms, start=1):
            if _text(row[column]):
                tracks[session.code, room] = _text(row[column])
            held = tuple(_text(one[column]) for one in theirs)
            if any(held):
                slots[session.code, room] = held
    return Solution(tracks, slots)


def stated_objective(path: Path) -> int | None:
    """What a solution's workbook itself says that it scores (sheet `violations`, "Objective Value = …")."""
    book = openpyxl.load_workbook(path, data_only=True)
    if "violations" not in book.sheetnames:
        return None
    cells = (_text(row[0]) for row in _rectangle(book["violations"]) if row)
    found = (re.fullmatch(r"(?:Objective Value|Final Objective) = (-?\d+)(?:\.0)?", cell) for cell in cells)
    return next((int(match[1]) for match in found if match), None)


def _rectangle(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


def _table(book: Any, name: str) -> list[tuple[Any, ...]]:
    """The header and the rows that have something in their first cell, as wide as the header is filled."""
    header, *rows = _rectangle(book[name])
    width = max((number for number, cell in enumerate(header, start=1) if _text(cell)), default=0)
    return [header[:width], *(row[:width] for row in rows if _text(row[0]))]


def _rows(book: Any, name: str) -> list[tuple[Any, ...]]:
    return _table(book, name)[1:]


def _text(cell: object) -> str:
    """A name as it is written; numbers without a fraction as whole numbers."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _whole(cell: object) -> int:
    """A whole number; an empty cell is 0."""
    text = _text(cell).strip()
    if not re.fullmatch(r"-?\d*", text) or text == "-":
        raise ValueError(f"{text!r} is no whole number")
    return int(text or 0)


def _minutes(cell: object) -> int:
    """09:30, 09:30:00 or a cell of type time, as minutes of the day."""
    text = cell.strftime("%H:%M") if isinstance(cell, dt.time | dt.datetime) else _text(cell)
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", text.strip())
    if not match:
        raise ValueError(f"{text!r} is no time of day")
    return 60 * int(match[1]) + int(match[2])


def _zone(cell: object, local: int) -> int:
    """GMT+2 as 2; an empty cell is the conference's own zone."""
    text = _text(cell).strip()
    match = re.fullmatch(r"GMT([+-]\d{1,2})", text)
    if not match and text:
        raise ValueError(f"{text!r} is no time zone such as GMT+2")
    return int(match[1]) if match else local


def _people(cell: object) -> tuple[str, ...]:
    return tuple(name for name in _text(cell).split(", ") if name)


def _penalties(book: Any, name: str) -> dict[tuple[str, str], int]:
    """A sheet of penalties: of the row's name with the column's."""
    header, *rows = _table(book, name)
    return {
        (_text(row[0]), _text(column)): _whole(cell)
        for row in rows
        for column, cell in list(zip(header, row, strict=True))[1:]
        if _whole(cell)
    }


def _similar(book: Any) -> dict[frozenset[str], int]:
    """The sheet of similar tracks: columns go by the order of the rows, and what stands above the diagonal holds."""
    rows = _rectangle(book["similar tracks"])[1:]
    named = [row for row in rows if _text(row[0])]
    return {
        frozenset((_text(row[0]), _text(named[column][0]))): _whole(row[column + 1])
        for number, row in enumerate(named)
        for column in range(number + 1, len(named))
        if _whole(row[column + 1])
    }


def _parameters(book: Any) -> tuple[Hours, dict[str, int]]:
    """The sheet `parameters`, which goes by fixed cells: hours in column B, weights in column E."""
    sheet = book["parameters"]
    local = _zone(sheet["B2"].value, 0)
    hours = Hours(
        local,
        *(_minutes(sheet[cell].value) for cell in ("B4", "B5", "B7", "B8")),
        *(_whole(sheet[cell].value) for cell in ("B9", "B11")),
    )
    weights = {
        term: _whole(sheet.cell(row, WEIGHT_COLUMN).value) for row, term in enumerate(TERMS, start=FIRST_WEIGHT_ROW)
    }
    return hours, weights


def _checked(instance: Instance, columns: set[str]) -> Instance:
    sessions, rooms = {one.code for one in instance.sessions}, set(instance.rooms)
    tracks = {one.code for one in instance.tracks}
    named = [
        ("the columns of submissions", columns, sessions | rooms),
        ("the tracks of submissions", {one.track for one in instance.submissions}, tracks),
        ("tracks_sessions|penalty", {one for one, _ in instance.tracks_sessions}, tracks),
        ("tracks_sessions|penalty", {other for _, other in instance.tracks_sessions}, sessions),
        ("tracks_rooms|penalty", {one for one, _ in instance.tracks_rooms}, tracks),
        ("tracks_rooms|penalty", {other for _, other in instance.tracks_rooms}, rooms),
        ("sessions_rooms|penalty", {one for one, _ in instance.sessions_rooms}, sessions),
        ("sessions_rooms|penalty", {other for _, other in instance.sessions_rooms}, rooms),
        ("similar tracks", {one for pair in instance.similar_tracks for one in pair}, tracks),
    ]
    for where, names, known in named:
        if names - known:
            raise ValueError(f"{where}: nothing is called {min(names - known)!r}")
    return instance


# --- who is in conflict with whom ---


def presenter_conflicts(instance: Instance) -> set[frozenset[str]]:
    """Pairs of submissions with a presenter in common, or of which one's presenter chairs the other's track."""
    chairs = {track.code: set(track.chairs) for track in instance.tracks}
    return _pairs(
        instance,
        lambda one, other: (
            bool(set(one.presenters) & set(other.presenters))
            or (
                one.track != other.track
                and bool(set(one.presenters) & chairs[other.track] or set(other.presenters) & chairs[one.track])
            )
        ),
    )


def attendee_conflicts(instance: Instance) -> set[frozenset[str]]:
    """Pairs with an attendee in common, or of which one's attendee presents the other or chairs its other track."""
    chairs = {track.code: set(track.chairs) for track in instance.tracks}

    def wants(one: Submission, other: Submission) -> bool:
        there = set(other.attendees) | set(other.presenters)
        return bool(
            set(one.attendees) & there or (one.track != other.track and set(one.attendees) & chairs[other.track])
        )

    return _pairs(instance, lambda one, other: wants(one, other) or wants(other, one))


def chair_conflicts(instance: Instance) -> set[frozenset[str]]:
    """Pairs of tracks with a chair in common."""
    return {
        frozenset((one.code, other.code))
        for one, other in combinations(instance.tracks, 2)
        if set(one.chairs) & set(other.chairs)
    }


def _pairs(instance: Instance, are_in_conflict: Any) -> set[frozenset[str]]:
    return {
        frozenset((one.code, other.code))
        for one, other in combinations(instance.submissions, 2)
        if are_in_conflict(one, other)
    }


def zone_penalty(hours: Hours, zone: int, session: Session) -> int:
    """How unsuitable a session is for somebody in a time zone; only the clock counts there, not the date."""
    start, end = ((minutes + 60 * (zone - hours.zone)) % (24 * 60) for minutes in (session.start, session.end))
    if start < hours.less_from or end > hours.less_to or end < hours.less_from:
        return hours.big
    if start < hours.suitable_from or end > hours.suitable_to:
        return hours.small
    return 0


# --- the objective ---


def score(instance: Instance, solution: Solution) -> dict[str, int]:
    """Each term's penalty times its weight, in the order of `TERMS`, then `torn`; their sum is the objective.

    The order of submissions is judged as in the library's first releases, with which its solutions were made: by place
    within the track alone. The later ones also count ordered submissions of one track in the same slot.
    """
    raw = {
        "tracks_sessions": sum(instance.tracks_sessions.get((t, s), 0) for (s, _), t in solution.tracks.items()),
        "tracks_rooms": sum(instance.tracks_rooms.get((t, r), 0) for (_, r), t in solution.tracks.items()),
        "sessions_rooms": sum(instance.sessions_rooms.get(where, 0) for where in solution.tracks),
        "similar_tracks": sum(
            instance.similar_tracks.get(frozenset(pair), 0)
            for pair in _parallel(instance, solution)
            if pair[0] != pair[1]
        ),
        "rooms_per_track": len({(t, r) for (_, r), t in solution.tracks.items()}) - len(set(solution.tracks.values())),
        "parallel_tracks": sum(times - 1 for times in _times_in_session(solution).values()),
        "consecutive_tracks": _torn_tracks(instance, solution),
        "submissions_timezones": _by_zone(instance, solution),
        "submissions_order": _out_of_place(instance, solution),
        "submissions_sessions": sum(instance.submissions_sessions.get((x, s), 0) for x, s, _, _ in _held(solution)),
        "submissions_rooms": sum(instance.submissions_rooms.get((x, r), 0) for x, _, r, _ in _held(solution)),
        "presenters": _in_other_rooms(solution, presenter_conflicts(instance)),
        "attendees": _in_other_rooms(solution, attendee_conflicts(instance)),
        "chairs": sum(frozenset(pair) in chair_conflicts(instance) for pair in _parallel(instance, solution)),
        "presenters_by_slot": _in_one_slot(solution, presenter_conflicts(instance)),
        "attendees_by_slot": _in_one_slot(solution, attendee_conflicts(instance)),
    }
    weighted = {term: instance.weights[term] * raw[term] for term in TERMS}
    return weighted | {TORN: _torn_submissions(instance, solution)}


def faults(instance: Instance, solution: Solution) -> tuple[str, ...]:
    """Why a solution is none: a submission that has not its slots, or is held under another track."""
    known = {one.code: one for one in instance.submissions}
    times = Counter(code for code, _, _, _ in _held(solution))
    told = [f"{code} is unknown" for code in sorted(times) if code not in known]
    told += [
        f"{one.code} has {times[one.code]} of {one.slots} slots"
        for one in instance.submissions
        if times[one.code] != one.slots
    ]
    told += [
        f"{code} is in {session}, {room} under {solution.tracks.get((session, room), 'no track')}"
        for code, session, room, _ in _held(solution)
        if code in known and solution.tracks.get((session, room)) != known[code].track
    ]
    return tuple(told)


def _held(solution: Solution) -> Iterator[tuple[str, str, str, int]]:
    """Every slot that is used: submission, session, room, number of the slot within the session."""
    for (session, room), codes in solution.slots.items():
        for number, code in enumerate(codes):
            if code:
                yield code, session, room, number


def _parallel(instance: Instance, solution: Solution) -> Iterator[tuple[str, str]]:
    """The tracks of each two rooms that are used in the same session."""
    for session in instance.sessions:
        here = [
            solution.tracks[session.code, room] for room in instance.rooms if (session.code, room) in solution.tracks
        ]
        yield from combinations(here, 2)


def _times_in_session(solution: Solution) -> Counter[tuple[str, str]]:
    return Counter((session, track) for (session, _), track in solution.tracks.items())


def _torn_tracks(instance: Instance, solution: Solution) -> int:
    number = {session.code: place for place, session in enumerate(instance.sessions)}
    sessions = defaultdict(set)
    for (session, _), track in solution.tracks.items():
        sessions[track].add(number[session])
    return sum(max(places) - min(places) + 1 != len(places) for places in sessions.values())


def _by_zone(instance: Instance, solution: Solution) -> int:
    sessions = {session.code: session for session in instance.sessions}
    zones = {one.code: one.zone for one in instance.submissions}
    return sum(zone_penalty(instance.hours, zones[code], sessions[where]) for code, where, _, _ in _held(solution))


def _out_of_place(instance: Instance, solution: Solution) -> int:
    """Submissions of a track are numbered by session, then by room, then by slot."""
    wished = {one.code: one.order for one in instance.submissions}
    places: dict[str, list[str]] = defaultdict(list)
    for session in instance.sessions:
        for room in instance.rooms:
            track = solution.tracks.get((session.code, room))
            for code in solution.slots.get((session.code, room), ()):
                if track and code and code not in places[track]:
                    places[track].append(code)
    return sum(wished[code] not in (0, place) for codes in places.values() for place, code in enumerate(codes, start=1))


def _in_other_rooms(solution: Solution, conflicts: set[frozenset[str]]) -> int:
    here: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for code, session, room, _ in _held(solution):
        here[session].add((code, room))
    return sum(
        one[1] != other[1] and frozenset((one[0], other[0])) in conflicts
        for pairs in here.values()
        for one, other in combinations(pairs, 2)
    )


def _in_one_slot(solution: Solution, conflicts: set[frozenset[str]]) -> int:
    here: dict[tuple[str, int], set[str]] = defaultdict(set)
    for code, session, _, slot in _held(solution):
        here[session, slot].add(code)
    return sum(frozenset(pair) in conflicts for codes in here.values() for pair in combinations(codes, 2))


def _torn_submissions(instance: Instance, solution: Solution) -> int:
    """What submissions of several slots cost that are not held in one piece."""
    parts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    numbers: dict[str, list[int]] = defaultdict(list)
    for session in instance.sessions:
        for room in instance.rooms:
            for number, code in enumerate(solution.slots.get((session.code, room), ())):
                parts[code][session.code, room] += 1
                numbers[code].append(number)
    cost = 0
    for one in instance.submissions:
        if one.slots > 1:
            cost += TORN_APART * sum(times != one.slots for times in parts[one.code].values())
            cost += TORN_IN_TIME * (not _follow(numbers[one.code]))
    return cost


def _follow(numbers: Sequence[int]) -> bool:
    return bool(numbers) and list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))


def solution_of(instance: Instance, where: dict[str, tuple[str, str]]) -> Solution:
    """The solution in which each submission is in a session and room, one after the other by their wished order."""
    by_place: dict[tuple[str, str], list[Submission]] = defaultdict(list)
    for one in instance.submissions:
        by_place[where[one.code]].append(one)
    slots_of = {session.code: session.slots for session in instance.sessions}
    return Solution(
        {place: ones[0].track for place, ones in by_place.items()},
        {place: _filled(ones, slots_of[place[0]]) for place, ones in by_place.items()},
    )


def _filled(submissions: Iterable[Submission], slots: int) -> tuple[str, ...]:
    """The codes slot by slot; raises ValueError if they need more slots than there are."""
    ordered = sorted(submissions, key=lambda one: (one.order == 0, one.order))
    codes = [one.code for one in ordered for _ in range(one.slots)]
    if len(codes) > slots:
        raise ValueError(f"{len(codes)} slots are needed where there are {slots}")
    return (*codes, *[""] * (slots - len(codes)))
