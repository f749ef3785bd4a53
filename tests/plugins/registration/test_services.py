"""Orders on a real database: seats, money, mails, the door. Both engines."""

import asyncio
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from plenaria.core import mail
from plenaria.core.kernel.values import Refused
from plenaria.core.storage.database import CheckViolated, count_queries, transaction
from plenaria.plugins.registration import queries, services
from plenaria.plugins.registration.forms import Scan, WaitingRequest
from plenaria.plugins.registration.services.facts import facts_of
from plenaria.plugins.registration.tables import OrderRow, TicketRow, TicketTypeRow, WaitingRow
from tests.plugins.registration.orders import MEMBER, PRESS, attendee, place, sell
from tests.site import NOW, Site


@pytest_asyncio.fixture(autouse=True)
async def invariants(site: Site) -> Any:
    """After every test: the seats taken are the seats of orders that hold them, whatever happened."""
    await sell(site.event)
    await sell(site.other_event)
    yield
    counted = await TicketTypeRow.raw(
        "SELECT k.id AS id, k.taken AS taken, (SELECT COUNT(*) FROM registration_ticket t JOIN registration_order o "
        "ON o.id = t.\"order\" WHERE t.ticket_type = k.id AND o.state IN ('awaiting_payment', 'confirmed')) AS held "
        "FROM registration_ticket_type k"
    )
    assert [row["taken"] for row in counted] == [row["held"] for row in counted]


async def taken(site: Site, code: str = "member") -> int:
    return (await queries.ticket_types(site.event.id))[code].taken


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


async def test_a_free_order_is_confirmed_at_once(site: Site) -> None:
    placed = await place(site.event, attendee("press"))

    order = await queries.order_with_secret(site.event.id, placed.code, placed.secret)

    assert order is not None
    assert (order.state, order.total_minor, order.due_at, len(order.tickets)) == ("confirmed", 0, None, 1)


async def test_a_paid_order_holds_its_seats_until_it_is_due(site: Site) -> None:
    placed = await place(site.event, attendee(), attendee(name="Jorge"))

    order = await queries.order(site.event.id, placed.code)

    assert order is not None
    assert (order.state, order.net_minor, order.tax_minor, order.total_minor) == (
        "awaiting_payment",
        1_500_000,
        240_000,
        1_740_000,
    )
    assert order.due_at == NOW + timedelta(days=7)
    assert await taken(site) == 2


async def test_the_same_form_again_registers_nobody_twice(site: Site) -> None:
    first = await place(site.event, submission="form-1")
    again = await place(site.event, submission="form-1")

    assert again.code == first.code
    assert await queries.order_with_secret(site.event.id, again.code, again.secret) is not None
    assert await taken(site) == 1


async def test_the_same_form_twice_at_the_same_moment_makes_one_order(site: Site) -> None:
    placed = await asyncio.gather(*(place(site.event, submission="double") for _ in range(5)))

    assert len({each.code for each in placed}) == 1
    assert await taken(site) == 1


async def test_a_used_form_with_other_answers_is_refused(site: Site) -> None:
    await place(site.event, submission="form-1")

    with pytest.raises(Refused) as refused:
        await place(site.event, attendee(name="Otra"), submission="form-1")

    assert codes(refused) == ["form_already_sent"]


async def test_the_same_token_in_another_event_is_another_order(site: Site) -> None:
    await place(site.event, submission="form-1")
    await place(site.other_event, submission="form-1")

    assert await OrderRow.count() == 2


async def test_fifty_at_once_for_the_last_ten_seats_sell_exactly_ten(site: Site) -> None:
    async def buy(number: int) -> str:
        try:
            return (await place(site.event, submission=f"buyer-{number}")).code
        except Refused as refused:
            return "".join(f"{each.code}, {each.facts['left']} left" for each in refused.refusals)

    bought = await asyncio.gather(*(buy(number) for number in range(50)))

    assert bought.count("sold_out, 0 left") == 40
    assert await taken(site) == 10
    assert await TicketRow.count() == 10


