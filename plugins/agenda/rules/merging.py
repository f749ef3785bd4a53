"""Two drafts made one: what a file from elsewhere does to the draft that is here, worked out before anything is written."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from plenaria.core.kernel.values import N_

from .releases import FIELD_WORDS
from .schedule import Draft, Part, Person, Room, Session, SessionType, State, Track

Way = Literal["add", "replace"]

WAYS: Final[Mapping[Way, str]] = {
    "add": N_("Add and update: what is not in the file stays"),
    "replace": N_("Replace the draft: what is not in the file is removed"),
}
MERGED_FIELD_WORDS: Final = {**FIELD_WORDS, "state": N_("state")}

_LONGEST_CODE: Final = 50

Listed = TypeVar("Listed", Room, Track, SessionType, Person)


class Tally(Struct, frozen=True, kw_only=True):
    """What becomes of one kind: codes in the merged draft; `gone` were in the draft and leave it, `kept` the file does not name.

    `changed` is by code; for sessions its values are keys of `MERGED_FIELD_WORDS`, for the others empty.
    """

    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = {}
    same: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def in_file(self) -> int:
        return len(self.added) + len(self.changed) + len(self.same)


class Merged(Struct, frozen=True, kw_only=True):
    """The draft as it would be, and what becomes of each kind: rooms, tracks, types, people, sessions."""

    draft: Draft
    tallies: Mapping[str, Tally]

    @property
    def changes_nothing(self) -> bool:
        return not any(each.added or each.changed or each.gone for each in self.tallies.values())

    @property
    def goes(self) -> bool:
        """Whether anything leaves the draft."""
        return any(each.gone for each in self.tallies.values())


class Uids(Struct, frozen=True, kw_only=True):
    """What names sessions in calendars besides the draft.

    `released` is code → uid of what was ever released here; `elsewhere` are uids that other events' sessions have; `own` makes
    this event's uid of a code.
    """

    released: Mapping[str, str]
    elsewhere: Collection[str]
    own: Callable[[str], str]


def merged(draft: Draft, imported: Draft, uids: Uids, *, way: Way, confirms: bool) -> Merged:
    """The draft with another one merged into it; deterministic, and the same again when merged again.

    Rooms, tracks and types are found by code, then by name; people by name, so that nobody becomes somebody else; sessions by
    uid, then by code. What is found keeps its code, its uid and everything that the other does not say: seats, colours, hours,
    addresses, absences, roles, texts in other languages. New sessions keep their uid, unless another event has it.

    A session is cancelled where either says so. With `confirms` all others that the file names are confirmed; without, new ones
    are drafts and the state of those found stays.
    """
    lists = {
        "rooms": _list(draft.rooms, imported.rooms, _room),
        "tracks": _list(draft.tracks, imported.tracks, _named),
        "types": _list(draft.types, imported.types, _named),
        "people": _list(draft.people, imported.people, _person),
    }
    sessions = _Sessions(draft, imported, uids, {kind: each.codes for kind, each in lists.items()}, confirms)
    tally = _tally(draft.sessions, sessions.found, sessions.added, way, _fields)
    standing = (*_standing(draft.sessions, sessions.found, tally), *sessions.added)
    used = _used(standing)
    tallies = {
        kind: _tally(each.here, each.found, each.added, way, _no_fields, used[kind]) for kind, each in lists.items()
    }
    items = {kind: (*_standing(each.here, each.found, tallies[kind]), *each.added) for kind, each in lists.items()}
    result = Draft(**items, sessions=standing, absences=draft.absences, fixed=draft.fixed)
    return Merged(draft=result, tallies={**tallies, "sessions": tally})


# ------------------------------------------------------------------------------------------ rooms and the like


class _List(Struct, frozen=True):
    """`codes`: the file's code → the draft's; `found`, by the draft's code, as the file makes it."""

    here: tuple[Any, ...]
    found: dict[str, Any]
    added: tuple[Any, ...]
    codes: dict[str, str]


