"""Timetable proposals: asked for, searched in the background, accepted into the draft, and taken up after a crash."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from plenaria.core.events import services as event_services
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.people import services as people
from plenaria.core.storage.database import UniqueViolated, count_queries, transaction
from plenaria.plugins.agenda import queries, services
from plenaria.plugins.agenda.queries import SearchInput
from plenaria.plugins.agenda.services import proposals as proposal_services
from plenaria.plugins.agenda.services import searching
from plenaria.plugins.agenda.settings import AbsenceItem, AgendaSettings, NewProposal, PartItem
from plenaria.plugins.agenda.solver.check import costs, violations
from plenaria.plugins.agenda.solver.problem import (
    Answer,
    Contradiction,
    Placement,
    Problem,
    Progress,
    Proposal,
    Unsolved,
    Wish,
)
from plenaria.plugins.agenda.tables import TimetableProposal
from tests.plugins.agenda.samples import ANA_ITEM, LUIS_ITEM, NINE, session_item
from tests.plugins.agenda.test_services import SECTION, codes, declare, put
from tests.site import Site

DRAFT = replace(
    SECTION,
    sessions=(
        session_item("opening"),
        session_item("panel", starts_at=None, room="", state="draft"),
        session_item("talk", starts_at=None, room="", people=(PartItem(person="luis"),), state="draft"),
    ),
    released=False,
)
BASE = "/congress/organise/agenda/proposals"
API = "/api/v1/events/congress/schedule/proposals"


def first_fit(
    asked: SearchInput, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool], /
) -> Answer:
    """Each session at the first place that breaks no rule."""
    placements = [each.fixed for each in asked.problem.sessions if each.fixed]
    for each in asked.problem.sessions:
        if each.fixed is None:
            placements.append(_first_place(asked.problem, each.code, placements))
    found = costs(asked.problem, placements)
    total = sum(each.cost for each in found)
    on_progress(Progress(phase="cost", seconds=1.0, cost=total, bound=0))
    return Proposal(placements=tuple(sorted(placements)), costs=found, cost=total, bound=0, is_proven=total == 0)


def _first_place(problem: Problem, code: str, placements: list[Placement]) -> Placement:
    wanted = {each.session for each in placements} | {code}
    smaller = replace(problem, sessions=tuple(each for each in problem.sessions if each.code in wanted))
    for day in problem.days:
        for start in range(day.open.start, day.open.end, 5):
            for room in problem.rooms:
                placed = Placement(code, room.code, start)
                if not violations(smaller, [*placements, placed]):
                    return placed
    raise AssertionError(f"no place for {code}")


class Slow:
    """A search that goes on until it is stopped or let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.was_stopped = False

    def __call__(
        self, asked: SearchInput, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool], /
    ) -> Answer:
        on_progress(Progress(phase="search", seconds=3.0))
        while not self.let_go.wait(0.01):
            if should_stop():
                self.was_stopped = True
                return Unsolved(seconds=3.0)
        return first_fit(asked, on_progress, should_stop)


@pytest_asyncio.fixture
async def event(site: Site) -> AsyncIterator[EventView]:
    """The congress with a confirmed opening and two drafts that have neither start nor room."""
    yield await declare(site, DRAFT)
    await services.stop_searches(now=site.now)


async def ask(site: Site, event: EventView, **asked: Any) -> int:
    return await services.ask_for_proposal(event, NewProposal(**asked), by="test", now=site.now)


async def look(site: Site, solver: Any = first_fit) -> None:
    await services.run_searches(now=site.now, solver=solver)


async def until(
    site: Site, event: EventView, number: int, *states: str, solver: Any = first_fit
) -> queries.ProposalView:
    """Look as the worker does until the proposal is in one of the states."""
    for _ in range(500):
        await look(site, solver)
        found = await queries.proposal(event, number)
        assert found is not None
        if found.state in states:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"{found.state} is none of {states}")


async def solved(site: Site, event: EventView, **asked: Any) -> int:
    number = await ask(site, event, **asked)
    await until(site, event, number, "solved")
    return number


async def accept(site: Site, event: EventView, number: int) -> int:
    return await services.accept_proposal(event, number, by="test", now=site.now)


async def places(event: EventView) -> dict[str, tuple[str, Any]]:
    return {each.code: (each.room, each.starts_at) for each in (await queries.draft(event.id)).sessions}


# -------------------------------------------------------------------------------------------------- the search


