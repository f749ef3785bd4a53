"""Our reading of COSPLIB: on a workbook written here in its format, scored by hand; on its own files where they are.

Those are third-party data (`cosplib/`, a copy of github.com/ahmedkheiri/CoSPLib): not ours to pass on, and not run without them.
"""

import datetime as dt
import re
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from msgspec.structs import replace

from benchmarks.cosplib import PUBLISHED, solve
from tests.plugins.agenda.solver.cosplib import (
    TERMS,
    Hours,
    Instance,
    Session,
    Solution,
    attendee_conflicts,
    chair_conflicts,
    faults,
    presenter_conflicts,
    read_instance,
    read_solution,
    score,
    solution_of,
    stated_objective,
    zone_penalty,
)
from tests.programs import third_party_file

WEIGHTS = dict(zip(TERMS, (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53), strict=True))

PARAMETERS = {
    "A1": "Time zones", "B2": "GMT+0", "B4": "08:00", "B5": dt.time(20, 0), "B7": "06:00:00", "B8": dt.time(22, 0),
    "B9": 1, "B11": 10, "D1": "Weights",
}  # fmt: skip
SESSIONS: list[tuple[Any, ...]] = [
    ("Sessions", "Max Number of Timeslots", "Date", "Start Time", "End Time"),
    ("Mon1", 3, "10/06/2025", dt.time(9, 0), dt.time(10, 30)),
    ("Mon2", 2, "10/06/2025", "11:00", "12:00"),
    ("Mon3", 2, "10/06/2025", "14:00:00", dt.time(15, 0)),
]
ROOMS: list[tuple[Any, ...]] = [("Rooms",), ("Red",), ("Blue",)]
TRACKS: list[tuple[Any, ...]] = [("Tracks", "Chairs"), ("Alpha", "Zoe"), ("Beta", "Zoe, Yan"), ("Gamma", None)]
SUBMISSIONS: list[tuple[Any, ...]] = [
    ("Reference", "Track", "Required Timeslots", "Order", "Time Zone", "Presenters", "Attendees",
     "Mon1", "Mon2", "Mon3", "Red", "Blue"),
    ("a1", "Alpha", 1, 1, "GMT+6", "Yan", None, 99, None, None, None, None),
    ("a2", "Alpha", 2, 2, "GMT-3", "Ann", None, 4, None, None, 2, None),
    ("a3", "Alpha", 1, 0, "GMT-1", "Ann", "Kim", None, None, None, None, None),
    ("b1", "Beta", 1, 1, "GMT-4", "Bob, Ann", "Kim, Lou", None, None, None, None, None),
    ("b2", "Beta", 1, 0, "GMT+5", None, "Yan", None, None, 1, None, None),
    ("g1", "Gamma", 1, 0, "GMT+12", "Gil", "Zoe", None, None, None, None, None),
    ("g2", "Gamma", 1, None, "GMT+0", "Gil", None, None, None, None, None, 3),
]  # fmt: skip
PENALTIES: dict[str, list[tuple[Any, ...]]] = {
    "tracks_sessions|penalty": [
        (None, "Mon1", "Mon2", "Mon3"), ("Alpha", 3, 100, None), ("Beta", None, None, 5), ("Gamma", None, None, 7),
    ],
    "tracks_rooms|penalty": [(None, "Red", "Blue"), ("Alpha", None, 4), ("Beta", 7, None), ("Gamma", None, None)],
    "similar tracks": [
        (None, "Alpha", "Beta", "Gamma"), ("Alpha", None, 6, 9), ("Beta", 1000, None, None), ("Gamma", None, 1000, None),
    ],
    "sessions_rooms|penalty": [(None, "Red", "Blue"), ("Mon1", None, 2), ("Mon2", None, 3), ("Mon3", None, None)],
}  # fmt: skip


