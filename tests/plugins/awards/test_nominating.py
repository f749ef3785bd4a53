"""Nominations as stored, on both engines: drafts, files, submissions, receipts, withdrawals."""

import asyncio
import json
import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.ledger.receipts import verify_receipt_file
from plenaria.core.kernel.values import Refused
from plenaria.core.people import queries as people
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.files import Upload
from plenaria.core.storage.files.tables import StoredFile
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.queries import NominationView
from plenaria.plugins.awards.rules import Candidate
from plenaria.plugins.awards.services import Actor, Draft
from plenaria.plugins.awards.tables import Nomination as NominationTable
from plenaria.plugins.awards.tables import NominationFile
from plenaria.plugins.awards.tables import Receipt as ReceiptTable
from tests.plugins.awards.conftest import CLOSES, PDF, TICK, Award


async def current(award: Award, code: str) -> NominationView:
    view = await queries.nomination(award.event, code)
    assert view is not None
    return view


async def audit_actions(code: str) -> list[str]:
    rows = (
        await AuditLine.select(AuditLine.action).where(AuditLine.subject == f"nomination:{code}").order_by(AuditLine.id)
    )
    return [row["action"] for row in rows]


async def submit(award: Award, code: str, actor: Actor, **more: object) -> queries.ReceiptView:
    now = more.get("now", award.site.now)
    return await services.submit_nomination(award.event, code, actor=actor, issuer=award.issuer, now=now)  # type: ignore[arg-type]


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


