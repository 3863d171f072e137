"""Thinking, tools, images, vectors, recordings, orders and limits in a node's session."""

import base64
import hashlib
import itertools
import struct
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from inference_client.engines.base import Done, EmbedJob, Error, Job, PaintJob, Picture, Text, TranscribeJob, Vectors
from inference_client.protocol import messages as wire
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.vocabulary import ChatMessage, Image, ModelInfo, ModelMetrics, Tool, ToolCall, Usage
from inference_client.session import Cancel, Identity, Session, Submit
from inference_client.session.blobs import Blobs
from tests.inference_client.test_blobs import parts

MODELS = tuple(ModelInfo(alias=alias, context_length=512, slots=2) for alias in ("tiny", "other"))
USAGE = Usage(prompt_tokens=3, completion_tokens=2)
QUESTION = (ChatMessage(role="user", content="?"),)


def welcome(*resume: wire.Resume) -> wire.Welcome:
    return wire.Welcome(node=uuid4(), name="mac", server_time=0, heartbeat_seconds=5, resume_seconds=60, resume=resume)


@pytest.fixture
def session() -> Session:
    session = Session(Identity("1", "test", "cpu"), MODELS)
    session.connected()
    session.outgoing()
    session.receive(welcome(), 0)
    return session


def submitted(session: Session, message: wire.FromSite) -> Submit:
    session.receive(message, 0)
    (work,) = session.take_work()
    assert isinstance(work, Submit)
    return work


def generate(generation: UUID | None = None, epoch: int = 1, **fields: object) -> wire.Generate:
    return wire.Generate(generation=generation or uuid4(), epoch=epoch, model="tiny", messages=QUESTION, **fields)


def rounds(session: Session) -> Iterator[wire.FromNode]:
    """What is sent, round by round, as far as it is asked for."""
    while messages := session.outgoing():
        yield from messages


def everything(session: Session) -> list[wire.FromNode]:
    """All that is sent until nothing is left, round by round."""
    return list(rounds(session))


# --- thinking and tools -----------------------------------------------------------------------------------------------


def test_thinking_and_answer_never_share_a_delta(session: Session) -> None:
    run = submitted(session, generate()).job.run
    session.engine_events([Text(run, "hm 🐊", True), Text(run, "Ja", False), Done(run, "stop", USAGE)])
    deltas, finished = session.outgoing()
    assert isinstance(deltas, wire.Deltas) and isinstance(finished, wire.Finished)
    assert [(item.o, item.x, item.t) for item in deltas.items] == [(0, "hm 🐊", True), (4, "Ja", False)]
    assert (finished.thinking, finished.length) == (4, 6)


def test_a_resend_from_any_offset_has_the_right_flags(session: Session) -> None:
    message = generate()
    run = submitted(session, message).job.run
    session.engine_events([Text(run, "abc", True), Text(run, "def"), Done(run, "stop", USAGE)])
    for offset in range(7):
        session.disconnected()
        session.connected()
        session.outgoing()
        session.receive(welcome(wire.Resume(generation=message.generation, epoch=offset + 2, offset=offset)), 0)
        sent = everything(session)
        text = "".join(item.x for part in sent if isinstance(part, wire.Deltas) for item in part.items)
        flags = "".join(
            "t" * len(item.x) if item.t else "a" * len(item.x)
            for part in sent
            if isinstance(part, wire.Deltas)
            for item in part.items
        )
        assert (text, flags) == ("abcdef"[offset:], "tttaaa"[offset:])


def test_a_prefix_brings_its_thinking_along(session: Session) -> None:
    work = submitted(session, generate(prefix="hmJ", prefix_thinking=2))
    assert isinstance(work.job, Job) and work.job.prefix_thinking == 2
    session.engine_events([Text(work.job.run, "a"), Done(work.job.run, "stop", USAGE)])
    deltas, finished = session.outgoing()
    assert isinstance(deltas, wire.Deltas) and isinstance(finished, wire.Finished)
    assert [(item.o, item.x, item.t) for item in deltas.items] == [(3, "a", False)]
    assert finished.thinking == 2


