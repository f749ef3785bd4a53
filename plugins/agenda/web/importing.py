"""A schedule from elsewhere: chosen, looked at, brought into the draft.

The preview page carries the file itself (compressed, in a hidden field), so nothing is stored before it is applied and nothing
has to be cleaned up; what comes back is read and checked like any other file.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from msgspec import Meta, Struct

from plenaria.core.forms import Checked, Form, form_for, parse
from plenaria.core.forms.fields import Field
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language, gettext, ngettext
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused
from plenaria.core.storage.files import plain_name
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import services
from plenaria.plugins.agenda.services import ImportChoices, Preview
from plenaria.plugins.agenda.web.import_preview import preview_context

Anything = Request[Any, Any, Any]

MOST_OCTETS: Final = 16 * 1024 * 1024
"""What a compressed file may unpack to: twice what any reader takes, so that the reader is who refuses."""


class Applying(ImportChoices, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the preview page sends beside the file."""

    certain: Annotated[bool, Meta(title=N_("Remove from the draft what is not in the file"))] = False


class Sent(Struct, frozen=True):
    """The file of a form, under its name."""

    name: str
    content: bytes


@get("/{event_slug:str}/organise/agenda/import", permission="agenda.edit", include_in_schema=False)
async def import_form(request: Anything, event: EventView) -> Response[str]:
    """Choose a file."""
    return _choose(request, event)


@post("/{event_slug:str}/organise/agenda/import", permission="agenda.edit", uploads=True, include_in_schema=False)
async def import_file(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """Show what the file would do; or, with the preview's button and its choices as they were looked at, do it."""
    data = await request.form()
    texts = {name: value for name, value in data.multi_items() if isinstance(value, str)}
    sent = await _sent(data)
    checked: Checked[Applying] = parse(Applying, texts, zone=event.zone)
    if sent is None or checked.value is None:
        missing = [] if sent else [Refusal("import_file_missing", {}, "/file")]
        return _choose(request, event, raw=texts, checked=checked, refusals=missing, status=422)
    choices = ImportChoices(**{name: getattr(checked.value, name) for name in ImportChoices.__struct_fields__})
    is_asked = "_apply" in texts and texts.get("_looked_at") == _looked_at(choices)
    try:
        if not is_asked:
            preview = await services.preview_import(event, sent.content, choices)
            return _show(request, event, preview, sent, texts)
        done = await services.import_schedule(
            event,
            sent.content,
            choices,
            draft_mark=texts.get("_draft", ""),
            certain=checked.value.certain,
            by=visit.by,
            now=visit.now,
        )
    except Refused as refused:
        return await _refused(request, event, sent, choices, texts, refused)
    return see_other(request, f"/{event.slug}/organise/agenda/sessions", ("success", _done_words(done)))


async def _sent(data: Any) -> Sent | None:
    """The file chosen, else the one that the preview page carries."""
    upload = data.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        return Sent(plain_name(upload.filename), await upload.read())
    carried = data.get("_content")
    if not isinstance(carried, str) or not carried:
        return None
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.urlsafe_b64decode(carried), MOST_OCTETS)
    except (binascii.Error, ValueError, zlib.error):
        return None
    return Sent(plain_name(str(data.get("_name", ""))), content)


def _carried(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content)).decode()


def _looked_at(choices: ImportChoices) -> str:
    return "-".join((choices.way, "confirmed" if choices.confirmed else "draft", choices.language))


def _done_words(done: Preview) -> str:
    tally = done.merged.tallies["sessions"]
    if done.merged.changes_nothing:
        return gettext("Everything in the file is in the draft already.")
    new = ngettext("{count} session is new", "{count} sessions are new", len(tally.added))
    changed = ngettext("{count} changed", "{count} changed", len(tally.changed))
    gone = ngettext("{count} removed", "{count} removed", len(tally.gone))
    parts = [new.format(count=len(tally.added)), changed.format(count=len(tally.changed))]
    parts += [gone.format(count=len(tally.gone))] if tally.gone else []
    return gettext("The schedule was imported into the draft: {what}.").format(what=", ".join(parts))


async def _refused(
    request: Anything, event: EventView, sent: Sent, choices: ImportChoices, texts: dict[str, str], refused: Refused
) -> Response[str]:
    """A file that cannot be read: the first page again. A draft that has changed, or a doubt: the preview of now."""
    if any(refusal.pointer == "/file" for refusal in refused.refusals):
        return _choose(request, event, raw=texts, refusals=refused.refusals, status=422)
    preview = await services.preview_import(event, sent.content, choices)
    return _show(request, event, preview, sent, texts, refusals=refused.refusals, status=409)


# -------------------------------------------------------------------------------------------------- choosing


def _choose(
    request: Anything,
    event: EventView,
    *,
    raw: Mapping[str, str] | None = None,
    checked: Checked[Any] | None = None,
    refusals: Iterable[Refusal] = (),
    status: int = 200,
) -> Response[str]:
    form = _form(event, ImportChoices, raw=raw, checked=checked)
    file = Field(
        name="file",
        id="field-file",
        label=gettext("File"),
        kind="file",
        pointer="/file",
        help=gettext("schedule.xml or schedule.json (frab, pretalx), or a calendar (.ics). At most 8 MB."),
        required=True,
        attrs={"accept": ".xml,.json,.ics,text/calendar,application/json,application/xml,text/xml"},
    )
    file.errors = [sentence(refusal, event) for refusal in refusals]
    form.fields = [file, *form.fields]
    return page(request, "agenda/console/import.html", status=status, form_tree=form, action=_address(event))


def _form(
    event: EventView,
    struct: type[Struct],
    *,
    raw: Mapping[str, str] | None = None,
    checked: Checked[Any] | None = None,
    value: Struct | None = None,
) -> Form:
    problems = checked.problems if checked else ()
    language = current_language()
    form = form_for(struct, value=value, raw=raw, problems=problems, language=language, zone=event.zone)
    for field in form.fields:
        field.required = field.kind == "radio"
    return form


def _address(event: EventView) -> str:
    return f"/{event.slug}/organise/agenda/import"


# ----------------------------------------------------------------------------------------------- the preview


def _show(
    request: Anything,
    event: EventView,
    preview: Preview,
    sent: Sent,
    texts: Mapping[str, str],
    *,
    refusals: Iterable[Refusal] = (),
    status: int = 200,
) -> Response[str]:
    form = _form(event, ImportChoices, value=preview.choices)
    certain = _form(event, Applying, raw=texts).field("certain") if preview.merged.goes else None
    _put_refusals(form, certain, [(refusal.pointer, sentence(refusal, event)) for refusal in refusals])
    return page(
        request,
        "agenda/console/import_preview.html",
        status=status,
        form_tree=form,
        certain=certain,
        action=_address(event),
        hidden={
            "_content": _carried(sent.content),
            "_name": sent.name,
            "_draft": preview.draft_mark,
            "_looked_at": _looked_at(preview.choices),
        },
        **preview_context(preview, event, name=sent.name),
    )


def _put_refusals(form: Form, certain: Field | None, refusals: Iterable[tuple[str, str]]) -> None:
    """Each `(pointer, sentence)` at its field, else at the head of the form."""
    for pointer, words in refusals:
        if certain is not None and pointer == "/certain":
            certain.errors = [words]
            form.fields.append(certain)  # the summary of errors leads to it
        else:
            form.problems = [*form.problems, words]


ROUTES = [import_form, import_file]
