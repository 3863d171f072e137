"""The labelled messages, in the order of their file."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "messages.jsonl"


@dataclass(frozen=True, slots=True)
class Message:
    """``route`` is the one it belongs to; ``images`` so many are attached."""

    route: str
    language: str
    text: str
    images: int = 0


def messages() -> list[Message]:
    return [Message(**json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines() if line]
