"""The last seat (docs/architecture.md): two people want it, one gets it, and is let in once."""

import re

from playwright.sync_api import Page, expect

from tests.browser.congress import PHONE, Congress

KIND = "ultimo-lugar"
CONFIRM, TICKETS = "Confirmar la dirección", "Confirmación con los boletos"
FIRST = {"given_names": "Rocío", "first_surname": "Ríos", "email": "rocio.rios@empresa.example"}
SECOND = {"given_names": "Saúl", "first_surname": "Salas", "email": "saul.salas@empresa.example"}


def offer_one_seat(page: Page, site: Congress) -> None:
    page.goto(f"{site.event}/organise/registration/ticket-types/new")
    for name, typed in {"code": KIND, "name.es": "Último lugar", "size": "1", "price_minor": "0"}.items():
        page.locator(f'[name="{name}"]').fill(typed)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("link", name="Último lugar")).to_be_visible()


def fill_in(page: Page, site: Congress, person: dict[str, str]) -> None:
    page.goto(f"{site.event}/register")
    page.locator(f'[name="q-{KIND}"]').select_option("1")
    page.get_by_role("button", name="Continuar").click()
    for name, typed in person.items():
        page.locator(f'[name="attendees-0-{name}"]').fill(typed)
    page.locator('[name="buyer_name"]').fill(f"{person['given_names']} {person['first_surname']}")
    page.locator('[name="buyer_email"]').fill(person["email"])
    page.locator('[name="accepts_notice"]').check()


def press_register(page: Page) -> None:
    page.get_by_role("main").get_by_role("button", name="Regístrese").click()


def order_in(mail: Page) -> str:
    """The address of the order that a mail leads to."""
    found = re.search(r"http://\S+/orders/[^\s)]+", mail.locator("pre.mail-text").inner_text())
    assert found is not None
    return found[0]


def code_of_order(page: Page) -> str:
    """The address's last part is a secret, new at each answer."""
    return page.url.split("/")[-2]


def test_the_last_seat_goes_to_one_and_the_other_waits_with_everything_typed_kept(site: Congress) -> None:
    organiser = site.visitor("organiser")
    offer_one_seat(organiser, site)
    first, second = site.visitor(size=PHONE), site.visitor(size=PHONE)
    fill_in(first, site, FIRST)
    fill_in(second, site, SECOND)

    press_register(first)
    press_register(second)

    expect(first.get_by_text("Falta un paso: confirme su correo electrónico")).to_be_visible()
    first.goto(order_in(site.mail(FIRST["email"], CONFIRM)))
    first.get_by_role("button", name="Confirmar mi pedido").click()
    expect(first.get_by_text("Su registro está completo")).to_be_visible()
    expect(second.get_by_role("main")).to_contain_text("No hay lugares suficientes", ignore_case=True)
    expect(second.locator('[name="attendees-0-given_names"]')).to_have_value(SECOND["given_names"])
    expect(second.locator('[name="buyer_email"]')).to_have_value(SECOND["email"])
    expect(second.locator('[name="accepts_notice"]')).to_be_checked()

    second.locator('button[name="wait"]').click()
    expect(second.get_by_text("Está en la lista de espera.")).to_be_visible()
    organiser.goto(f"{site.event}/organise/registration/waiting-list")
    expect(organiser.get_by_role("row").filter(has_text=SECOND["email"])).to_contain_text("Último lugar")


def test_going_back_and_sending_again_registers_nobody_twice(site: Congress) -> None:
    page = site.visitor()
    page.goto(f"{site.event}/register?q=1&q-speaker=1")
    twice = FIRST | {"email": "una.vez@empresa.example"}
    for name, typed in twice.items():
        page.locator(f'[name="attendees-0-{name}"]').fill(typed)
    page.locator('[name="buyer_name"]').fill("Una Vez")
    page.locator('[name="buyer_email"]').fill(twice["email"])
    page.locator('[name="accepts_notice"]').check()
    press_register(page)
    page.wait_for_url("**/orders/**")
    order = code_of_order(page)

    page.reload()
    page.go_back()
    press_register(page)
    page.wait_for_url("**/orders/**")

    assert code_of_order(page) == order
    organiser = site.visitor("organiser")
    organiser.goto(f"{site.event}/organise/registration/attendees?state=&search={twice['email']}")
    expect(organiser.get_by_role("row").filter(has_text=twice["email"])).to_have_count(1)


def test_the_confirmation_carries_a_calendar_entry_and_a_ticket(site: Congress) -> None:
    mail = site.mail(FIRST["email"], TICKETS)

    expect(mail.locator("dl.definitions")).to_contain_text(".ics")
    expect(mail.locator("dl.definitions")).to_contain_text(".pdf")

    address = order_in(mail)
    client = site.visitor().context.request
    ticket, calendar = client.get(f"{address}/tickets.pdf"), client.get(f"{address}/calendar.ics")
    assert ticket.body().startswith(b"%PDF-")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert calendar.text().count("BEGIN:VEVENT") == 1


def test_the_door_lets_a_ticket_in_once_and_can_take_it_back(site: Congress) -> None:
    organiser = site.visitor("organiser")
    organiser.goto(f"{site.event}/organise/registration/attendees?search={FIRST['email']}")
    row = organiser.get_by_role("row").filter(has_text=FIRST["email"]).inner_text()
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", row)
    assert found is not None
    door = site.visitor("door", size=PHONE)
    door.goto(f"{site.event}/door")

    def check_in(typed: str) -> None:
        door.locator('[name="code"]:not(button)').fill(typed)
        door.get_by_role("button", name="Registrar entrada").click()

    check_in(found[0].lower())
    expect(door.locator(".door-title")).to_have_text("Adelante")
    expect(door.locator(".door-text")).to_contain_text("Rocío Ríos")
    check_in(found[0])
    expect(door.locator(".door-title")).to_have_text("Ya había entrado")
    door.get_by_role("button", name="Deshacer").click()
    expect(door.locator(".door-title")).to_have_count(0)
    check_in(found[0])
    expect(door.locator(".door-title")).to_have_text("Adelante")
    check_in("ZZZZZ-ZZZZZ")
    expect(door.locator(".door-title")).to_have_text("Código mal escrito")
    check_in("00000-00000")
    expect(door.locator(".door-out")).to_be_visible()