async def test_what_is_asked_is_sought_by_the_worker_and_accepted_into_the_draft(site: Site, event: EventView) -> None:
    before, revisions = await places(event), await queries.session_revisions(event.id)

    number = await ask(site, event)
    waiting = await queries.proposal(event, number)
    found = await until(site, event, number, "solved")

    assert waiting is not None
    assert (waiting.state, waiting.moves, found.ended_at) == ("waiting", (), site.now)
    assert [each.session for each in found.moves] == ["panel", "talk"] or len(found.moves) == 2
    assert await places(event) == before
    assert await accept(site, event, number) == 2
    after, later = await places(event), await queries.session_revisions(event.id)
    assert {code: after[code] for code in ("panel", "talk")} == {
        each.session: (each.room, each.starts_at) for each in found.moves
    }
    assert after["opening"] == before["opening"]
    assert {code: later[code] - revisions[code] for code in later} == {"opening": 0, "panel": 1, "talk": 1}
    settings = AgendaSettings()
    assert services.conflicts_of(await queries.draft(event.id), event, settings) == ()
    assert await queries.schedule(event) is None
    accepted = await queries.proposal(event, number)
    assert accepted is not None
    assert (accepted.state, accepted.decided_by, accepted.moves) == ("accepted", "test", found.moves)


async def test_a_proposal_is_accepted_once(site: Site, event: EventView) -> None:
    number = await solved(site, event)
    await accept(site, event, number)

    with pytest.raises(Refused) as refused:
        await accept(site, event, number)

    assert codes(refused) == ["already_accepted"]


async def test_the_real_solver_keeps_every_wish_and_proves_it(site: Site, event: EventView) -> None:
    number = await ask(site, event, limit_s=20)

    found = await until(site, event, number, "solved", "gave_up", "failed", solver=searching.solve)

    assert found.state == "solved"
    assert found.answer.proposal is not None
    problem = await queries.problem_asked(event, number)
    assert violations(problem, found.answer.proposal.placements) == ()
    assert found.answer.proposal.is_proven
    assert await accept(site, event, number) == 2
    assert services.conflicts_of(await queries.draft(event.id), event, AgendaSettings()) == ()


async def test_the_real_solver_names_the_wishes_that_contradict(site: Site, event: EventView) -> None:
    away = AbsenceItem(starts_at=NINE - timedelta(days=1), ends_at=NINE + timedelta(days=5))
    item = replace(LUIS_ITEM, absences=(away,))
    await services.store(event, queries.PEOPLE, item, code="luis", revision=None, by="test", now=site.now)
    number = await ask(site, event, limit_s=20)

    found = await until(site, event, number, "contradicted", "gave_up", "failed", solver=searching.solve)

    assert found.state == "contradicted"
    assert found.answer.contradiction is not None
    assert [(each.code, each.facts) for each in found.answer.contradiction.wishes] == [
        ("availability", {"person": "luis"})
    ]
    assert found.answer.contradiction.is_minimal


# ------------------------------------------------------------------------------------------------- one at a time


async def test_a_second_search_of_an_event_is_refused_while_the_first_waits_or_goes_on(
    site: Site, event: EventView
) -> None:
    number, slow = await ask(site, event), Slow()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await ask(site, event)
        assert codes(refused) == ["search_under_way"]
        await until(site, event, number, "solving", solver=slow)

    slow.let_go.set()
    await until(site, event, number, "solved", solver=slow)
    assert await ask(site, event) == number + 1


async def test_the_database_itself_keeps_a_second_search_out(site: Site, event: EventView) -> None:
    await ask(site, event)

    with pytest.raises(UniqueViolated):
        async with transaction():
            await TimetableProposal(
                event=event.id,
                number=99,
                busy=event.id,
                asked_at=site.now,
                asked_by="test",
                asked="{}",
                wishes="{}",
                problem="{}",
            ).save()


async def test_events_queue_and_the_one_that_asked_first_is_first(site: Site, event: EventView) -> None:
    other = await declare(site, DRAFT, site.other_event)
    first = await ask(site, event)
    site.now += timedelta(seconds=1)
    second = await ask(site, other)
    slow = Slow()

    await until(site, event, first, "solving", solver=slow)
    waiting = await queries.proposal(other, second)
    slow.let_go.set()
    await until(site, event, first, "solved", solver=slow)
    await until(site, other, second, "solved", solver=slow)

    assert waiting is not None
    assert waiting.state == "waiting"