def test_the_same_text_thought_and_said_are_two_answers(session: Session) -> None:
    message = generate()
    run = submitted(session, message).job.run
    session.engine_events([Text(run, "abc", True)])
    session.receive(generate(message.generation, epoch=2, prefix="ab", prefix_thinking=1), 0)
    cancel, submit = session.take_work()
    assert cancel == Cancel(run) and isinstance(submit, Submit)
    session.receive(generate(message.generation, epoch=3, prefix="ab", prefix_thinking=1), 0)
    assert session.take_work() == []


def test_more_thinking_than_text_is_refused(session: Session) -> None:
    with pytest.raises(ChannelError):
        session.receive(generate(prefix="ab", prefix_thinking=3), 0)


def test_thinking_after_the_answer_began_counts_as_answer(session: Session) -> None:
    run = submitted(session, generate()).job.run
    session.engine_events([Text(run, "ab"), Text(run, "cd", True), Done(run, "stop", USAGE)])
    deltas, finished = session.outgoing()
    assert isinstance(deltas, wire.Deltas) and isinstance(finished, wire.Finished)
    assert [(item.x, item.t) for item in deltas.items] == [("abcd", False)]
    assert finished.thinking == 0


def test_tools_go_to_the_engine_and_calls_come_back(session: Session) -> None:
    work = submitted(session, generate(tools=(Tool(name="weather"),)))
    assert isinstance(work.job, Job) and [tool.name for tool in work.job.tools] == ["weather"]
    calls = (ToolCall(id="1", name="weather", arguments='{"place": "Bern"}'),)
    session.engine_events([Done(work.job.run, "tool_calls", USAGE, tool_calls=calls)])
    (finished,) = session.outgoing()
    assert isinstance(finished, wire.Finished)
    assert (finished.reason, finished.tool_calls) == ("tool_calls", calls)


@pytest.mark.parametrize(("count", "size", "code"), [(65, 2, "too_many_calls"), (64, 100_000, "too_large")])
def test_calls_that_fit_no_message_fail_instead_of_closing_the_link(
    session: Session, count: int, size: int, code: str
) -> None:
    run = submitted(session, generate()).job.run
    calls = tuple(ToolCall(id=str(number), name="x", arguments="\x01" * size) for number in range(count))
    session.engine_events([Done(run, "tool_calls", USAGE, tool_calls=calls)])
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed)
    assert (failed.code, failed.retry) == (code, False)


# --- bytes from the site ----------------------------------------------------------------------------------------------


def test_an_image_comes_in_parts_and_goes_to_the_engine_with_the_question(session: Session) -> None:
    data = b"a picture of a crocodile"
    for part in parts(data):
        session.receive(part, 0)
    blob = hashlib.sha256(data).hexdigest()
    turn = ChatMessage(role="user", content="?", images=(Image(blob=blob, media_type="image/png"),))
    work = submitted(session, generate().model_copy(update={"messages": (turn, *QUESTION, turn)}))
    assert isinstance(work.job, Job)
    assert work.job.images == {blob: data}


def test_a_recording_goes_to_the_engine(session: Session) -> None:
    data = b"speech" * 100
    for part in parts(data, 100):
        session.receive(part, 0)
    blob = hashlib.sha256(data).hexdigest()
    message = wire.Transcribe(
        generation=uuid4(), epoch=1, model="tiny", blob=blob, media_type="audio/ogg", language="de", format="vtt"
    )
    job = submitted(session, message).job
    assert job == TranscribeJob(job.run, "tiny", data, "audio/ogg", "de", "vtt")


@pytest.mark.parametrize("begun", [False, True])
def test_a_job_whose_bytes_are_not_here_is_refused_for_a_resend(session: Session, begun: bool) -> None:
    data = b"only half of it comes"
    if begun:
        session.receive(parts(data)[0], 0)
    blob = hashlib.sha256(data).hexdigest()
    session.receive(wire.Transcribe(generation=uuid4(), epoch=4, model="tiny", blob=blob, media_type="audio/ogg"), 0)
    assert session.take_work() == []
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed)
    assert (failed.code, failed.retry, failed.epoch) == ("blob_missing", True, 4)


