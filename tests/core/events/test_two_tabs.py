"""Two tabs on the same form: the second to save is told, keeps what was typed, and may save again knowingly."""

import httpx
import pytest
from lxml import html

from tests.site import Site


def _fields(answer: httpx.Response) -> dict[str, str | list[str]]:
    """What a browser would send of the page's last form, untouched."""
    form = [form for form in html.fromstring(answer.text).forms if "form" in (form.get("class") or "").split()][-1]
    found: dict[str, str | list[str]] = {}
    for name, value in form.form_values():
        before = found.get(name)
        found[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return found


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("event", "venue"),
        ("plugins/registration", "payment_days"),
        ("mail/core.invitation/es", "subject"),
    ],
)
async def test_the_second_tab_does_not_undo_the_first_unseen(site: Site, page: str, field: str) -> None:
    owner = await site.signed_in("owner")
    address = f"/{site.event.slug}/organise/{page}"
    first, second = _fields(await owner.get(address)), _fields(await owner.get(address))

    saved = await owner.post(address, data={**second, field: "11"})
    late = await owner.post(address, data={**first, field: "9"})
    stored = _fields(await owner.get(address))
    knowingly = await owner.post(address, data=_fields(late))

    assert [saved.status_code, late.status_code, knowingly.status_code] == [303, 409, 303]
    assert _fields(late)[field] == "9"
    assert stored[field] == "11"
    assert _fields(await owner.get(address))[field] == "9"
