"""No (key, nonce) pair is ever used twice (K9): over many frames and rekeyings, between threads, after a fork.

``NONCE_FRAMES`` sets how many frames are sealed (40,000 by default; 1,000,000 is the release run).
"""

import os
import time
from collections import defaultdict
from threading import Barrier, Thread

import pytest

from inference_client.protocol import aead
from inference_client.protocol.channel import Direction, Limits
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import MESSAGE, SEQ
from tests.protocol.pairs import connect, pass_on, settle

FRAMES = int(os.environ.get("NONCE_FRAMES", "40000"))


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, set[bytes]]:
    """Nonces by key, of everything sealed in the test; a repeated one fails at once."""
    seen: dict[bytes, set[bytes]] = defaultdict(set)

    class Watched(aead.Cipher):
        __slots__ = ("key",)

        def __init__(self, key: bytes) -> None:
            super().__init__(key)
            self.key = key

        def seal(self, counter: bytes, plaintext: bytes, associated: bytes) -> bytes:
            assert counter not in seen[self.key], "one nonce twice under one key"
            seen[self.key].add(counter)
            return super().seal(counter, plaintext, associated)

    monkeypatch.setattr("inference_client.protocol.channel.Cipher", Watched)
    monkeypatch.setattr("inference_client.protocol.noise.Cipher", Watched)
    return seen


def test_many_frames_and_three_rekeyings_repeat_no_nonce(used: dict[bytes, set[bytes]]) -> None:
    pair = connect(limits=Limits(frames=FRAMES // 8 + 1))
    for _ in range(FRAMES // 2):
        pass_on(pair.client.seal(MESSAGE, b"up"), pair.site)
        pass_on(pair.site.seal(MESSAGE, b"down"), pair.client)
        settle(pair)
    assert pair.client.rekeyings == pair.site.rekeyings >= 3
    transport = [nonces for nonces in used.values() if len(nonces) > 8]
    assert len(transport) == 2 * (pair.client.rekeyings + 1)
    assert sum(map(len, transport)) >= FRAMES


def test_the_guard_would_notice_a_counter_set_back(used: dict[bytes, set[bytes]]) -> None:
    pair = connect()
    pair.client.seal(MESSAGE, b"text")
    pair.client._send.seq -= 1
    with pytest.raises(AssertionError, match="one nonce twice"):
        pair.client.seal(MESSAGE, b"text")


class Yielding(Direction):
    """Lets another thread run between reading a number and counting on, where two senders could take the same one."""

    def past(self, limits: Limits, times: int = 1) -> bool:
        time.sleep(0)
        return super().past(limits, times)


def test_threads_that_seal_at_once_get_different_numbers(used: dict[bytes, set[bytes]]) -> None:
    pair = connect(confirm=False)
    pair.client._send = Yielding(bytes(32))
    start = Barrier(4)
    frames: list[bytes] = []

    def seal() -> None:
        start.wait()
        for _ in range(250):
            frames.extend(pair.client.seal(MESSAGE, b"text"))

    threads = [Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(frame[SEQ] for frame in frames) == [number.to_bytes(8, "big") for number in range(1000)]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_can_neither_seal_nor_open_while_the_parent_goes_on() -> None:
    pair = connect()
    (waiting,) = pair.site.seal(MESSAGE, b"for the parent")
    child = os.fork()
    if child == 0:
        refused = 0
        for attempt in (
            lambda: pair.client.seal(MESSAGE, b"x"),
            lambda: pair.client.open(waiting),
            lambda: pair.client.tick(1),
        ):
            try:
                attempt()
            except ChannelError as error:
                refused += error.code == "forked"
        os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert pass_on([waiting], pair.client)
    assert pass_on(pair.client.seal(MESSAGE, b"x"), pair.site)


def test_a_counter_at_its_end_refuses_instead_of_beginning_again() -> None:
    pair = connect(limits=Limits(frames=2**64))
    pair.client._send.seq = pair.site._receive.seq = aead.MAX_COUNTER
    assert pass_on(pair.client.seal(MESSAGE, b"the last"), pair.site)
    with pytest.raises(ChannelError, match="rekey_required"):
        pair.client.seal(MESSAGE, b"one too many")
    assert pair.client.closed


def test_a_failed_sealing_spends_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = connect()

    class Failing(aead.Cipher):
        __slots__ = ()

        def seal(self, counter: bytes, plaintext: bytes, associated: bytes) -> bytes:
            raise MemoryError

    direction: Direction = pair.client._send
    before = direction.seq
    true_cipher = direction.cipher
    direction.cipher = Failing(bytes(32))
    with pytest.raises(MemoryError):
        pair.client.seal(MESSAGE, b"text")
    direction.cipher = true_cipher
    assert direction.seq == before + 1
    assert pair.client.seal(MESSAGE, b"text")[0][SEQ] == (before + 1).to_bytes(8, "big")
