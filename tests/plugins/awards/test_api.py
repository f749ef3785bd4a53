"""The JSON API of the awards, on both engines."""

from typing import Any

import httpx
import pytest

from plenaria.core.kernel.ledger.receipts import verify_receipt_file
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.tables import Nomination as NominationTable
from tests.plugins.awards.conftest import CLOSES, PDF, Award

NOMINATION = {
    "category": "sustainability",
    "candidate": {"kind": "company", "name": "Frenos del Bajío"},
    "answers": {"impact": "Menos agua."},
}


def at(award: Award, path: str) -> str:
    return f"/api/v1/events/{award.event.slug}/{path}"


def error_codes(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return [(error["code"], error.get("pointer", "")) for error in answer.json()["errors"]]


async def started(award: Award, client: httpx.AsyncClient, key: str = "k1", **more: Any) -> httpx.Response:
    return await client.post(at(award, "nominations"), json=NOMINATION | more, headers={"Idempotency-Key": key})


async def test_categories_are_public_with_their_forms_and_rubric(award: Award) -> None:
    answer = await award.site.visitor().get(at(award, "award-categories?limit=1"))

    page = answer.json()
    (category,) = page["items"]
    assert category["code"] == "sustainability"
    assert [question["code"] for question in category["questions"]] == ["impact", "jobs", "evidence"]
    assert [criterion["weight"] for criterion in category["criteria"]] == [60, 40]
    assert page["next"] == "sustainability"


async def test_a_nomination_goes_from_draft_to_receipt(award: Award) -> None:
    ana = await award.site.signed_in(email="ana@example.mx")

    draft = (await started(award, ana)).json()
    changed = await ana.put(
        at(award, f"nominations/{draft['code']}"),
        json={"revision": 1, "candidate": draft["candidate"], "answers": {"impact": "Menos agua, menos luz."}},
    )
    filed = await ana.post(
        at(award, f"nominations/{draft['code']}/files"),
        data={"question": "evidence"},
        files={"file": ("a.pdf", PDF, "application/pdf")},
        headers={"Idempotency-Key": "f1"},
    )
    receipt = await ana.post(at(award, f"nominations/{draft['code']}/submit"))
    again = await ana.post(at(award, f"nominations/{draft['code']}/submit"))
    shown = (await ana.get(at(award, f"nominations/{draft['code']}"))).json()

    assert changed.json()["revision"] == 2
    assert filed.status_code == 201
    assert (receipt.status_code, again.json()) == (200, receipt.json())
    verdict = verify_receipt_file(receipt.json()["document"].encode(), award.issuer.key.public_key())
    assert verdict.valid
    assert (shown["state"], shown["submitted_revision"], shown["files"][0]["name"]) == ("submitted", 3, "a.pdf")


async def test_a_repeated_post_starts_one_nomination(award: Award) -> None:
    ana = await award.site.signed_in(email="ana@example.mx")

    first, second = await started(award, ana), await started(award, ana)
    other = await started(
        award, ana, category="career", candidate={"kind": "person", "name": "B", "company": "C"}, answers={}
    )
    without = await ana.post(at(award, "nominations"), json=NOMINATION)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert await NominationTable.count() == 1
    assert error_codes(other) == [("idempotency_key_reused", "")]
    assert error_codes(without) == [("idempotency_key_missing", "")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"category": "nonsense"}, [("unknown_category", "/category")]),
        ({"answers": {"age": "3"}}, [("unknown_question", "/answers/age")]),
        ({"answers": {"impact": 3}}, [("wrong_type", "/answers/impact")]),
        ({"candidate": {"kind": "robot"}, "extra": 1}, None),
        ({"category": None}, None),
    ],
)
async def test_bad_bodies_are_problems_with_pointers(
    award: Award, body: dict[str, Any], expected: list[Any] | None
) -> None:
    ana = await award.site.signed_in(email="ana@example.mx")

    answer = await started(award, ana, **body)

    assert answer.status_code in (409, 422)
    assert error_codes(answer)
    assert expected is None or error_codes(answer) == expected
    assert await NominationTable.count() == 0


async def test_closed_is_409_with_the_instant_and_incomplete_says_everything(award: Award) -> None:
    ana = await award.site.signed_in(email="ana@example.mx")
    code = (await started(award, ana, answers={}, candidate=None)).json()["code"]

    open_answer = await ana.post(at(award, f"nominations/{code}/submit"))
    award.site.now = CLOSES
    closed = await ana.post(at(award, f"nominations/{code}/submit"))

    assert error_codes(open_answer) == [
        ("candidate_incomplete", "/candidate/name"),
        ("answer_missing", "/answers/impact"),
    ]
    assert closed.status_code == 409
    assert closed.json()["errors"][0]["facts"] == {"closes_at": "2025-09-11T06:00:00Z"}


