"""An award that is open: two categories, a rubric, a nominator and what they typed."""

import json
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest_asyncio

from plenaria.core.events import services as events
from plenaria.core.forms import check
from plenaria.core.kernel.values import EventView, Window
from plenaria.core.people import services as people
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import transaction
from plenaria.core.storage.files.tables import StoredFile
from plenaria.plugins.awards import services
from plenaria.plugins.awards.queries import NominationView
from plenaria.plugins.awards.rules import Candidate
from plenaria.plugins.awards.services import Actor, Draft, Issuer
from plenaria.plugins.awards.settings import AwardsSection, AwardsSettings
from plenaria.plugins.awards.tables import Nomination, NominationFile, Nominator, Receipt, Sheet
from tests.site import NOW, Site

OPENS = datetime(2025, 7, 1, 6, tzinfo=UTC)
CLOSES = datetime(2025, 9, 11, 6, tzinfo=UTC)  # midnight after 10 September in Mexico City
JUDGING = Window(CLOSES, CLOSES + timedelta(days=20))
TICK = timedelta(microseconds=1)
PDF = b"%PDF-1.7\n% evidence"

SECTION = """
[[categories]]
code = "sustainability"
name = { es = "Sustentabilidad", en = "Sustainability" }
candidates = ["company", "plant"]

[[categories.questions]]
code = "impact"
label = { es = "¿Qué cambió?", en = "What changed?" }
max_length = 100

[[categories.questions]]
code = "jobs"
kind = "number"
label = { es = "Empleos", en = "Jobs" }
required = false

[[categories.questions]]
code = "evidence"
kind = "attachment"
label = { es = "Evidencia", en = "Evidence" }
required = false
max_files = 2

[[categories]]
code = "career"
name = { es = "Trayectoria", en = "Career" }
candidates = ["person"]

[[criteria]]
code = "impact"
name = { es = "Impacto", en = "Impact" }
weight = 60
levels = [
  { score = 1, description = { es = "Poco" } },
  { score = 3, description = { es = "Medio" } },
  { score = 5, description = { es = "Mucho" } },
]

[[criteria]]
code = "novelty"
name = { es = "Novedad", en = "Novelty" }
weight = 40
levels = [{ score = 1, description = { es = "Poca" } }, { score = 5, description = { es = "Mucha" } }]
"""


@dataclass
class Award:
    """The award of `site.event`, and short ways to do in a test what people do at the doors."""

    site: Site
    issuer: Issuer

    @property
    def event(self) -> EventView:
        return self.site.event

    async def actor(self, name: str, *, role: str = "", manages: bool = False) -> Actor:
        person = await people.ensure_person(f"{name}@example.mx", now=NOW)
        if role:
            await people.grant(person, role, event=self.event, by="test", now=NOW)
        return Actor(person.id, f"person:{person.id}", manages)

    async def draft(
        self, owner: Actor, name: str = "Frenos del Bajío", category: str = "sustainability"
    ) -> NominationView:
        candidate = Candidate("company", name) if category == "sustainability" else Candidate("person", name, "ACME")
        answers = {"impact": "Menos agua."} if category == "sustainability" else {}
        return await services.start_nomination(
            self.event, category, draft=Draft(candidate, answers), actor=owner, now=self.site.now
        )

    async def submitted(self, owner: Actor, name: str = "Frenos del Bajío", category: str = "sustainability") -> str:
        view = await self.draft(owner, name, category)
        code = view.nomination.code
        await services.submit_nomination(self.event, code, actor=owner, issuer=self.issuer, now=self.site.now)
        return code

    async def sealed(self, sheet: int, juror: Actor, impact: int, novelty: int) -> None:
        await services.declare_no_conflict(self.event, sheet, actor=juror, now=self.site.now)
        await services.save_scores(
            self.event,
            sheet,
            scores={"impact": impact, "novelty": novelty},
            abstained=[],
            comment="",
            revision=None,
            actor=juror,
            now=self.site.now,
        )
        await services.seal(self.event, sheet, actor=juror, now=self.site.now)


@pytest_asyncio.fixture
async def award(site: Site) -> AsyncIterator[Award]:
    """Declared, with nominations open at `site.now`."""
    settings = AwardsSettings(
        cycle={"es": "Premio de prueba", "en": "Test award"},
        nominations=Window(OPENS, CLOSES),
        judging=JUDGING,
        judges_per_entry=2,
    )
    section = check(AwardsSection, tomllib.loads(SECTION)).or_refuse()
    async with transaction():
        await events.change_settings(site.event, "awards", settings, by="test", now=NOW)
        await services.apply_section(site.event, section, by="test", now=NOW)
    yield Award(site, Issuer("https://awards.example", site.app.state.signing_key))
    await check_invariants()


async def check_invariants() -> None:
    """What is true of the stored awards whatever a test did."""
    receipts = {(row["nomination"], row["revision"]): row for row in await Receipt.select()}
    for row in await Nomination.select().where(Nomination.submitted_revision > 0):
        receipt = receipts[row["id"], row["submitted_revision"]]
        line = await AuditLine.select(AuditLine.facts).where(AuditLine.id == receipt["log_index"]).first()
        assert line is not None
        assert receipt["form"] == row["submitted_form"]
        assert receipt["form_sha256"] == sha256(receipt["form"].encode()).hexdigest()
        assert receipt["form_sha256"] == json.loads(line["facts"])["form_sha256"]
    own = {(row["nomination"], row["person"]) for row in await Nominator.select()}
    for row in await Sheet.select():
        assert (row["nomination"], row["juror"]) not in own
        assert (row["state"] == "sealed") is (row["sealed_at"] is not None) is bool(row["digest"])
    assert await StoredFile.count() == await NominationFile.count()


def fields(view: NominationView, **more: Any) -> dict[str, Any]:
    """What the nomination's form would send, with changes."""
    nomination = view.nomination
    sent = {
        "revision": str(nomination.revision),
        "candidate.kind": nomination.candidate.kind,
        "candidate.name": nomination.candidate.name,
        **{f"answers.{code}": text for code, text in nomination.answers.items()},
    }
    return sent | more


def address(award: Award, code: str = "") -> str:
    return f"/{award.event.slug}/awards/nominations/{code}"


__all__ = ["CLOSES", "JUDGING", "OPENS", "PDF", "TICK", "Award", "address", "fields", "httpx"]
