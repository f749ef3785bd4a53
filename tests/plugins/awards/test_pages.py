"""The HTML doors of the awards, on both engines."""

import re

import pytest

from plugins.awards import queries, services
from tests.plugins.awards.conftest import CLOSES, PDF, TICK, Award, address, fields


def page_text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def test_the_award_page_is_public_and_names_the_last_second_with_its_offset(award: Award) -> None:
    answer = await award.site.visitor().get(f"/{award.event.slug}/awards")

    assert answer.status_code == 200
    text = page_text(answer.text)
    assert "Sustentabilidad" in text
    assert "10 de septiembre de 2025, 23:59:59, hora de la Ciudad de México, UTC−6" in text


async def test_a_nomination_is_started_filled_in_and_submitted_in_the_browser(award: Award) -> None:
    client = await award.site.signed_in(email="ana@empresa.mx")

    started = await client.post(f"/{award.event.slug}/awards/nominate", data={"category": "sustainability"})
    code = started.headers["location"].rpartition("/")[2]
    view = await queries.nomination(award.event, code)
    assert view is not None
    sent = fields(view, action="submit") | {"candidate.name": "Frenos del Bajío", "answers.impact": "Menos agua."}
    answer = await client.post(
        address(award, code), data=sent, files={"files.evidence": ("prueba.pdf", PDF, "application/pdf")}
    )
    shown = await client.get(address(award, code))

    assert (started.status_code, answer.status_code, shown.status_code) == (303, 303, 200), answer.text
    assert "1 de septiembre de 2025, 12:00:00, hora de la Ciudad de México, UTC−6" in page_text(shown.text)
    view = await queries.nomination(award.event, code)
    assert view is not None
    assert view.nomination.state == "submitted"
    assert [file.name for file in (each.attachment for each in view.files)] == ["prueba.pdf"]


@pytest.mark.parametrize(
    "path",
    [
        "/awards",
        "/awards/nominate",
        "/jury",
        "/organise/awards",
        "/organise/awards/nominations",
        "/organise/awards/jury",
        "/organise/awards/results",
        "/organise/awards/rubric",
    ],
)
@pytest.mark.parametrize("language", ["es", "en"])
async def test_every_page_is_drawn_in_both_languages(award: Award, path: str, language: str) -> None:
    owner = await award.site.signed_in("owner")
    nominator = await award.actor("ana")
    await award.submitted(nominator)

    answer = await owner.get(f"/{award.event.slug}{path}?lang={language}")

    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
