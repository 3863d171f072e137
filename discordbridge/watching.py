"""Brings what happens in conversations to their places: one lane a session, in which one turn is shown after the other.

A question that was asked on the web, an answer by whomever: all of it is heard of in the same way, from the hub, or found in the
database after a restart.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from pydantic import TypeAdapter

from chat import turns
from chat.events import ConversationDeleted, MessageAdded
from chat.hub import conversation_topic, hub
from chat.turns import Turn
from discordbridge.actions import posting, seen, sessions
from discordbridge.channels import channel_at
from discordbridge.places import NO_CHANNEL
from discordbridge.registry import Live
from discordbridge.showing import Channel
from discordbridge.trouble import TROUBLE
from meatlizard.threads import in_database

if TYPE_CHECKING:
    from discordbridge.bot import Bot

log = logging.getLogger(__name__)

REMEMBERED = 2_000
"""Requests of this bot's own that are known as such."""

TRIES = 3
PAUSE = 2.0

_added: TypeAdapter[MessageAdded] = TypeAdapter(MessageAdded)
_deleted: TypeAdapter[ConversationDeleted] = TypeAdapter(ConversationDeleted)


class Lanes:
    """Listens to the conversations of all live sessions."""

    def __init__(self, bot: "Bot") -> None:
        self._bot = bot
        self._waiting: dict[UUID, deque[UUID]] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._own: OrderedDict[UUID, None] = OrderedDict()

    def follow(self, live: Live) -> None:
        hub.join(conversation_topic(live.conversation), self)

    def leave(self, conversation: UUID, session: UUID) -> None:
        hub.leave(conversation_topic(conversation), self)
        self._waiting.pop(session, None)
        task = self._running.pop(session, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def end(self) -> None:
        """The bot is leaving: nothing more is to be begun."""
        for live in self._bot.registry:
            self.leave(live.conversation, live.session)

    def asked_here(self, request: UUID) -> None:
        """A question that comes from Discord is not to be brought back there."""
        self._own[request] = None
        if len(self._own) > REMEMBERED:
            self._own.popitem(last=False)

    # what the hub says ----------------------------------------------------------------------------------------------

    def event(self, topic: str, frame: str) -> None:
        if frame.startswith('{"type":"message.added"'):
            event = _added.validate_json(frame)
            live = self._bot.registry.of(event.conversation)
            if live is not None and not (event.message.role == "user" and event.request in self._own):
                self.show(live, event.message.id)
        elif frame.startswith('{"type":"conversation.deleted"'):
            gone = _deleted.validate_json(frame)
            live = self._bot.registry.of(gone.conversation)
            if live is not None:
                self._bot.dispatch("conversation_gone", live)

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Of interest to who shows the answer, who listens for himself."""

    # the lanes ------------------------------------------------------------------------------------------------------

    def show(self, live: Live, message: UUID) -> None:
        """Shows a turn after those that wait in its lane already."""
        lane = self._waiting.setdefault(live.session, deque())
        if message not in lane:
            lane.append(message)
        if live.session not in self._running:
            self._running[live.session] = self._bot.keep(self._run(live), f"lane {live.session}")

    async def catch_up(self, live: Live) -> None:
        """Whatever of the branch that is shown is not, or not wholly, at its place yet."""
        for message in await in_database(_missing, live):
            self.show(live, message)

    async def _run(self, live: Live) -> None:
        lane = self._waiting[live.session]
        try:
            while lane:
                # Taken out first: what happens to it from now on (it is continued, say) is another time in the lane.
                await self._show(live, lane.popleft())
        finally:
            if self._running.get(live.session) is asyncio.current_task():
                self._running.pop(live.session)

    async def _show(self, live: Live, message: UUID) -> None:
        turn = await in_database(turns.turn, message)
        if turn is None:
            return
        for number in range(TRIES):
            found: Any = self._bot.get_partial_messageable(live.place)
            if live.kind != "direct":
                found = await channel_at(self._bot, live.place)
            if found is None:
                # Gone, which is heard of in another way; or out of reach for now.
                await in_database(sessions.behind, live.session, True)
                return
            try:
                await self._shown(live, found, turn)
                await in_database(sessions.behind, live.session, False)
                return
            except discord.NotFound as error:
                if error.code == NO_CHANNEL:
                    self._bot.dispatch("place_gone", live.place)
                    return
                log.info("discord.not_shown", extra={"code": error.code})
            except TROUBLE as error:
                # The web has the answer; Discord gets it later.
                log.warning("discord.not_shown", extra={"session": str(live.session), "error": type(error).__name__})
            await in_database(sessions.behind, live.session, True)
            await asyncio.sleep(PAUSE * (number + 1))

    async def _shown(self, live: Live, channel: Channel, turn: Turn) -> None:
        if turn.role == "user":
            await self._bot.shower.question(live, channel, turn)
        else:
            await self._bot.shower.answer(live, channel, turn)


def _missing(live: Live) -> list[UUID]:
    since = sessions.began(live.session)
    if since is None:
        return []
    shown = turns.shown(live.conversation)
    done = posting.settled(live.session) | seen.questions(live.session)
    # Asked by a message over which the bot died before it could write down what became of it.
    unfinished = seen.unfinished(live.place)
    done |= {turn.parent for turn in shown if turn.parent is not None and turn.asks in unfinished}
    return [turn.message for turn in shown if turn.created >= since and turn.message not in done]
