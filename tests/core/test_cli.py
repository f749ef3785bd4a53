"""The command line: what each command answers, and with which exit code."""

import json
import re
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import tomli_w
from click.testing import CliRunner, Result

from plenaria.core.cli import main
from plenaria.core.storage import signing_keys

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "config" / "events" / "ciiam-2025.toml"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("event", "plan", "file.toml")` in an empty folder with a database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLENARIA_DATABASE", f"sqlite:///{tmp_path}/house.sqlite3")
    monkeypatch.setenv("PLENARIA_KEY_FILE", str(tmp_path / "key.pem"))
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    def in_folder(*arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, list(arguments), input=input)

    return in_folder


def test_the_doctor_says_what_support_needs_and_nothing_of_people(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLENARIA_MAIL__PASSWORD", "hunter2")
    monkeypatch.setenv("PLENARIA_MAIL__PORT", "2525")
    monkeypatch.setenv("PLENARIA_TITLE", "Congreso de Aurora Peña")
    run("migrate")
    run("event", "apply", str(SAMPLE))
    run("person", "invite", "aurora@owner.example", "--event", "ciiam-2025", "--role", "owner")

    answer = run("doctor")

    found = json.loads(answer.stdout)
    assert found["settings"]["mail"] == {"port": 2525, "password": "(set)"}
    assert found["database"]["kind"] == "sqlite"
    assert found["database"]["schema_difference"] == []
    assert found["database"]["rows"]["core_person"] == 1
    assert [each["state"] for each in found["plugins"]] == ["loaded"] * 3
    assert not re.search("hunter2|Aurora|aurora|house", answer.stdout)


def test_the_doctor_names_what_is_missing(run: Run) -> None:
    found = json.loads(run("doctor").stdout)

    assert found["database"]["schema_difference"]
    assert isinstance(found["database"]["rows"]["core_person"], str)


def only_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


# -- starting ------------------------------------------------------------------------------------------------------


def test_help_names_every_command_without_loading_the_framework() -> None:
    code = "import sys; from plenaria.core.cli import main; main(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    commands = ["audit", "backup", "check", "demo", "event", "migrate", "migration", "person", "plugins", "receipt"]
    commands += ["mail", "restore", "serve", "worker"]
    assert [name for name in commands if not re.search(rf"^  {name}\b", shown, re.MULTILINE)] == []
    assert [heavy for heavy in ("litestar", "piccolo", "rich") if f"'{heavy}'" in shown] == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("colour = 1", "colour"),
        ("session_days = 0", "session_days"),
        ('database = "mysql://x"', "sqlite:/// or postgresql://"),
        ("= 1", "not readable as TOML"),
    ],
)
def test_a_wrong_configuration_is_one_clear_line_and_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, said: str
) -> None:
    monkeypatch.delenv("PLENARIA_DATABASE")
    (tmp_path / "house.toml").write_text(config)

    for command in ("serve", "check", "worker", "migrate"):
        answer = run("--config", "house.toml", command)

        assert answer.exit_code == 2
        assert said in only_line(answer.stderr)


def test_a_configuration_that_is_named_must_be_there(run: Run) -> None:
    answer = run("--config", "nowhere.toml", "check")

    assert answer.exit_code == 2
    assert only_line(answer.stderr) == "plenaria: nowhere.toml: there is no such file"


def test_serving_on_another_schema_is_refused_with_what_to_do(run: Run) -> None:
    for command in ("serve", "worker", "check"):
        answer = run(command)

        assert answer.exit_code == 2
        assert only_line(answer.stderr).endswith("run `plenaria migrate`")


def test_a_database_that_does_not_answer_is_one_line_and_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLENARIA_DATABASE", "postgresql://nobody@127.0.0.1:1/none")

    answer = run("check")

    assert answer.exit_code == 2
    assert only_line(answer.stderr).startswith("plenaria: ")


def test_the_shipped_configuration_says_nothing_but_the_defaults() -> None:
    from plenaria.core.kernel.settings import Settings, load

    assert load(ROOT / "config" / "plenaria.toml", {}) == Settings()


def test_the_shipped_configuration_names_every_setting_with_its_default() -> None:
    from msgspec import json

    from plenaria.core.kernel.settings import IdentityProvider, Mail, Settings

    text = (ROOT / "config" / "plenaria.toml").read_text("utf-8")
    said = tomllib.loads(re.sub(r"(?m)^# (\[[a-z_.]+\]|[a-z_]+ = )", r"\1", text))

    defaults = json.decode(json.encode(Settings()))
    google = IdentityProvider(name="Google", issuer="https://accounts.google.com", client_id="")
    examples = {
        "trusted_proxies": ["127.0.0.1"],
        "mail": {**defaults["mail"], "host": "smtp.example.org"},
        "identity_providers": {"google": json.decode(json.encode(google))},
    }
    assert said == {**defaults, **examples}
    assert Mail().host == ""


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("es_MX.UTF-8", "El esquema es el de esta versión."),
        ("en_US.UTF-8", "The schema is this version's."),
        ("C", "The"),
    ],
)
def test_the_terminal_s_language_is_spoken(run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, said: str) -> None:
    monkeypatch.setenv("LC_ALL", variable)

    assert run("migrate").stdout.splitlines()[-1].startswith(said)


def test_migrating_makes_the_schema_that_check_wants_and_twice_is_once(run: Run) -> None:
    first, second, checked = run("migrate"), run("migrate"), run("check")

    assert [first.exit_code, second.exit_code, checked.exit_code] == [0, 0, 0], checked.stderr
    assert first.stdout.startswith("core: ")
    assert only_line(second.stdout) == "The schema is this version's."


# -- events --------------------------------------------------------------------------------------------------------

FILE = """
[event]
slug = "congress"
name = { es = "Congreso", en = "Congress" }
starts_on = 2025-10-01
ends_on = 2025-10-02
"""


def test_an_event_is_planned_applied_planned_again_and_written_back(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text(FILE)

    planned = run("event", "plan", "event.toml")
    applied = run("event", "apply", "event.toml")
    again = run("event", "plan", "event.toml")
    exported = run("event", "export", "congress", "-o", "copy.toml")
    of_copy = run("event", "plan", "copy.toml")

    assert planned.stdout.startswith("+ event.slug: “congress”\n")
    assert planned.stdout.endswith("To do: 17 added, 0 changed, 0 removed.\n")
    assert applied.stdout.endswith("Done: 17 added, 0 changed, 0 removed.\n")
    assert again.stdout == of_copy.stdout == "Nothing to change: the event is as declared.\n"
    assert exported.exit_code == 0


def test_a_change_shows_before_and_after(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text(FILE)
    run("event", "apply", "event.toml")
    (tmp_path / "event.toml").write_text(FILE.replace("2025-10-02", "2025-10-03"))

    planned = run("event", "plan", "event.toml")

    assert planned.stdout == "~ event.ends_on: 2025-10-02 → 2025-10-03\nTo do: 0 added, 1 changed, 0 removed.\n"


def test_a_wrong_file_is_refused_with_file_line_field_and_what_is_allowed(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text(FILE.replace("slug", "slog").replace("2025-10-02", "2025-09-02"))

    answer = run("event", "apply", "event.toml")

    assert answer.exit_code == 1
    assert answer.stderr.splitlines() == [
        "event.toml:2: event.slug: Must be filled in.",
        "event.toml:3: event.slog: There is no setting “slog” here; did you mean “slug”?",
        "Nothing was changed.",
    ]


def test_a_file_that_is_no_toml_is_refused_with_its_line(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text("[event\n")

    answer = run("event", "plan", "event.toml")

    assert answer.exit_code == 1
    assert "event.toml: not readable as TOML" in answer.stderr
    assert "line 1" in answer.stderr


def test_an_unknown_event_is_refused(run: Run) -> None:
    run("migrate")

    exported, invited = (
        run("event", "export", "none"),
        run("person", "invite", "a@b.mx", "--event", "none", "--role", "door"),
    )

    assert [exported.exit_code, invited.exit_code] == [1, 1]
    assert only_line(exported.stderr) == only_line(invited.stderr) == "plenaria: There is no such event."


def test_somebody_invited_holds_the_role_and_has_a_mail_waiting(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text(FILE)
    run("event", "apply", "event.toml")

    answer = run("person", "invite", "Ana@Example.org", "--event", "congress", "--role", "owner", "--show-link")

    assert answer.exit_code == 0, answer.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/sign-in/[\w-]{43}", answer.stdout.splitlines()[1])
    with sqlite3.connect(tmp_path / "house.sqlite3") as database:
        held = database.execute("SELECT role, email FROM core_grant g JOIN core_person p ON p.id = g.person").fetchall()
        mails = database.execute("SELECT count(*) FROM core_outbox_line WHERE kind = 'mail'").fetchone()
    assert held == [("owner", "ana@example.org")]
    assert mails == (1,)


def test_somebody_who_lost_their_second_factor_is_told_by_mail_where_to_begin_again(run: Run, tmp_path: Path) -> None:
    run("migrate")
    run("person", "invite", "ana@example.org", "--role", "owner")

    answer = run("person", "reset-factors", "ana@example.org")

    assert (answer.exit_code, answer.stdout) == (0, "ana@example.org: http://127.0.0.1:8000/sign-in\n")
    with sqlite3.connect(tmp_path / "house.sqlite3") as database:
        mails = database.execute("SELECT name FROM core_outbox_line WHERE kind = 'mail' ORDER BY id").fetchall()
    assert mails == [("core.invitation",), ("core.account_notice",)]
    assert run("person", "reset-factors", "nobody@example.org").exit_code == 1


def test_an_unknown_role_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text(FILE)
    run("event", "apply", "event.toml")

    answer = run("person", "invite", "a@b.mx", "--event", "congress", "--role", "queen")

    assert (answer.exit_code, only_line(answer.stderr)) == (1, "plenaria: role: There is no role called “queen”.")


def test_what_is_no_one_whole_address_is_not_invited(run: Run) -> None:
    for address in ('"x"<evil@x.y>', "a@b..c", "a@b.c>"):
        answer = run("person", "invite", address, "--role", "owner")

        assert answer.exit_code == 2, address
        assert "is no e-mail address" in answer.stderr


# -- upkeep --------------------------------------------------------------------------------------------------------


def make_event_and_seal(run: Run, tmp_path: Path) -> None:
    import asyncio

    from plenaria.core.cli.installation import Installation
    from plenaria.core.kernel import clock
    from plenaria.core.storage import audit

    run("migrate")
    (tmp_path / "event.toml").write_text(FILE)
    run("event", "apply", "event.toml")

    async def seal() -> None:
        async with Installation().database():
            await audit.seal(now=clock.now())

    asyncio.run(seal())


def test_an_untouched_record_verifies(run: Run, tmp_path: Path) -> None:
    make_event_and_seal(run, tmp_path)

    answer = run("audit", "verify")

    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[0] == "Sealed: 2, not yet sealed: 0"


def test_an_edited_record_is_found_and_its_line_named(run: Run, tmp_path: Path) -> None:
    make_event_and_seal(run, tmp_path)
    with sqlite3.connect(tmp_path / "house.sqlite3") as database:
        guards = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'core_audit_line'"
        )
        for (name,) in guards.fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE core_audit_line SET actor = 'nobody' WHERE id = 2")

    answer = run("audit", "verify")

    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[0] == "Broken: line 2, at seal 2: edited"


def test_a_head_from_earlier_shows_that_the_record_was_cut_off(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text(FILE)
    run("event", "apply", "event.toml")
    written, printed = run("audit", "head", "-o", "head.json"), run("audit", "head")
    whole = run("audit", "verify", "--anchor", "head.json")
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as database, database:
        for table in ("line", "seal"):
            database.execute(f"DROP TRIGGER core_audit_{table}_no_delete")
        database.execute("DELETE FROM core_audit_seal WHERE no > 1")
        database.execute("DELETE FROM core_audit_line WHERE id > 1")

    alone = run("audit", "verify")
    cut, wrong = run("audit", "verify", "--anchor", "head.json"), run("audit", "verify", "--anchor", "nonsense")

    assert [written.exit_code, whole.exit_code, alone.exit_code, cut.exit_code, wrong.exit_code] == [0, 0, 0, 1, 2]
    size = json.loads(printed.stdout)["size"]
    assert only_line(cut.stderr).startswith(f"Head {size}:")
    assert cut.stderr.endswith("the record is shorter now; sealed lines: 1\n")


def test_a_backup_brings_back_what_was_lost(run: Run, tmp_path: Path) -> None:
    run("migrate")
    (tmp_path / "event.toml").write_text(FILE)
    run("event", "apply", "event.toml")
    written = run("backup", "copy.backup")
    (tmp_path / "event.toml").write_text(FILE.replace("Congress", "Lost"))
    run("event", "apply", "event.toml")

    refused, declined, restored = run("backup", "copy.backup"), run("restore", "copy.backup", input="n\n"), None
    still_lost = run("event", "export", "congress").stdout
    restored = run("restore", "copy.backup", "--yes")

    assert [written.exit_code, refused.exit_code, declined.exit_code, restored.exit_code] == [0, 2, 1, 0]
    assert 'en = "Lost"' in still_lost
    assert 'en = "Congress"' in run("event", "export", "congress").stdout
    kept = re.search(r"The database of before is kept: (\S+)", restored.stdout)
    assert kept is not None
    run("restore", kept[1], "--yes")
    assert 'en = "Lost"' in run("event", "export", "congress").stdout


def test_after_a_restore_nobody_is_signed_in_and_mail_waits_to_be_released(run: Run, tmp_path: Path) -> None:
    run("migrate")
    for name in ("ana", "eva"):
        run("person", "invite", f"{name}@example.mx", "--role", "owner", "--show-link")
    with sqlite3.connect(tmp_path / "house.sqlite3") as database:
        database.execute(
            "INSERT INTO core_session (token_hash, person, strong, user_agent, created_at, expires_at)"
            " VALUES ('x', 1, 0, '', '2026-01-01', '2036-01-01')"
        )
        database.execute("UPDATE core_outbox_line SET not_after = '2026-01-01 00:00:00+00:00' WHERE id = 1")
    run("backup", "copy.backup")

    restored = run("restore", "copy.backup", "--yes")
    asked = run("mail", "kept-back")
    declined = run("mail", "release", input="n\n")
    released = run("mail", "release", "--yes")
    dropped = run("mail", "drop", "--yes")

    with sqlite3.connect(tmp_path / "house.sqlite3") as database:
        ways_in = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in WAYS_IN]  # noqa: S608 - ours
        due = database.execute("SELECT count(*) FROM core_outbox_line WHERE due_at IS NOT NULL").fetchone()
    assert "Everybody has to sign in again" in restored.stdout
    assert "2 mails (1 of them out of date), 0 messages" in asked.stdout
    assert (declined.exit_code, released.exit_code, dropped.exit_code) == (1, 0, 0)
    assert "2 lines were released." in released.stdout
    assert "Nothing is kept back." in dropped.stdout
    assert ways_in == [0, 0, 0]
    assert due == (2,)


def test_a_restore_that_ends_after_the_copy_leaves_no_old_session_and_no_old_mail_due(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("migrate")
    run("person", "invite", "ana@example.mx", "--role", "owner", "--show-link")
    run("backup", "copy.backup")

    def crash(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(signing_keys, "set_aside_beside", crash)
    ended = run("restore", "copy.backup", "--yes")

    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as database:
        ways_in = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in WAYS_IN]  # noqa: S608 - ours
        due = database.execute("SELECT count(*) FROM core_outbox_line WHERE due_at IS NOT NULL").fetchone()
    assert ended.exit_code != 0
    assert (ways_in, due) == ([0, 0, 0], (0,))


WAYS_IN = ("core_session", "core_sign_in_link", "core_sign_in_attempt")


def test_the_plugins_are_listed_with_their_distribution_and_what_is_disabled(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLENARIA_DISABLED_PLUGINS", "awards")

    rows = [line.split() for line in run("plugins").stdout.splitlines()]

    assert ["awards", "disabled"] in rows
    assert ["agenda", "0.1.0", "plenaria", "loaded"] in rows


def test_a_receipt_command_is_there_and_needs_no_database(run: Run) -> None:
    assert run("receipt", "verify", "--help").exit_code == 0


# -- the sample event and the demo ---------------------------------------------------------------------------------


def test_the_sample_event_applies_and_its_export_has_an_empty_plan(run: Run) -> None:
    run("migrate")

    applied = run("event", "apply", str(SAMPLE))
    again = run("event", "plan", str(SAMPLE))
    run("event", "export", tomllib.loads(SAMPLE.read_text("utf-8"))["event"]["slug"], "-o", "copy.toml")
    of_copy = run("event", "plan", "copy.toml")

    assert applied.exit_code == 0, applied.stderr
    assert again.stdout == of_copy.stdout == "Nothing to change: the event is as declared.\n"


def test_the_sample_event_in_another_order_applies_as_it_is_written(run: Run, tmp_path: Path) -> None:
    run("migrate")
    document = tomllib.loads(SAMPLE.read_text("utf-8"))
    for table in document["plugins"].values():
        for value in table.values():
            if isinstance(value, list):
                value.reverse()
    (tmp_path / "reversed.toml").write_text(tomli_w.dumps(document), "utf-8")

    applied = run("event", "apply", "reversed.toml")

    assert applied.exit_code == 0, applied.stderr
    assert run("event", "plan", "reversed.toml").stdout == "Nothing to change: the event is as declared.\n"


def test_the_demo_makes_everything_and_prints_one_link_per_role(run: Run) -> None:
    made = run("demo", "--no-serve", "--folder", "demo")
    kept = run("demo", "--no-serve", "--folder", "demo", "--keep")

    for answer in (made, kept):
        assert answer.exit_code == 0, answer.stderr
        links = re.findall(r"^  (\w+) +http://127\.0\.0\.1:8000/sign-in/[\w-]{43}$", answer.stdout, re.MULTILINE)
        assert links == ["owner", "organiser", "programme", "finance", "door", "juror", "attendee", "nominator"]
        assert "plugin left out" not in answer.stderr
        assert "sample data of a plugin could not be added" not in answer.stderr


def test_the_demo_keeps_the_published_dates_when_asked(run: Run) -> None:
    moved = run("demo", "--no-serve", "--folder", "moved")
    published = run("demo", "--no-serve", "--folder", "published", "--as-published")

    assert re.search(r"Dates moved by \d+ weeks so that everything is open", moved.stdout)
    assert "2025-10-01 – 2025-10-02" in published.stdout
    assert "Dates moved" not in published.stdout


def test_the_demo_takes_a_free_port_before_it_deletes_anything(run: Run, tmp_path: Path) -> None:
    import socket

    run("demo", "--no-serve", "--folder", "demo")
    before = (tmp_path / "demo" / "demo.sqlite3").stat().st_ino
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = run("demo", "--folder", "demo", "--port", str(taken.getsockname()[1]))

    assert answer.exit_code == 2
    assert "(Address already in use); choose another with --port" in only_line(answer.stderr)
    assert (tmp_path / "demo" / "demo.sqlite3").stat().st_ino == before
