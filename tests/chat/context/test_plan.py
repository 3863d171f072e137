"""What is kept of a long conversation: never less than the question, never more than fits, and the same every time."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.context import weights
from chat.context.plan import PINNED_SHARE, Room, Turn, plan
from chat.context.summaries import dialogue, older_part


def talk(*sizes: int, pinned: tuple[int, ...] = ()) -> list[Turn]:
    """Question and answer in turns, each of so many tokens with what a template puts around it."""
    roles = ("user", "assistant")
    return [
        Turn(UUID(int=at + 1), roles[at % 2], "x" * ((size - weights.MESSAGE_TOKENS) * 4), pinned=at in pinned)
        for at, size in enumerate(sizes)
    ]


def kept(turns: list[Turn], room: Room, **more: object) -> list[int]:
    return [turn.key.int - 1 for turn in plan("", turns, room, **more).turns]  # type: ignore[arg-type]


def test_what_fits_is_kept_whole() -> None:
    turns = talk(100, 100, 100)
    found = plan("Be brief.", turns, Room(2048))
    assert found.turns == tuple(turns)
    assert (found.left_out, found.summarised, found.pinned) == (0, 0, ())


def test_a_full_window_loses_a_block_and_then_nothing_for_a_while() -> None:
    room = Room(2048)
    beginnings = []
    for length in range(3, 60, 2):
        turns = talk(*[100] * length)
        beginnings.append(kept(turns, room)[0])
    moves = [b for a, b in pairwise(beginnings) if a != b]
    assert moves, "nothing was ever left out"
    assert beginnings == sorted(beginnings)
    steps = [b - a for a, b in pairwise(beginnings) if a != b]
    assert all(step >= 4 for step in steps), "a block of some turns, and not one turn each time"
    assert len(moves) < len(beginnings) / 2


def test_what_is_kept_begins_with_a_question() -> None:
    turns = talk(*[300] * 9)
    assert kept(turns, Room(2048))[0] % 2 == 0


def test_pinned_messages_outlive_their_block() -> None:
    turns = talk(*[300] * 9, pinned=(1,))
    found = plan("", turns, Room(2048))
    assert [turn.key.int for turn in found.pinned] == [2]
    assert found.left_out == 9 - len(found.turns) - 1


def test_a_pinned_message_that_is_there_anyway_is_not_said_twice() -> None:
    assert plan("", talk(100, 100, 100, pinned=(0,)), Room(2048)).pinned == ()


def test_of_too_many_pinned_ones_the_newest_are_kept() -> None:
    turns = talk(*[300] * 9, pinned=(0, 1, 2))
    found = plan("", turns, Room(2048))
    assert [turn.key.int for turn in found.pinned] == [3]


def test_a_summary_stands_for_what_is_before_it() -> None:
    turns = talk(100, 100, 100, 100, 100)
    found = plan("", turns, Room(2048), "They said hello.", 2)
    assert found.turns == tuple(turns[2:])
    assert (found.summary, found.summarised, found.left_out) == ("They said hello.", 2, 0)


def test_a_summary_never_stands_for_the_question() -> None:
    turns = talk(100, 100, 100)
    assert plan("", turns, Room(2048), "All of it.", 3).turns == (turns[-1],)


def test_without_a_known_window_only_the_wire_bounds() -> None:
    turns = talk(*[1_000] * 11)
    assert len(plan("", turns, Room(None)).turns) == 11
    few = plan("", turns, Room(None, bytes=20_000)).turns
    assert 0 < len(few) < 6
    assert few[-1] == turns[-1]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("hello there my friend", 5, 7), ("日本語の文章です", 8, 12), ("🦎" * 10, 15, 20), ("", 0, 0)],
)
def test_estimates_are_near_what_vocabularies_make_of_a_text(text: str, least: int, most: int) -> None:
    assert least <= weights.tokens(text) <= most


def test_what_was_counted_corrects_the_estimate_in_steps() -> None:
    assert weights.scale(1_000, 1_000) == 1.0
    assert weights.scale(1_080, 1_000) == weights.scale(1_170, 1_000) == 1.125
    assert weights.scale(500, 1_000) == 0.5
    assert weights.scale(10**9, 1) == weights.MOST_SCALE
    assert weights.scale(0, 1_000) == weights.scale(1_000, 0) == 1.0
    # A model whose tokens are long: more of the conversation fits.
    turns = talk(*[300] * 9)
    assert len(kept(turns, Room(2048, 0.5))) > len(kept(turns, Room(2048, 1.0))) > len(kept(turns, Room(2048, 2.0)))


SIZES = st.lists(st.integers(weights.MESSAGE_TOKENS, 1_500), min_size=1, max_size=40)


@given(SIZES, st.sets(st.integers(0, 39)), st.integers(256, 9_000), st.floats(0.25, 4), st.integers(0, 40))
def test_whatever_the_conversation(sizes: list[int], pins: set[int], window: int, scale: float, replaced: int) -> None:
    sizes = [*sizes[: len(sizes) // 2 * 2], 40]
    turns, room = talk(*sizes, pinned=tuple(pins)), Room(window, scale)
    summary = "What was said." if replaced else ""
    found = plan("System.", turns, room, summary, replaced)
    assert found == plan("System.", list(turns), room, summary, replaced), "the same each time"
    said = [turn for turn in turns if turn.content]
    assert list(found.turns) == said[len(said) - len(found.turns) :], (
        "no hole in what is kept, and the question is there"
    )
    assert found.turns
    assert not {turn.key for turn in found.turns} & {turn.key for turn in found.pinned}
    assert sum(weights.message(turn.content) for turn in found.pinned) * scale <= window / PINNED_SHARE + 1
    assert 0 <= found.left_out <= len(said) - len(found.turns) - found.summarised
    assert room.tokens is not None
    if found.tokens > room.tokens:
        assert len(found.turns) == 1, "it is too much, and more could have been left out"


@given(SIZES, st.integers(256, 9_000), st.lists(st.integers(9, 400), min_size=2, max_size=6))
def test_what_was_left_out_once_does_not_come_back(sizes: list[int], window: int, more: list[int]) -> None:
    shorter = talk(*sizes[: len(sizes) // 2 * 2], 40)
    longer = talk(*sizes[: len(sizes) // 2 * 2], 40, *more[: len(more) // 2 * 2])
    assert kept(longer, Room(window))[0] >= kept(shorter, Room(window))[0]


@given(SIZES, st.integers(0, 39), st.integers(0, 5_000))
def test_what_is_summed_up_ends_with_an_answer_and_leaves_the_last_exchange(
    sizes: list[int], done: int, keep: int
) -> None:
    turns = talk(*sizes)
    done = min(done, len(turns))
    at = older_part(turns, done, keep)
    if at is None:
        return
    assert done <= at < len(turns) - 1
    assert turns[at].role == "assistant"
    last = max(number for number, turn in enumerate(turns) if turn.role == "user")
    assert at < last


def test_the_older_half_of_a_short_conversation_is_summed_up() -> None:
    assert older_part(talk(*[100] * 8), 0, 5_000) == 3
    assert older_part(talk(*[100] * 8), 0, 250) == 5
    assert older_part(talk(*[100] * 8), 4, 5_000) == 5
    assert older_part(talk(100, 100), 0, 5_000) is None
    assert older_part([], 0, 10) is None


@given(SIZES, st.integers(1, 4_000))
def test_a_dialogue_to_be_summed_up_fits_or_is_its_first_exchange(sizes: list[int], room: int) -> None:
    turns = talk(*sizes)
    said, last = dialogue(turns, room)
    if last is None:
        return
    assert any(turn.key == last and turn.role == "assistant" for turn in turns)
    if len(said) > 2:
        assert sum(weights.message(text) for text in said) <= room + 8 * len(said) + 400
