"""Thinking and answer are told apart wherever the stream is cut."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.llama_cpp.thinking import TAGS, Piece, Thinking, Where

OPEN, CLOSE = TAGS[0]

tag_soup = st.lists(
    st.sampled_from([OPEN, CLOSE, "<thi", "</", "nk>", "a", "🦎", " ", "\n", "<", "word"]), max_size=12
).map("".join)


def joined(pieces: list[Piece]) -> tuple[str, str]:
    """(thinking, answer); all thinking must come first."""
    kinds = [thought for _, thought in pieces]
    assert kinds == sorted(kinds, reverse=True)
    assert all(text for text, _ in pieces)
    return "".join(t for t, thought in pieces if thought), "".join(t for t, thought in pieces if not thought)


def split(texts: list[str], where: Where = "start", *, going_on: bool = False) -> tuple[str, str]:
    thinking = Thinking(OPEN, CLOSE, where, going_on=going_on)
    pieces = [piece for text in texts for piece in thinking.feed(text)]
    return joined(pieces + thinking.end())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>\nHm.\n</think>\n\nYes.", ("Hm.", "Yes.")),
        ("\n<think>Hm.</think>Yes.", ("Hm.", "Yes.")),
        ("<think>\n\n</think>\n\nYes.", ("", "Yes.")),
        ("<think>Hm </think", ("Hm </think", "")),
        ("<think>Hm.", ("Hm.", "")),
        ("<think>a < b </ c</think>d", ("a < b </ c", "d")),
        ("Yes.", ("", "Yes.")),
        ("  Yes <think>no</think>", ("", "  Yes <think>no</think>")),
        ("<think>a</think>b<think>c</think>", ("a", "b<think>c</think>")),
        ("<thi", ("", "<thi")),
        ("<thin ice>", ("", "<thin ice>")),
    ],
)
def test_every_cut_of_the_stream_gives_the_same(text: str, expected: tuple[str, str]) -> None:
    assert split(list(text)) == expected
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            assert split([text[:first], text[first:second], text[second:]]) == expected


@given(tag_soup, st.sampled_from(["start", "thinking", "gap", "answer"]), st.booleans(), st.randoms())
def test_no_cutting_changes_the_outcome(text: str, where: Where, going_on: bool, chance: random.Random) -> None:
    cut = sorted(chance.randint(0, len(text)) for _ in range(chance.randint(0, 6)))
    parts = [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True)]
    assert split(parts, where, going_on=going_on) == split([text], where, going_on=going_on)


@given(tag_soup)
def test_no_word_is_lost(text: str) -> None:
    thought, answer = split(list(text))
    kept = (thought + answer).replace(OPEN, "").replace(CLOSE, "")
    assert "".join(kept.split()) == "".join(text.replace(OPEN, "").replace(CLOSE, "").split())


def test_nothing_of_a_closing_tag_is_shown_before_it_is_whole() -> None:
    thinking = Thinking(OPEN, CLOSE)
    assert thinking.feed("<think>So </thi") == [("So", True)]
    assert thinking.feed("nk>") == []
    assert thinking.feed("\n\nYes") == [("Yes", False)]


def test_thinking_goes_on_where_it_was_interrupted_with_its_white_space() -> None:
    assert split([" and so on</think>\n\nYes"], "thinking", going_on=True) == (" and so on", "Yes")
    assert split(["\nHm</think>Yes"], "thinking") == ("Hm", "Yes")
    assert split(["<think>"], "answer") == ("", "<think>")
