"""Watches answers while they are written, at intervals and with some overlap: a rule that blocks ends them at once.

Where answers are held, readers get text only as far as it was checked, masked where rules mask. Else they get it as it comes, and
what a rule blocks may be seen for :data:`SECONDS` and the time that a check takes.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat.bus import bus
from chat.moderating.outgoing import TAIL, spans_hidden
from chat.moderating.texts import SERVICE
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions.screening import asks_model
from meatlizard.moderation.judging import Ready, look_at_part
from meatlizard.moderation.models import Action
from meatlizard.threads import in_thread

if TYPE_CHECKING:
    from chat.inference.stream import Stream

SECONDS = 0.5

OVERLAP = 500
"""Code points before the new ones that are looked at again: a match may have begun there. The check at the end sees everything."""

Span = tuple[int, int]


@dataclass(slots=True)
class Watch:
    """Of one answer: ``hold``: readers wait for the check; ``show``: they ever get something before the end. So many code points
    are ``checked``, and ``released`` to readers.
    """

    hold: bool = False
    show: bool = True
    checked: int = 0
    released: int = 0
    spans: list[Span] = field(default_factory=list)


def begin() -> Watch | None:
    """None, and no cost from here on, while no rule looks at answers."""
    book = rulebook.remembered()
    if book is None or not book.sets or not book.rules(SERVICE, "out"):
        return None
    hold = book.holds(SERVICE)
    return Watch(hold, show=not (book.hold and asks_model(SERVICE, "out")))


class Watcher:
    """Of one node's session. ``cut`` ends an answer that a rule blocks."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None], cut: "Callable[[Stream], None]") -> None:
        self._spawn = spawn
        self._cut = cut
        self._waiting: dict[Any, Stream] = {}
        self._timer: asyncio.TimerHandle | None = None

    def came(self, stream: "Stream") -> None:
        """New text of ``stream``."""
        self._waiting[stream.generation] = stream
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SECONDS, self._due)

    def _due(self) -> None:
        self._timer = None
        due, self._waiting = self._waiting, {}
        self._spawn(self._look(list(due.values())))

    async def _look(self, streams: "list[Stream]") -> None:
        for stream in streams:
            watch = stream.watch
            book = rulebook.remembered()
            if watch is None or stream.ending or book is None:
                continue
            text, thinking = stream.text, stream.thinking
            blocked, spans = await in_thread(found, book.rules(SERVICE, "out"), text, thinking, watch.checked)
            if stream.ending:
                continue
            if blocked:
                self._cut(stream)
                continue
            watch.checked = len(text)
            watch.spans += spans
            if watch.hold and watch.show:
                self._release(stream, watch, text, thinking)

    @staticmethod
    def _release(stream: "Stream", watch: Watch, text: str, thinking: int) -> None:
        """What was checked, but for the end: a match may go on there."""
        assert stream.message is not None
        upto = len(text) - TAIL
        for start, end, thought in ((0, thinking, True), (thinking, len(text), False)):
            start, end = max(start, watch.released), min(end, upto)
            if end > start:
                shown = spans_hidden(text, watch.spans, start, end)
                bus.delta(stream.conversation, stream.message, stream.generation, start, shown, thought)
                watch.released = end
        # What was looked at twice was found twice, and of what readers have nothing more is to be masked.
        watch.spans = [(a, b) for a, b in dict.fromkeys(watch.spans) if b > watch.released]


def found(rules: Sequence[Ready], text: str, thinking: int, checked: int) -> tuple[bool, list[Span]]:
    """Whether a rule blocks what has come since ``checked``, and what others mask of it. Thinking and answer are looked at apart."""
    spans: list[Span] = []
    for begin, end in ((0, thinking), (thinking, len(text))):
        if end <= max(begin, checked):
            continue
        part = text[begin:end]
        verdict = look_at_part(rules, part, max(0, checked - begin - OVERLAP))
        if verdict.action >= Action.BLOCK:
            return True, []
        masks = [hit for hit in verdict.hits if hit.rule.action == Action.MASK]
        spans += [(a + begin, b + begin) for hit in masks for a, b in hit.spans]
    return False, spans
