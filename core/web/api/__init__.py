"""What every JSON handler uses: checked bodies, pages of a list, effects that happen once.

Bodies: a handler's `data: JSONBody[SomeStruct]` has passed `core.forms.check` (`CheckedBody` is the application's DTO), so
all problems are answered at once, in the caller's language. Errors are problem+json by `core.web.errors`; `openapi` beside
documents them.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar, cast
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.dto import AbstractDTO
from litestar.exceptions import HTTPException
from litestar.params import Parameter
from litestar.typing import FieldDefinition
from msgspec import Struct

from plenaria.core.forms import Problem, check
from plenaria.core.host.visit import Visit, visit_of
from plenaria.core.kernel.values import N_, Refusal, Refused
from plenaria.core.storage.requests import answers
from plenaria.core.web.errors import Invalid

T = TypeVar("T")
Anything = Request[Any, Any, Any]

MOST_NAMED: Final = 100
"""Characters of a key that are quoted back."""

After = Annotated[str, Parameter(max_length=200, description="Cursor: `next` of the page before.")]
Limit = Annotated[int, Parameter(ge=1, le=200, description="Items a page.")]


class Page(Struct, Generic[T]):
    """One page of a list. `next` is the cursor to ask for with `?after=`; null at the end."""

    items: list[T]
    next: str | None


# -- lists ---------------------------------------------------------------------------------------------------------


def paged(request: Anything, items: Sequence[T], *, key: Callable[[T], object], limit: int) -> Response[Page[T]]:
    """A page with its `Link: <…>; rel="next"`.

    `items` are what comes after the cursor, in order, one more than `limit` when there is more: ask the database for
    `limit + 1`. `key` gives an item's cursor.
    """
    shown = list(items[:limit])
    following = str(key(shown[-1])) if len(items) > limit and shown else None
    headers = {"Link": f'<{_address(request, following)}>; rel="next"'} if following is not None else {}
    return Response(Page(shown, following), headers=headers)


def paged_whole(
    request: Anything, items: Sequence[T], *, key: Callable[[T], object], after: str, limit: int
) -> Response[Page[T]]:
    """A page of a list that is in memory as a whole. A cursor that is not in it is refused."""
    return paged(request, part_after(items, key=key, after=after, limit=limit), key=key, limit=limit)


def part_after(items: Sequence[T], *, key: Callable[[T], object], after: str, limit: int) -> Sequence[T]:
    """What `paged` wants of a list that is in memory, so that only these are made ready. A strange cursor is refused."""
    start = place_after(items, key=key, after=after)
    if start < 0:
        raise _bad_cursor()
    return items[start : start + limit + 1]


def place_after(items: Sequence[T], *, key: Callable[[T], object], after: str) -> int:
    """Where the page after this cursor begins: 0 without one, -1 for one that is not in the list."""
    if not after:
        return 0
    return next((place for place, item in enumerate(items, start=1) if str(key(item)) == after), -1)


def id_after(after: str) -> int:
    """A cursor that is a row's id; 0 for the first page."""
    if not after:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) <= 10) or int(after) > 2**31 - 1:
        raise _bad_cursor()
    return int(after)


def _bad_cursor() -> Invalid:
    return Invalid((Problem("", "bad_cursor", {}, N_("“after” must be the “next” of an earlier page.")),))


def _address(request: Anything, following: str) -> str:
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f"{request.scope['path']}?{urlencode([*asked, ('after', following)])}"


# -- effects that happen once --------------------------------------------------------------------------------------


async def once(
    request: Anything, body: object, make: Callable[[], Awaitable[T]], *, status_code: int | None = None
) -> Response[T]:
    """What `make` gives, made once for an Idempotency-Key: the same request again gets the same answer and has no effect.

    The handler declares `idempotent=True`. `body` is what makes a request the same (the checked Struct, with path and query).
    The key belongs to the caller: person or token, for a visitor the address. `make` runs inside a transaction that stores
    the answer too; when it raises, nothing is stored and the key may be used again.
    The status is the handler's own unless given.
    """
    if not request.route_handler.opt.get("idempotent"):
        raise RuntimeError(f"{request.route_handler} uses once() and does not declare idempotent=True")
    visit = visit_of(request)

    async def made() -> tuple[int, str]:
        return status_code or request.route_handler.status_code, msgspec.json.encode(await make()).decode()

    answer = await answers.answer_once(_key(request, visit), _request_hash(request, body), made, now=visit.now)
    headers = {"Idempotency-Replayed": "true"} if answer.repeated else {}
    given = Response(answer.body.encode(), status_code=answer.status, media_type="application/json", headers=headers)
    return cast(Response[T], given)


def _key(request: Anything, visit: Visit) -> str:
    """The header bound to caller and route, as a hash: the table holds nothing of the caller."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        raise Refused(Refusal("idempotency_key_missing"))
    if len(key) > answers.MOST_KEY or not key.isprintable():
        raise Refused(Refusal("idempotency_key_malformed", {"most": answers.MOST_KEY}))
    caller = visit.by if visit.person else f"client:{visit.client}"
    return _hash(caller, request.method, request.scope["path"], key)


def _request_hash(request: Anything, body: object) -> str:
    query = request.scope.get("query_string", b"").decode("latin-1")
    return _hash(query, msgspec.json.encode(body, order="deterministic").decode())


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


# -- bodies --------------------------------------------------------------------------------------------------------


class CheckedBody(AbstractDTO[Any]):
    """Decodes every handler's `data`: JSON, then `plenaria.core.forms.check` against its Struct.

    A handler that declares `raw_body=True` gets builtins instead, and checks them itself.
    Raises HTTP 400 for what is no JSON, 413 for too much, 415 for another media type, and `Invalid` with all problems.
    """

    config = cast(Any, None)

    def decode_bytes(self, value: bytes) -> Any:
        media_type = self.asgi_connection.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not (
            media_type.startswith("application/") and media_type.endswith("+json")
        ):
            raise HTTPException(status_code=415, extra={"code": "not_json"})
        return self.decode_builtins(read_json(value))

    def decode_builtins(self, value: Any) -> Any:
        handler: Any = self.asgi_connection.route_handler
        annotation = handler.parsed_data_field.annotation
        if handler.opt.get("raw_body") or not (isinstance(annotation, type) and issubclass(annotation, Struct)):
            return value
        return checked(annotation, value)

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Nothing to prepare."""

    @classmethod
    def create_openapi_schema(cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any) -> Any:
        """The Struct itself, under its own name."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


S = TypeVar("S", bound=Struct)


def checked(struct: type[S], builtins: object) -> S:
    """The Struct that these builtins are. Raises `Invalid` with every problem."""
    found = check(struct, builtins)
    if found.value is None:
        raise Invalid(found.problems)
    return found.value


def read_json(body: bytes) -> Any:
    """Builtins; HTTP 400 for what is no JSON.

    A key that stands twice in one object is refused too (RFC 8259, 4: readers differ on which of the two counts).
    """
    try:
        value = msgspec.json.decode(body)
        json.loads(body, object_pairs_hook=_refuse_repeated, parse_int=str, parse_float=str)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise HTTPException(status_code=400, extra={"code": "malformed_json"}) from None
    return value


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise Refused(Refusal("repeated_key", {"name": name[:MOST_NAMED]}))
        seen.add(name)
