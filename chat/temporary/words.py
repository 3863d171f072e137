"""What the desks of the site's processes tell each other."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chat.temporary.question import Question

TOPIC = "temporary"


class Word(BaseModel):
    """Between the desks of all processes. ``taken`` names node and model, ``alive`` all that a process is at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Literal["ask", "taken", "alive", "over"]
    generations: tuple[UUID, ...]
    question: Question | None = None
    node: UUID | None = None
    model: str = ""
