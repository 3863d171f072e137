"""What a node says and does, message by message."""

from uuid import UUID, uuid4

import pytest

from inference_client.engines.base import Done, Error, Progress, Text
from inference_client.protocol import messages as wire
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.vocabulary import ChatMessage, ModelInfo, Usage
from inference_client.session import MAX_CODE_POINTS, Cancel, Identity, Session, Submit
from inference_client.session.node import MAX_REFUSALS

MODELS = (ModelInfo(alias="tiny", context_length=512, slots=2),)
USAGE = Usage(prompt_tokens=3, completion_tokens=2)


def welcome(*resume: wire.Resume) -> wire.Welcome:
    return wire.Welcome(node=uuid4(), name="mac", server_time=0, heartbeat_seconds=5, resume_seconds=60, resume=resume)


def generate(generation: UUID, epoch: int = 1, prefix: str = "", model: str = "tiny") -> wire.Generate:
    question = ChatMessage(role="user", content="?")
    return wire.Generate(generation=generation, epoch=epoch, model=model, messages=(question,), prefix=prefix)


@pytest.fixture
def session() -> Session:
    session = Session(Identity("1", "test", "cpu"), MODELS)
    session.connected()
    assert [message.type for message in session.outgoing()] == ["hello"]
    session.receive(welcome(), 0)
    return session


def started(session: Session, prefix: str = "") -> tuple[UUID, int]:
    """(generation, run) of an answer the engine is at."""
    generation = uuid4()
    session.receive(generate(generation, prefix=prefix), 0)
    (work,) = session.take_work()
    assert isinstance(work, Submit)
    return generation, work.job.run


def test_all_text_of_one_step_is_one_message_and_offsets_count_code_points(session: Session) -> None:
    (one, run_one), (two, run_two) = started(session), started(session, prefix="🐊")
    session.engine_events([Text(run_one, "é🐊"), Text(run_two, "x")])
    session.engine_events([])
    (deltas,) = session.outgoing()
    assert isinstance(deltas, wire.Deltas)
    assert [(item.g, item.o, item.x) for item in deltas.items] == [(one, 0, "é🐊"), (two, 1, "x")]
    session.engine_events([Text(run_one, "!")])
    (deltas,) = session.outgoing()
    assert isinstance(deltas, wire.Deltas)
    assert deltas.items[0].o == 2


def test_a_slow_socket_gets_one_longer_delta(session: Session) -> None:
    _, run = started(session)
    for number in range(100):
        session.engine_events([Text(run, f"{number} ")])
    (deltas,) = session.outgoing()
    assert isinstance(deltas, wire.Deltas)
    assert deltas.items[0].x == "".join(f"{number} " for number in range(100))


def test_a_resend_is_cut_so_that_every_message_fits_the_channel(session: Session) -> None:
    _, run = started(session)
    session.engine_events([Text(run, "\x01" * (2 * MAX_CODE_POINTS + 5))])
    messages = session.outgoing()
    assert [len(message.items[0].x) for message in messages if isinstance(message, wire.Deltas)] == [
        MAX_CODE_POINTS,
        MAX_CODE_POINTS,
        5,
    ]
    assert all(len(wire.encode(message)) < 1024 * 1024 for message in messages)


def test_a_finished_answer_is_kept_until_the_site_has_it(session: Session) -> None:
    generation, run = started(session)
    session.engine_events([Text(run, "ab"), Done(run, "stop", USAGE, trimmed=3)])
    _, finished = session.outgoing()
    assert isinstance(finished, wire.Finished)
    assert (finished.length, finished.reason, finished.trimmed_messages) == (2, "stop", 3)
    session.disconnected()
    session.connected()
    (hello,) = session.outgoing()
    assert isinstance(hello, wire.Hello)
    assert hello.holding == (wire.Held(generation=generation, epoch=1, length=2, finished=True),)
    session.receive(welcome(wire.Resume(generation=generation, epoch=2, offset=1)), 0)
    deltas, finished = session.outgoing()
    assert isinstance(deltas, wire.Deltas)
    assert isinstance(finished, wire.Finished)
    assert (deltas.items[0].e, deltas.items[0].o, deltas.items[0].x, finished.epoch) == (2, 1, "b", 2)
    session.receive(wire.Ack(items=(wire.Acked(g=generation, o=2),), done=(generation,)), 0)
    assert session.held(generation) is None


