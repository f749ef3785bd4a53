"""`plenaria plugin new`: what it writes is built, installed into a clean environment, and passes its own tests there."""

import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result

from plenaria.core import cli
from plenaria.core.cli.plugin import SCAFFOLD
from tests.clean_environment import clean_environment, run, wheel_of
from tests.programs import not_run

NAME = "side_events"
PACKAGE = "plenaria_side_events"
PLENARIA = Path(sys.executable).with_name("plenaria")


def plenaria(*words: object) -> Result:
    return CliRunner().invoke(cli.main, [str(word) for word in words])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scaffold")
    run(PLENARIA, "plugin", "new", NAME, cwd=folder)
    return folder / "plenaria-side-events"


@pytest.fixture(scope="module")
def programs(project: Path, plenaria_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a clean environment with Plenaria and the plugin."""
    folder = tmp_path_factory.mktemp("clean")
    return clean_environment(folder, plenaria_wheel, wheel_of(project, folder / "built"))


def test_its_own_tests_pass_in_a_clean_environment_on_both_engines(
    project: Path, programs: Path, tmp_path: Path
) -> None:
    """Only the tests are there: the plugin comes from its wheel."""
    shutil.copytree(project / "tests", tmp_path / "tests")
    shutil.copy(project / "pyproject.toml", tmp_path)
    written = len(re.findall(r"^(?:async )?def test_", source_of_tests(project), re.MULTILINE))
    on_a_site = len(re.findall(r"^async def test_\w+\(plenaria_site", source_of_tests(project), re.MULTILINE))

    answer = run(programs / "python", "-m", "pytest", "-p", "no:cacheprovider", "-v", cwd=tmp_path)

    if "NOT RUN: PostgreSQL" in answer:
        not_run("PostgreSQL", "its server programs are not installed")
    assert f"{written + on_a_site} passed" in answer.splitlines()[-1]
    for engine in ("sqlite", "postgres"):
        assert len(re.findall(rf"\[{engine}\] PASSED", answer)) == on_a_site > 5, engine


def source_of_tests(project: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((project / "tests").glob("*.py")))


def test_the_command_line_lists_it_as_loaded(programs: Path, tmp_path: Path) -> None:
    listed = run(programs / "plenaria", "plugins", cwd=tmp_path, COLUMNS="200")

    (line,) = [line for line in listed.splitlines() if line.startswith(f"{NAME} ")]
    assert line.split() == [NAME, "0.1.0", "plenaria-side-events", "loaded"]


def test_its_data_is_removed_before_it_is_uninstalled(programs: Path, empty_engine_url: str, tmp_path: Path) -> None:
    def plenaria_there(*words: str, **environment: str) -> str:
        there = {"PLENARIA_DATABASE": empty_engine_url, "PLENARIA_KEY_FILE": str(tmp_path / "key.pem")}
        return run(programs / "plenaria", *words, cwd=tmp_path, **there, **environment)

    plenaria_there("migrate")
    removed = plenaria_there("plugin", "remove-data", NAME, "--yes")

    assert "The data of side_events is gone." in removed
    with pytest.raises(AssertionError, match="side_events: the migration"):
        plenaria_there("check")
    assert "side_events" not in plenaria_there("check", PLENARIA_DISABLED_PLUGINS=NAME).splitlines()[2]
    assert f"{NAME}: " in plenaria_there("migrate"), "it can come back, empty"


def test_nothing_of_its_wheel_is_missing(project: Path, programs: Path, tmp_path: Path) -> None:
    code = f"import {PACKAGE}, pathlib; print(pathlib.Path({PACKAGE}.__file__).parent)"
    installed = Path(run(programs / "python", "-c", code, cwd=tmp_path).strip())

    assert files_below(installed) == files_below(project / PACKAGE)
    assert any(name.startswith("migrations/side_events_") for name in files_below(installed))


def files_below(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if "__pycache__" not in name}


def test_nothing_is_left_to_fill_in(project: Path) -> None:
    names = sorted(files_below(project))
    texts = {name: (project / name).read_text(encoding="utf-8") for name in names}

    assert [name for name in names if "NAME" in name or name.endswith(".txt")] == []
    assert [name for name, text in texts.items() if re.search(r"\$\{?[a-z]", text)] == []
    assert len(names) >= len(list(SCAFFOLD.rglob("*.txt")))


def test_every_text_of_it_has_its_spanish(project: Path) -> None:
    extracted = marked_texts(project.rglob("*.py")) | marked_texts(project.rglob("*.html"))
    with (project / PACKAGE / "locale/es/LC_MESSAGES/messages.po").open("rb") as file:
        translated = {message.id: message.string for message in read_po(file) if message.id}

    assert set(translated) == extracted
    assert [text for text, spanish in translated.items() if not spanish] == []


def marked_texts(paths: Iterable[Path]) -> set[str]:
    marked = re.compile(r'\b(?:N_|_|gettext)\(\s*"([^"]+)"|{% trans %}(.+?){% endtrans %}')
    return {one or other for path in paths for one, other in marked.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("core", "a plugin cannot be called 'core'"),
        ("Sponsors", "a plugin cannot be called 'Sponsors'"),
        ("side-events", "a plugin cannot be called 'side-events'"),
        ("../evil", "a plugin cannot be called '../evil'"),
        ("agenda", "a plugin called agenda is installed already"),
        ("x" * 51, f"a plugin cannot be called '{'x' * 51}'"),
        *(
            (word, f"a plugin cannot be called '{word}': the core has pages of that name")
            for word in (
                *(
                    "team",
                    "mail",
                    "outbox",
                    "exports",
                    "audit",
                    "tokens",
                    "organise",
                    "plugins",
                    "me",
                    "api",
                    "sign_in",
                ),
                *("static", "erasures", "new_event", "healthz", "event", "declaration"),
            )
        ),
    ],
)
def test_a_name_that_no_plugin_can_have_is_refused(name: str, why: str, tmp_path: Path) -> None:
    answer = plenaria("plugin", "new", name, "--folder", tmp_path)

    assert answer.exit_code == 2
    assert f"plenaria: {why}" in answer.output
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    kept = tmp_path / "plenaria-sponsors" / "mine.txt"
    kept.parent.mkdir()
    kept.write_text("mine", encoding="utf-8")

    answer = plenaria("plugin", "new", "sponsors", "--folder", tmp_path)

    assert answer.exit_code == 2
    assert "exists already; nothing was written" in answer.output
    assert list(kept.parent.iterdir()) == [kept]


def with_tables(project: Path, folder: Path, old: str, new: str) -> Path:
    """A copy of the project with something replaced in its tables."""
    changed = shutil.copytree(project, folder / "changed", ignore=shutil.ignore_patterns("__pycache__"))
    tables = changed / PACKAGE / "tables.py"
    text = tables.read_text(encoding="utf-8")
    assert old in text
    tables.write_text(text.replace(old, new), encoding="utf-8")
    return changed


def test_a_changed_table_gets_its_migration_without_being_installed(project: Path, tmp_path: Path) -> None:
    line = "    added_at = Timestamptz(default=None)\n"
    changed = with_tables(project, tmp_path, line, line + "    url = Varchar(length=200)\n")

    written = run(PLENARIA, "plugin", "migrate", changed, cwd=tmp_path)
    again = run(PLENARIA, "plugin", "migrate", cwd=changed)

    assert written.startswith(f"Written: {changed / PACKAGE / 'migrations' / 'side_events_'}")
    assert 'column_name="url"' in Path(written.removeprefix("Written: ").strip()).read_text(encoding="utf-8")
    assert again == "The tables are as the migrations say; nothing to write.\n"


def test_a_renamed_column_keeps_its_values_when_the_command_is_told(project: Path, tmp_path: Path) -> None:
    changed = with_tables(project, tmp_path, "    added_at =", "    entered_at =")

    written = run(PLENARIA, "plugin", "migrate", changed, "--renamed", cwd=tmp_path)

    migration = Path(written.removeprefix("Written: ").strip()).read_text(encoding="utf-8")
    assert "manager.rename_column(" in migration
    assert "manager.drop_column(" not in migration


def test_a_folder_that_is_no_plugin_is_named(tmp_path: Path) -> None:
    answer = plenaria("plugin", "migrate", tmp_path)

    assert answer.exit_code == 1
    assert answer.output.startswith(f"{tmp_path / 'pyproject.toml'} names 0 entry points")
