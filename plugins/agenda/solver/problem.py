"""What a timetable is made from and what comes out: plain values, no solver.

All times are whole minutes on one axis: minutes that have passed since an origin that the caller chooses, for instance
midnight before the first day. The axis counts elapsed time, so a change of clocks is the caller's affair. Spans are
half-open. Every length and every start is a multiple of `GRID_MIN`.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Final, Literal

from msgspec import Struct

GRID_MIN: Final = 5
"""Minutes of one step: sessions begin and last in whole steps."""


class Span(Struct, frozen=True, order=True):
    """Minutes from `start` until before `end`."""

    start: int
    end: int


class Meal(Struct, frozen=True):
    """Everybody who has a session that day keeps `length_min` minutes in one piece free of their sessions in `within`.

    Ways and changeovers count as free.
    """

    within: Span
    length_min: int


class Day(Struct, frozen=True, kw_only=True):
    """When sessions may be held on one day; nothing is held during a break. Days do not overlap and are in order.

    Breaks and the spans of meals lie within `open`. Breaks may overlap.
    """

    code: str
    open: Span
    breaks: tuple[Span, ...] = ()
    meals: tuple[Meal, ...] = ()


class Room(Struct, frozen=True, kw_only=True):
    """Where sessions are held. `capacity` in seats, 0: nobody counts. `place` is the building, for the ways between."""

    code: str
    capacity: int = 0
    features: tuple[str, ...] = ()
    closed: tuple[Span, ...] = ()
    place: str = ""


class Travel(Struct, frozen=True):
    """How long the way between two places takes, in minutes, in both directions; 0 where it is not given."""

    one: str
    other: str
    minutes: int


class Person(Struct, frozen=True, kw_only=True):
    """Somebody on stage. `available` empty: always; what is in `unavailable` never.

    Every minute of each of their sessions is in some span of `available`; spans that adjoin or overlap count as one.
    """

    code: str
    available: tuple[Span, ...] = ()
    unavailable: tuple[Span, ...] = ()


class Placement(Struct, frozen=True, order=True):
    """A session held in a room from a minute on."""

    session: str
    room: str
    start: int


class Session(Struct, frozen=True, kw_only=True):
    """What is to be placed, in one room, without a pause, within one day.

    Hard: `seats` that the room must have (asked only of rooms whose capacity is counted), `features` that it must offer,
    `rooms` it may be in (empty: any), `windows` one of which holds it whole (empty: any time), `fixed`: it stays there,
    `is_plenary`: nothing else is on at that time. Soft: `audience` in persons, `track` ("": none).
    """

    code: str
    duration_min: int
    people: tuple[str, ...] = ()
    track: str = ""
    audience: int = 0
    seats: int = 0
    features: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    windows: tuple[Span, ...] = ()
    fixed: Placement | None = None
    is_plenary: bool = False


class Before(Struct, frozen=True):
    """`first` has ended at least `gap_min` minutes before `then` begins."""

    first: str
    then: str
    gap_min: int = 0


class Clash(Struct, frozen=True):
    """So many people want to be in both sessions."""

    one: str
    other: str
    people: int


class Weights(Struct, frozen=True, kw_only=True):
    """What one unit of each soft term costs; whole numbers, 0 switches a term off.

    `clash`: one person who wanted two sessions that overlap. `overflow`: one expected guest more than the room has seats.
    `track_room`: each room of a track beyond its first. `track_parallel`: each pair of sessions of one track that overlap.
    `idle`: one grid step in which a person waits between the first and the last of their sessions of a day, breaks and
    meals included.
    `balance`: one grid step of session time that a day has above its share; the share of a day is all session time in
    proportion to the day's opening time without breaks, rounded up to a whole step. Plenaries count for no track.
    """

    clash: int = 10
    overflow: int = 2
    track_room: int = 100
    track_parallel: int = 200
    idle: int = 1
    balance: int = 1


TERMS: Final = ("clash", "overflow", "track_room", "track_parallel", "idle", "balance")
"""The soft terms, in the order in which costs are listed."""


class Problem(Struct, frozen=True, kw_only=True):
    """Everything that a timetable must and should respect.

    `changeover_min`: a person has at least so many minutes between sessions in different rooms; between rooms of
    different places the longer of it and the way. In the same room one session may follow the other at once. It is asked
    of any two sessions of a person, whatever lies between them.

    What is named is there: every person, room, session and place that a list names is one of the problem's. Codes do not
    repeat, nor do pairs in `clashes` and `travel` (in either direction). `order` has no cycle.
    """

    days: tuple[Day, ...]
    rooms: tuple[Room, ...]
    sessions: tuple[Session, ...]
    people: tuple[Person, ...] = ()
    travel: tuple[Travel, ...] = ()
    changeover_min: int = 0
    order: tuple[Before, ...] = ()
    clashes: tuple[Clash, ...] = ()
    weights: Weights = Weights()


class Cost(Struct, frozen=True):
    """`amount` units of a soft term, and what they cost (`amount` times the term's weight)."""

    term: str
    amount: int
    cost: int


class Proposal(Struct, frozen=True, kw_only=True):
    """A timetable that keeps every hard wish.

    `placements` by start, then room. `costs` one per term in the order of `TERMS`; `cost` is their sum, `bound` a proven
    lower bound of it, `is_proven` that no timetable costs less. Of a repair: `moved` are the sessions whose room or start
    differs from before, `fewest_moves_proven` that fewer cannot do; then `bound` and `is_proven` speak of timetables with
    that many moves. `seconds` is the time it took.
    """

    placements: tuple[Placement, ...]
    costs: tuple[Cost, ...]
    cost: int
    bound: int
    is_proven: bool
    moved: tuple[str, ...] = ()
    fewest_moves_proven: bool | None = None
    seconds: float = 0.0


class Wish(Struct, frozen=True):
    """One hard wish, as words can be made of it: a stable code and what it is about (codes, minutes)."""

    code: str
    facts: dict[str, str | int]


class Contradiction(Struct, frozen=True, kw_only=True):
    """Wishes that cannot all be kept. `is_minimal`: without any one of them the others can; else time ran out first.

    Minutes count from midnight of the event's first day.
    """

    wishes: tuple[Wish, ...]
    is_minimal: bool
    seconds: float = 0.0


class Unsolved(Struct, frozen=True, kw_only=True):
    """The time ran out, or somebody stopped it, before there was an answer of either kind."""

    seconds: float = 0.0


class Progress(Struct, frozen=True, kw_only=True):
    """How far a search is: the best cost so far (None: no timetable yet), the bound, seconds since it began."""

    phase: Literal["start", "search", "moves", "cost", "explain"]
    seconds: float
    cost: int | None = None
    bound: int | None = None


Answer = Proposal | Contradiction | Unsolved


def clashes_of(starred: Mapping[str, Iterable[str]]) -> tuple[Clash, ...]:
    """From who starred what (person: sessions) to how many want each two sessions; sorted by the sessions' codes."""
    counted: dict[tuple[str, str], int] = {}
    for sessions in starred.values():
        for pair in combinations(sorted(set(sessions)), 2):
            counted[pair] = counted.get(pair, 0) + 1
    return tuple(Clash(one, other, people) for (one, other), people in sorted(counted.items()))
