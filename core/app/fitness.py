"""Whether each plugin is fit for service: everything that it registers is built and tried once, when a process starts.

What does not fit leaves its plugin out (`PluginHost.or_without`) with one line: which part, what is wrong, how to mend it.
Both halves are called from `plenaria.core.app.application`: `examine` needs no application, `refuse_unfit_routes` has one.
"""

import inspect
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

import msgspec
from jinja2 import Environment, TemplateSyntaxError, meta, nodes
from litestar import Litestar
from msgspec import Struct

from plenaria.core.forms import form_for
from plenaria.core.forms.schema import fields_of
from plenaria.core.host.contributions import PluginCard, RecordSubject
from plenaria.core.host.names import Owners
from plenaria.core.host.permissions import CORE_PERMISSIONS, CORE_ROLES, OPEN, registered
from plenaria.core.host.plugins import OURS, Plugin, PluginHost, Unfit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import LANGUAGES, Link, MailText, in_language
from plenaria.core.mail import PLACEHOLDER, checking, content_of, subject_of
from plenaria.core.mail.texts import CORE_MAIL
from plenaria.core.storage.audit.words import CORE_ACTIONS
from plenaria.core.web.api import openapi
from plenaria.core.web.refusals import CORE_REFUSALS
from plenaria.core.web.templating import Pages
from plenaria.core.web.templating.frame import CORE_CONSOLE

MAIL, PERMISSION, REFUSAL, ACTION, ROLE, JOB, TABLE, EXPORT, OFFERED, SAMPLED = (
    "mail text",
    "permission",
    "refusal code",
    "audit action",
    "role",
    "job",
    "table",
    "export",
    "placeholder",
    "placeholder of a mail",
)
LONGEST: Final = {ROLE: 30, MAIL: 100, ACTION: 100}
"""Characters that the tables hold of these names."""
_HREF: Final = re.compile(r"/[^\s\\<>\"'`\x00-\x1f]*")
_SIMPLE_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")
_PANELS: Final = {
    "register_event_panels": ("event", "now", "person"),
    "register_my_panels": ("person", "events", "now"),
    "register_dashboard": ("event", "now"),
    "register_page_parts": ("event", "now", "person", "subject"),
}
_MOST_LINE: Final = 400
_OPTIONAL: Final = ("preview", "erase")
"""Parts of a contribution that a plugin may leave out."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the plugins that are left offer together."""

    roles: frozenset[str]
    permissions: frozenset[str]
    templates: frozenset[str]
    environment: Environment
    is_thorough: bool
    owners: Owners


def examine(host: PluginHost, settings: Settings, *, thorough: bool = False) -> None:
    """Leave out every plugin that does not fit; again when one was left out, since others may have named what it offered.

    Reading the templates takes longer than everything else together, so those of built-in plugins, which our tests read, are
    read at a start only when it is to be `thorough` (`plenaria check`).
    """
    before = -1
    while len(host.broken) != before:
        before = len(host.broken)
        for name in host.by_precedence():
            with host.or_without(name):
                _refuse_wrong_types(host, name)
        _examine_once(host, settings, thorough)


def _examine_once(host: PluginHost, settings: Settings, thorough: bool) -> None:
    environment = Pages(settings, host).environment
    known = _Known(
        roles=frozenset({*CORE_ROLES, *(role.code for role in _all(host, "register_roles"))}),
        permissions=frozenset(each.name for each in [*CORE_PERMISSIONS, *_all(host, "register_permissions")]),
        templates=frozenset(environment.list_templates()),
        environment=environment,
        is_thorough=thorough,
        owners=_owners_of_core(),
    )
    for name in host.by_precedence():
        with host.or_without(name):
            for look in _LOOKS:
                look(host, host.plugins[name], known)
        if name not in host.plugins:
            known.owners.release(name)


def _all(host: PluginHost, hook: str) -> list[Any]:
    return [each for _, contributed in host.collect(hook) for each in contributed]


