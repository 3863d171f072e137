"""The hub of one site process: who listens here, and delivery to them without a channel layer in between.

A message delivered through a channel layer costs 270 to 580 us of CPU for each listener, through a plain call 20 to 34
us (measured, see docs/decisions/0003). So the channel layer carries one batch per process (:mod:`chat.bus`), and this
spreads it.
"""

from collections import defaultdict
from typing import Protocol
from uuid import UUID


class Listener(Protocol):
    """Somebody in this process who follows topics. Calls come on the event loop's thread and must not block."""

    def event(self, topic: str, frame: str) -> None:
        """``frame`` is the JSON of one of :data:`chat.events.ToBrowser`."""

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Text of an answer. ``thinking``: it stands before the answer; one call never carries both."""


class Hub:
    def __init__(self) -> None:
        self._topics: defaultdict[str, set[Listener]] = defaultdict(set)

    def join(self, topic: str, listener: Listener) -> None:
        self._topics[topic].add(listener)

    def leave(self, topic: str, listener: Listener) -> None:
        listeners = self._topics.get(topic)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._topics[topic]

    def listening(self, topic: str) -> bool:
        return topic in self._topics

    def event(self, topic: str, frame: str) -> None:
        for listener in tuple(self._topics.get(topic, ())):
            listener.event(topic, frame)

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        for listener in tuple(self._topics.get(conversation_topic(conversation), ())):
            listener.delta(conversation, message, generation, offset, text, thinking)


def user_topic(user_id: int) -> str:
    return f"user:{user_id}"


def conversation_topic(conversation: UUID) -> str:
    return f"conversation:{conversation.hex}"


EVERYBODY = "everybody"

CONTROL = "control"
"""Between the site's own parts: queue, stop, revoke. Frames here are JSON of :class:`chat.bus.Control`."""

hub = Hub()