def test_what_the_welcome_does_not_want_is_stopped_and_forgotten(session: Session) -> None:
    generation, run = started(session)
    session.disconnected()
    session.engine_events([Text(run, "ab")])
    session.connected()
    session.outgoing()
    session.receive(welcome(), 0)
    assert session.take_work() == [Cancel(run)]
    assert session.held(generation) is None
    session.engine_events([Text(run, "cd"), Done(run, "cancelled", USAGE)])
    assert session.outgoing() == []


def test_nothing_but_hello_is_sent_before_the_welcome(session: Session) -> None:
    _, run = started(session)
    session.disconnected()
    session.connected()
    session.engine_events([Text(run, "ab")])
    session.tick(100)
    assert [message.type for message in session.outgoing()] == ["hello"]
    assert session.outgoing() == []


def test_the_same_generation_asked_for_again_moves_to_the_new_epoch_and_is_not_run_twice(session: Session) -> None:
    generation, run = started(session)
    session.engine_events([Text(run, "abc")])
    session.outgoing()
    session.receive(generate(generation, epoch=4, prefix="ab"), 0)
    assert session.take_work() == []
    (deltas,) = session.outgoing()
    assert isinstance(deltas, wire.Deltas)
    assert (deltas.items[0].e, deltas.items[0].o, deltas.items[0].x) == (4, 2, "c")


def test_a_generation_with_other_text_is_begun_anew(session: Session) -> None:
    generation, run = started(session)
    session.engine_events([Text(run, "abc")])
    session.receive(generate(generation, epoch=2, prefix="abX"), 0)
    cancel, submit = session.take_work()
    assert cancel == Cancel(run)
    assert isinstance(submit, Submit)
    assert submit.job.prefix == "abX"


def test_an_older_epoch_is_passed_over(session: Session) -> None:
    generation, run = started(session)
    session.receive(generate(generation, epoch=3), 0)
    session.receive(generate(generation, epoch=2, prefix="other"), 0)
    session.receive(wire.Stop(generation=generation, epoch=2), 0)
    assert session.take_work() == []
    held = session.held(generation)
    assert held is not None
    assert (held.epoch, held.run) == (3, run)


def test_stop_is_answered_once_the_engine_says_the_slot_is_free(session: Session) -> None:
    generation, run = started(session)
    session.engine_events([Text(run, "ab")])
    session.receive(wire.Stop(generation=generation, epoch=1), 0)
    assert session.take_work() == [Cancel(run)]
    assert [message.type for message in session.outgoing()] == ["deltas"]
    session.engine_events([Done(run, "cancelled", USAGE)])
    (finished,) = session.outgoing()
    assert isinstance(finished, wire.Finished)
    assert (finished.reason, finished.length) == ("cancelled", 2)


def test_a_stopped_generation_asked_for_again_is_run_again(session: Session) -> None:
    generation, run = started(session)
    session.receive(wire.Stop(generation=generation, epoch=1), 0)
    session.receive(generate(generation, epoch=2), 0)
    *_, submit = session.take_work()
    assert isinstance(submit, Submit)
    assert submit.job.run != run


def test_a_stop_for_an_unknown_generation_says_so(session: Session) -> None:
    generation = uuid4()
    session.receive(wire.Stop(generation=generation, epoch=7), 0)
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed)
    assert (failed.generation, failed.epoch, failed.code, failed.retry) == (generation, 7, "unknown_generation", True)


