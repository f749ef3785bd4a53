"""`plenaria.testing`: what a plugin's author gets, and that nobody else notices it."""

from datetime import timedelta

import httpx
import pytest

from plenaria.plugin import publish_fact, transaction
from plenaria.testing import NOW, Site

ORDER = {"code": "AB12", "state": "awaiting_payment"}


# -------------------------------------------------------------------------------------------- in a foreign project

FOREIGN = """
import sys

def test_nothing_of_plenaria_is_loaded():
    loaded = {name for name in sys.modules if name.partition(".")[0] in ("plenaria", "litestar", "piccolo", "httpx")}
    assert loaded == {"plenaria", "plenaria.testing", "plenaria.testing.pytest_plugin",
                      "plenaria.testing.fixtures", "plenaria.testing.programs"}

def test_none_of_its_fixtures_is_automatic(request):
    assert [name for name in request.fixturenames if "plenaria" in name] == []
"""

KIT = """
import pytest

@pytest.mark.parametrize("plenaria_dialect", ["sqlite"])
async def test_a_site(plenaria_site):
    answer = await plenaria_site.visitor().get("/congress")
    assert answer.status_code == 200

@pytest.mark.parametrize("plenaria_dialect", ["postgres"])
async def test_the_other_engine(plenaria_database):
    assert plenaria_database.dialect == "postgres"
"""


@pytest.fixture
def foreign(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of somebody else."""
    for name in ("CI", "PLENARIA_REQUIRE_ALL"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


def run_apart(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    """In a process of its own, without the plugins of pytest that load other things."""
    others = ("schemathesis", "hypothesispytest", "xdist")
    return project.runpytest_subprocess("-p", "no:cacheprovider", *(f"-pno:{name}" for name in others), *options)


def test_a_project_that_does_not_use_it_pays_nothing(foreign: pytest.Pytester) -> None:
    foreign.makepyfile(FOREIGN)

    run_apart(foreign).assert_outcomes(passed=2)


def test_its_fixtures_carry_a_prefix(foreign: pytest.Pytester) -> None:
    foreign.makepyfile("def test_alone():\n    pass\n")

    listed = run_apart(foreign, "--fixtures", "-v").outlines

    ours = [line.split()[0] for line in listed if "testing/fixtures.py:" in line]
    assert len(ours) > 5
    assert [name for name in ours if not name.startswith("plenaria_")] == []


def test_without_pytest_asyncio_it_is_silent(foreign: pytest.Pytester) -> None:
    foreign.makepyfile("def test_alone():\n    pass\n")
    foreign.makeini("[pytest]\n")

    result = run_apart(foreign, "-p", "no:asyncio", "-W", "error")

    result.assert_outcomes(passed=1)


def test_without_postgresql_its_half_is_named(foreign: pytest.Pytester) -> None:
    foreign.makeconftest(
        """
        import pytest
        from plenaria.testing import databases
        from plenaria.testing.programs import not_run

        databases._postgres_programs = lambda: not_run("PostgreSQL", "its server programs are not installed")
        """
    )
    foreign.makepyfile(KIT)

    result = run_apart(foreign)

    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["NOT RUN: PostgreSQL (its server programs are not installed): 1 tests skipped"])


def test_a_broken_plugin_fails_instead_of_being_left_out(foreign: pytest.Pytester) -> None:
    foreign.makeconftest(
        """
        from plenaria.core.host.plugins import BrokenPlugin, PluginHost

        found = PluginHost.discover
        def discover(*args, **kwargs):
            host = found(*args, **kwargs)
            host.broken["ferries"] = BrokenPlugin("ferries", "plenaria-ferries", "NameError: name 'Ferry' is not defined")
            return host
        PluginHost.discover = discover
        """
    )
    foreign.makepyfile(KIT)

    result = run_apart(foreign, "-k", "a_site")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*These plugins could not be loaded:*", "*ferries: NameError: name 'Ferry'*"])


# --------------------------------------------------------------------------------------------------- the site


async def test_the_clock_is_the_tests_to_set(plenaria_site: Site) -> None:
    organiser = await plenaria_site.signed_in("organiser")

    plenaria_site.now = NOW + timedelta(days=400)

    answer = await organiser.get("/congress/organise")
    assert answer.status_code in (303, 401), "a session of last year is still good"


@pytest.mark.parametrize("role", ["owner", "organiser", "programme", "finance", "door", "juror"])
@pytest.mark.parametrize("plenaria_dialect", ["sqlite"])
async def test_somebody_of_every_role_can_sign_in(role: str, plenaria_site: Site) -> None:
    person = await plenaria_site.signed_in(role)

    assert f"{role}@example.mx" in (await person.get("/me")).text


async def test_the_outbox_is_read_and_delivered(plenaria_site: Site) -> None:
    async with transaction():
        await publish_fact("registration_placed", event=plenaria_site.event, order=ORDER, now=plenaria_site.now)

    facts = [(name, plugin, arguments["order"]["code"]) for name, plugin, arguments in await plenaria_site.facts()]

    assert facts == [("registration_placed", "registration", "AB12")]
    assert await plenaria_site.deliver() > 0


async def test_a_token_reaches_what_its_scopes_say(plenaria_site: Site) -> None:
    program = await plenaria_site.bearer("organiser", "registration.view")

    answers = [await program.get(f"/api/v1/events/congress/{name}") for name in ("attendees", "schedule/conflicts")]

    assert [answer.status_code for answer in answers] == [200, 403]


async def test_the_event_is_changed_by_name(plenaria_site: Site) -> None:
    await plenaria_site.change_event(city="Guadalajara")

    assert "Guadalajara" in (await plenaria_site.visitor().get("/congress")).text


async def test_a_plugin_is_switched(plenaria_site: Site) -> None:
    visitor: httpx.AsyncClient = plenaria_site.visitor()
    await plenaria_site.switch("agenda", on=False)

    assert (await visitor.get("/congress/agenda")).status_code == 404
    assert (await visitor.get("/other/agenda")).status_code == 200
