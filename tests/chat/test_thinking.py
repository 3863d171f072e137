"""Thinking: kept apart from the answer from the node to the page, and never seen by a stranger."""

from uuid import UUID, uuid4

import pytest
from django.test import Client

from chat import actions, generations, messages, queueing
from chat.generations import Outcome, Piece
from chat.inference.stream import Stream
from chat.models import Conversation, Generation, Message, NodeModel
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import Failed, Generate, Held
from inference_client.protocol.vocabulary import ToolCall
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.makers import Asking, Pairing, claim_one
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page, conversation_of, node_for
from tests.chat.test_node_socket import ask, content, fake, in_state, paired
from tests.fakes.node import FakeNode
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def stream(text: str = "", thinking: int = 0) -> Stream:
    return Stream.of(uuid4(), 1, uuid4(), uuid4(), "tiny", text, thinking)


def test_a_stream_knows_where_its_answer_begins() -> None:
    one = stream()
    assert [one.add(0, "hm ", True), one.add(2, " hé", True), one.add(5, "Yes"), one.add(6, "es.")] == [
        "hm ", "hé", "Yes", ".",
    ]  # fmt: skip
    assert (one.text, one.thinking) == ("hm héYes.", 5)
    piece = one.take_unstored()
    assert piece is not None
    assert (piece.offset, piece.text, piece.thinking) == (0, "hm héYes.", 5)
    one.committed(piece)
    one.add(9, " Sure.")
    piece = one.take_unstored()
    assert piece is not None
    assert (piece.offset, piece.thinking) == (9, 0)


@pytest.mark.parametrize(
    ("offset", "text", "thinking"), [(6, "hm", True), (3, "more", True), (1, "m Yes", False), (2, "!", False)]
)
def test_text_on_the_wrong_side_of_the_boundary_is_refused(offset: int, text: str, thinking: bool) -> None:
    with pytest.raises(ChannelError):
        stream("hm Yes", 3).add(offset, text, thinking)


def test_what_came_again_on_its_own_side_is_ignored() -> None:
    one = stream("hm Yes", 3)
    assert [one.add(0, "hm ", True), one.add(3, "Yes"), one.add(1, "m", True)] == ["", "", ""]


def test_chunks_keep_the_boundary_though_a_piece_is_stored_twice(alice: User, ask: Asking, pair: Pairing) -> None:
    node, asked = pair("tiny"), ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.append([Piece(asked.pk, claim.epoch, 0, "hm", 2)])
    generations.append([Piece(asked.pk, claim.epoch, 0, "hm hmYes", 5)])
    assert generations.stored(asked.pk) == ("hm hmYes", 5)
    assert generations.finish(asked.pk, claim.epoch, "hm hmYes", Outcome("stop", thinking=5, answered_by="tiny"))
    message = Message.objects.get(pk=claim.message)
    assert (message.thinking, message.content) == ("hm hm", "Yes")
    assert messages.finished_out(Generation.objects.get(pk=asked.pk)).length == 3


def test_later_turns_read_the_answer_without_its_thinking(alice: User, ask: Asking, pair: Pairing) -> None:
    node, first = pair("tiny"), ask(alice, "Why?")
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.finish(first.pk, claim.epoch, "secretly: Because.", Outcome("stop", thinking=10))
    ask(alice, "And?", conversation=Conversation.objects.get(pk=first.conversation_id))
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert [turn.content for turn in claim.messages] == ["Why?", "Because.", "And?"]


def test_a_title_is_what_comes_after_the_thinking(alice: User, ask: Asking, pair: Pairing) -> None:
    node, first = pair("tiny"), ask(alice, "Why?")
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.finish(first.pk, claim.epoch, "Because.", Outcome("stop"))
    title = claim_one("one", node.pk, ["tiny"])
    assert title is not None
    assert title.message is None
    generations.finish(title.generation, title.epoch, "A short one.\nWarm stones", Outcome("stop", thinking=13))
    assert Conversation.objects.get(pk=first.conversation_id).title == "Warm stones"


