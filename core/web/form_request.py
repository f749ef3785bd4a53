"""The request as every handler gets it: no larger than its handler takes, and a bad form is the sender's fault, not ours."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException, HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from plenaria.core.storage.files import Upload

MOST_FORM_BYTES: Final = 400_000
"""What a form without files may weigh; the longest one of ours is a plugin's settings with notices in several languages."""
MOST_JSON_BYTES: Final = 2_000_000
"""The same for JSON that needs a permission. What anybody may send, form or JSON, has the limit of a form."""
MOST_FIELDS: Final = 2_000
"""Fields of one form, repeated ones counted each time."""
MOST_PUBLIC_FIELDS: Final = 600
"""The same where no permission is asked for: an order for fifty people has some 370."""
FILES_AT_ONCE: Final = 2
"""So many files of the largest size fit into one form; a handler that takes files declares `uploads=True`."""
TEXT_BESIDE_FILES_MB: Final = 5

_URLENCODED: Final = "application/x-www-form-urlencoded"
_FORM_TYPES: Final = (_URLENCODED, "multipart/form-data")
_TOO_MANY_PARTS: Final = "Request Entity Too Large"
"""What the framework calls that, with the status of any other bad request."""


def most_upload_bytes(upload_limit_mb: int) -> int:
    """What a body with files may weigh."""
    return (upload_limit_mb * FILES_AT_ONCE + TEXT_BESIDE_FILES_MB) * 1_000_000


class FormRequest(Request[Any, Any, Any]):
    """A request whose body ends at its handler's limit, and whose `form()` answers 400 and 415 where the framework breaks."""

    @property
    def most_bytes(self) -> int:
        """What this handler takes: declared with `uploads=True`, else by its path and permission."""
        opt = self.route_handler.opt
        if opt.get("uploads"):
            return most_upload_bytes(self.app.state.settings.upload_limit_mb)
        is_trusted_json = self.scope["path"].startswith("/api/") and opt["permission"] != "public"
        return MOST_JSON_BYTES if is_trusted_json else MOST_FORM_BYTES

    @property
    def most_fields(self) -> int:
        return MOST_PUBLIC_FIELDS if self.route_handler.opt["permission"] == "public" else MOST_FIELDS

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body piece by piece. Raises HTTP 413 before more than the limit is kept; announced, before anything is read."""
        most, seen = self.most_bytes, 0
        if (self.content_length or 0) > most:
            raise RequestEntityTooLarge
        async for piece in super().stream():
            seen += len(piece)
            if seen > most:
                raise RequestEntityTooLarge
            yield piece

    async def form(self) -> FormMultiDict:
        """The form's fields.

        Raises HTTP 415 for a body that is no form: taken for a form without a field, it would set every setting back to
        its default. Raises HTTP 400 for a part in an unknown character set, or not in the one that it names, and HTTP 413
        for too many fields, before they are told apart.
        """
        kind = self.content_type[0]
        if kind not in ("", *_FORM_TYPES):
            raise HTTPException(status_code=415, extra={"code": "not_a_form"})
        if kind == _URLENCODED and (await self.body()).count(b"&") >= self.most_fields:
            raise RequestEntityTooLarge
        try:
            form = await super().form()
        except (UnicodeError, LookupError) as error:
            raise ClientException from error
        except ClientException as error:
            raise (RequestEntityTooLarge if error.detail == _TOO_MANY_PARTS else error) from None
        if len(form) > self.most_fields:
            raise RequestEntityTooLarge
        return form


async def uploads_in(form: FormMultiDict, field: str) -> list[Upload]:
    """The files chosen in that field of a form, unchecked; none where the field was left empty."""
    chosen = form.getall(field, [])
    return [
        Upload(file.filename, await file.read()) for file in chosen if isinstance(file, UploadFile) and file.filename
    ]
