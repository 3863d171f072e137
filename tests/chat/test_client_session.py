"""The site's end and the client's own session, over the real wire: every kind of work a node can do. The engine alone is played."""

import asyncio
import hashlib
import io
import struct
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from chat import actions, tasks
from chat.inference import blobs
from chat.inference.blobs import BlobSender, Lost
from chat.models import Generation, Message
from inference_client.engines.base import (
    AnyJob,
    Done,
    EmbedJob,
    Event,
    PaintJob,
    Picture,
    Text,
    TranscribeJob,
    Vectors,
)
from inference_client.protocol.messages import BLOB_PART, BlobPart, FromSite
from inference_client.protocol.vocabulary import ModelInfo, ToolCall, Usage
from inference_client.session import Identity, Session, Submit
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.test_node_socket import ask, in_state, paired
from tests.chat.test_tasks import PNG
from tests.fakes.node import SECONDS, FakeNode

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

USAGE = Usage(prompt_tokens=1, completion_tokens=1)
MODELS = tuple(
    ModelInfo(alias=kind, context_length=2048, slots=2, kind=kind) for kind in ("chat", "embedding", "speech", "image")
)


def engine(job: AnyJob) -> Sequence[Event]:
    """What an engine would say to the job."""
    if isinstance(job, EmbedJob):
        made: list[Event] = [Vectors(job.run, tuple(struct.pack("<2f", 1.0, len(text)) for text in job.texts))]
    elif isinstance(job, TranscribeJob):
        made = [Text(job.run, f"{len(job.audio)} bytes of "), Text(job.run, job.media_type)]
    elif isinstance(job, PaintJob):
        made = [Picture(job.run, "image/png", PNG * 50)]
    elif job.messages[-1].content == "Use a tool":
        call = ToolCall(id="1", name="look_up", arguments="{}")
        return [Text(job.run, "Wait."), Done(job.run, "tool_calls", USAGE, tool_calls=(call,))]
    else:
        made = [Text(job.run, "Hm 🦎.", True), Text(job.run, " Well.", True), Text(job.run, "Because.")]
    return [*made, Done(job.run, "stop", USAGE)]


async def run(node: FakeNode) -> None:
    """A client: its real session between the wire and the engine. Ends when cancelled."""
    session = Session(Identity("1", "test", "cpu"), MODELS)
    await node.shake()
    session.connected()
    while True:
        while messages := session.outgoing():
            for message in messages:
                await node.say(message)
        session.receive(await node.next(), time.monotonic())
        for work in session.take_work():
            if isinstance(work, Submit):
                session.engine_events(engine(work.job))


async def test_a_real_client_does_all_that_a_node_can_do(alice: User, olga: User) -> None:
    async with serving():
        node, _ = await paired(olga)
        async with node:
            client = asyncio.create_task(run(node))
            await _until_offered("image")
            recording = io.BytesIO(bytes(range(256)) * 4096)
            vectors, text, picture = await asyncio.gather(
                tasks.embed(["a", "bb"] * 120, seconds=SECONDS),
                tasks.transcribe(recording, "audio/ogg", seconds=SECONDS),
                tasks.paint("a lizard", seconds=SECONDS),
            )
            assert vectors == [[1.0, 1.0], [1.0, 2.0]] * 120
            assert text == "1048576 bytes of audio/ogg"
            assert picture.data == PNG * 50
            asked = await ask(alice)
            await in_state(asked, State.DONE)
            answer = await in_database(Message.objects.get, pk=asked.answer)
            assert (answer.thinking, answer.content) == ("Hm 🦎. Well.", "Because.")
            tool = await in_database(actions.create_conversation, alice)
            asked = await in_database(actions.send, alice, tool.pk, asked.answer, "Use a tool")
            await in_state(asked, State.DONE)
            row = await in_database(Generation.objects.get, pk=asked.generation)
            assert (row.reason, row.tool_calls) == ("tool_calls", [{"id": "1", "name": "look_up", "arguments": "{}"}])
            client.cancel()
            await asyncio.gather(client, return_exceptions=True)


