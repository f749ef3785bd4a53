"""Who no longer judges, who only judges, and what the record of changes gives away."""

import json
from itertools import product

from plenaria.core.kernel.ledger import digest
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.plugins.awards import services
from tests.plugins.awards.conftest import CLOSES, TICK, Award, address


async def _sealed_by_berta(award: Award) -> str:
    owner, berta = await award.actor("ana"), await award.actor("berta", role="juror")
    manager = await award.actor("organiser", role="organiser", manages=True)
    code = await award.submitted(owner)
    sheet = await services.assign_juror(award.event, code, berta.person, actor=manager, now=award.site.now)
    award.site.now = CLOSES + TICK
    await award.sealed(sheet, berta, 5, 1)
    return code


async def test_who_has_left_the_jury_sees_no_nomination_any_more(award: Award) -> None:
    code = await _sealed_by_berta(award)
    berta = await award.site.signed_in(email="berta@example.mx")
    manager, juror = await award.actor("organiser", manages=True), await award.actor("berta")
    before = await berta.get(address(award, code))

    await services.remove_juror(award.event, juror.person, actor=manager, now=award.site.now)

    after = await berta.get(address(award, code))
    assert (before.status_code, after.status_code) == (200, 404)


async def test_a_juror_who_sends_the_form_is_not_shown_the_working_copy(award: Award) -> None:
    owner, berta = await award.actor("ana"), await award.actor("berta", role="juror")
    manager = await award.actor("organiser", manages=True)
    code = await award.submitted(owner)
    await services.assign_juror(award.event, code, berta.person, actor=manager, now=award.site.now)
    draft = services.Draft((await award.draft(owner)).nomination.candidate, {"impact": "Todavía no enviado."})
    await services.save_draft(award.event, code, draft, revision=None, actor=owner, now=award.site.now)
    juror = await award.site.signed_in(email="berta@example.mx")

    answer = await juror.post(address(award, code), data={"revision": "1", "candidate.name": "X"})

    assert answer.status_code == 409
    assert "Todavía no enviado." not in answer.text


async def test_scores_cannot_be_guessed_from_the_digest_in_the_record_of_changes(award: Award) -> None:
    """Every possible sheet without a comment is tried, as somebody could who reads the record."""
    code = await _sealed_by_berta(award)
    juror = (await award.actor("berta")).by
    line = await AuditLine.select(AuditLine.facts).where(AuditLine.action == "sheet.sealed").first()
    assert line is not None

    guesses = {
        digest(
            {
                "nomination": code,
                "juror": juror,
                "scores": {"impact": impact, "novelty": novelty},
                "abstained": [],
                "comment": "",
            }
        )
        for impact, novelty in product((1, 3, 5), (1, 5))
    }

    assert json.loads(line["facts"])["digest"] not in guesses


async def test_a_nominator_cannot_write_to_everybody_by_inviting_and_removing(award: Award) -> None:
    code = (await award.draft(await award.actor("ana"))).nomination.code
    ana = await award.site.signed_in(email="ana@example.mx")

    statuses = []
    for number in range(21):
        invited = await ana.post(address(award, code) + "/collaborators", data={"email": f"p{number}@example.mx"})
        statuses.append(invited.status_code)
        person = (await award.actor(f"p{number}")).person
        await ana.post(address(award, code) + f"/collaborators/{person}/remove")

    assert statuses == [303] * 20 + [429]
