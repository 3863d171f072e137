"""Bytes of tokens become characters a reader may see."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.llama_cpp.text import TextStream


@given(st.text(), st.randoms(use_true_random=False))
def test_any_cutting_of_the_bytes_gives_the_same_text_and_never_half_a_character(
    text: str, chance: random.Random
) -> None:
    stream = TextStream()
    raw = text.encode("utf-8")
    found = ""
    at = 0
    while at < len(raw):
        size = chance.randint(1, 3)
        found += stream.feed(raw[at : at + size])
        assert text.startswith(found)
        at += size
    assert found + stream.end() == text


@given(st.binary())
def test_bytes_that_are_no_text_can_still_be_sent(raw: bytes) -> None:
    stream = TextStream()
    text = "".join(stream.feed(raw[at : at + 1]) for at in range(len(raw))) + stream.end()
    text.encode("utf-8")


@given(st.text(alphabet="ab", max_size=30), st.lists(st.text(alphabet="ab", min_size=1, max_size=4), max_size=3))
def test_a_stop_string_is_cut_off_wherever_it_begins(text: str, stop: list[str]) -> None:
    stream = TextStream(stop)
    found = ""
    for character in text:
        found += stream.feed(character.encode())
        assert not any(word in found for word in stop), "part of a stop string was shown"
    found += stream.end()
    # The stop string that is whole first ends the text, not the one that begins first.
    ends = [end for end in range(len(text) + 1) if any(text[:end].endswith(word) for word in stop)]
    if ends:
        seen = text[: ends[0]]
        assert found == seen[: min(seen.find(word) for word in stop if word in seen)]
        assert stream.stopped
    else:
        assert found == text


def test_half_a_character_at_the_end_is_left_out() -> None:
    stream = TextStream()
    assert stream.feed("é🐊".encode()[:-1]) == "é"
    assert stream.end() == ""


@pytest.mark.parametrize("surrogate", [b"\xed\xa0\x80", b"\xed\xbf\xbf"])
def test_an_encoded_surrogate_becomes_replacement_characters(surrogate: bytes) -> None:
    assert set(TextStream().feed(surrogate + b"x")) == {"\ufffd", "x"}
