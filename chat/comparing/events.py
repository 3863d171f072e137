"""What pages say and hear of comparisons. Their answers come as messages of the conversation."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from chat.schema import MAX_PROMPT, Schema


class Compare(Schema):
    """Ask several models at once, each on its own. ``blind``: their names are hidden until one answer is kept."""

    type: Literal["compare"]
    request: UUID
    conversation: UUID
    text: str = Field(max_length=MAX_PROMPT)
    models: tuple[str, ...] = Field(min_length=2, max_length=4)
    blind: bool = False
    offline: Literal["wait"] = "wait"
    attachments: tuple[UUID, ...] = Field(default=(), max_length=100)


class CandidateOut(Schema):
    """``label``: the model's name, or a letter while names are hidden."""

    message: UUID
    label: str


class ComparisonShown(Schema):
    """The last question was put to several models: the answers named stand side by side until one is kept. Each follows as
    ``message.added``.
    """

    type: Literal["comparison.shown"] = "comparison.shown"
    conversation: UUID
    comparison: UUID
    blind: bool
    answers: tuple[CandidateOut, ...]
