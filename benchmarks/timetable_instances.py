"""Congresses to be timetabled, made so that a timetable exists: the same arguments give the same problem.

    from benchmarks.timetable_instances import hidden, instance

A timetable is drawn first; people, seats, features, windows, orders and closed rooms are then wished so that it keeps
them. About three quarters of the rooms' time is used. Nothing here is shared with the model or with its checker.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

from msgspec.structs import replace

from plenaria.plugins.agenda.solver.problem import (
    GRID_MIN,
    Before,
    Clash,
    Day,
    Meal,
    Person,
    Placement,
    Problem,
    Room,
    Session,
    Span,
    Travel,
    clashes_of,
)

DAY_MIN = 24 * 60
OPENING_MIN = 9 * 60
LOAD = 0.75
CHANGEOVER_MIN = 5
WAY_MIN = 15
MEAL_MIN = 45
MEAL_WITHIN_MIN = 180  # whoever speaks for 90 of them still has time for a meal before or after
PLENARY_MIN = 60
BREAK_MIN = 30
DURATIONS = {20: 3, 30: 4, 40: 2, 45: 4, 60: 3, 90: 1}
PEOPLE_OF_A_SESSION = {1: 4, 2: 3, 3: 2, 4: 1}
FEATURES = ("interpreters", "livestream", "round tables", "stage")


def instance(sessions: int, rooms: int, days: int, seed: int) -> Problem:
    """A congress for which a timetable exists."""
    return hidden(sessions, rooms, days, seed)[0]


def hidden(sessions: int, rooms: int, days: int, seed: int) -> tuple[Problem, tuple[Placement, ...]]:
    """A congress, and the timetable that its wishes were made from. At least one session a day is needed."""
    if sessions <= days or rooms < 1 or days < 1:
        raise ValueError(f"{sessions} sessions cannot fill {rooms} rooms on {days} days")
    rng = random.Random(seed)
    halls = _rooms(rng, rooms)
    plenaries = [Session(code=f"P{day}", duration_min=PLENARY_MIN, is_plenary=True) for day in range(days)]
    talks = [Session(code=f"S{n:04}", duration_min=_drawn(rng, DURATIONS)) for n in range(sessions - days)]
    calendar, placed = _packed(rng, halls, talks, days)
    placed += [Placement(one.code, halls[0].code, day.open.start) for one, day in zip(plenaries, calendar, strict=True)]
    at = {one.session: one for one in placed}
    unnamed = [*plenaries, *_with_tracks(rng, talks, at, calendar)]
    peopled, people = _with_people(rng, unnamed, at, halls, calendar)
    wished = _with_wishes(rng, peopled, at, halls, calendar)
    problem = Problem(
        days=tuple(calendar),
        rooms=tuple(_with_closures(rng, halls, wished, at, calendar)),
        sessions=tuple(wished),
        people=tuple(people),
        travel=(Travel("annex", "main", WAY_MIN),) if any(hall.place == "annex" for hall in halls) else (),
        changeover_min=CHANGEOVER_MIN,
        order=tuple(_orders(rng, wished, at)),
        clashes=_clashes(rng, wished),
    )
    return problem, tuple(sorted(placed, key=lambda one: (one.start, one.room)))


def lose_half_day(problem: Problem, placements: Sequence[Placement], seed: int) -> Problem:
    """A speaker of several sessions can no longer come for half a day in which they had one; repairable."""
    rng = random.Random(seed)
    sessions, at = {one.code: one for one in problem.sessions}, {one.session: one for one in placements}
    of = defaultdict(list)
    for one in problem.sessions:
        for code in one.people:
            of[code].append(one)
    chances = [(person, lost) for person in problem.people if len(of[person.code]) > 1 for lost in _halves(problem)]
    rng.shuffle(chances)
    for person, lost in chances:
        struck = [one for one in of[person.code] if _overlap(_span(one, at[one.code]), lost)]
        if not struck or any(one.fixed or one.is_plenary for one in struck):
            continue
        without = replace(person, unavailable=(*person.unavailable, lost))
        harmed = replace(problem, people=tuple(without if one is person else one for one in problem.people))
        if _repairable(rng, harmed, sessions, at, struck):
            return harmed
    raise ValueError("nobody could miss half a day without making the timetable impossible to repair by single moves")


def lose_room_morning(problem: Problem, placements: Sequence[Placement], seed: int) -> Problem:
    """A room in which sessions were held is closed for one morning; repairable."""
    rng = random.Random(seed)
    sessions, at = {one.code: one for one in problem.sessions}, {one.session: one for one in placements}
    chances = [(room, lost) for room in problem.rooms for lost in _halves(problem)[::2]]
    rng.shuffle(chances)
    for room, lost in chances:
        struck = [
            sessions[one.session]
            for one in placements
            if one.room == room.code and _overlap(_span(sessions[one.session], one), lost)
        ]
        if not struck or any(one.fixed or one.is_plenary for one in struck):
            continue
        shut = replace(room, closed=(*room.closed, lost))
        harmed = replace(problem, rooms=tuple(shut if one is room else one for one in problem.rooms))
        if _repairable(rng, harmed, sessions, at, struck):
            return harmed
    raise ValueError("no room could be lost for a morning without making the timetable impossible to repair")


def contradictory(problem: Problem, seed: int) -> Problem:
    """The same congress with a few wishes more that cannot be kept together with the others."""
    rng = random.Random(seed)
    ways = [_two_at_once, _order_against_windows, _more_seats_than_its_rooms]
    rng.shuffle(ways)
    for way in ways:
        made = way(rng, problem)
        if made is not None:
            return made
    raise ValueError("this problem has no two free sessions to set against each other")


# --- drawing the hidden timetable ---


def _drawn(rng: random.Random, weights: dict[int, int]) -> int:
    return rng.choices(list(weights), list(weights.values()))[0]


def _rooms(rng: random.Random, count: int) -> list[Room]:
    """The great hall, then ordinary rooms; every fourth stands in the annex."""
    great = Room(code="R00", capacity=600, features=FEATURES, place="main")
    return [great] + [
        Room(
            code=f"R{n:02}",
            capacity=rng.choice((0, 40, 60, 80, 100, 120, 150, 200, 300)),
            features=tuple(one for one in FEATURES if rng.random() < 0.4),
            place="annex" if n % 4 == 3 else "main",
        )
        for n in range(1, count)
    ]


def _packed(
    rng: random.Random, halls: list[Room], talks: list[Session], days: int
) -> tuple[list[Day], list[Placement]]:
    """Days just long enough, and every talk in a piece of a room's day between opening, breaks and close."""
    needed = sum(one.duration_min for one in talks) / (len(halls) * days * LOAD) + PLENARY_MIN + 2 * BREAK_MIN
    length = max(6 * 60, _on_grid(needed))
    while True:
        calendar = [_day(number, length) for number in range(days)]
        pieces = [(hall.code, piece) for day in calendar for piece in _pieces(day) for hall in halls]
        shares = _shared_out(rng, talks, [piece for _, piece in pieces])
        if shares is not None:
            break
        length += 3 * GRID_MIN
    return calendar, [
        Placement(talk.code, room, start)
        for (room, piece), share in zip(pieces, shares, strict=True)
        for talk, start in _spread(rng, piece, share)
    ]


