"""The websocket of pages, ``/ws/chat/``: translates frames into actions and news into frames.

Each request of the page runs in a task of its own, so that Stop does not wait behind Send.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext

from chat import asked, following, keeping, markov
from chat.access import access_conversation, access_generation
from chat.bus import Control, session_mark
from chat.comparing.events import Compare
from chat.context.events import AskBudget
from chat.events import (
    MAX_STREAMS,
    THINKING,
    Ask,
    Continue,
    Edit,
    FromBrowser,
    Open,
    Problem,
    Seen,
    Send,
    SignedOut,
    StopRequest,
    Stream,
    Sync,
)
from chat.formatting.blocks import so_far
from chat.frames import from_browser, request_of
from chat.hub import CONTROL, EVERYBODY, conversation_topic, hub, user_topic
from chat.inference.dispatch import dispatcher
from chat.moderating.outgoing import visible
from chat.moderating.texts import SERVICE
from chat.notifier import notifier
from chat.outbox import Outbox
from chat.sockets import Event, Socket
from chat.telling import actions as telling
from chat.temporary.desk import desk
from chat.temporary.events import AskTemporary, BeginTemporary
from chat.temporary.page import TemporaryPage
from meatlizard.accounts.access import session_valid
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, LimitReached
from meatlizard.moderation.actions.screening import asks_model
from meatlizard.ops.logs import request_id
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

RECHECK_SECONDS = 30.0
"""How often a long-lived socket looks whether its session still holds."""

ANSWERED_SECONDS = 5.0
"""Given to requests under way when a person is shut out."""

CLOSED_SECONDS = 0.2

GONE = '{"type":"conversation.deleted"'

MAX_REQUESTS = 20
"""Requests of one socket that may be under way at once; more are refused."""


class ChatConsumer(Socket):
    """One page of one signed-in user."""

    def __init__(self) -> None:
        self._user: User | None = None
        self._session_key: str | None = None
        self._conversation: UUID | None = None
        self._model = ""
        self._streams: dict[UUID, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._requests = 0
        self._idle = asyncio.Event()
        self._leaving = False
        self._opening = asyncio.Lock()
        self._temporary = TemporaryPage(self)

    async def websocket_connect(self, event: Event) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.send({"type": "websocket.accept"})
            await self.send({"type": "websocket.close", "code": 4403, "reason": "signed_out"})
            return
        # Loaded whole, once: the lazy object of the session would query inside the event loop.
        self._user = await in_database(following.load_user, user.pk)
        if self._user.is_suspended:
            self._user = None
            await self.send({"type": "websocket.accept"})
            await self._sign_out()
            return
        self._session_key = self.scope["session"].session_key
        await self.send({"type": "websocket.accept"})
        self._outbox = Outbox(self.send, self._close_slow)
        self._keep(self._outbox.run())
        self._keep(self._recheck())
        hub.join(user_topic(self._user.pk), self)
        hub.join(EVERYBODY, self)
        hub.join(CONTROL, self)

    async def websocket_receive(self, event: Event) -> None:
        if self._user is None or self._leaving:
            return
        if self._requests >= MAX_REQUESTS:
            self._problem(LimitReached(gettext("Too many requests at once. Wait for the last ones."), retry_after=1.0))
            return
        try:
            request = from_browser(event.get("text") or "")
        except AppError as error:
            self._problem(error, request_of(event.get("text") or ""))
            return
        self._requests += 1
        self._keep(self._carry_out(self._user, request))

    async def gone(self) -> None:
        for topic in self._topics():
            hub.leave(topic, self)
        for task in tuple(self._tasks):
            task.cancel()
        await self._temporary.end()

    # requests -------------------------------------------------------------------------------------------------------

    async def _carry_out(self, user: User, request: FromBrowser) -> None:
        # An id for each request, not one for all that a page asks while it is open.
        with request_id():
            await self._carry_out_traced(user, request)

    async def _carry_out_traced(self, user: User, request: FromBrowser) -> None:
        try:
            # What follows an open must not overtake it: its news would come before anybody listens.
            async with self._opening:
                if isinstance(request, Open):
                    await in_database(asked.within_rate, user)
                    await self._open(user, request.conversation)
                    return
            if not isinstance(request, asked.Question):
                await in_database(asked.within_rate, user)
            await self._do(user, request)
        except AppError as error:
            self._problem(error, getattr(request, "request", None))
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()

    async def _do(self, user: User, request: FromBrowser) -> None:
        if isinstance(request, asked.Question):
            if not isinstance(request, Continue | Compare) and request.offline == "markov":
                # Seconds with a large corpus, the first time: not in a thread that stores what others read.
                await in_thread(markov.prepare)
            if isinstance(request, Send | Compare | Edit) and asks_model(SERVICE, "in"):
                await asked.judge(user, request)
            for added in await in_database(asked.ask, user, request):
                self._outbox.event(added.model_dump_json())
        elif isinstance(request, BeginTemporary):
            self._outbox.event((await self._temporary.begin()).model_dump_json())
        elif isinstance(request, AskTemporary):
            await self._temporary.ask(user, request, asked.may_ask)
        elif isinstance(request, StopRequest):
            if not await self._temporary.stop(user, request.generation):
                await in_database(asked.stop, user, request.generation)
        elif isinstance(request, Seen):
            await in_database(keeping.seen, user, request.conversation)
        elif isinstance(request, Sync):
            await self._sync(user, request)
        elif isinstance(request, Ask):
            self._model = request.model
            snapshot = await notifier.fresh()
            self._outbox.event(snapshot.status(self._model, user.pk).model_dump_json())
        elif isinstance(request, AskBudget):
            self._outbox.event((await in_database(following.budget, user)).model_dump_json())

    async def _open(self, user: User, conversation: UUID | None) -> None:
        if conversation is not None:
            await in_database(access_conversation, user, conversation)
        if self._conversation is not None:
            hub.leave(conversation_topic(self._conversation), self)
        self._conversation = conversation
        self._streams.clear()
        if conversation is None:
            return
        # Joined before reading: what is written between the two comes as news, and overlaps are harmless.
        hub.join(conversation_topic(conversation), self)
        for state in await in_database(following.running, conversation):
            self._keep(self._format(state, *self._paint(state)))

    async def _sync(self, user: User, request: Sync) -> None:
        if desk.asked(user.pk, request.generation):
            self._paint_temporary(request.generation)
            return
        row = await in_database(access_generation, user, request.generation)
        state = await in_database(following.standing, row.pk)
        if isinstance(state, following.Ended):
            self._outbox.event(state.event.model_dump_json())
        elif self._conversation == row.conversation_id:
            self._paint(state)

    def _paint(self, state: following.Running) -> tuple[str, int]:
        """Returns the text that the page has now, and how much of it is thinking."""
        text, thinking = state.text, state.thinking
        live = dispatcher.live(state.generation)
        if live is not None and live.length > len(text):
            text, thinking = live.text, live.thinking
        if state.queued is not None and not text:
            self._outbox.event(state.queued.model_dump_json())
            return "", 0
        text, thinking = visible(text, thinking)
        number = self._number(state.generation)
        self._outbox.event(
            Stream(
                conversation=state.conversation, generation=state.generation, message=state.message, stream=number,
                state=state.state, text=text, thinking=thinking, reconnecting=state.away,
            ).model_dump_json()
        )  # fmt: skip
        return text, thinking

    async def _format(self, state: following.Running, text: str, thinking: int) -> None:
        blocks = await in_thread(so_far, state.conversation, state.generation, text, thinking) if text else None
        if blocks is not None:
            self._outbox.event(blocks.model_dump_json())

    def _paint_temporary(self, generation: UUID) -> None:
        """Its text, where the machine's link is in this process; elsewhere nobody asks for it in vain for long."""
        live = dispatcher.live(generation)
        if live is not None and live.message is not None:
            self._outbox.event(
                Stream(
                    conversation=live.conversation, generation=generation, message=live.message,
                    stream=self._number(generation), state="streaming", text=live.text, thinking=live.thinking,
                ).model_dump_json()
            )  # fmt: skip

    def _number(self, generation: UUID) -> int:
        number = self._streams.get(generation)
        if number is None:
            if len(self._streams) == MAX_STREAMS:
                self._streams.clear()
            number = self._streams[generation] = len(self._streams) + 1
        return number

    # news -----------------------------------------------------------------------------------------------------------

    def event(self, topic: str, frame: str) -> None:
        if topic == CONTROL:
            control = Control.model_validate_json(frame)
            mine = control.do == "session" and control.id == session_mark(self._session_key)
            if mine or (control.do == "person" and self._user is not None and control.id == str(self._user.pk)):
                self._keep(self._shut_out())
        elif topic == EVERYBODY:
            self._outbox.event(
                notifier.latest.status(self._model, self._user.pk if self._user else None).model_dump_json()
            )
        else:
            self._outbox.event(frame)
            if (
                frame.startswith(GONE)
                and self._conversation is not None
                and topic == conversation_topic(self._conversation)
            ):
                # It may be somebody else's now, whose answers are nothing to listen to.
                hub.leave(topic, self)
                self._conversation = None

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        if generation not in self._streams:
            # The first text, or the page opened in the middle; if the offset is ahead, the page asks for the rest.
            self._outbox.event(
                Stream(
                    conversation=conversation, generation=generation, message=message, stream=self._number(generation),
                    state="streaming", text="",
                ).model_dump_json()
            )  # fmt: skip
        if text:
            self._outbox.delta(self._streams[generation] | (THINKING if thinking else 0), offset, text)

    # the rest -------------------------------------------------------------------------------------------------------

    async def _recheck(self) -> None:
        assert self._user is not None
        while True:
            await self._tell_open(self._user)
            await asyncio.sleep(RECHECK_SECONDS)
            try:
                valid = await in_database(session_valid, self._user.pk, self._session_key)
                if valid:
                    # An operator may have given this person another tier.
                    self._user = await in_database(following.load_user, self._user.pk)
            except DatabaseTrouble:
                log.warning("chat.session_not_checked")
                continue
            if not valid:
                await self._sign_out()

    @staticmethod
    async def _tell_open(user: User) -> None:
        """Who has a page open gets no letters."""
        if settings.HAS_MAIL:
            with contextlib.suppress(DatabaseTrouble):
                await in_database(telling.page_open, user.pk)

    async def _sign_out(self) -> None:
        await self.send({"type": "websocket.send", "text": SignedOut().model_dump_json()})
        await self.send({"type": "websocket.close", "code": 4403, "reason": "signed_out"})

    async def _shut_out(self) -> None:
        """Signs out once what was asked is answered: a page that never hears that a question was refused asks it again."""
        self._leaving = True
        self._idle.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERED_SECONDS):
                if self._requests:
                    await self._idle.wait()
        # Behind that answer; the page then closes by itself.
        self._outbox.event(SignedOut().model_dump_json())
        await asyncio.sleep(CLOSED_SECONDS)
        await self.send({"type": "websocket.close", "code": 4403, "reason": "signed_out"})

    def _close_slow(self) -> None:
        self._keep(self.send({"type": "websocket.close", "code": 4413, "reason": "too_slow"}))

    def _problem(self, error: AppError, request: UUID | None = None) -> None:
        retry = error.retry_after if isinstance(error, LimitReached) else None
        problem = Problem(code=error.code, message=error.message, request=request, retry_after=retry)
        self._outbox.event(problem.model_dump_json())

    def _topics(self) -> list[str]:
        topics = [EVERYBODY, CONTROL]
        if self._user is not None:
            topics.append(user_topic(self._user.pk))
        if self._conversation is not None:
            topics.append(conversation_topic(self._conversation))
        return topics

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("chat.request_failed", exc_info=task.exception())
            self._problem(
                AppError(gettext("Something went wrong on the site. Your message was not lost if it is shown above."))
            )
