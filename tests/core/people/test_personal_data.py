"""A person downloads everything that is kept about them, and nothing else."""

from typing import Any

import pytest

from plenaria.core.host import plugins
from plenaria.core.host.contributions import PersonalData
from plenaria.core.people.tables import ApiToken, Person, Session
from plenaria.core.storage import files
from plenaria.core.storage.database import transaction
from plenaria.core.storage.files import Upload
from tests.site import Site


async def test_the_document_holds_ones_own_data_and_no_secret(site: Site) -> None:
    await site.bearer("owner", "event.view")
    ana = await site.signed_in("owner")
    await site.signed_in("juror", email="berta@example.mx")
    await ana.post("/me/account/name", data={"given_names": "Ana", "first_surname": "Ibáñez", "language": "es"})
    await ana.post("/me/account/password", data={"password": "tres palabras largas"})
    owner = (await Person.select(Person.id).where(Person.email == "owner@example.mx").first())["id"]
    async with transaction():
        upload = Upload("informe.pdf", b"%PDF-1.7")
        await files.store(upload, event=site.event.id, owner=owner, limit_mb=1, now=site.now)

    answer = await ana.get("/me/account/data.json")

    told = answer.json()["core"]
    assert answer.headers["content-disposition"] == 'attachment; filename="plenaria.json"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert told["person"]["given_names"] == "Ana"
    assert told["person"]["has_password"] is True
    assert [(role["event"], role["role"]) for role in told["roles"]] == [(site.event.slug, "owner")]
    assert [(token["name"], token["scopes"]) for token in told["tokens"]] == [("test", ["event.view"])]
    assert [file["name"] for file in told["files"]] == ["informe.pdf"]
    assert len(told["sessions"]) == 1
    assert "berta" not in answer.text
    hashes = [row["token_hash"] for row in [*await Session.select(), *await ApiToken.select()]]
    hashes += [row["password_hash"] for row in await Person.select() if row["password_hash"]]
    assert len(hashes) == 4
    assert not [secret for secret in hashes if secret in answer.text]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_each_plugin_adds_its_part(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def export(person: int, /) -> Any:
        return [{"seat": "12A", "person": person}]

    host = plugins.host()
    plugin = next(iter(host.plugins))
    monkeypatch.setitem(host._contributed, "register_personal_data", {plugin: PersonalData(export)})
    ana = await site.signed_in(email="ana@example.mx")

    told = (await ana.get("/me/account/data.json")).json()

    assert told[plugin] == [{"seat": "12A", "person": 1}]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_stranger_gets_nothing_and_the_account_page_links_to_it(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")

    assert (await site.visitor().get("/me/account/data.json")).status_code == 401
    assert 'href="/me/account/data.json"' in (await ana.get("/me/account")).text
