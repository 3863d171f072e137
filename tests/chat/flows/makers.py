"""Flows of the tests."""

from typing import Any

from chat.flows.checking import checked
from chat.flows.steps import Flow


def welcome() -> list[dict[str, Any]]:
    """Name, age and topic; children are sent away, those who want nothing asked go on at once."""
    return [
        {"kind": "say", "name": "hello", "text": "Welcome, {{user}}."},
        {"kind": "ask", "name": "name", "text": "What is your name?", "key": "name", "answer": {"kind": "text", "most": 40}},
        {
            "kind": "ask", "name": "age", "text": "How old are you, {{name}}?", "key": "age",
            "answer": {"kind": "number", "least": 1, "most": 120, "whole": True},
        },
        {
            "kind": "branch", "name": "old-enough",
            "when": [{"key": "age", "is": "less", "value": 18, "go": "too-young"}], "otherwise": "topic",
        },
        {
            "kind": "ask", "name": "topic", "text": "Books or rain?", "key": "topic",
            "answer": {"kind": "choice", "choices": ["Books", "Rain"]},
        },
        {"kind": "hand_over", "name": "chat", "text": "Then let us talk about {{topic}}.", "note": "Recommend one book."},
        {"kind": "close", "name": "too-young", "text": "Come back in some years, {{name}}."},
    ]  # fmt: skip


def flow(steps: list[dict[str, Any]] | None = None) -> Flow:
    return checked(welcome() if steps is None else steps)