def write_instance(path: Path, weights: dict[str, int] = WEIGHTS, **sheets: list[tuple[Any, ...]]) -> Path:
    book = openpyxl.Workbook()
    parameters = book.active
    assert parameters is not None
    parameters.title = "parameters"
    for cell, value in PARAMETERS.items():
        parameters[cell] = value
    for number, term in enumerate(TERMS, start=2):
        parameters.cell(number, 4, term)
        parameters.cell(number, 5, weights[term])
    everything = {"submissions": SUBMISSIONS, "tracks": TRACKS, "sessions": SESSIONS, "rooms": ROOMS} | PENALTIES
    for name, rows in (everything | sheets).items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def write_solution(path: Path, instance: Instance, solution: Solution, objective: int) -> Path:
    """As the library writes its own: tracks, an empty row, submissions; the objective on the second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "sol"
    sheet.append([None, *instance.rooms])
    for session in instance.sessions:
        sheet.append([session.code, *(solution.tracks.get((session.code, room)) for room in instance.rooms)])
    first = len(instance.sessions) + 3
    slots = [(session.code, number) for session in instance.sessions for number in range(session.slots)]
    for row, (code, number) in enumerate(slots, start=first):
        held = [solution.slots.get((code, room)) for room in instance.rooms]
        for column, value in enumerate([code, *(one[number] if one else "" for one in held)], start=1):
            sheet.cell(row, column, value or None)
    violations = book.create_sheet("violations")
    violations.append(["Obj", "Evaluate Tracks|Sessions"])
    violations.append([f"Objective Value = {objective}", "Alpha - Mon1", 3])
    book.save(path)
    return path


SAMPLE = Solution(
    tracks={
        ("Mon1", "Red"): "Alpha", ("Mon1", "Blue"): "Beta",
        ("Mon2", "Red"): "Gamma", ("Mon2", "Blue"): "Gamma",
        ("Mon3", "Red"): "Beta", ("Mon3", "Blue"): "Alpha",
    },
    slots={
        ("Mon1", "Red"): ("a2", "a2", "a3"), ("Mon1", "Blue"): ("b1", "", ""),
        ("Mon2", "Red"): ("g1", ""), ("Mon2", "Blue"): ("", "g2"),
        ("Mon3", "Red"): ("b2", ""), ("Mon3", "Blue"): ("a1", ""),
    },
)  # fmt: skip

BY_HAND = {
    "tracks_sessions": 3 + 5,  # Alpha in Mon1, Beta in Mon3
    "tracks_rooms": 4 + 7,  # Alpha in Blue, Beta in Red
    "sessions_rooms": 2 + 3,  # Blue in Mon1 and Mon2
    "similar_tracks": 6 + 6,  # Alpha beside Beta in Mon1 and Mon3; what stands below the diagonal counts for nothing
    "rooms_per_track": 1 + 1 + 1,  # each track is in both rooms
    "parallel_tracks": 1,  # Gamma in Mon2
    "consecutive_tracks": 2,  # Alpha and Beta are not in Mon2
    "submissions_timezones": 2 * 1
    + 10
    + 1
    + 10,  # a2 from 06:00 in two slots, b1 from 05:00, a1 until 21:00, g1 until 00:00
    "submissions_order": 2,  # Alpha's first is a2 and its third is a1
    "submissions_sessions": 2 * 4 + 1,  # a2 in Mon1 in two slots, b2 in Mon3
    "submissions_rooms": 2 * 2 + 3,  # a2 in Red in two slots, g2 in Blue
    "presenters": 2 + 1 + 1,  # Ann: a2 and b1, a3 and b1; Yan presents a1 and chairs b2's track; Gil: g1 and g2
    "attendees": 1 + 1,  # Kim: a3 and b1; Yan attends b2 and presents a1
    "chairs": 2,  # Zoe chairs Alpha and Beta: Mon1 and Mon3
    "presenters_by_slot": 1 + 1,  # a2 and b1, a1 and b2
    "attendees_by_slot": 1,  # a1 and b2
}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return read_instance(write_instance(tmp_path / "Small.xlsx"))


def test_every_term_is_scored_as_by_hand(instance: Instance) -> None:
    expected = {term: WEIGHTS[term] * BY_HAND[term] for term in TERMS} | {"torn": 0}

    assert score(instance, SAMPLE) == expected


@pytest.mark.parametrize("off", TERMS)
def test_a_weight_of_0_switches_its_term_off_and_no_other(tmp_path: Path, off: str) -> None:
    instance = read_instance(write_instance(tmp_path / "Small.xlsx", WEIGHTS | {off: 0}))
    expected = {term: WEIGHTS[term] * BY_HAND[term] for term in TERMS} | {"torn": 0, off: 0}

    assert score(instance, SAMPLE) == expected


def test_who_is_in_conflict_with_whom(instance: Instance) -> None:
    def pairs(found: set[frozenset[str]]) -> list[str]:
        return sorted(" ".join(sorted(pair)) for pair in found)

    assert pairs(presenter_conflicts(instance)) == ["a1 b1", "a1 b2", "a2 a3", "a2 b1", "a3 b1", "g1 g2"]
    assert pairs(attendee_conflicts(instance)) == ["a1 b2", "a1 g1", "a2 g1", "a3 b1", "a3 g1", "b1 g1", "b2 g1"]
    assert pairs(chair_conflicts(instance)) == ["Alpha Beta"]


def test_times_of_day_are_read_however_the_cell_is_made(instance: Instance) -> None:
    assert instance.sessions == (
        Session("Mon1", 3, 9 * 60, 10 * 60 + 30),
        Session("Mon2", 2, 11 * 60, 12 * 60),
        Session("Mon3", 2, 14 * 60, 15 * 60),
    )
    assert instance.hours == Hours(0, 8 * 60, 20 * 60, 6 * 60, 22 * 60, 1, 10)


@pytest.mark.parametrize(
    ("start", "end", "penalty"),
    [
        (480, 1200, 0), (475, 540, 1), (1140, 1205, 1), (360, 420, 1), (355, 420, 10),
        (1260, 1320, 1), (1260, 1325, 10), (1200, 5, 10), (1200, 360, 0), (1200, 355, 10),
    ],
)  # fmt: skip
def test_a_session_is_as_unsuitable_as_the_clock_there_says(
    instance: Instance, start: int, end: int, penalty: int
) -> None:
    assert zone_penalty(instance.hours, 0, Session("s", 1, start, end)) == penalty
    assert zone_penalty(instance.hours, 3, Session("s", 1, (start - 180) % 1440, (end - 180) % 1440)) == penalty


def test_submissions_fill_a_session_by_their_order_and_not_beyond(instance: Instance) -> None:
    everywhere = {"b1": ("Mon2", "Blue"), "b2": ("Mon2", "Blue"), "g1": ("Mon3", "Red"), "g2": ("Mon3", "Red")}
    full = everywhere | dict.fromkeys(("a2", "a3"), ("Mon1", "Red")) | {"a1": ("Mon3", "Blue")}

    assert solution_of(instance, full).slots["Mon1", "Red"] == ("a2", "a2", "a3")
    assert solution_of(instance, full).slots["Mon3", "Blue"] == ("a1", "")
    with pytest.raises(ValueError, match="4 slots are needed where there are 3"):
        solution_of(instance, full | {"a1": ("Mon1", "Red")})


def torn(instance: Instance, **slots: tuple[str, ...]) -> int:
    """The score of `torn` with other submissions in some rooms, named as Mon1_Red."""
    changed = {(place.split("_")[0], place.split("_")[1]): codes for place, codes in slots.items()}
    return score(instance, replace(SAMPLE, slots=SAMPLE.slots | changed))["torn"]


def test_a_submission_of_several_slots_is_held_in_one_piece(instance: Instance) -> None:
    assert torn(instance, Mon1_Red=("a3", "a2", "a2")) == 0
    assert torn(instance, Mon1_Red=("a2", "a3", "a2")) == 1_000_000_000
    assert torn(instance, Mon1_Red=("a3", "a2", ""), Mon3_Blue=("a1", "a2")) == 2 * 10_000_000 + 1_000_000_000
    assert torn(instance, Mon1_Red=("a3", "", "")) == 1_000_000_000
    assert torn(instance, Mon1_Red=("a2", "a2", "")) == 0  # a3 is nowhere, which `faults` tells


def test_what_makes_a_solution_none_is_told(instance: Instance) -> None:
    swapped = replace(SAMPLE, slots=SAMPLE.slots | {("Mon1", "Red"): ("a2", "b2", "a3")})

    assert faults(instance, SAMPLE) == ()
    assert faults(instance, swapped) == (
        "a2 has 1 of 2 slots",
        "b2 has 2 of 1 slots",
        "b2 is in Mon1, Red under Alpha",
    )


def test_a_written_solution_is_read_back(instance: Instance, tmp_path: Path) -> None:
    path = write_solution(tmp_path / "SmallSolution.xlsx", instance, SAMPLE, 1116)

    assert read_solution(path, instance) == SAMPLE
    assert stated_objective(path) == 1116


def test_a_solution_that_breaks_off_is_refused(instance: Instance, tmp_path: Path) -> None:
    shorter = replace(instance, sessions=(*instance.sessions[:2], replace(instance.sessions[2], slots=1)))
    path = write_solution(tmp_path / "SmallSolution.xlsx", shorter, SAMPLE, 0)

    with pytest.raises(ValueError, match="should have a row of Mon3"):
        read_solution(path, instance)


def test_a_solution_of_other_rooms_is_refused(instance: Instance, tmp_path: Path) -> None:
    path = write_solution(tmp_path / "SmallSolution.xlsx", replace(instance, rooms=("Red", "Green")), SAMPLE, 0)

    with pytest.raises(ValueError, match=r"speaks of the rooms \['Red', 'Green'\]"):
        read_solution(path, instance)


@pytest.mark.parametrize(
    ("sheets", "told"),
    [
        ({"tracks": [*TRACKS[:3], ("Delta", None)]}, "the tracks of submissions: nothing is called 'Gamma'"),
        ({"rooms": [("Rooms",), ("Red",)]}, "the columns of submissions: nothing is called 'Blue'"),
        (
            {"sessions_rooms|penalty": [(None, "Red", "Blue"), ("Tue1", 1, None)]},
            "sessions_rooms|penalty: nothing is called 'Tue1'",
        ),
        ({"sessions": [SESSIONS[0], ("Mon1", 3, None, "nine", "10:00")]}, "'nine' is no time of day"),
        ({"sessions": [SESSIONS[0], ("Mon1", "x", None, "09:00", "10:00")]}, "'x' is no whole number"),
    ],
)
def test_a_workbook_that_contradicts_itself_is_refused(tmp_path: Path, sheets: dict[str, Any], told: str) -> None:
    path = write_instance(tmp_path / "Small.xlsx", **sheets)

    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read_instance(path)


# --- the model in benchmarks/cosplib.py, against all solutions there are ---

IN_THE_MODEL = {
    term: 0 if term in ("submissions_order", "presenters_by_slot", "attendees_by_slot") else weight
    for term, weight in WEIGHTS.items()
}


def all_solutions(instance: Instance) -> list[Solution]:
    """Every way to put submissions into sessions and rooms that keeps a room to one track and to its slots."""
    slots = {session.code: session.slots for session in instance.sessions}
    places = [(session.code, room) for session in instance.sessions for room in instance.rooms]
    codes = [one.code for one in instance.submissions]
    found = []
    for chosen in product(places, repeat=len(codes)):
        where = dict(zip(codes, chosen, strict=True))
        by_place: dict[tuple[str, str], list[Any]] = {}
        for one in instance.submissions:
            by_place.setdefault(where[one.code], []).append(one)
        if all(
            len({one.track for one in ones}) == 1 and sum(one.slots for one in ones) <= slots[place[0]]
            for place, ones in by_place.items()
        ):
            found.append(solution_of(instance, where))
    return found


def small(tmp_path: Path, keep: tuple[str, ...]) -> Instance:
    whole = read_instance(write_instance(tmp_path / "Small.xlsx", IN_THE_MODEL))
    submissions = tuple(one for one in whole.submissions if one.code in keep)
    tracks = {one.track for one in submissions}
    return replace(
        whole,
        submissions=submissions,
        tracks=tuple(one for one in whole.tracks if one.code in tracks),
        similar_tracks={pair: cost for pair, cost in whole.similar_tracks.items() if pair <= tracks},
    )


@pytest.mark.parametrize("keep", [("a1", "a2", "b1", "b2"), ("a2", "a3", "b1", "g1"), ("a1", "b2", "g1", "g2")])
def test_the_model_finds_the_least_score_of_all(tmp_path: Path, keep: tuple[str, ...]) -> None:
    instance = small(tmp_path, keep)
    solutions = all_solutions(instance)
    terms = [score(instance, one) for one in solutions]
    with_one_room = [sum(one.values()) for one in terms if not (one["rooms_per_track"] or one["parallel_tracks"])]

    free = solve(instance, one_room=False, limit_s=60, workers=1)
    strict = solve(instance, one_room=True, limit_s=60, workers=1)

    assert free is not None
    assert strict is not None
    assert faults(instance, free.solution) == faults(instance, strict.solution) == ()
    assert (free.is_proven, free.cost) == (True, min(sum(one.values()) for one in terms))
    assert (strict.is_proven, strict.cost) == (True, min(with_one_room))
    assert sum(score(instance, free.solution).values()) == free.cost
    assert sum(score(instance, strict.solution).values()) == strict.cost


@pytest.mark.parametrize("weighty", ["rooms_per_track", "parallel_tracks", "presenters", "similar_tracks", "chairs"])
def test_the_model_counts_as_the_score_does_where_a_term_is_bought(tmp_path: Path, weighty: str) -> None:
    instance = small(tmp_path, ("a2", "a3", "b1", "b2", "g1", "g2"))
    one_session = replace(instance, sessions=instance.sessions[:1], rooms=("Red", "Blue", "Green", "Grey"))
    dear = replace(one_session, weights=one_session.weights | {weighty: 1})

    solved = solve(dear, one_room=False, limit_s=60, workers=1)

    assert solved is not None
    assert solved.is_proven
    assert sum(score(dear, solved.solution).values()) == solved.cost


def test_where_no_room_can_hold_a_track_nothing_is_found(tmp_path: Path) -> None:
    instance = small(tmp_path, ("a1", "a2", "a3", "g1"))
    cramped = replace(instance, sessions=instance.sessions[1:])

    assert solve(cramped, one_room=True, limit_s=60, workers=1) is not None
    assert solve(replace(cramped, sessions=cramped.sessions[:1]), one_room=True, limit_s=60, workers=1) is None


# --- the library's own files ---


@pytest.fixture(scope="module")
def library() -> Path:
    return third_party_file("cosplib/LICENSE.txt").parent


def compared(library: Path, name: str) -> dict[str, tuple[int, int | None, tuple[str, ...]]]:
    """Of each solution of an instance in a copy of the library: our score, the one it states, why it is none."""
    instance = read_instance(library / "Dataset" / f"{name}.xlsx")
    found = {}
    for file in sorted((library / "Solutions").glob(f"*/{name}Solution.xlsx")):
        solution = read_solution(file, instance)
        found[file.parent.name] = (
            sum(score(instance, solution).values()),
            stated_objective(file),
            faults(instance, solution),
        )
    return found


def test_a_library_laid_out_like_theirs_is_compared(tmp_path: Path) -> None:
    for folder in ("Dataset", "Solutions/Exact Model", "Solutions/Extended Model"):
        (tmp_path / folder).mkdir(parents=True)
    instance = read_instance(write_instance(tmp_path / "Dataset" / "Small.xlsx"))
    true, wrong = sum(WEIGHTS[term] * BY_HAND[term] for term in TERMS), 1
    write_solution(tmp_path / "Solutions" / "Exact Model" / "SmallSolution.xlsx", instance, SAMPLE, true)
    write_solution(tmp_path / "Solutions" / "Extended Model" / "SmallSolution.xlsx", instance, SAMPLE, wrong)

    assert compared(tmp_path, "Small") == {"Exact Model": (true, true, ()), "Extended Model": (true, wrong, ())}


WEIGHT_THEN = {
    "GECCO19": {"similar_tracks": Fraction(1, 10), "consecutive_tracks": Fraction(10)},
    "GECCO20": {"similar_tracks": Fraction(1, 20), "submissions_order": Fraction(0)},
    "GECCO21": {"similar_tracks": Fraction(1, 20)},
    "N2OR": {"consecutive_tracks": Fraction(10), "submissions_order": Fraction(0)},
}
"""How much a term weighed when the solution's workbook was written, as a share of its weight in the instance today.

Found by comparing the workbooks' totals term by term; the published scores (`PUBLISHED`) are those of today's weights.
"""


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_published_solution_scores_what_it_says_itself(library: Path, name: str) -> None:
    found = compared(library, name)

    assert found
    assert {reasons for _, _, reasons in found.values()} == {()}
    instance = read_instance(library / "Dataset" / f"{name}.xlsx")
    for model, (_, stated, _) in found.items():
        solution = read_solution(library / "Solutions" / model / f"{name}Solution.xlsx", instance)
        then = {
            term: ours * WEIGHT_THEN[name].get(term, Fraction(1)) for term, ours in score(instance, solution).items()
        }
        assert (model, sum(then.values())) == (model, stated)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_published_score_is_reproduced(library: Path, name: str) -> None:
    assert PUBLISHED[name] in [ours for ours, _, _ in compared(library, name).values()]
