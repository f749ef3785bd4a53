"""Regular work: each job at its own pace, a failing one by itself, until it is told to stop."""

import asyncio
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from plenaria.core.app import jobs
from plenaria.core.events import retention
from plenaria.core.host import plugins
from plenaria.core.host.contributions import Job
from plenaria.core.host.gathering import Failures

NOW = datetime(2025, 9, 1, tzinfo=UTC)


class Host:
    """Stands in for the plugin host: one plugin that contributes these jobs."""

    def __init__(self, *contributed: Job) -> None:
        self.contributed = contributed
        self.failures = Failures()

    def collect(self, hook: str) -> list[tuple[str, Any]]:
        assert hook == "register_jobs"
        return [("specimen", self.contributed)]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Without the house's own jobs, which need a database."""

    async def nothing(*, now: datetime) -> None:
        del now

    monkeypatch.setattr(jobs.audit, "seal", nothing)
    monkeypatch.setattr(jobs.audit, "seal_all", nothing)
    monkeypatch.setattr(jobs.audit, "keep_head", nothing)
    monkeypatch.setattr(retention, "forget_due", nothing)
    monkeypatch.setattr(jobs, "erase_due", nothing)
    return jobs


async def test_a_job_that_fails_is_logged_by_name_and_keeps_no_other_from_running(
    quiet: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, ran = asyncio.Event(), []

    async def breaks(*, now: datetime) -> None:
        ran.append("breaks")
        raise RuntimeError("broken")

    async def works(*, now: datetime) -> None:
        assert now.tzinfo is UTC
        ran.append("works")
        if ran.count("works") == 3:
            stop.set()

    host = Host(Job("specimen.breaks", 0.001, breaks), Job("specimen.works", 0.001, works))
    monkeypatch.setattr(plugins, "host", lambda: host)
    async with asyncio.timeout(10):
        await quiet.run_jobs(stop=stop)

    assert ran == ["breaks", "works"] * 3
    assert {record.job for record in caplog.records} == {"specimen.breaks"}  # type: ignore[attr-defined]


async def test_every_job_runs_at_its_own_pace(quiet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, ran = asyncio.Event(), []

    async def often(*, now: datetime) -> None:
        ran.append("often")
        if ran.count("often") == 4:
            stop.set()

    async def seldom(*, now: datetime) -> None:
        ran.append("seldom")

    host = Host(Job("specimen.often", 0.001, often), Job("specimen.seldom", 3600, seldom))
    monkeypatch.setattr(plugins, "host", lambda: host)
    async with asyncio.timeout(10):
        await quiet.run_jobs(stop=stop)

    assert (ran.count("seldom"), ran.count("often")) == (1, 4)


async def test_waiting_for_a_far_turn_ends_at_once_when_told_to_stop(
    quiet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = asyncio.Event()
    monkeypatch.setattr(plugins, "host", Host)
    running = asyncio.create_task(quiet.run_jobs(stop=stop))
    await asyncio.sleep(0.01)

    stop.set()

    async with asyncio.timeout(1):
        await running


async def test_one_run_says_whether_it_went_well() -> None:
    async def works(*, now: datetime) -> int:
        return now.year

    async def breaks(*, now: datetime) -> None:
        raise ValueError(now)

    assert await jobs.run_one(Job("a", 1, works), now=NOW) is True
    assert await jobs.run_one(Job("b", 1, breaks), now=NOW) is False


async def test_a_job_that_left_something_going_on_is_told_when_the_worker_ends(
    quiet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, ran = asyncio.Event(), []

    async def run(*, now: datetime) -> None:
        ran.append("run")
        stop.set()

    async def end(*, now: datetime) -> None:
        ran.append("end")

    async def breaks(*, now: datetime) -> None:
        raise RuntimeError("broken")

    host = Host(Job("specimen.first", 0.001, run, stop=breaks), Job("specimen.second", 0.001, run, stop=end))
    monkeypatch.setattr(plugins, "host", lambda: host)
    async with asyncio.timeout(10):
        await quiet.run_jobs(stop=stop)

    assert ran == ["run", "end"]