def test_half_a_blob_is_forgotten_with_the_connection(session: Session) -> None:
    first, *rest = parts(b"0123456789")
    session.receive(first, 0)
    session.disconnected()
    session.connected()
    session.outgoing()
    session.receive(welcome(), 0)
    with pytest.raises(ChannelError):
        session.receive(rest[0], 0)


# --- results that are not text ----------------------------------------------------------------------------------------


def embed(count: int) -> wire.Embed:
    texts = tuple(str(number) for number in range(count))
    return wire.Embed(generation=uuid4(), epoch=1, model="tiny", texts=texts)


def test_vectors_come_in_messages_that_fit_and_before_the_end(session: Session) -> None:
    job = submitted(session, embed(100)).job
    assert isinstance(job, EmbedJob) and len(job.texts) == 100
    vectors = tuple(struct.pack("<4096f", *[float(number)] * 4096) for number in range(100))
    session.engine_events([Vectors(job.run, vectors), Done(job.run, "stop", USAGE)])
    *embedded, finished = everything(session)
    assert isinstance(finished, wire.Finished)
    found: list[bytes] = []
    for message in embedded:
        assert isinstance(message, wire.Embedded)
        assert message.first == len(found)
        assert len(wire.encode(message)) < 2**20
        found += [base64.b64decode(vector) for vector in message.vectors]
    assert tuple(found) == vectors


@pytest.mark.parametrize("vectors", [(), (b"1234",), (b"1234", b"12345678"), (b"123", b"123"), (b"", b"")])
def test_vectors_that_do_not_answer_the_question_fail(session: Session, vectors: tuple[bytes, ...]) -> None:
    job = submitted(session, embed(2)).job
    session.engine_events([Vectors(job.run, vectors), Done(job.run, "stop", USAGE)])
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed) and failed.code == "bad_result"
    assert session.take_work() == [Cancel(job.run)]


def painting(session: Session, data: bytes) -> tuple[wire.Paint, int]:
    message = wire.Paint(generation=uuid4(), epoch=1, model="tiny", prompt="a crocodile", width=64, height=128)
    job = submitted(session, message).job
    assert job == PaintJob(job.run, "tiny", "a crocodile", 64, 128)
    session.engine_events([Picture(job.run, "image/webp", data), Done(job.run, "stop", USAGE)])
    return message, job.run


def put_together(messages: list[wire.FromNode]) -> bytes:
    found = Blobs()
    for message in messages:
        if isinstance(message, wire.BlobPart):
            assert len(wire.encode(message)) < 2**20
            found.add(message)
    (painted,) = [message for message in messages if isinstance(message, wire.Painted)]
    data = found.get(painted.blob)
    assert data is not None
    return data


def test_text_does_not_wait_behind_an_image(session: Session) -> None:
    data = bytes(range(256)) * 8192
    painting(session, data)
    writer = submitted(session, generate()).job.run
    rounds: list[list[wire.FromNode]] = []
    while session.unsent:
        session.engine_events([Text(writer, "x")] if len(rounds) < 10 else [])
        rounds.append(session.outgoing())
    assert len(rounds) > 10
    assert all(isinstance(sent[0], wire.Deltas) for sent in rounds[:10])
    assert all(sum(isinstance(message, wire.BlobPart) for message in sent) <= 1 for sent in rounds)
    assert put_together([message for sent in rounds for message in sent]) == data


def test_an_image_survives_a_dropped_link_whole(session: Session) -> None:
    data = bytes(range(256)) * 2048
    message, _ = painting(session, data)
    for _ in range(3):
        session.outgoing()
    session.disconnected()
    session.connected()
    (hello,) = session.outgoing()
    assert isinstance(hello, wire.Hello) and hello.holding[0].finished
    session.receive(welcome(wire.Resume(generation=message.generation, epoch=2, offset=0)), 0)
    sent = everything(session)
    assert put_together(sent) == data
    assert isinstance(sent[-1], wire.Finished) and sent[-1].epoch == 2
    done = wire.Ack(items=(wire.Acked(g=message.generation, o=0),), done=(message.generation,))
    session.receive(done, 0)
    assert session.held(message.generation) is None


