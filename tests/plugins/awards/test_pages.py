"""The pages of the awards, on both engines."""

import html
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from plenaria.core.events import cache
from plenaria.core.events import services as events
from plenaria.core.people.tables import Person
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import count_queries
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.services import Actor
from plenaria.plugins.awards.settings import AwardsSettings
from plenaria.plugins.awards.tables import AwardCategory, Nominator, Sheet
from plenaria.plugins.awards.tables import Nomination as NominationTable
from tests.plugins.awards.conftest import CLOSES, JUDGING, OPENS, PDF, Award, address, fields


def page_text(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


async def view_of(award: Award, code: str) -> queries.NominationView:
    view = await queries.nomination(award.event, code)
    assert view is not None
    return view


# -- nominating ----------------------------------------------------------------------------------------------------


async def test_the_award_page_is_public_and_names_the_last_second_with_its_offset(award: Award) -> None:
    answer = await award.site.visitor().get(f"/{award.event.slug}/awards")

    text = page_text(answer.text)
    assert answer.status_code == 200
    assert "Sustentabilidad" in text
    assert re.search(r"10 de septiembre de 2025, 23:59:59, [^,]+, UTC−6", text)


async def test_a_nomination_is_started_filled_in_and_submitted_in_the_browser(award: Award) -> None:
    client = await award.site.signed_in(email="ana@empresa.mx")

    started = await client.post(f"/{award.event.slug}/awards/nominate", data={"category": "sustainability"})
    code = started.headers["location"].rpartition("/")[2]
    sent = fields(await view_of(award, code), action="submit") | {
        "candidate.name": "Frenos del Bajío",
        "answers.impact": "Menos agua.",
    }
    answer = await client.post(
        address(award, code), data=sent, files={"files.evidence": ("prueba.pdf", PDF, "application/pdf")}
    )
    shown = await client.get(address(award, code))

    assert (started.status_code, answer.status_code, shown.status_code) == (303, 303, 200)
    assert re.search(r"1 de septiembre de 2025, 12:00:00, [^,]+, UTC−6", page_text(shown.text))
    view = await view_of(award, code)
    assert view.nomination.state == "submitted"
    assert [each.attachment.name for each in view.files] == ["prueba.pdf"]
    assert view.files[0].attachment.sha256 in shown.text


async def test_a_refused_submission_keeps_what_was_typed_and_marks_the_fields(award: Award) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    code = (await award.draft(await award.actor("ana"))).nomination.code
    sent = fields(await view_of(award, code), action="submit") | {
        "answers.impact": "x" * 101,
        "answers.jobs": "<b>many",
    }

    answer = await client.post(address(award, code), data=sent)

    assert answer.status_code == 422
    assert "x" * 101 in answer.text
    assert 'value="&lt;b&gt;many"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert (await view_of(award, code)).nomination.answers["jobs"] == "<b>many"


async def test_a_submission_at_the_closing_instant_is_refused_kept_on_the_page_and_logged(award: Award) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    code = (await award.draft(await award.actor("ana"))).nomination.code
    sent = fields(await view_of(award, code), action="submit") | {"answers.impact": "Typed too late"}

    award.site.now = CLOSES
    answer = await client.post(address(award, code), data=sent)

    assert answer.status_code == 409
    assert "Typed too late" in answer.text
    assert re.search(r"11 de septiembre de 2025, 00:00:00, [^,]+, UTC−6", page_text(answer.text))
    assert await AuditLine.count().where(AuditLine.action == "nomination.submission_refused") == 1


async def test_a_slow_upload_that_began_in_time_is_in(award: Award) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    code = (await award.draft(await award.actor("ana"))).nomination.code
    request = client.build_request(
        "POST",
        address(award, code),
        data=fields(await view_of(award, code), action="submit"),
        files={"files.evidence": ("big.pdf", PDF + b"0" * 9_000_000, "application/pdf")},
    )
    body = await request.aread()
    award.site.now = CLOSES - timedelta(seconds=1)

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:1000]
        award.site.now = CLOSES + timedelta(seconds=11)
        yield body[1000:]

    headers = {"Content-Type": request.headers["content-type"], "Content-Length": str(len(body))}
    answer = await client.post(address(award, code), content=slowly(), headers=headers)

    view = await view_of(award, code)
    assert answer.status_code == 303, answer.text
    assert (view.nomination.state, view.submitted_at) == ("submitted", CLOSES - timedelta(seconds=1))


