"""The OpenAPI document as a page: operations by tag, with parameters, bodies and a curl example. It needs no script."""

import json
import re
from typing import Any, Final

from litestar import Request, Response, get
from markupsafe import Markup, escape
from msgspec import Struct

from plenaria.core.host import plugins
from plenaria.core.kernel.i18n import gettext
from plenaria.core.web.api.openapi import CORE_TAGS, SCHEMAS, Document, document
from plenaria.core.web.templating import page, pages_of

METHODS: Final = ("get", "post", "put", "patch", "delete")
_FORMATS: Final = {"date": "2025-10-01", "date-time": "2025-10-01T15:00:00Z", "time": "09:30:00", "uuid": "3f0c…"}
_DEEPEST: Final = 6
_PLACES: Final = ("path", "header", "query", "cookie")


class TypeWords(Struct, frozen=True):
    """A type in words; `struct` is the name of a Struct that it is made of, or ""."""

    before: str
    struct: str = ""
    after: str = ""


class Field(Struct, frozen=True):
    """One field of a Struct, or one parameter."""

    name: str
    type: TypeWords
    required: bool
    words: Markup
    limits: str
    where: str = ""


class Operation(Struct, frozen=True, kw_only=True):
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: Markup
    description: Markup
    permission: str
    parameters: list[Field]
    body: TypeWords | None
    answers: list[tuple[str, TypeWords | None]]
    problems: list[str]
    example: str


class Part(Struct, frozen=True):
    """The operations of one tag."""

    name: str
    title: str
    operations: list[Operation]


class Shape(Struct, frozen=True):
    """A Struct of the document."""

    name: str
    description: Markup
    fields: list[Field]


@get("/api/docs", permission="public", include_in_schema=False)
async def api_reference(request: Request[Any, Any, Any]) -> Response[str]:
    """The whole JSON interface, readable."""
    described = document(request.app)
    return page(
        request,
        "api_reference.html",
        address=pages_of(request).settings.address,
        version=described["info"]["version"],
        parts=_parts(described),
        codes=[(code, gettext(words)) for code, words in sorted(described["x-error-codes"].items())],
        shapes=[_shape(name, schema) for name, schema in described["components"]["schemas"].items()],
    )


def _parts(described: Document) -> list[Part]:
    parts = {tag["name"]: Part(tag["name"], _tag_title(tag["name"]), []) for tag in described["tags"]}
    for path, item in described["paths"].items():
        for method in METHODS:
            if method in item:
                parts[item[method]["tags"][0]].operations.append(_operation(described, path, method, item[method]))
    return list(parts.values())


def _tag_title(name: str) -> str:
    if name in CORE_TAGS:
        return gettext(CORE_TAGS[name][0])
    return gettext(plugins.host().plugins[name].card.title)


def _operation(described: Document, path: str, method: str, found: Document) -> Operation:
    body = _schema_of(found.get("requestBody", {}))
    answers = {status: answer for status, answer in found["responses"].items() if status < "400"}
    return Operation(
        id=found["operationId"],
        method=method.upper(),
        path=path,
        summary=_marked(found["summary"]),
        description=_marked(found.get("description", "")),
        permission=found["x-permission"],
        parameters=sorted(map(_parameter, found.get("parameters", ())), key=lambda each: _PLACES.index(each.where)),
        body=_type(body) if body is not None else None,
        answers=[
            (status, _type(schema) if (schema := _schema_of(answer)) is not None else None)
            for status, answer in answers.items()
        ],
        problems=[status for status in found["responses"] if status >= "400"],
        example=_curl(described, path, method, found, body),
    )


def _schema_of(described: Document) -> Document | None:
    for content in (described.get("content") or {}).values():
        schema: Document | None = content.get("schema")
        return schema
    return None


def _parameter(found: Document) -> Field:
    schema = found["schema"]
    words = found.get("description") or schema.get("description", "")
    return Field(
        found["name"],
        _type(schema),
        bool(found.get("required")),
        _marked(gettext(words) if words else ""),
        _limits(schema),
        found["in"],
    )


def _shape(name: str, schema: Document) -> Shape:
    required = schema.get("required", ())
    fields = [
        Field(key, _type(each), key in required, _field_words(each), _limits(each))
        for key, each in schema.get("properties", {}).items()
    ]
    return Shape(name, _marked(schema.get("description", "")), fields)


