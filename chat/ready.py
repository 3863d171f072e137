"""Answers that are there at once, and that no model writes: nothing is queued, and nothing is charged."""

import datetime
from dataclasses import dataclass

from chat import measuring
from chat.models import Generation, Message
from meatlizard.jobs.lease import State


@dataclass(frozen=True, slots=True)
class Ready:
    """``by``: what wrote it, as its generation says. ``speaker``: who says it; empty: nobody."""

    text: str
    source: Message.Source
    by: str
    speaker: str = ""

    def end(self, generation: Generation, now: datetime.datetime) -> None:
        """Of a generation that is about to be stored."""
        generation.state, generation.answered_by, generation.reason = State.DONE, self.by, "stop"
        generation.started = generation.ended_at = now
        if not self.of_flow:
            measuring.ended(generation)

    @property
    def of_flow(self) -> bool:
        return self.source == Message.Source.FLOW
