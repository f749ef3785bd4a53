"""The API's description of itself: OpenAPI 3.1 at `/api/openapi.json`, readable at `/api/docs`.

Litestar describes paths, parameters and bodies; what it cannot know is added here from each handler's own declarations: the
permission, the Idempotency-Key, the problem answers, names for generic Structs.
"""

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from importlib.metadata import version
from inspect import cleandoc
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, Schema, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition
from msgspec import Struct

from plenaria.core.forms.schema import fields_of
from plenaria.core.forms.words import ALL_WORDS
from plenaria.core.host import plugins
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_
from plenaria.core.web import refusals
from plenaria.core.web.errors import PROBLEM_JSON
from plenaria.core.web.security.cookies import SESSION_COOKIE, cookie_name

Document = dict[str, Any]

SCHEMAS: Final = "#/components/schemas/"
CORE_TAGS: Final = {
    "events": (N_("Events"), N_("What an event is, and how it and its plugins are set up.")),
    "people": (N_("People"), N_("Whom a token belongs to.")),
}
INTRODUCTION: Final = """\
Everything that the pages of a Plenaria installation do, as JSON.

A program sends `Authorization: Bearer …` with an access token, made in the console under “Access tokens”: it is good for
one event, for the permissions chosen there (`x-permission` of each operation), and until the day chosen there.

Errors are problem documents (RFC 9457); `errors[].code` is stable (`x-error-codes` lists them), words follow `Accept-Language`.
A POST that creates needs an `Idempotency-Key`: the same request with the same key has its effect once and gets the same answer.
Lists are pages: ask for the next one with `?after=` and the `next` of this one.
"""
_WHEN: Final = {
    400: "The request cannot be read: malformed JSON, a wrong parameter, a missing header.",
    401: "Nobody is signed in, or the token is unknown, expired or revoked.",
    403: "The permission is not held, or the request comes from another site.",
    404: "There is no such thing here, or the plugin is off.",
    409: "Refused by a rule; `errors[].code` says which.",
    413: "The body is too large.",
    415: "The body is not sent as the media type that this address accepts.",
    422: "The content is not acceptable; `errors[].pointer` says where.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
}


class ProblemItem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `pointer` is a JSON pointer into the body, `parameter` the name of a parameter."""

    code: str
    detail: str
    pointer: str = ""
    parameter: str = ""
    facts: dict[str, Any] = {}


class Problem(Struct, frozen=True, kw_only=True):
    """Why a request was not carried out (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemItem]


class FileBody(Struct, frozen=True):
    """What a handler declares (`file_body=FileBody(…)`) that reads a file: multipart form data with `file`.

    `fields` are the text fields beside it and what each is; `raw`: the body may also be the file itself, of any media type.
    """

    fields: dict[str, str] = {}
    raw: bool = False


# -- the framework's part --------------------------------------------------------------------------------------------


class OwnSchemas(OpenAPISchemaPlugin):
    """Spares the framework the schemas of Structs: ours take their place. It fails at some (it hashes defaults, and a
    Struct that holds a dict has no hash)."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        kind = get_origin(value) or value
        return isinstance(kind, type) and issubclass(kind, Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        return Schema()


class _Whole(JsonRenderPlugin):
    """Answers `/api/openapi.json` with our document instead of the framework's."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(document(request.app))


class _DocumentRouter(Router):
    """Without the framework's own HTML page for every other address: those are answered as problems."""

    def register(self, value: Any) -> Any:
        if "/{path:str}" in getattr(value, "paths", ()):
            return []
        return super().register(value)


def config(settings: Settings) -> OpenAPIConfig:
    """What the application is made with."""
    return OpenAPIConfig(
        title=settings.title,
        version=version("plenaria"),
        description=INTRODUCTION,
        license=License(name="Apache License 2.0", identifier="Apache-2.0"),
        path="/api",
        render_plugins=[_Whole(path="/openapi.json")],
        openapi_router=_DocumentRouter(
            "/api", route_handlers=[], opt={"permission": "public"}, include_in_schema=False
        ),
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http", scheme="bearer", description="An access token, made in the console of an event."
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name=cookie_name(SESSION_COOKIE, settings.secure),
                    security_scheme_in="cookie",
                    description="A browser that is signed in. No access token does this.",
                ),
            }
        ),
        use_handler_docstrings=True,
    )


