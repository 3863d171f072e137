"""What is measured side by side: our engine and llama-server, each in processes of its own, asked alike.

Both load the same file with the same threads, context, slots and batch, write greedily and never end by themselves.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, Self

from inference_client.protocol.vocabulary import ChatMessage

ANSWER_SECONDS: Final = 120.0
BATCH: Final = 512


@dataclass(frozen=True, slots=True)
class Setting:
    """How both sides load the model. ``context`` is per slot."""

    model: Path
    slots: int
    context: int
    threads: int = 1


@dataclass(slots=True)
class Answer:
    """``stamps``: when text came, and how many characters (a character is a token of these models)."""

    asked: float = field(default_factory=time.perf_counter)
    stamps: list[tuple[float, int]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    ended: float = 0.0

    def heard(self, text: str) -> None:
        if text:
            self.stamps.append((time.perf_counter(), len(text)))
            self.text.append(text)

    @property
    def first(self) -> float:
        """Seconds to the first text."""
        return self.stamps[0][0] - self.asked

    @property
    def written(self) -> int:
        return sum(count for _, count in self.stamps)


class Side(Protocol):
    name: str

    @property
    def pid(self) -> int:
        """Of the process that computes."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def ask(self, messages: Sequence[ChatMessage], tokens: int) -> Answer:
        """Waits for an answer of exactly ``tokens`` tokens. Raises AssertionError if it ends otherwise."""
        ...


def user(text: str) -> tuple[ChatMessage, ...]:
    return (ChatMessage(role="user", content=text),)


async def ask_together(side: Side, conversations: Sequence[Sequence[ChatMessage]], tokens: int) -> list[Answer]:
    """All at the same moment."""
    async with asyncio.timeout(ANSWER_SECONDS):
        return await asyncio.gather(*(side.ask(messages, tokens) for messages in conversations))


def rate(answers: Sequence[Answer]) -> float:
    """Tokens a second of all together, from the moment all write until the first has ended."""
    begin = max(answer.stamps[0][0] for answer in answers)
    end = min(answer.ended for answer in answers)
    count = sum(number for answer in answers for moment, number in answer.stamps if begin < moment <= end)
    return count / (end - begin)


def goodput(answers: Sequence[Answer]) -> float:
    """Tokens a second from the first question to the last end: reading the prompts included."""
    begin = min(answer.asked for answer in answers)
    return sum(answer.written for answer in answers) / (max(answer.ended for answer in answers) - begin)
