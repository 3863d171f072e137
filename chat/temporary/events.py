"""What goes over a page's websocket for a temporary chat. Its answers come as those of any other conversation do."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from chat.schema import MAX_PROMPT, Schema

MAX_TURNS = 400
"""Earlier turns that a page sends with a question."""


class TemporaryTurn(Schema):
    role: Literal["user", "assistant"]
    content: str = Field(min_length=1, max_length=2 * MAX_PROMPT)


class BeginTemporary(Schema):
    """Begin a temporary chat on this socket; the one before it is over. The site answers with ``temporary``."""

    type: Literal["temporary.begin"]


class AskTemporary(Schema):
    """Ask in the temporary chat: ``turns`` is all that was said before, which the page alone keeps. Settings as of a conversation."""

    type: Literal["temporary.ask"]
    request: UUID
    text: str = Field(min_length=1, max_length=MAX_PROMPT)
    turns: tuple[TemporaryTurn, ...] = Field(default=(), max_length=MAX_TURNS)
    model: str = Field(default="", max_length=100)
    system_prompt: str = Field(default="", max_length=20_000)
    temperature: float | None = Field(default=None, ge=0, le=5)
    thinking: Literal["", "off", "on", "low", "medium", "high"] = ""


class TemporaryBegun(Schema):
    """The temporary chat of this socket. ``conversation`` stands in its events, and in no database."""

    type: Literal["temporary"] = "temporary"
    conversation: UUID


class TemporaryText(Schema):
    """The Markdown of an answer, just before its ``generation.finished``: nobody else has it to be asked later."""

    type: Literal["temporary.text"] = "temporary.text"
    conversation: UUID
    message: UUID
    content: str


FromTemporary = BeginTemporary | AskTemporary
ToTemporary = TemporaryBegun | TemporaryText
