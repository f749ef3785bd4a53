"""Between the link (or the password) and the code, nobody is signed in yet."""

from datetime import timedelta

import httpx
import pyotp

from plenaria.core.people.tables import Person, Session
from tests.site import Site

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def _with_second_factor(site: Site, role: str = "", email: str = "ana@example.mx") -> httpx.AsyncClient:
    """A browser of hers in which the code was shown: she has just switched the second factor on."""
    ana = await site.signed_in(role, email=email)
    code = pyotp.TOTP(SECRET).at(site.now)
    answer = await ana.post("/me/account/second-factor", data={"secret": SECRET, "code": code})
    assert answer.status_code == 303
    site.now += timedelta(minutes=2)
    return ana


async def test_before_the_code_is_given_nothing_of_hers_is_reachable(site: Site) -> None:
    await _with_second_factor(site, "owner")
    half = await site.signed_in(email="ana@example.mx")
    slug = site.event.slug

    pages = ("/me", "/me/account", f"/{slug}/organise", f"/{slug}/organise/team", "/api/v1/me", f"/{slug}/jury")
    answers = [(await half.get(page)).status_code for page in pages]
    taken_over = await half.post("/me/account/password", data={"password": "tres palabras largas"})
    replaced = await half.post("/me/account/second-factor", data={"secret": SECRET, "code": "123456"})

    assert answers == [401] * len(pages)
    assert (taken_over.status_code, replaced.status_code) == (401, 401)
    assert not (await Person.select(Person.password_hash).first())["password_hash"]


async def test_before_the_code_is_given_public_pages_show_a_visitor(site: Site) -> None:
    await _with_second_factor(site, "owner")
    half = await site.signed_in(email="ana@example.mx")

    for page in ("/", f"/{site.event.slug}", "/nothing-here", "/me"):
        text = (await half.get(page)).text

        assert "ana@example.mx" not in text, page
        assert "/organise" not in text, page
    assert "/sign-in/code?next=/me" in (await half.get("/me")).text


async def test_a_password_alone_does_not_open_the_account_either(site: Site) -> None:
    ana = await _with_second_factor(site)
    await ana.post("/me/account/password", data={"password": "tres palabras largas"})
    half = site.visitor()

    told = {"email": "ana@example.mx", "password": "tres palabras largas", "next": "/me/account?lang=en"}
    answer = await half.post("/sign-in/password", data=told)

    assert answer.headers["location"] == "/sign-in/code?next=%2Fme%2Faccount%3Flang%3Den"
    assert (await half.get("/me")).status_code == 401


async def test_the_code_opens_the_page_that_one_came_for_with_a_new_session(site: Site) -> None:
    await _with_second_factor(site, "owner")
    half = await site.signed_in(email="ana@example.mx")
    before = half.cookies["plenaria_session"]

    shown = await half.get("/sign-in/code?next=/me/account")
    answer = await half.post("/sign-in/code", data={"code": pyotp.TOTP(SECRET).at(site.now), "next": "/me/account"})

    assert shown.status_code == 200
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/account")
    assert (await half.get("/me")).status_code == 200
    half.cookies.set("plenaria_session", before)
    assert (await half.get("/me")).status_code == 401


async def test_who_has_no_code_to_give_can_still_sign_out(site: Site) -> None:
    await _with_second_factor(site)
    half = await site.signed_in(email="ana@example.mx")
    open_before = await Session.count()

    answer = await half.post("/sign-out")

    assert answer.status_code == 303
    assert await Session.count() == open_before - 1


async def test_the_code_page_sends_others_where_they_belong(site: Site) -> None:
    signed_in = await site.signed_in(email="berta@example.mx")

    stranger = await site.visitor().get("/sign-in/code")
    done = await signed_in.get("/sign-in/code?next=/me/account")

    assert (stranger.status_code, stranger.headers["location"]) == (303, "/sign-in")
    assert (done.status_code, done.headers["location"]) == (303, "/me/account")


async def test_codes_cannot_be_tried_for_ever_in_one_browser_or_in_many(site: Site) -> None:
    await _with_second_factor(site)
    statuses = []
    for _ in range(3):
        half = await site.signed_in(email="ana@example.mx")
        statuses += [(await half.post("/sign-in/code", data={"code": "000000"})).status_code for _ in range(4)]

    assert statuses == [422] * 10 + [429] * 2


async def test_a_second_factor_is_not_replaced_by_another_one(site: Site) -> None:
    ana = await _with_second_factor(site)
    other = pyotp.random_base32()

    answer = await ana.post("/me/account/second-factor", data={"secret": other, "code": pyotp.TOTP(other).at(site.now)})

    assert answer.status_code == 422
    assert (await Person.select(Person.totp_secret).first())["totp_secret"] == SECRET


async def test_a_key_that_is_none_is_refused(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")

    for secret in ("", "not base 32!", "A\x00B", "AAAA", "A" * 500, "1" * 32):
        answer = await ana.post("/me/account/second-factor", data={"secret": secret, "code": "123456"})

        assert answer.status_code == 422, secret


async def test_a_token_needs_no_code(site: Site) -> None:
    program = await site.bearer("owner", "me.read")
    ana = await site.signed_in("owner")
    code = pyotp.TOTP(SECRET).at(site.now)
    await ana.post("/me/account/second-factor", data={"secret": SECRET, "code": code})

    assert (await program.get("/api/v1/me")).status_code == 200