def test_text_the_site_has_and_this_node_has_not_cannot_be_continued(session: Session) -> None:
    generation, run = started(session)
    session.engine_events([Text(run, "ab")])
    session.disconnected()
    session.connected()
    session.outgoing()
    session.receive(welcome(wire.Resume(generation=generation, epoch=2, offset=5)), 0)
    assert session.take_work() == [Cancel(run)]
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed)
    assert (failed.code, failed.retry) == ("text_mismatch", True)


def test_an_ack_of_an_earlier_end_does_not_kill_the_new_run(session: Session) -> None:
    generation, run = started(session)
    session.engine_events([Error(run, "engine_crashed", "…", retry=True)])
    assert [message.type for message in session.outgoing()] == ["failed"]
    session.receive(generate(generation, epoch=2), 0)
    session.receive(wire.Ack(items=(wire.Acked(g=generation, o=0),), done=(generation,)), 0)
    assert session.held(generation) is not None


def test_drop_frees_the_slot_without_an_answer(session: Session) -> None:
    generation, run = started(session)
    session.receive(wire.Drop(generation=generation), 0)
    assert session.take_work() == [Cancel(run)]
    session.engine_events([Done(run, "cancelled", USAGE)])
    assert session.outgoing() == []


def test_heartbeats_name_what_is_held(session: Session) -> None:
    generation, _ = started(session)
    session.tick(4.9)
    assert session.outgoing() == []
    session.tick(5.0)
    assert session.outgoing() == [wire.Heartbeat(running=(generation,))]
    assert session.next_heartbeat() == 10.0


def test_progress_is_told_as_it_stands(session: Session) -> None:
    _, run = started(session)
    session.engine_events([Progress(run, 10, 100)])
    session.engine_events([Progress(run, 20, 100)])
    (progress,) = session.outgoing()
    assert isinstance(progress, wire.Progress)
    assert (progress.done, progress.total) == (20, 100)
    assert session.outgoing() == []


def test_a_leaving_node_takes_nothing_new(session: Session) -> None:
    session.leave()
    session.receive(generate(uuid4()), 0)
    leaving, failed = session.outgoing()
    assert leaving.type == "leaving"
    assert isinstance(failed, wire.Failed)
    assert (failed.code, failed.retry) == ("leaving", True)


def test_an_unknown_model_is_refused_for_another_node_to_try(session: Session) -> None:
    session.receive(generate(uuid4(), model="other"), 0)
    (failed,) = session.outgoing()
    assert isinstance(failed, wire.Failed)
    assert (failed.code, failed.retry) == ("model_unknown", True)


def test_changed_models_are_told_once(session: Session) -> None:
    faster = (MODELS[0].model_copy(update={"generation_tps": 9.5}),)
    session.models_changed(MODELS)
    session.models_changed(faster)
    session.models_changed(faster)
    assert session.outgoing() == [wire.Models(models=faster)]


@pytest.mark.parametrize("message", [generate(uuid4()), wire.Drop(generation=uuid4())])
def test_work_before_the_welcome_breaks_the_connection(message: wire.FromSite) -> None:
    session = Session(Identity("1", "test", "cpu"), MODELS)
    session.connected()
    with pytest.raises(ChannelError) as caught:
        session.receive(message, 0)
    assert caught.value.code == "bad_message"


def test_a_second_welcome_breaks_the_connection(session: Session) -> None:
    with pytest.raises(ChannelError):
        session.receive(welcome(), 0)


def test_a_site_that_asks_and_never_listens_is_left_instead_of_piling_up_refusals(session: Session) -> None:
    for _ in range(MAX_REFUSALS):
        session.receive(wire.Stop(generation=uuid4(), epoch=1), 0)
    with pytest.raises(ChannelError, match="refusals"):
        session.receive(wire.Stop(generation=uuid4(), epoch=1), 0)
    assert len(session.outgoing()) == MAX_REFUSALS
    session.receive(wire.Stop(generation=uuid4(), epoch=1), 0)
    assert len(session.outgoing()) == 1
