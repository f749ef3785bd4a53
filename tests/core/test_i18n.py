"""Which language a reader gets, and what becomes of a message."""

import pytest

from plenaria.core.kernel import i18n
from plenaria.core.kernel.languages import negotiate


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "es"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("es-419", "es"),
        ("de, en;q=0.5", "en"),
        ("de", "es"),
        ("EN-gb", "en"),
        ("en;q=0.3, es;q=0.7", "es"),
        ("en;q=0, es;q=0", "es"),
        ("en;q=0", "es"),
        ("*", "es"),
        ("en;q=nan", "es"),
        ("en;q=inf", "en"),
        ("en;q=x", "es"),
        (";;;,,q=1", "es"),
        ("english", "es"),
        ("en; q=0.9, es; q=0.1", "en"),
    ],
)
def test_the_language_that_a_reader_asks_for(accepted: str, language: str) -> None:
    assert negotiate(accepted) == language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("pt", "pt-BR"),
        ("pt-PT, en;q=0.5", "pt-BR"),
        ("zh-TW, pt-br", "zh-TW"),
        ("zh", "zh-CN"),
        ("fr, en;q=0.5", "en"),
        ("*", "en"),
    ],
)
def test_a_language_reaches_another_form_of_it_before_another_language(accepted: str, language: str) -> None:
    assert negotiate(accepted, ["en", "pt-BR", "zh-CN", "zh-TW"], "en") == language


def test_a_message_without_a_translation_is_itself() -> None:
    with i18n.using("es"):
        assert i18n.gettext("nobody translated this") == "nobody translated this"
        assert i18n.pgettext("nowhere", "nobody translated this") == "nobody translated this"
        assert i18n.ngettext("one thing", "many things", 1) == "one thing"
        assert i18n.ngettext("one thing", "many things", 2) == "many things"
        assert i18n.ngettext("one thing", "many things", 0) == "many things"


def test_a_language_holds_within_its_block_only() -> None:
    with i18n.using("en"):
        with i18n.using("es"):
            assert i18n.current_language() == "es"
        assert i18n.current_language() == "en"


def test_facts_fill_a_message_and_an_unknown_name_stays_visible() -> None:
    assert i18n.fill("{a} and {b}", {"a": "{b}"}) == "{b} and {b}"
    assert i18n.fill("{a}", {"a": "{0.__class__}"}) == "{0.__class__}"


def test_the_first_room_to_translate_wins(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for room, words in (("first", "uno"), ("second", "dos")):
        folder = tmp_path / room / "es" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(f'msgid "zz-test"\nmsgstr "{words}"\n')

    i18n.load([tmp_path / "first", tmp_path / "second"])

    with i18n.using("es"):
        assert i18n.gettext("zz-test") == "uno"
