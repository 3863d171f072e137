"""Lorebooks: which entries of a book a model reads, given what was said. Pure and deterministic.

Follows the character card specifications, versions 2 and 3, and the keys that SillyTavern adds under ``extensions``
(``position`` 4 with ``depth`` and ``role``, ``selectiveLogic``, ``match_whole_words``, ``exclude_recursion``, ``prevent_recursion``). What has to
do with chance or with a program's windows is kept in the book and has no effect.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from chat.personas import patterns
from chat.personas.decorators import Decorators, split
from chat.personas.writable import UNWRITABLE

SCAN_DEPTH = 4
"""Messages that are searched for keys, where a book does not say."""

BUDGET = 2_000
"""Tokens of a book, where it does not say."""

MAX_BUDGET = 20_000
MAX_SCANNED = 20_000
"""Characters that are searched: the newest."""

MAX_ENTRIES = 2_000
MAX_KEYS = 100
ROUNDS = 10
"""Of entries that call others, and these others."""

MAX_PATTERNS = 200
"""Regular expressions of a book: each is a program, which takes time to make and memory to keep."""

MAX_WORK = 3_000_000
"""Characters that the regular expressions of all books read together for one answer; then no more keys are tried. Words cost less."""

WORDS_COST = 40
"""Of MAX_WORK, for looking at one word in one place."""

LETTERS_COST = 16
"""Characters that are searched for a word in the time in which a regular expression reads one."""

CHARACTERS_A_TOKEN = 4

Role = Literal["system", "user", "assistant"]
Place = Literal["before", "after"]
Expand = Callable[[str], str]
_ROLES: tuple[Role, ...] = ("system", "user", "assistant")
_AT_DEPTH = 4
_WORD = re.compile(r"\w")


def tokens(text: str) -> int:
    """An estimate: models count differently, and none is at hand."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


@dataclass(frozen=True, slots=True)
class Key:
    """Something to look for. ``pattern`` for a regular expression."""

    text: str
    case_sensitive: bool = False
    whole_words: bool = False
    pattern: patterns.Pattern | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """``depth``: how many messages from the end it stands, if among them. ``problem``: why it cannot be used, in words."""

    number: int
    content: str
    keys: tuple[Key, ...] = ()
    secondary: tuple[Key, ...] = ()
    excluded: tuple[Key, ...] = ()
    logic: int = 0
    constant: bool = False
    enabled: bool = True
    order: float = 100
    priority: float = 0
    place: Place = "after"
    depth: int | None = None
    role: Role = "system"
    scan_depth: int | None = None
    only_after: int = 0
    only_every: int = 1
    callable: bool = True
    calls: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    entries: tuple[Entry, ...]
    scan_depth: int = SCAN_DEPTH
    budget: int = BUDGET
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """Entries that a model reads, in the order in which it reads them. ``left_out``: how many more would have been, were there room."""

    entries: tuple[Entry, ...] = ()
    left_out: int = 0


class Work:
    """What may still be spent on something."""

    def __init__(self, left: int = MAX_WORK) -> None:
        self._left = left

    def take(self, amount: int) -> bool:
        self._left -= amount
        return self._left >= 0


def chosen(book: Book, said: Sequence[str], expand: Expand = str, work: Work | None = None) -> Chosen:
    """``said``: the texts of the conversation, the oldest first. ``expand`` puts names in the places of macros. ``work``: what several
    books share.
    """
    active = _active(book, said, expand, work or Work())
    within: list[Entry] = []
    left, left_out = book.budget, 0
    # Who has the lower priority gives way; of equals, who would stand further down.
    for entry in sorted(active, key=lambda one: (-one.priority, one.order, one.number)):
        cost = tokens(expand(entry.content))
        if cost <= left:
            within.append(entry)
            left -= cost
        else:
            left_out += 1
    return Chosen(tuple(sorted(within, key=lambda one: (one.order, one.number))), left_out)


