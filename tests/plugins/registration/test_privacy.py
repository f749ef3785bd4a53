"""One order for several people: nobody but its buyer is sent the others' tickets."""

import base64

from msgspec.structs import replace

from plenaria.core.storage.audit import lines
from plenaria.plugins.registration import services
from plenaria.plugins.registration.forms import WaitingRequest
from tests.plugins.registration.orders import MEMBER, PRESS, attendee, place, sell
from tests.site import Site


async def test_an_attendee_is_mailed_no_ticket_of_anybody_else(site: Site) -> None:
    await sell(site.event, PRESS)
    luis = attendee("press", name="Luis", email="luis@example.mx")
    await place(site.event, attendee("press"), luis)

    await site.deliver()

    (mail,) = [mail for mail in await site.mails() if mail["to"] == "luis@example.mx"]
    calendar = next(each for each in mail["attachments"] if each["name"].endswith(".ics"))
    entry = base64.b64decode(calendar["content"]).decode()
    assert "Luis" in entry
    assert "María Elena" not in entry


async def test_joining_the_waiting_list_again_leaves_a_line_too(site: Site) -> None:
    await sell(site.event, replace(MEMBER, size=0))
    for seats in (1, 2):
        request = WaitingRequest(ticket_type="member", name="Ana", email="ana@example.mx", seats=seats)
        await services.join_waiting_list(site.event, request, language="es", by="visitor", now=site.now)

    actions = [line.action for line in await lines(event=site.event.id)]
    assert actions[:2] == ["waiting_list.changed", "waiting_list.joined"]