def test_two_equal_images_are_not_mixed(session: Session) -> None:
    data = b"z" * 300_000
    painting(session, data)
    painting(session, data)
    found = Blobs()
    painted = 0
    for message in everything(session):
        if isinstance(message, wire.BlobPart):
            found.add(message)
        painted += isinstance(message, wire.Painted)
    assert painted == 2


def test_an_image_asked_for_again_waits_for_the_equal_one_that_is_on_its_way(session: Session) -> None:
    data = b"z" * 300_000
    first, _ = painting(session, data)
    painting(session, data)
    found = Blobs()
    for message in itertools.takewhile(lambda message: not isinstance(message, wire.Finished), rounds(session)):
        if isinstance(message, wire.BlobPart):
            found.add(message)
    second_begun = session.outgoing()
    session.receive(first.model_copy(update={"epoch": 2}), 0)
    left = [*second_begun, *everything(session)]
    offsets = [message.offset for message in left if isinstance(message, wire.BlobPart)]
    assert offsets == sorted(offsets[: len(offsets) // 2]) * 2


@pytest.mark.parametrize("data", [b"", b"x" * (wire.MAX_BLOB + 1)])
def test_an_image_of_no_bytes_or_too_many_fails(session: Session, data: bytes) -> None:
    painting(session, data)
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed) and (failed.code, failed.retry) == ("bad_result", False)


def test_after_an_error_no_result_is_sent(session: Session) -> None:
    job = submitted(session, embed(1)).job
    session.engine_events([Vectors(job.run, (b"1234",)), Error(job.run, "engine_crashed", "…", retry=True)])
    assert [message.type for message in everything(session)] == ["failed"]


def test_an_engines_odd_error_code_still_reaches_the_site(session: Session) -> None:
    run = submitted(session, generate()).job.run
    session.engine_events([Error(run, "HTTP 500!", "x" * 1000)])
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed) and (failed.code, len(failed.detail)) == ("engine_error", 500)


def test_a_job_asked_for_again_is_not_run_again(session: Session) -> None:
    message = embed(1)
    job = submitted(session, message).job
    session.engine_events([Vectors(job.run, (b"1234",)), Done(job.run, "stop", USAGE)])
    everything(session)
    session.receive(message.model_copy(update={"epoch": 3}), 0)
    assert session.take_work() == []
    assert [(sent.type, sent.epoch) for sent in everything(session)] == [("embedded", 3), ("finished", 3)]


# --- the owner and the operator ---------------------------------------------------------------------------------------


def test_limits_are_told_when_they_change_and_after_every_welcome(session: Session) -> None:
    paused = wire.Availability(state="paused", why="battery")
    session.availability_changed(paused)
    session.availability_changed(paused)
    assert session.outgoing() == [paused]
    session.disconnected()
    limited = wire.Availability(state="open", max_slots=2)
    session.availability_changed(limited)
    session.connected()
    assert [message.type for message in session.outgoing()] == ["hello"]
    session.receive(welcome(), 0)
    assert session.outgoing() == [limited]


def test_an_order_becomes_work(session: Session) -> None:
    order = wire.Order(do="load", model="other")
    session.receive(order, 0)
    assert session.take_work() == [order]
    assert session.outgoing() == []


def test_of_two_reports_the_later_is_sent_and_none_without_a_link(session: Session) -> None:
    reports = [wire.Metrics(uptime=at, models=(ModelMetrics(alias="tiny", seconds=1),)) for at in (1, 2)]
    assert [session.measured(report) for report in reports] == [True, True]
    assert session.outgoing() == [reports[1]]
    session.disconnected()
    assert not session.measured(reports[0])
    session.connected()
    assert [message.type for message in session.outgoing()] == ["hello"]
