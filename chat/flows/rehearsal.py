"""A walk through a flow without a conversation, for whoever writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chat.flows.steps import Ask, HandOver, read
from chat.flows.walk import Standing, answered, begin, choices, skipped, written

MOST_TURNS = 200

NAMES = {"user": "{{user}}", "char": "{{char}}"}
"""Of nobody yet."""


@dataclass(frozen=True, slots=True)
class Line:
    mine: bool
    text: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``lines`` are what was said, ``kept`` what is kept by key, ``note`` what the model would be told at the hand-over."""

    lines: tuple[Line, ...]
    kept: tuple[tuple[str, str], ...]
    state: str
    step: str
    choices: tuple[str, ...]
    note: str


def rehearsal(steps: Any, given: Sequence[str], *, skip: bool = False) -> Rehearsal:
    """After the answers ``given``. Raises WrongSteps."""
    flow = read(steps)
    at = begin(flow, NAMES)
    lines = [Line(False, at.said)] if at.said else []
    for text in given:
        if at.state != "asking":
            break
        at = answered(flow, at, text, NAMES)
        lines.append(Line(True, text))
        if at.said:
            lines.append(Line(False, at.said))
    return _told(skipped(at) if skip else at, lines)


def _told(at: Standing, lines: Sequence[Line]) -> Rehearsal:
    step = at.step
    return Rehearsal(
        lines=tuple(lines),
        kept=tuple((key, written(value)) for key, value in at.answers.items()),
        state=at.state,
        step=step.name if step else "",
        choices=choices(step) if isinstance(step, Ask) else (),
        note=step.note if isinstance(step, HandOver) else "",
    )