async def test_how_far_it_is_is_written_down(site: Site, event: EventView) -> None:
    number, slow = await ask(site, event), Slow()
    await until(site, event, number, "solving", solver=slow)

    for _ in range(100):
        await look(site, slow)
        found = await queries.proposal(event, number)
        if found and found.progress and found.progress.phase == "search":
            break
        await asyncio.sleep(0.01)

    assert found is not None
    assert found.progress == Progress(phase="search", seconds=3.0)


async def test_the_clock_of_a_search_goes_on_while_its_solver_says_nothing(site: Site, event: EventView) -> None:
    let_go = threading.Event()

    def silent(asked: SearchInput, *_: Any) -> Answer:
        let_go.wait(20)
        return Unsolved(seconds=0.0)

    client = await site.signed_in("programme")
    number = await ask(site, event, limit_s=100)
    await until(site, event, number, "solving", solver=silent)

    told = []
    for _ in range(3):
        site.now += timedelta(seconds=42)
        await look(site, silent)
        told.append((await client.get(f"{API}/{number}")).json()["progress"]["seconds"])
    shown = await client.get(f"{BASE}/{number}", headers={"Accept-Language": "en"})
    let_go.set()

    assert told == [42.0, 84.0, 100.0]
    assert "100 of at most 100 s" in shown.text


async def test_the_clock_is_never_behind_what_the_solver_said(site: Site, event: EventView) -> None:
    number, slow = await ask(site, event), Slow()
    await until(site, event, number, "solving", solver=slow)
    search = searching._searches[site.database]
    for _ in range(200):
        if search.progress.phase == "search":
            break
        await asyncio.sleep(0.01)

    later = search.progress_at(site.now + timedelta(seconds=2))

    assert later == Progress(phase="search", seconds=3.0)
    slow.let_go.set()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_first_timetable_is_not_sought_once_there_is_one(site: Site, event: EventView) -> None:
    client = await site.signed_in("programme")
    number = await ask(site, event)
    progress = Progress(phase="search", seconds=1.0, cost=101, bound=7)
    values: dict[Any, Any] = {"state": "solving", "progress": msgspec.json.encode(progress).decode()}
    await TimetableProposal.update(values).where(TimetableProposal.event == event.id)

    shown = await client.get(f"{BASE}/{number}", headers={"Accept-Language": "en"})

    assert "Looking for a better timetable. Best so far: 101 points; no timetable can have fewer than 7." in shown.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_why_there_is_no_timetable_is_said_of_what_was_asked(site: Site, event: EventView) -> None:
    def nothing(*_: Any) -> Answer:
        return Unsolved(seconds=60.0)

    client = await site.signed_in("programme")

    async def said(number: int) -> str:
        return (await client.get(f"{BASE}/{number}", headers={"Accept-Language": "en"})).text

    few = await ask(site, event)
    await until(site, event, few, "gave_up", solver=nothing)
    everything = await ask(site, event, may_move="all")
    await until(site, event, everything, "gave_up", solver=nothing)
    stopped = await ask(site, event, may_move="all")
    await services.stop_proposal(event, stopped, by="test", now=site.now)

    assert "Request another with more time, or let more sessions move." in await said(few)
    assert "Request another with more time.<" in await said(everything)
    assert "The search was stopped before a timetable was found." in await said(stopped)
    assert "in the time available" not in await said(stopped)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_asking_page_warns_while_nothing_holds_openings_in_place(site: Site, event: EventView) -> None:
    client = await site.signed_in("programme")
    warning = "so may the opening and the closing"

    before = await client.get(BASE, headers={"Accept-Language": "en"})
    await put(site, event, session_item("opening", is_fixed=True))
    after = await client.get(BASE, headers={"Accept-Language": "en"})

    assert warning in before.text
    assert warning not in after.text


async def test_stopping_ends_what_waits_at_once_and_what_goes_on_soon(site: Site, event: EventView) -> None:
    waiting = await ask(site, event)
    await services.stop_proposal(event, waiting, by="test", now=site.now)
    number, slow = await ask(site, event), Slow()
    await until(site, event, number, "solving", solver=slow)
    await services.stop_proposal(event, number, by="test", now=site.now)
    stopping = await queries.proposal(event, number)

    found = await until(site, event, number, "gave_up", solver=slow)

    ended = await queries.proposal(event, waiting)
    assert ended is not None
    assert stopping is not None
    assert (ended.state, stopping.state, stopping.is_stopping) == ("gave_up", "solving", True)
    assert slow.was_stopped
    assert found.answer.proposal is None
    with pytest.raises(Refused) as refused:
        await services.stop_proposal(event, number, by="test", now=site.now)
    assert codes(refused) == ["search_is_over"]


