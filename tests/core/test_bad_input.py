"""What an attacker, a broken client or a second tab may send: a clear answer, never a 500, never half a write."""

import pytest

from plenaria.core.events.tables import EventPlugin
from plenaria.core.people.tables import Grant, Person, SignInLink
from plenaria.core.storage.requests.tables import RateCount
from plenaria.core.web.security.headers import is_other_host
from tests.site import Site

MULTIPART = {"content-type": "multipart/form-data; boundary=abc"}
FORMS = (
    "/sign-in",
    "/sign-in/password",
    "/me/account/name",
    "/me/account/password",
    "/me/account/second-factor",
    "/{event}/organise/event",
    "/{event}/organise/plugins/agenda",
    "/{event}/organise/plugins/agenda/switch",
    "/{event}/organise/team",
    "/{event}/organise/mail/core.invitation/es",
    "/{event}/organise/tokens",
)


def _part(head: bytes, content: bytes) -> bytes:
    return b"--abc\r\n" + head + b"\r\n\r\n" + content + b"\r\n--abc--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        _part(b'Content-Disposition: form-data; name="email"', b"A\xff"),
        _part(b"Content-Disposition: form-data", b"A\xff"),
        _part(b'Content-Type: text/plain; charset=nope\r\nContent-Disposition: form-data; name="email"', b"A"),
        b'--abc\r\nContent-Disposition: form-data; name="email"\r\n\r\nno end',
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_malformed_multipart_form_is_the_senders_fault(site: Site, body: bytes) -> None:
    owner = await site.signed_in("owner")

    for form in FORMS:
        answer = await owner.post(form.format(event=site.event.slug), content=body, headers=MULTIPART)

        assert answer.status_code == 400, form


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
async def test_a_body_that_is_no_form_does_not_set_settings_back(site: Site, media_type: str) -> None:
    owner = await site.signed_in("owner")
    stored = {"settings": '{"feed_max_age_s":600}'}
    await EventPlugin.update(stored).where(EventPlugin.key == f"{site.event.id}/agenda")

    for form in FORMS:
        answer = await owner.post(
            form.format(event=site.event.slug), content=b"{}", headers={"content-type": media_type}
        )

        assert answer.status_code == 415, form
    kept = await EventPlugin.select(EventPlugin.settings).where(EventPlugin.key == f"{site.event.id}/agenda").first()
    assert "600" in kept["settings"]


async def test_control_characters_in_any_field_are_refused(site: Site) -> None:
    owner = await site.signed_in("owner")
    nul = "a\x00b"
    fields = ("email", "password", "given_names", "name.es", "name", "subject", "body", "role", "zone", "code")
    data = {**dict.fromkeys(fields, nul), "scopes": [nul], "secret": nul, "next": f"/{nul}", "language": "es"}

    answers = {
        form: (await owner.post(form.format(event=site.event.slug), data=data)).status_code
        for form in FORMS
        if "/plugins/" not in form
    }

    assert set(answers.values()) <= {409, 422}, answers