def _list(here: tuple[Listed, ...], there: tuple[Listed, ...], join: Callable[[Any, Any], Any]) -> _List:
    match = _matches(here, there)
    taken = {each.code for each in here}
    found, added, codes = {}, [], {}
    for item in there:
        known = match.get(item.code)
        if known is None:
            codes[item.code] = _free(item.code, taken)
            added.append(replace(item, code=codes[item.code]))
        else:
            codes[item.code] = known.code
            found[known.code] = join(known, item)
    return _List(here, found, tuple(added), codes)


def _used(sessions: Iterable[Session]) -> dict[str, set[str]]:
    """What sessions name, by kind: it stays, whatever the file says."""
    used: dict[str, set[str]] = {"rooms": set(), "tracks": set(), "types": set(), "people": set()}
    for each in sessions:
        used["rooms"].add(each.room)
        used["tracks"].add(each.track)
        used["types"].add(each.type)
        used["people"].update(part.person for part in each.parts)
    return used


def _matches(here: Iterable[Listed], there: Iterable[Listed]) -> dict[str, Listed]:
    """The file's code → the draft's item that it is; each of them once."""
    left = {each.code: each for each in here}
    match: dict[str, Listed] = {}
    for item in there:
        if (known := left.get(item.code)) is not None and _may_be(known, item):
            match[item.code] = left.pop(known.code)
    by_name: dict[str, list[Listed]] = {}
    for known in left.values():
        for name in _names(known):
            by_name.setdefault(name, []).append(known)
    for item in there:
        namesakes = {each.code: each for name in _names(item) for each in by_name.get(name, ()) if each.code in left}
        if item.code not in match and len(namesakes) == 1:
            match[item.code] = left.pop(next(iter(namesakes)))
    return match


def _may_be(known: Room | Track | SessionType | Person, item: object) -> bool:
    """Whether two of the same code are the same: people only by the same name, better a twin than two people made one."""
    return not isinstance(known, Person) or not isinstance(item, Person) or bool(_names(known) & _names(item))


def _names(item: Room | Track | SessionType | Person) -> set[str]:
    names = [item.name] if isinstance(item, Person) else item.name.values()
    return {" ".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in names} - {""}


def _named(known: Any, item: Any) -> Any:
    return replace(known, name={**known.name, **item.name})


def _room(known: Room, item: Room) -> Room:
    return replace(known, name={**known.name, **item.name}, capacity=item.capacity or known.capacity)


def _person(known: Person, item: Person) -> Person:
    return replace(known, bio={**known.bio, **item.bio})


def _free(code: str, taken: set[str]) -> str:
    """The code, with a number behind it where it is taken; it is taken then."""
    found, count = code, 1
    while found in taken:
        count += 1
        behind = f"-{count}"
        found = code[: _LONGEST_CODE - len(behind)].rstrip("-") + behind
    taken.add(found)
    return found


def _tally(
    here: Iterable[Any],
    found: Mapping[str, Any],
    added: Iterable[Any],
    way: Way,
    differing: Callable[[Any, Any], tuple[str, ...]],
    used: Collection[str] = (),
) -> Tally:
    before = {each.code: each for each in here}
    left = [code for code in before if code not in found]
    gone = {code: None for code in left if code not in used} if way == "replace" else {}
    return Tally(
        added=tuple(each.code for each in added),
        changed={code: differing(before[code], item) for code, item in found.items() if item != before[code]},
        same=tuple(code for code, item in found.items() if item == before[code]),
        kept=tuple(code for code in left if code not in gone),
        gone=tuple(gone),
    )


def _no_fields(_before: object, _after: object) -> tuple[str, ...]:
    return ()


def _standing(here: Iterable[Any], found: Mapping[str, Any], tally: Tally) -> Iterator[Any]:
    gone = set(tally.gone)
    return (found.get(each.code, each) for each in here if each.code not in gone)


# ---------------------------------------------------------------------------------------------------- sessions