def test_an_answer_ended_by_the_site_in_mid_thinking_keeps_it(alice: User, ask: Asking, pair: Pairing) -> None:
    node, asked = pair("tiny"), ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.append([Piece(asked.pk, claim.epoch, 0, "hm hm", 5)])
    assert generations.end_by_site(asked.pk, "failed", "stop_unconfirmed", "Hung.", epoch=claim.epoch)
    row = Generation.objects.select_related("message").get(pk=asked.pk)
    assert row.message is not None
    assert (row.thinking_length, row.message.thinking, row.message.content, row.message.html) == (5, "hm hm", "", "")


def test_alice_chooses_how_a_model_thinks(alice: User, ask: Asking, pair: Pairing, client: Client) -> None:
    node, talk = pair("tiny"), actions.create_conversation(alice)
    client.login(username="alice", password=PASSWORD)
    address = f"/chat/{talk.pk}/settings/"
    body = {"model": "", "system_prompt": "", "temperature": 0.5, "thinking": "high"}
    stored = client.post(address, body, content_type="application/json").json()
    assert stored["conversation"]["thinking"] == "high"
    refused = client.post(address, body | {"thinking": "a lot"}, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "thinking_unknown")
    ask(alice, conversation=Conversation.objects.get(pk=talk.pk))
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert (claim.sampling.thinking, claim.sampling.temperature) == ("high", 0.5)


def test_pages_hear_which_models_think(alice: User, pair: Pairing) -> None:
    pair("deep", "plain")
    NodeModel.objects.filter(alias="deep").update(thinking="level")
    models = {model.alias: model.thinking for model in queueing.status().models}
    assert models == {"deep": "level", "plain": "none"}


def test_alice_reads_the_thinking_and_charlie_does_not(
    alice: User, charlie: User, ask: Asking, pair: Pairing, client: Client
) -> None:
    node, asked = pair("tiny"), ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.finish(asked.pk, claim.epoch, "<b>hm</b>Yes.", Outcome("stop", thinking=9, html="<p>Yes.</p>"))
    client.login(username="alice", password=PASSWORD)
    answer = client.get(f"/chat/message/{asked.message_id}/thinking/")
    assert (answer.status_code, answer.content.decode(), answer["Content-Type"]) == (
        200, "<b>hm</b>", "text/plain; charset=utf-8",
    )  # fmt: skip
    assert client.get(f"/chat/message/{asked.message_id}/source/").content == b"Yes."
    page = client.get(f"/chat/{asked.conversation_id}/").content.decode()
    assert 'data-length="9"' in page
    assert "<b>hm</b>" not in page
    client.login(username="charlie", password=PASSWORD)
    assert client.get(f"/chat/message/{asked.message_id}/thinking/").status_code == 404


