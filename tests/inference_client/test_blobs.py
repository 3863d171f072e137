"""Bytes that come in parts: whole and checked, or refused; never more than the bound."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.protocol import messages as wire
from inference_client.protocol.errors import ChannelError
from inference_client.session.blobs import KEPT_BLOBS, Blobs


def parts(data: bytes, size: int = 7) -> list[wire.BlobPart]:
    name = hashlib.sha256(data).hexdigest()
    return [
        wire.BlobPart(blob=name, offset=at, total=len(data), data=base64.b64encode(data[at : at + size]).decode())
        for at in range(0, len(data), size)
    ]


def _add_all(blobs: Blobs, them: list[wire.BlobPart]) -> None:
    for part in them:
        blobs.add(part)


def test_blobs_of_two_jobs_may_be_mixed_and_begun_anew() -> None:
    blobs = Blobs()
    one, two = parts(b"first of them"), parts(b"the second one")
    for part in (one[0], two[0], one[0], one[1], two[1]):
        blobs.add(part)
    assert (blobs.get(one[0].blob), blobs.get(two[0].blob)) == (b"first of them", b"the second one")
    for part in one:
        blobs.add(part)
    assert blobs.size == len(b"first of them") + len(b"the second one")


@pytest.mark.parametrize(
    "change",
    [
        {"data": "no base64!"},
        {"data": "QUFB QUFB"},
        {"offset": 8},
        {"offset": 14},
        {"total": 22},
        {"data": base64.b64encode(b"x" * 20).decode()},
        {"data": base64.b64encode(b"x" * 14).decode()},
        {"blob": "0" * 64},
    ],
)
def test_garbage_among_the_parts_breaks_the_connection(change: dict[str, object]) -> None:
    blobs = Blobs()
    first, second, third = parts(b"x" * 7 + b"y" * 14)
    blobs.add(first)
    with pytest.raises(ChannelError):
        _add_all(blobs, [second.model_copy(update=change), third])
    assert blobs.get(first.blob) is None


def test_a_part_that_differs_from_a_blob_that_is_here_breaks_the_connection() -> None:
    blobs = Blobs()
    (part,) = parts(b"abc")
    blobs.add(part)
    blobs.add(part)
    with pytest.raises(ChannelError):
        blobs.add(part.model_copy(update={"data": base64.b64encode(b"abd").decode()}))


def test_blobs_stay_within_their_bound_and_the_one_used_longest_ago_goes() -> None:
    blobs = Blobs(kept=100)
    names = []
    for letter in b"abcd":
        (part,) = parts(bytes([letter]) * 30, 30)
        names.append(part.blob)
        blobs.add(part)
        blobs.get(names[0])
    assert [blobs.get(name) is not None for name in names] == [True, False, True, True]
    assert blobs.size == 90
    abandoned = parts(b"e" * 90, 30)
    blobs.add(abandoned[0])
    assert blobs.size <= 100


DATA = (b"first of them", b"the second one", b"x" * 40)
PARTS = [part for data in DATA for part in parts(data)]


@given(st.lists(st.sampled_from(PARTS), max_size=40))
def test_in_whatever_order_parts_come_a_blob_is_whole_or_not_there(order: list[wire.BlobPart]) -> None:
    blobs = Blobs(kept=60)
    try:
        _add_all(blobs, order)
    except ChannelError:
        pass
    for data in DATA:
        assert blobs.get(hashlib.sha256(data).hexdigest()) in (None, data)
    assert 0 <= blobs.size <= 60


def test_a_flood_of_the_smallest_blobs_stays_bounded_too() -> None:
    blobs = Blobs()
    first, last = parts(b"first")[0], parts(b"last")[0]
    blobs.add(first)
    for number in range(KEPT_BLOBS):
        data = number.to_bytes(4, "big")
        # Some are never sent to their end.
        blobs.add(parts(data, size=4 - number % 2)[0])
    blobs.add(last)
    assert len(blobs._blobs) == KEPT_BLOBS
    assert blobs.get(first.blob) is None
    assert blobs.get(last.blob) == b"last"
