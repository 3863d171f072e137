"""Recordings: in parts before their task, between what else is to be said, and back as text."""

import asyncio
import io

import pytest
from django.core.files.storage import default_storage

from chat import actions, tasks
from chat.jobs import delete_input
from chat.models import Generation, InferenceTask
from chat.tasks import TaskFailed
from inference_client.protocol.messages import BLOB_PART, BlobPart, FromSite, Generate, Held, Stop, Transcribe
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, fake, paired
from tests.chat.test_tasks import next_of, offered_model, row_in
from tests.fakes.node import SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def test_a_recording_travels_in_parts_before_its_task_and_comes_back_as_text(alice: User, olga: User) -> None:
    recording = bytes(range(256)) * (3 * BLOB_PART // 256) + b"end"
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("whisper", kind="speech")
            asked = asyncio.create_task(tasks.transcribe(io.BytesIO(recording), "audio/wav", language="en", user=alice))
            job = await node.hear(Transcribe)
            assert (job.media_type, job.language, job.format) == ("audio/wav", "en", "text")
            assert bytes(node.blobs[job.blob]) == recording
            await node.text(job, 0, "Warm ")
            await node.text(job, 3, "m stones.")
            await node.finish(job, 12)
            assert await asked == "Warm stones."
        row = await in_database(InferenceTask.objects.get)
        assert default_storage.exists(row.input_file.name or "")
        await in_database(delete_input.call, str(row.pk))
        assert not default_storage.exists(row.input_file.name or "")


async def test_a_recording_out_of_reach_costs_the_task_and_not_the_link(
    olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*args: object) -> object:
        raise RuntimeError("the storage does not answer")

    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("whisper", kind="speech")
            monkeypatch.setattr(default_storage, "open", unreachable)
            with pytest.raises(TaskFailed) as refused:
                await tasks.transcribe(io.BytesIO(b"sound"), "audio/wav", seconds=SECONDS)
            assert refused.value.code == "input_unreadable"
            monkeypatch.undo()
            asked = asyncio.create_task(tasks.transcribe(io.BytesIO(b"sound"), "audio/wav", seconds=SECONDS))
            job = await next_of(node, Transcribe)
            await node.text(job, 0, "Warm stones.")
            await node.finish(job, 12)
            assert await asked == "Warm stones."


async def test_a_recording_that_is_gone_ends_its_task_in_words(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        task = await in_database(tasks.enqueue_transcription, io.BytesIO(b"sound"), "audio/wav", offline=True)
        row = await in_database(InferenceTask.objects.get)
        default_storage.delete(row.input_file.name or "")
        async with node:
            await node.hello("whisper", kind="speech")
            ended = await row_in(task, State.FAILED)
        assert ended.error_code == "input_lost"


async def test_a_link_lost_in_mid_recording_sends_it_again(olga: User) -> None:
    recording = bytes(6 * BLOB_PART)
    async with serving():
        node, _ = await paired(olga)
        task = await in_database(tasks.enqueue_transcription, io.BytesIO(recording), "audio/wav", offline=True)
        async with node:
            await node.hello("whisper", kind="speech")
            while not node.blobs:
                await node.next()
        again = fake(node.key)
        async with again:
            await again.hello("whisper", kind="speech")
            job = await again.hear(Transcribe)
            assert (job.generation, bytes(again.blobs[job.blob])) == (task, recording)
            await again.finish(job)
            await row_in(task, State.DONE)


async def test_a_stop_overtakes_a_large_recording(alice: User, olga: User) -> None:
    """Parts wait until those before have gone out: what else is to be said does not stand behind the whole."""
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("tiny", whisper_=offered_model("whisper", "speech"))
            answer = await ask(alice)
            job = await node.hear(Generate)
            await node.text(job, 0, "half")
            asked = asyncio.create_task(tasks.transcribe(io.BytesIO(bytes(20 * BLOB_PART)), "audio/wav"))
            heard: list[FromSite] = []
            while not any(isinstance(message, BlobPart) for message in heard):
                heard.append(await node.next())
            await in_database(lambda: actions.stop(Generation.objects.get(pk=answer.generation)))
            while not isinstance(heard[-1], Transcribe):
                heard.append(await node.next())
            kinds = [type(message) for message in heard]
            assert Stop in kinds
            assert kinds.index(Stop) < len(kinds) - 2, "the stop came after all parts"
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)


async def test_a_node_that_comes_back_goes_on_with_its_task(olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("whisper", kind="speech")
            task = await in_database(tasks.enqueue_transcription, io.BytesIO(b"sound"), "audio/wav")
            job = await node.hear(Transcribe)
            await node.text(job, 0, "Warm ")
        again = fake(node.key)
        async with again:
            welcome = await again.hello(
                "whisper", kind="speech", holding=(Held(generation=task, epoch=job.epoch, length=5),)
            )
            assert [(one.generation, one.offset) for one in welcome.resume] == [(task, 0)]
            job = job.model_copy(update={"epoch": welcome.resume[0].epoch})
            await again.text(job, 0, "Warm stones.")
            await again.finish(job, 12)
            row = await row_in(task, State.DONE)
            assert row.result == {"text": "Warm stones."}
