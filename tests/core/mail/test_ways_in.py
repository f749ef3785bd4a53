"""A mail that others may word holds no secret that opens an account: who has one is sent to sign in."""

import re
from typing import Any

from plenaria.core.people.tables import SignInLink
from tests.site import Site

OWNER = "owner@example.mx"


async def invited(site: Site, email: str, path: str = "organise/team", **data: str) -> dict[str, Any]:
    organiser = await site.signed_in("organiser")
    await site.signed_in("owner")
    before = await SignInLink.count()
    answer = await organiser.post(f"/congress/{path}", data={"email": email, "role": "door", **data})
    assert answer.status_code == 303, answer.text
    mail = [each for each in await site.mails() if each["to"] == email][-1]
    return {**mail, "links": await SignInLink.count() - before}


async def test_who_has_no_account_gets_a_link_that_signs_in(site: Site) -> None:
    mail = await invited(site, "nueva@example.mx")

    assert mail["links"] == 1
    assert len(re.findall(r"/sign-in/[\w-]{43}", mail["text"])) == 1


async def test_who_has_an_account_is_sent_to_sign_in(site: Site) -> None:
    mail = await invited(site, OWNER)

    assert mail["links"] == 0
    assert "/sign-in/" not in mail["text"] + mail["html"]
    assert f"{site.settings.address}/sign-in?next=/congress/organise" in mail["text"]


async def test_the_jury_is_invited_alike(site: Site) -> None:
    await invited(site, "nueva@example.mx")

    known = await invited(site, "nueva@example.mx", "organise/awards/jury/invite")
    new = await invited(site, "otra@example.mx", "organise/awards/jury/invite")

    assert (known["links"], new["links"]) == (0, 1)
    assert "/sign-in?next=/congress/jury" in known["text"]
    assert "/sign-in/" not in known["text"]
