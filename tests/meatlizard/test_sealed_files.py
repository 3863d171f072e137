"""Sealed files: they open under their key alone, as what they are, whole; whatever was done to them is noticed."""

import io
import os
from collections.abc import Iterator

import pytest

from meatlizard.security.sealed import Unopened
from meatlizard.security.sealed_files import MAGIC, MARK, PIECE, SALT, TAG, sealing, unsealed

KEY, OTHER = bytes(range(32)), b"o" * 32
HEAD = len(MAGIC) + MARK + SALT


def sealed(text: bytes, key: bytes = KEY, context: str = "a") -> bytes:
    return b"".join(sealing([text], key, context))


def opened(data: bytes, *keys: bytes, context: str = "a") -> bytes:
    with unsealed(io.BytesIO(data), keys or (KEY,), context) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_was_sealed_opens(size: int) -> None:
    text = os.urandom(size)
    data = sealed(text)
    assert opened(data) == text
    assert len(data) == HEAD + size + TAG * max(1, -(-size // PIECE))
    assert not text or text[:8] not in data
    assert sealed(text) != data, "no two seals are alike"


def test_pieces_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "urandom", lambda size: b"s" * size)
    text = bytes(range(256)) * 700
    small: Iterator[bytes] = (text[at : at + 997] for at in range(0, len(text), 997))
    assert b"".join(sealing(small, KEY, "a")) == sealed(text)


def test_it_is_read_a_piece_at_a_time() -> None:
    source = io.BytesIO(sealed(b"x" * 5 * PIECE))
    with unsealed(source, [KEY], "a") as file:
        assert file.read(10) == b"x" * 10
        assert source.tell() < 4 * PIECE
    assert source.closed


def test_old_keys_open_and_others_do_not() -> None:
    data = sealed(b"text", OTHER)
    assert opened(data, KEY, OTHER) == b"text"
    for keys in ((KEY,), ()):
        with pytest.raises(Unopened):
            unsealed(io.BytesIO(data), keys, "a")
    with pytest.raises(Unopened):
        opened(data, OTHER, context="b")


def test_every_flipped_bit_is_noticed() -> None:
    data = sealed(b"Lizards bask.")
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            with pytest.raises(Unopened):
                opened(bytes(changed))


def test_pieces_cannot_be_cut_off_swapped_or_added() -> None:
    data = sealed(b"a" * PIECE + b"b" * PIECE + b"c")
    size = PIECE + TAG
    first, second, last = data[HEAD : HEAD + size], data[HEAD + size : HEAD + 2 * size], data[HEAD + 2 * size :]
    head = data[:HEAD]
    assert opened(head + first + second + last)
    for wrong in (
        head + first + second, head + first, head, head[:-1], b"", head + second + first + last, head + first + last,
        head + first + second + last + b"x", head + first + second + last + last, head + first + first + second + last,
    ):  # fmt: skip
        with pytest.raises(Unopened):
            opened(wrong)
