"""What several pages of the console do alike."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request
from litestar.exceptions import NotFoundException

from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.api import id_after
from plenaria.core.web.errors import Invalid
from plenaria.core.web.refusals import sentence

Anything = Request[Any, Any, Any]
PER_PAGE: Final = 50


def seen_in(data: Mapping[str, Any]) -> str | None:
    """The fingerprint of what the form was made from; a form of before this field has none."""
    found = data.get("_seen")
    return str(found[0] if isinstance(found, list) and found else found) if found else None


def sentences(refused: Refused, event: EventView) -> list[str]:
    """The refusals' sentences, for the head of a form."""
    return [sentence(refusal, event) for refusal in refused.refusals]


def before_of(request: Anything) -> int | None:
    """The id that an older page starts below; 404 for what no page of ours links to."""
    before = request.query_params.get("before", "")
    try:
        return id_after(before) if before else None
    except Invalid:
        raise NotFoundException from None