async def test_a_next_page_that_no_database_can_hold_is_left_out(site: Site) -> None:
    for address in ("/a\x00b", "/a\ud800b", "/" + "x" * 600, "/\tevil.example", "/ü"):
        fields = {"email": "ana@example.mx", "next": address.encode("utf-8", "surrogatepass")}
        answer = await site.visitor().post("/sign-in", data=fields)

        assert answer.status_code == 200, address
    assert {row["next"] for row in await SignInLink.select(SignInLink.next)} == {"/me"}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_sixty_megabytes_are_refused_before_they_are_read_to_the_end(site: Site) -> None:
    owner = await site.signed_in("owner")
    sent = 0

    async def flood():  # type: ignore[no-untyped-def]
        nonlocal sent
        for _ in range(120):
            sent += 1_000_000
            yield b"x" * 1_000_000

    declared = await owner.post("/me/account/name", content=b"x" * 60_000_000, headers={"content-type": "text/plain"})
    form = await owner.post(
        f"/{site.event.slug}/organise/event",
        content=flood(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert (declared.status_code, form.status_code) == (415, 413)
    assert "demasiado grande" in form.text or "too large" in form.text


@pytest.mark.parametrize("before", ["99999999999999999999", "2147483648", "²", "-1", "abc", "9" * 5000, "1.5"])
async def test_a_page_before_nonsense_does_not_exist(site: Site, before: str) -> None:
    owner = await site.signed_in("owner")

    for page in ("outbox", "audit"):
        answer = await owner.get(f"/{site.event.slug}/organise/{page}", params={"before": before})

        assert answer.status_code == 404


@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "9" * 5000, "-99999999999"])
async def test_a_number_beyond_the_databases_keys_names_nothing(site: Site, number: str) -> None:
    owner = await site.signed_in("owner")
    slug = site.event.slug

    answers = [
        await owner.get(f"/{slug}/organise/outbox/{number}"),
        await owner.post(f"/{slug}/organise/outbox/{number}/again"),
        await owner.post(f"/{slug}/organise/tokens/{number}/revoke"),
        await owner.post(f"/{slug}/organise/team/{number}/organiser/revoke"),
        await owner.post(f"/me/account/sessions/{number}/end"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


@pytest.mark.parametrize(
    "cookie",
    [
        "plenaria_notice=" + "[" * 5000,
        "plenaria_notice=" + "9" * 5000,
        "plenaria_notice=%5B%5B1,2%5D%5D",
        "plenaria_notice=%5B%5B%22unknown%22,2%5D%5D",
        "plenaria_notice=%7B%22ab%22%3A1%7D",
        "plenaria_session=" + "x" * 50_000,
        "plenaria_session=\xff\xfe",
        "plenaria_language=../../x",
        "=;;a;=b; ;",
    ],
)
@pytest.mark.parametrize("dialect", ["postgres"])
async def test_a_forged_cookie_does_nothing(site: Site, cookie: str) -> None:
    answer = await site.visitor().get("/sign-in", headers={"cookie": cookie.encode("latin-1")})

    assert answer.status_code == 200
    assert 'lang="es"' in answer.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_forged_notice_is_shown_as_text(site: Site) -> None:
    cookie = 'plenaria_notice=[["success","<script>alert(1)</script>"]]'

    answer = await site.visitor().get("/sign-in", headers={"cookie": cookie})

    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_another_sites_odd_cookie_signs_nobody_out(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    ours = f"plenaria_session={ana.cookies['plenaria_session']}"

    for beside in ('a[b]=1; {}; c="', '{{"json": 1}}; {}', "path=/; {}"):
        answer = await site.visitor().get("/me", headers={"cookie": beside.format(ours)})

        assert answer.status_code == 200, beside


@pytest.mark.parametrize(
    "origin", ["http://[", "null", "http://127.0.0.1:8000.evil.example", "x", "http://127.0.0.1:8000@evil"]
)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_origin_that_is_not_ours_is_refused(site: Site, origin: str) -> None:
    answer = await site.visitor().post("/sign-in", data={"email": "ana@example.mx"}, headers={"origin": origin})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:8000"}, 200),
        ({"origin": "https://127.0.0.1:8000"}, 403),
        ({"origin": "http://127.0.0.1"}, 403),
        ({"referer": "http://127.0.0.1:8000/sign-in"}, 200),
        ({"referer": "https://evil.example/"}, 403),
        ({"origin": "http://127.0.0.1:8000", "referer": "https://evil.example/"}, 200),
        ({"referer": "https://evil.example/", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://evil.example", "host": "evil.example"}, 421),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_write_comes_from_our_own_pages(site: Site, headers: dict[str, str], status: int) -> None:
    answer = await site.visitor().post("/sign-in", data={"email": "ana@example.mx"}, headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", ""])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_request_for_another_host_is_refused_in_words(site: Site, host: str) -> None:
    visitor = site.visitor(Host=host)

    page = await visitor.get("/?lang=en")
    document = await visitor.get("/api/v1/events")

    assert (page.status_code, document.status_code) == (421, 421)
    assert "This site has another address" in page.text
    assert document.json()["errors"][0]["code"] == "wrong_host"
    assert (await visitor.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("hosts", "own", "is_development", "is_other"),
    [
        (("congreso.mx",), "congreso.mx", False, False),
        (("CONGRESO.mx:443",), "congreso.mx", False, False),
        (("congreso.mx", "congreso.mx"), "congreso.mx", False, True),
        ((), "congreso.mx", False, True),
        (("localhost:8000",), "congreso.mx", False, True),
        (("localhost:8000",), "congreso.mx", True, False),
        (("[::1]:8000",), "127.0.0.1:8000", False, False),
        (("10.0.0.7",), "127.0.0.1:8000", True, True),
    ],
)
def test_the_host_is_that_of_the_installation(
    hosts: tuple[str, ...], own: str, is_development: bool, is_other: bool
) -> None:
    assert is_other_host(hosts, own=own, is_development=is_development) == is_other


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_links_in_mails_do_not_follow_the_host_header(site: Site) -> None:
    for headers in ({"x-forwarded-host": "evil.example"}, {"forwarded": "host=evil.example"}):
        await site.visitor().post("/sign-in", data={"email": "ana@example.mx"}, headers=headers)

        mail = (await site.mails())[-1]
        assert "evil.example" not in str(mail)
        assert f"{site.settings.address}/sign-in/" in mail["text"]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_link_of_a_page_leads_to_a_site_that_its_address_names(site: Site) -> None:
    for path in ("//evil.example/a", "/%5C%5Cevil.example", "/%2F%2Fevil.example", "/x%3Flang=en%22%3E"):
        text = (await site.visitor().get(path)).text

        assert 'href="//' not in text, path
        assert 'href="/\\' not in text, path


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_head_is_answered_as_get_is_without_the_body(site: Site) -> None:
    for path in ("/", f"/{site.event.slug}", "/healthz", "/nothing-here", "/api/v1/events"):
        got = await site.visitor().get(path)
        head = await site.visitor().head(path)

        assert head.status_code == got.status_code
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.content == b""


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_method_that_a_page_does_not_know_is_405(site: Site, method: str) -> None:
    for path in ("/", f"/{site.event.slug}", "/sign-in"):
        assert (await site.visitor().request(method, path)).status_code == 405


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_error_page_says_nothing_of_the_inside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(**_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("plenaria.core.events.queries.events", broken)

    page = await site.visitor().get("/")
    document = await site.visitor().get("/api/v1/events")

    assert (page.status_code, document.status_code) == (500, 500)
    for text in (page.text, document.text):
        assert "hunter2" not in text
        assert "RuntimeError" not in text
        assert "Traceback" not in text


async def test_rate_limits_hold_for_long_addresses_and_end_with_the_hour(site: Site) -> None:
    address = "x" * 240 + "@example.mx"
    typed = {"email": address, "password": "wrong"}
    first = [(await site.visitor().post("/sign-in/password", data=typed)).status_code for _ in range(11)]

    site.now = site.now.replace(hour=site.now.hour + 1)
    later = await site.visitor().post("/sign-in/password", data=typed)

    assert first == [401] * 10 + [429]
    assert later.status_code == 401


async def test_rate_limits_keep_no_address(site: Site) -> None:
    await site.visitor().post("/sign-in", data={"email": "ana@example.mx"})

    assert await RateCount.count() == 3
    assert "ana" not in str(await RateCount.select())


async def test_addresses_are_those_that_a_browser_takes(site: Site) -> None:
    owner = await site.signed_in("owner")
    odd = ("a<ana@example.mx>", "ana@example.mx,b", "İ" * 100 + "@example.mx", "ana@-example.mx", '"a b"@example.mx')

    for address in odd:
        signing_in = await site.visitor().post("/sign-in", data={"email": address})
        invited = await owner.post(f"/{site.event.slug}/organise/team", data={"email": address, "role": "door"})

        assert (signing_in.status_code, invited.status_code) == (422, 422), address
    assert await Person.count() == 1
    assert await Grant.count() == 1