async def test_a_second_tab_is_told_and_shown_both_texts(award: Award) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    view = await award.draft(await award.actor("ana"))
    code = view.nomination.code
    first = await client.put(address(award, code), data=fields(view) | {"answers.impact": "First tab"})

    second = await client.post(
        address(award, code), data=fields(view, action="save") | {"answers.impact": "Second tab"}
    )
    again = await client.put(
        address(award, code), data=fields(view) | {"answers.impact": "x"}, headers={"Accept": "application/json"}
    )

    assert (first.status_code, first.json()) == (200, {"revision": 2})
    assert second.status_code == 409
    assert "First tab" in second.text
    assert "Second tab" in second.text
    assert 'name="revision" value="2"' in second.text
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "draft_changed")
    assert (await view_of(award, code)).nomination.answers["impact"] == "First tab"


async def test_taking_a_file_out_keeps_what_was_typed_beside_it(award: Award) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    view = await award.draft(await award.actor("ana"))
    code = view.nomination.code
    await client.post(
        address(award, code),
        data=fields(view, action="save"),
        files={"files.evidence": ("a.pdf", PDF, "application/pdf")},
    )
    view = await view_of(award, code)

    answer = await client.post(
        address(award, code),
        data=fields(view, remove=view.files[0].attachment.code) | {"answers.impact": "Typed beside it"},
    )

    after = await view_of(award, code)
    assert answer.status_code == 303
    assert (after.files, after.nomination.answers["impact"]) == ((), "Typed beside it")


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [("a.exe", b"MZ", 422), ("a.pdf", b"MZ", 422), ("huge.pdf", PDF + b"0" * 60_000_000, 413)],
)
async def test_a_bad_upload_gets_a_clear_answer_and_the_text_is_kept(
    award: Award, name: str, content: bytes, status: int
) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    view = await award.draft(await award.actor("ana"))

    answer = await client.post(
        address(award, view.nomination.code),
        data=fields(view, action="submit") | {"answers.impact": "Kept"},
        files={"files.evidence": (name, content, "application/pdf")},
    )

    assert answer.status_code == status
    if status == 422:
        assert 'href="#files-evidence"' in answer.text.partition("data-error-summary")[2].partition("</ul>")[0]
        assert (await view_of(award, view.nomination.code)).nomination.answers["impact"] == "Kept"
        assert (await view_of(award, view.nomination.code)).nomination.state == "draft"


async def test_receipt_and_files_are_downloads(award: Award) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    view = await award.draft(await award.actor("ana"))
    code = view.nomination.code
    await client.post(
        address(award, code),
        data=fields(view, action="submit"),
        files={"files.evidence": ("ñ.pdf", PDF, "application/pdf")},
    )
    view = await view_of(award, code)
    (receipt,) = await queries.receipts(view.id)

    document = await client.get(f"{address(award, code)}/receipts/{receipt.revision}")
    file = await client.get(f"{address(award, code)}/files/{view.files[0].attachment.code}")

    assert document.content == receipt.document.encode()
    assert json.loads(document.content)["receipt"]["code"] == code
    assert file.content == PDF
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%B1.pdf"
    assert "sandbox" in file.headers["content-security-policy"]


async def test_strangers_visitors_and_other_events_find_nothing(award: Award) -> None:
    code = await award.submitted(await award.actor("ana"))
    stranger = await award.site.signed_in(email="eve@example.mx")
    ana = await award.site.signed_in(email="ana@example.mx")

    assert (await stranger.get(address(award, code))).status_code == 404
    assert (await stranger.post(address(award, code), data={"action": "save"})).status_code == 404
    assert (await stranger.post(f"{address(award, code)}/withdraw")).status_code in (404, 409)
    assert (await stranger.get(f"{address(award, code)}/receipts/1")).status_code == 404
    assert (await award.site.visitor().get(address(award, code))).status_code == 401
    assert (await ana.get(f"/{award.site.other_event.slug}/awards/nominations/{code}")).status_code == 404
    assert (await view_of(award, code)).nomination.state == "submitted"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/awards/nominate", {"category": "nonsense"}),
        ("/awards/nominate", {}),
        ("/awards/nominate", {"category": "x\x00y"}),
        ("/awards/nominations/{code}", {"action": "submit", "revision": "999999999999999999"}),
        ("/awards/nominations/{code}", {"candidate.kind": "robot", "candidate.name": "\x00", "revision": "-1"}),
        ("/awards/nominations/{code}", {"remove": "nonsense", "revision": "1"}),
        ("/awards/nominations/{code}", {"answers.impact": "x" * 60_000, "revision": "1"}),
        ("/awards/nominations/{code}/collaborators", {"email": "not an address"}),
        ("/awards/nominations/{code}/collaborators", {"email": "ana@example.mx"}),
        ("/awards/nominations/{code}/collaborators/999/remove", {}),
    ],
)
async def test_bad_input_gets_a_page_with_a_reason_and_never_a_500(
    award: Award, path: str, data: dict[str, str]
) -> None:
    client = await award.site.signed_in(email="ana@example.mx")
    code = (await award.draft(await award.actor("ana"))).nomination.code

    answer = await client.post(f"/{award.event.slug}{path.format(code=code)}", data=data)

    assert answer.status_code in (303, 400, 404, 409, 422)
    assert answer.status_code != 303 or "candidate.name" in data
    assert (await view_of(award, code)).nomination.state == "draft"


