"""What a caller may do: by session, by token, in one event, in another one, in the whole installation."""

from datetime import date

import msgspec
import pytest

from plenaria.core.host.permissions import CORE_PERMISSIONS, use_permissions
from plenaria.core.host.visit import PersonView, TokenView, Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.people import services as people
from tests.site import NOW, Site

HERE = EventView(1, "here", {"es": "Aquí"}, "UTC", date(2025, 10, 1), date(2025, 10, 2))
THERE = EventView(2, "there", {"es": "Allá"}, "UTC", date(2025, 10, 1), date(2025, 10, 2))
ANA = PersonView(7, "ana@example.mx")


@pytest.fixture(autouse=True)
def permissions() -> None:
    use_permissions(CORE_PERMISSIONS)


def _visit(roles: dict[int | None, tuple[str, ...]], token: TokenView | None = None) -> Visit:
    return Visit(NOW, person=ANA, roles=roles, token=token)


def test_a_visitor_may_do_what_is_public_and_nothing_else() -> None:
    visitor = Visit(NOW)

    assert visitor.may("public", HERE)
    assert not visitor.may("signed_in")
    assert not visitor.may("event.view", HERE)


def test_an_owner_of_one_event_owns_neither_another_one_nor_the_house() -> None:
    owner = _visit({1: ("owner",)})

    assert owner.may("event.configure", HERE)
    assert owner.may("a.permission.that.nobody.registered", HERE)
    assert not owner.may("event.configure", THERE)
    assert not owner.may("installation.own", HERE)
    assert not owner.may("installation.own")


def test_an_owner_of_the_installation_owns_every_event() -> None:
    owner = _visit({None: ("owner",)})

    assert owner.may("event.configure", HERE)
    assert owner.may("event.configure", THERE)
    assert owner.may("installation.own")


def test_a_role_holds_its_own_permissions_only() -> None:
    finance = _visit({1: ("finance",)})

    assert finance.may("event.audit", HERE)
    assert not finance.may("event.team", HERE)
    assert not finance.may("a.permission.that.nobody.registered", HERE)


def test_a_token_is_good_for_its_event_and_its_scopes() -> None:
    limited = _visit({1: ("owner",), 2: ("owner",), None: ("owner",)}, TokenView(1, 1, ("event.view", "me.read")))

    assert limited.may("event.view", HERE)
    assert limited.may("me.read", HERE)
    assert limited.may("me.read")
    assert not limited.may("event.configure", HERE)
    assert not limited.may("event.view", THERE)
    assert not limited.may("event.view")
    assert not limited.may("me.read", THERE)
    assert not limited.may("installation.own", HERE)
    assert limited.roles_in(THERE) == ()


def test_what_everybody_may_needs_a_scope_of_a_token_and_no_role_of_a_person() -> None:
    assert _visit({}).may("me.read")
    assert not Visit(NOW).may("me.read")
    assert not _visit({None: ("owner",)}, TokenView(1, 1, ("event.view",))).may("me.read")


def test_a_token_is_no_signed_in_browser() -> None:
    assert not _visit({None: ("owner",)}, TokenView(1, 1, ("signed_in", "event.view"))).may("signed_in", HERE)


def test_no_token_owns_the_installation_even_with_that_scope() -> None:
    assert not _visit({None: ("owner",)}, TokenView(1, 1, ("installation.own",))).may("installation.own", HERE)


async def test_that_scope_is_neither_offered_nor_given_to_an_owner_of_the_installation(site: Site) -> None:
    root = await people.ensure_person("root@example.mx", now=site.now)
    await people.grant(root, "owner", event=None, by="test", now=site.now)
    owner = await site.signed_in(email="root@example.mx")
    tokens = f"/{site.event.slug}/organise/tokens"

    page = await owner.get(tokens)
    refused = await owner.post(tokens, data={"name": "x", "scopes": ["event.view", "installation.own"]})

    assert 'value="event.view"' in page.text
    assert "installation.own" not in page.text
    assert refused.status_code == 409


