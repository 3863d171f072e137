"""Which entries of a lorebook a model reads: a test for each rule, and nothing that a book holds may stall or break it."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.personas import lorebook, patterns
from chat.personas.lorebook import Book, chosen, parse
from chat.personas.macros import expanded


def entry(content: str = "lore", *keys: str, **more: Any) -> dict[str, Any]:
    return {
        "keys": list(keys or ("rain",)),
        "content": content,
        "enabled": True,
        "insertion_order": 10,
        "extensions": {},
        **more,
    }


def book(*entries: dict[str, Any], **more: Any) -> Book:
    return parse({"entries": list(entries), **more})


def read(the_book: Book, *said: str) -> list[str]:
    return [one.content for one in chosen(the_book, said).entries]


def test_an_entry_is_read_when_one_of_its_keys_was_said() -> None:
    wet = book(entry("lore", "rain", "snow"))
    assert read(wet, "Snow falls") == ["lore"] == read(wet, "the RAINbow")
    assert read(wet, "the sun") == [] == read(wet)


@pytest.mark.parametrize(
    ("more", "said", "found"),
    [
        ({"case_sensitive": True}, "Rain", False), ({"case_sensitive": True}, "rain", True), ({"enabled": False}, "rain", False),
        ({"disable": True, "enabled": True}, "rain", True), ({"constant": True}, "sun", True), ({"constant": "yes"}, "sun", False),
        ({"constant": True, "enabled": False}, "rain", False), ({"content": "  "}, "rain", False),
        ({"extensions": {"match_whole_words": True}}, "rainbow", False), ({"extensions": {"match_whole_words": True}}, "a rain.", True),
        ({"extensions": {"match_whole_words": True}}, "rainbow rain", True),
        ({"selective": True, "secondary_keys": ["cat", "dog"]}, "rain", False),
        ({"selective": True, "secondary_keys": ["cat", "dog"]}, "rain and dogs", True),
        ({"selective": True, "secondary_keys": []}, "rain", True), ({"selective": False, "secondary_keys": ["cat"]}, "rain", True),
        ({"selective": True, "secondary_keys": ["cat", "dog"], "extensions": {"selectiveLogic": 3}}, "rain cat", False),
        ({"selective": True, "secondary_keys": ["cat", "dog"], "extensions": {"selectiveLogic": 3}}, "rain cat dog", True),
        ({"selective": True, "secondary_keys": ["cat", "dog"], "extensions": {"selectiveLogic": 2}}, "rain cat", False),
        ({"selective": True, "secondary_keys": ["cat", "dog"], "extensions": {"selectiveLogic": 2}}, "rain", True),
        ({"selective": True, "secondary_keys": ["cat", "dog"], "extensions": {"selectiveLogic": 1}}, "rain cat dog", False),
        ({"selective": True, "secondary_keys": ["cat", "dog"], "extensions": {"selectiveLogic": 1}}, "rain cat", True),
        ({"use_regex": True, "keys": ["r.in"]}, "RUIN", True), ({"use_regex": True, "keys": ["r.in"], "case_sensitive": True}, "RUIN", False),
        ({"keys": ["/r.in/"]}, "ruin", True), ({"keys": ["/r.in/"]}, "RUIN", False), ({"keys": ["/r.in/ig"]}, "RUIN", True),
        ({"keys": ["/a\\/b/"]}, "a/b", True), ({"keys": ["/rain"]}, "rain", False), ({"keys": ["/rain"]}, "/rain", True),
        ({"keys": ["", "  "]}, "rain", False),
    ],
)  # fmt: skip
def test_rules_of_keys(more: dict[str, Any], said: str, found: bool) -> None:
    assert bool(read(book({**entry(), **more}), said)) is found


def test_only_the_newest_messages_are_searched() -> None:
    said = ("rain", "a", "b", "c", "d")
    assert lorebook.SCAN_DEPTH == 4
    assert read(book(entry()), *said) == []
    assert read(book(entry(), scan_depth=5), *said) == ["lore"]
    assert read(book(entry("@@scan_depth 5\nlore")), *said) == ["lore"]
    assert read(book(entry(), scan_depth=0), "rain") == []


def test_texts_stand_in_the_order_of_insertion() -> None:
    three = book(
        entry("c", insertion_order=30),
        entry("a", insertion_order=-1),
        entry("b", insertion_order=2.5),
        entry("b2", insertion_order=2.5),
    )
    assert read(three, "rain") == ["a", "b", "b2", "c"]


def test_what_exceeds_the_budget_gives_way_by_priority() -> None:
    entries = [entry("x" * 40, priority=1), entry("y" * 40, priority=9, insertion_order=99), entry("z" * 4)]
    small = book(*entries, token_budget=11)
    found = chosen(small, ["rain"])
    assert [one.content[0] for one in found.entries] == ["z", "y"] and found.left_out == 1
    assert read(book(*entries, token_budget=0), "rain") == []
    assert len(read(book(*entries), "rain")) == 3
    assert book(token_budget=10**9).budget == lorebook.MAX_BUDGET


def test_entries_call_one_another_only_where_the_book_says_so() -> None:
    chain = [entry("see the mill", "rain"), entry("the miller", "mill"), entry("his cat", "miller")]
    assert read(book(*chain), "rain") == ["see the mill"]
    assert read(book(*chain, recursive_scanning=True), "rain") == ["see the mill", "the miller", "his cat"]
    deaf = [chain[0], {**chain[1], "extensions": {"exclude_recursion": True}}, chain[2]]
    assert read(book(*deaf, recursive_scanning=True), "rain") == ["see the mill"]
    mute = [chain[0], {**chain[1], "extensions": {"prevent_recursion": True}}, chain[2]]
    assert read(book(*mute, recursive_scanning=True), "rain") == ["see the mill", "the miller"]
    circle = book(entry("snow", "rain"), entry("rain", "snow"), recursive_scanning=True)
    assert read(circle, "rain") == ["snow", "rain"]


def test_positions_and_depths() -> None:
    found = chosen(
        book(
            entry("a", position="before_char"), entry("b", position="after_char"), entry("c"), entry("@@position before_desc\nd"),
            entry("@@depth 2\n@@role user\ne"), entry("f", extensions={"position": 4, "depth": 1, "role": 2}),
        ),
        ["rain"],
    ).entries  # fmt: skip
    assert [(one.content, one.place) for one in found if one.depth is None] == [
        ("a", "before"),
        ("b", "after"),
        ("c", "after"),
        ("d", "before"),
    ]
    assert [(one.content, one.depth, one.role) for one in found if one.depth is not None] == [
        ("e", 2, "user"),
        ("f", 1, "assistant"),
    ]


@pytest.mark.parametrize(
    ("marks", "said", "found"),
    [
        ("@@activate", ["sun"], ["lore"]), ("@@dont_activate", ["rain"], []), ("@@additional_keys sun, moon", ["moon"], ["lore"]),
        ("@@exclude_keys cat", ["rain cat"], []), ("@@exclude_keys cat", ["rain"], ["lore"]), ("@@unknown 1", ["rain"], ["lore"]),
        ("@@activate_only_after 2", ["rain"], []), ("@@activate_only_after 2", ["a", "rain"], ["lore"]),
        ("@@activate_only_every 2", ["rain"], []), ("@@activate_only_every 2", ["a", "rain"], ["lore"]),
        ("@@unknown\n@@@unheard\n@@@activate", ["sun"], ["lore"]), ("@@activate\n@@@dont_activate", ["sun"], ["lore"]),
        ("@@unknown\n@@@a\n@@@b\n@@@c\n@@@d\n@@@e\n@@@activate\n@@@dont_activate", ["sun"], ["lore"]),
        ("@@scan_depth nonsense\n@@activate_only_every 0", ["rain"], ["lore"]),
    ],
)  # fmt: skip
def test_decorators(marks: str, said: list[str], found: list[str]) -> None:
    assert read(book(entry(f"{marks}\nlore")), *said) == found


def test_names_stand_in_keys_and_texts_before_they_are_compared_and_counted() -> None:
    def names(text: str) -> str:
        return expanded(text, {"char": "Lizzy", "user": "x" * 100})

    found = chosen(book(entry("{{user}}", "{{char}}"), token_budget=30), ["lizzy?"], names)
    assert len(found.entries) == 1
    assert chosen(book(entry("{{user}}", "{{char}}"), token_budget=20), ["lizzy?"], names).left_out == 1


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", "(a)\\1", "(?<!x)y", "a{2000}", "(", "[", "x" * 501, "(((a{100}){100}){100})"]
)
def test_a_pattern_that_cannot_run_makes_its_entry_unusable_and_says_why(pattern: str) -> None:
    mixed = book(entry("bad", pattern, use_regex=True), entry("good"))
    assert read(mixed, "rain ab aa y") == ["good"]
    [(number, reason)] = lorebook.problems(mixed)
    assert number == 0 and reason
    assert lorebook.described(mixed)[0].startswith("Entry 1 cannot be used: ")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a*)*b", "([a-z]+)*!", "(.*)(.*)(.*)(.*)x", "(a?){60}a{60}"])
def test_a_hostile_pattern_stalls_nothing(pattern: str) -> None:
    text = "a" * lorebook.MAX_SCANNED + "b"
    began = time.process_time()
    assert read(book(*(entry("x", pattern, use_regex=True) for _ in range(20))), text) is not None
    assert time.process_time() - began < 5, "a backtracking engine would not end within the age of the universe"


def test_many_patterns_on_a_long_text_end_too() -> None:
    many = book(*(entry(f"e{n}", f"(a|b|c{n})*x$", use_regex=True) for n in range(lorebook.MAX_ENTRIES)))
    began = time.process_time()
    read(many, "ab" * lorebook.MAX_SCANNED)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("key", "more", "said"),
    [("ab", {}, "ac"), ("a", {"extensions": {"match_whole_words": True}}, "a"), ("{{user}}", {}, "ac")],
)
def test_many_words_on_a_long_text_end_too(key: str, more: dict[str, Any], said: str) -> None:
    """A book as large as one may be, of words that are never found."""
    many = book(*(entry("x", *[key] * lorebook.MAX_KEYS, **more) for _ in range(1_000)), recursive_scanning=True)
    began = time.process_time()
    assert read(many, said * lorebook.MAX_SCANNED) == []
    assert time.process_time() - began < 2


def test_a_book_of_many_words_on_a_usual_text_is_read_to_its_end() -> None:
    many = book(*(entry("no", *(f"word{n}-{key}" for key in range(4))) for n in range(1_000)), entry("yes", "lizard"))
    assert read(many, *["Once upon a time there was a lizard. " * 40] * 4) == ["yes"]


def test_a_book_has_only_so_many_patterns_and_says_so() -> None:
    """Each takes time to make and memory to keep, whether it is ever found or not."""
    many = book(*(entry("x", *(f"/{n}.{key}\\pL{{1,20}}/" for key in range(100))) for n in range(100)))
    assert [number for number, _reason in lorebook.problems(many)] == list(range(lorebook.MAX_PATTERNS // 100, 100))
    assert str(lorebook.MAX_PATTERNS) in lorebook.described(many)[0]


def test_books_share_what_they_may_work() -> None:
    one = book(entry("x", *["a"] * 50, extensions={"match_whole_words": True}))
    work = lorebook.Work()
    began = time.process_time()
    for _ in range(11):
        assert chosen(one, ["a" * lorebook.MAX_SCANNED], str, work).entries == ()
    assert time.process_time() - began < 1
    assert not work.take(1)


def test_a_pattern_is_run_on_text_of_any_kind() -> None:
    assert read(book(entry("x", "/é./")), "caf\u00e9! \ud800") == ["x"]
    assert patterns.compiled("/a$/m", False).found_in(b"a\nb")


JUNK = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6)  # fmt: skip
NAMES = (
    "keys", "secondary_keys", "content", "constant", "selective", "insertion_order", "priority", "position", "use_regex", "extensions",
    "case_sensitive", "enabled",
)  # fmt: skip
ENTRIES = st.dictionaries(
    st.sampled_from(NAMES),
    JUNK | st.lists(st.text(max_size=4), max_size=3) | st.just({"position": 4, "depth": -1, "role": 99}),
)


@given(
    data=st.dictionaries(st.sampled_from(["scan_depth", "token_budget", "recursive_scanning", "x"]), JUNK),
    entries=st.lists(ENTRIES | JUNK, max_size=4) | st.dictionaries(st.text(max_size=3), ENTRIES, max_size=3) | JUNK,
    said=st.lists(st.text(max_size=10), max_size=4),
)
def test_whatever_a_book_holds_it_is_read_within_its_budget_and_twice_the_same(
    data: Any, entries: Any, said: list[str]
) -> None:
    the_book = parse({**data, "entries": entries})
    found = chosen(the_book, said)
    assert found == chosen(parse({**data, "entries": entries}), said)
    assert sum(lorebook.tokens(one.content) for one in found.entries) <= the_book.budget
    orders = [(one.order, one.number) for one in found.entries]
    assert orders == sorted(orders)


# macros -----------------------------------------------------------------------------------------------------------------


def test_macros_are_replaced_once_and_whatever_their_case() -> None:
    names = {"char": "{{user}}", "user": "<b>{{original}}</b> \\1 $0"}
    assert expanded("{{Char}} {{ USER }} {{other}} {{char {char}}", names) == (
        "{{user}} <b>{{original}}</b> \\1 $0 {{other}} {{char {char}}"
    )
    assert expanded("{{{{char}}}}", {"char": "x"}) == "{{x}}"
    assert expanded("{{" * 50_000, names) == "{{" * 50_000