# ------------------------------------------------------------------------------------------- workers that end


async def test_a_worker_that_ends_gives_its_search_back_to_the_queue(site: Site, event: EventView) -> None:
    number, slow = await ask(site, event), Slow()
    await until(site, event, number, "solving", solver=slow)

    await services.stop_searches(now=site.now)

    found = await queries.proposal(event, number)
    assert found is not None
    assert (found.state, slow.was_stopped) == ("waiting", True)
    await until(site, event, number, "solved")


async def test_a_search_whose_worker_was_killed_is_taken_up_again_when_its_lease_is_over(
    site: Site, event: EventView, forget_search: Callable[[], None]
) -> None:
    number, slow = await ask(site, event), Slow()
    await until(site, event, number, "solving", solver=slow)
    forget_search()

    await look(site)
    still = await queries.proposal(event, number)
    site.now += searching.LEASE + timedelta(seconds=1)
    await until(site, event, number, "solved")

    assert still is not None
    assert still.state == "solving"
    slow.let_go.set()


async def test_a_worker_that_lost_its_lease_stops_and_stores_nothing(site: Site, event: EventView) -> None:
    number, slow = await ask(site, event), Slow()
    await until(site, event, number, "solving", solver=slow)
    await TimetableProposal.update({"worker": "another"}).where(TimetableProposal.event == event.id)

    for _ in range(200):
        await look(site, slow)
        if slow.was_stopped:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    await look(site, slow)

    found = await queries.proposal(event, number)
    assert found is not None
    assert (found.state, slow.was_stopped) == ("solving", True)


async def test_a_search_that_kills_every_worker_is_marked_failed(
    site: Site, event: EventView, forget_search: Callable[[], None]
) -> None:
    number = await ask(site, event)
    for _ in range(searching.MOST_ATTEMPTS):
        await look(site, Slow())
        forget_search()
        site.now += searching.LEASE + timedelta(seconds=1)

    found = await until(site, event, number, "failed")

    assert found.answer.failure == "search_killed"
    assert await ask(site, event) == number + 1


async def test_two_workers_never_take_up_the_same_search(site: Site, event: EventView) -> None:
    await ask(site, event)

    taken = await asyncio.gather(*(searching._take_up(site.now) for _ in range(5)))

    assert sum(each is not None for each in taken) == 1


async def test_a_search_that_goes_wrong_is_marked_and_says_so(site: Site, event: EventView) -> None:
    def broken(*_: Any) -> Answer:
        raise RuntimeError("no")

    number = await ask(site, event)

    found = await until(site, event, number, "failed", solver=broken)

    assert found.answer.failure == "search_failed"


@pytest_asyncio.fixture
def forget_search(site: Site) -> Callable[[], None]:
    """As when the process is gone: nobody looks after the search any more."""

    def forget() -> None:
        gone = searching._searches.pop(site.database)
        gone.stop.set()

    return forget


# ------------------------------------------------------------------------------------------ changed meanwhile


async def test_a_session_moved_meanwhile_is_not_moved_back(site: Site, event: EventView) -> None:
    number = await solved(site, event, may_move="all")
    await services.move_session(
        event, "opening", room="side", starts_at=NINE + timedelta(hours=4), revision=None, by="test", now=site.now
    )
    before = await places(event)

    with pytest.raises(Refused) as refused:
        await accept(site, event, number)

    assert codes(refused) == ["draft_changed_since"]
    titles = [{"es": "Sesión opening", "en": "Session opening"}]
    assert refused.value.refusals[0].facts == {"count": 1, "sessions": titles}
    assert await places(event) == before


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("change", ["longer", "another person", "taken out", "new and placed", "absence", "hours"])
async def test_whatever_makes_another_problem_refuses_the_proposal(site: Site, event: EventView, change: str) -> None:
    number = await solved(site, event)
    panel = session_item("panel", starts_at=None, room="", state="draft")
    match change:
        case "longer":
            await put(site, event, replace(panel, duration_min=90))
        case "another person":
            await put(site, event, replace(panel, people=(PartItem(person="luis"),)))
        case "taken out":
            await services.remove_session(event, "panel", by="test", now=site.now)
        case "new and placed":
            item = session_item("extra", minutes_later=60)
            await services.store_session(event, item, code=None, revision=None, by="test", now=site.now)
        case "absence":
            await absent(site, event)
        case "hours":
            settings = AgendaSettings()
            hours = replace(settings.timetable, closes=settings.timetable.closes.replace(hour=18))
            await event_services.change_settings(
                event, "agenda", replace(settings, timetable=hours), by="test", now=site.now
            )

    with pytest.raises(Refused) as refused:
        await accept(site, event, number)

    is_session = change not in ("absence", "hours")
    assert codes(refused) == ["draft_changed_since" if is_session else "needs_changed_since"]