def test_a_token_gives_nothing_that_its_owner_has_lost() -> None:
    assert not _visit({}, TokenView(1, 1, ("event.view",))).may("event.view", HERE)


async def test_an_owners_token_of_one_event_opens_nothing_of_another(site: Site) -> None:
    program = await site.bearer("owner", "event.configure", "event.team")
    other = site.other_event.slug

    for path in (f"/api/v1/events/{other}/plugins", f"/api/v1/events/{other}/declaration"):
        assert (await program.get(path)).status_code == 403
    assert (await program.get(f"/api/v1/events/{site.event.slug}/plugins")).status_code == 200


async def test_a_token_opens_no_page(site: Site) -> None:
    program = await site.bearer("owner", "event.configure", "event.team")

    for path in ("/me", "/me/account", "/me/account/data.json", f"/{site.event.slug}/organise"):
        assert (await program.get(path)).status_code == 401


async def test_an_organiser_makes_nobody_an_owner(site: Site) -> None:
    organiser = await site.signed_in("organiser")
    team = f"/{site.event.slug}/organise/team"

    invited = await organiser.post(team, data={"email": "organiser@example.mx", "role": "owner"})
    scoped = await organiser.post(
        f"/{site.event.slug}/organise/tokens", data={"name": "x", "scopes": ["installation.own"]}
    )

    assert (invited.status_code, scoped.status_code) == (409, 409)


async def test_organisers_need_a_second_factor_where_the_house_says_so(site: Site) -> None:
    site.app.state.settings = msgspec.structs.replace(site.settings, second_factor_for_organisers=True)
    organiser, programme = await site.signed_in("organiser"), await site.signed_in("programme")
    console = f"/{site.event.slug}/organise"

    refused = await organiser.get(console)

    assert refused.status_code == 403
    assert (await organiser.get("/me/account")).status_code == 200
    assert (await programme.get(console)).status_code == 200


async def test_personal_pages_are_kept_by_no_cache_in_between(site: Site) -> None:
    ana = await site.signed_in("owner")

    for path in ("/me", "/me/account", f"/{site.event.slug}", f"/{site.event.slug}/organise/team", "/"):
        headers = (await ana.get(path)).headers

        assert headers["cache-control"].startswith("private"), path
        assert "Cookie" in headers["vary"], path


def test_over_https_a_neighbouring_domain_cannot_set_our_cookies() -> None:
    from litestar.datastructures import Headers

    from plenaria.core.web.security.cookies import SESSION_COOKIE, own_cookies, session_cookie

    sent = Headers({"cookie": "plenaria_session=of-a-neighbour; __Host-plenaria_session=ours; other=1"})
    made = session_cookie("s", Settings(address="https://congreso.example"))

    assert own_cookies(sent, secure=True) == {SESSION_COOKIE: "ours"}
    assert own_cookies(Headers({"cookie": "plenaria_session=of-a-neighbour"}), secure=True) == {}
    assert made.startswith("__Host-plenaria_session=s; Path=/; ")
    assert "Domain" not in made
    assert session_cookie("s", Settings()).startswith("plenaria_session=s; ")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_session_cookie_is_out_of_reach_of_scripts_and_of_plain_http(site: Site) -> None:
    from plenaria.core.web.security.cookies import notice_cookie, session_cookie

    public = Settings(address="https://congreso.example")
    for cookie in (session_cookie("s", public), notice_cookie([("info", "x")], public)):
        assert cookie.endswith("; HttpOnly; SameSite=Lax; Secure")
    assert "Max-Age=0" in session_cookie("", public)
    assert '"' not in notice_cookie([("info", 'a";\r\nSet-Cookie: x')], public)
    assert "\n" not in notice_cookie([("info", 'a";\r\nSet-Cookie: x')], public)
