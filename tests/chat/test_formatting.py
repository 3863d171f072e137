"""Running answers as they look: blocks that are over come rendered, once each, to those who look."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from chat import actions, messages
from chat.bus import bus
from chat.formatting import blocks as rendering
from chat.hub import conversation_topic, hub
from chat.inference import formatting
from chat.inference.stream import Stream
from chat.models import Generation
from chat.moderating.watching import Watch
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page, conversation_of, node_for

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND, REST = (
    "Some **bold** 🦎.\n\n",
    "```python\nx = 1\n\ny = 2\n```\n\n",
    "<script>alert(1)</script> and the rest",
)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "AFTER_SECONDS", 0.0)
    monkeypatch.setattr(formatting, "PACE_SECONDS", 0.0)


async def asked(page: Page, alice: User) -> UUID:
    conversation = await conversation_of(alice)
    await page.say(type="open", conversation=conversation.pk)
    await page.say(type="send", request=uuid4(), conversation=conversation.pk, text="Why?")
    await page.until("message.added")
    return conversation.pk


def covered(events: list[dict[str, Any]]) -> list[tuple[int, int]]:
    found = []
    for event in events:
        begin = event["offset"]
        for block in event["blocks"]:
            found.append((begin, block["end"]))
            begin = block["end"]
    return found


async def test_a_block_that_is_over_comes_rendered_and_only_once(alice: User, olga: User, at_once: None) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await asked(page, alice)
        job = await node.hear(Generate)
        await node.text(job, 0, "Hm.\n\nHm.\n\n", thinking=True)
        await node.text(job, 10, FIRST)
        await node.text(job, 10 + len(FIRST), SECOND)
        first = await page.until("generation.blocks")
        await node.text(job, 10 + len(FIRST + SECOND), REST)
        second = await page.until("generation.blocks")
        events = [first, second]
        assert covered(events) == [(10, 10 + len(FIRST)), (10 + len(FIRST), 10 + len(FIRST + SECOND))]
        assert "<strong>bold</strong>" in first["blocks"][0]["html"]
        assert 'data-lang="python"' in second["blocks"][0]["html"]
        await node.finish(job, 10 + len(FIRST + SECOND + REST), thinking=10)
        end = await page.until("generation.finished")
        assert "&lt;script&gt;" in end["message"]["html"]


async def test_nothing_is_rendered_of_what_nobody_sees_and_who_comes_gets_what_is_over(
    alice: User, olga: User, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []

    def noted(text: str, generation: UUID, part: str) -> str:
        rendered.append(text)
        return messages.rendered(text, generation, part)

    monkeypatch.setattr(rendering, "rendered", noted)
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        conversation = await conversation_of(alice)
        await in_database(actions.send, alice, conversation.pk, uuid4(), "Why?")
        job = await node.hear(Generate)
        await node.text(job, 0, FIRST + SECOND)
        stored = Generation.objects.filter(pk=job.generation, chunks__isnull=False)
        while not await in_database(stored.exists):
            await asyncio.sleep(0.01)
        assert rendered == []
        async with Page(alice) as page:
            await page.say(type="open", conversation=conversation.pk)
            await page.until("generation.stream")
            opened = await page.until("generation.blocks")
            assert covered([opened]) == [(0, len(FIRST))]
            await node.text(job, len(FIRST + SECOND), REST)
            assert covered([await page.until("generation.blocks")])[-1] == (len(FIRST), len(FIRST + SECOND))
            await node.finish(job, len(FIRST + SECOND + REST))
            await page.until("generation.finished")
    assert rendered == [FIRST, SECOND]


async def test_an_answer_that_is_quickly_over_is_rendered_at_its_end_alone(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        conversation = await asked(page, alice)
        assert bus.followed(conversation_topic(conversation))
        job = await node.hear(Generate)
        await node.text(job, 0, FIRST + SECOND + REST)
        await node.finish(job, len(FIRST + SECOND + REST))
        kinds = []
        while "generation.finished" not in kinds:
            if (event := await page.frame()) is not None:
                kinds.append(event["type"])
        assert "generation.blocks" not in kinds


async def test_a_node_that_goes_on_from_stored_text_has_the_rest_rendered_from_there(
    alice: User, olga: User, at_once: None
) -> None:
    async with serving(), Page(alice) as page:
        async with await node_for(olga) as node:
            await node.hello("tiny")
            await asked(page, alice)
            job = await node.hear(Generate)
            await node.text(job, 0, FIRST + "Sec")
            assert covered([await page.until("generation.blocks")]) == [(0, len(FIRST))]
        await in_database(lambda: Generation.objects.filter(pk=job.generation).update(lease_until=None, state="queued"))
        async with await node_for(olga) as node:
            await node.hello("tiny")
            again = await node.hear(Generate)
            await node.text(again, len(again.prefix), "ond.\n\nThird")
            event = await page.until("generation.blocks")
            assert covered([event]) == [(len(FIRST), len(FIRST + "Second.\n\n"))]
            assert "<p>Second.</p>" in event["blocks"][0]["html"]


async def test_an_answer_that_is_held_until_it_was_checked_is_not_shown_by_this_way(at_once: None) -> None:
    spawned: list[object] = []
    key = uuid4()
    hub.join(conversation_topic(key), Page(None))  # type: ignore[arg-type]
    for hold in (True, False):
        stream = Stream.of(key, 1, key, key, "tiny", "")
        stream.watch = Watch(hold=hold)
        stream.add(0, FIRST + REST)
        piece = stream.take_unstored()
        assert piece is not None
        formatting.Formatting(spawned.append).stored(stream, piece)
        assert bool(spawned) is not hold
    spawned[0].close()  # type: ignore[attr-defined]


def test_what_a_page_gets_in_the_middle_is_bounded() -> None:
    key = uuid4()
    long = "word\n\n" * rendering.LONGEST
    assert rendering.so_far(key, key, long, 0) is None
    assert rendering.so_far(key, key, "still one block", 0) is None
