"""The temporary chat of one page's socket: it begins, asks, and is over with the socket."""

from collections.abc import Callable
from uuid import UUID, uuid4

from django.utils.translation import gettext

from chat.bus import bus
from chat.events import MessageAdded
from chat.hub import Listener, conversation_topic, hub
from chat.notifier import notifier
from chat.temporary import actions
from chat.temporary.desk import desk
from chat.temporary.events import AskTemporary, TemporaryBegun
from chat.temporary.question import Question, answer_out, asked_out
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.threads import in_database


class TemporaryPage:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._conversation: UUID | None = None
        self._asking = False

    async def begin(self) -> TemporaryBegun:
        """A new one, under a key of the site's own making: with one of the page's it could listen to anything."""
        await self.end()
        self._conversation = uuid4()
        hub.join(conversation_topic(self._conversation), self._listener)
        return TemporaryBegun(conversation=self._conversation)

    async def ask(self, user: User, asked: AskTemporary, may_ask: Callable[[User], None]) -> None:
        """``may_ask`` raises LimitReached for who asks too often."""
        talk = self._conversation
        if talk is None:
            raise Invalid(gettext("The temporary chat is over. Begin a new one."), code="no_temporary")
        if self._asking or desk.busy(talk):
            raise Invalid(
                gettext("An answer is still being written here. Stop it or wait for it."), code="answer_running"
            )
        self._asking = True
        try:
            desk.check(user.pk)
            if not (await notifier.fresh()).offered(asked.model, user.pk):
                words = gettext("No machine is connected to answer, and a temporary chat does not wait for one.")
                raise Invalid(words, code="offline")
            question = await in_database(_prepare, user, talk, asked, desk.last(talk), may_ask)
        finally:
            self._asking = False
        if self._conversation != talk:
            await in_database(actions.settle, question.generation, 0)
            return
        for shown in (asked_out(question), answer_out(question, "queued")):
            added = MessageAdded(conversation=talk, message=shown, request=asked.request)
            bus.event(conversation_topic(talk), added)
        desk.ask(question)

    async def stop(self, user: User, generation: UUID) -> bool:
        """False when it is no answer of this user's temporary chats."""
        mine = desk.asked(user.pk, generation)
        if mine:
            await desk.stop(generation)
        return mine

    async def end(self) -> None:
        """The page leaves it, or is gone."""
        talk, self._conversation = self._conversation, None
        if talk is not None:
            hub.leave(conversation_topic(talk), self._listener)
            await desk.leave(talk)


def _prepare(
    user: User, talk: UUID, asked: AskTemporary, last: tuple[UUID, str] | None, may_ask: Callable[[User], None]
) -> Question:
    may_ask(user)
    return actions.prepare(user, talk, asked, last)