def _on_grid(minutes: float) -> int:
    return -int(-minutes // GRID_MIN) * GRID_MIN


def _day(number: int, length: int) -> Day:
    begin = number * DAY_MIN + OPENING_MIN
    coffee, tea = begin + _on_grid(length * 0.3), begin + _on_grid(length * 0.75)
    noon = begin + _on_grid(length * 0.4)
    return Day(
        code=f"D{number + 1}",
        open=Span(begin, begin + length),
        breaks=(Span(coffee, coffee + BREAK_MIN), Span(tea, tea + BREAK_MIN)),
        meals=(Meal(Span(noon, noon + MEAL_WITHIN_MIN), MEAL_MIN),),
    )


def _pieces(day: Day) -> Iterator[Span]:
    begin = day.open.start + PLENARY_MIN
    for pause in day.breaks:
        yield Span(begin, pause.start)
        begin = pause.end
    yield Span(begin, day.open.end)


def _shared_out(rng: random.Random, talks: list[Session], pieces: list[Span]) -> list[list[Session]] | None:
    """For each piece the talks that fill it, the long ones dealt first; None if they do not fit."""
    shares: list[list[Session]] = [[] for _ in pieces]
    left = [piece.end - piece.start for piece in pieces]
    shuffled = rng.sample(talks, len(talks))
    for talk in sorted(shuffled, key=lambda one: -one.duration_min):
        open_pieces = [n for n, free in enumerate(left) if free >= talk.duration_min]
        if not open_pieces:
            return None
        chosen = rng.choices(open_pieces, [left[n] for n in open_pieces])[0]
        shares[chosen].append(talk)
        left[chosen] -= talk.duration_min
    return shares


def _spread(rng: random.Random, piece: Span, share: list[Session]) -> Iterator[tuple[Session, int]]:
    """The talks of one piece in random order, its free steps strewn between them."""
    rng.shuffle(share)
    free = (piece.end - piece.start - sum(one.duration_min for one in share)) // GRID_MIN
    cuts = sorted(rng.randint(0, free) for _ in share)
    spoken = 0
    for talk, cut in zip(share, cuts, strict=True):
        yield talk, piece.start + cut * GRID_MIN + spoken
        spoken += talk.duration_min


# --- wishes that the hidden timetable keeps ---


def _with_tracks(
    rng: random.Random, talks: list[Session], at: dict[str, Placement], calendar: list[Day]
) -> list[Session]:
    """Most talks of a room's day belong to one track; tracks are dealt like cards, so that each has its share."""
    tracks = [f"T{n:02}" for n in range(max(3, len(talks) // 12))]
    deck: list[str] = []
    of_block: dict[tuple[str, int], str] = {}
    named = []
    for talk in talks:
        block = (at[talk.code].room, _day_of(calendar, at[talk.code].start))
        if block not in of_block:
            deck = deck or rng.sample(tracks, len(tracks))
            of_block[block] = deck.pop()
        own = of_block[block]
        track = own if rng.random() < 0.85 else rng.choice(["", *tracks])
        named.append(replace(talk, track=track, audience=0))
    return named


def _day_of(calendar: Sequence[Day], minute: int) -> int:
    return next(n for n, day in enumerate(calendar) if day.open.start <= minute < day.open.end)


def _with_people(
    rng: random.Random, sessions: list[Session], at: dict[str, Placement], halls: list[Room], calendar: list[Day]
) -> tuple[list[Session], list[Person]]:
    """One to four people a session; a third of them are asked again where the hidden timetable lets them come."""
    places = {hall.code: hall.place for hall in halls}
    busy: dict[str, list[tuple[Span, str]]] = {}
    peopled = []
    for session in sessions:
        here = _span(session, at[session.code]), at[session.code].room
        people: list[str] = []
        for _ in range(_drawn(rng, PEOPLE_OF_A_SESSION)):
            asked = rng.sample(sorted(busy), min(12, len(busy))) if rng.random() < 0.35 else []
            may = (one for one in asked if one not in people and len(busy[one]) < 5)
            person = next((one for one in may if _can_come(busy[one], here, places, calendar)), None)
            person = person or f"H{len(busy):04}"
            busy.setdefault(person, []).append(here)
            people.append(person)
        peopled.append(replace(session, people=tuple(sorted(people))))
    return peopled, [_person(rng, code, [span for span, _ in busy[code]], calendar) for code in sorted(busy)]


def _can_come(
    busy: list[tuple[Span, str]], here: tuple[Span, str], places: dict[str, str], calendar: Sequence[Day]
) -> bool:
    """Whether one engagement more leaves time for the ways and for the meals."""
    for span, room in busy:
        way = _between(room, here[1], places[room] == places[here[1]])
        if span.start < here[0].end + way and here[0].start < span.end + way:
            return False
    day = calendar[_day_of(calendar, here[0].start)]
    return all(_has_meal([*(span for span, _ in busy), here[0]], meal) for meal in day.meals)


def _between(room: str, other: str, same_place: bool) -> int:
    if room == other:
        return 0
    return CHANGEOVER_MIN if same_place else max(CHANGEOVER_MIN, WAY_MIN)


def _has_meal(spans: Iterable[Span], meal: Meal) -> bool:
    begins = [meal.within.start, *sorted(min(span.end, meal.within.end) for span in spans)]
    return any(
        begin >= meal.within.start
        and begin + meal.length_min <= meal.within.end
        and not any(_overlap(span, Span(begin, begin + meal.length_min)) for span in spans)
        for begin in begins
    )


def _person(rng: random.Random, code: str, spans: list[Span], calendar: list[Day]) -> Person:
    """Some can come only on the half-days on which they are needed, some never on one on which they are not."""
    halves = _halves_of(calendar)
    needed = [half for half in halves if any(_overlap(half, span) for span in spans)]
    idle = [half for half in halves if half not in needed]
    drawn = rng.random()
    if drawn < 0.15:
        return Person(code=code, available=tuple(_joined(needed)))
    if drawn < 0.25 and idle:
        return Person(code=code, unavailable=(rng.choice(idle),))
    return Person(code=code)


def _joined(spans: list[Span]) -> list[Span]:
    joined = [spans[0]]
    for span in spans[1:]:
        if span.start == joined[-1].end:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _halves(problem: Problem) -> list[Span]:
    """Morning, afternoon, morning, afternoon, …"""
    return _halves_of(problem.days)


def _halves_of(calendar: Sequence[Day]) -> list[Span]:
    halves = []
    for day in calendar:
        middle = _on_grid((day.open.start + day.open.end) / 2)
        halves += [Span(day.open.start, middle), Span(middle, day.open.end)]
    return halves


def _with_wishes(
    rng: random.Random, sessions: list[Session], at: dict[str, Placement], halls: list[Room], calendar: list[Day]
) -> list[Session]:
    """Windows, features, seats, allowed rooms, fixed sessions and expected audiences that fit where they are held."""
    hall_of = {hall.code: hall for hall in halls}
    wished = []
    for session in sessions:
        placed = at[session.code]
        day, hall = calendar[_day_of(calendar, placed.start)], hall_of[placed.room]
        if session.is_plenary:
            alone = Span(day.open.start, day.breaks[0].start)
            wished.append(
                replace(
                    session,
                    audience=500,
                    seats=400,
                    windows=(alone,),
                    fixed=placed if day is calendar[0] else None,
                )
            )
            continue
        changed = replace(session, audience=_on_grid(20 + 380 * rng.random() ** 4))
        if rng.random() < 0.20 and hall.features:
            changed = replace(changed, features=(rng.choice(hall.features),))
        if rng.random() < 0.30 and hall.capacity:
            changed = replace(changed, seats=rng.randrange(hall.capacity // 4, hall.capacity + 1))
        if rng.random() < 0.08:
            changed = replace(changed, windows=(_window(rng, _span(session, placed), day),))
        if rng.random() < 0.05:
            also = rng.sample([one.code for one in halls], min(2, len(halls)))
            changed = replace(changed, rooms=tuple(sorted({placed.room, *also})))
        if rng.random() < 0.03:
            changed = replace(changed, fixed=placed)
        wished.append(changed)
    return wished


def _window(rng: random.Random, span: Span, day: Day) -> Span:
    """The day, or the half of it that the session needs, sometimes no more than the session itself and an hour."""
    around = [half for half in _halves_of([day]) if half.start <= span.start and span.end <= half.end]
    return rng.choice([day.open, Span(span.start - 30, span.end + 30), *around, *around])


def _with_closures(
    rng: random.Random, halls: list[Room], sessions: list[Session], at: dict[str, Placement], calendar: list[Day]
) -> list[Room]:
    """Every third room or so is closed in a gap of half an hour or more in which nothing is held there."""
    spans = defaultdict(list)
    for one in sessions:
        spans[at[one.code].room].append(_span(one, at[one.code]))
    shut = []
    for hall in halls:
        held = sorted([*spans[hall.code], *(Span(day.open.end, day.open.end + DAY_MIN) for day in calendar)])
        gaps = [Span(one.end, then.start) for one, then in pairwise(held) if then.start - one.end >= 30]
        shut.append(replace(hall, closed=(rng.choice(gaps),)) if gaps and rng.random() < 0.35 else hall)
    return shut


def _orders(rng: random.Random, sessions: list[Session], at: dict[str, Placement]) -> list[Before]:
    """Pairs of one track, as the hidden timetable has them; acyclic, since it orders them all."""
    of_track = defaultdict(list)
    for one in sessions:
        if one.track:
            of_track[one.track].append(one)
    pairs = [
        (first, then)
        for members in of_track.values()
        for first, then in pairwise(sorted(members, key=lambda one: at[one.code].start))
        if at[first.code].start + first.duration_min <= at[then.code].start
    ]
    return [
        Before(first.code, then.code, min(30, at[then.code].start - at[first.code].start - first.duration_min))
        for first, then in rng.sample(pairs, min(len(pairs), len(sessions) // 20))
    ]


def _clashes(rng: random.Random, sessions: list[Session]) -> tuple[Clash, ...]:
    """Stars by popularity (Zipf) and by one favoured track each; of the pairs the most wanted, five for each session."""
    talks = [one for one in sessions if not one.is_plenary]
    ranked = rng.sample(talks, len(talks))
    weight = {one.code: 1 / (rank + 5) for rank, one in enumerate(ranked)}
    tracks = sorted({one.track for one in talks})
    starred = {}
    for attendee in range(2 * len(talks)):
        favoured = rng.choice(tracks)
        chances = [weight[one.code] * (8 if one.track == favoured else 1) for one in talks]
        starred[f"A{attendee}"] = [one.code for one in rng.choices(talks, chances, k=6)]
    pairs = sorted(clashes_of(starred), key=lambda clash: (-clash.people, clash.one, clash.other))
    return tuple(sorted(pairs[: 5 * len(talks)], key=lambda clash: (clash.one, clash.other)))


# --- losses that single moves can repair ---


def _span(session: Session, placed: Placement) -> Span:
    return Span(placed.start, placed.start + session.duration_min)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _repairable(
    rng: random.Random,
    problem: Problem,
    sessions: dict[str, Session],
    at: dict[str, Placement],
    struck: Iterable[Session],
) -> bool:
    """Whether each session that was struck can go to a free place while all the others stay."""
    now = dict(at)
    for session in struck:
        del now[session.code]
    for session in struck:
        slots = [
            Placement(session.code, room.code, start)
            for room in problem.rooms
            for day in problem.days
            for start in range(day.open.start, day.open.end - session.duration_min + 1, GRID_MIN)
        ]
        rng.shuffle(slots)
        fitting = next((slot for slot in slots if _fits(problem, sessions, now, session, slot)), None)
        if fitting is None:
            return False
        now[session.code] = fitting
    return True


def _fits(
    problem: Problem, sessions: dict[str, Session], now: dict[str, Placement], session: Session, slot: Placement
) -> bool:
    span = _span(session, slot)
    room = next(one for one in problem.rooms if one.code == slot.room)
    day = next(one for one in problem.days if one.open.start <= span.start and span.end <= one.open.end)
    if any(_overlap(span, shut) for shut in (*day.breaks, *room.closed)) or (0 < room.capacity < session.seats):
        return False
    if not set(session.features) <= set(room.features) or (session.rooms and room.code not in session.rooms):
        return False
    if session.windows and not any(one.start <= span.start and span.end <= one.end for one in session.windows):
        return False
    held = {code: (_span(sessions[code], placed), placed.room) for code, placed in now.items()}
    for code, (other, where) in held.items():
        if _overlap(other, span) and (where == room.code or session.is_plenary or sessions[code].is_plenary):
            return False
    for rule in problem.order:
        if rule.first == session.code and rule.then in held and span.end + rule.gap_min > held[rule.then][0].start:
            return False
        if rule.then == session.code and rule.first in held and held[rule.first][0].end + rule.gap_min > span.start:
            return False
    places = {one.code: one.place for one in problem.rooms}
    for person in problem.people:
        if person.code not in session.people:
            continue
        if any(_overlap(span, never) for never in person.unavailable):
            return False
        if person.available and not any(one.start <= span.start and span.end <= one.end for one in person.available):
            return False
        busy = [held[code] for code in held if person.code in sessions[code].people]
        if not _can_come(busy, (span, room.code), places, problem.days):
            return False
    return True


# --- contradictions ---


def _changed(problem: Problem, *sessions: Session) -> Problem:
    by_code = {one.code: one for one in sessions}
    return replace(problem, sessions=tuple(by_code.get(one.code, one) for one in problem.sessions))


def _free_pairs(problem: Problem) -> list[tuple[Session, Session]]:
    free = [one for one in problem.sessions if not (one.fixed or one.windows or one.is_plenary)]
    return list(combinations(free, 2))


def _two_at_once(rng: random.Random, problem: Problem) -> Problem | None:
    """Two sessions of one person, both wished into a window that holds only one of them."""
    pairs = [pair for pair in _free_pairs(problem) if set(pair[0].people) & set(pair[1].people)]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    day = rng.choice(problem.days)
    begin = day.breaks[0].end if day.breaks else day.open.start
    both = (Span(begin, begin + one.duration_min + other.duration_min - GRID_MIN),)
    return _changed(problem, replace(one, windows=both), replace(other, windows=both))


def _order_against_windows(rng: random.Random, problem: Problem) -> Problem | None:
    """One session is wished on the last half-day, one on the first, and the later one before the earlier."""
    pairs = _free_pairs(problem)
    if not pairs:
        return None
    late, early = rng.choice(pairs)
    halves = _halves(problem)
    windowed = _changed(problem, replace(late, windows=(halves[-1],)), replace(early, windows=(halves[0],)))
    return replace(windowed, order=(*problem.order, Before(late.code, early.code)))


def _more_seats_than_its_rooms(rng: random.Random, problem: Problem) -> Problem | None:
    """A session may be held in one counted room only and wants a seat more than that has."""
    free = [one for one in problem.sessions if not (one.fixed or one.is_plenary)]
    counted = [one for one in problem.rooms if one.capacity]
    if not free or not counted:
        return None
    session, room = rng.choice(free), rng.choice(counted)
    return _changed(problem, replace(session, rooms=(room.code,), seats=room.capacity + 1))
