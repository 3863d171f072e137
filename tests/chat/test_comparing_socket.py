"""Comparisons over the page's socket."""

from uuid import uuid4

import pytest

from chat.models import Generation, Message
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page, conversation_of, node_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def test_a_page_compares_two_models_and_sees_both_answers_stream(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("newt", "toad")
        talk, request = await conversation_of(alice), uuid4()
        await page.say(type="open", conversation=talk.pk)
        await page.say(type="compare", request=request, conversation=talk.pk, text="Why?", models=["newt", "toad"])
        question = await page.until("message.added")
        assert question["request"] == str(request)
        shown = await page.until("comparison.shown")
        assert [answer["label"] for answer in shown["answers"]] == ["newt", "toad"]
        answers = [(await page.until("message.added"))["message"]["id"] for _ in range(2)]
        assert answers == [answer["message"] for answer in shown["answers"]]
        # A page that did not hear it asks again, and is told again.
        await page.say(type="compare", request=request, conversation=talk.pk, text="Why?", models=["newt", "toad"])
        again = await page.until("comparison.shown")
        assert again["comparison"] == shown["comparison"]
    assert await in_database(Generation.objects.filter(purpose="answer").count) == 2


@pytest.mark.parametrize("models", [["newt"], ["newt", "newt"], [], ["a"] * 5, "newt", [1, 2]])
async def test_what_is_no_comparison_is_refused_with_its_request(alice: User, models: object) -> None:
    async with serving(), Page(alice) as page:
        talk, request = await conversation_of(alice), uuid4()
        await page.say(type="compare", request=request, conversation=talk.pk, text="Why?", models=models)
        assert (await page.until("error"))["request"] == str(request)
    assert not await in_database(Message.objects.exists)


async def test_charlie_compares_nothing_in_alices_conversation(alice: User, charlie: User) -> None:
    async with serving(), Page(charlie) as page:
        talk = await conversation_of(alice)
        await page.say(type="compare", request=uuid4(), conversation=talk.pk, text="Why?", models=["newt", "toad"])
        assert (await page.until("error"))["code"] == "not_found"
    assert not await in_database(Message.objects.exists)