# -- the document ----------------------------------------------------------------------------------------------------


def document(app: Litestar) -> Document:
    """The whole document; made once per application."""
    made: Document | None = app.state.get("openapi_document")
    if made is None:
        made = _made(app)
        app.state.openapi_document = made
    return made


def _made(app: Litestar) -> Document:
    described: Document = app.openapi_schema.to_schema()
    handlers = list(_handlers(app))
    schema_of, components = _schemas([*(kind for _, _, handler in handlers for kind in _types(handler)), Problem])
    for path, method, handler in handlers:
        operation = described["paths"][path][method]
        _describe_content(operation, handler, schema_of)
        _complete(operation, path, method, handler)
    described["components"]["schemas"] = components
    described["components"]["responses"] = {f"Problem{status}": _problem(status) for status in _WHEN}
    described["x-error-codes"] = {**ALL_WORDS, **refusals.all_words()}
    described["servers"] = [{"url": app.state.settings.address}]
    described["tags"] = _tags(described)
    described.pop("security", None)
    return _renamed(described)


# -- bodies: msgspec says what a Struct is with its labels and limits, and knows its own types better than the framework --


def _schemas(kinds: list[Any]) -> tuple[dict[int, Document], dict[str, Document]]:
    """The schema of each type by its id, and the named Structs that they refer to."""
    found, components = msgspec.json.schema_components(kinds, ref_template=f"{SCHEMAS}{{name}}")
    for component in components.values():
        if "description" in component:
            component["description"] = cleandoc(component["description"])
    for struct in _structs(kinds):
        _say_what_we_check(struct, components.get(struct.__name__, {}).get("properties", {}))
    return {id(kind): schema for kind, schema in zip(kinds, found, strict=True)}, dict(sorted(components.items()))


def _structs(kinds: Iterable[Any]) -> set[type[Struct]]:
    """Every Struct that these types are made of."""
    found: set[type[Struct]] = set()
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        origin = get_origin(kind) or kind
        waiting += get_args(kind)
        if isinstance(origin, type) and issubclass(origin, Struct) and origin not in found:
            found.add(origin)
            waiting += get_type_hints(origin).values()
    return found


def _say_what_we_check(struct: type[Struct], properties: Document) -> None:
    """What `plenaria.core.forms` checks and msgspec does not know of: the choices of a text, that an instant has its offset."""
    for field in fields_of(struct):
        shape = field.shape if field.shape.kind != "list" or field.shape.item is None else field.shape.item
        schema = properties.get(field.key, {})
        if isinstance(made := field.initial(), str) and schema:  # msgspec leaves out what a factory makes
            schema.setdefault("default", made)
        for one in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
            if one.get("type") != "string":
                continue
            if shape.kind == "datetime":
                one["format"] = "date-time"
            elif shape.kind == "text" and (choices := shape.extra.get("choices")):
                one["enum"] = [str(choice) for choice in choices] + ([""] if field.default == "" else [])


def _types(handler: HTTPRouteHandler) -> list[Any]:
    """The types of the JSON that a handler takes and gives."""
    body = handler.parsed_data_field
    more = [spec.data_container for status, spec in (handler.responses or {}).items() if status < 400]
    return [kind for kind in (body.annotation if body else None, _answer_type(handler), *more) if _is_json(kind)]


def _answer_type(handler: HTTPRouteHandler) -> Any:
    """What stands in `Response[…]`, or the annotation itself."""
    field = handler.parsed_fn_signature.return_type
    if field.is_subclass_of(Response):
        return field.inner_types[0].annotation if field.inner_types else None
    return field.annotation


def _is_json(kind: Any) -> bool:
    return kind not in (None, type(None), bytes, Any)


def _describe_content(operation: Document, handler: HTTPRouteHandler, schema_of: dict[int, Document]) -> None:
    """Put our schemas where the framework put its own."""
    body = handler.parsed_data_field
    if body is not None:
        _put(operation["requestBody"], schema_of.get(id(body.annotation)))
    answers = {handler.status_code: _answer_type(handler)}
    answers |= {status: spec.data_container for status, spec in (handler.responses or {}).items()}
    for status, kind in answers.items():
        _put(operation["responses"][str(status)], schema_of.get(id(kind)))


