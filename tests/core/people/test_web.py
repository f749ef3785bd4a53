"""The sign-in page, shown again with what was typed."""

from plenaria.core.people.web import own_page
from tests.site import Site


async def test_a_wrong_password_shows_the_form_again_with_the_address_and_without_the_password(site: Site) -> None:
    told = {"email": "ana@example.mx", "password": "una contraseña larga", "next": "/me/account"}

    answer = await site.visitor().post("/sign-in/password", data=told)

    assert answer.status_code == 401
    assert 'value="ana@example.mx"' in answer.text
    assert 'value="/me/account"' in answer.text
    assert "una contraseña larga" not in answer.text


def test_one_is_led_to_a_page_of_ours_only() -> None:
    for address in ("/", "/me", "/congreso/agenda?day=2025-10-01&lang=en#s-1", "/%C3%B1"):
        assert own_page(address) == address
    for address in (
        "",
        "me",
        "//e",
        "/\\e",
        "/a\\b",
        "/\te",
        "/a b",
        "/a\nb",
        "https://e",
        "/ñ",
        "/a\x00",
        "/" + "x" * 500,
    ):
        assert own_page(address) == "/me", address
