"""The request as every handler gets it: a form that cannot be read is the sender's fault, not ours."""

from typing import Any, Final

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException, HTTPException

from plenaria.core.storage.files import Upload

_FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


class FormRequest(Request[Any, Any, Any]):
    """A request whose `form()` answers 400 and 415 where the framework breaks down, or sees an empty form."""

    async def form(self) -> FormMultiDict:
        """The form's fields.

        Raises HTTP 415 for a body that is no form: taken for a form without a field, it would set every setting back to
        its default. Raises HTTP 400 for a part in an unknown character set, or not in the one that it names.
        """
        if self.content_type[0] not in ("", *_FORM_TYPES):
            raise HTTPException(status_code=415, extra={"code": "not_a_form"})
        try:
            return await super().form()
        except (UnicodeError, LookupError) as error:
            raise ClientException from error


async def uploads_in(form: FormMultiDict, field: str) -> list[Upload]:
    """The files chosen in that field of a form, unchecked; none where the field was left empty."""
    chosen = form.getall(field, [])
    return [
        Upload(file.filename, await file.read()) for file in chosen if isinstance(file, UploadFile) and file.filename
    ]
