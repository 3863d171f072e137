"""Fixtures of the site's turn. Models are imported inside: a conftest may be read before Django is set up."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chat.preparing import Preparing

Adding = Callable[..., list[str]]


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Adding:
    """Adds a step that puts the next answer to ``model``, unless it is given something else ``to_do``; returns the questions that it was
    given, as they come."""
    from chat.preparing import Step, steps

    monkeypatch.setattr(steps, "_steps", {})

    def add(name: str = "route", order: int = 0, seconds: float = 5.0, model: str = "tiny", **more: Any) -> list[str]:
        given: list[str] = []

        async def prepare(answers: "Preparing") -> None:
            for answer in answers:
                message = answer.generation.message
                assert message is not None
                assert message.parent is not None
                given.append(message.parent.content)
            if to_do := more.get("to_do"):
                await to_do(answers)
            else:
                for answer in answers:
                    answer.model = model

        steps.register(Step(name, order, seconds, more.get("wanted", lambda conversation: True), prepare))
        return given

    return add
