"""Ends and departures that meet each other."""

import asyncio
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError

from chat import consumers, nodes
from chat import messages as turns
from chat.following import load_user
from chat.inference import dispatch
from chat.inference.session import NodeSession
from chat.models import Generation
from chat.outbox import Outbox
from inference_client.protocol import keys
from inference_client.protocol.messages import Generate, Leaving
from meatlizard.accounts.models import Tier, User
from meatlizard.jobs.lease import State
from meatlizard.markup import render_markdown
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, content, in_state, node_of, paired

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def test_a_node_that_leaves_right_after_an_answers_last_word_has_answered_it(
    alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering, go_on = threading.Event(), threading.Event()
    render = render_markdown

    def slow(text: str, prefix: str = "") -> str:
        rendering.set()
        go_on.wait(10)
        return render(text, prefix)

    monkeypatch.setattr(turns, "render_markdown", slow)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "Because.")
            await node.finish(job, 8)
            await asyncio.to_thread(rendering.wait, 10)
            await node.say(Leaving())
            for _ in range(50):
                if await in_database(lambda: Generation.objects.get(pk=asked.generation).state == State.QUEUED):
                    break
                await asyncio.sleep(0.01)
            go_on.set()
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "Because."


class Late:
    """A link whose node says hello while the dispatcher looks."""

    id, key, ready, paused, closed = "new link", b"", False, False, ""

    def __init__(self) -> None:
        self.node = uuid4()
        self.streams: dict[UUID, Any] = {}

    def close(self, code: str) -> None:
        self.closed = code

    def unconfirmed_stops(self) -> list[Any]:
        return []


async def test_a_look_that_began_before_a_node_was_ready_does_not_drive_it_away(
    olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await in_database(node_of, keys.generate(), olga)
    closed: list[str] = []
    session = NodeSession(
        row.pk, bytes(row.public_key), lambda _: True, closed.append, lambda: 0.0, lambda: asyncio.sleep(0)
    )

    async def read_while_it_says_hello(*args: Any) -> dict[UUID, nodes.Standing]:
        stale = {row.pk: nodes.Standing("the link before", False, False, bytes(row.public_key))}
        session.ready = True
        return stale

    monkeypatch.setattr(dispatch, "in_database", read_while_it_says_hello)
    await dispatch.Dispatcher()._check([session])
    assert closed == []


async def test_an_open_page_looks_at_its_session_again_after_the_database_was_away(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def valid(*args: object) -> bool:
        looks.append(args)
        if len(looks) == 1:
            raise OperationalError("away")
        return True

    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)
    monkeypatch.setattr(consumers, "session_valid", valid)
    page = consumers.ChatConsumer()
    page._user, page._session_key, page._outbox = alice, "key", Outbox(page.send, lambda: None)
    page._keep(page._recheck())
    async with asyncio.timeout(3):
        while len(looks) < 3:
            await asyncio.sleep(0.02)
    await page.gone()


async def test_an_open_page_hears_of_another_tier(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.02)
    monkeypatch.setattr(consumers, "session_valid", lambda *args: True)
    page = consumers.ChatConsumer()
    page._user, page._session_key, page._outbox = (
        await in_database(load_user, alice.pk),
        "key",
        Outbox(page.send, lambda: None),
    )
    assert page._user.tier.weekly_tokens == 100_000
    await in_database(Tier.objects.filter(pk=alice.tier_id).update, weekly_tokens=7)
    page._keep(page._recheck())
    async with asyncio.timeout(5):
        while page._user.tier.weekly_tokens != 7:
            await asyncio.sleep(0.01)
    await page.gone()