def _each(host: PluginHost, plugin: Plugin, hook: str) -> Iterable[Any]:
    found: Iterable[Any] = host.contributed(plugin.name, hook) or ()
    return found


def _owners_of_core() -> Owners:
    owners = Owners()
    owners.take("core", MAIL, (text.key for text in CORE_MAIL))
    owners.take("core", SAMPLED, (name for text in CORE_MAIL for name in text.sample))
    owners.take("core", PERMISSION, (each.name for each in CORE_PERMISSIONS))
    owners.take("core", REFUSAL, CORE_REFUSALS)
    owners.take("core", ACTION, CORE_ACTIONS)
    return owners


@contextmanager
def _trying(what: str, mend: str) -> Iterator[None]:
    """Whatever goes wrong inside is one line: what was tried, what was wrong, how to mend it."""
    try:
        yield
    except (Unfit, KeyboardInterrupt):
        raise
    except BaseException as error:
        wrong = " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_LINE]
        raise Unfit(f"{what}: {wrong}; {mend}") from error


# -- types ---------------------------------------------------------------------------------------------------------

_STRUCTS: Final = (
    "register_navigation",
    "register_console",
    "register_footer",
    "register_permissions",
    "register_roles",
    "register_mail",
)


def _refuse_wrong_types(host: PluginHost, name: str) -> None:
    """Constructors do not look at types; what is contributed is shown, sorted and compared everywhere."""
    plugin = host.plugins[name]
    for hook in _STRUCTS:
        for each in _each(host, plugin, hook):
            with _trying(f"{hook}: {type(each).__name__}", "give it the types that its class asks for"):
                msgspec.convert(msgspec.to_builtins(each), type(each))
    _refuse_no_text(PluginCard.__name__, plugin.card.title, plugin.card.summary)
    for hook in ("register_refusals", "register_actions"):
        words = host.contributed(name, hook) or {}
        _refuse_no_text(hook, *words, *words.values())
    for kind, subject in (host.contributed(name, "register_record_subjects") or {}).items():
        if not isinstance(subject, RecordSubject):
            raise Unfit(f"register_record_subjects: {subject!r} is no RecordSubject")
        _refuse_no_text("register_record_subjects", kind, subject.title, subject.href, subject.permission)
        with _trying(f"register_record_subjects: href {subject.href!r}", "use {event} and {id} alone"):
            subject.href.format(event="", id="")
    for placeholder in _each(host, plugin, "register_placeholders"):
        _refuse_no_text("register_placeholders", placeholder.name, placeholder.title, placeholder.sample)
    for hook in _PANELS:
        for panel in _each(host, plugin, hook):
            _refuse_no_text(f"{hook}: template", panel.template)
            if not isinstance(panel.order, int):
                raise Unfit(f"{hook}: order {panel.order!r} is no whole number")


