"""Whatever makes an answer less than what was asked for is said on the message."""

import pytest

from chat.messages import message_out
from chat.models import Generation, Message

pytestmark = pytest.mark.django_db


def said(source: str = "model", content: str = "Yes.", **values: object) -> tuple[str, str]:
    """(notice, error) of an answer that ended so."""
    message = Message(role="assistant", source=source, content=content, created="2026-11-01T00:00:00Z")
    out = message_out(message, Generation(**{"state": "done", "reason": "stop", "attempts": 1, **values}))
    return out.notice, out.error


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"source": "markov", "answered_by": "markov", "model": "large"}, "Markov generator"),
        ({"model": "large", "answered_by": "small"}, "large was asked for; small answered."),
        ({"attempts": 2}, "went away or failed 1 time;"),
        ({"attempts": 3}, "went away or failed 2 times;"),
        ({"trimmed_messages": 1}, "1 older message was left out"),
        ({"trimmed_messages": 2, "left_out": 3}, "5 older messages were left out"),
        ({"summarised": 4}, "Of the 4 oldest messages the model read a summary."),
        ({"reason": "length"}, "length limit"),
        ({"reason": "tool_calls", "tool_calls": [{"name": "rm\n-rf"}], "content": ""}, "(rm -rf)"),
        ({"content": "  "}, "ended without an answer"),
    ],
)
def test_it_says_so(values: dict[str, object], words: str) -> None:
    assert words in said(**values)[0]  # type: ignore[arg-type]


def test_all_of_it_is_said_together() -> None:
    notice, _ = said(summarised=4, left_out=2, reason="length")
    assert ["summary" in notice, "left out" in notice, "length limit" in notice] == [True, True, True]


def test_what_was_stopped_still_says_what_it_had_read() -> None:
    assert "summary" in said(state="cancelled", reason="cancelled", summarised=2)[0]


def test_a_failure_says_why_or_that_nobody_knows() -> None:
    assert said(state="failed", reason="failed", error="It broke.")[1] == "It broke."
    assert "nothing says why" in said(state="failed", reason="failed")[1]


def test_a_good_answer_says_nothing() -> None:
    assert said(model="tiny", answered_by="tiny") == ("", "")