async def absent(site: Site, event: EventView) -> None:
    away = AbsenceItem(starts_at=NINE, ends_at=NINE + timedelta(hours=2))
    item = replace(LUIS_ITEM, absences=(away,))
    await services.store(event, queries.PEOPLE, item, code="luis", revision=None, by="test", now=site.now)


async def test_a_session_that_is_fixed_is_stored_and_never_moved(site: Site, event: EventView) -> None:
    await put(site, event, session_item("opening", is_fixed=True, state="draft"))
    number = await solved(site, event, may_move="all")

    found = await queries.proposal(event, number)

    assert found is not None
    assert [each.session for each in found.spots] == ["panel", "talk"]
    section = await queries.section_of(event)
    assert {each.code: each.is_fixed for each in section.sessions} == {"opening": True, "panel": False, "talk": False}
    assert await accept(site, event, number) == 2
    assert (await queries.draft(event.id)).fixed == {"opening"}


async def test_a_new_title_does_no_harm(site: Site, event: EventView) -> None:
    number = await solved(site, event)
    renamed = session_item("panel", starts_at=None, room="", state="draft", title={"es": "Otro título"})
    await put(site, event, renamed)

    assert await accept(site, event, number) == 2
    session = (await queries.draft(event.id)).session("panel")
    assert session is not None
    assert session.title == {"es": "Otro título"}


async def test_what_is_put_aside_cannot_be_accepted(site: Site, event: EventView) -> None:
    number = await solved(site, event)

    await services.discard_proposal(event, number, by="test", now=site.now)

    for decide in (services.accept_proposal, services.discard_proposal):
        with pytest.raises(Refused):
            await decide(event, number, by="test", now=site.now)


async def test_there_must_be_rooms_and_something_to_place(site: Site) -> None:
    bare = await declare(site, replace(DRAFT, rooms=(), sessions=()))
    with pytest.raises(Refused) as no_rooms:
        await ask(site, bare)
    full = await declare(site, replace(DRAFT, sessions=DRAFT.sessions[:1]))
    with pytest.raises(Refused) as nothing:
        await ask(site, full)

    assert (codes(no_rooms), codes(nothing)) == (["no_rooms"], ["nothing_to_place"])


async def test_a_session_longer_than_any_day_is_named_at_once(site: Site, event: EventView) -> None:
    await put(site, event, session_item("talk", starts_at=None, room="", duration_min=601, state="draft"))

    with pytest.raises(Refused) as refused:
        await ask(site, event)

    assert codes(refused) == ["longer_than_a_day"]
    assert refused.value.refusals[0].facts == {"sessions": [{"es": "Sesión talk", "en": "Session talk"}]}


# --------------------------------------------------------------------------------------------------- absences


async def test_an_absence_is_declared_read_back_and_a_serious_conflict_that_is_never_public(site: Site) -> None:
    away = AbsenceItem(starts_at=NINE + timedelta(minutes=44), ends_at=NINE + timedelta(hours=2))
    section = replace(SECTION, people=(replace(ANA_ITEM, absences=(away,)), LUIS_ITEM), released=False)
    event = await declare(site, section)

    assert await queries.section_of(event) == section
    draft = await queries.draft(event.id)
    (found,) = services.conflicts_of(draft, event, AgendaSettings())
    assert (found.code, found.sessions, found.is_hard) == ("person_unavailable", ("opening",), True)
    await services.release(event, reason="Llega en helicóptero", by="test", now=site.now)
    schedule = await queries.schedule(event)
    assert b"absences" not in msgspec.json.encode(schedule)


