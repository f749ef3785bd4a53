"""An organiser sets the three plugins up in the console, and switches one off."""

import pytest
from playwright.sync_api import expect

from tests.browser.congress import Congress


@pytest.mark.parametrize(
    ("plugin", "wrong", "right", "also_typed"),
    [
        ("registration", ("payment_days", "-3"), ("payment_days", "9"), ("bank", "Banco de Prueba")),
        (
            "agenda",
            ("default_duration_min", "cuatro"),
            ("default_duration_min", "50"),
            ("introduction.es", "Dos días."),
        ),
        ("awards", ("judges_per_entry", "0"), ("judges_per_entry", "4"), ("cycle.es", "Premio de prueba")),
    ],
)
def test_a_wrong_setting_is_shown_at_its_field_and_nothing_typed_is_lost(
    site: Congress, plugin: str, wrong: tuple[str, str], right: tuple[str, str], also_typed: tuple[str, str]
) -> None:
    page = site.visitor("organiser")
    page.goto(f"{site.event}/organise/plugins/{plugin}")
    name, typed = wrong

    page.locator(f'[name="{also_typed[0]}"]').fill(also_typed[1])
    page.locator(f'[name="{name}"]').fill(typed)
    page.get_by_role("button", name="Guardar").click()

    field = page.locator(f'[name="{name}"]')
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value(typed)
    expect(page.locator(f"#field-{name}-error")).to_be_visible()
    expect(page.locator(f'[name="{also_typed[0]}"]')).to_have_value(also_typed[1])
    expect(page.locator("[data-error-summary]")).to_be_focused()

    field.fill(right[1])
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    page.reload()
    expect(page.locator(f'[name="{name}"]')).to_have_value(right[1])
    expect(page.locator(f'[name="{also_typed[0]}"]')).to_have_value(also_typed[1])


def test_a_plugin_that_is_switched_off_answers_not_found_until_it_is_on_again(site: Congress) -> None:
    page = site.visitor("organiser")
    visitor = site.visitor().context.request
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Programa"))

    page.goto(f"{site.event}/organise/plugins")
    card.get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="Sí, continuar").click()
    expect(page.locator('a[href$="/organise/agenda/sessions"]')).to_have_count(0)

    gone = ("agenda", "agenda.ics", "speakers")
    assert [visitor.get(f"{site.event}/{path}").status for path in gone] == [404, 404, 404]
    assert visitor.get(f"{site.event}/awards").status == 200

    card.get_by_role("button").click()
    expect(page.locator('a[href$="/organise/agenda/sessions"]')).to_have_count(1)
    assert visitor.get(f"{site.event}/agenda").status == 200
