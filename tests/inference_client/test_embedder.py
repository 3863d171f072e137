"""Which texts go into which batch, and how jobs end: with a model that turns a text into its length."""

from collections.abc import Sequence

from inference_client.engines.base import Done, EmbedJob, EngineError, Error, Event, Job, Vectors
from inference_client.engines.llama_cpp.embedding import Embedder
from inference_client.protocol.vocabulary import ChatMessage


class Lengths:
    """One token a character. Refuses what the real thing would crash on."""

    def __init__(self, slots: int = 2, batch: int = 10, sequences: int = 4) -> None:
        self.slots, self.batch, self.sequences = slots, batch, sequences
        self.batches: list[list[str]] = []
        self.fails = False

    def tokens(self, text: str) -> list[int]:
        return [ord(character) for character in text[: self.batch]] or [0]

    def embed(self, texts: Sequence[Sequence[int]]) -> list[bytes]:
        assert 0 < len(texts) <= self.sequences
        assert sum(map(len, texts)) <= self.batch
        self.batches.append(["".join(map(chr, text)) for text in texts])
        if self.fails:
            raise EngineError("embedding_failed", "out of order")
        return [len(text).to_bytes(4, "little") for text in texts]


def job(run: int, *texts: str) -> EmbedJob:
    return EmbedJob(run, "lengths", texts)


def work(embedder: Embedder) -> list[Event]:
    events: list[Event] = []
    while embedder.busy:
        events += embedder.step()
    return events


def vectors(run: int, *lengths: int) -> Vectors:
    return Vectors(run, tuple(length.to_bytes(4, "little") for length in lengths))


def test_vectors_come_in_the_order_of_the_texts_and_then_the_end() -> None:
    embedder = Embedder(Lengths())
    embedder.submit(job(1, "aaa", "b", "cccccccccc", "dd", "eeee", "f"))
    events = work(embedder)
    assert events[0] == vectors(1, 3, 1, 10, 2, 4, 1)
    assert isinstance(events[1], Done)
    assert events[1].usage.prompt_tokens == 21
    assert len(events) == 2


def test_short_texts_share_a_batch_up_to_its_tokens_and_its_texts() -> None:
    runtime = Lengths()
    embedder = Embedder(runtime)
    embedder.submit(job(1, "aaaa", "bbbb", "cc", "d", "e", "f", "g", "h"))
    work(embedder)
    assert runtime.batches == [["aaaa", "bbbb", "cc"], ["d", "e", "f", "g"], ["h"]]


def test_a_question_does_not_wait_for_a_library() -> None:
    runtime = Lengths()
    embedder = Embedder(runtime)
    embedder.submit(job(1, *["library"] * 50))
    embedder.submit(job(2, "ask"))
    first = embedder.step()
    assert runtime.batches == [["library", "ask"]]
    assert first[0] == vectors(2, 3)


def test_texts_that_fill_a_batch_are_not_overtaken_for_ever() -> None:
    runtime = Lengths()
    embedder = Embedder(runtime)
    embedder.submit(job(1, *["s"] * 30))
    embedder.submit(job(2, "x" * 10, "y" * 10))
    work(embedder)
    full = [number for number, batch in enumerate(runtime.batches) if len(batch[0]) == 10]
    assert len(full) == 2
    assert full[-1] <= 3


def test_jobs_beyond_the_slots_wait_their_turn() -> None:
    runtime = Lengths(slots=1, sequences=1)
    embedder = Embedder(runtime)
    for run in range(3):
        embedder.submit(job(run, "a" * (run + 1), "b" * (run + 1)))
    assert [event.run for event in work(embedder) if isinstance(event, Vectors)] == [0, 1, 2]
    assert runtime.batches == [["a"], ["b"], ["aa"], ["bb"], ["aaa"], ["bbb"]]


def test_a_job_can_be_cancelled_while_it_waits_and_while_it_is_worked_on() -> None:
    embedder = Embedder(Lengths(slots=1, sequences=1))
    embedder.submit(job(1, "a", "b"))
    embedder.submit(job(2, "c"))
    embedder.submit(job(3, "d"))
    assert embedder.step() == []
    embedder.cancel(1)
    embedder.cancel(2)
    embedder.cancel(9)
    events = work(embedder)
    ends = {event.run: event.reason for event in events if isinstance(event, Done)}
    assert ends == {1: "cancelled", 2: "cancelled", 3: "stop"}
    assert [event for event in events if isinstance(event, Vectors)] == [vectors(3, 1)]


def test_a_failed_batch_ends_its_jobs_once_and_the_next_job_goes_on() -> None:
    runtime = Lengths()
    embedder = Embedder(runtime)
    embedder.submit(job(1, "a", "b", "c", "d", "e", "f"))
    embedder.submit(job(2, "g"))
    runtime.fails = True
    events = embedder.step()
    assert [(event.run, event.code, event.retry) for event in events if isinstance(event, Error)] == [
        (1, "embedding_failed", True),
        (2, "embedding_failed", True),
    ]
    runtime.fails = False
    embedder.submit(job(3, "h"))
    assert work(embedder)[0] == vectors(3, 1)


def test_no_texts_are_no_vectors_and_an_end() -> None:
    embedder = Embedder(Lengths())
    embedder.submit(job(1))
    events = work(embedder)
    assert events[0] == Vectors(1, ())
    assert isinstance(events[1], Done)


def test_a_chat_is_refused_and_texts_go_on() -> None:
    embedder = Embedder(Lengths())
    embedder.submit(Job(1, "lengths", (ChatMessage(role="user", content="hello"),)))
    embedder.submit(job(2, "a"))
    events = work(embedder)
    assert [event.code for event in events if isinstance(event, Error)] == ["wrong_kind"]
    assert vectors(2, 1) in events


def test_what_was_read_is_counted_once() -> None:
    embedder = Embedder(Lengths())
    embedder.submit(job(1, "abc", "de"))
    work(embedder)
    assert embedder.tally().read == 5
    assert embedder.tally().read == 0