def _field_words(schema: Document) -> Markup:
    """A field's label and help, as its form shows them."""
    parts = [gettext(schema[key]) for key in ("title", "description") if schema.get(key)]
    return _marked(". ".join(part.rstrip(".") for part in parts) + ("." if parts else ""))


def _marked(text: str) -> Markup:
    """Text with its `code` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped one step before


def _type(schema: Document) -> TypeWords:
    if "$ref" in schema:
        return TypeWords("", schema["$ref"].removeprefix(SCHEMAS))
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return _one_of(alternatives)
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return TypeWords(" | ".join(json.dumps(value, ensure_ascii=False) for value in values))
    kind = schema.get("type", "")
    if kind == "array":
        item = _type(schema.get("items") or {})
        return TypeWords(f"[{item.before}", item.struct, f"{item.after}]")
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        value = _type(schema["additionalProperties"])
        return TypeWords("{string: " + value.before, value.struct, value.after + "}")
    if kind == "object" and (fields := schema.get("properties")):
        return TypeWords(", ".join(f"{name}: {_type(each).before}" for name, each in fields.items()))
    return TypeWords(schema.get("format") or str(kind or "any"))


def _one_of(alternatives: list[Document]) -> TypeWords:
    shown = [_type(each) for each in alternatives]
    first, others = shown[0], [f"{each.before}{each.struct}{each.after}" for each in shown[1:]]
    return TypeWords(first.before, first.struct, " | ".join([first.after, *others]))


_LIMITS: Final = (
    ("minimum", "≥ {}"),
    ("maximum", "≤ {}"),
    ("minLength", "≥ {} ch."),
    ("maxLength", "≤ {} ch."),
    ("pattern", "{}"),
)


def _limits(schema: Document) -> str:
    """Limits and default, in signs that need no language."""
    found = [shape.format(_plain(schema[key])) for key, shape in _LIMITS if key in schema]
    if schema.get("default") not in (None, "", {}, []):
        found.append(f"= {json.dumps(schema['default'], ensure_ascii=False)}")
    return ", ".join(found)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# -- an example ----------------------------------------------------------------------------------------------------


def _curl(described: Document, path: str, method: str, found: Document, body: Document | None) -> str:
    address = described["servers"][0]["url"]
    shell_path = re.sub(r"{(\w+)}", lambda match: f"${match[1].upper()}", path)
    lines = [
        f'curl "{address}{shell_path}"' if method == "get" else f'curl -X {method.upper()} "{address}{shell_path}"'
    ]
    if {} not in found["security"]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if any(parameter["name"] == "Idempotency-Key" for parameter in found.get("parameters", ())):
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if "multipart/form-data" in found.get("requestBody", {}).get("content", ()):
        lines += [f'-F "{name}={"@programme.json" if name == "file" else "…"}"' for name in (body or {})["properties"]]
    elif body is not None:
        lines.append('-H "Content-Type: application/json"')
        value = json.dumps(_example(described, body), ensure_ascii=False, indent=2)
        lines.append(f"-d '{value}'")
    return " \\\n  ".join(lines)


def _example(described: Document, schema: Document, depth: int = 0) -> Any:
    """Something that looks like it: what is required, or the first field where nothing is."""
    if "$ref" in schema:
        return _example(described, described["components"]["schemas"][schema["$ref"].removeprefix(SCHEMAS)], depth)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _example(described, schema[key][0], depth)
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    kind = schema.get("type")
    if kind == "array":
        return [_example(described, schema.get("items") or {}, depth + 1)] if depth < _DEEPEST else []
    if kind == "object":
        return _example_object(described, schema, depth)
    if schema.get("default") not in (None, ""):
        return schema["default"]
    if kind in ("integer", "number"):
        return _plain(schema.get("minimum", 1))
    return kind == "boolean" or _FORMATS.get(schema.get("format", ""), "…")


def _example_object(described: Document, schema: Document, depth: int) -> dict[str, Any]:
    fields = schema.get("properties", {})
    if not fields:
        of_texts = (schema.get("additionalProperties") or {}) == {"type": "string"}
        return {"es": "…", "en": "…"} if of_texts else {}
    shown = schema.get("required") or list(fields)[:1]
    return {name: _example(described, fields[name], depth + 1) for name in shown} if depth < _DEEPEST else {}


ROUTES = [api_reference]
