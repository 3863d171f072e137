"""Captions that a machine writes down: the real jobs and tasks, with a machine that is a fake on a real socket."""

import asyncio
import uuid
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from chat import task_claims
from chat.models import InferenceTask
from inference_client.protocol.messages import Transcribe
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import paired
from tests.video.clips import WITH_FFMPEG, Clips
from tests.video.rows import ready
from video.captions import hearing
from video.media import encoding, ladder, probing
from video.models import Captions, Part, Rendition, Video

pytestmark = [WITH_FFMPEG, pytest.mark.django_db(transaction=True)]


def with_sound(owner: User, source: Path, folder: Path) -> Video:
    """A video whose sound is made as it is for real."""
    video = ready(owner)
    plan = ladder.plan(probing.probe(source))
    (track,) = plan.tracks
    made = encoding.encode_audio(source, plan, track, folder)
    rendition = Rendition.objects.create(
        video=video, place=video.place, name=track.name, kind="audio", codec="aac", default=True, ended=True
    )
    part = Part.objects.create(
        rendition=rendition, number=0, start=0, duration=made.duration, file="0.mp4", size=made.size, init_size=made.init_size,
        segments=made.segments, state=Part.State.MADE,
    )  # fmt: skip
    with made.path.open("rb") as file:
        default_storage.save(part.storage_name, file)
    return video


@pytest.fixture
def video(alice: User, clips: Clips, tmp_path: Path) -> Video:
    return with_sound(alice, clips("plain"), tmp_path)


@pytest.mark.asyncio
async def test_a_machine_writes_down_what_is_said_in_each_piece(
    alice: User, olga: User, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "PIECE_SECONDS", 1)
    async with serving():
        node, _ = await paired(olga)
        async with node:
            await node.hello("whisper", kind="speech")
            row = await in_database(hearing.ask, alice, video, "en")
            await asyncio.to_thread(hearing.begin.call, str(row.pk), alice.pk)
            pieces = await in_database(lambda: Captions.objects.get(pk=row.pk).tasks)
            assert [offset for _task, offset in pieces] == [0, 1, 2]
            offsets = {uuid.UUID(one): offset for one, offset in pieces}
            for _piece in pieces:
                job = await node.hear(Transcribe)
                assert (job.media_type, job.language, job.format) == ("audio/mp4", "en", "vtt")
                assert bytes(node.blobs[job.blob])[4:8] == b"ftyp"
                await in_database(hearing.look.call, str(row.pk))
                offset = offsets[await in_database(_task_of, job)]
                said = "WEBVTT\n" if offset == 1 else f"WEBVTT\n\n00:00.100 --> 00:00.900\npiece {offset}\n"
                await node.text(job, 0, said)
                await node.finish(job, len(said))
            while await in_database(lambda: InferenceTask.objects.exclude(state="done").exists()):
                await asyncio.sleep(0.01)
        await in_database(hearing.look.call, str(row.pk))
    done = await in_database(Captions.objects.get)
    assert (done.state, done.model, done.text) == ("ready", "whisper", "piece 0\npiece 2")
    assert done.cues == [[100, 900, "piece 0"], [2_100, 2_900, "piece 2"]]


def _task_of(job: Transcribe) -> uuid.UUID:
    return job.generation


def begun(alice: User, video: Video) -> Captions:
    row = hearing.ask(alice, video, "en")
    hearing.begin.call(str(row.pk), alice.pk)
    row.refresh_from_db()
    assert row.state == Captions.State.HEARING
    return row


def test_what_is_under_way_is_not_begun_twice(alice: User, video: Video) -> None:
    row = begun(alice, video)
    with pytest.raises(Invalid) as refusal:
        hearing.ask(alice, video, "en")
    assert refusal.value.code == "captions_under_way"
    # A job that is run again after a crash does nothing more.
    hearing.begin.call(str(row.pk), alice.pk)
    assert InferenceTask.objects.count() == 1


def test_what_fails_says_why_and_can_be_asked_again(alice: User, video: Video, client: Client) -> None:
    row = begun(alice, video)
    task_claims.cancel([uuid.UUID(row.tasks[0][0])])
    hearing.look.call(str(row.pk))
    row.refresh_from_db()
    assert row.state == Captions.State.FAILED and row.error
    client.force_login(alice)
    assert row.error in client.get(reverse("video:captions", args=[video.slug])).content.decode()
    again = hearing.ask(alice, video, "en")
    assert list(Captions.objects.all()) == [again]


def test_a_task_that_is_forgotten_ends_it(alice: User, video: Video) -> None:
    row = begun(alice, video)
    InferenceTask.objects.all().delete()
    hearing.look.call(str(row.pk))
    row.refresh_from_db()
    assert (row.state, "within a day" in row.error) == (Captions.State.FAILED, True)


def test_sound_that_cannot_be_read_ends_it(alice: User, video: Video) -> None:
    part = Part.objects.get()
    Path(default_storage.path(part.storage_name)).write_bytes(b"#EXTM3U\n/etc/passwd\n" * 100)
    row = hearing.ask(alice, video, "en")
    hearing.begin.call(str(row.pk), alice.pk)
    row.refresh_from_db()
    assert row.state == Captions.State.FAILED and row.error


def test_a_video_without_sound_is_refused(alice: User, client: Client) -> None:
    silent = ready(alice)
    client.force_login(alice)
    answer = client.post(reverse("video:captions_hear", args=[silent.slug]), {"language": "en"})
    assert answer.status_code == 400
    assert "no sound in this video" in answer.content.decode()


def test_captions_deleted_meanwhile_stay_deleted(alice: User, video: Video) -> None:
    row = begun(alice, video)
    Captions.objects.all().delete()
    hearing.look.call(str(row.pk))
    assert not Captions.objects.exists()
