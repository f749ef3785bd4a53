"""What the words of a mail may not have, as refusals at the field they stand in. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from plenaria.core.kernel.values import Refusal
from plenaria.core.mail.markup import Misplaced, Problem, filled, has_html, is_address, used_in

_ADDRESS: Final = "https://fact.example/x"
_CODES: Final[Mapping[Problem, str]] = {
    "image": "image_in_mail",
    "html": "html_in_mail",
    "not_alone": "link_not_alone",
    "in_address": "placeholder_in_address",
    "not_whole": "link_not_whole",
}


def refusals(subject: str, body: str, sample: Mapping[str, str]) -> list[Refusal]:
    """Why a mail cannot be worded so, every reason once. Placeholders whose sample is a web address are taken for addresses:
    they may hold a secret, so they stand only as a whole link, and never in the subject."""
    return [*unknown(subject, body, sample), *misplaced(subject, body, sample)]


def unknown(subject: str, body: str, sample: Mapping[str, str]) -> Iterator[Refusal]:
    known = ", ".join(f"{{{name}}}" for name in sample)
    for pointer, text in (("/subject", subject), ("/body", body)):
        for name in sorted(used_in(text) - set(sample)):
            yield Refusal("unknown_placeholder", {"name": name, "known": known}, pointer)


def misplaced(subject: str, body: str, sample: Mapping[str, str]) -> list[Refusal]:
    """The same but for placeholders that the mail does not have."""
    addresses = {name for name, value in sample.items() if is_address(value)}
    facts = {name: _ADDRESS if name in addresses else "x" for name in sample}
    found = dict.fromkeys(filled(body, facts, ours=_ADDRESS, open_words="x").misplaced)
    if has_html(body):
        found[Misplaced("html")] = None
    in_subject = sorted(used_in(subject) & addresses)
    return [
        *(Refusal("link_in_subject", {"name": name}, "/subject") for name in in_subject),
        *(Refusal(_CODES[each.problem], {"name": each.what} if each.what else {}, "/body") for each in found),
    ]