async def test_orders_for_two_types_in_opposite_order_never_wait_for_each_other(site: Site) -> None:
    there = (attendee("member"), attendee("press"))

    await asyncio.gather(
        *(place(site.event, *(there if number % 2 else there[::-1]), submission=f"{number}") for number in range(10))
    )

    assert (await taken(site), await taken(site, "press")) == (10, 10)


async def test_sold_out_says_what_is_left_and_takes_nothing(site: Site) -> None:
    await place(site.event, *(attendee() for _ in range(8)))

    with pytest.raises(Refused) as refused:
        await place(site.event, *(attendee() for _ in range(3)), attendee("press"), submission="two")

    assert [(each.code, each.facts["left"]) for each in refused.value.refusals] == [("sold_out", 2)]
    assert (await taken(site), await taken(site, "press")) == (8, 0)


async def test_an_order_that_dies_half_way_leaves_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr("plenaria.core.storage.outbox.wake_after_commit", dies)
    with pytest.raises(asyncio.CancelledError):
        await place(site.event)

    assert (await OrderRow.count(), await TicketRow.count(), await taken(site)) == (0, 0, 0)


async def test_the_database_itself_refuses_a_seat_too_many(site: Site) -> None:
    with pytest.raises(CheckViolated):
        await TicketTypeRow.update({TicketTypeRow.taken: 11}).where(TicketTypeRow.code == "member")