async def _until_offered(kind: str) -> None:
    async with asyncio.timeout(SECONDS):
        while not await in_database(tasks.offered, kind):
            await asyncio.sleep(0.01)


class SlowLink:
    """A link whose line takes a part only when told so."""

    closed = False

    def __init__(self) -> None:
        self.sent: list[FromSite] = []
        self.go = asyncio.Semaphore(0)

    def send(self, message: FromSite) -> bool:
        self.sent.append(message)
        return True

    async def flushed(self) -> None:
        await self.go.acquire()

    @property
    def blobs(self) -> list[tuple[str, int]]:
        return [(part.blob, part.offset) for part in self.sent if isinstance(part, BlobPart)]


async def _sent(link: SlowLink, count: int) -> None:
    async with asyncio.timeout(SECONDS):
        while len(link.sent) < count:
            await asyncio.sleep(0.001)


async def test_a_part_waits_for_the_line() -> None:
    link = SlowLink()
    async with kept(bytes(3 * BLOB_PART)) as (name, digest):
        sending = asyncio.create_task(BlobSender(link).send(name, digest))  # type: ignore[arg-type]
        for count in range(1, 4):
            await _sent(link, count)
            # All reading is done in threads: if it did not wait for the line, this many turns would show it.
            for _ in range(20):
                await asyncio.to_thread(lambda: None)
            assert len(link.sent) == count
            link.go.release()
        await sending
    assert link.blobs == [(digest, number * BLOB_PART) for number in range(3)]


async def test_one_recording_does_not_wait_for_the_whole_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    link = SlowLink()
    sender = BlobSender(link)  # type: ignore[arg-type]
    begun = threading.Event()
    read, seen = blobs._part, list[object]()

    def part(file: object, digest: object) -> tuple[int, str]:
        """The second part of whichever comes first is read when the other has begun."""
        if file in seen:
            assert begun.wait(SECONDS), "the second waited for all of the first"
        seen.append(file)
        return read(file, digest)  # type: ignore[arg-type]

    monkeypatch.setattr(blobs, "_part", part)
    for _ in range(4):
        link.go.release()
    async with kept(b"1" * 2 * BLOB_PART) as first, kept(b"2" * 2 * BLOB_PART) as second:
        sending = [asyncio.create_task(sender.send(*file)) for file in (first, second)]
        await _sent(link, 2)
        begun.set()
        await asyncio.gather(*sending)
    assert {blob for blob, _ in link.blobs[:2]} == {first[1], second[1]}


async def test_the_same_bytes_for_two_jobs_go_one_after_the_other() -> None:
    """The other end puts parts together by their hash alone."""
    link = SlowLink()
    sender = BlobSender(link)  # type: ignore[arg-type]
    for _ in range(4):
        link.go.release()
    async with kept(bytes(2 * BLOB_PART)) as file:
        await asyncio.gather(sender.send(*file), sender.send(*file))
    assert [offset for _, offset in link.blobs] == [0, BLOB_PART, 0, BLOB_PART]


async def test_a_recording_that_changed_or_vanished_is_not_sent_whole() -> None:
    link = SlowLink()
    for _ in range(4):
        link.go.release()
    async with kept(b"something else") as (name, _):
        with pytest.raises(Lost, match="changed"):
            await BlobSender(link).send(name, "0" * 64)  # type: ignore[arg-type]
    assert link.sent == []
    with pytest.raises(Lost):
        await BlobSender(link).send(name, "0" * 64)  # type: ignore[arg-type]


@asynccontextmanager
async def kept(data: bytes) -> AsyncIterator[tuple[str, str]]:
    """A file in the storage: its name and its hash."""
    name = await asyncio.to_thread(default_storage.save, "tasks/recording", ContentFile(data))
    yield name, hashlib.sha256(data).hexdigest()
    await asyncio.to_thread(default_storage.delete, name)
