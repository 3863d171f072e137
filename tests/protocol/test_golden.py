"""Recorded sessions, kept for ever, played by two programs that share no code (K11)."""

import json
from pathlib import Path

import pytest

from tests.protocol.sessions import Second, Session, ours, payload, written

SESSIONS: list[Session] = json.loads((Path(__file__).parent / "golden" / "v1.json").read_text(encoding="ascii"))
NAMES = [session["name"] for session in SESSIONS]


def said(session: Session) -> list[tuple[str, int, bytes]]:
    return [(step["from"], step["type"], payload(step)) for step in session["steps"] if not step.get("rekey")]


def recorded(session: Session) -> list[tuple[str, str]]:
    return [(frame["from"], frame["frame"]) for frame in session["frames"]]


def test_there_are_twenty() -> None:
    assert len(set(NAMES)) == 20


@pytest.mark.parametrize("session", SESSIONS, ids=NAMES)
def test_the_project_plays_the_session_byte_for_byte(session: Session) -> None:
    hello, answer, session_id, wire, opened = ours(session)
    assert (hello.hex(), answer.hex(), session_id) == (session["hello"], session["answer"], session["session_id"])
    assert [(sender, written(frame)) for sender, frame in wire] == recorded(session)
    assert opened == said(session)


@pytest.mark.parametrize("session", SESSIONS, ids=NAMES)
def test_the_second_reader_plays_the_session_byte_for_byte(session: Session) -> None:
    second = Second(session)
    assert second.hello.hex() == session["hello"]
    assert second.answer.hex() == session["answer"]
    assert second.session_id == session["session_id"]
    assert [(sender, written(frame)) for sender, frame in second.frames()] == recorded(session)


@pytest.mark.parametrize("session", SESSIONS, ids=NAMES)
def test_the_second_reader_opens_what_the_project_sealed(session: Session) -> None:
    _, _, _, wire, _ = ours(session)
    assert list(Second(session).messages(wire)) == said(session)


def test_a_changed_step_changes_the_recording() -> None:
    changed = json.loads(json.dumps(SESSIONS[0]))
    changed["steps"][0]["payload"] = "00"
    _, _, _, wire, _ = ours(changed)
    assert [(sender, written(frame)) for sender, frame in wire] != recorded(changed)