@pytest.mark.parametrize(("starts", "ends"), [(-60, 0), (45, 60)])
async def test_who_leaves_as_the_session_ends_or_comes_as_it_starts_is_there(
    site: Site, starts: int, ends: int
) -> None:
    away = AbsenceItem(starts_at=NINE + timedelta(minutes=starts), ends_at=NINE + timedelta(minutes=ends))
    section = replace(SECTION, people=(replace(ANA_ITEM, absences=(away,)), LUIS_ITEM), released=False)

    event = await declare(site, section)

    assert services.conflicts_of(await queries.draft(event.id), event, AgendaSettings()) == ()


# ------------------------------------------------------------------------------------------------------ pages


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_organiser_asks_watches_and_accepts(site: Site, event: EventView) -> None:
    client = await site.signed_in("programme")

    sent = await client.post(BASE, data={"may_move": "unplaced", "limit_s": "30"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{BASE}/1")
    waiting = await client.get(f"{BASE}/1")
    assert "data-proposal-running" in waiting.text
    assert '<noscript><meta http-equiv="refresh"' in waiting.text
    assert f'href="{BASE}/1"' in (await client.get(BASE)).text
    await until(site, event, 1, "solved")
    ready = await client.get(f"{BASE}/1")
    assert "data-proposal-running" not in ready.text
    assert "Sesión panel" in ready.text
    done = await client.post(f"{BASE}/1/accept")
    assert (done.status_code, done.headers["location"]) == (303, "/congress/organise/agenda/board?day=2025-10-01")
    assert "Sesión panel" in (await client.get(done.headers["location"])).text
    assert (await client.get(f"{BASE}/1")).status_code == 200
    assert (await client.post(f"{BASE}/1/accept")).status_code == 409


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_lists_take_as_many_queries_for_three_proposals_as_for_one(site: Site, event: EventView) -> None:
    client = await site.signed_in("programme")

    async def counted() -> list[int]:
        await solved(site, event)
        found = []
        for path in (BASE, API, f"{BASE}/1"):
            with count_queries() as seen:
                assert (await client.get(path)).status_code == 200
            found.append(len(seen))
        return found

    first = await counted()
    await counted()

    assert await counted() == first


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_absence_is_among_what_is_kept_about_a_person(site: Site) -> None:
    away = AbsenceItem(starts_at=NINE, ends_at=NINE + timedelta(hours=1))
    await declare(site, replace(SECTION, people=(replace(ANA_ITEM, absences=(away,)), LUIS_ITEM), released=False))
    person = await people.ensure_person("ana@ponentes.example", now=site.now)

    kept = await queries.personal_data(person.id)

    assert kept["people"][0]["absences"] == [{"starts_at": "2025-10-01T15:00:00Z", "ends_at": "2025-10-01T16:00:00Z"}]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_stale_proposal_offers_no_button_and_names_what_changed(site: Site, event: EventView) -> None:
    client = await site.signed_in("programme")
    number = await solved(site, event)
    await put(site, event, session_item("talk", starts_at=None, room="", duration_min=30, state="draft"))

    shown = await client.get(f"{BASE}/{number}", headers={"Accept-Language": "en"})
    refused = await client.post(f"{BASE}/{number}/accept", headers={"Accept-Language": "en"})

    assert f"{BASE}/{number}/accept" not in shown.text
    assert refused.status_code == 409
    assert "Changed since then: Session talk." in refused.text
    program = await client.post(f"{API}/{number}/accept", headers={"Accept-Language": "en"})
    assert [(each["code"], each["detail"]) for each in program.json()["errors"]] == [
        (
            "draft_changed_since",
            "Sessions of the draft have changed since then (1): Session talk. Request another timetable.",
        )
    ]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_contradicting_wishes_are_shown_with_where_to_change_them(site: Site, event: EventView) -> None:
    wish = Wish("availability", {"person": "ana"})

    def impossible(*_: Any) -> Answer:
        return Contradiction(wishes=(wish,), is_minimal=True)

    client = await site.signed_in("programme")
    number = await ask(site, event)
    await until(site, event, number, "contradicted", solver=impossible)

    shown = await client.get(f"{BASE}/{number}")

    assert "Ana Ruiz participa en sesiones que se quedan donde están: “Sesión opening”." in shown.text
    assert "está ausente" not in shown.text
    assert 'href="/congress/organise/agenda/people/ana#field-absences"' in shown.text
    assert 'id="field-absences"' in (await client.get("/congress/organise/agenda/people/ana")).text
    assert 'href="/congress/organise/agenda/sessions/opening"' in shown.text
    assert 'href="/congress/organise/agenda/sessions/panel"' not in shown.text
    assert (await client.post(f"{BASE}/{number}/discard")).status_code == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_is_absent_is_told_with_hours_and_with_what_finds_no_time(site: Site, event: EventView) -> None:
    def impossible(*_: Any) -> Answer:
        return Contradiction(wishes=(Wish("availability", {"person": "luis"}),), is_minimal=True)

    client = await site.signed_in("programme")
    await absent(site, event)
    number = await ask(site, event)
    await until(site, event, number, "contradicted", solver=impossible)

    shown = await client.get(f"{BASE}/{number}", headers={"Accept-Language": "en"})

    assert "Luis Mora is absent: Oct 1, 2025, 09:00–11:00. So there is no time for: “Session talk”." in shown.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_without_the_extra_the_page_says_so_and_asking_is_refused(
    site: Site, event: EventView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposal_services, "find_spec", lambda name: None)
    client = await site.signed_in("programme")

    shown = await client.get(BASE, headers={"Accept-Language": "en"})
    sent = await client.post(API, json={}, headers={"Idempotency-Key": "1"})

    assert "the extra “timetable” is not installed" in shown.text
    assert 'name="limit_s"' not in shown.text
    assert (sent.status_code, sent.json()["errors"][0]["code"]) == (409, "solver_missing")
    assert (await client.get("/congress/organise/agenda/board")).status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("limit", ["4", "601", "soon"])
async def test_a_senseless_limit_is_told_at_its_field(site: Site, event: EventView, limit: str) -> None:
    client = await site.signed_in("programme")

    sent = await client.post(BASE, data={"may_move": "all", "limit_s": limit})

    assert sent.status_code == 422
    assert f'value="{limit}"' in sent.text


# -------------------------------------------------------------------------------------------------------- API


async def test_a_program_asks_reads_and_accepts(site: Site, event: EventView) -> None:
    client = await site.signed_in("programme")
    key = {"Idempotency-Key": "one"}

    sent = await client.post(API, json={"may_move": "drafts", "limit_s": 10}, headers=key)
    again = await client.post(API, json={"may_move": "drafts", "limit_s": 10}, headers=key)
    other = await client.post(API, json={}, headers={"Idempotency-Key": "two"})
    await until(site, event, 1, "solved")
    ready = (await client.get(f"{API}/1")).json()
    listed = (await client.get(API)).json()["items"]
    accepted = await client.post(f"{API}/1/accept")

    assert (sent.status_code, again.status_code, other.status_code) == (202, 202, 409)
    assert again.json() == sent.json()
    assert sent.json()["state"] == "waiting"
    assert ready["state"] == "solved"
    assert {each["session"] for each in ready["timetable"]["moves"]} == {"panel", "talk"}
    assert [(each["number"], each["cost"]) for each in listed] == [(1, ready["timetable"]["cost"])]
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert (await client.post(f"{API}/1/discard")).status_code == 409
    assert (await client.post(f"{API}/1/stop")).status_code == 409
    for number in (2, 0, 2**31, 10**30):
        assert (await client.get(f"{API}/{number}")).status_code == 404


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_proposal_of_another_event_is_not_there(site: Site, event: EventView) -> None:
    await solved(site, event)
    client = await site.signed_in("programme", event=site.other_event, email="eva@example.mx")

    for path in ("", "/accept", "/stop", "/discard"):
        method = "POST" if path else "GET"
        assert (await client.request(method, f"{API.replace('congress', 'other')}/1{path}")).status_code == 404
        assert (await client.request(method, f"{BASE.replace('congress', 'other')}/1{path}")).status_code == 404


async def test_every_decision_is_in_the_record_once(site: Site, event: EventView) -> None:
    from plenaria.core.storage.audit.tables import AuditLine

    number = await solved(site, event)
    await accept(site, event, number)
    stopped = await ask(site, event, may_move="all")
    await services.stop_proposal(event, stopped, by="test", now=site.now)
    await services.discard_proposal(event, stopped, by="test", now=site.now)

    rows = await AuditLine.select(AuditLine.action).where(AuditLine.action.like("proposal.%")).order_by(AuditLine.id)

    assert [row["action"] for row in rows] == [
        "proposal.asked",
        "proposal.accepted",
        "proposal.asked",
        "proposal.stopped",
        "proposal.discarded",
    ]