def _refuse_no_text(what: str, *values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise Unfit(f"{what}: {value!r} is no text")


# -- settings and declared sections ----------------------------------------------------------------------------------


def _structs(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    settings = host.contributed(plugin.name, "register_settings")
    declared = host.contributed(plugin.name, "register_declared")
    for hook, struct in (("register_settings", settings), ("register_declared", declared and declared.struct)):
        if struct is not None:
            _build(hook, struct)
    keys = [field.key for field in fields_of(settings)] if settings else []
    section = [field.key for field in fields_of(declared.struct)] if declared else []
    if both := sorted({*keys, *section} & {"enabled"} | set(keys) & set(section)):
        raise Unfit(f"settings, declared section and `enabled` stand in one table: rename the field {both[0]!r}")


def _build(hook: str, struct: Any) -> None:
    """Its defaults, its form in each language, its JSON schema."""
    if not (isinstance(struct, type) and issubclass(struct, Struct)):
        raise Unfit(f"{hook}: {struct!r} is no msgspec.Struct")
    name = struct.__name__
    with _trying(f"{hook}: {name}()", "give every field a default"):
        default = struct()
    with _trying(f"{hook}: the form of {name}", "docs/developer/forms.md says which types and notes a form has"):
        for language in LANGUAGES:
            form_for(struct, value=default, language=language, zone="UTC")
    with _trying(f"{hook}: the JSON schema of {name}", "put limits inside: Annotated[datetime, Meta(tz=True)] | None"):
        msgspec.json.schema(struct)


# -- templates -------------------------------------------------------------------------------------------------------


def _templates(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    folder = plugin.folder / "templates"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            if not name.startswith(f"{plugin.name}/"):
                raise Unfit(f"template {name!r} lies outside of templates/{plugin.name}/; move it there")
            if known.is_thorough or plugin.distribution != OURS:
                with _trying(f"template {name!r}", "save it as UTF-8"):
                    _parse(known, name, path.read_text(encoding="utf-8"))
    for hook in _PANELS:
        for panel in _each(host, plugin, hook):
            _refuse_missing(hook, panel.template, known)


def _parse(known: _Known, name: str, source: str) -> None:
    environment = known.environment
    try:
        tree = environment.parse(source, name)
    except TemplateSyntaxError as error:
        raise Unfit(f"template {name!r}, line {error.lineno}: {error.message}") from error
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        there = environment.filters if isinstance(node, nodes.Filter) else environment.tests
        if node.name not in there:
            kind = type(node).__name__.lower()
            raise Unfit(f"template {name!r}, line {node.lineno}: there is no {kind} {node.name!r}")
    for referred in meta.find_referenced_templates(tree):
        if referred is not None:
            _refuse_missing(f"template {name!r}", referred, known)


def _refuse_missing(what: str, template: str, known: _Known) -> None:
    if template not in known.templates:
        raise Unfit(f"{what}: there is no template {template!r}; templates lie in templates/<plugin>/ beside plugin.py")


# -- mail and words --------------------------------------------------------------------------------------------------


def _mails(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    for text in _each(host, plugin, "register_mail"):
        for language in LANGUAGES:
            with _trying(f"mail text {text.key!r} in {language!r}", "docs/hooks.md shows one"):
                _render(text, language)


def _render(text: MailText, language: str) -> None:
    subject, body = in_language(text.subject, language), in_language(text.body, language)
    if not (subject.strip() and body.strip()):
        raise Unfit(f"mail text {text.key!r} has no subject or no body")
    for name in PLACEHOLDER.findall(subject + body):
        if name not in text.sample:
            raise Unfit(f"mail text {text.key!r} in {language!r} uses {{{name}}}, which its sample lacks; add it there")
    for refusal in checking.misplaced(subject, body, text.sample):
        what = f" ({refusal.facts['name']})" if refusal.facts else ""
        raise Unfit(f"mail text {text.key!r} in {language!r}: {refusal.code}{what}; docs/organiser/mails.md says why")
    subject_of(subject, text.sample)
    content_of(body, text.sample, language)


def _refusal_words(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    """A sentence that cannot be filled would break the page that shows it."""
    for code, message in (host.contributed(plugin.name, "register_refusals") or {}).items():
        with _trying(f"the words of refusal code {code!r}", "write {facts} with simple names, {{ for a brace"):
            names = [name for _, name, _, _ in Formatter().parse(message) if name is not None]
            if odd := [name for name in names if not _SIMPLE_NAME.fullmatch(name)]:
                raise ValueError(f"{{{odd[0]}}}")


# -- functions -------------------------------------------------------------------------------------------------------


def _functions(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    for hook, arguments in _PANELS.items():
        for panel in _each(host, plugin, hook):
            _refuse_uncallable(hook, panel.context, (), arguments)
    for job in _each(host, plugin, "register_jobs"):
        _refuse_no_text("register_jobs: name", job.name)
        if not (isinstance(job.every_s, (int, float)) and math.isfinite(job.every_s) and job.every_s > 0):
            raise Unfit(f"job {job.name!r}: every_s is {job.every_s!r}; give it seconds above 0")
        for function in (job.run, job.stop) if job.stop is not None else (job.run,):
            _refuse_uncallable(f"job {job.name!r}", function, (), ("now",))
    for export in _each(host, plugin, "register_exports"):
        _refuse_uncallable(f"export {export.name!r}", export.make, (None,), ("now",))
    for kind in _each(host, plugin, "register_retention"):
        _refuse_no_text("register_retention", kind.name, kind.title, kind.why, kind.rule)
        if kind.forget is not None:
            _refuse_uncallable(f"retention {kind.name!r}", kind.forget, (), ("before", "now"))
    for placeholder in _each(host, plugin, "register_placeholders"):
        _refuse_uncallable(f"placeholder {placeholder.name!r}", placeholder.text, (None,), ("to", "language", "now"))
    single: list[tuple[str, str, int, tuple[str, ...]]] = [
        ("register_calendar", "", 1, ()),
        ("register_sample", "", 3, ()),
        ("register_personal_data", "export", 1, ()),
        ("register_personal_data", "preview", 1, ()),
        ("register_personal_data", "erase", 1, ("now",)),
        ("register_declared", "read", 1, ()),
        ("register_declared", "apply", 2, ("by", "now")),
        ("register_readiness", "", 1, ("now",)),
        ("register_record_check", "", 2, ()),
    ]
    declared = host.contributed(plugin.name, "register_declared")
    if declared is not None and declared.copied is not None:
        _refuse_uncallable("register_declared: copied", declared.copied, (None,), (), is_async=False)
    for hook, part, positional, keywords in single:
        if (given := host.contributed(plugin.name, hook)) is not None:
            function = getattr(given, part) if part else given
            if function is not None or part not in _OPTIONAL:
                _refuse_uncallable(f"{hook}: {part}" if part else hook, function, (None,) * positional, keywords)


def _refuse_uncallable(
    what: str, function: Any, positional: Sequence[None], keywords: Iterable[str], *, is_async: bool = True
) -> None:
    """Unless it is an async function (or a plain one) that takes what its hook says it is called with."""
    name = getattr(function, "__qualname__", repr(function))
    awaited = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - an object may be called too
    if awaited is not is_async or not callable(function):
        raise Unfit(f"{what}: {name} must be {'an async' if is_async else 'a plain'} function")
    try:
        inspect.signature(function).bind(*positional, **dict.fromkeys(keywords))
    except TypeError as error:
        raise Unfit(f"{what}: {name} does not take what it is called with ({error}); docs/hooks.md names it") from error


# -- links -----------------------------------------------------------------------------------------------------------


def _links(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    for hook in ("register_navigation", "register_console", "register_footer"):
        for link in _each(host, plugin, hook):
            _refuse_bad_address(f"{hook}: href {link.href!r}", link, plugin)
            _refuse_unknown_permission(f"{hook}: {link.label!r}", link.permission, known.permissions)
            if not link.label.strip():
                raise Unfit(f"{hook}: a link to {link.href} has no label")

    for panel in _each(host, plugin, "register_dashboard"):
        _refuse_unknown_permission(f"register_dashboard: {panel.template!r}", panel.permission, known.permissions)
    for export in _each(host, plugin, "register_exports"):
        _refuse_unknown_permission(f"export {export.name!r}", export.permission, known.permissions)


def _refuse_bad_address(what: str, link: Link, plugin: Plugin) -> None:
    mend = f"write /{{event}}/{_word(plugin)}"
    path = link.href.partition("?")[0].partition("#")[0].rstrip("/")
    parts = path.split("/")
    of_event = parts[:2] == ["", "{event}"] and "{" not in path.removeprefix("/{event}")
    of_itself = parts[1:2] == [_word(plugin)] and "{" not in path
    if not _HREF.fullmatch(link.href) or not (of_event or of_itself) or {"..", "."} & set(parts) or "" in parts[1:]:
        raise Unfit(f"{what} is no page of an event of this site; {mend}")
    if path in {"/{event}", *(each.href for each in CORE_CONSOLE)}:
        raise Unfit(f"{what} is a page of the core's; {mend}")


def _word(plugin: Plugin) -> str:
    """The plugin's name as the first word of an address."""
    return plugin.name.replace("_", "-")


def _refuse_unknown_permission(what: str, permission: str, known: Iterable[str]) -> None:
    if permission not in (*OPEN, *known):
        raise Unfit(f"{what} asks for the permission {permission!r}, which nobody registers; see register_permissions")


# -- names -----------------------------------------------------------------------------------------------------------


def _names(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    owners = known.owners
    owners.claim(plugin, MAIL, (text.key for text in _each(host, plugin, "register_mail")))
    owners.claim(plugin, JOB, (job.name for job in _each(host, plugin, "register_jobs")))
    owners.claim(plugin, EXPORT, (export.name for export in _each(host, plugin, "register_exports")))
    owners.claim(plugin, ROLE, (role.code for role in _each(host, plugin, "register_roles")))
    permissions = list(_each(host, plugin, "register_permissions"))
    owners.claim(plugin, PERMISSION, (permission.name for permission in permissions))
    owners.claim_older(plugin, REFUSAL, host.contributed(plugin.name, "register_refusals") or (), after="_")
    owners.claim_older(plugin, ACTION, host.contributed(plugin.name, "register_actions") or ())
    if module := host.module(plugin.name, "piccolo_app"):
        tables = (table._meta.tablename for table in module.APP_CONFIG.table_classes)
        owners.claim(plugin, TABLE, tables, after="_")
    for permission in permissions:
        for role in permission.roles:
            if role not in known.roles:
                there = ", ".join(sorted(known.roles))
                raise Unfit(
                    f"permission {permission.name!r} is given to the role {role!r}, which nobody offers: {there}"
                )
    for command in _each(host, plugin, "register_commands"):
        if str(command.name) != _word(plugin) and not str(command.name).startswith(_word(plugin) + "-"):
            raise Unfit(f"command {command.name!r} is not the plugin's own; call it {_word(plugin)!r}")


def _placeholders(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    """A placeholder fills every mail about an event, so that no mail has a fact of the same name: the earlier plugin keeps it."""
    owners = known.owners
    for text in _each(host, plugin, "register_mail"):
        for name in text.sample:
            if (owner := owners.owner_of(OFFERED, name)) is not None:
                raise Unfit(f"mail text {text.key!r}: {{{name}}} is a placeholder of {owner}; choose another name")
        owners.take(plugin.name, SAMPLED, text.sample)
    for each in _each(host, plugin, "register_placeholders"):
        if not PLACEHOLDER.fullmatch(f"{{{each.name}}}"):
            raise Unfit(f"placeholder {each.name!r}: lower-case letters, digits and _ only")
        if (owner := owners.owner_of(SAMPLED, each.name)) is not None:
            raise Unfit(f"placeholder {each.name!r} stands in a mail of {owner} already; choose another name")
        owners.claim(plugin, OFFERED, (each.name,), after="_")


def _lengths(host: PluginHost, plugin: Plugin, known: _Known) -> None:
    named = {
        ROLE: [role.code for role in _each(host, plugin, "register_roles")],
        MAIL: [text.key for text in _each(host, plugin, "register_mail")],
        ACTION: list(host.contributed(plugin.name, "register_actions") or ()),
    }
    for kind, most in LONGEST.items():
        for name in named[kind]:
            if len(name) > most:
                raise Unfit(f"{kind} {name!r} has {len(name)} characters; at most {most} can be stored")


_LOOKS: Final[tuple[Callable[[PluginHost, Plugin, _Known], None], ...]] = (
    _structs,
    _templates,
    _mails,
    _refusal_words,
    _functions,
    _links,
    _names,
    _placeholders,
    _lengths,
)


# -- routes ----------------------------------------------------------------------------------------------------------

_OPEN_ABOVE: Final = frozenset({"/", "/api", "/{}", "/{}/organise", "/api/v1/events", "/api/v1/events/{}"})
"""Paths of the core's that plugins have theirs under."""
_SLUG: Final = "{event_slug:str}"


def refuse_unfit_routes(app: Litestar, host: PluginHost) -> None:
    """Raises `Unfit` for the first route of a plugin that is not its own, not of an event that it asks for, or not guarded."""
    handlers = list(_handlers(app))
    core = {_pattern(path) for path, handler in handlers if "plugin" not in handler.opt}
    reserved = {path.split("/")[1] for path in core}
    order = host.by_precedence()
    owner: dict[str, str] = {}
    for path, handler in sorted(
        ((path, handler) for path, handler in handlers if "plugin" in handler.opt),
        key=lambda found: order.index(found[1].opt["plugin"]),
    ):
        plugin = host.plugins[handler.opt["plugin"]]
        _refuse_foreign_path(path, plugin, core, reserved)
        if (first := owner.setdefault(_pattern(path), plugin.name)) != plugin.name:
            raise Unfit(f"route {path} belongs to {first}; choose another path")
        _refuse_unfit_handler(path, handler)


def refuse_undescribed(app: Litestar) -> None:
    """Builds the API's description, which every installation serves as one document. Raises `Unfit` when it cannot."""
    with _trying("the API cannot be described with its routes", "docs/developer/api.md says what a handler declares"):
        openapi.document(app)


def _handlers(app: Litestar) -> Iterator[tuple[str, Any]]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            if handler is not None and getattr(handler, "http_methods", None) != {"OPTIONS"}:
                yield route.path, handler


def _pattern(path: str) -> str:
    """The path without the names and types of its parameters: two that differ only there answer the same addresses."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _refuse_foreign_path(path: str, plugin: Plugin, core: set[str], reserved: set[str]) -> None:
    pattern, word = _pattern(path), _word(plugin)
    if any(pattern == taken or (taken not in _OPEN_ABOVE and pattern.startswith(taken + "/")) for taken in core):
        raise Unfit(f"route {path} is a path of the core's; write /{_SLUG}/{word}")
    parts = path.split("/")[1:]
    of_event = parts[0] == _SLUG and len(parts) > 1 and "{" not in parts[1]
    of_api = parts[:2] == ["api", "v1"] and len(parts) > 2 and "{" not in parts[2]
    if of_api and parts[2] == "events":
        of_api = parts[3:4] == [_SLUG] and len(parts) > 4 and "{" not in parts[4]
    of_itself = parts[0] == word and word not in reserved
    if not (of_event or of_api or of_itself):
        begin = f"/{_SLUG}/{word}, /api/v1/events/{_SLUG}/{word} or /{word}"
        raise Unfit(f"route {path} is not the plugin's own; begin it with {begin}")


def _refuse_unfit_handler(path: str, handler: Any) -> None:
    permission = handler.opt.get("permission")
    if permission is None:
        raise Unfit(f'route {path} declares no permission; add permission="public", "signed_in" or one of your own')
    _refuse_unknown_permission(f"route {path}", permission, registered())
    if permission == "signed_in" and path.startswith("/api/"):
        mend = "ask for a permission of your own with everybody=True"
        raise Unfit(f"route {path} declares 'signed_in', which no access token has as a scope; {mend}")
    function = getattr(handler.fn, "value", handler.fn)
    if "event" in inspect.signature(function).parameters and _SLUG not in path.split("/"):
        raise Unfit(f"route {path} takes `event`, which its path does not name; put /{_SLUG}/ into it")