# -- the jury ------------------------------------------------------------------------------------------------------


async def assigned(award: Award, name: str = "Frenos del Bajío") -> tuple[str, int, Actor]:
    """A submitted nomination given to `juror@example.mx`, in the jury period."""
    code = await award.submitted(await award.actor("ana"), name)
    juror, olga = await award.actor("juror", role="juror"), await award.actor("olga", manages=True)
    award.site.now = CLOSES
    return code, await services.assign_juror(award.event, code, juror.person, actor=olga, now=CLOSES), juror


async def test_a_juror_declares_scores_and_seals_in_the_browser(award: Award) -> None:
    _, sheet, _ = await assigned(award)
    client = await award.site.signed_in("juror")
    page = f"/{award.event.slug}/jury/assignments/{sheet}"

    listed = await client.get(f"/{award.event.slug}/jury")
    await client.post(f"{page}/declare", data={"conflict": "no"})
    kept = await client.put(page, data={"revision": "1", "scores.impact": "3"})
    half = await client.post(page, data={"revision": "2", "scores.impact": "3", "action": "seal"})
    sealed = await client.post(
        page,
        data={
            "revision": "2",
            "scores.impact": "5",
            "scores.novelty": "–",
            "comment": "Sólido",
            "action": "seal",
        },
    )
    shown = await client.get(page)

    assert f"/jury/assignments/{sheet}" in listed.text
    assert kept.json() == {"revision": 2}
    assert half.status_code == 422
    assert 'class="field-error"' in half.text
    assert sealed.status_code == 303
    view = await queries.sheet(award.event, sheet, juror=(await award.actor("juror")).person)
    assert view is not None
    assert view.sheet.state == "sealed"
    assert (view.sheet.scores, sorted(view.sheet.abstained)) == ({"impact": 5}, ["novelty"])
    assert view.digest in shown.text


async def test_a_score_off_the_scale_is_refused_at_its_criterion(award: Award) -> None:
    _, sheet, juror = await assigned(award)
    client = await award.site.signed_in("juror")
    await services.declare_no_conflict(award.event, sheet, actor=juror, now=CLOSES)

    answer = await client.post(
        f"/{award.event.slug}/jury/assignments/{sheet}",
        data={"revision": "1", "scores.impact": "4", "scores.novelty": "x"},
    )

    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 2


async def test_jurors_see_neither_nominators_nor_other_jurors_nor_drafts(award: Award) -> None:
    code, sheet, _ = await assigned(award)
    await award.actor("other", role="juror")
    other = await award.site.signed_in(email="other@example.mx")
    juror = await award.site.signed_in("juror")

    page = await juror.get(f"/{award.event.slug}/jury/assignments/{sheet}")

    assert page.status_code == 200
    assert "ana@example.mx" not in page.text
    assert (await other.get(f"/{award.event.slug}/jury/assignments/{sheet}")).status_code == 404
    assert (await other.get(address(award, code))).status_code == 404


async def test_nominators_are_shown_to_jurors_only_where_the_organiser_says_so(award: Award) -> None:
    _, sheet, _ = await assigned(award)
    settings = AwardsSettings(show_nominators=True, judging=JUDGING)
    await events.change_settings(award.event, "awards", settings, by="test", now=CLOSES)
    juror = await award.site.signed_in("juror")

    page = await juror.get(f"/{award.event.slug}/jury/assignments/{sheet}")

    assert "ana@example.mx" in page.text


async def test_who_stepped_back_no_longer_reads_the_nomination(award: Award) -> None:
    _, sheet, _ = await assigned(award)
    juror = await award.site.signed_in("juror")
    page = f"/{award.event.slug}/jury/assignments/{sheet}"

    nameless = await juror.post(f"{page}/declare", data={"conflict": "yes", "reason": "  "})
    gone = await juror.post(f"{page}/declare", data={"conflict": "yes", "reason": "Es mi cliente"})
    after = await juror.get(page)

    assert nameless.status_code == 422
    assert gone.status_code == 303
    assert "Menos agua." not in after.text


