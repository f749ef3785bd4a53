"""Every refusal has words, every word is in Spanish, every mail fills its placeholders."""

import re
from pathlib import Path
from typing import get_args

from babel.messages.pofile import read_po

from plenaria.core.mail import PLACEHOLDER
from plenaria.core.web.refusals import CORE_REFUSALS
from plenaria.plugins import awards
from plenaria.plugins.awards.matching import ReasonCode
from plenaria.plugins.awards.words import MAILS, PERMISSIONS, REFUSALS

FOLDER = Path(str(awards.__file__)).parent


def source(without: str = "") -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.rglob("*.py")) if path.name != without)


def refusal_codes() -> set[str]:
    """Codes in the source, the hooks' examples left out; the windows' own are made of their subject, those of an
    impossible assignment of the reason's code."""
    found = set(re.findall(r'Refusal\(\s*"(\w+)"', source(without="hookspecs.py")))
    found |= {f"assignment_{code}" for code in get_args(ReasonCode)}
    return found | {f"{subject}_{end}" for subject in ("nominations", "judging") for end in ("closed", "not_yet_open")}


def test_every_refusal_has_words_and_no_words_are_left_over() -> None:
    assert refusal_codes() - set(CORE_REFUSALS) == set(REFUSALS)


def test_every_message_is_translated() -> None:
    with (FOLDER / "locale/es/LC_MESSAGES/messages.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="es") if message.id]

    assert len(messages) > 200
    assert [message.id for message in messages if not message.string or message.fuzzy] == []


def test_translations_name_the_same_facts() -> None:
    with (FOLDER / "locale/es/LC_MESSAGES/messages.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="es") if message.id and isinstance(message.id, str)]

    def names(text: str) -> set[str]:
        return set(re.findall(r"\{\w+\}|%\(\w+\)s", text))

    assert [m.id for m in messages if names(str(m.id)) != names(str(m.string))] == []


def test_every_mail_exists_in_both_languages_with_a_sample_for_each_placeholder() -> None:
    for text in MAILS:
        for language in ("es", "en"):
            used = set(PLACEHOLDER.findall(text.subject[language] + text.body[language]))
            assert used <= set(text.sample), text.key


def test_every_permission_that_a_door_asks_for_is_registered() -> None:
    asked = set(re.findall(r'permission="(awards[\w.]*)"', source()))

    assert asked <= {permission.name for permission in PERMISSIONS}
    assert asked
