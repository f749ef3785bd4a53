"""How every form of the agenda's console is shown, read, and shown again with everything typed kept."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from litestar import Request, Response
from msgspec import Struct

from plenaria.core.forms import Checked, Form, edited_lists, form_for, parse
from plenaria.core.forms.typed import Flat
from plenaria.core.kernel.i18n import current_language, gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, Refusal, Refused, slugify
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules
from plenaria.plugins.agenda.settings import PersonItem

S = TypeVar("S", bound=Struct)
Anything = Request[Any, Any, Any]
Known = dict[str, dict[str, str]]
Save = Callable[[Any, int | None], Awaitable[str]]
"""Stores a value made from a revision and answers with the sentence to show afterwards."""


class Editor(Struct, frozen=True, kw_only=True):
    """One form: its Struct, its page, and where to go when it is stored."""

    struct: type[Any]
    template: str
    action: str
    back: str
    context: dict[str, Any]
    known: Known = {}
    name_code_after: str = ""
    """The field that a code left blank is made from."""


async def choices(event: EventView) -> Known:
    """Code → label of everything that a session may name."""
    lists: Known = {}
    for catalogue in queries.CATALOGUES:
        stored = await queries.items(event.id, catalogue)
        lists[catalogue.name] = {each.item.code: label(each.item) for each in stored}
    return lists


def label(item: queries.Item) -> str:
    """How a room, track, type or person is called in a list."""
    if not isinstance(item, PersonItem):
        return localized(item.name)
    person = rules.Person(
        code=item.code,
        given_names=item.given_names,
        first_surname=item.first_surname,
        second_surname=item.second_surname,
    )
    return person.name


def show(
    request: Anything, event: EventView, editor: Editor, *, value: Any, revision: int | None, status: int = 200
) -> Response[str]:
    """The form, filled with a value (None: the defaults)."""
    return _page(request, editor, _form(event, editor, value=value), revision, status)


async def receive(
    request: Anything, event: EventView, editor: Editor, save: Save, *, revision: int | None
) -> Response[Any]:
    """Store what was sent and go on; or the same form again: 200 after Add and Remove, 422 if wrong, 409 if refused."""
    data, edited = edited_lists(await request.form())
    made_from = _revision_of(data)
    if edited:
        return _page(request, editor, _form(event, editor, raw=data), made_from, 200)
    _name_code(data, editor)
    checked: Checked[Any] = parse(editor.struct, data, zone=event.zone, known=editor.known)
    if checked.value is None:
        return _page(request, editor, _form(event, editor, raw=data, problems=checked.problems), made_from, 422)
    try:
        words = await save(checked.value, made_from)
    except Refused as refused:
        form = _form(event, editor, raw=data)
        form.problems = [sentence(refusal, event) for refusal in refused.refusals]
        return _page(request, editor, form, revision, 409)
    return see_other(request, editor.back, ("success", words))


def _form(event: EventView, editor: Editor, **filled: Any) -> Form:
    return form_for(editor.struct, language=current_language(), zone=event.zone, known=editor.known, **filled)


def _page(request: Anything, editor: Editor, form: Form, revision: int | None, status: int) -> Response[str]:
    return page(
        request,
        editor.template,
        status=status,
        form_tree=form,
        action=editor.action,
        back=editor.back,
        revision="" if revision is None else revision,
        **editor.context,
    )


def _revision_of(data: Flat) -> int | None:
    typed = (data.get("_revision") or [""])[0]
    return int(typed) if isinstance(typed, str) and typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _name_code(data: Flat, editor: Editor) -> None:
    """A code left blank is made from the name; what is wrong with it is then reported like anything else."""
    if any(isinstance(text, str) and text.strip() for text in data.get("code", [])):
        return
    for name in editor.name_code_after.split():
        words = " ".join(str(text) for text in data.get(name, []) if text)
        if made := slugify(words):
            data["code"] = [made]
            return


def conflict_words(found: rules.Conflict, event: EventView) -> str:
    """A conflict as a sentence."""
    facts: Mapping[str, Any] = found.facts
    if "role" in facts:
        facts = {**facts, "role": gettext(rules.ROLES[facts["role"]])}
    return sentence(Refusal(found.code, dict(facts)), event)


def conflict_line(conflict: rules.Conflict, draft: rules.Draft, event: EventView) -> dict[str, Any]:
    """A conflict in a list, under the first of its sessions."""
    session = draft.session(conflict.sessions[0])
    return {
        "session": conflict.sessions[0],
        "title": localized(session.title) if session else conflict.sessions[0],
        "words": conflict_words(conflict, event),
        "is_hard": conflict.is_hard,
    }
