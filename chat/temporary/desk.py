"""Where questions of temporary chats wait: in the memory of the site's processes, and nowhere else.

Whoever asks tells all processes, since the machine that could answer may be connected to any of them; the first that has a place for it
takes it, by an atomic entry in the shared cache (of the key alone). From there on deltas travel as those of any answer do. What is told
here is no hint: who misses it has the question fail, as it fails with a process that dies, and nothing of it is left.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext

from chat.bus import PROCESS, bus
from chat.events import Queued
from chat.hub import conversation_topic
from chat.inference import placement
from chat.inference.placement import Seat
from chat.inference.session import NodeSession
from chat.temporary import actions
from chat.temporary.answers import TemporaryAnswers, tell_end
from chat.temporary.question import End, Question
from chat.temporary.words import TOPIC, Word
from meatlizard.errors import LimitReached
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

WAIT_SECONDS = 600.0
ANSWER_SECONDS = 1_800.0
STOP_SECONDS = 30.0
ALIVE_SECONDS = 5.0
LOST_SECONDS = 30.0
"""Without a word of it, an answer that another process took is given up."""


@dataclass(slots=True)
class _Asked:
    """A question of a page of this process. ``heard``: when it was asked, taken, or last said to be alive."""

    question: Question
    heard: float
    taken: bool = False
    stopped: float | None = None


class Desk:
    """One per process, part of the dispatcher."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._waiting: dict[UUID, Question] = {}
        self._came: dict[UUID, float] = {}
        self._asked: dict[UUID, _Asked] = {}
        self._last: dict[UUID, tuple[UUID, str]] = {}
        self._begun: dict[UUID, float] = {}
        self._alive_at = 0.0

    # what pages want ------------------------------------------------------------------------------------------------

    def check(self, user: int) -> None:
        """Raises LimitReached where one more may not wait."""
        mine = sum(asked.question.user == user for asked in self._asked.values())
        if mine >= max(1, settings.QUEUE_MAX_WAITING // 10) or len(self._waiting) >= settings.QUEUE_MAX_WAITING:
            words = gettext("Too many temporary questions are waiting. Try again in a moment.")
            raise LimitReached(words, code="queue_full", retry_after=5.0)

    def ask(self, question: Question) -> None:
        self._asked[question.generation] = _Asked(question, self._now())
        self._say(Word(do="ask", generations=(question.generation,), question=question))
        if question.generation in self._waiting:
            news = Queued(
                conversation=question.conversation, generation=question.generation, message=question.answer,
                position=len(self._waiting),
            )  # fmt: skip
            bus.event(conversation_topic(question.conversation), news)

    def asked(self, user: int, generation: UUID) -> bool:
        """Whether a page of this user's, in this process, waits for it."""
        asked = self._asked.get(generation)
        return asked is not None and asked.question.user == user

    def busy(self, conversation: UUID) -> bool:
        return any(asked.question.conversation == conversation for asked in self._asked.values())

    def last(self, conversation: UUID) -> tuple[UUID, str] | None:
        """Node and model that answered there last: what they remember of it is worth something."""
        return self._last.get(conversation)

    async def stop(self, generation: UUID) -> None:
        """Ends what waits; tells the node of what runs, which confirms it."""
        asked = self._asked.get(generation)
        if asked is None:
            return
        if asked.taken:
            asked.stopped = asked.stopped or self._now()
            bus.control("stop", str(generation))
        else:
            await self._give_up(asked, End("cancelled"))

    async def leave(self, conversation: UUID) -> None:
        """The page is gone, and the chat with it."""
        self._last.pop(conversation, None)
        for generation, asked in list(self._asked.items()):
            if asked.question.conversation == conversation:
                await self.stop(generation)

    # what other desks say -------------------------------------------------------------------------------------------

    def event(self, topic: str, frame: str) -> None:
        word = Word.model_validate_json(frame)
        if word.do == "ask" and word.question is not None:
            self._waiting[word.question.generation] = word.question
            self._came[word.question.generation] = self._now()
            self.wake()
            return
        for generation in word.generations:
            asked = self._asked.get(generation)
            if word.do != "alive":
                self._waiting.pop(generation, None)
            if asked is None:
                continue
            asked.heard = self._now()
            asked.taken = True
            if word.do == "taken" and word.node is not None:
                self._last[asked.question.conversation] = (word.node, word.model)
            elif word.do == "over":
                del self._asked[generation]

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Of no interest here."""

    # handing out ----------------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    async def hand_out(
        self,
        seats: Callable[[], Sequence[Seat]],
        sessions: Mapping[str, NodeSession],
        started: Callable[[UUID, str], None],
        before: int | None = None,
    ) -> None:
        """Gives what waits to nodes of this process; with ``before`` only what was asked before that moment (as ranks count)."""
        for question in sorted(self._waiting.values(), key=lambda one: one.rank):
            if before is not None and question.rank > before:
                return
            if sum(session.temporary.of(question.user) for session in sessions.values()) >= question.concurrency:
                continue
            place = placement.place([question.want()], seats(), 1).get(question.generation)
            if place is None or not await self._mine_now(question.generation):
                continue
            session = sessions.get(place.session)
            if self._waiting.pop(question.generation, None) is None or session is None or session.closed:
                continue
            started(place.node, place.model)
            self._begun[question.generation] = self._now()
            self._say(Word(do="taken", generations=(question.generation,), node=place.node, model=place.model))
            session.temporary.start(question, place.model, place.window)

    async def _mine_now(self, generation: UUID) -> bool:
        """Of several processes with a place for it one takes it."""
        if not settings.MULTIPROCESS:
            return True
        return bool(await in_database(cache.add, f"temporary:{generation.hex}", PROCESS, int(ANSWER_SECONDS)))

    # keeping time ---------------------------------------------------------------------------------------------------

    async def tick(self, sessions: Mapping[str, NodeSession]) -> None:
        """Called twice a second: ends what waits or runs too long, and what nobody is at any more."""
        now = self._now()
        running = {key: one.temporary for one in sessions.values() for key in one.temporary.runs}
        self._begun = {key: since for key, since in self._begun.items() if key in running}
        if running and now - self._alive_at >= ALIVE_SECONDS:
            self._alive_at = now
            self._say(Word(do="alive", generations=tuple(running)))
        self._end_late(running, now)
        self._let_go(now)
        for generation, asked in list(self._asked.items()):
            silent = now - asked.heard
            if not asked.taken and silent >= WAIT_SECONDS:
                why = gettext("No machine was free in ten minutes. Ask again.")
                await self._give_up(asked, End("failed", error=why))
            elif asked.taken and generation not in running and silent >= LOST_SECONDS:
                await self._give_up(asked, End("failed", error=gettext("The machine went away. Ask again.")))

    def _let_go(self, now: float) -> None:
        """Questions of other processes that nobody waits for any more: the end of each is told, but not by a process that died."""
        self._came = {key: since for key, since in self._came.items() if key in self._waiting}
        for generation, since in self._came.items():
            if generation not in self._asked and now - since >= WAIT_SECONDS + LOST_SECONDS:
                del self._waiting[generation]

    def _end_late(self, running: Mapping[UUID, TemporaryAnswers], now: float) -> None:
        for generation, answers in running.items():
            asked = self._asked.get(generation)
            if now - self._begun.get(generation, now) >= ANSWER_SECONDS:
                answers.give_up(generation, gettext("The answer took longer than half an hour and was ended."))
            elif asked is not None and asked.stopped is not None and now - asked.stopped >= STOP_SECONDS:
                answers.give_up(generation, gettext("The machine did not confirm that it stopped."))

    async def _give_up(self, asked: _Asked, end: End) -> None:
        generation = asked.question.generation
        self._asked.pop(generation, None)
        self._say(Word(do="over", generations=(generation,)))
        tell_end(asked.question, end)
        await in_database(actions.settle, generation, 0)

    def _say(self, word: Word) -> None:
        bus.event(TOPIC, word)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


desk = Desk()