async def test_an_old_revision_is_a_conflict(award: Award) -> None:
    ana = await award.site.signed_in(email="ana@example.mx")
    code = (await started(award, ana)).json()["code"]
    body = {"candidate": NOMINATION["candidate"], "answers": {"impact": "x"}}
    await ana.put(at(award, f"nominations/{code}"), json=body | {"revision": 1})

    answer = await ana.put(at(award, f"nominations/{code}"), json=body | {"revision": 1, "answers": {"impact": "y"}})

    assert (answer.status_code, error_codes(answer)) == (409, [("draft_changed", "")])


async def test_nobody_else_finds_a_nomination(award: Award) -> None:
    ana, eve = await award.site.signed_in(email="ana@example.mx"), await award.site.signed_in(email="eve@example.mx")
    code = (await started(award, ana)).json()["code"]

    answers = [
        await eve.get(at(award, f"nominations/{code}")),
        await eve.put(at(award, f"nominations/{code}"), json={"revision": 1, "candidate": {"name": "x"}}),
        await eve.post(at(award, f"nominations/{code}/submit")),
        await eve.post(at(award, f"nominations/{code}/withdraw")),
        await ana.get(f"/api/v1/events/{award.site.other_event.slug}/nominations/{code}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await award.site.visitor().get(at(award, f"nominations/{code}"))).status_code == 401
    assert (await eve.get(at(award, "nominations"))).status_code == 403


async def test_a_juror_works_through_the_api_and_the_owner_reads_the_result(award: Award) -> None:
    code = await award.submitted(await award.actor("ana"))
    juror_actor, olga = await award.actor("juror", role="juror"), await award.actor("olga", manages=True)
    award.site.now = CLOSES
    await services.assign_juror(award.event, code, juror_actor.person, actor=olga, now=CLOSES)
    juror, owner = await award.site.signed_in("juror"), await award.site.signed_in("organiser")

    (line,) = (await juror.get(at(award, "jury/assignments"))).json()["items"]
    sheet = at(award, f"jury/assignments/{line['id']}")
    early = await juror.put(f"{sheet}/scores", json={"scores": {"impact": 5}})
    await juror.post(f"{sheet}/declare")
    wrong = await juror.put(f"{sheet}/scores", json={"scores": {"impact": 4, "charm": 1}})
    hidden = await owner.get(at(award, "results"))
    saved = await juror.put(
        f"{sheet}/scores", json={"scores": {"impact": 5}, "abstained": ["novelty"], "comment": "Bien"}
    )
    sealed = await juror.post(f"{sheet}/seal")
    again = await juror.post(f"{sheet}/seal")
    results = (await owner.get(at(award, "results"))).json()

    assert error_codes(early) == [("conflict_not_declared", "")]
    assert error_codes(wrong) == [("unknown_criterion", "/scores/charm"), ("score_off_scale", "/scores/impact")]
    assert error_codes(hidden) == [("results_not_yet", "")]
    assert saved.json()["answers"] == {"impact": "Menos agua."}
    assert (sealed.json()["state"], error_codes(again)) == ("sealed", [("sheet_sealed", "")])
    place = results["categories"][0]["places"][0]
    assert results["final"] is True
    assert (place["nomination"], place["place"], place["unscored"]) == (code, 1, ["novelty"])
    assert place["mean"] == {"criterion": "", "numerator": 5, "denominator": 1, "printed": "5.00"}


async def test_recusing_needs_a_reason_and_hides_the_nomination(award: Award) -> None:
    code = await award.submitted(await award.actor("ana"))
    juror_actor, olga = await award.actor("juror", role="juror"), await award.actor("olga", manages=True)
    sheet_id = await services.assign_juror(award.event, code, juror_actor.person, actor=olga, now=award.site.now)
    juror = await award.site.signed_in("juror")
    sheet = at(award, f"jury/assignments/{sheet_id}")

    without = await juror.post(f"{sheet}/recuse", json={"reason": " "})
    gone = await juror.post(f"{sheet}/recuse", json={"reason": "My client"})

    assert without.status_code == 422
    assert (gone.json()["state"], gone.json()["answers"]) == ("recused", {})
    assert len(await queries.conflicts(award.event)) == 1


async def test_a_token_is_limited_to_its_scopes(award: Award) -> None:
    await award.submitted(await award.actor("ana"))
    token = await award.site.bearer("organiser", "awards.manage")

    assert len((await token.get(at(award, "nominations"))).json()["items"]) == 1
    assert (await token.get(at(award, "results"))).status_code == 403


async def test_all_nominations_come_page_by_page(award: Award) -> None:
    ana = await award.actor("ana")
    made = [await award.submitted(ana, f"N{n}") for n in range(3)]
    organiser = await award.site.signed_in("organiser")

    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = (await organiser.get(at(award, f"nominations?limit=2&after={after}"))).json()
        found += [item["code"] for item in page["items"]]
        after = page["next"]

    assert found == made
