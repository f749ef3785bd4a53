"""Names of people and firms, which go into mails to others: no web address may travel in them."""

import re
from collections.abc import Iterator
from typing import Final

from plenaria.core.kernel.values import Refusal

_ADDRESS: Final = re.compile(
    r"://|\bhttps?\b|\bwww\.|[\w-]\.(?:com|net|org|info|biz|mx|io|co|xyz|top|site|online|shop|link|click|app|dev|me|ru|cn|tk|ly|gl|page)(?:\b[/:?#]|\.[a-z]{2,3}\b|\s|$)",
    re.IGNORECASE,
)
"""What a mail program makes a link of. “Ma. Elena” and “J.R.R. Tolkien” are none."""


def name_refusals(name: str, pointer: str) -> Iterator[Refusal]:
    """Why this is no name: `name_with_address`."""
    if _ADDRESS.search(name):
        yield Refusal("name_with_address", {"name": name[:80]}, pointer)
