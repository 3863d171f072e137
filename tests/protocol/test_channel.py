"""What goes through a channel, how it is cut and padded, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.protocol import padding
from inference_client.protocol.aead import Cipher
from inference_client.protocol.channel import Limits, Message
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import (
    FLAG_FIRST,
    FLAG_NEXT,
    HEADER,
    MAX_FRAME,
    MAX_MESSAGE,
    MESSAGE,
    MIN_FRAME,
    REKEY,
    WEBSOCKET_MAX_SIZE,
)
from tests.protocol.pairs import connect, pass_on, refusal

FULL = padding.MAX_CONTENT


@pytest.mark.parametrize(
    ("size", "frames"),
    [
        (0, 1),
        (1, 1),
        (253, 1),
        (254, 1),
        (255, 1),
        (FULL, 1),
        (FULL + 1, 2),
        (2 * FULL - 4, 2),
        (2 * FULL - 3, 3),
        (MAX_MESSAGE, 17),
    ],
)
def test_a_payload_of_any_size_arrives_whole(size: int, frames: int) -> None:
    pair = connect()
    payload = bytes(at % 253 for at in range(size))
    for sender, receiver in (pair, reversed(pair)):
        sealed = sender.seal(MESSAGE, payload)
        assert len(sealed) == frames
        assert all(MIN_FRAME <= len(frame) <= MAX_FRAME <= WEBSOCKET_MAX_SIZE for frame in sealed)
        assert [receiver.open(frame) for frame in sealed[:-1]] == [None] * (frames - 1)
        assert receiver.open(sealed[-1]) == Message(MESSAGE, payload)


def test_a_payload_above_the_limit_is_refused_and_the_channel_goes_on() -> None:
    pair = connect()
    with pytest.raises(ChannelError, match="too_large"):
        pair.client.seal(MESSAGE, bytes(MAX_MESSAGE + 1))
    assert pass_on(pair.client.seal(MESSAGE, b"smaller"), pair.site)


def test_frames_show_a_texts_size_only_in_steps_of_256_bytes() -> None:
    pair = connect()
    sizes = {len(pair.client.seal(MESSAGE, bytes(size))[0]) for size in range(600)}
    assert sizes == {MIN_FRAME, MIN_FRAME + 256, MIN_FRAME + 512}


@given(st.binary(max_size=1100))
def test_padding_comes_off_again(content: bytes) -> None:
    padded = padding.pad(content)
    assert len(padded) % 256 == 0
    assert len(padded) - len(content) <= 257
    assert padding.unpad(padded) == content


WRONG_PADDING = {
    "nothing": b"",
    "one byte": b"\0",
    "no multiple of 256": b"\0\1x" + bytes(254),
    "a whole step too many": b"\0\1x" + bytes(253 + 256),
    "longer than it is": b"\1\0" + bytes(254),
    "not zero at the end": b"\0\1x" + bytes(252) + b"\1",
    "not zero at the start": b"\0\1xy" + bytes(252),
}


@pytest.mark.parametrize("padded", WRONG_PADDING.values(), ids=WRONG_PADDING.keys())
def test_any_other_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(ChannelError, match="bad_frame"):
        padding.unpad(padded)


def test_more_than_a_frame_holds_cannot_be_padded() -> None:
    assert len(padding.pad(bytes(FULL))) == padding.MAX_PADDED
    with pytest.raises(ValueError, match="do not fit"):
        padding.pad(bytes(FULL + 1))


def test_an_unknown_type_is_ignored_unless_it_must_be_understood() -> None:
    pair = connect()
    assert pass_on(pair.client.seal(0x77, b"from the future"), pair.site) == []
    assert pass_on(pair.client.seal(0x77, bytes(100_000)), pair.site) == []
    assert pass_on(pair.client.seal(MESSAGE, b"text"), pair.site)
    for size in (10, 100_000):
        frame = pair.client.seal(0x77, bytes(size), must_understand=True)[0]
        assert refusal(pair.site, frame) == "unknown_type"
        pair = connect()


def test_a_type_both_ends_know_beyond_the_usual_is_given() -> None:
    known = frozenset({MESSAGE, 0x20})
    pair = connect(client_known=known, site_known=known)
    sealed = pair.client.seal(0x20, b"a new kind", must_understand=True)
    assert pass_on(sealed, pair.site) == [Message(0x20, b"a new kind")]


@pytest.mark.parametrize("type_", [REKEY, -1, 256])
def test_a_type_that_is_not_for_messages_cannot_be_sealed(type_: int) -> None:
    with pytest.raises(ValueError, match="not for messages"):
        connect().client.seal(type_, b"text")


@pytest.mark.parametrize("size", [0, 11, 12, 28, MIN_FRAME - 1, MAX_FRAME + 1, 100_000])
def test_a_frame_of_an_impossible_size_is_refused_unopened(size: int) -> None:
    pair = connect()
    assert refusal(pair.site, bytes(size)) == ("too_large" if size > MAX_FRAME else "bad_frame")


# What a peer with the right keys but the wrong program could send: made with the sender's own inner function.
FIRST_OF_TWO = (FULL + 1).to_bytes(4, "big") + bytes(FULL - 4)


@pytest.mark.parametrize("flags", [0x0008, 0x8000, FLAG_FIRST | FLAG_NEXT])
def test_unknown_and_contradicting_flags_are_refused(flags: int) -> None:
    pair = connect()
    assert refusal(pair.site, pair.client._frame(MESSAGE, flags, FIRST_OF_TWO)) == "bad_frame"


def test_a_frame_of_another_version_is_refused() -> None:
    pair = connect()
    pair.client.version = 2
    assert refusal(pair.site, pair.client.seal(MESSAGE, b"text")[0]) == "bad_frame"


IMPROPER_FIRST = {
    "announces nothing": (bytes(FULL), "bad_frame"),
    "would fit in one frame": (FULL.to_bytes(4, "big") + bytes(FULL - 4), "bad_frame"),
    "is not full": ((FULL + 1).to_bytes(4, "big") + bytes(100), "bad_frame"),
    "is empty": (b"", "bad_frame"),
    "announces too much": ((MAX_MESSAGE + 1).to_bytes(4, "big") + bytes(FULL - 4), "too_large"),
    "announces 4 GiB": (b"\xff\xff\xff\xff" + bytes(FULL - 4), "too_large"),
}


@pytest.mark.parametrize(("content", "code"), IMPROPER_FIRST.values(), ids=IMPROPER_FIRST.keys())
def test_an_improper_first_fragment_is_refused(content: bytes, code: str) -> None:
    pair = connect()
    assert refusal(pair.site, pair.client._frame(MESSAGE, FLAG_FIRST, content)) == code


IMPROPER_NEXT = {
    "another message": (MESSAGE, 0, b"text"),
    "another first fragment": (MESSAGE, FLAG_FIRST, FIRST_OF_TWO),
    "a fragment of another type": (0x77, FLAG_NEXT, bytes(5)),
    "a fragment with another flag": (MESSAGE, FLAG_NEXT | 1, bytes(5)),
    "too little": (MESSAGE, FLAG_NEXT, bytes(4)),
    "too much": (MESSAGE, FLAG_NEXT, bytes(6)),
    "nothing": (MESSAGE, FLAG_NEXT, b""),
    "a rekeying": (REKEY, 1, bytes(96)),
}


@pytest.mark.parametrize(("type_", "flags", "content"), IMPROPER_NEXT.values(), ids=IMPROPER_NEXT.keys())
def test_only_the_right_fragment_may_follow(type_: int, flags: int, content: bytes) -> None:
    pair = connect()
    assert pass_on([pair.client._frame(MESSAGE, FLAG_FIRST, FIRST_OF_TWO)], pair.site) == []
    assert refusal(pair.site, pair.client._frame(type_, flags, content)) == "bad_frame"


def test_the_right_fragment_may_follow() -> None:
    pair = connect()
    pass_on([pair.client._frame(MESSAGE, FLAG_FIRST, FIRST_OF_TWO)], pair.site)
    assert pass_on([pair.client._frame(MESSAGE, FLAG_NEXT, bytes(5))], pair.site) == [Message(MESSAGE, bytes(FULL + 1))]


def test_a_fragment_out_of_nowhere_is_refused() -> None:
    pair = connect()
    for content in (b"", b"text", bytes(FULL)):
        assert refusal(pair.site, pair.client._frame(MESSAGE, FLAG_NEXT, content)) == "bad_frame"
        pair = connect()


def test_a_channel_closed_by_its_owner_does_nothing_more() -> None:
    pair = connect()
    (frame,) = pair.client.seal(MESSAGE, b"underway")
    pair.site.close()
    for attempt in (lambda: pair.site.open(frame), lambda: pair.site.seal(MESSAGE, b""), lambda: pair.site.tick(0.0)):
        with pytest.raises(ChannelError, match="closed"):
            attempt()


def test_a_cipher_takes_keys_of_32_bytes_only() -> None:
    for size in (0, 16, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            Cipher(bytes(size))


@given(st.binary(max_size=400))
def test_nothing_a_stranger_sends_raises_anything_else(junk: bytes) -> None:
    pair = connect()
    assert refusal(pair.site, junk) in ("bad_frame", "out_of_order", "replayed")
    head = HEADER.pack(1, MESSAGE, 0, 1)
    assert refusal(pair.site, head + junk.ljust(272, b"\0")) == "bad_frame"


def test_the_limits_can_be_lower() -> None:
    pair = connect(limits=Limits(message=70_000))
    assert pass_on(pair.client.seal(MESSAGE, bytes(70_000)), pair.site)
    with pytest.raises(ChannelError, match="too_large"):
        pair.client.seal(MESSAGE, bytes(70_001))