def _put(described: Document, schema: Document | None) -> None:
    content = described.get("content") or {}
    if schema is not None and "application/json" in content:
        content["application/json"]["schema"] = schema


# -- operations ------------------------------------------------------------------------------------------------------


def _handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    if handler.resolve_include_in_schema() and method != "OPTIONS":
                        yield route.path_format, method.lower(), handler


def _complete(operation: Document, path: str, method: str, handler: HTTPRouteHandler) -> None:
    declared, permission = handler.opt, handler.opt["permission"]
    if handler.summary is None:
        operation["summary"], _, operation["description"] = cleandoc(operation.get("description", "")).partition("\n")
        operation["description"] = operation["description"].strip()
    operation["security"] = _SECURITY.get(permission, [{"bearer": []}])
    operation["x-permission"] = permission
    if "file_body" in declared:
        operation["requestBody"] = _of_file(declared["file_body"])
    if declared.get("idempotent"):
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    for parameter in operation.get("parameters", ()):
        for name in ("deprecated", "allowEmptyValue", "allowReserved"):
            parameter.pop(name, None)
    statuses = _problem_statuses(permission, path, method, has_body="requestBody" in operation)
    answers = {code: answer for code, answer in operation["responses"].items() if code < "400"}
    for answer in answers.values():
        answer.pop("headers", None)
    problems = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}
    operation["responses"] = {**answers, **problems}


def _of_file(body: FileBody) -> Document:
    """A multipart form with the file, or the file alone. `binary` is what generators of clients take for a file."""
    file = {"type": "string", "format": "binary"}
    fields = {name: {"type": "string", "description": words} for name, words in body.fields.items()}
    form = {"type": "object", "properties": {**fields, "file": file}, "required": [*fields, "file"]}
    content: Document = {"multipart/form-data": {"schema": form}}
    if body.raw:
        content["application/octet-stream"] = {"schema": file}
    return {"required": True, "content": content}


_SECURITY: Final[dict[str, list[Document]]] = {"public": [{}, {"bearer": []}], "signed_in": [{"session": []}]}
"""How one may come in; where one needs a permission, with a token that has it as a scope."""

_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A random text of the caller's choice, new for each effect; the same again when a request is repeated.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def _problem_statuses(permission: str, path: str, method: str, *, has_body: bool) -> list[int]:
    """Every problem that such an operation can answer with."""
    writes = method != "get"
    found = {400, 401, 422}
    found |= {403} if permission != "public" or writes else set()
    found |= {404} if "{" in path else set()
    found |= {409, 413, 415, 429} if writes else set()
    return sorted(found)


def _problem(status: int) -> Document:
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": f"{HTTPStatus(status).phrase}. {_WHEN[status]}", "content": content}


def _tags(described: Document) -> list[Document]:
    """The core's tags and one for each plugin that has an operation."""
    used = {tag for path in described["paths"].values() for one in path.values() for tag in one.get("tags", ())}
    cards = {name: (plugin.card.title, plugin.card.summary) for name, plugin in plugins.host().plugins.items()}
    known = {**CORE_TAGS, **cards}
    return [
        {"name": name, "description": ". ".join(part.rstrip(".") for part in known[name] if part) + "."}
        for name in known
        if name in used
    ]


def _renamed(described: Document) -> Document:
    """`Page_RoomView_` as `PageOfRoomView`, wherever it stands."""
    components = described["components"]["schemas"]
    changes = {name: readable for name in components if (readable := _readable(name)) not in components}
    described["components"]["schemas"] = {changes.get(name, name): schema for name, schema in components.items()}
    renamed: Document = _with_references(described, {SCHEMAS + old: SCHEMAS + new for old, new in changes.items()})
    return renamed


def _with_references(node: Any, changes: dict[str, str]) -> Any:
    """The document with other references to schemas (`$ref` and a discriminator's mapping)."""
    if isinstance(node, dict):
        return {key: _with_references(value, changes) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_references(each, changes) for each in node]
    return changes.get(node, node) if isinstance(node, str) else node


def _readable(name: str) -> str:
    generic = re.fullmatch(r"(\w+?)_(\w+?)_", name)
    return f"{generic[1]}Of{generic[2]}" if generic else name
