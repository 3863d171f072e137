"""Messages of the child come out whole, however the pipe cuts them."""

import multiprocessing
import pickle
import random
import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.base import Done, Error, Event, Progress, Text
from inference_client.engines.llama_cpp.parcel import Frames, opened, packed
from inference_client.protocol.vocabulary import Usage

EVENTS: list[Event] = [
    Text(1, "é🦎", True),
    Text(2, ""),
    Progress(3, 1, 2),
    Done(1, "stop", Usage(prompt_tokens=1, completion_tokens=2)),
    Error(2, "code", "words", retry=True),
]


def test_events_arrive_as_they_were_sent() -> None:
    assert opened(pickle.loads(packed(EVENTS))) == EVENTS
    ours, theirs = multiprocessing.Pipe()
    theirs.send_bytes(packed(EVENTS))
    assert opened(ours.recv()) == EVENTS


def framed(message: bytes, *, long: bool) -> bytes:
    return (struct.pack("!iQ", -1, len(message)) if long else struct.pack("!i", len(message))) + message


@given(st.lists(st.tuples(st.binary(max_size=50), st.booleans()), max_size=8), st.randoms(use_true_random=False))
def test_any_cutting_gives_the_same_messages(sent: list[tuple[bytes, bool]], chance: random.Random) -> None:
    raw = b"".join(framed(message, long=long) for message, long in sent)
    frames, place = Frames(), 0
    found: list[bytes] = []
    while place < len(raw):
        size = chance.randint(1, 20)
        found += list(frames.feed(raw[place : place + size]))
        place += size
    assert found == [message for message, _ in sent]


def test_the_connection_frames_its_messages_so() -> None:
    ours, theirs = multiprocessing.Pipe()
    raw = socket.socket(fileno=ours.fileno())
    theirs.send(["one"])
    theirs.send_bytes(b"x" * 30_000)
    frames = Frames()
    found: list[bytes] = []
    while len(found) < 2:
        found += list(frames.feed(raw.recv(1000)))
    assert [pickle.loads(found[0]), found[1]] == [["one"], b"x" * 30_000]
    raw.detach()
