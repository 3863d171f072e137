"""Images on their way to a model: to one that sees, as many as there is room for, and with a word where some are missing."""

from uuid import UUID, uuid4

import pytest
from django.core.files.storage import default_storage

from chat import actions, claims
from chat.attachments import sight
from chat.events import MessageOut
from chat.inference.placement import Offer, Seat
from chat.messages import contexts, message_out
from chat.models import Conversation, Generation, NodeModel
from chat.queueing import status
from inference_client.protocol.messages import BlobPart, Failed, Generate, Heartbeat, Stop
from inference_client.protocol.vocabulary import ModelInfo
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.attachments.conftest import Keep
from tests.chat.makers import Asking, Pairing
from tests.chat.serving import serving
from tests.chat.test_node_socket import content, in_state, paired
from tests.chat.test_placement import MAC, TOWER, seat, want, where

pytestmark = [pytest.mark.django_db(transaction=True)]

EYES = ModelInfo(alias="eyes", context_length=2048, slots=4, vision=True)


def known(pair: Pairing, *, vision: bool) -> None:
    """A machine is connected whose model sees, or does not."""
    pair("eyes" if vision else "tiny", session=uuid4().hex)
    NodeModel.objects.filter(alias="eyes").update(vision=True)


def shown(generation: Generation) -> MessageOut:
    row = Generation.objects.select_related("message").get(pk=generation.pk)
    row.state = State.DONE
    assert row.message is not None
    row.message.content = "A lizard."
    return message_out(row.message, row)


def looked(generation: Generation, *, sees: bool = True) -> sight.Look:
    row = Generation.objects.get(pk=generation.pk)
    return sight.looks([row], {row.pk: sees})[row.pk]


def test_an_image_is_asked_only_of_who_can_see(pair: Pairing, alice: User, ask: Asking, image: Keep) -> None:
    known(pair, vision=False)
    talk = actions.create_conversation(alice)
    with pytest.raises(Invalid, match="No model here can see"):
        ask(alice, "What is this?", talk, files=[image(alice).pk])
    talk.model = "tiny"
    talk.save()
    with pytest.raises(Invalid, match="tiny cannot see"):
        ask(alice, "What is this?", talk, files=[image(alice).pk])
    known(pair, vision=True)
    ask(alice, "What is this?", actions.create_conversation(alice), files=[image(alice).pk])
    assert {model.alias: model.vision for model in status().models} == {"tiny": False, "eyes": True}


def test_an_unknown_model_may_see_for_all_one_knows(alice: User, ask: Asking, image: Keep) -> None:
    ask(alice, "What is this?", files=[image(alice).pk])


def test_a_question_about_an_image_waits_for_who_sees() -> None:
    blind, eyes = seat(MAC, Offer("tiny", 4, 4, speed=100.0)), seat(TOWER, Offer("eyes", 4, 4, vision=True))
    assert where(want(vision=True, must_see=True), blind, eyes) == (TOWER, "eyes")
    assert where(want(vision=True, must_see=True), blind) is None
    assert where(want(vision=True), blind) == (MAC, "tiny"), "about an earlier one it does not"


def test_the_claim_brings_images_to_the_model_that_sees(pair: Pairing, alice: User, ask: Asking, image: Keep) -> None:
    known(pair, vision=True)
    photo = image(alice)
    generation = ask(alice, "What is this?", files=[photo.pk])
    node = pair("tiny", "eyes", session="claiming")
    offers = (Offer("tiny", 4, 4), Offer("eyes", 4, 4, vision=True))
    ((_, claimed),) = claims.claim_for([Seat("claiming", node.pk, offers, 4)], 1)
    assert claimed.model == "eyes"
    (seen,) = claimed.messages[-1].images
    assert (seen.blob, seen.media_type) == (photo.sha256, "image/png")
    assert claimed.pictures == (sight.Picture(photo.file_name, photo.sha256),)
    assert not shown(generation).notice


def test_later_turns_bring_earlier_images_and_a_blind_model_says_so(
    pair: Pairing, alice: User, ask: Asking, image: Keep
) -> None:
    first = ask(alice, "What is this?", files=[image(alice).pk])
    actions.stop(first)
    later = ask(alice, "Is it warm?", Conversation.objects.get(pk=first.conversation_id))
    assert later.sight == Generation.Sight.EARLIER
    assert len(looked(later).pictures) == 1
    node = pair("tiny", session="claiming")
    (claimed,) = claims.claim("claiming", node.pk, {"tiny": 1})
    assert claimed.pictures == ()
    assert not any(message.images for message in claimed.messages)
    assert "cannot see" in shown(later).notice