@pytest.mark.asyncio
async def test_thinking_travels_from_the_node_to_the_page(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        conversation = await conversation_of(alice)
        await page.say(type="open", conversation=conversation.pk)
        await page.say(type="send", request=uuid4(), conversation=conversation.pk, text="Why?")
        job = await node.hear(Generate)
        await node.text(job, 0, "Let me 🦎 ", thinking=True)
        await node.text(job, 9, "see. ", thinking=True)
        await node.text(job, 14, "Because.")
        await node.finish(job, 22, thinking=14)
        end = await page.until("generation.finished")
        assert page.texts[job.generation] == "Let me 🦎 see. Because."
        assert page.thinking[job.generation] == 14
        assert (end["length"], end["message"]["thinking"]) == (8, 14)
        assert "Let me" not in end["message"]["html"]
        assert "Because." in end["message"]["html"]


@pytest.mark.asyncio
async def test_a_page_opened_in_mid_thinking_has_all_of_it(alice: User, olga: User) -> None:
    async with serving(), await node_for(olga) as node:
        await node.hello("tiny")
        conversation = await conversation_of(alice)
        await in_database(actions.send, alice, conversation.pk, uuid4(), "Why?")
        job = await node.hear(Generate)
        await node.text(job, 0, "first ", thinking=True)
        async with Page(alice) as page:
            await page.say(type="open", conversation=conversation.pk)
            await page.until("generation.stream")
            await node.text(job, 6, "second", thinking=True)
            await _caught_up(page, job.generation, "first second")
            assert page.thinking[job.generation] == 12
            await node.text(job, 12, "Yes.")
            await _caught_up(page, job.generation, "first secondYes.")
            assert page.thinking[job.generation] == 12
            await node.finish(job, 16, thinking=12)
            await page.until("generation.finished")


async def _caught_up(page: Page, generation: UUID, text: str) -> None:
    while page.texts.get(generation) != text:
        await page.say(type="sync", generation=generation, length=len(page.texts.get(generation, "")))
        await page.frame()


@pytest.mark.asyncio
async def test_a_node_resumes_in_mid_thinking(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask_(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "hm ", thinking=True)
        again = fake(node.key)
        async with again:
            welcome = await again.hello("tiny", holding=(Held(generation=job.generation, epoch=job.epoch, length=8),))
            assert [item.offset for item in welcome.resume] == [3]
            job = job.model_copy(update={"epoch": welcome.resume[0].epoch})
            await again.text(job, 3, "hm ", thinking=True)
            await again.text(job, 6, "Yes")
            await again.finish(job, 9, thinking=6)
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "Yes"


@pytest.mark.asyncio
async def test_another_attempt_goes_on_from_the_thinking(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask_(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "hm ", thinking=True)
            await node.text(job, 3, "Y")
            await node.say(Failed(generation=job.generation, epoch=job.epoch, code="engine_crashed", retry=True))
            job = await _next_job(node)
            assert (job.prefix, job.prefix_thinking) == ("hm Y", 3)
            await node.text(job, 4, "es")
            await node.finish(job, 6, thinking=3)
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "Yes"


async def _next_job(node: FakeNode) -> Generate:
    while not isinstance(message := await node.next(), Generate):
        pass
    return message


@pytest.mark.asyncio
@pytest.mark.parametrize("break_rule", ["thinking after the answer", "another boundary at the end"])
async def test_a_node_that_mixes_thinking_and_answer_is_cut_off(alice: User, olga: User, break_rule: str) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            asked = await ask_(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "hm ", thinking=True)
            await node.text(job, 3, "Yes")
            if break_rule == "thinking after the answer":
                await node.text(job, 6, "hm", thinking=True)
            else:
                await node.finish(job, 6, thinking=2)
            assert await node.closed() == 4400
        assert not await in_database(lambda: Generation.objects.get(pk=asked.generation).ended)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["look_up", "zero\x00\nbyte"])
async def test_a_tool_nobody_offered_does_no_harm(alice: User, olga: User, name: str, client: Client) -> None:
    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        conversation = await conversation_of(alice)
        await page.say(type="open", conversation=conversation.pk)
        await page.say(type="send", request=uuid4(), conversation=conversation.pk, text="Why?")
        job = await node.hear(Generate)
        assert job.tools == ()
        await node.text(job, 0, "One moment.")
        call = ToolCall(id="1", name=name, arguments='{"a": "\x00"}')
        await node.finish(job, 11, "tool_calls", tool_calls=(call,))
        end = await page.until("generation.finished")
        assert (end["reason"], end["message"]["state"]) == ("tool_calls", "done")
        said = end["message"]["notice"]
        assert said.startswith("The model asked for a tool that this site does not offer")
        calls = await in_database(lambda: Generation.objects.get(pk=job.generation).tool_calls)
        assert [(one["id"], "\x00" in str(one)) for one in calls] == [("1", False)]
        await in_database(client.force_login, alice)
        shown = await in_database(client.get, f"/chat/{conversation.pk}/")
        assert "asked for a tool" in shown.content.decode()


ask_ = ask
