"""Known answers: given again to the very same question of the very same model, to nobody else, and never where it could be another."""

import asyncio
from uuid import uuid4

import pytest

from chat import actions, messages
from chat.generations import Outcome
from chat.models import Conversation, Generation, Message, NodeModel, Reply
from chat.moderating.texts import ChatTexts, message_target
from chat.routes import actions as routes
from chat.routes import replies, table
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import in_state, paired
from tests.fakes.node import FakeNode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(autouse=True)
def nothing_expected() -> None:
    replies._expected.clear()


def asked(user: User, text: str = "Why?", temperature: float | None = 0.0) -> actions.Asked:
    talk = actions.create_conversation(user)
    actions.configure(talk, "", "", temperature)
    actions.rename(Conversation.objects.get(pk=talk.pk), "Lizards")  # no title is asked for
    return actions.send(user, talk.pk, uuid4(), text)


async def answered(node: FakeNode, one: actions.Asked, text: str = "Because.") -> None:
    job = await node.hear(Generate)
    assert job.generation == one.generation
    await node.text(job, 0, "Hm. ", thinking=True)
    await node.text(job, 4, text)
    await node.finish(job, 4 + len(text), thinking=4)
    await in_state(one, State.DONE)


def row(one: actions.Asked) -> Generation:
    return Generation.objects.select_related("message").get(pk=one.generation)


async def kept(count: int) -> None:
    """Waits until so many answers are known: that is written behind the end."""
    async with asyncio.timeout(30):
        while await in_database(Reply.objects.count) != count:
            await asyncio.sleep(0.02)


@pytest.mark.both_databases
async def test_the_same_question_is_answered_from_memory_for_the_same_person_alone(
    alice: User, charlie: User, olga: User
) -> None:
    await in_database(routes.remember, "own")
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello("tiny")
        await answered(node, await in_database(asked, alice))
        await kept(1)
        again = await in_database(asked, alice)
        await in_state(again, State.DONE)
        found = await in_database(row, again)
        assert found.message is not None
        assert (found.remembered, found.message.content, found.message.thinking) == (True, "Because.", "Hm. ")
        shown = messages.message_out(found.message, found)
        assert "was not asked again" in shown.notice
        assert "Because." in shown.html
        await answered(node, await in_database(asked, charlie), "For Charlie.")
    reply = await Reply.objects.aget(owner=alice)
    assert reply.uses == 1


async def test_of_everybody_only_if_the_operator_says_so(alice: User, charlie: User, olga: User) -> None:
    await in_database(routes.remember, "all")
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello("tiny")
        await answered(node, await in_database(asked, alice))
        await kept(1)
        theirs = await in_database(asked, charlie)
        await in_state(theirs, State.DONE)
        assert (await in_database(row, theirs)).remembered
    await in_database(routes.remember, "off")
    assert await Reply.objects.acount() == 0, "switching it off forgets all"


@pytest.mark.parametrize("other", ["off", "warm", "by itself", "other words", "another file", "again"])
async def test_whatever_could_come_out_otherwise_goes_to_the_model(alice: User, olga: User, other: str) -> None:
    await in_database(routes.remember, "off" if other == "off" else "own")
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello("tiny")
        temperature = {"warm": 0.7, "by itself": None}.get(other, 0.0)
        first = await in_database(asked, alice, "Why?", temperature)
        await answered(node, first)
        if other in ("other words", "another file", "again"):
            await kept(1)
        if other == "another file":
            await NodeModel.objects.aupdate(sha256="f" * 64)
        if other == "again":
            message = await Message.objects.select_related("conversation", "parent").aget(pk=first.answer)
            second = await in_database(actions.regenerate, alice, message, uuid4())
        else:
            second = await in_database(asked, alice, "Why not?" if other == "other words" else "Why?", temperature)
        await answered(node, second, "Since.")
        assert not (await in_database(row, second)).remembered
    assert await Reply.objects.acount() <= (0 if other in ("off", "warm", "by itself") else 2)


def known_by(alice: User) -> Reply:
    one = asked(alice)
    replies._expected[one.generation] = "k"
    replies.keep(one.generation, "Because.", Outcome("stop"))
    return Reply.objects.get()


async def test_a_known_answer_goes_with_its_conversation_and_after_its_time(alice: User) -> None:
    def run() -> None:
        routes.remember("own", 1)
        reply = known_by(alice)
        assert replies.purge() == 0
        actions.delete(reply.conversation)
        assert not Reply.objects.exists()
        reply = known_by(alice)
        Reply.objects.update(created=reply.created.replace(year=reply.created.year - 1))
        assert replies.purge() == 1

    await in_database(run)


async def test_what_a_moderator_takes_away_is_not_given_again(alice: User, charlie: User) -> None:
    def run() -> None:
        routes.remember("all", 1)
        known_by(alice)
        elsewhere = row(asked(charlie)).message
        assert elsewhere is not None
        Message.objects.filter(pk=elsewhere.pk).update(content="Another one.")
        assert ChatTexts().remove(message_target(elsewhere.pk))
        assert Reply.objects.exists()
        # The same answer, as it was given again to somebody else.
        elsewhere = row(asked(charlie)).message
        assert elsewhere is not None
        Message.objects.filter(pk=elsewhere.pk).update(content="Because.")
        assert ChatTexts().remove(message_target(elsewhere.pk))
        assert not Reply.objects.exists()
        reply = known_by(alice)
        written = Message.objects.get(conversation=reply.conversation, role=Message.Role.ASSISTANT)
        assert ChatTexts().write(message_target(written.pk), "")
        assert not Reply.objects.exists()

    await in_database(run)


@pytest.mark.parametrize(
    "outcome", [Outcome("length"), Outcome("cancelled"), Outcome("stop", thinking=8), Outcome("tool_calls")]
)
async def test_what_is_not_whole_is_not_kept(alice: User, outcome: Outcome) -> None:
    def run() -> None:
        routes.remember("own")
        one = asked(alice)
        replies._expected[one.generation] = "k"
        replies.keep(one.generation, "Because.", outcome)
        replies.keep(one.generation, "Because.", Outcome("stop"))
        assert not Reply.objects.exists(), "a key is used once"

    await in_database(run)


async def test_it_costs_nothing_of_the_week(alice: User, olga: User) -> None:
    await in_database(routes.remember, "own")
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello("tiny")
        await answered(node, await in_database(asked, alice))
        await kept(1)
        before = await in_database(budgets.standing, alice)
        again = await in_database(asked, alice)
        await in_state(again, State.DONE)
        after = await in_database(budgets.standing, alice)
        assert before is not None
        assert after is not None
        assert (after.used, after.reserved) == (before.used, 0)


async def test_while_nothing_is_remembered_nothing_is_looked_at() -> None:
    assert table.watched.remembered(table.OFF).remember == "off"
    assert replies.may_be_known(None) is False  # type: ignore[arg-type]