def test_the_oldest_images_go_first_when_there_is_no_room(
    alice: User, ask: Asking, image: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = image(alice, "red"), image(alice, "blue")
    first = ask(alice, "What is this?", files=[old.pk])
    actions.stop(first)
    talk = Conversation.objects.get(pk=first.conversation_id)
    second = ask(alice, "And this?", talk, files=[new.pk])
    assert [one.sha256 for one in looked(second).pictures] == [new.sha256, old.sha256]
    for name, value in (("MOST_IMAGES", 1), ("MOST_BYTES", new.size)):
        with monkeypatch.context() as patch:
            patch.setattr(sight, name, value)
            look = looked(second)
        assert [one.sha256 for one in look.pictures] == [new.sha256]
        read = contexts([second], {second.pk: ""}, looks={second.pk: look})[second.pk].messages
        assert [len(message.images) for message in read if message.role == "user"] == [0, 1]
        assert "1 oldest" in shown(second).notice


def test_images_of_other_branches_are_not_shown(alice: User, ask: Asking, image: Keep) -> None:
    first = ask(alice, "What is this?", files=[image(alice, "red").pk])
    actions.stop(first)
    question = first.message.parent  # type: ignore[union-attr]
    other = actions.edit_question(alice, question, uuid4(), "Something else?")  # type: ignore[arg-type]
    row = Generation.objects.get(pk=other.generation)
    assert len(looked(row).pictures) == 1, "its own, though the other branch has it too"
    read = contexts([row], {row.pk: ""}, looks={row.pk: looked(row)})[row.pk].messages
    assert sum(len(message.images) for message in read) == 1


# over the wire ----------------------------------------------------------------------------------------------------------


async def asked_about(user: User, photo: UUID, text: str = "What is this?") -> actions.Asked:
    talk = await in_database(actions.create_conversation, user)
    return await in_database(actions.send, user, talk.pk, uuid4(), text, files=[photo])


@pytest.mark.asyncio
async def test_the_bytes_go_before_the_question(alice: User, olga: User, image: Keep) -> None:
    photo = await in_database(image, alice)
    asked = await asked_about(alice, photo.pk)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", eyes=EYES)
            job = await node.hear(Generate)
            assert job.model == "eyes"
            (seen,) = job.messages[-1].images
            assert job.messages[-1].content == '[The image "photo.png" is attached.]\n\nWhat is this?'
            with default_storage.open(photo.file_name) as file:
                assert bytes(node.blobs[seen.blob]) == file.read()
            await node.text(job, 0, "A lizard.")
            await node.finish(job, 9)
            await in_state(asked, State.DONE)
        assert await in_database(content, asked) == "A lizard."


@pytest.mark.asyncio
async def test_an_image_that_is_gone_ends_the_answer_in_words(alice: User, olga: User, image: Keep) -> None:
    photo = await in_database(image, alice)
    asked = await asked_about(alice, photo.pk)
    default_storage.delete(photo.file_name)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", eyes=EYES)
            await in_state(asked, State.FAILED)
            row = await in_database(Generation.objects.get, pk=asked.generation)
            assert row.error_code == "image_lost"
            # And the link serves on.
            await in_database(actions.send, alice, asked.conversation, uuid4(), "Never mind. Why?")
            later = await _next_job(node)
            assert later.messages[-1].content == "Never mind. Why?"
            assert not any(message.images for message in later.messages)


@pytest.mark.asyncio
async def test_a_storage_out_of_reach_costs_an_attempt_and_not_the_link(
    alice: User, olga: User, image: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = await in_database(image, alice)
    asked = await asked_about(alice, photo.pk)
    real, tries = default_storage.open, []

    def unreachable(name: str, *more: object) -> object:
        tries.append(name)
        if len(tries) == 1:
            raise RuntimeError("the storage does not answer")
        return real(name)

    monkeypatch.setattr(default_storage, "open", unreachable)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", eyes=EYES)
            job = await _next_job(node)
            await node.text(job, 0, "A lizard.")
            await node.finish(job, 9)
            await in_state(asked, State.DONE)
    assert len(tries) == 2


@pytest.mark.asyncio
async def test_a_node_without_the_bytes_gets_them_again(alice: User, olga: User, image: Keep) -> None:
    photo = await in_database(image, alice)
    asked = await asked_about(alice, photo.pk)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", eyes=EYES)
            job = await node.hear(Generate)
            node.blobs.clear()
            await node.say(Failed(generation=job.generation, epoch=job.epoch, code="blob_missing", retry=True))
            again = await _next_job(node)
            assert again.epoch > job.epoch
            assert again.messages[-1].images[0].blob in node.blobs
            await node.text(again, 0, "Yes.")
            await node.finish(again, 4)
            await in_state(asked, State.DONE)


@pytest.mark.asyncio
async def test_stopped_while_its_images_are_on_their_way_it_is_never_begun(
    alice: User, olga: User, image: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio
    import threading

    photo = await in_database(image, alice)
    asked = await asked_about(alice, photo.pk)
    real, reached, on = default_storage.open, threading.Event(), threading.Event()

    def slow(name: str, *more: object) -> object:
        reached.set()
        on.wait(30)
        return real(name)

    monkeypatch.setattr(default_storage, "open", slow)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", eyes=EYES)
            assert await asyncio.to_thread(reached.wait, 30)
            # A heartbeat in between keeps its lease, though the node does not know of it.
            before = (await in_database(Generation.objects.get, pk=asked.generation)).lease_until
            await node.say(Heartbeat(running=()))
            await _later_than(asked.generation, before)
            await in_database(actions.stop, await in_database(Generation.objects.get, pk=asked.generation))
            await in_state(asked, State.CANCELLED)
            on.set()
            await in_database(actions.send, alice, asked.conversation, uuid4(), "Why?")
            job = await _next_job(node)
            assert job.generation != asked.generation
            assert job.messages[-1].content == "Why?"


async def _later_than(generation: UUID, before: object) -> None:
    from tests.fakes.node import until

    def extended() -> bool:
        return Generation.objects.filter(pk=generation, lease_until__gt=before).exists()

    async def check() -> bool:
        return await in_database(extended)

    await until(check)


async def _next_job(node) -> Generate:  # type: ignore[no-untyped-def]
    """Whatever the site says of what is over."""
    while True:
        message = await node.next()
        if isinstance(message, Generate):
            return message
        assert not isinstance(message, Stop), message
        assert isinstance(message, BlobPart) or message.type in ("drop", "ack"), message
