"""The search in a process of its own: the same answers, and a clear end whoever dies first."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from plenaria.plugins.agenda.solver import (
    Contradiction,
    Day,
    Placement,
    Problem,
    Progress,
    Proposal,
    Room,
    Session,
    Span,
    process,
    repair,
    solve,
)

ROOT = Path(__file__).parents[4]


def problem(count: int, minutes: int) -> Problem:
    """Half hours of one track in two rooms."""
    return Problem(
        days=(Day(code="D1", open=Span(0, minutes)),),
        rooms=(Room(code="R0"), Room(code="R1")),
        sessions=tuple(Session(code=f"S{n:02}", duration_min=30, track="T") for n in range(count)),
    )


LONG = problem(24, 400)  # 720 minutes of one track in 400: who runs beside whom is not proven in a minute


def same(one: object, other: object) -> bool:
    """But for the seconds."""
    return msgspec.structs.replace(one, seconds=0) == msgspec.structs.replace(other, seconds=0)


def test_the_child_answers_as_the_search_in_this_process() -> None:
    told: list[Progress] = []

    answer = process.solve(problem(4, 120), limit_s=20, on_progress=told.append)

    assert isinstance(answer, Proposal)
    assert same(answer, solve(problem(4, 120), limit_s=20))
    assert [one.phase for one in told][:1] == ["start"]
    assert told[-1].cost == answer.cost


def test_the_child_repairs() -> None:
    before = (Placement("S00", "R0", 0), Placement("S01", "R0", 60))

    answer = process.repair(problem(2, 80), before, limit_s=20)

    assert isinstance(answer, Proposal)
    assert answer.moved == ("S01",)
    assert same(answer, repair(problem(2, 80), before, limit_s=20))


def test_the_child_names_contradictions() -> None:
    answer = process.solve(problem(3, 40), limit_s=20)

    assert isinstance(answer, Contradiction)
    assert [wish.code for wish in answer.wishes] == ["day"]


def test_the_child_stops_when_asked_and_says_the_best_so_far() -> None:
    told: list[Progress] = []

    answer = process.solve(LONG, limit_s=300, on_progress=told.append, should_stop=lambda: len(told) > 2)

    assert isinstance(answer, Proposal)
    assert answer.seconds < 60


def test_a_killed_child_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[process._Child] = []
    made = process._Child.__init__

    def remembered(child: process._Child, longest_s: float) -> None:
        made(child, longest_s)
        children.append(child)

    monkeypatch.setattr(process._Child, "__init__", remembered)

    def kill(progress: Progress) -> None:
        children[0]._process.send_signal(signal.SIGKILL)

    with pytest.raises(process.SolverDied, match="signal 9"):
        process.solve(LONG, limit_s=300, on_progress=kill)
    assert children[0]._process.poll() == -signal.SIGKILL


def test_a_child_that_gives_no_answer_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_S", 0.05)

    with pytest.raises(process.SolverDied, match="no answer in time"):
        process.solve(LONG, limit_s=0, on_progress=lambda progress: None)


def test_when_the_parent_is_gone_the_child_ends() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "plenaria.plugins.agenda.solver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(msgspec.json.encode(process.Order(LONG, 300, 0, 1)) + b"\n")
        child.stdin.flush()
        child.stdout.readline()  # it is at work

        child.stdin.close()

        assert child.wait(timeout=20) == -signal.SIGTERM
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


@pytest.fixture
def or_tools_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts other lines in the place of OR-Tools, for children only."""

    def put(lines: str) -> None:
        (tmp_path / "ortools").mkdir()
        (tmp_path / "ortools" / "__init__.py").write_text(lines)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return put


def test_without_or_tools_it_is_an_import_error_that_names_it(or_tools_that: Callable[[str], None]) -> None:
    or_tools_that("raise ModuleNotFoundError('No module', name='ortools')")

    with pytest.raises(ImportError, match="timetable") as raised:
        process.solve(problem(2, 60), limit_s=5)

    assert raised.value.name == "ortools"


def test_what_the_child_fails_of_is_said(or_tools_that: Callable[[str], None]) -> None:
    or_tools_that("raise RuntimeError('broken inside')")

    with pytest.raises(process.SolverDied, match="RuntimeError: broken inside"):
        process.solve(problem(2, 60), limit_s=5)


def test_a_child_that_crashes_outright_is_an_error_with_its_last_words(or_tools_that: Callable[[str], None]) -> None:
    or_tools_that("import os, sys; print('out of luck', file=sys.stderr, flush=True); os._exit(3)")

    with pytest.raises(process.SolverDied, match=r"exit code 3.*out of luck"):
        process.solve(problem(2, 60), limit_s=5)


def test_no_thread_stays_behind() -> None:
    before = threading.active_count()

    process.solve(problem(2, 60), limit_s=5)

    assert threading.active_count() == before


def test_the_solver_is_not_loaded_before_it_is_used() -> None:
    code = (
        "import sys, plugins.agenda.solver, plugins.agenda.solver.process; "
        "print([name for name in ('ortools', 'numpy', 'pandas') if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"
