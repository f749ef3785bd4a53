"""Limits lock out who guesses, and nobody else."""

from datetime import timedelta

import httpx
import pyotp
import pytest

from plenaria.core.kernel.values import Refused
from plenaria.core.people import rules
from plenaria.core.people.tables import Person, Session
from plenaria.core.storage.requests import limits
from plenaria.core.storage.requests.ceilings import Ceilings, counters
from tests.site import NOW, Site

PASSWORD = "tres palabras largas"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SMALL = Ceilings(together=2, client=4, account=5)


def _from(site: Site, address: str) -> httpx.AsyncClient:
    """A browser at that network address."""
    served = site.app
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=False, client=(address, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def _guess(site: Site, client: str, password: str = PASSWORD[::-1], email: str = "ana@example.mx") -> int:
    async with _from(site, client) as browser:
        answer = await browser.post("/sign-in/password", data={"email": email, "password": password})
        return answer.status_code


async def _ana_with_password(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    assert (await ana.post("/me/account/password", data={"password": PASSWORD})).status_code == 303


# -- the rule --------------------------------------------------------------------------------------------------------


def test_the_narrowest_counter_comes_first_and_each_kind_has_its_own() -> None:
    named = counters(SMALL, account="ana", client="1.1.1.1")

    assert [most for _, most in named] == [2, 4, 5]
    assert len({*named, *counters(SMALL, account="1.1.1.1", client="ana")}) == 6


@pytest.mark.parametrize(
    ("failures", "account", "client", "is_refused"),
    [
        ([], "ana", "1", False),
        ([("ana", "1")] * 2, "ana", "1", True),  # who guesses
        ([("ana", "1")] * 9, "ana", "2", False),  # its owner, elsewhere
        ([("ana", "1")] * 9, "eva", "1", False),  # a neighbour behind the same address
        ([("ana", "1")] * 2 + [("eva", "1")] * 2, "leo", "1", True),  # one client at many accounts
        ([("ana", "1")] * 2 + [("eva", "1")] * 2, "leo", "2", False),
        ([("ana", "1")] * 2 + [("ana", "2")] * 2 + [("ana", "3")], "ana", "4", True),  # from everywhere
        ([("ana", "1")] * 2 + [("ana", "2")] * 2 + [("ana", "3")], "eva", "4", False),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_is_refused_after_which_failures(
    site: Site, failures: list[tuple[str, str]], account: str, client: str, is_refused: bool
) -> None:
    async def refused(account: str, client: str) -> bool:
        try:
            await limits.attempt("try", SMALL, account=account, client=client, now=NOW)
        except Refused:
            return True
        return False

    for each in failures:
        await refused(*each)

    assert await refused(account, client) is is_refused


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_succeeded_is_not_counted(site: Site) -> None:
    for _ in range(20):
        await limits.attempt("try", SMALL, account="ana", client="1", now=NOW)
        await limits.forgive("try", SMALL, account="ana", client="1", now=NOW)

    await limits.attempt("try", SMALL, account="ana", client="1", now=NOW)


def test_an_account_and_a_client_alone_bear_far_more_than_the_two_together() -> None:
    for ceilings in (rules.PASSWORDS, rules.CODES, rules.LINKS):
        assert ceilings.account >= 5 * ceilings.together
        assert ceilings.client >= 100 * ceilings.together


# -- the three stories -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_three_hundred_people_behind_one_address_all_get_in(site: Site) -> None:
    answers = set()
    async with _from(site, "198.51.100.7") as venue:
        for number in range(300):
            answers.add((await venue.post("/sign-in", data={"email": f"p{number}@example.mx"})).status_code)
        mails = [mail for mail in await site.mails() if mail["to"] == "p299@example.mx"]
        secret = mails[0]["text"].partition("/sign-in/")[2].split()[0]
        used = await venue.post(f"/sign-in/{secret}")

    assert answers == {200}
    assert len(await site.mails()) == 300
    assert used.status_code == 303


async def test_nobody_shuts_another_ones_password_out(site: Site) -> None:
    await _ana_with_password(site)

    guesses = [await _guess(site, "203.0.113.66") for _ in range(12)]
    right_from_there = await _guess(site, "203.0.113.66", PASSWORD)
    right_elsewhere = await _guess(site, "198.51.100.7", PASSWORD)

    assert guesses == [401] * 10 + [429] * 2
    assert right_from_there == 429
    assert right_elsewhere == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_right_password_is_never_one_too_many(site: Site) -> None:
    await _ana_with_password(site)

    assert {await _guess(site, "198.51.100.7", PASSWORD) for _ in range(11)} == {303}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_many_neighbours_of_one_network_count_as_one_client(site: Site) -> None:
    await _ana_with_password(site)

    guesses = [await _guess(site, f"2001:db8:1:2::{number:x}") for number in range(1, 12)]

    assert guesses == [401] * 10 + [429]
    assert await _guess(site, "2001:db8:1:3::1", PASSWORD) == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_nobody_shuts_another_ones_codes_out(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    code = pyotp.TOTP(SECRET).at(site.now)
    await ana.post("/me/account/second-factor", data={"secret": SECRET, "code": code})
    site.now += timedelta(minutes=2)
    cookie = (await site.signed_in(email="ana@example.mx")).cookies["plenaria_session"]
    async with _from(site, "203.0.113.66") as thief:
        thief.cookies.set("plenaria_session", cookie)
        guesses = [(await thief.post("/sign-in/code", data={"code": "000000"})).status_code for _ in range(11)]
    at_home = await site.signed_in(email="ana@example.mx")

    right = await at_home.post("/sign-in/code", data={"code": pyotp.TOTP(SECRET).at(site.now)})

    assert guesses == [422] * 10 + [429]
    assert right.status_code == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_asks_for_links_in_anothers_name_shuts_nobody_out(site: Site) -> None:
    async with _from(site, "203.0.113.66") as stranger:
        pages = [(await stranger.post("/sign-in", data={"email": "ana@example.mx"})) for _ in range(9)]
    async with _from(site, "198.51.100.7") as ana:
        own = await ana.post("/sign-in", data={"email": "ana@example.mx"})
        secret = (await site.mails())[-1]["text"].partition("/sign-in/")[2].split()[0]
        used = await ana.post(f"/sign-in/{secret}")

    assert {page.text for page in pages} == {own.text}
    assert {page.status_code for page in pages} == {200}
    assert len(await site.mails()) == 6 + 1
    assert used.status_code == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_wrong_links_of_others_do_not_spoil_a_good_one(site: Site) -> None:
    visitor = site.visitor()
    wrong = {(await visitor.post(f"/sign-in/wrong-{number}")).status_code for number in range(80)}

    await site.signed_in(email="ana@example.mx")

    assert wrong == {409}


# -- what is kept of a failure -----------------------------------------------------------------------------------------


async def test_failed_sign_ins_are_recorded_without_an_address_and_shown(site: Site) -> None:
    from plenaria.core.storage.audit.tables import AuditLine

    await _ana_with_password(site)
    for email in ("ana@example.mx", "ana@example.mx", "nobody@example.mx"):
        await _guess(site, "203.0.113.66", email=email)
    ana = await site.signed_in(email="ana@example.mx")
    person = await Person.select(Person.id).where(Person.email == "ana@example.mx").first()

    page = (await ana.get("/me/account?lang=en")).text
    lines = await AuditLine.select().where(AuditLine.action == "person.sign_in_failed").order_by(AuditLine.id)

    assert "2 failed sign-ins since you signed in before" in page
    assert [line["subject"] for line in lines] == [f"person:{person['id']}"] * 2 + ["person:unknown"]
    assert "@" not in str(lines)
    again = await site.signed_in(email="ana@example.mx")
    assert "failed sign-in" not in (await again.get("/me/account?lang=en")).text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_owners_see_whose_account_is_guessed_at_and_organisers_do_not(site: Site) -> None:
    owner, organiser = await site.signed_in("owner"), await site.signed_in("organiser")
    await site.signed_in("finance", email="ana@example.mx")
    await _guess(site, "203.0.113.66")
    team = f"/{site.event.slug}/organise/team?lang=en"

    assert "1 failed sign-in" in (await owner.get(team)).text
    assert "1 failed sign-in" not in (await organiser.get(team)).text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_failed_sign_ins_are_counted_for_who_runs_it(site: Site) -> None:
    from prometheus_client import REGISTRY

    def counted() -> float:
        return REGISTRY.get_sample_value("plenaria_failed_sign_ins_total", {"way": "password"}) or 0.0

    before = counted()
    await _guess(site, "203.0.113.66", email="nobody@example.mx")

    assert counted() == before + 1


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_half_a_sign_in_does_not_hide_the_failures_before_it(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    await ana.post("/me/account/second-factor", data={"secret": SECRET, "code": pyotp.TOTP(SECRET).at(site.now)})
    site.now += timedelta(minutes=2)
    await _guess(site, "203.0.113.66")

    half = await site.signed_in(email="ana@example.mx")
    assert (await half.post("/sign-in/code", data={"code": pyotp.TOTP(SECRET).at(site.now)})).status_code == 303

    assert "1 failed sign-in since" in (await half.get("/me/account?lang=en")).text


# -- sessions ----------------------------------------------------------------------------------------------------------


async def test_signing_in_again_ends_the_earlier_session_of_the_same_browser(site: Site) -> None:
    await _ana_with_password(site)
    browser = site.visitor()
    typed = {"email": "ana@example.mx", "password": PASSWORD}
    await browser.post("/sign-in/password", data=typed)
    earlier, before = browser.cookies["plenaria_session"], await Session.count()

    await browser.post("/sign-in/password", data=typed)

    assert await Session.count() == before
    thief = site.visitor()
    thief.cookies.set("plenaria_session", earlier)
    assert (await thief.get("/me")).status_code == 401
    assert (await browser.get("/me")).status_code == 200


async def test_the_account_lists_browsers_with_the_day_they_were_last_seen(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    await site.signed_in(email="ana@example.mx")
    written = []

    for hours in (0, 0.5, 30, 30.5):
        site.now = NOW + timedelta(hours=hours)
        page = (await ana.get("/me/account?lang=en")).text
        written.append((await Session.select().order_by(Session.id).first())["seen_at"])

    assert written == [NOW, NOW, NOW + timedelta(hours=30), NOW + timedelta(hours=30)]
    assert page.count("last seen") == 2
    assert page.count("/end") == 1
