"""The same searches in a process of their own, so that a crash, a hang or a hunger for memory stays there.

Lines of JSON on the child's stdin and stdout: one `Order` in; any number of `Message` lines with progress and one last with
the answer or the failure out. A line `stop` on stdin asks for the best so far; when stdin closes, because the parent was
killed, the child ends at once. The calls block until the answer is there: call them in a thread.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread, Timer
from typing import Final

import msgspec
from msgspec import Struct

from .check import problem_faults
from .problem import Answer, Contradiction, Placement, Problem, Progress, Proposal, Unsolved

GRACE_S: Final = 15.0
"""How long after its limit a child may still be silent (start, building of models) before it is killed."""

STOP_GRACE_S: Final = 5.0
"""How long after it was asked to stop."""

LOOK_EVERY_S: Final = 0.1


class SolverDied(RuntimeError):
    """The child ended without an answer, or was killed because it gave none in time; says how, with its last words."""


class Order(Struct, frozen=True):
    """What the child is to do: with `before` a repair, else a search from nothing."""

    problem: Problem
    limit_s: float
    seed: int
    workers: int
    before: tuple[Placement, ...] | None = None


class Message(Struct, frozen=True):
    """A line of the child: exactly one of these is there. `missing`: the module that is not installed."""

    progress: Progress | None = None
    proposal: Proposal | None = None
    contradiction: Contradiction | None = None
    unsolved: Unsolved | None = None
    missing: str | None = None
    failure: str | None = None

    @property
    def answer(self) -> Answer | None:
        return self.proposal or self.contradiction or self.unsolved


def solve(
    problem: Problem,
    *,
    limit_s: float,
    seed: int = 0,
    workers: int = 2,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Answer:
    """As `solver.solve`, in a child. Raises also ImportError, where OR-Tools is not installed, and `SolverDied`."""
    return _run(Order(problem, limit_s, seed, workers), on_progress, should_stop)


def repair(
    problem: Problem,
    before: Sequence[Placement],
    *,
    limit_s: float,
    seed: int = 0,
    workers: int = 2,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Answer:
    """As `solver.repair`, in a child; raises as `solve` here."""
    return _run(Order(problem, limit_s, seed, workers, tuple(before)), on_progress, should_stop)


def _run(
    order: Order, on_progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool] | None
) -> Answer:
    if faults := problem_faults(order.problem):
        raise ValueError(f"the problem has {len(faults)} faults, the first: {faults[0].code} {faults[0].facts}")
    child = _Child(order.limit_s + GRACE_S)
    try:
        child.say(msgspec.json.encode(order))
        return _answer(child, on_progress, should_stop)
    finally:
        child.end()


def _answer(
    child: "_Child", on_progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool] | None
) -> Answer:
    has_stopped = False
    while True:
        if not has_stopped and should_stop is not None and should_stop():
            has_stopped = True
            child.say(b"stop")
            child.end_after(STOP_GRACE_S)
        message = child.heard(LOOK_EVERY_S)
        if message is None:
            continue
        if message.progress is not None and on_progress is not None:
            on_progress(message.progress)
        if message.answer is not None:
            return message.answer


class _Child:
    """The process; its pipes are served by threads, so that neither a hang nor a flood of it can block the parent."""

    def __init__(self, longest_s: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "plenaria.plugins.agenda.solver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=Path(__file__).parents[4],
        )
        self.pid = self._process.pid
        self._to_say: SimpleQueue[bytes | None] = SimpleQueue()
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._last_words: list[bytes] = []
        self._is_late = False
        self._threads = [Thread(target=work, daemon=True) for work in (self._write, self._read, self._listen)]
        for thread in self._threads:
            thread.start()
        self._timers: list[Timer] = []
        self.end_after(longest_s)

    def say(self, line: bytes) -> None:
        self._to_say.put(line + b"\n")

    def end_after(self, seconds: float) -> None:
        timer = Timer(seconds, self._end_late)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def _end_late(self) -> None:
        self._is_late = True
        self._process.kill()

    def end(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._process.kill()
        self._process.wait()
        self._to_say.put(None)
        for thread in (*self._threads, *self._timers):
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):  # what was not yet written to the dead
                    pipe.close()

    def _write(self) -> None:
        if self._process.stdin is None:
            return
        with suppress(OSError):  # it is gone; how it ended is seen where its lines end
            while (line := self._to_say.get()) is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def _listen(self) -> None:
        for line in self._process.stderr or ():
            self._last_words = [*self._last_words[-9:], line]

    def heard(self, within_s: float) -> Message | None:
        """What it tells next; None if nothing within that time. Raises what it failed of."""
        try:
            line = self._lines.get(timeout=within_s)
        except Empty:
            return None
        if line is None:
            raise SolverDied(self._how_it_ended())
        try:
            message = msgspec.json.decode(line, type=Message)
        except msgspec.MsgspecError as error:
            raise SolverDied(f"the solver wrote a line that cannot be read: {line[:200]!r}") from error
        if message.missing is not None:
            raise ImportError(
                f"the solver needs {message.missing}: install the extra “timetable”", name=message.missing
            )
        if message.failure is not None:
            raise SolverDied(f"the solver failed: {message.failure}")
        return message

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        if self._is_late:
            return "the solver gave no answer in time and was ended"
        self._threads[-1].join(1)
        words = b"".join(self._last_words).decode(errors="replace").strip()
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the solver ended without an answer ({ended})" + (f": {words}" if words else "")