# -- the console ---------------------------------------------------------------------------------------------------


async def test_an_organiser_sees_progress_but_no_scores(award: Award) -> None:
    code, sheet, juror = await assigned(award)
    await services.declare_no_conflict(award.event, sheet, actor=juror, now=CLOSES)
    await services.save_scores(
        award.event,
        sheet,
        scores={"impact": 5, "novelty": 1},
        abstained=[],
        comment="Zarzamora",
        revision=None,
        actor=juror,
        now=CLOSES,
    )
    organiser = await award.site.signed_in("organiser")
    base = f"/{award.event.slug}/organise/awards"

    pages = [(await organiser.get(base + path)).text for path in ("", "/jury", f"/nominations/{code}", "/results")]

    assert not [page for page in pages if "Zarzamora" in page or "3.40" in page]


async def test_results_are_hidden_from_organisers_and_shown_early_to_the_owner(award: Award) -> None:
    _, sheet, juror = await assigned(award)
    olga = await award.actor("olga", manages=True)
    award.site.now = CLOSES - timedelta(days=1)
    other = await award.submitted(await award.actor("ana"), "B")
    award.site.now = CLOSES
    await services.assign_juror(award.event, other, juror.person, actor=olga, now=CLOSES)
    await award.sealed(sheet, juror, 5, 1)
    path = f"/{award.event.slug}/organise/awards/results"

    hidden = await (await award.site.signed_in("organiser")).get(path)
    early = await (await award.site.signed_in("owner")).get(path)
    juror_page = await (await award.site.signed_in("juror")).get(path)

    assert "3.40" not in hidden.text
    assert "3.40" in early.text
    assert juror_page.status_code == 403


async def test_an_organiser_runs_the_jury_in_the_browser(award: Award) -> None:
    code = await award.submitted(await award.actor("ana"))
    organiser = await award.site.signed_in("organiser")
    base = f"/{award.event.slug}/organise/awards"

    bad = await organiser.post(f"{base}/jury/invite", data={"email": "nobody"})
    none = await organiser.post(f"{base}/jury/assign-evenly", data={"seed": "7"})
    invited = [await organiser.post(f"{base}/jury/invite", data={"email": f"j{n}@example.mx"}) for n in range(2)]
    evenly = await organiser.post(f"{base}/jury/assign-evenly", data={"seed": "7"})
    told = await organiser.post(f"{base}/jury/tell")
    shown = await organiser.get(f"{base}/nominations/{code}")

    assert (bad.status_code, none.status_code, evenly.status_code, told.status_code) == (409, 409, 303, 303)
    assert {answer.status_code for answer in invited} == {303}
    assert "j0@example.mx" in shown.text
    assert await Sheet.count() == 2


async def test_the_rubric_form_saves_what_it_shows_and_grows_without_javascript(award: Award) -> None:
    organiser = await award.site.signed_in("organiser")
    path = f"/{award.event.slug}/organise/awards/rubric"
    before = await queries.section_of(award.event)
    page = (await organiser.get(path)).text
    sent = form_fields(page)

    grown = await organiser.post(path, data=sent | {"_add": ["categories"]})
    saved = await organiser.post(path, data=sent)

    assert grown.status_code == 200
    assert form_fields(grown.text)["categories-2-code"] == [""]
    assert saved.status_code == 303, page_text(saved.text)
    assert await queries.section_of(award.event) == before


def form_fields(page: str) -> dict[str, list[str]]:
    """What a browser would send of the page's main form, untouched."""
    from lxml import html as lxml_html  # type: ignore[import-untyped]  # it has no stubs

    form = lxml_html.fromstring(page).xpath('//main//form[@method="post"]')[0]
    found: dict[str, list[str]] = {}
    for name, value in form.form_values():
        found.setdefault(name, []).append(value)
    return found


async def test_every_page_is_drawn_in_both_languages(award: Award) -> None:
    owner = await award.site.signed_in("owner")
    await award.submitted(await award.actor("ana"))
    console = [f"/organise/awards{path}" for path in ("", "/nominations", "/jury", "/results", "/rubric")]

    for path in ("", "/awards", "/awards/nominate", "/jury", *console):
        for language in ("es", "en"):
            answer = await owner.get(f"/{award.event.slug}{path}?lang={language}")

            assert (answer.status_code, f'<html lang="{language}"' in answer.text) == (200, True), path


