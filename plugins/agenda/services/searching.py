"""The searches of one worker: taken up one after the other, each in a thread of its own, never in the event loop.

`run_searches` is a regular job. It only looks after what goes on: takes up a search by one conditional UPDATE, which gives it
a lease, renews the lease while the search's thread lives, writes down how far it is, and stores the answer. A worker that
is killed renews nothing, so another takes its search up when the lease is over; after `MOST_ATTEMPTS` it is marked failed.
"""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import replace

from plenaria.core.storage.database import Database, current, transaction
from plenaria.plugins.agenda import queries
from plenaria.plugins.agenda.queries import Answered, SearchInput
from plenaria.plugins.agenda.solver.problem import Answer, Contradiction, Progress, Proposal
from plenaria.plugins.agenda.tables import TimetableProposal

logger = logging.getLogger("plenaria.agenda.searching")

LOOK_EVERY_S: Final = 1.0
LEASE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 3
SOLVER_THREADS: Final = 2
STOP_WITHIN_S: Final = 10.0


class Solver(Protocol):
    """How an answer is searched for; runs in a thread. Returns early, with the best so far, once `should_stop` is true."""

    def __call__(
        self, asked: SearchInput, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool], /
    ) -> Answer: ...


def solve(asked: SearchInput, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool], /) -> Answer:
    """The real search, in a process of its own."""
    from plenaria.plugins.agenda.solver.process import repair as repair_in_process
    from plenaria.plugins.agenda.solver.process import solve as solve_in_process

    options: dict[str, Any] = {
        "limit_s": float(asked.asked.limit_s),
        "workers": SOLVER_THREADS,
        "on_progress": on_progress,
        "should_stop": should_stop,
    }
    if asked.before:
        return repair_in_process(asked.problem, asked.before, **options)
    return solve_in_process(asked.problem, **options)


class _Search:
    """One search in its thread."""

    def __init__(self, asked: SearchInput, worker: str, solver: Solver, *, now: datetime) -> None:
        self.asked, self.worker, self.taken_up_at = asked, worker, now
        self.progress = Progress(phase="start", seconds=0.0)
        self.answer: Answered | None = None
        self.stop = threading.Event()
        self._solver = solver
        self._thread = threading.Thread(target=self._run, name=f"timetable-{asked.id}", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def progress_at(self, now: datetime) -> Progress:
        """The solver's last progress, with the time since the search was taken up: a solver may report nothing for minutes."""
        seconds = max(self.progress.seconds, (now - self.taken_up_at).total_seconds())
        return replace(self.progress, seconds=min(seconds, float(self.asked.asked.limit_s)))

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self.answer = _answered(self._solver(self.asked, self._note, self.stop.is_set))
        except ImportError:
            self.answer = Answered(failure="solver_missing")
        except Exception:
            logger.exception("a search for a timetable failed", extra={"proposal": self.asked.number})
            self.answer = Answered(failure="search_failed")

    def _note(self, progress: Progress) -> None:
        self.progress = progress


def _answered(answer: Answer) -> Answered:
    if isinstance(answer, Proposal):
        return Answered(proposal=answer)
    return Answered(contradiction=answer) if isinstance(answer, Contradiction) else Answered()


_searches: WeakKeyDictionary[Database, _Search] = WeakKeyDictionary()
"""By database (a process may open several, one after the other): the search that goes on in this process."""


async def run_searches(*, now: datetime, solver: Solver = solve) -> None:
    """Look after the search that goes on here, or take up the next."""
    search = _searches.get(current())
    if search is not None and await _look_after(search, now):
        return
    _searches.pop(current(), None)
    if asked := await _take_up(now):
        _searches[current()] = _Search(*asked, solver, now=now)


async def _take_up(now: datetime) -> tuple[SearchInput, str] | None:
    """The next search, ours from now on; None when there is none, or another worker was quicker."""
    due = await queries.due_search(now)
    if due is None:
        return None
    due_id, attempts = due
    if attempts >= MOST_ATTEMPTS:
        await _give_up(due_id, now)
        return None
    worker = secrets.token_hex(16)
    values: dict[Any, Any] = {
        "state": "solving",
        "worker": worker,
        "lease_until": now + LEASE,
        TimetableProposal.attempts: TimetableProposal.attempts + 1,
        "progress": "",
    }
    taken = await TimetableProposal.update(values).where(_may_be_taken(due_id, now)).returning(TimetableProposal.id)
    return (await queries.search_input(due_id), worker) if taken else None


def _may_be_taken(due_id: int, now: datetime) -> Any:
    is_abandoned = (TimetableProposal.state == "solving") & (TimetableProposal.lease_until < now)
    return (TimetableProposal.id == due_id) & ((TimetableProposal.state == "waiting") | is_abandoned)


async def _give_up(due_id: int, now: datetime) -> None:
    """Every worker that took it up was killed: it may well be the search that kills them."""
    values = _ended("failed", Answered(failure="search_killed"), now)
    await TimetableProposal.update(values).where(_may_be_taken(due_id, now))


async def _look_after(search: _Search, now: datetime) -> bool:
    """Whether the search still goes on after this look."""
    if search.is_over:
        await _store(search, now)
        return False
    values: dict[Any, Any] = {"lease_until": now + LEASE, "progress": _progress(search, now)}
    rows = await TimetableProposal.update(values).where(_is_ours(search)).returning(TimetableProposal.is_stopping)
    if not rows or rows[0]["is_stopping"]:
        search.stop.set()
    return True


async def _store(search: _Search, now: datetime) -> None:
    """The answer, unless somebody else has the search by now."""
    answer = search.answer or Answered(failure="search_failed")
    values = {**_ended(_state_after(answer), answer, now), "progress": _progress(search, now)}
    async with transaction():
        await TimetableProposal.update(values).where(_is_ours(search))


def _progress(search: _Search, now: datetime) -> str:
    return msgspec.json.encode(search.progress_at(now)).decode()


def _state_after(answer: Answered) -> queries.ProposalState:
    if answer.failure:
        return "failed"
    if answer.proposal:
        return "solved"
    return "contradicted" if answer.contradiction else "gave_up"


def _ended(state: str, answer: Answered, now: datetime) -> dict[Any, Any]:
    return {
        "state": state,
        "busy": None,
        "worker": "",
        "lease_until": None,
        "answer": msgspec.json.encode(answer).decode(),
        "ended_at": now,
    }


def _is_ours(search: _Search) -> Any:
    return (TimetableProposal.id == search.asked.id) & (TimetableProposal.worker == search.worker)


async def stop_searches(*, now: datetime) -> None:
    """The worker ends: its search is stopped and goes back to the queue, unless it just had its answer."""
    search = _searches.pop(current(), None)
    if search is None:
        return
    was_over = search.is_over
    search.stop.set()
    await _joined(search)
    if was_over or await _was_asked_to_stop(search):
        await _store(search, now)
        return
    values: dict[Any, Any] = {
        "state": "waiting",
        "worker": "",
        "lease_until": None,
        TimetableProposal.attempts: TimetableProposal.attempts - 1,
    }
    await TimetableProposal.update(values).where(_is_ours(search))


async def _joined(search: _Search) -> None:
    await asyncio.to_thread(search.wait, STOP_WITHIN_S)


async def _was_asked_to_stop(search: _Search) -> bool:
    row = await TimetableProposal.select(TimetableProposal.is_stopping).where(_is_ours(search)).first()
    return bool(row and row["is_stopping"]) and search.is_over
