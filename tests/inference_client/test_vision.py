"""Images among tokens: told apart by their hash, never cut, never mistaken for text."""

from itertools import pairwise

import pytest

from inference_client.engines.llama_cpp.vision import (
    BREAK,
    IMAGE,
    Piece,
    marked,
    marks,
    places,
    text_length,
    tokens,
    whole,
)
from inference_client.protocol.vocabulary import Image

ONE, OTHER = "a" * 64, "b" * 64
PIECE = Piece(1, 1000, 1000)


def test_places_are_negative_numbers_of_32_bits_that_differ() -> None:
    found = [*places(ONE, PIECE), *places(OTHER, PIECE), *places(ONE, Piece(2, 1000, 1000))]
    assert all(-(2**31) <= place < 0 for place in found)
    assert len(set(found)) == len(found)
    assert places(ONE, PIECE) == places(ONE, PIECE)


def test_images_of_a_message_stand_between_breaks() -> None:
    images = [Image(blob=blob, media_type="image/png") for blob in (ONE, OTHER)]
    parts = [part for part in marks(images).split(BREAK) if part]
    assert [marked(part) for part in parts] == [ONE, OTHER]
    assert marks([]) == ""
    assert marked(ONE) is None
    assert marked(f"a{IMAGE}{ONE}") is None


def test_an_image_is_its_pieces_and_the_tokens_around_them() -> None:
    found = tokens(ONE, ((7, 8), Piece(1, 3, 3), (9,), Piece(3, 2, 2), ()))
    assert found == [7, 8, *places(ONE, Piece(1, 3, 3)), 9, *places(ONE, Piece(3, 2, 2))]


def test_no_count_cuts_an_image() -> None:
    line = [1, 2, *places(ONE, Piece(0, 3, 3)), *places(OTHER, Piece(0, 2, 2)), 5]
    assert [whole(line, count) for count in range(9)] == [0, 1, 2, 2, 2, 5, 5, 7, 8]
    assert whole(places(ONE, PIECE), 999) == 0


@pytest.mark.parametrize(
    ("start", "most", "expected"), [(0, 9, 2), (0, 1, 1), (1, 9, 1), (2, 9, 0), (5, 9, 1), (6, 9, 0)]
)
def test_text_ends_where_an_image_begins(start: int, most: int, expected: int) -> None:
    line = [1, 2, *places(ONE, Piece(0, 3, 3)), 5]
    assert text_length(line, start, most) == expected


def test_every_place_of_a_piece_but_the_first_is_inside() -> None:
    found = places(ONE, PIECE)
    assert found[0] % 2
    assert not any(place % 2 for place in found[1:])
    assert len({left - right for left, right in pairwise(found)}) > 1