def _active(book: Book, said: Sequence[str], expand: Expand, work: Work) -> list[Entry]:
    usable = [entry for entry in book.entries if entry.enabled and not entry.problem and entry.content.strip()]
    usable = [entry for entry in usable if len(said) >= entry.only_after and len(said) % entry.only_every == 0]
    texts: dict[int, Scanned] = {}

    def heard(entry: Entry) -> Scanned:
        depth = book.scan_depth if entry.scan_depth is None else entry.scan_depth
        if depth not in texts:
            texts[depth] = Scanned("\n".join(said[-depth:] if depth else ())[-MAX_SCANNED:], work)
        return texts[depth]

    found = [entry for entry in usable if entry.constant or _called(entry, heard(entry), expand)]
    rounds = ROUNDS if book.recursive else 0
    fresh = found
    while fresh and rounds:
        rounds -= 1
        told = "\n".join(expand(entry.content) for entry in fresh if entry.calls)[:MAX_SCANNED]
        there = {entry.number for entry in found}
        spoken = Scanned(told, work)
        others = (entry for entry in usable if entry.number not in there and entry.callable)
        fresh = [entry for entry in others if _called(entry, spoken, expand)]
        found = found + fresh
    return found


class Scanned:
    """A text that is searched for keys."""

    def __init__(self, text: str, work: Work) -> None:
        self._text, self._small, self._bytes = text, text.casefold(), text.encode(errors="replace")
        self._work = work

    def has(self, key: Key, expand: Expand) -> bool:
        if key.pattern is not None:
            return self._work.take(len(self._bytes)) and key.pattern.found_in(self._bytes)
        wanted = expand(key.text)
        text, wanted = (self._text, wanted) if key.case_sensitive else (self._small, wanted.casefold())
        if not self._work.take(WORDS_COST + len(text) // LETTERS_COST):
            return False
        return _has_word(text, wanted, self._work) if key.whole_words else wanted in text


def _has_word(text: str, wanted: str, work: Work) -> bool:
    at = text.find(wanted)
    while at >= 0 and work.take(WORDS_COST):
        end = at + len(wanted)
        if not (at and _WORD.match(text[at - 1]) and _WORD.match(wanted[0])) and not (
            end < len(text) and _WORD.match(text[end]) and _WORD.match(wanted[-1])
        ):
            return True
        at = text.find(wanted, at + 1)
    return False


def _called(entry: Entry, text: Scanned, expand: Expand) -> bool:
    if not any(text.has(key, expand) for key in entry.keys):
        return False
    if any(text.has(key, expand) for key in entry.excluded):
        return False
    if not entry.secondary:
        return True
    hits = (text.has(key, expand) for key in entry.secondary)
    if entry.logic in (0, 2):
        return any(hits) is (entry.logic == 0)
    return all(hits) is (entry.logic == 3)


# reading a book ---------------------------------------------------------------------------------------------------------


def parse(data: Any) -> Book:
    """The book in a card's ``character_book``. Whatever is not as it should be is taken as if it were not there."""
    if not isinstance(data, dict):
        return Book(())
    found = data.get("entries")
    # Files that are a book of their own sometimes number their entries.
    listed = list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else []
    room = Work(MAX_PATTERNS)
    entries = [_entry(number, raw, room) for number, raw in enumerate(listed[:MAX_ENTRIES]) if isinstance(raw, dict)]
    return Book(
        tuple(entries),
        scan_depth=_count(data.get("scan_depth"), SCAN_DEPTH, 1_000),
        budget=_count(data.get("token_budget"), BUDGET, MAX_BUDGET),
        recursive=data.get("recursive_scanning") is True,
    )


def problems(book: Book) -> list[tuple[int, str]]:
    """Number (from 0) and reason of each entry that cannot be used."""
    return [(entry.number, entry.problem) for entry in book.entries if entry.problem]


def _entry(number: int, raw: dict[str, Any], room: Work) -> Entry:
    extensions = raw.get("extensions")
    more = extensions if isinstance(extensions, dict) else {}
    marks, content = split(_text(raw.get("content")))
    make = _Keys(raw, more, room)
    try:
        keys = make.all(_texts(raw, "keys", "key") + marks.words("additional_keys"))
        secondary = make.all(_texts(raw, "secondary_keys", "keysecondary")) if raw.get("selective") is True else ()
        excluded = make.all(marks.words("exclude_keys"))
    except patterns.Unusable as error:
        return Entry(number, content, enabled=_enabled(raw), problem=str(error))
    place, depth, role = _position(raw, more, marks)
    return Entry(
        number, content, keys=keys, secondary=secondary, excluded=excluded, logic=_count(more.get("selectiveLogic"), 0, 3),
        constant=(raw.get("constant") is True or "activate" in marks) and "dont_activate" not in marks,
        enabled=_enabled(raw) and "dont_activate" not in marks,
        order=_number(raw.get("insertion_order", raw.get("order")), 100), priority=_number(raw.get("priority"), 0),
        place=place, depth=depth, role=role, scan_depth=marks.number("scan_depth"),
        only_after=marks.number("activate_only_after") or 0, only_every=max(1, marks.number("activate_only_every") or 1),
        callable=more.get("exclude_recursion") is not True, calls=more.get("prevent_recursion") is not True,
    )  # fmt: skip


class _Keys:
    """``room``: for regular expressions of the whole book."""

    def __init__(self, raw: dict[str, Any], more: Any, room: Work) -> None:
        self._room = room
        self._regex = raw.get("use_regex") is True
        self._case = raw.get("case_sensitive") is True
        self._words = more.get("match_whole_words") is True

    def all(self, texts: Iterable[str]) -> tuple[Key, ...]:
        return tuple(self._one(text) for text in list(filter(None, texts))[:MAX_KEYS])

    def _one(self, text: str) -> Key:
        if self._regex or patterns.is_slashed(text):
            if not self._room.take(1):
                raise patterns.Unusable(
                    _("a lorebook has at most %(most)s regular expressions") % {"most": MAX_PATTERNS}
                )
            return Key(text, pattern=patterns.compiled(text, self._case))
        return Key(text, self._case, self._words)


def _position(raw: dict[str, Any], more: Any, marks: Decorators) -> tuple[Place, int | None, Role]:
    said = marks.word("position")
    named = {str(one): one for one in _ROLES}
    role = named.get(marks.word("role")) or _ROLES[_count(more.get("role"), 0, 2)]
    depth = marks.number("depth")
    if depth is None and more.get("position") == _AT_DEPTH:
        depth = _count(more.get("depth"), 4, 1_000)
    before = said == "before_desc" or (not said and raw.get("position") == "before_char")
    return "before" if before else "after", depth, role


def _enabled(raw: dict[str, Any]) -> bool:
    return raw.get("enabled", raw.get("disable") is not True) is not False


def _text(value: Any) -> str:
    """Without what could be written neither into the database nor onto the wire, and would keep an answer from ever being asked for."""
    return UNWRITABLE.sub("", value) if isinstance(value, str) else ""


def _texts(raw: dict[str, Any], *names: str) -> list[str]:
    for name in names:
        value = raw.get(name)
        if isinstance(value, list):
            return [_text(one).strip() for one in value if isinstance(one, str)]
    return []


def _number(value: Any, usual: float) -> float:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 else usual
    )


def _count(value: Any, usual: int, most: int) -> int:
    number = _number(value, usual)
    return min(most, int(number)) if number >= 0 else usual


def described(book: Book) -> list[str]:
    """What is wrong with a book, one line for each entry that cannot be used."""
    said = _("Entry %(number)s cannot be used: %(reason)s.")
    return [said % {"number": number + 1, "reason": reason} for number, reason in problems(book)]
