"""A chain over sealed lines: whatever is done to it, the first broken place is named."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.core.kernel.ledger import (
    GENESIS,
    Broken,
    Inquiry,
    Line,
    Sealed,
    Verdict,
    Walk,
    digest,
    link,
    next_seals,
    verify,
)


def line(number: int, **content: Any) -> Line:
    content = content or {"action": "scored", "subject": f"entry:{number}", "facts": {"points": number}}
    return Line(number, digest(content), content)


def chain(count: int) -> tuple[list[Line], list[Sealed]]:
    lines = [line(number) for number in range(1, count + 1)]
    return lines, next_seals(None, lines)


def broken(lines: list[Line], seals: list[Sealed], anchor: Sealed | None = None) -> tuple[int, str] | None:
    first = verify(lines, seals, anchor=anchor).first_broken
    return first and (first.no, first.reason)


def renumbered(seals: list[Sealed]) -> list[Sealed]:
    return [replace(seal, no=no) for no, seal in enumerate(seals, start=1)]


def test_the_link_is_the_documented_hash() -> None:
    # (head -c 32 /dev/zero; printf '[7,"%s"]' aaa…) | sha256sum
    assert link(GENESIS, 7, "a" * 64) == "6410754db3c458cca6be9c89673439151b3535af4045fded4cdd3a042f82a4d4"


@pytest.mark.parametrize("wrong", ["", "A" * 64, "a" * 63, "a" * 65, "g" * 64, "a" * 64 + "\n"])
def test_a_link_continues_only_a_hash(wrong: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        link(wrong, 1, GENESIS)


def test_an_untouched_chain_is_whole_in_any_order_of_rows() -> None:
    lines, seals = chain(9)

    assert verify(lines[::-1], seals[::-1]) == Verdict(sealed=9, unsealed=0)


def test_nothing_at_all_is_whole() -> None:
    assert verify([], []) == Verdict(sealed=0, unsealed=0)


def test_sealing_in_batches_gives_the_same_chain() -> None:
    lines, seals = chain(9)

    first = next_seals(None, lines[:4])
    rest = next_seals(first[-1], lines[4:])

    assert first + rest == seals


def test_a_line_that_commits_late_is_sealed_late_and_the_chain_holds() -> None:
    lines, _ = chain(4)
    first = next_seals(None, [lines[0], lines[2]])

    seals = first + next_seals(first[-1], [lines[1]])

    assert verify(lines, seals) == Verdict(sealed=3, unsealed=1)


def test_an_edited_line_is_named_with_both_hashes() -> None:
    lines, seals = chain(5)
    edited = replace(lines[2], content={**lines[2].content, "subject": "entry:9"})

    verdict = verify([*lines[:2], edited, *lines[3:]], seals)

    expected = Broken(3, 3, "edited", expected=lines[2].hash, found=digest(edited.content))
    assert verdict == Verdict(sealed=5, unsealed=0, first_broken=expected)


def test_an_edited_line_with_its_hash_rewritten_is_edited() -> None:
    lines, seals = chain(5)
    lines[2] = line(3, facts="another")

    assert broken(lines, seals) == (3, "edited")


def test_a_rewritten_hash_alone_is_edited() -> None:
    lines, seals = chain(5)
    lines[2] = replace(lines[2], hash="0" * 64)

    assert broken(lines, seals) == (3, "edited")


def test_content_that_is_no_json_any_more_is_edited() -> None:
    lines, seals = chain(5)
    lines[2] = replace(lines[2], content=b"\xff")

    assert broken(lines, seals) == (3, "edited")


@pytest.mark.parametrize("no", [1, 3, 5])
@pytest.mark.parametrize("field", ["line_hash", "chain_hash"])
def test_an_edited_seal_is_found(no: int, field: str) -> None:
    lines, seals = chain(5)
    seals[no - 1] = replace(seals[no - 1], **{field: "0" * 64})

    assert broken(lines, seals) == (no, "edited")


def test_a_damaged_line_is_sealed_like_any_other_and_then_named() -> None:
    lines, _ = chain(3)
    lines[1] = replace(lines[1], hash="damaged")

    seals = next_seals(None, lines)

    assert verify(lines, seals) == Verdict(3, 0, Broken(2, 2, "edited", "damaged", digest(lines[1].content)))


def test_a_seal_that_is_no_hash_any_more_is_found() -> None:
    lines, seals = chain(5)
    seals[2] = replace(seals[2], chain_hash="not a hash")

    assert broken(lines, seals) == (3, "edited")


@pytest.mark.parametrize("no", [1, 3, 5])
def test_a_line_whose_row_is_gone_is_removed(no: int) -> None:
    lines, seals = chain(5)
    gone = lines.pop(no - 1)

    verdict = verify(lines, seals)

    assert verdict.first_broken == Broken(no, no, "removed", expected=gone.hash)


@pytest.mark.parametrize("no", [1, 3, 4])
def test_a_line_gone_with_its_seal_is_removed(no: int) -> None:
    lines, seals = chain(5)
    del lines[no - 1], seals[no - 1]

    assert verify(lines, seals).first_broken == Broken(no, None, "removed")


@pytest.mark.parametrize("no", [1, 3])
def test_a_line_gone_with_its_seal_and_the_gap_closed_is_removed(no: int) -> None:
    lines, seals = chain(5)
    del lines[no - 1], seals[no - 1]

    assert broken(lines, renumbered(seals)) == (no, "removed")


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 4), (4, 5), (1, 5)])
@pytest.mark.parametrize("fields", [("content",), ("content", "hash")])
def test_two_lines_that_changed_places_are_swapped(one: int, other: int, fields: tuple[str, ...]) -> None:
    lines, seals = chain(5)
    first, second = lines[one - 1], lines[other - 1]
    lines[one - 1] = replace(first, **{name: getattr(second, name) for name in fields})
    lines[other - 1] = replace(second, **{name: getattr(first, name) for name in fields})

    assert broken(lines, seals) == (one, "swapped")


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 4), (4, 5), (1, 5)])
def test_two_seals_that_changed_places_are_swapped(one: int, other: int) -> None:
    lines, seals = chain(5)
    seals[one - 1], seals[other - 1] = seals[other - 1], seals[one - 1]

    assert broken(lines, renumbered(seals)) == (one, "swapped")


def test_two_lines_that_exchanged_their_ids_in_lines_and_seals_are_found() -> None:
    lines, seals = chain(5)
    lines[1], lines[2] = replace(lines[1], id=3), replace(lines[2], id=2)
    seals[1], seals[2] = replace(seals[1], line_id=3), replace(seals[2], line_id=2)

    assert broken(lines, seals) == (2, "edited")


@pytest.mark.parametrize("no", [1, 3, 5])
def test_a_line_put_between_with_a_matching_seal_is_inserted(no: int) -> None:
    lines, seals = chain(5)
    extra = line(99, action="won")
    (forged,) = next_seals(seals[no - 2] if no > 1 else None, [extra])

    seals = renumbered([*seals[: no - 1], forged, *seals[no - 1 :]])

    assert verify([*lines, extra], seals).first_broken == Broken(no, 99, "inserted")


@pytest.mark.parametrize("no", [1, 3, 5])
def test_a_line_put_between_with_a_seal_of_fantasy_is_inserted(no: int) -> None:
    lines, seals = chain(5)
    extra = line(99, action="won")
    forged = Sealed(no, 99, extra.hash, "f" * 64)

    assert broken([*lines, extra], renumbered([*seals[: no - 1], forged, *seals[no - 1 :]])) == (
        no,
        "inserted",
    )


def test_a_line_sealed_twice_is_inserted_the_second_time() -> None:
    lines, seals = chain(3)

    assert broken(lines, seals + next_seals(seals[-1], [lines[0]])) == (4, "inserted")


def test_a_seal_number_used_twice_is_inserted() -> None:
    lines, seals = chain(3)
    extra = line(99, action="won")

    assert broken([*lines, extra], [*seals, Sealed(2, 99, extra.hash, "f" * 64)]) == (2, "inserted")


def test_a_seal_before_the_first_is_inserted() -> None:
    lines, seals = chain(3)
    extra = line(99, action="won")

    assert broken([*lines, extra], [Sealed(0, 99, extra.hash, "f" * 64), *seals]) == (0, "inserted")


def test_a_line_rewritten_with_its_own_seal_breaks_the_next_link() -> None:
    lines, seals = chain(5)
    lines[2] = line(3, action="won")
    seals[2:3] = next_seals(seals[1], [lines[2]])

    assert broken(lines, seals) == (4, "removed")


def test_only_the_first_of_several_breaks_is_named() -> None:
    lines, seals = chain(5)
    del lines[3], lines[1]

    assert broken(lines, seals) == (2, "removed")


def test_a_tail_cut_off_shows_only_against_an_anchor() -> None:
    lines, seals = chain(5)

    assert broken(lines[:3], seals[:3]) is None
    assert verify(lines[:3], seals[:3], anchor=seals[3]).first_broken == Broken(4, 4, "removed")
    assert verify(lines[:3], seals[:3], anchor=seals[4]).first_broken == Broken(4, None, "removed")
    assert verify([], [], anchor=seals[0]).first_broken == Broken(1, 1, "removed")


def test_a_wholly_rewritten_chain_shows_only_against_an_anchor() -> None:
    lines, seals = chain(5)
    lines[1] = line(2, action="won")
    rewritten = next_seals(None, lines)

    assert broken(lines, rewritten) is None
    assert broken(lines, rewritten, anchor=seals[3]) == (4, "edited")


def test_a_chain_that_grew_past_its_anchor_is_whole() -> None:
    lines, seals = chain(5)

    assert verify(lines, seals, anchor=seals[2]) == Verdict(sealed=5, unsealed=0)


def test_a_walk_in_pages_says_what_verify_says() -> None:
    lines, seals = chain(6)
    seals[2], seals[4] = replace(seals[4], no=3), replace(seals[2], no=5)
    by_id = {one.id: one for one in lines}
    walk = Walk()

    breaks = [walk.step(seal, by_id[seal.line_id]) for seal in seals[:3]]
    assert breaks[:2] == [None, None]
    assert breaks[2] is not None
    inquiry = Inquiry(walk, breaks[2])
    for seal in seals:
        inquiry.look_at(seal)

    assert inquiry.conclusion() == verify(lines, seals).first_broken


# Most changed bytes are no JSON any more and are drawn anew.
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.integers(1, 8), st.booleans(), st.data())
def test_any_changed_byte_of_any_line_or_seal_is_found(count: int, of_a_seal: bool, data: st.DataObject) -> None:
    lines, seals = chain(count)
    rows: list[Any] = seals if of_a_seal else lines
    place = data.draw(st.integers(0, count - 1))

    rows[place] = with_a_byte_changed(rows[place], data)

    assert verify(lines, seals).first_broken is not None


def with_a_byte_changed(row: Any, data: st.DataObject) -> Any:
    text = bytearray(msgspec.json.encode(row))
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        changed = msgspec.json.decode(bytes(text), type=type(row))
    except (msgspec.DecodeError, UnicodeDecodeError):
        reject()
    assume(changed != row)
    return changed


@given(st.integers(2, 10), st.data())
def test_any_other_order_of_the_seals_is_found_at_its_first_difference(count: int, data: st.DataObject) -> None:
    lines, seals = chain(count)
    shuffled = data.draw(st.permutations(seals))
    first = next((no for no, (a, b) in enumerate(zip(seals, shuffled, strict=True), 1) if a != b), None)

    found = verify(lines, renumbered(list(shuffled))).first_broken

    assert (found.no if found else None) == first


@given(st.integers(1, 10), st.data())
def test_any_lines_taken_away_are_found_at_the_first(count: int, data: st.DataObject) -> None:
    lines, seals = chain(count)
    gone = data.draw(st.sets(st.integers(1, count), min_size=1))

    verdict = verify([one for one in lines if one.id not in gone], seals)

    assert verdict.first_broken is not None
    assert (verdict.first_broken.no, verdict.first_broken.reason) == (min(gone), "removed")