async def test_a_receipt_proves_form_files_instant_and_place_in_the_log(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    await services.attach(award.event, code, "evidence", Upload("a.pdf", PDF), actor=ana, now=award.site.now)

    receipt = await submit(award, code, ana)

    verdict = verify_receipt_file(receipt.document.encode(), award.issuer.key.public_key())
    assert verdict.valid
    assert verdict.receipt is not None
    assert verdict.receipt.received_at == award.site.now
    assert verdict.receipt.zone == "America/Mexico_City"
    assert [(file.name, file.size) for file in verdict.receipt.files] == [("a.pdf", len(PDF))]
    assert receipt.form_sha256 == digest(json.loads(receipt.form)) == verdict.receipt.form_sha256
    line = await AuditLine.select().where(AuditLine.id == receipt.log_index).first()
    assert line is not None
    assert (line["action"], json.loads(line["facts"])["form_sha256"]) == ("nomination.submitted", receipt.form_sha256)


async def test_every_nominator_is_mailed_the_receipt(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    await services.invite_collaborator(
        award.event, code, "Luis@Example.mx", actor=ana, issuer=award.issuer, now=award.site.now
    )

    receipt = await submit(award, code, ana)

    mails = [mail for mail in await award.site.mails() if mail.get("attachments")]
    assert sorted(mail["to"] for mail in mails) == ["ana@example.mx", "luis@example.mx"]
    assert receipt.form_sha256 in mails[0]["text"]
    assert "12:00:00" in mails[0]["text"]
    assert mails[0]["attachments"][0]["name"] == f"{code}.receipt.json"


async def test_submitting_twice_gives_one_receipt(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code

    first, second = await asyncio.gather(submit(award, code, ana), submit(award, code, ana))

    assert first == second
    assert await ReceiptTable.count() == 1
    assert (await audit_actions(code)).count("nomination.submitted") == 1


async def test_the_window_decides_to_the_microsecond_and_a_late_attempt_is_logged(award: Award) -> None:
    ana = await award.actor("ana")
    in_time, late = (await award.draft(ana)).nomination.code, (await award.draft(ana)).nomination.code

    receipt = await submit(award, in_time, ana, now=CLOSES - TICK)
    with pytest.raises(Refused) as refused:
        await submit(award, late, ana, now=CLOSES)

    assert receipt.received_at == CLOSES - TICK
    assert codes(refused) == ["nominations_closed"]
    assert await audit_actions(late) == ["nomination.started", "nomination.submission_refused"]
    line = await AuditLine.select().where(AuditLine.action == "nomination.submission_refused").first()
    assert line is not None
    assert (line["at"], json.loads(line["facts"])) == (CLOSES, {"codes": ["nominations_closed"]})
    assert (await current(award, late)).nomination.state == "draft"


async def test_a_receipt_is_given_again_even_after_closing(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    first = await submit(award, code, ana)

    assert await submit(award, code, ana, now=CLOSES + timedelta(days=1)) == first


async def test_an_incomplete_draft_is_kept_and_refused_with_all_reasons(award: Award) -> None:
    ana = await award.actor("ana")
    view = await services.start_nomination(award.event, "sustainability", actor=ana, now=award.site.now)
    code = view.nomination.code
    await services.save_draft(
        award.event, code, Draft(Candidate(), {"jobs": "many"}), revision=1, actor=ana, now=award.site.now
    )

    with pytest.raises(Refused) as refused:
        await submit(award, code, ana)

    assert [(r.code, r.pointer) for r in refused.value.refusals] == [
        ("candidate_incomplete", "/candidate/name"),
        ("answer_missing", "/answers/impact"),
        ("answer_not_a_number", "/answers/jobs"),
    ]
    assert (await current(award, code)).nomination.answers == {"jobs": "many"}


async def test_of_two_saves_from_one_revision_one_is_stored_and_the_other_told(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code

    async def save(text: str) -> str:
        draft = Draft(Candidate("company", "X"), {"impact": text})
        try:
            await services.save_draft(award.event, code, draft, revision=1, actor=ana, now=award.site.now)
        except Refused as refused:
            return refused.refusals[0].code
        return text

    outcome = await asyncio.gather(save("one"), save("two"))

    assert sorted(outcome)[0] == "draft_changed"
    stored = (await current(award, code)).nomination
    assert (stored.revision, stored.answers["impact"]) == (2, next(o for o in outcome if o != "draft_changed"))


async def test_saving_what_is_there_already_changes_nothing(award: Award) -> None:
    ana = await award.actor("ana")
    view = await award.draft(ana)
    same = Draft(view.nomination.candidate, view.nomination.answers)

    saved = await services.save_draft(
        award.event, view.nomination.code, same, revision=1, actor=ana, now=award.site.now
    )

    assert saved.nomination.revision == 1
    assert await audit_actions(view.nomination.code) == ["nomination.started"]


async def test_what_was_submitted_stands_until_it_is_submitted_again(award: Award) -> None:
    ana = await award.actor("ana")
    code = await award.submitted(ana)
    draft = Draft(Candidate("company", "Frenos del Norte"), {"impact": "Menos luz."})
    await services.save_draft(award.event, code, draft, revision=1, actor=ana, now=award.site.now)

    between = await current(award, code)
    await submit(award, code, ana)
    after = await current(award, code)

    assert between.nomination.has_unsubmitted_changes
    assert between.submission is not None
    assert after.submission is not None
    assert between.submission.candidate.name == "Frenos del Bajío"
    assert after.submission.candidate.name == "Frenos del Norte"
    assert [receipt.revision for receipt in await queries.receipts(after.id)] == [2, 1]


async def test_a_file_taken_out_after_submitting_stays_in_what_was_submitted(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    view = await services.attach(award.event, code, "evidence", Upload("a.pdf", PDF), actor=ana, now=award.site.now)
    file_code = view.files[0].attachment.code
    await submit(award, code, ana)

    removed = await services.detach(award.event, code, file_code, actor=ana, now=award.site.now)
    await submit(award, code, ana)

    assert [(each.in_draft, each.in_submission) for each in removed.files] == [(False, True)]
    assert (await current(award, code)).files == ()
    assert await StoredFile.count() == 0


async def test_a_file_that_was_never_submitted_is_forgotten_when_taken_out(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    view = await services.attach(award.event, code, "evidence", Upload("a.pdf", PDF), actor=ana, now=award.site.now)

    await services.detach(award.event, code, view.files[0].attachment.code, actor=ana, now=award.site.now)

    assert await NominationFile.count() == 0
    assert await StoredFile.count() == 0


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"MZ not a pdf", "file_not_what_it_says"),
        ("a.exe", b"MZ", "file_not_accepted"),
        ("a.pdf", b"", "file_empty"),
        ("a.pdf", PDF + b"0" * 10_000_000, "file_too_large"),
    ],
)
async def test_a_file_is_checked_by_content_and_size(award: Award, name: str, content: bytes, code: str) -> None:
    ana = await award.actor("ana")
    nomination = (await award.draft(ana)).nomination.code

    with pytest.raises(Refused) as refused:
        await services.attach(award.event, nomination, "evidence", Upload(name, content), actor=ana, now=award.site.now)

    assert codes(refused) == [code]
    assert refused.value.refusals[0].pointer == "/attachments/evidence"
    assert await StoredFile.count() == 0


async def test_the_third_file_of_a_question_for_two_is_refused(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    for number in range(2):
        await services.attach(
            award.event, code, "evidence", Upload(f"{number}.pdf", PDF), actor=ana, now=award.site.now
        )

    with pytest.raises(Refused) as refused:
        await services.attach(award.event, code, "evidence", Upload("3.pdf", PDF), actor=ana, now=award.site.now)

    assert codes(refused) == ["too_many_attachments"]


async def test_nobody_else_reaches_a_nomination_by_its_code(award: Award) -> None:
    ana, eve = await award.actor("ana"), await award.actor("eve")
    code = await award.submitted(ana)
    draft = Draft(Candidate("company", "Mine now"))

    for attempt in (
        services.save_draft(award.event, code, draft, revision=1, actor=eve, now=award.site.now),
        services.withdraw_nomination(award.event, code, actor=eve, now=award.site.now),
        submit(award, code, eve),
        services.save_draft(award.site.other_event, code, draft, revision=1, actor=ana, now=award.site.now),
    ):
        with pytest.raises(Refused) as refused:
            await attempt
        assert codes(refused) == ["not_found"]
    assert "nomination.submission_refused" not in await audit_actions(code)


async def test_codes_are_long_random_and_never_repeated(award: Award) -> None:
    ana = await award.actor("ana")

    found = {(await award.draft(ana)).nomination.code for _ in range(5)}

    assert len(found) == 5
    assert all(re.fullmatch(r"[2-9A-Z]{16}", code) for code in found)


async def test_an_invited_colleague_signs_in_and_works_on_the_nomination(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    await services.invite_collaborator(
        award.event, code, "luis@example.mx", actor=ana, issuer=award.issuer, now=award.site.now
    )
    mail = (await award.site.mails())[-1]
    link = re.search(r"https://awards\.example(/sign-in/\S+)", mail["text"])
    assert link is not None

    client = award.site.visitor()
    entered = await client.post(link[1])
    page = await client.get(entered.headers["location"])

    assert mail["to"] == "luis@example.mx"
    assert entered.headers["location"] == f"/{award.event.slug}/awards/nominations/{code}"
    assert page.status_code == 200
    assert "Menos agua." in page.text


async def test_a_collaborator_may_leave_but_not_remove_the_owner(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    await services.invite_collaborator(
        award.event, code, "luis@example.mx", actor=ana, issuer=award.issuer, now=award.site.now
    )
    person = await people.person_by_email("luis@example.mx")
    assert person is not None
    luis = Actor(person.id, f"person:{person.id}")

    with pytest.raises(Refused) as refused:
        await services.remove_collaborator(award.event, code, ana.person, actor=luis, now=award.site.now)
    left = await services.remove_collaborator(award.event, code, luis.person, actor=luis, now=award.site.now)

    assert codes(refused) == ["not_the_owner"]
    assert [each.role for each in left.nominators] == ["owner"]


async def test_a_withdrawn_nomination_is_final_and_frees_a_draft(award: Award) -> None:
    ana = await award.actor("ana")
    code = await award.submitted(ana)

    gone = await services.withdraw_nomination(award.event, code, actor=ana, now=award.site.now)
    with pytest.raises(Refused) as refused:
        await submit(award, code, ana)

    assert gone.nomination.state == "withdrawn"
    assert codes(refused) == ["nomination_withdrawn"]
    assert await queries.drafts_of(ana.person, award.event) == 0


async def test_an_organiser_takes_a_nomination_out_with_a_reason_and_back_in(award: Award) -> None:
    ana, olga = await award.actor("ana"), await award.actor("olga", manages=True)
    code = await award.submitted(ana)

    out = await services.admit(award.event, code, admitted=False, reason="Sin planta", actor=olga, now=award.site.now)
    back = await services.admit(award.event, code, admitted=True, reason="", actor=olga, now=award.site.now)

    assert (out.nomination.state, out.reason) == ("not_admitted", "Sin planta")
    assert back.nomination.state == "submitted"


async def test_typed_control_characters_and_line_ends_are_tidied(award: Award) -> None:
    ana = await award.actor("ana")
    code = (await award.draft(ana)).nomination.code
    draft = Draft(Candidate("company", " A\x00C\tME \n"), {"impact": "one\r\ntwo\x07"})

    saved = await services.save_draft(award.event, code, draft, revision=1, actor=ana, now=award.site.now)

    assert saved.nomination.candidate.name == "AC ME"
    assert saved.nomination.answers == {"impact": "one\ntwo"}


async def test_the_database_refuses_an_unknown_state(award: Award) -> None:
    ana = await award.actor("ana")
    view = await award.draft(ana)

    with pytest.raises(Exception, match="known_state"):
        await NominationTable.update({NominationTable.state: "won"}).where(NominationTable.id == view.id)


async def test_a_category_with_nominations_cannot_be_taken_out(award: Award) -> None:
    await award.draft(await award.actor("ana"))
    section = await queries.section_of(award.event)

    with pytest.raises(Refused) as refused:
        await services.apply_section(
            award.event, replace(section, categories=section.categories[1:]), by="test", now=award.site.now
        )

    assert refused.value.refusals[0].facts == {"category": "sustainability", "count": 1}
    assert await queries.section_of(award.event) == section


async def test_applying_a_section_is_reading_it_back(award: Award) -> None:
    section = await queries.section_of(award.event)
    other = replace(section, categories=section.categories[::-1], tie_break=("novelty",))

    await services.apply_section(award.event, other, by="test", now=award.site.now)

    assert await queries.section_of(award.event) == other
