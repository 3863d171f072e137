"""The websocket of pages: asking, following, catching up, stopping; and what strangers and broken pages get."""

import datetime
import json
import zlib
from types import TracebackType
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from chat import actions, nodes
from chat.consumers import ChatConsumer
from chat.hub import Hub
from chat.inference.consumer import NodeConsumer
from chat.models import Conversation, Generation, Message, Node
from inference_client.protocol import keys
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.accounts.sessions import session_ended
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.fakes.node import SECONDS, FakeNode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


class Page:
    """A page as the browser's script keeps it: the text of running answers, by the one rule of offsets."""

    def __init__(self, user: User | None) -> None:
        self.user = user
        self.texts: dict[UUID, str] = {}
        self.thinking: dict[UUID, int] = {}
        self.streams: dict[int, UUID] = {}
        self.gaps = 0

    async def __aenter__(self) -> "Page":
        self.communicator = WebsocketCommunicator(ChatConsumer.as_asgi(), "/ws/chat/")
        session = SessionStore()
        if self.user is not None:
            session[SESSION_KEY] = str(self.user.pk)
            await in_database(session.save)
        self.session_key = session.session_key
        self.communicator.scope.update({"user": self.user, "session": session})
        await self.communicator.connect(timeout=SECONDS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.communicator.disconnect(timeout=SECONDS)

    async def say(self, **request: Any) -> None:
        await self.communicator.send_to(text_data=json.dumps(request, default=str))

    async def frame(self) -> dict[str, Any] | None:
        """The next event, or None for a piece of text, which is applied."""
        raw = await self.communicator.receive_from(timeout=SECONDS)
        if isinstance(raw, str):
            return self._event(json.loads(raw))
        if raw[0] == 0:
            return self._event(json.loads(zlib.decompress(raw[1:])))
        self._delta(raw)
        return None

    def _event(self, event: dict[str, Any]) -> dict[str, Any]:
        if event["type"] == "generation.stream":
            generation = UUID(event["generation"])
            self.streams[event["stream"]] = generation
            if len(event["text"]) >= len(self.texts.get(generation, "")):
                self.texts[generation] = event["text"]
                self.thinking[generation] = event["thinking"]
        return event

    def _delta(self, raw: bytes) -> None:
        at, offset, shift = 1, 0, 0
        while True:
            offset |= (raw[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not raw[at - 1] & 0x80:
                break
        generation, text = self.streams[raw[0] & 0x7F], raw[at:].decode()
        have = self.texts.get(generation, "")
        if offset > len(have):
            self.gaps += 1
        else:
            self.texts[generation] = have + text[len(have) - offset :]
            if raw[0] & 0x80 and len(self.texts[generation]) > len(have):
                assert self.thinking.get(generation, 0) == len(have), "thinking after the answer"
                self.thinking[generation] = len(self.texts[generation])

    async def until(self, kind: str) -> dict[str, Any]:
        while True:
            event = await self.frame()
            if event is not None and event["type"] == kind:
                return event


async def conversation_of(user: User) -> Conversation:
    return await in_database(actions.create_conversation, user)


async def node_for(olga: User) -> FakeNode:
    key = keys.generate()
    await in_database(lambda: Node.objects.create(name="mac", owner=olga, public_key=keys.public_bytes(key)))
    return FakeNode(NodeConsumer.as_asgi(), nodes.site_public_key(), key)


async def test_a_page_asks_and_reads_the_answer_as_it_comes(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        conversation, request = await conversation_of(alice), uuid4()
        await page.say(type="open", conversation=conversation.pk)
        await page.say(type="send", request=request, conversation=conversation.pk, text="Why?")
        added = await page.until("message.added")
        assert added["request"] == str(request)
        assert (await page.until("message.added"))["message"]["state"] == "queued"
        job = await node.hear(Generate)
        for offset, word in ((0, "Because "), (8, "of 🦎 "), (13, "lizards.")):
            await node.text(job, offset, word)
        await node.finish(job, 21)
        end = await page.until("generation.finished")
        assert page.texts[job.generation] == "Because of 🦎 lizards."
        assert end["length"] == 21
        assert "lizards" in end["message"]["html"]
        assert page.gaps == 0


async def test_a_page_opened_in_mid_answer_has_all_of_it(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        conversation = await conversation_of(alice)
        await in_database(actions.send, alice, conversation.pk, uuid4(), "Why?")
        job = await node.hear(Generate)
        await node.text(job, 0, "first ")
        async with Page(alice) as page:
            await page.say(type="open", conversation=conversation.pk)
            await page.until("generation.stream")
            await node.text(job, 6, "second")
            while page.texts.get(job.generation) != "first second":
                await page.say(type="sync", generation=job.generation, length=len(page.texts[job.generation]))
                await page.frame()
            await node.finish(job, 12)
            await page.until("generation.finished")


async def test_a_page_whose_end_was_lost_hears_it_on_asking(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        conversation = await conversation_of(alice)
        await page.say(type="open", conversation=conversation.pk)
        await page.say(type="send", request=uuid4(), conversation=conversation.pk, text="Why?")
        job = await node.hear(Generate)
        monkeypatch.setattr(Hub, "event", lambda *args: None)
        await node.text(job, 0, "quietly")
        await node.finish(job, 7)
        while True:
            await page.say(type="sync", generation=job.generation, length=0)
            event = await page.frame()
            if event is not None and event["type"] == "generation.finished":
                break
        assert event["length"] == 7


async def test_stop_goes_to_the_node_and_stopped_is_said_when_the_node_says_so(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        conversation = await conversation_of(alice)
        await page.say(type="open", conversation=conversation.pk)
        await page.say(type="send", request=uuid4(), conversation=conversation.pk, text="Why?")
        job = await node.hear(Generate)
        await node.text(job, 0, "half")
        await page.say(type="stop", generation=job.generation)
        await page.until("generation.stopping")
        await node.finish(job, 4, "cancelled")
        assert (await page.until("generation.finished"))["reason"] == "cancelled"


async def test_without_a_node_the_markov_generator_answers_and_says_it_is_one(alice: User) -> None:
    async with serving(), Page(alice) as page:
        conversation = await conversation_of(alice)
        await page.say(type="open", conversation=conversation.pk)
        await page.say(type="status", model="")
        assert (await page.until("status"))["state"] == "offline"
        await page.say(type="send", request=uuid4(), conversation=conversation.pk, text="Why?", offline="markov")
        await page.until("message.added")
        answer = (await page.until("message.added"))["message"]
        assert (answer["source"], answer["state"]) == ("markov", "done")
        assert answer["html"]


async def test_without_a_node_a_question_may_wait_for_one(alice: User, olga: User) -> None:
    async with serving(), Page(alice) as page:
        conversation = await conversation_of(alice)
        await page.say(type="open", conversation=conversation.pk)
        await page.say(type="send", request=uuid4(), conversation=conversation.pk, text="Why?")
        waiting = await page.until("generation.queued")
        assert (waiting["position"], waiting["offline"]) == (1, True)
        async with await node_for(olga) as node:
            await node.hello("tiny")
            job = await node.hear(Generate)
            await node.text(job, 0, "late")
            await node.finish(job, 4)
            await page.until("generation.finished")


async def test_charlie_gets_nothing_of_alices(alice: User, charlie: User) -> None:
    async with serving(), Page(charlie) as page:
        conversation = await conversation_of(alice)
        asked = await in_database(actions.send, alice, conversation.pk, uuid4(), "Secret?")
        for request in (
            {"type": "open", "conversation": conversation.pk},
            {"type": "send", "request": uuid4(), "conversation": conversation.pk, "text": "Hello"},
            {"type": "regenerate", "request": uuid4(), "message": asked.answer},
            {"type": "stop", "generation": asked.generation},
            {"type": "sync", "generation": asked.generation, "length": 0},
        ):
            await page.say(**request)
            assert (await page.until("error"))["code"] == "not_found"
        assert await in_database(Message.objects.count) == 2
        assert await in_database(lambda: Generation.objects.get().state) == "queued"


async def test_nobody_unknown_gets_a_socket() -> None:
    page = Page(None)
    page.communicator = WebsocketCommunicator(ChatConsumer.as_asgi(), "/ws/chat/")
    await page.communicator.connect(timeout=SECONDS)
    event = await page.communicator.receive_output(timeout=SECONDS)
    assert (event["type"], event["code"]) == ("websocket.close", 4403)
    await page.communicator.disconnect()


@pytest.mark.parametrize(
    "frame",
    ["{", "[]", "null", '{"type": "send"}', '{"type": "open", "conversation": null, "more": 1}', '{"type": "nuke"}'],
)
async def test_a_frame_that_is_none_is_refused_and_the_socket_lives_on(alice: User, frame: str) -> None:
    async with serving(), Page(alice) as page:
        await page.communicator.send_to(text_data=frame)
        assert (await page.until("error"))["code"] == "bad_frame"
        await page.say(type="status", model="")
        await page.until("status")


async def test_a_repeated_send_is_told_what_it_made(alice: User) -> None:
    async with serving(), Page(alice) as page:
        conversation, request = await conversation_of(alice), uuid4()
        for _ in range(2):
            await page.say(type="send", request=request, conversation=conversation.pk, text="Why?")
        await page.until("conversation.changed")
        told = [await page.until("message.added") for _ in range(2)]
        assert [event["message"]["role"] for event in told] == ["user", "assistant"]
        assert {event["request"] for event in told} == {str(request)}
        assert await in_database(Message.objects.count) == 2


async def test_a_refused_frame_names_its_request(alice: User) -> None:
    async with serving(), Page(alice) as page:
        request = uuid4()
        await page.say(type="send", request=request, conversation="none", text="Why?")
        assert (await page.until("error"))["request"] == str(request)


async def test_an_answer_that_waited_long_is_announced_on_every_page(alice: User, olga: User) -> None:
    async with serving(), Page(alice) as page:
        asked = await in_database(actions.send, alice, (await conversation_of(alice)).pk, uuid4(), "Why?")
        long_ago = timezone.now() - datetime.timedelta(minutes=5)
        await in_database(Generation.objects.filter(pk=asked.generation).update, created=long_ago)
        async with await node_for(olga) as node:
            await node.hello("tiny")
            job = await node.hear(Generate)
            await node.text(job, 0, "late")
            await node.finish(job, 4)
            ready = await page.until("answer.ready")
            assert (ready["conversation"], ready["title"]) == (str(asked.conversation), "Why?")


async def test_ending_the_session_elsewhere_closes_the_socket(alice: User) -> None:
    async with serving(), Page(alice) as page:
        await page.say(type="status", model="")
        await page.until("status")
        await in_database(session_ended.send, sender=None, session_key=page.session_key)
        await page.until("signed_out")
        event = await page.communicator.receive_output(timeout=SECONDS)
        assert event["code"] == 4403
