"""The fourth verb: a value handed from plugin to plugin, checked after each, and what a failing plugin does to it."""

import asyncio
from typing import Any

import msgspec
import pytest

from plenaria.core import mail
from plenaria.core.host import adjusting, plugins
from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.kernel.values import Attachment, Column, EventView, MailDraft, Sheet
from plenaria.core.storage.database import transaction
from plenaria.plugins.registration.tables import OrderRow
from tests.guest import guest
from tests.site import NOW, Site

FACTS = {"name": "Ana", "order": "AB", "event": "Congreso", "reason": "[clic](https://evil.example)"}


class Map:
    """Adds a sentence and a file to every mail."""

    @hookimpl
    async def adjust_mail(self, event: EventView, mail: MailDraft, key: str) -> MailDraft:
        mail.attachments.append(Attachment("mapa.pdf", "application/pdf", b"%PDF"))
        return msgspec.structs.replace(mail, body=f"{mail.body}\n\nPor **{key}** de {{event}}.")


class Broken:
    """Does whatever the test says, after it has spoilt the copy that it was handed."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    @hookimpl
    async def adjust_mail(self, mail: MailDraft) -> MailDraft:
        mail.attachments.clear()
        answer = self.answer()
        found: MailDraft = await answer if asyncio.iscoroutine(answer) else answer
        return found


async def send(site: Site, **more: Any) -> dict[str, Any]:
    async with transaction():
        told: dict[str, Any] = {
            "to": "ana@example.mx",
            "language": "es",
            "facts": FACTS,
            "now": NOW,
            "event": site.event,
        }
        await mail.send("registration.cancelled", **{**told, **more})
    return (await site.mails())[-1]


async def test_a_mail_is_queued_as_the_plugin_left_it_and_facts_are_still_escaped(site: Site) -> None:
    async with guest(site, Map()):
        sent = await send(site)

    assert "Por registration.cancelled de Congreso." in sent["text"]
    assert "<strong>registration.cancelled</strong>" in sent["html"]
    assert "[clic](https://evil.example)" in sent["html"]
    assert [each["name"] for each in sent["attachments"]] == ["mapa.pdf"]


async def test_a_plugin_that_is_off_and_a_mail_of_no_event_are_left_alone(site: Site) -> None:
    async with guest(site, Map()):
        elsewhere = await send(site, event=site.other_event)
        of_nobody = await send(site, event=None)

    assert "Por " not in elsewhere["text"]
    assert "Por " not in of_nobody["text"]


def raises() -> MailDraft:
    raise RuntimeError("no map today")


async def breaks_a_statement() -> MailDraft:
    await OrderRow.raw("SELECT nothing FROM nowhere")
    raise AssertionError


async def never() -> MailDraft:
    await asyncio.sleep(60)
    raise AssertionError


BROKEN = {
    "raises": raises,
    "gives something else": lambda: "a mail",
    "gives nothing": lambda: None,
    "gives a mail without a subject": lambda: MailDraft("", "x"),
    "breaks a statement of the transaction": breaks_a_statement,
    "never ends": never,
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_a_failing_plugin_did_is_thrown_away(site: Site, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adjusting, "ADJUST_WITHIN_S", 0.2)

    async with guest(site, Broken(BROKEN[case]), name="a_broken"), guest(site, Map(), name="b_map"):
        sent = await send(site, attachments=[Attachment("boleto.pdf", "application/pdf", b"%PDF")])

    assert [each["name"] for each in sent["attachments"]] == ["boleto.pdf", "mapa.pdf"]
    assert "Por registration.cancelled" in sent["text"]
    newest = plugins.host().failures.latest()[0]
    assert (newest.plugin, newest.hook) == ("a_broken", "adjust_mail")


async def test_the_caller_names_the_hook_and_all_its_arguments(site: Site) -> None:
    draft = MailDraft("x", "y")

    with pytest.raises(LookupError, match="nobody offers"):
        await plugins.host().adjust("adjust_nothing", draft, event=site.event)
    with pytest.raises(TypeError, match="adjust_mail takes"):
        await plugins.host().adjust("adjust_mail", draft, event=site.event, key="x")


# -- sheets --------------------------------------------------------------------------------------------------------


def test_a_sheet_has_a_cell_for_every_column() -> None:
    sheet = Sheet([Column("code", "Código")], [["A"], ["B"]]).with_column(Column("bus", "Autobús"), [1, None])

    assert sheet.rows == [["A", 1], ["B", None]]
    assert sheet.column("bus") == [1, None]
    with pytest.raises(KeyError):
        sheet.column("train")


@pytest.mark.parametrize(
    "columns",
    [[Column("code", "Código"), Column("code", "Otra")], [Column("code", "Código"), Column("bus", "Autobús")]],
)
def test_a_sheet_with_two_like_columns_or_a_short_row_is_none(columns: list[Column]) -> None:
    with pytest.raises(msgspec.ValidationError):
        adjusting.copied({"columns": msgspec.to_builtins(columns), "rows": [["A"]]}, Sheet)
