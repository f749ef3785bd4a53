"""Programs that a test needs and a fresh machine may lack: never a silent skip.

Without the program the test is skipped, and the last lines of the run say what was not run. With `CI=true` or
`PLENARIA_REQUIRE_ALL=1` it fails instead.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from typing import Any, NoReturn

import pytest

_PREFIX = "NOT RUN: "


def require_program(name: str, *candidates: str) -> str:
    """The first of the candidates (paths or commands) that exists; otherwise the test does not go on."""
    for candidate in candidates:
        found = shutil.which(candidate)
        if found is not None:
            return found
    return not_run(name, f"none of {', '.join(candidates)} is installed")


def not_run(name: str, why: str) -> NoReturn:
    """Skips the test so that the closing lines name it, or fails it where everything must run."""
    stop(name, why, fails=must_run_everything())


def must_run_everything() -> bool:
    return os.environ.get("CI") == "true" or is_all_required()


def is_all_required() -> bool:
    return os.environ.get("PLENARIA_REQUIRE_ALL") == "1"


def stop(name: str, why: str, *, fails: bool) -> NoReturn:
    """Fails the test, or skips it with a reason that the closing lines repeat."""
    reason = f"{_PREFIX}{name} ({why})"
    if fails:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def lines_not_run(skipped: Iterable[Any]) -> list[str]:
    """One line a program, made of the reports of skipped tests: with pytest-xdist the skipping happened in another process."""
    reasons: Counter[str] = Counter()
    for report in skipped:
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _PREFIX in reason:
            reasons[_PREFIX + reason.partition(_PREFIX)[2]] += 1
    return [f"{line}: {tests} tests skipped" for line, tests in sorted(reasons.items())]
