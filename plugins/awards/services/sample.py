"""The award's part of the demo's data: invented nominations, some submitted, some already judged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from plenaria.core import mail
from plenaria.core.host.contributions import SamplePeople
from plenaria.core.kernel.values import EventView
from plenaria.core.storage import signing_keys
from plenaria.core.storage.files import Upload
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.rules import Candidate, Category, Criterion, Question
from plenaria.plugins.awards.services.actors import Actor, Issuer
from plenaria.plugins.awards.services.assigning import assign_evenly
from plenaria.plugins.awards.services.nominating import Draft, attach, start_nomination
from plenaria.plugins.awards.services.scoring import declare_no_conflict, save_scores, seal
from plenaria.plugins.awards.services.submitting import submit_nomination

COMPANIES: Final = (
    ("Frenos del Bajío", "Silao, Guanajuato", "Celda de frenado con 40 % menos agua"),
    ("Arneses de Anáhuac", "Toluca, Estado de México", "Arnés de alta tensión hecho en México"),
    ("Fundidora Sierra Gorda", "Querétaro, Querétaro", "Horno de inducción con energía solar"),
    ("Plásticos Técnicos Tlaloc", "Puebla, Puebla", "Tableros con resina reciclada"),
    ("Suspensiones Pacífico", "Hermosillo, Sonora", "Línea de amortiguadores sin paro"),
    ("Engranes de Chihuahua", "Ciudad Juárez, Chihuahua", "Gemelo digital del rectificado"),
)
"""Invented companies: name, city and state, project."""

MERITS: Final = (72, 85, 68, 50, 80, 40)
"""What each company deserves in the category that is judged to the end, in per cent of the scale."""

LEANINGS: Final = (5, -28, 8, 0, 12)
"""How much more than that each juror gives."""

CHANCE: Final = (0, 12, -14, 4, -6, 15, -10, 7, -3, 10, -16)

PERSONS: Final = (
    ("Mariana Escalante Rocha", "Arneses de Anáhuac", "Directora general"),
    ("Rogelio Treviño Salinas", "Fundidora Sierra Gorda", "Director de operaciones"),
)
"""Invented people: name, company, position."""

_WORDS: Final = {
    "short_text": "Proyecto de muestra",
    "long_text": "Texto de muestra, inventado para esta demostración. Antes: 12 % de merma y 4.1 litros de agua por pieza. "
    "Después de doce meses: 3 % de merma y 2.4 litros de agua por pieza, con 38 personas capacitadas.",
    "url": "https://example.org/proyecto",
}
_EVIDENCE: Final = b"%PDF-1.4\n% Evidencia de muestra, inventada para la demostracion.\n%%EOF\n"


async def add_sample(event: EventView, people: SamplePeople, now: datetime, /) -> None:
    """Nominate in every category as the sample people would, then let the jury begin; what is closed now is left out.

    The first of several categories is judged to the end, so that its results show how sure they are.
    """
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    nominators = [Actor(person.id, f"person:{person.id}") for person in people.get("nominator", ())]
    organisers = people.get("organiser", ())
    if not nominators or not organisers or not settings.nominations.contains(now):
        return
    issuer = Issuer(mail.address(), signing_keys.current())
    one_to_the_end = len(section.categories) > 2  # the others stay open to try judging
    for place, category in enumerate(section.categories):
        for candidate in _candidates(category, place, everybody=one_to_the_end and place == 0):
            await _nominate(event, category, candidate, nominators[place % len(nominators)], issuer, now=now)
    await start_nomination(event, section.categories[0].code, actor=nominators[0], now=now)
    if settings.judging.contains(now) and people.get("juror"):
        organiser = Actor(organisers[0].id, f"person:{organisers[0].id}", manages=True)
        await assign_evenly(event, seed=1, actor=organiser, now=now)
        jurors = [Actor(person.id, f"person:{person.id}") for person in people["juror"]]
        if one_to_the_end:
            await _finish(event, section.categories[0], jurors, now=now)
        await _judge(event, jurors[:2], now=now)


def _candidates(category: Category, place: int, *, everybody: bool) -> list[Candidate]:
    if category.candidates == ("person",):
        return [Candidate("person", name, company, position=position) for name, company, position in PERSONS]
    chosen = (COMPANIES[place % len(COMPANIES)], COMPANIES[(place + 2) % len(COMPANIES)])
    if everybody:
        return [Candidate("company", name) for name, _, _ in COMPANIES]
    if "plant" not in category.candidates:
        return [Candidate("company", name) for name, _, _ in chosen]
    first, second = chosen
    return [
        Candidate("company", first[0]),
        Candidate("plant", f"Planta {second[1].split(',')[0]}", second[0], second[1]),
    ]


async def _nominate(
    event: EventView, category: Category, candidate: Candidate, actor: Actor, issuer: Issuer, *, now: datetime
) -> None:
    view = await start_nomination(
        event, category.code, draft=Draft(candidate, _answers(category, candidate)), actor=actor, now=now
    )
    for question in category.questions:
        if question.kind == "attachment":
            upload = Upload("evidencia.pdf", _EVIDENCE)
            await attach(event, view.nomination.code, question.code, upload, actor=actor, now=now)
    await submit_nomination(event, view.nomination.code, actor=actor, issuer=issuer, now=now)


def _answers(category: Category, candidate: Candidate) -> dict[str, str]:
    answers = {question.code: _answer(question) for question in category.questions if question.kind != "attachment"}
    project = next((words for name, _, words in COMPANIES if name in (candidate.name, candidate.company)), "")
    return answers | ({"project": project} if project and "project" in answers else {})


def _answer(question: Question) -> str:
    if question.kind == "choice":
        return question.choices[0].code
    if question.kind == "number":
        return str(min(max(question.minimum or 0, 12), question.maximum or 12))
    return _WORDS[question.kind][: question.length_limit]


async def _finish(event: EventView, category: Category, jurors: Sequence[Actor], *, now: datetime) -> None:
    """Every sheet of the category, sealed: jurors agree by and large, and the second is severe."""
    criteria = (await queries.section_of(event)).rubric(category.code)
    entries = [line.id for line in await queries.nominations(event, category=category.code, state="submitted")]
    for place, juror in enumerate(jurors):
        for line in await queries.sheets(event, juror=juror.person):
            if line.nomination_id in entries:
                merit = MERITS[entries.index(line.nomination_id) % len(MERITS)] + LEANINGS[place % len(LEANINGS)]
                scores = {
                    criterion.code: _score_near(criterion, merit + CHANCE[(line.id + 3 * place + 5 * i) % len(CHANCE)])
                    for i, criterion in enumerate(criteria)
                }
                await _scored(event, line.id, scores, juror, now=now)
                await seal(event, line.id, actor=juror, now=now)


def _score_near(criterion: Criterion, percent: int) -> int:
    """The score that stands at so much of the scale."""
    steps = len(criterion.scores) - 1
    return criterion.scores[min(max(round(percent * steps / 100), 0), steps)]


async def _judge(event: EventView, jurors: Sequence[Actor], *, now: datetime) -> None:
    """Each juror seals half of their open sheets and begins the next one: the demo's visitors can go on judging."""
    section = await queries.section_of(event)
    for place, juror in enumerate(jurors):
        lines = [line for line in await queries.sheets(event, juror=juror.person) if line.state == "assigned"]
        half = len(lines) // 2
        for line in lines[: half + 1]:
            criteria = section.rubric(line.category)
            complete = line in lines[:half]
            scores = {
                criterion.code: _score(criterion, line.id + place + i)
                for i, criterion in enumerate(criteria if complete else criteria[: len(criteria) // 2])
            }
            await _scored(event, line.id, scores, juror, now=now)
            if complete:
                await seal(event, line.id, actor=juror, now=now)


async def _scored(event: EventView, sheet: int, scores: Mapping[str, int], juror: Actor, *, now: datetime) -> None:
    await declare_no_conflict(event, sheet, actor=juror, now=now)
    await save_scores(event, sheet, scores=dict(scores), abstained=[], comment="", revision=None, actor=juror, now=now)


def _score(criterion: Criterion, number: int) -> int:
    """Some score of the scale, not the lowest."""
    better = criterion.scores[1:]
    return better[number % len(better)]
