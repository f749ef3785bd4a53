"""How people sign in and out, through the doors, on both engines."""

import asyncio
import re
from datetime import timedelta

import pyotp

from plenaria.core.people.services import passwords
from plenaria.core.people.tables import Person, Session, SignInLink
from tests.site import Site


async def _asked_link(site: Site, email: str = "ana@example.mx") -> str:
    answer = await site.visitor().post("/sign-in", data={"email": email, "next": "/me/account"})
    assert answer.status_code == 200
    text = (await site.mails())[-1]["text"]
    return re.search(r"/sign-in/(\S+)", text)[1]  # type: ignore[index]


async def test_a_link_signs_in_once_and_leads_where_one_wanted_to_go(site: Site) -> None:
    secret = await _asked_link(site)
    browser = site.visitor()

    first = await browser.post(f"/sign-in/{secret}")
    second = await site.visitor().post(f"/sign-in/{secret}")

    assert (first.status_code, first.headers["location"]) == (303, "/me/account")
    assert second.status_code == 409
    assert (await browser.get("/me")).status_code == 200


async def test_a_mail_scanner_that_follows_the_link_does_not_burn_it(site: Site) -> None:
    secret = await _asked_link(site)

    scanned = await site.visitor().get(f"/sign-in/{secret}")

    assert scanned.status_code == 200
    assert (await site.visitor().post(f"/sign-in/{secret}")).status_code == 303


async def test_two_clicks_at_once_make_one_session(site: Site) -> None:
    secret = await _asked_link(site)

    answers = await asyncio.gather(*(site.visitor().post(f"/sign-in/{secret}") for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409, 409]
    assert await Session.count() == 1


async def test_a_link_is_dead_at_its_closing_instant(site: Site) -> None:
    secret = await _asked_link(site)

    site.now += timedelta(minutes=site.settings.sign_in_minutes)

    assert (await site.visitor().post(f"/sign-in/{secret}")).status_code == 409


async def test_only_hashes_of_links_and_sessions_are_kept(site: Site) -> None:
    secret = await _asked_link(site)
    answer = await site.visitor().post(f"/sign-in/{secret}")
    cookie = answer.headers["set-cookie"].split("=")[1].split(";")[0]

    stored = str(await SignInLink.select()) + str(await Session.select())

    assert secret not in stored
    assert cookie not in stored


async def test_a_session_id_that_the_client_chose_is_never_adopted(site: Site) -> None:
    browser = site.visitor()
    browser.cookies.set("plenaria_session", "chosen-by-an-attacker")

    answer = await browser.post(f"/sign-in/{await _asked_link(site)}")

    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]
    thief = site.visitor()
    thief.cookies.set("plenaria_session", "chosen-by-an-attacker")
    assert (await thief.get("/me")).status_code == 401


async def test_the_answer_does_not_tell_whether_an_address_is_known(site: Site) -> None:
    await site.signed_in(email="known@example.mx")

    known = await site.visitor().post("/sign-in", data={"email": "known@example.mx"})
    unknown = await site.visitor().post("/sign-in", data={"email": "other@example.mx"})

    assert known.text.replace("known@", "other@") == unknown.text


async def test_a_sign_in_never_leads_to_another_site(site: Site) -> None:
    for address in ("https://evil.example", "//evil.example", "/\\evil.example", "/me\r\nX: y"):
        await site.visitor().post("/sign-in", data={"email": "ana@example.mx", "next": address})
        secret = re.search(r"/sign-in/(\S+)", (await site.mails())[-1]["text"])[1]  # type: ignore[index]

        answer = await site.visitor().post(f"/sign-in/{secret}")

        assert answer.headers["location"] == "/me"


async def test_too_many_links_for_one_address_get_the_same_answer_and_no_more_mail(site: Site) -> None:
    answers = [await site.visitor().post("/sign-in", data={"email": "ana@example.mx"}) for _ in range(8)]

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert len(await site.mails()) == 6


async def test_a_password_signs_in_and_a_wrong_one_does_not(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    await ana.post("/me/account/password", data={"password": "tres palabras largas"})

    right = await site.visitor().post(
        "/sign-in/password", data={"email": "Ana@example.mx", "password": "tres palabras largas"}
    )
    wrong = await site.visitor().post("/sign-in/password", data={"email": "ana@example.mx", "password": "otra cosa"})
    unknown = await site.visitor().post(
        "/sign-in/password", data={"email": "nadie@example.mx", "password": "otra cosa"}
    )

    assert right.status_code == 303
    assert (wrong.status_code, unknown.status_code) == (401, 401)


async def test_setting_a_password_signs_other_browsers_out(site: Site) -> None:
    first = await site.signed_in(email="ana@example.mx")
    second = await site.signed_in(email="ana@example.mx")

    await second.post("/me/account/password", data={"password": "tres palabras largas"})

    assert (await first.get("/me")).status_code == 401
    assert (await second.get("/me")).status_code == 200


async def test_a_second_factor_code_works_once_and_rotates_the_session(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(site.now)
    answer = await ana.post("/me/account/second-factor", data={"secret": secret, "code": code})
    assert answer.status_code == 303
    assert (await Person.select(Person.totp_secret).where(Person.email == "ana@example.mx").first())["totp_secret"]

    again = await site.signed_in(email="ana@example.mx")
    replayed = await again.post("/sign-in/code", data={"code": code})
    site.now += timedelta(seconds=60)
    fresh = await again.post("/sign-in/code", data={"code": pyotp.TOTP(secret).at(site.now)})

    assert replayed.status_code == 422
    assert fresh.status_code == 303
    assert "plenaria_session=" in fresh.headers["set-cookie"]


async def test_signing_out_ends_the_session_on_the_server(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    cookie = ana.cookies["plenaria_session"]

    await ana.post("/sign-out")

    thief = site.visitor()
    thief.cookies.set("plenaria_session", cookie)
    assert (await thief.get("/me")).status_code == 401
    assert await Session.count() == 0


async def test_a_form_sent_from_another_site_is_not_carried_out(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")

    by_fetch = await ana.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    by_origin = await ana.post("/sign-out", headers={"Origin": "https://evil.example"})
    own = await ana.post("/sign-out", headers={"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"})

    assert [by_fetch.status_code, by_origin.status_code, own.status_code] == [403, 403, 303]


async def test_bad_addresses_are_shown_again_as_typed(site: Site) -> None:
    for address in ("", "no-at-sign", "x" * 300 + "@example.mx", "a\x00b@example.mx"):
        answer = await site.visitor().post("/sign-in", data={"email": address})

        assert answer.status_code == 422, address


def test_an_unknown_address_costs_as_much_work_as_a_known_one() -> None:
    assert not passwords._hasher.check_needs_rehash(passwords._NOBODYS_HASH)