class _Sessions:
    """The file's sessions: `found` here, by code, and `added`."""

    def __init__(
        self, draft: Draft, imported: Draft, uids: Uids, codes: Mapping[str, Mapping[str, str]], confirms: bool
    ) -> None:
        self._uids, self._codes, self._confirms = uids, codes, confirms
        self._taken = {each.code for each in draft.sessions}
        self._used = {each.uid for each in draft.sessions}
        self._released = {uid: code for code, uid in uids.released.items()}
        match = _same_sessions(draft.sessions, imported.sessions)
        self.found = {known.code: self._joined(known, each) for each in imported.sessions if (known := match[each.uid])}
        self.added = tuple(self._new(each) for each in imported.sessions if match[each.uid] is None)

    def _joined(self, known: Session, imported: Session) -> Session:
        return replace(
            known,
            title={**known.title, **imported.title},
            abstract={**known.abstract, **imported.abstract},
            language=imported.language,
            type=self._code("types", imported) or known.type,
            track=self._code("tracks", imported) or known.track,
            room=self._code("rooms", imported) or known.room,
            starts_at=imported.starts_at,
            duration_min=imported.duration_min,
            state=self._state(imported, known.state),
            parts=self._parts(imported, known.parts) or known.parts,
        )

    def _new(self, imported: Session) -> Session:
        code, uid = self._named(imported)
        self._used.add(uid)
        return replace(
            imported,
            code=code,
            uid=uid,
            type=self._code("types", imported),
            track=self._code("tracks", imported),
            room=self._code("rooms", imported),
            state=self._state(imported, "draft"),
            parts=self._parts(imported, ()),
        )

    def _named(self, imported: Session) -> tuple[str, str]:
        """Code and uid. What was released once is the same session again: calendars know it by its uid, addresses by its code."""
        before = self._released.get(imported.uid)
        code = _free(before if before and before not in self._taken else imported.code, self._taken)
        wishes = [self._uids.released.get(code, ""), "" if imported.uid in self._uids.elsewhere else imported.uid]
        for uid in wishes:
            if uid and uid not in self._used:
                return code, uid
        return code, self._own(code)

    def _own(self, code: str) -> str:
        uid, count = self._uids.own(code), 1
        while uid in self._used:
            count += 1
            uid = self._uids.own(f"{code}-{count}")
        return uid

    def _code(self, kind: str, imported: Session) -> str:
        return self._codes[kind].get(getattr(imported, kind.removesuffix("s")), "")

    def _state(self, imported: Session, known: State) -> State:
        if "cancelled" in (imported.state, known):
            return "cancelled"
        return "confirmed" if self._confirms else known

    def _parts(self, imported: Session, known: tuple[Part, ...]) -> tuple[Part, ...]:
        before = {part.person: part for part in known}
        codes = [self._codes["people"][part.person] for part in imported.parts]
        return tuple(before.get(code, Part(person=code)) for code in codes)


def _same_sessions(here: Iterable[Session], there: Iterable[Session]) -> dict[str, Session | None]:
    """The file's uid → the draft's session that it is: of that uid, else of that code if no other has that by its uid."""
    by_uid = {each.uid: each for each in here}
    match: dict[str, Session | None] = {each.uid: by_uid.get(each.uid) for each in there}
    claimed = {each.code for each in match.values() if each}
    by_code = {each.code: each for each in by_uid.values() if each.code not in claimed}
    return {each.uid: match[each.uid] or by_code.get(each.code) for each in there}


def _fields(before: Session, after: Session) -> tuple[str, ...]:
    was, becomes = _face(before), _face(after)
    return tuple(field for field in was if was[field] != becomes[field])


def _face(session: Session) -> dict[str, Any]:
    names = ("room", "title", "abstract", "type", "track", "language", "state")
    times = (session.starts_at, session.duration_min)
    return {"time": times, "people": session.parts, **{name: getattr(session, name) for name in names}}
