"""Tasks for other apps: vectors, transcripts and images, from the asking to the result, over a link that speaks the wire."""

import asyncio
import base64
import io
import struct
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from chat import tasks
from chat.bus import Bus
from chat.hub import Hub
from chat.inference.dispatch import dispatcher
from chat.models import InferenceTask
from chat.tasks import Picture, TaskFailed, Unavailable
from inference_client.protocol.messages import (
    Ack,
    BlobPart,
    Drop,
    Embed,
    Embedded,
    Failed,
    Generate,
    Paint,
    Painted,
)
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, fake, paired
from tests.fakes.node import SECONDS, FakeNode, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


def vector(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def embedded(job: Embed, first: int = 0, *vectors: str) -> Embedded:
    """``vectors``, by default one for each text: its length and 1."""
    made = vectors or tuple(vector(len(text), 1.0) for text in job.texts)
    return Embedded(generation=job.generation, epoch=job.epoch, first=first, vectors=made)


async def failing(node: FakeNode, job: Any, retry: bool = True) -> None:
    await node.say(
        Failed(generation=job.generation, epoch=job.epoch, code="engine_crashed", detail="Gone.", retry=retry)
    )


async def row_in(task: UUID, state: State) -> InferenceTask:
    def now() -> InferenceTask | None:
        return InferenceTask.objects.filter(pk=task, state=state).first()

    async def check() -> bool:
        return await in_database(now) is not None

    await until(check)
    row = await in_database(now)
    assert row is not None
    return row


async def test_texts_become_vectors_in_their_order_a_hundred_at_a_time(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            texts = ["x" * number for number in range(150)]
            asked = asyncio.create_task(tasks.embed(texts, seconds=SECONDS))
            for _ in range(2):
                job = await node.hear(Embed)
                assert (job.model, len(job.texts) <= 100) == ("minilm", True)
                half = len(job.texts) // 2
                made = [vector(len(text), 1.0) for text in job.texts]
                await node.say(embedded(job, half, *made[half:]))
                await node.say(embedded(job, 0, *made[:half]))
                await node.finish(job)
            assert await asked == [[float(number), 1.0] for number in range(150)]
            acks = [message for message in [await node.next(), await node.next()] if isinstance(message, Ack)]
            assert len({pk for ack in acks for pk in ack.done}) == 2


def kept_files() -> set[str]:
    return set(default_storage.listdir("tasks")[1]) if default_storage.exists("tasks") else set()


async def test_without_a_machine_that_does_it_the_refusal_is_clear_and_nothing_is_stored(olga: User) -> None:
    before = kept_files()
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny")
            with pytest.raises(Unavailable, match="vectors"):
                await tasks.embed(["x"])
            with pytest.raises(Unavailable, match="speech"):
                await tasks.transcribe(io.BytesIO(b"RIFF"), "audio/wav")
            with pytest.raises(Unavailable, match="images"):
                await tasks.paint("a lizard")
        assert await in_database(InferenceTask.objects.count) == 0
        assert kept_files() == before


async def test_what_no_machine_could_take_is_refused_before_it_is_stored(alice: User) -> None:
    before = kept_files()
    refused: list[Callable[[], UUID]] = [
        lambda: tasks.enqueue_embedding([], offline=True),
        lambda: tasks.enqueue_embedding(["x"] * 101, offline=True),
        lambda: tasks.enqueue_embedding(["x" * 800_000], offline=True),
        lambda: tasks.enqueue_embedding(["\ud800"], offline=True),
        lambda: tasks.enqueue_image("", offline=True),
        lambda: tasks.enqueue_image("a lizard", width=10, offline=True),
        lambda: tasks.enqueue_transcription(io.BytesIO(b""), "audio/wav", offline=True),
        lambda: tasks.enqueue_transcription(io.BytesIO(b"x"), "text/html", offline=True),
        lambda: tasks.enqueue_transcription(io.BytesIO(bytes(2**25 + 1)), "audio/wav", offline=True),
    ]
    for one in refused:
        with pytest.raises(Invalid):
            await in_database(one)
    assert await in_database(InferenceTask.objects.count) == 0
    assert kept_files() == before


async def test_words_become_an_image(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("flux", kind="image")
            asked = asyncio.create_task(tasks.paint("a lizard", width=256, height=128))
            job = await node.hear(Paint)
            assert (job.prompt, job.width, job.height) == ("a lizard", 256, 128)
            blob = await node.send_blob(PNG, part=1000)
            await node.say(Painted(generation=job.generation, epoch=job.epoch, blob=blob, media_type="image/png"))
            await node.finish(job)
            assert await asked == Picture(PNG, "image/png")


async def test_an_image_that_is_none_is_not_stored(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("flux", kind="image")
            task = await in_database(tasks.enqueue_image, "a lizard")
            for _ in range(3):
                job = await next_of(node, Paint)
                blob = await node.send_blob(b"<svg onload=alert(1)>")
                await node.say(Painted(generation=job.generation, epoch=job.epoch, blob=blob, media_type="image/png"))
                await node.finish(job)
            row = await row_in(task, State.FAILED)
            assert (row.error_code, row.attempts, row.result_file.name) == ("bad_answer", 3, "")


async def test_painting_before_its_bytes_closes_the_link(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("flux", kind="image")
            await in_database(tasks.enqueue_image, "a lizard")
            job = await node.hear(Paint)
            await node.say(Painted(generation=job.generation, epoch=job.epoch, blob="0" * 64, media_type="image/png"))
            assert await node.closed() == 4400


@pytest.mark.parametrize(
    "vectors",
    [(vector(1.0),), (vector(1.0), vector(1.0, 2.0)), (vector(1.0), "AAAA" * 3 + "AA=="), (vector(1.0), "no base64"),
     (vector(1.0), vector(float("nan")))],
    ids=["too few", "different lengths", "half a number", "no base64", "no number"],
)  # fmt: skip
async def test_vectors_that_make_no_sense_are_another_attempt_and_then_a_failure(
    olga: User, vectors: tuple[str, ...]
) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            asked = asyncio.create_task(tasks.embed(["a", "b"], seconds=SECONDS))
            for _ in range(3):
                job = await next_of(node, Embed)
                await node.say(embedded(job, 0, *vectors))
                await node.finish(job)
            with pytest.raises(TaskFailed) as refused:
                await asked
            assert refused.value.code == "bad_answer"


async def next_of(node: FakeNode, kind: type[Any]) -> Any:
    """The next message of the kind, past drops of what went before."""
    while not isinstance(message := await node.next(), kind):
        assert isinstance(message, Ack | Drop | BlobPart), message
    return message


async def test_a_failure_that_another_attempt_mends_is_not_heard_of(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            asked = asyncio.create_task(tasks.embed(["abc"], seconds=SECONDS))
            first = await node.hear(Embed)
            await failing(node, first)
            again = await next_of(node, Embed)
            assert (again.generation, again.epoch > first.epoch) == (first.generation, True)
            await node.say(embedded(first))
            await node.finish(first)
            await node.say(embedded(again, 0, vector(7.0)))
            await node.finish(again)
            assert await asked == [[7.0]]


async def test_a_failure_for_good_is_told_in_the_machines_words(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            asked = asyncio.create_task(tasks.embed(["abc"], seconds=SECONDS))
            await failing(node, await node.hear(Embed), retry=False)
            with pytest.raises(TaskFailed, match=r"Gone\.") as refused:
                await asked
            assert refused.value.code == "engine_crashed"


async def test_what_a_returning_node_no_longer_holds_goes_to_another(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            task = await in_database(tasks.enqueue_embedding, ["abc"])
            first = await node.hear(Embed)
        again = fake(node.key)
        async with again:
            await again.hello("minilm", kind="embedding")
            job = await again.hear(Embed)
            assert (job.generation, job.epoch > first.epoch) == (task, True)
            await again.say(embedded(job))
            await again.finish(job)
            await row_in(task, State.DONE)


async def test_a_task_nobody_waits_for_is_dropped_at_its_node(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            asked = asyncio.create_task(tasks.embed(["abc"], seconds=SECONDS))
            job = await node.hear(Embed)
            asked.cancel()
            assert (await node.hear(Drop)).generation == job.generation
            await row_in(job.generation, State.CANCELLED)
            # What was on its way when it was dropped does no harm.
            await node.say(embedded(job))
            await node.finish(job)
            task = await in_database(tasks.enqueue_embedding, ["next"])
            assert (await next_of(node, Embed)).generation == task


async def test_a_task_that_takes_too_long_is_given_up(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            with pytest.raises(Unavailable) as refused:
                await tasks.embed(["abc"], seconds=0.2)
            assert refused.value.code == "too_slow"
        assert await in_database(lambda: InferenceTask.objects.get().state) == State.CANCELLED


async def test_all_hints_may_be_lost(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bus, "control", lambda *args: None)
    monkeypatch.setattr(Hub, "event", lambda *args: None)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            asked = asyncio.create_task(tasks.embed(["abc"], seconds=SECONDS))
            job = await node.hear(Embed)
            await node.say(embedded(job, 0, vector(7.0)))
            await node.finish(job)
            assert await asked == [[7.0]]


async def test_a_job_with_an_event_loop_of_its_own_may_wait_too(olga: User) -> None:
    """It hears no hints there, and looks."""
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            asked = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(tasks.embed(["abc"], seconds=SECONDS))))
            job = await node.hear(Embed)
            await node.say(embedded(job, 0, vector(7.0)))
            await node.finish(job)
            assert await asked == [[7.0]]


async def test_chats_and_tasks_go_to_models_of_their_kind_alone(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", minilm=offered_model("minilm", "embedding"))
            task = await in_database(tasks.enqueue_embedding, ["abc"])
            asked = await ask(alice)
            jobs = [await node.next(), await node.next()]
            models = {type(job): job.model for job in jobs if isinstance(job, Embed | Generate)}
            assert models == {Embed: "minilm", Generate: "tiny"}
            assert {job.generation for job in jobs if isinstance(job, Embed | Generate)} == {task, asked.generation}


async def test_a_model_that_failed_gets_one_task_to_try(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving():
        node, row = await paired(olga)
        async with node:
            await node.hello("minilm", kind="embedding")
            breaker = dispatcher._seating.breaker(row.pk, "minilm")
            for _ in range(3):
                breaker.failed()

            def enqueue() -> None:
                with transaction.atomic():
                    for text in "abc":
                        tasks.enqueue_embedding([text], offline=True)

            await in_database(enqueue)
            monkeypatch.setattr(breaker, "_until", asyncio.get_running_loop().time())
            job = await node.hear(Embed)
            assert await in_database(InferenceTask.objects.held().count) == 1
            assert not dispatcher._tasks._open(dispatcher._sessions)
            await node.say(embedded(job))
            await node.finish(job)
            assert {(await node.hear(Embed)).texts for _ in range(2)} == {("b",), ("c",)}
            assert breaker.state == "closed"


def offered_model(alias: str, kind: Any) -> Any:
    from inference_client.protocol.vocabulary import ModelInfo

    return ModelInfo(alias=alias, context_length=512, slots=1, kind=kind)
