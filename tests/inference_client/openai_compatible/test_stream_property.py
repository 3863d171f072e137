"""Properties of what reads a stream: however it is torn it says the same, and whatever it is it ends in one kind of error."""

import itertools
import json
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.base import Event, Text
from inference_client.engines.openai_compatible.answer import AnswerReader
from inference_client.engines.openai_compatible.echo import LEAST_ECHO, Echo, Surrogates
from inference_client.engines.openai_compatible.faults import Fault
from inference_client.engines.openai_compatible.request import leave_out
from inference_client.engines.openai_compatible.sse import EventReader, TooLong
from inference_client.protocol.vocabulary import ChatMessage

LINES = st.sampled_from([b"data: a", b"data:b", b"data:  c ", b": ping", b"event: x", b"", b"", b"data", b"id: 3"])
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
KEYS = (
    "choices",
    "delta",
    "content",
    "reasoning_content",
    "tool_calls",
    "function",
    "arguments",
    "index",
    "id",
    "usage",
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


def said(events: list[Event]) -> tuple[str, str]:
    """(thinking, answer); thinking never follows the answer."""
    texts = [event for event in events if isinstance(event, Text)]
    assert [event.thinking for event in texts] == sorted((event.thinking for event in texts), reverse=True)
    assert all(event.text for event in texts)
    "".join(event.text for event in texts).encode("utf-8")
    thinking = "".join(event.text for event in texts if event.thinking)
    return thinking, "".join(event.text for event in texts if not event.thinking)


@given(st.lists(st.tuples(LINES, ENDS), max_size=30), st.lists(st.integers(1, 5), min_size=1, max_size=200))
def test_events_are_the_same_however_their_bytes_are_torn(lines: list[tuple[bytes, bytes]], sizes: list[int]) -> None:
    whole = b"".join(line + end for line, end in lines)
    torn, at, found = EventReader(), 0, []
    for number in range(len(whole)):
        size = sizes[number % len(sizes)]
        found += torn.feed(whole[at : at + size])
        at += size
    # Told apart at the line ends alone: text.splitlines knows the same three.
    plain: list[bytes] = []
    data: list[str] = []
    for line in whole.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        if not line and data:
            plain.append("\n".join(data).encode())
            data = []
        elif line.partition(":")[0] == "data":
            data.append(line.partition(":")[2].removeprefix(" "))
    assert found == plain == EventReader().feed(whole)


def test_an_event_without_an_end_is_given_up_at_the_limit() -> None:
    assert EventReader(limit=100).feed(b"data: " + b"x" * 94 + b"\n\n") == [b"x" * 94]
    for endless in (b"x" * 10, b"data: x\n"):
        reader = EventReader(limit=100)
        with pytest.raises(TooLong):
            deque(map(reader.feed, itertools.repeat(endless, 1000)), maxlen=0)


@given(st.lists(VALUES, max_size=6), st.sampled_from(["", "The answer so far, which is long enough."]))
def test_whatever_json_comes_ends_in_text_or_a_fault(chunks: list[Any], so_far: str) -> None:
    reader, events = AnswerReader(1, "host", so_far, no_thinking=bool(so_far)), []
    try:
        for chunk in chunks:
            events += reader.read(json.dumps(chunk).encode())
            events += reader.read(json.dumps({"choices": [{"index": 0, "delta": chunk}]}).encode())
        events += reader.end()
        reader.outcome()
    except Fault:
        pass
    said(events)


@given(st.binary(max_size=60))
def test_whatever_bytes_come_end_in_text_or_a_fault(data: bytes) -> None:
    try:
        said(AnswerReader(1, "host").read(data))
    except Fault as fault:
        assert fault.retry


@given(st.text(max_size=40), st.text(max_size=40), st.lists(st.integers(1, 7), min_size=1, max_size=90))
def test_fields_and_tags_tell_thinking_from_the_answer_alike(thought: str, answer: str, sizes: list[int]) -> None:
    thought, answer = (text.replace("\0", "").replace("<", "(").replace("[", "(").strip() for text in (thought, answer))
    tagged = f"<think>\n{thought}\n</think>\n\n{answer}"
    by_tags, by_fields = AnswerReader(1, "host"), AnswerReader(1, "host")
    events, at = [], 0
    for number in range(len(tagged)):
        size = sizes[number % len(sizes)]
        events += by_tags.read(json.dumps({"choices": [{"delta": {"content": tagged[at : at + size]}}]}).encode())
        at += size
    assert said(events + by_tags.end()) == (thought, answer)
    told = [{"reasoning_content": thought}, {"content": answer}]
    events = [event for part in told for event in by_fields.read(json.dumps({"choices": [{"delta": part}]}).encode())]
    assert said(events + by_fields.end()) == (thought, answer)


@given(st.text(max_size=60), st.text(min_size=1, max_size=60), st.booleans(), st.integers(1, 9))
def test_a_repeated_answer_is_taken_away_and_nothing_else(so_far: str, more: str, repeated: bool, size: int) -> None:
    sent = so_far + more if repeated else more
    echo = Echo(so_far)
    heard = "".join(echo.feed(sent[at : at + size]) for at in range(0, len(sent), size)) + echo.end()
    if len(so_far) >= LEAST_ECHO and sent.startswith(so_far):
        assert heard == sent[len(so_far) :]
    else:
        assert heard == sent


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), st.integers(1, 3))
def test_characters_torn_into_halves_are_joined(text: str, size: int) -> None:
    units = [text.encode("utf-16-le")[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(text.encode("utf-16-le")), 2)]  # fmt: skip
    mended = Surrogates()
    assert "".join(mended.feed("".join(units[at : at + size])) for at in range(0, len(units), size)) == text


@given(st.lists(st.sampled_from(["system", "user", "assistant", "tool"]), max_size=12), st.floats(0, 1))
def test_what_is_left_of_a_conversation_is_shorter_and_begins_with_a_question(roles: list[str], share: float) -> None:
    messages = [ChatMessage(role=role, content=f"{number}" * 10) for number, role in enumerate(roles)]
    rounds = 0
    while (kept := leave_out(messages, share)) is not None:
        assert len(kept) < len(messages)
        assert [m for m in kept if m.role == "system"] == [m for m in messages if m.role == "system"]
        assert kept[-1] == messages[-1] or messages[-1].role == "system" or kept[-1].role != "system"
        talk = [message for message in kept if message.role != "system"]
        assert talk[0].role == "user"
        assert talk == [m for m in messages if m.role != "system"][-len(talk) :]
        messages, rounds = list(kept), rounds + 1
        assert rounds <= 12