async def test_another_plugin_may_refuse_an_order_and_a_crash_is_a_no(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    async def ask(self: Any, hook: str, **facts: Any) -> Any:
        from plenaria.core.kernel.values import Refusal

        asked[hook] = facts["order"]
        return [Refusal("plugin_failed", {"plugin": "members"})]

    monkeypatch.setattr("plenaria.core.host.plugins.PluginHost.ask", ask)
    with pytest.raises(Refused) as refused:
        await place(site.event)

    assert codes(refused) == ["plugin_failed"]
    assert asked["refuse_order"]["attendees"][0]["ticket_type"] == "member"
    assert await taken(site) == 0


async def test_marking_as_paid_confirms_and_a_second_time_is_refused(site: Site) -> None:
    placed = await place(site.event)

    order = await services.mark_paid(
        site.event, placed.code, paid_on=date(2025, 9, 1), tracking_key=" mban01 ", by="person:1", now=NOW
    )
    with pytest.raises(Refused) as refused:
        await services.mark_paid(
            site.event, placed.code, paid_on=date(2025, 9, 1), tracking_key="", by="person:1", now=NOW
        )

    assert (order.state, order.tracking_key, order.paid_on) == ("confirmed", "MBAN01", date(2025, 9, 1))
    assert codes(refused) == ["already_paid"]


async def test_cancelling_gives_the_seats_back_exactly_once(site: Site) -> None:
    placed = await place(site.event, attendee(), attendee())

    async def cancel() -> str:
        try:
            await services.cancel_order(
                site.event, placed.code, reason="Ya no viene", by_attendee=False, by="person:1", now=NOW
            )
        except Refused as refused:
            return refused.refusals[0].code
        return "cancelled"

    done = await asyncio.gather(*(cancel() for _ in range(5)))

    assert sorted(done) == ["already_cancelled"] * 4 + ["cancelled"]
    assert await taken(site) == 0


async def test_another_events_order_is_not_found(site: Site) -> None:
    placed = await place(site.event)

    assert await queries.order(site.other_event.id, placed.code) is None
    assert await queries.order_with_secret(site.other_event.id, placed.code, placed.secret) is None
    with pytest.raises(Refused) as refused:
        await services.cancel_order(site.other_event, placed.code, reason="", by_attendee=False, by="person:1", now=NOW)
    assert codes(refused) == ["not_found"]


async def test_the_secret_is_stored_as_a_hash_only(site: Site) -> None:
    placed = await place(site.event)

    rows = await OrderRow.raw("SELECT * FROM registration_order_link")

    assert len(rows) == 1
    assert placed.secret not in str(rows)


async def test_unpaid_orders_expire_at_the_due_instant_and_paid_ones_never(site: Site) -> None:
    waiting, paid = await place(site.event, submission="a"), await place(site.event, submission="b")
    await services.mark_paid(site.event, paid.code, paid_on=date(2025, 9, 1), tracking_key="", by="p", now=NOW)
    due = NOW + timedelta(days=7)

    early = await services.expire_unpaid(now=due - timedelta(microseconds=1))
    expired = await asyncio.gather(services.expire_unpaid(now=due), services.expire_unpaid(now=due))

    assert (early, sum(expired)) == (0, 1)
    order = await queries.order(site.event.id, waiting.code)
    assert order is not None
    assert (order.state, await taken(site)) == ("expired", 1)


async def test_a_late_transfer_takes_its_seats_again_if_it_can(site: Site) -> None:
    late = await place(site.event, *(attendee() for _ in range(4)), submission="late")
    await services.expire_unpaid(now=NOW + timedelta(days=8))
    await place(site.event, *(attendee() for _ in range(6)), submission="other")

    order = await services.mark_paid(
        site.event, late.code, paid_on=date(2025, 9, 1), tracking_key="", by="p", now=NOW + timedelta(days=9)
    )

    assert (order.state, await taken(site)) == ("confirmed", 10)


async def test_a_late_transfer_for_seats_that_are_gone_changes_nothing(site: Site) -> None:
    late = await place(site.event, *(attendee() for _ in range(4)), submission="late")
    await services.expire_unpaid(now=NOW + timedelta(days=8))
    await place(site.event, *(attendee() for _ in range(7)), submission="other")

    with pytest.raises(Refused) as refused:
        await services.mark_paid(
            site.event, late.code, paid_on=date(2025, 9, 1), tracking_key="", by="p", now=NOW + timedelta(days=9)
        )

    assert codes(refused) == ["sold_out"]
    order = await queries.order(site.event.id, late.code)
    assert order is not None
    assert order.state == "expired"


# -- mails ---------------------------------------------------------------------------------------------------------


async def test_a_confirmation_is_mailed_once_however_often_the_fact_is_told(site: Site) -> None:
    placed = await place(site.event, attendee("press"), attendee("press", name="Jorge", email="jorge@example.mx"))

    await site.deliver()
    await services.send_confirmation(site.event, placed.code, now=NOW)
    await asyncio.gather(*(services.send_confirmation(site.event, placed.code, now=NOW) for _ in range(3)))

    mails = await site.mails()
    assert [(mail["to"], [each["media_type"] for each in mail["attachments"]]) for mail in mails] == [
        ("maria@example.mx", ["application/pdf", "text/calendar"]),
        ("jorge@example.mx", ["application/pdf", "text/calendar"]),
    ]
    assert "Sus boletos para Congreso congress" in mails[0]["subject"]


async def test_the_link_in_the_mail_opens_the_order(site: Site) -> None:
    placed = await place(site.event, attendee("press"))
    await site.deliver()

    (mail,) = await site.mails()
    secret = mail["text"].rpartition(f"/orders/{placed.code}/")[2].split()[0]

    assert await queries.order_with_secret(site.event.id, placed.code, secret) is not None


async def test_an_unpaid_order_is_told_how_to_pay(site: Site) -> None:
    placed = await place(site.event)
    await site.deliver()

    (mail,) = await site.mails()
    order = await queries.order(site.event.id, placed.code)

    assert order is not None
    assert mail["to"] == "maria@example.mx"
    assert order.reference in mail["text"]
    assert "$8,700.00 MXN" in mail["text"]
    assert "UTC−6" in mail["text"]


# -- the door ------------------------------------------------------------------------------------------------------


async def ticket_code(site: Site, code: str) -> str:
    order = await queries.order(site.event.id, code)
    assert order is not None
    return order.tickets[0].code


async def answer(site: Site, code: str, **more: Any) -> str:
    (result,) = await services.check_in(site.event, [Scan(code=code, **more)], by="person:9", now=NOW)
    return result.answer


async def test_each_state_has_its_answer_at_the_door(site: Site) -> None:
    free, unpaid = await place(site.event, attendee("press")), await place(site.event, submission="unpaid")
    gone = await place(site.event, attendee("press"), submission="gone")
    await services.cancel_order(site.event, gone.code, reason="", by_attendee=False, by="p", now=NOW)
    inside = await ticket_code(site, free.code)

    assert await answer(site, inside) == "in"
    assert await answer(site, f" {inside[:5].lower()}-{inside[5:].lower()} ") == "already_in"
    assert await answer(site, await ticket_code(site, unpaid.code)) == "not_paid"
    assert await answer(site, await ticket_code(site, gone.code)) == "cancelled"
    assert await answer(site, "0000000000") == "unknown"
    assert await answer(site, inside[:-1] + ("0" if inside[-1] != "0" else "1")) == "mistyped"


async def test_another_events_ticket_is_unknown_at_this_door(site: Site) -> None:
    placed = await place(site.other_event, attendee("press"))
    order = await queries.order(site.other_event.id, placed.code)
    assert order is not None

    assert await answer(site, order.tickets[0].code) == "unknown"
    assert (await queries.inside(site.other_event.id)) == (0, 1)


async def test_the_same_scan_again_gets_the_same_answer(site: Site) -> None:
    code = await ticket_code(site, (await place(site.event, attendee("press"))).code)

    first, again = await answer(site, code, id="scan-1"), await answer(site, code, id="scan-1")

    assert (first, again) == ("in", "in")
    assert await answer(site, code, id="scan-2") == "already_in"


async def test_two_doors_at_the_same_moment_let_one_person_in_once(site: Site) -> None:
    code = await ticket_code(site, (await place(site.event, attendee("press"))).code)

    answers = await asyncio.gather(*(answer(site, code, id=f"door-{door}") for door in range(6)))

    assert sorted(answers) == ["already_in"] * 5 + ["in"]


async def test_a_check_in_can_be_taken_back(site: Site) -> None:
    code = await ticket_code(site, (await place(site.event, attendee("press"))).code)
    await answer(site, code)

    await services.undo_check_in(site.event, code, by="person:9", now=NOW)

    assert await answer(site, code) == "in"


async def test_a_scan_kept_offline_counts_from_its_own_instant_but_never_from_the_future(site: Site) -> None:
    code = await ticket_code(site, (await place(site.event, attendee("press"))).code)
    scans = [
        Scan(code=code, id="a", at=NOW - timedelta(minutes=5)),
        Scan(code=code, id="b", at=NOW + timedelta(days=1)),
    ]

    results = await services.check_in(site.event, scans, by="person:9", now=NOW)

    assert [(each.answer, each.at) for each in results] == [
        ("in", NOW - timedelta(minutes=5)),
        ("already_in", NOW - timedelta(minutes=5)),
    ]


# -- waiting list, ticket types, lists -----------------------------------------------------------------------------


def waits(**more: Any) -> WaitingRequest:
    return WaitingRequest(**{"ticket_type": "member", "name": "Ana", "email": "Ana@Example.mx", **more})


async def test_the_waiting_list_takes_a_person_once_and_only_what_is_sold_out(site: Site) -> None:
    with pytest.raises(Refused) as refused:
        await services.join_waiting_list(site.event, waits(), language="es", by="visitor", now=NOW)
    await place(site.event, *(attendee() for _ in range(10)))

    for seats in (1, 3):
        await services.join_waiting_list(site.event, waits(seats=seats), language="es", by="visitor", now=NOW)

    assert codes(refused) == ["seats_are_free"]
    assert [(each.email, each.seats) for each in await queries.waiting(site.event.id)] == [("ana@example.mx", 3)]
    assert await queries.waiting(site.other_event.id) == []
    assert await WaitingRow.count() == 1


async def test_fewer_seats_than_are_taken_are_refused(site: Site) -> None:
    await place(site.event, attendee(), attendee())

    with pytest.raises(Refused) as refused:
        await services.change_ticket_type(site.event, msgspec.structs.replace(MEMBER, size=1), by="person:1", now=NOW)

    assert [(each.code, each.facts["taken"]) for each in refused.value.refusals] == [("size_below_taken", 2)]


async def test_a_ticket_type_with_orders_cannot_be_removed(site: Site) -> None:
    await place(site.event)

    with pytest.raises(Refused) as refused:
        await services.remove_ticket_type(site.event, "member", by="person:1", now=NOW)
    await services.remove_ticket_type(site.event, "press", by="person:1", now=NOW)

    assert codes(refused) == ["ticket_type_in_use"]
    assert list(await queries.ticket_types(site.event.id)) == ["member"]


async def test_an_applied_section_reads_back_equal_and_again_changes_nothing(site: Site) -> None:
    section = await queries.section_of(site.event)
    changed = msgspec.structs.replace(
        section, ticket_types=(msgspec.structs.replace(MEMBER, size=20, price_minor=900_000), PRESS)
    )

    async with transaction():
        await services.apply_section(site.event, changed, by="person:1", now=NOW)

    assert await queries.section_of(site.event) == changed
    with count_queries() as seen:
        await services.apply_section(site.event, changed, by="person:1", now=NOW)
    assert not [sql for sql in seen if sql.lstrip().upper().startswith(("UPDATE", "INSERT", "DELETE"))]


@pytest.mark.parametrize("search", ["rios castaneda", "MARÍA@EXAMPLE.MX".lower().replace("í", "i"), "componentes"])
async def test_search_finds_people_without_accents_or_capitals(site: Site, search: str) -> None:
    placed = await place(site.event)
    await place(site.other_event)

    assert [row.code for row in await queries.orders(site.event.id, search=search)] == [placed.code]
    assert len(await queries.attendees(site.event.id, state="", search=search)) == 1


async def test_search_finds_an_order_by_its_reference_and_its_printed_code(site: Site) -> None:
    placed = await place(site.event)
    order = await queries.order(site.event.id, placed.code)
    assert order is not None

    assert [row.code for row in await queries.orders(site.event.id, search=order.reference)] == [placed.code]
    assert [row.code for row in await queries.orders(site.event.id, search=order.shown_code.lower())] == [placed.code]


async def test_lists_need_as_many_queries_for_300_rows_as_for_3(site: Site) -> None:
    async def queries_needed() -> list[int]:
        counts = []
        for read in (
            lambda: queries.orders(site.event.id, most=400),
            lambda: queries.attendees(site.event.id, state="", most=400),
            lambda: queries.numbers(site.event.id),
            lambda: queries.tickets_of_person("maria@example.mx", [site.event.id]),
        ):
            with count_queries() as seen:
                await read()
            counts.append(len(seen))
        return counts

    for number in range(3):
        await place(site.event, attendee("press"), submission=f"few-{number}")
    few = await queries_needed()
    for number in range(6):
        await place(site.event, *(attendee("press") for _ in range(10)), submission=f"many-{number}")
    many = await queries_needed()

    assert many == few


async def test_pages_of_a_list_meet_and_never_overlap(site: Site) -> None:
    for number in range(5):
        await place(site.event, attendee("press"), submission=f"{number}")

    first = await queries.orders(site.event.id, most=3)
    second = await queries.orders(site.event.id, after=first[-1].id, most=3)

    assert len({row.code for row in [*first, *second]}) == 5


async def test_numbers_count_only_what_is_sold_here(site: Site) -> None:
    paid = await place(site.event, attendee(), attendee(), submission="a")
    await services.mark_paid(site.event, paid.code, paid_on=date(2025, 9, 1), tracking_key="", by="p", now=NOW)
    await place(site.event, submission="b")
    await place(site.other_event, submission="c")

    numbers = await queries.numbers(site.event.id)

    assert (numbers.sold, numbers.held, numbers.revenue_minor, numbers.outstanding_minor) == (2, 1, 1_740_000, 870_000)


async def test_consent_is_stored_with_the_version_that_was_accepted(site: Site) -> None:
    from plenaria.core.events import services as events

    settings = msgspec.structs.replace(
        await queries.settings(site.event), notice={"es": "Aviso"}, notice_version="2025-03"
    )
    await events.change_settings(site.event, "registration", settings, by="test", now=NOW)
    with pytest.raises(Refused) as refused:
        await place(site.event, accepts_notice=False)

    placed = await place(site.event, notice_version="2025-03")
    order = await queries.order(site.event.id, placed.code)

    assert codes(refused) == ["notice_not_accepted"]
    assert order is not None
    assert (order.notice_version, order.consented_at, order.purposes) == ("2025-03", NOW, ())


@pytest.mark.parametrize("kinds", [("member", "member"), ("member", "press")])
async def test_what_other_plugins_are_told_is_what_was_stored(site: Site, kinds: tuple[str, ...]) -> None:
    placed = await place(site.event, *(attendee(kind, name="Ana  María") for kind in kinds))

    stored = await services.required_order(site.event, placed.code)
    told = [facts["order"] for hook, _, facts in await site.facts() if hook.startswith("registration_")]
    assert told
    assert all(each == facts_of(stored) for each in told)
    assert (placed.reference, placed.total_minor, placed.due_at) == (
        stored.reference,
        stored.total_minor,
        stored.due_at,
    )


async def test_a_form_sent_twice_at_once_for_the_last_seats_gives_both_the_order(site: Site) -> None:
    """A browser shows the second answer: it must not say that it is sold out, when its own order took the seats."""
    for number in range(5):
        await services.create_ticket_type(
            site.event, replace(MEMBER, code=f"last-{number}", size=1), by="test", now=NOW
        )
        twins = await asyncio.gather(
            *(place(site.event, attendee(f"last-{number}"), submission=f"form-{number}") for _ in range(2))
        )

        assert twins[0].code == twins[1].code
        assert await taken(site, f"last-{number}") == 1


async def test_an_order_takes_so_many_statements_whatever_there_is(site: Site) -> None:
    for number in range(3):
        await place(site.event, attendee(), submission=str(number))

    with count_queries() as seen:
        await place(site.event, attendee(), submission="counted")

    # Settings, ticket types, and the rows: one statement on PostgreSQL, and the notice to another process's worker;
    # five tables and the seats on SQLite.
    assert len(seen) == (4 if site.database.dialect == "postgres" else 8)


async def test_a_mail_of_how_to_pay_is_not_sent_once_the_order_is_cancelled(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fact made the mail, the order was cancelled before it left: only the cancellation goes out."""
    sent: list[str] = []

    async def hand_over(stored: dict[str, Any], *, sent_at: Any) -> None:
        sent.append(stored["subject"])

    monkeypatch.setattr(mail.delivery, "hand_over", hand_over)
    placed = await place(site.event, attendee())
    await services.send_payment_details(site.event, placed.code, now=NOW)
    await services.cancel_order(site.event, placed.code, reason="", by_attendee=False, by="test", now=NOW)
    (waiting, *_) = await site.mails()

    await site.deliver()

    assert "cómo pagar" in waiting["subject"] or "how to pay" in waiting["subject"]
    assert [subject for subject in sent if "pagar" in subject or "pay" in subject] == []
    assert len(sent) == 1


async def test_what_became_of_orders_is_asked_in_one_query(site: Site) -> None:
    codes_of = [(await place(site.event, attendee(name=name), submission=name)).code for name in ("Ana", "Eva", "Luz")]
    about = {f"order:{code}" for code in codes_of}
    await services.cancel_order(site.event, codes_of[0], reason="", by_attendee=False, by="test", now=NOW)

    with count_queries() as one:
        first = await queries.not_awaiting_payment(site.event, {f"order:{codes_of[0]}"}, now=NOW)
    with count_queries() as three:
        found = await queries.not_awaiting_payment(site.event, about, now=NOW)

    assert first == found == {f"order:{codes_of[0]}"}
    assert len(one) == len(three) == 1
