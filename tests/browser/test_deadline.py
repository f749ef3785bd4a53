"""One second before the deadline (docs/architecture.md): a nomination of several hands, with and without JavaScript."""

import base64
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from playwright.sync_api import Page, expect

from plenaria.core.kernel import clock
from tests.browser.congress import PHONE, PLENARIA, Congress, sign_in

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
ANSWERS = {
    "candidate.name": "Engranes de Prueba",
    "answers.project": "Templado sin gas",
    "answers.summary": "Sustituye el gas por inducción.",
    "answers.impact": "Menos 40 % de energía en 2024.",
    "answers.years": "12",
}


def start(page: Page, site: Congress) -> None:
    page.goto(f"{site.event}/awards/nominate")
    page.locator("label", has_text="Proveedor Tier 1, equipo original").click()
    page.get_by_role("button", name="Empezar").click()
    page.wait_for_url("**/awards/nominations/*")


def fill_in(page: Page, answers: dict[str, str]) -> None:
    for name, typed in answers.items():
        page.locator(f'[name="{name}"]').fill(typed)


def invited(site: Congress, email: str, **options: object) -> Page:
    text = site.mail(email, "").locator("pre.mail-text").inner_text()
    link = re.search(r"http://\S+/sign-in/[^\s)]+", text)
    assert link is not None
    page = site.visitor(size=PHONE, **options)
    sign_in(page, link[0])
    return page


def public_key(site: Congress) -> str:
    key = load_pem_private_key((site.folder / "signing-key.pem").read_bytes(), password=None)
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def verified(site: Congress, receipt: Path, attachment: Path) -> subprocess.CompletedProcess[str]:
    command = [PLENARIA, "receipt", "verify", "--key", public_key(site), "--attachment", str(attachment), str(receipt)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_nomination_of_two_is_submitted_and_its_receipt_holds(
    site: Congress, tmp_path: Path, javascript: bool
) -> None:
    evidence = tmp_path / "evidencia.pdf"
    evidence.write_bytes(PDF)
    colleague = f"colega.{'con' if javascript else 'sin'}@empresa.example"
    company = site.visitor("nominator", java_script_enabled=javascript)
    start(company, site)

    fill_in(company, ANSWERS)
    if javascript:
        expect(company.locator("[data-autosave-status]")).to_have_text(re.compile("^Guardado a las"))
    else:
        company.get_by_role("button", name="Guardar borrador").click()
        expect(company.get_by_text("Guardado.")).to_be_visible()
    company.reload()
    expect(company.locator('[name="answers.project"]')).to_have_value(ANSWERS["answers.project"])
    company.locator("#collaborator-email").fill(colleague)
    company.get_by_role("button", name="Invitar").click()
    expect(company.locator("#people")).to_contain_text(colleague)

    helper = invited(site, colleague, java_script_enabled=javascript)
    helper.goto(company.url.partition("#")[0])
    helper.locator("label", has_text="Investigación y desarrollo").click()
    helper.get_by_role("button", name="Guardar borrador").click()
    expect(helper.get_by_text("Guardado.")).to_be_visible()

    company.goto(company.url.partition("#")[0])
    expect(company.get_by_label("Investigación y desarrollo")).to_be_checked()
    company.locator('input[type="file"]').set_input_files(evidence)
    company.get_by_role("button", name="Enviar la postulación").click()
    expect(company.locator("#receipt")).to_be_visible()

    with company.expect_download() as download:
        company.locator("#receipt").locator("xpath=..").get_by_role("link", name="Descargar").first.click()
    receipt = tmp_path / "receipt.json"
    download.value.save_as(receipt)
    checked = verified(site, receipt, evidence)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def close_nominations(site: Congress) -> datetime:
    """The organiser ends the window a minute ago; the last second that was in time."""
    closes_at = clock.now().astimezone(ZoneInfo("America/Mexico_City")).replace(microsecond=0) - timedelta(minutes=1)
    page = site.visitor("organiser")
    page.goto(f"{site.event}/organise/plugins/awards")
    page.locator('[name="nominations-closes_at"]').fill(closes_at.strftime("%Y-%m-%dT%H:%M:%S"))
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    return closes_at - timedelta(seconds=1)


def test_what_comes_late_is_refused_with_the_closing_instant_and_the_text_kept(site: Congress) -> None:
    company = site.visitor("nominator", java_script_enabled=False)
    start(company, site)
    fill_in(company, ANSWERS)
    last_second = close_nominations(site)

    with company.expect_response(lambda answer: answer.request.method == "POST") as answered:
        company.get_by_role("button", name="Enviar la postulación").click()

    assert answered.value.status == 409
    expect(company.get_by_role("main")).to_contain_text(last_second.strftime("%H:%M:%S"))
    expect(company.get_by_role("main")).to_contain_text("UTC−6")
    for name, typed in ANSWERS.items():
        expect(company.locator(f'[name="{name}"]')).to_have_value(typed)
