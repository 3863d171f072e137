"""The week's tokens over the sockets: told to the page that asks, and charged also when a conversation is deleted under its answer."""

from uuid import uuid4

import pytest

from chat import actions
from chat.models import Conversation
from inference_client.protocol.messages import Generate, Stop
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.budgets.models import Reservation, WeeklyUse
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page, conversation_of, node_for
from tests.fakes.node import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases, pytest.mark.asyncio]


async def test_deleting_a_conversation_under_its_answer_does_not_make_that_free(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        talk = await conversation_of(alice)
        await in_database(actions.send, alice, talk.pk, uuid4(), "Why?")
        job = await node.hear(Generate)
        await node.text(job, 0, "Because ")
        await in_database(lambda: actions.delete(Conversation.objects.get(pk=talk.pk)))
        await node.hear(Stop)
        # Text that was on its way finds no row to go to. The machine is still listened to.
        await node.text(job, 8, "of ")
        await node.finish(job, 11, "cancelled")
        await until(lambda: in_database(lambda: not Reservation.objects.exists()))
        week = await in_database(WeeklyUse.objects.get)
        assert (week.used, week.reserved) == (5, 0)


async def test_a_page_hears_its_own_week(alice: User, bob: User) -> None:
    await in_database(budgets.reserve, alice, uuid4(), 10, 400)
    await in_database(budgets.grant, alice, 50, bob)
    async with serving(), Page(alice) as page, Page(bob) as other:
        await page.say(type="budget")
        week = await page.until("budget")
        limit = alice.tier.weekly_tokens + 50
        assert (week["counted"], week["limit"], week["granted"], week["reserved"]) == (True, limit, 50, 400)
        assert week["resets"]
        await other.say(type="budget")
        assert (await other.until("budget"))["reserved"] == 0


async def test_a_site_that_does_not_count_says_so(alice: User, settings: object) -> None:
    settings.TOKEN_BUDGETS = False  # type: ignore[attr-defined]
    async with serving(), Page(alice) as page:
        await page.say(type="budget")
        assert not (await page.until("budget"))["counted"]
