"""A missing program is never a silent skip."""

import pytest

TEST = """
from tests.programs import require_program

def test_needs_it():
    require_program("Chromium", "surely-not-installed")

def test_needs_it_too():
    require_program("Chromium", "surely-not-installed")

def test_needs_a_shell():
    assert require_program("a shell", "surely-not-installed", "sh").endswith("sh")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PLENARIA_REQUIRE_ALL", raising=False)
    pytester.makepyfile(TEST)
    return pytester


def test_a_missing_program_is_named_in_the_closing_lines(run: pytest.Pytester) -> None:
    result = run.runpytest("-p", "tests.programs")

    result.assert_outcomes(skipped=2, passed=1)
    result.stdout.fnmatch_lines(["NOT RUN: Chromium (none of surely-not-installed is installed): 2 tests skipped"])


@pytest.mark.parametrize(("variable", "value"), [("CI", "true"), ("PLENARIA_REQUIRE_ALL", "1")])
def test_where_everything_must_run_a_missing_program_fails(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    run.runpytest("-p", "tests.programs").assert_outcomes(failed=2, passed=1)