async def test_a_filter_that_makes_no_sense_finds_nothing(award: Award) -> None:
    organiser = await award.site.signed_in("organiser")
    await award.submitted(await award.actor("ana"))

    answer = await organiser.get(
        f"/{award.event.slug}/organise/awards/nominations?after=x&state=won&category=%F0%9F%8F%86"
    )

    assert answer.status_code == 200
    assert "/organise/awards/nominations/" not in answer.text.partition("<table")[2]


async def test_my_page_lists_nominations_open_sheets_and_what_is_sealed(award: Award) -> None:
    code, sheet, actor = await assigned(award)
    ana = await award.site.signed_in(email="ana@example.mx")
    juror = await award.site.signed_in("juror")

    before = await juror.get("/me?lang=en")
    await award.sealed(sheet, actor, 5, 1)
    after = await juror.get("/me?lang=en")

    assert f"/awards/nominations/{code}" in (await ana.get("/me")).text
    assert f"/jury/assignments/{sheet}" in before.text
    assert f"/jury/assignments/{sheet}" not in after.text
    assert "1 score sheet sealed" in page_text(after.text)


# -- the same queries for three rows as for three hundred ----------------------------------------------------------


async def many(award: Award, count: int, juror: Actor, owner: Actor, *, first: int) -> None:
    """That many submitted nominations of `owner`, each with a sealed sheet of `juror`."""
    category = await AwardCategory.select(AwardCategory.id).where(
        (AwardCategory.event == award.event.id) & (AwardCategory.code == "sustainability")
    )
    form = {"category": "sustainability", "candidate": {"kind": "company", "name": "X"}, "answers": {}}
    rows = [
        NominationTable(
            event=award.event.id,
            category=category[0]["id"],
            code=f"code{first + n}",
            state="submitted",
            candidate=json.dumps(form["candidate"]),
            submitted_form=json.dumps(form),
            submitted_at=OPENS,
            created_at=OPENS,
            changed_at=OPENS,
        )
        for n in range(count)
    ]
    await NominationTable.insert(*rows)
    ids = [row["id"] for row in await NominationTable.select(NominationTable.id).order_by(NominationTable.id)][first:]
    await Nominator.insert(*(Nominator(nomination=i, person=owner.person, role="owner", added_at=OPENS) for i in ids))
    scores = json.dumps({"impact": 3, "novelty": 5})
    await Sheet.insert(
        *(
            Sheet(
                event=award.event.id,
                nomination=i,
                juror=juror.person,
                state="sealed",
                scores=scores,
                digest="0" * 64,
                assigned_at=OPENS,
                sealed_at=OPENS,
            )
            for i in ids
        )
    )


LISTS = (
    ("owner", "/{event}/organise/awards"),
    ("owner", "/{event}/organise/awards/nominations"),
    ("owner", "/{event}/organise/awards/jury"),
    ("owner", "/{event}/organise/awards/results"),
    ("owner", "/{event}/awards"),
    ("juror", "/{event}/jury"),
    ("owner", "/me"),
    ("owner", "/api/v1/events/{event}/nominations?limit=200"),
    ("juror", "/api/v1/events/{event}/jury/assignments"),
    ("owner", "/api/v1/events/{event}/results"),
)


async def test_lists_ask_as_many_queries_for_300_rows_as_for_3(award: Award) -> None:
    clients = {role: await award.site.signed_in(role) for role in ("owner", "juror")}
    person = await Person.select(Person.id).where(Person.email == "owner@example.mx").first()
    assert person is not None
    juror, owner = await award.actor("juror", role="juror"), Actor(person["id"], "test")

    async def asked() -> dict[str, int]:
        found = {}
        for role, path in LISTS:
            cache.forget()  # or else the event would sometimes be remembered
            with count_queries() as seen:
                answer = await clients[role].get(path.format(event=award.event.slug))
            assert answer.status_code == 200, path
            found[path] = len(seen)
        return found

    await many(award, 3, juror, owner, first=0)
    for_3 = await asked()
    await many(award, 297, juror, owner, first=3)
    for_300 = await asked()

    assert for_3 == for_300


@pytest.mark.parametrize("email", ["a,b@c.dd", "<b>@x.mx", "eve;bob@x.mx", "ana@empresa", "nobody"])
async def test_only_one_whole_address_is_invited(award: Award, email: str) -> None:
    ana, organiser = await award.site.signed_in(email="ana@empresa.mx"), await award.site.signed_in("organiser")
    started = await ana.post(f"/{award.event.slug}/awards/nominate", data={"category": "sustainability"})
    before = await Person.count()

    answers = [
        await ana.post(f"{started.headers['location']}/collaborators", data={"email": email}),
        await organiser.post(f"/{award.event.slug}/organise/awards/jury/invite", data={"email": email}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert await Person.count() == before
