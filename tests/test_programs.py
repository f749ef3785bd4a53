"""A missing program or file of third parties is never a silent skip."""

from pathlib import Path

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


DATA_TEST = """
from tests.programs import third_party_file

def test_reads_it():
    assert third_party_file("schedules/here.json").read_text() == "{}"

def test_reads_another():
    third_party_file("schedules/missing.json")

def test_reads_another_too():
    third_party_file("schedules/missing.json")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in ("CI", "PLENARIA_REQUIRE_ALL", "PLENARIA_SHARED_DATA"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(TEST)
    return pytester


@pytest.fixture
def beside(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the data would lie beside the checkout; nothing is there yet."""
    folder = run.path / "shared" / "data"
    monkeypatch.setattr("tests.programs._BESIDE_THE_CHECKOUT", folder)
    run.makepyfile(DATA_TEST)
    return folder


def fill(folder: Path) -> None:
    (folder / "schedules").mkdir(parents=True)
    (folder / "schedules" / "here.json").write_text("{}", encoding="utf-8")


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


@pytest.mark.parametrize("ci", ["true", ""])
def test_without_the_folder_third_party_data_is_named_and_does_not_fail_even_in_ci(
    run: pytest.Pytester, beside: Path, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)

    result = run.runpytest("-p", "tests.programs")

    why = "there is no folder shared/data beside the checkout; PLENARIA_SHARED_DATA names one"
    result.assert_outcomes(skipped=3)
    result.stdout.fnmatch_lines(
        [
            f"NOT RUN: third-party data schedules/here.json ({why}): 1 tests skipped",
            f"NOT RUN: third-party data schedules/missing.json ({why}): 2 tests skipped",
        ]
    )


@pytest.mark.parametrize("ci", ["true", ""])
def test_where_the_folder_is_a_missing_file_fails(
    run: pytest.Pytester, beside: Path, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    fill(beside)

    result = run.runpytest("-p", "tests.programs")

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines([f"third-party data: schedules/missing.json is missing in {beside}"])


def test_a_folder_that_is_named_is_the_one_that_is_read(
    run: pytest.Pytester, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(run.path / "elsewhere")
    monkeypatch.setenv("PLENARIA_SHARED_DATA", str(run.path / "elsewhere"))

    run.runpytest("-p", "tests.programs").assert_outcomes(passed=1, failed=2)


def test_a_folder_that_is_named_and_missing_fails(
    run: pytest.Pytester, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLENARIA_SHARED_DATA", str(run.path / "misspelt"))

    run.runpytest("-p", "tests.programs").assert_outcomes(failed=3)


def test_third_party_data_may_be_required_too(
    run: pytest.Pytester, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLENARIA_REQUIRE_ALL", "1")

    run.runpytest("-p", "tests.programs").assert_outcomes(failed=3)
