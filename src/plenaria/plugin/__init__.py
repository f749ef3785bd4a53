"""What a plugin imports, all of it from here: the stable API, listed in docs/developer/plugin-api.md.

Everything else under `plenaria` may change in any release. A name leaves this module, or takes other arguments, only with a
new major `API_VERSION`; a new name raises the minor one. A plugin states what it was written for, `PluginCard(…, api="1.0")`.

The pure modules of our own plugins (`rules.py`) take their values from `plenaria.core.kernel.values`: a contract forbids them to
load the web framework, as this module does. An outside plugin may import this module everywhere.
"""

from typing import Any

from litestar import Request

from plenaria.core.events.queries import event_by_id, event_by_slug, settings_of
from plenaria.core.events.queries import events as all_events
from plenaria.core.events.services import touch as touch_event
from plenaria.core.forms import (
    Checked,
    Field,
    Form,
    Problem,
    RecordedChange,
    changed_text,
    changed_value,
    check,
    edited_lists,
    fingerprint,
    form_for,
    parse,
)
from plenaria.core.forms import recorded as changes_between
from plenaria.core.forms import refuse_unseen as check_seen
from plenaria.core.host.contributions import (
    API_VERSION,
    AddSample,
    ApplyDeclared,
    CalendarSource,
    CheckReadiness,
    CheckRecords,
    DashboardPanel,
    Declared,
    ErasePersonalData,
    Export,
    ExportPersonalData,
    FillPlaceholder,
    FindOver,
    ForgetOld,
    Job,
    MakeExport,
    PagePart,
    Panel,
    PersonalData,
    Placeholder,
    PluginCard,
    PreviewErasure,
    ReadDeclared,
    RecordSubject,
    Retention,
    RunJob,
    SamplePeople,
)
from plenaria.core.host.hookspecs import fails_closed, hookimpl, hookspec
from plenaria.core.host.plugins import host
from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.i18n import current_language, fill, gettext, ngettext, pgettext
from plenaria.core.kernel.i18n import using as using_language
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.shown import clock_time as format_time
from plenaria.core.kernel.shown import day as format_day
from plenaria.core.kernel.shown import instant as format_instant
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.shown import money as format_money
from plenaria.core.kernel.shown import number as format_number
from plenaria.core.kernel.values import (
    N_,
    Attachment,
    CalendarEntry,
    Column,
    ErasureLine,
    EventView,
    Link,
    LocalizedText,
    MailDraft,
    MailText,
    Money,
    Permission,
    PriceLine,
    ReadinessItem,
    RecordedFact,
    RecordFinding,
    Refusal,
    Refused,
    Role,
    Sheet,
    Slug,
    Window,
    in_language,
    refuse,
    slugify,
)
from plenaria.core.mail import Markdown
from plenaria.core.mail import address as site_address
from plenaria.core.mail import send as send_mail
from plenaria.core.people.queries import Member, normal_email, person_by_email
from plenaria.core.people.queries import people as people_by_id
from plenaria.core.people.queries import person as person_by_id
from plenaria.core.people.queries import team as team_of
from plenaria.core.people.services import ensure_person
from plenaria.core.storage.audit import record as record_change
from plenaria.core.storage.database import (
    CheckViolated,
    ForeignKeyViolated,
    UniqueViolated,
    lock,
    lock_row,
    locked,
    savepoint,
    transaction,
)
from plenaria.core.storage.database.references import EVENT, FILE, PERSON
from plenaria.core.storage.files import FileView, Upload
from plenaria.core.storage.files import content as file_content
from plenaria.core.storage.files import refusals as file_refusals
from plenaria.core.storage.files import remove as remove_file
from plenaria.core.storage.files import store as store_file
from plenaria.core.storage.files import views as file_views
from plenaria.core.storage.outbox import tell as publish_fact
from plenaria.core.storage.requests.limits import count as count_attempt
from plenaria.core.web.api import After, Limit, id_after, once, paged, paged_whole
from plenaria.core.web.api import Page as ListPage
from plenaria.core.web.api.openapi import FileBody
from plenaria.core.web.downloads import download
from plenaria.core.web.errors import Invalid
from plenaria.core.web.form_request import uploads_in
from plenaria.core.web.panels import panels_of
from plenaria.core.web.refusals import as_problems, sentence
from plenaria.core.web.templating import page, render, see_other

AnyRequest = Request[Any, Any, Any]

__all__ = [
    "API_VERSION",
    "EVENT",
    "FILE",
    "N_",
    "PERSON",
    "AddSample",
    "After",
    "AnyRequest",
    "ApplyDeclared",
    "Attachment",
    "CalendarEntry",
    "CalendarSource",
    "CheckReadiness",
    "CheckRecords",
    "CheckViolated",
    "Checked",
    "Column",
    "DashboardPanel",
    "Declared",
    "ErasePersonalData",
    "ErasureLine",
    "EventView",
    "Export",
    "ExportPersonalData",
    "Field",
    "FileBody",
    "FileView",
    "FillPlaceholder",
    "FindOver",
    "ForeignKeyViolated",
    "ForgetOld",
    "Form",
    "Invalid",
    "Job",
    "Limit",
    "Link",
    "ListPage",
    "LocalizedText",
    "MailDraft",
    "MailText",
    "MakeExport",
    "Markdown",
    "Member",
    "Money",
    "PagePart",
    "Panel",
    "Permission",
    "PersonView",
    "PersonalData",
    "Placeholder",
    "PluginCard",
    "PreviewErasure",
    "PriceLine",
    "Problem",
    "ReadDeclared",
    "ReadinessItem",
    "RecordFinding",
    "RecordSubject",
    "RecordedChange",
    "RecordedFact",
    "Refusal",
    "Refused",
    "Retention",
    "Role",
    "RunJob",
    "SamplePeople",
    "Sheet",
    "Slug",
    "UniqueViolated",
    "Upload",
    "Visit",
    "Window",
    "all_events",
    "as_problems",
    "changed_text",
    "changed_value",
    "changes_between",
    "check",
    "check_seen",
    "count_attempt",
    "current_language",
    "download",
    "edited_lists",
    "ensure_person",
    "event_by_id",
    "event_by_slug",
    "fails_closed",
    "file_content",
    "file_refusals",
    "file_views",
    "fill",
    "fingerprint",
    "form_for",
    "format_day",
    "format_instant",
    "format_money",
    "format_number",
    "format_time",
    "gettext",
    "hashed",
    "hookimpl",
    "hookspec",
    "host",
    "id_after",
    "in_language",
    "localized",
    "lock",
    "lock_row",
    "locked",
    "new_secret",
    "ngettext",
    "normal_email",
    "once",
    "page",
    "paged",
    "paged_whole",
    "panels_of",
    "parse",
    "people_by_id",
    "person_by_email",
    "person_by_id",
    "pgettext",
    "publish_fact",
    "record_change",
    "refuse",
    "remove_file",
    "render",
    "savepoint",
    "see_other",
    "send_mail",
    "sentence",
    "settings_of",
    "site_address",
    "slugify",
    "store_file",
    "team_of",
    "touch_event",
    "transaction",
    "uploads_in",
    "using_language",
]
