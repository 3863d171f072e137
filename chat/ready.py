"""Answers that are there at once, and that no model writes: nothing is queued, and nothing is charged."""

from dataclasses import dataclass

from chat.models import Message


@dataclass(frozen=True, slots=True)
class Ready:
    """``by``: what wrote it, as its generation says. ``speaker``: who says it; empty: nobody."""

    text: str
    source: Message.Source
    by: str
    speaker: str = ""

    @property
    def of_flow(self) -> bool:
        return self.source == Message.Source.FLOW
