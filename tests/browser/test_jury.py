"""The jury, from the invitation to the result table, on an award of one category."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.congress import PHONE, Congress, sign_in

EVENT = Path(__file__).with_name("one-category.toml")
JURORS = ("ana.jurado@universidad.example", "beto.jurado@universidad.example")


def confirm(page: Page) -> None:
    """Say yes in the dialog that asks before something final."""
    page.get_by_role("dialog").get_by_role("button", name="Sí, continuar").click()


def open_judging(site: Congress) -> None:
    page = site.visitor("organiser")
    page.goto(f"{site.event}/organise/plugins/awards")
    page.locator('[name="judging-opens_at"]').fill("2025-01-01T00:00")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Guardado.")).to_be_visible()


def invite_only_ours(page: Page) -> None:
    """The sample people who judge leave; two others are asked."""
    removals = page.get_by_role("table").first.get_by_role("button", name="Quitar")
    for left in range(removals.count(), 0, -1):
        expect(removals).to_have_count(left)
        removals.first.click()
        confirm(page)
    expect(removals).to_have_count(0)
    for email in JURORS:
        page.locator("#juror-email").fill(email)
        page.get_by_role("button", name="Invitar").click()
        expect(page.get_by_role("row").filter(has_text=email)).to_be_visible()


@pytest.fixture
def organiser(site: Congress) -> Page:
    page = site.visitor("organiser")
    page.goto(f"{site.event}/organise/awards/jury")
    return page


def invited(site: Congress, email: str) -> Page:
    """A juror's phone after following the link in the invitation."""
    text = site.mail(email, "").locator("pre.mail-text").inner_text()
    link = re.search(r"http://\S+/sign-in/[^\s)]+", text)
    assert link is not None
    page = site.visitor(size=PHONE)
    sign_in(page, link[0])
    page.goto(f"{site.event}/jury")
    return page


def score(page: Page, level: int) -> None:
    """On the sheet: no conflict, every criterion at one level, sealed."""
    page.get_by_role("button", name="No tengo conflicto de interés").click()
    for rubric in page.locator("fieldset.rubric").all():
        rubric.locator(f'input[value="{level}"] + label').click()
    page.get_by_role("button", name="Sellar", exact=True).click()
    confirm(page)
    expect(page.get_by_text("Sus calificaciones están selladas")).to_be_visible()


def test_jurors_judge_by_the_rubric_and_the_result_shows_a_tie_as_a_tie(site: Congress, organiser: Page) -> None:
    open_judging(site)
    invite_only_ours(organiser)
    organiser.get_by_role("button", name="Repartir por igual").click()
    for email in JURORS:
        expect(organiser.get_by_role("row").filter(has_text=email)).to_contain_text("2")
    results = site.visitor("organiser")

    ana = invited(site, JURORS[0])
    first, second = ana.get_by_role("main").locator('a[href*="/jury/assignments/"]').all()[:2]
    conflicted, judged = first.inner_text(), second.inner_text()
    first.click()
    ana.locator("details.step-back summary").click()
    ana.locator("#reason").fill("Trabajé ahí hasta marzo.")
    ana.get_by_role("button", name="Excusarme").click()
    confirm(ana)
    expect(ana.get_by_text("Gracias por avisar.")).to_be_visible()
    ana.goto(f"{site.event}/jury")
    ana.get_by_role("link", name=judged).click()
    score(ana, 2)

    results.goto(f"{site.event}/organise/awards/results")
    expect(results.get_by_role("main")).not_to_contain_text(judged)
    expect(results.get_by_role("main")).not_to_contain_text("2.00")

    beto = invited(site, JURORS[1])
    for name in (conflicted, judged):
        beto.goto(f"{site.event}/jury")
        beto.get_by_role("link", name=name).click()
        score(beto, 2)

    results.reload()
    rows = results.get_by_role("table").first.get_by_role("row")
    for name in (conflicted, judged):
        row = rows.filter(has_text=name)
        expect(row).to_contain_text("empate")
        expect(row).to_contain_text("2.00")
        expect(row.get_by_role("cell").or_(row.get_by_role("rowheader")).first).to_contain_text("1")
