"""Batches without a model: who gets how many tokens of each, and what Stop leaves behind."""

from collections.abc import Sequence

import pytest

from inference_client.engines.base import Done, EngineError, Error, Event, Job, Progress, Text
from inference_client.engines.llama_cpp.answer import AnswerStream
from inference_client.engines.llama_cpp.prompt import PLAIN, Prompt
from inference_client.engines.llama_cpp.scheduler import STEP_SECONDS, Entry, Scheduler
from inference_client.engines.llama_cpp.thinking import Where
from inference_client.protocol.vocabulary import ChatMessage, Sampling

END = 0


class ScriptedRuntime:
    """Answers with the letters after those of the prompt; each token takes ``seconds`` of a clock of its own."""

    context = 4000

    def __init__(self, slots: int, batch: int = 64, seconds: float = 0.001) -> None:
        self.slots = slots
        self.batch = batch
        self.now = 0.0
        self.seconds = seconds
        self.batches: list[list[Entry]] = []
        self.memory: list[list[int]] = [[] for _ in range(slots)]
        self.open_samplers = 0
        self.full = False

    def clock(self) -> float:
        return self.now

    def prompt(self, job: Job) -> Prompt:
        tokens = [ord(character) for character in job.messages[0].content]
        where: Where = "answer" if job.prefix else "start"
        return Prompt(tokens + [ord(character) for character in job.prefix], len(job.prefix), 0, where)

    def decode(self, entries: Sequence[Entry]) -> None:
        if self.full:
            raise EngineError("context_full", "no room")
        assert 0 < len(entries) <= self.batch
        for entry in entries:
            assert entry.position == len(self.memory[entry.slot]), "positions follow one another in each slot"
            self.memory[entry.slot].append(entry.token)
        self.batches.append(list(entries))
        self.now += self.seconds * len(entries)

    def keep(self, slot: int, tokens: int) -> int:
        del self.memory[slot][tokens:]
        return tokens

    def answer(self, job: Job, prompt: Prompt) -> AnswerStream:
        return AnswerStream(PLAIN, stop=job.sampling.stop, where=prompt.where)

    def sampler(self, job: Job, prompt: Prompt) -> "ScriptedRuntime.Sampler":
        self.open_samplers += 1
        return self.Sampler(self)

    def piece(self, token: int) -> bytes:
        return chr(token).encode()

    def ends(self, token: int) -> bool:
        return token == END

    class Sampler:
        def __init__(self, runtime: "ScriptedRuntime") -> None:
            self._runtime = runtime

        constrained = False

        def sample(self, index: int, *, answering: bool = True) -> int:
            entry = self._runtime.batches[-1][index]
            assert entry.sample, "a token was chosen after an entry without outcome"
            return END if entry.token == ord("z") else entry.token + 1

        def close(self) -> None:
            self._runtime.open_samplers -= 1


def job(run: int, content: str, prefix: str = "", **sampling: int) -> Job:
    return Job(run, "m", (ChatMessage(role="user", content=content),), prefix, Sampling(**sampling))


def drain(scheduler: Scheduler) -> tuple[dict[int, str], dict[int, Event]]:
    text: dict[int, str] = {}
    ends: dict[int, Event] = {}
    for _ in range(10_000):
        if not scheduler.busy:
            return text, ends
        for event in scheduler.step():
            if isinstance(event, Text):
                text[event.run] = text.get(event.run, "") + event.text
            elif not isinstance(event, Progress):
                ends[event.run] = event
    raise AssertionError("the scheduler does not come to an end")


@pytest.fixture
def runtime() -> ScriptedRuntime:
    return ScriptedRuntime(slots=3)


def test_more_answers_than_slots_are_all_written(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    for run in range(10):
        scheduler.submit(job(run, "a" * run + "v"))
    text, ends = drain(scheduler)
    assert text == dict.fromkeys(range(10), "wxyz")
    assert {end.reason for end in ends.values() if isinstance(end, Done)} == {"stop"}
    assert runtime.open_samplers == 0


def test_a_long_prompt_and_a_running_answer_both_get_on_in_every_step(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "a", max_tokens=25))
    scheduler.step()
    scheduler.submit(job(2, "b" * 1000))
    for _ in range(5):
        events = scheduler.step()
        assert [event for event in events if isinstance(event, Text) and event.run == 1]
        assert [event for event in events if isinstance(event, Progress) and event.run == 2]


def test_two_long_prompts_share_the_room(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "a" * 900))
    scheduler.submit(job(2, "b" * 900))
    for _ in range(6):
        scheduler.step()
    reads = [sum(entry.slot == slot for batch in runtime.batches for entry in batch) for slot in range(3)]
    busy = [count for count in reads if count]
    assert len(busy) == 2
    assert max(busy) - min(busy) <= 6


def test_a_slow_machine_reads_prompts_in_small_pieces_so_that_stop_is_quick() -> None:
    runtime = ScriptedRuntime(slots=2, batch=512, seconds=0.01)
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "a" * 3000))
    scheduler.step()
    before = runtime.now
    scheduler.step()
    assert runtime.now - before <= STEP_SECONDS * 1.5
    scheduler.cancel(1)
    (event,) = scheduler.step()
    assert isinstance(event, Done)
    assert event.reason == "cancelled"
    assert runtime.open_samplers == 0


def test_a_slot_that_remembers_the_conversation_is_used_again(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    for run, letter in enumerate("abc"):
        scheduler.submit(job(run, letter * 50 + "y"))
    drain(scheduler)
    scheduler.submit(job(9, "b" * 50 + "yz" + "b" * 10 + "y"))
    _, ends = drain(scheduler)
    end = ends[9]
    assert isinstance(end, Done)
    assert (end.usage.prompt_tokens, end.usage.cached_tokens) == (63, 52)


def test_little_in_common_does_not_take_another_conversations_memory(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "ss" + "a" * 50 + "y"))
    drain(scheduler)
    scheduler.submit(job(2, "ss" + "b" * 50 + "y"))
    drain(scheduler)
    scheduler.submit(job(3, "ss" + "a" * 50 + "yz" + "y"))
    _, ends = drain(scheduler)
    end = ends[3]
    assert isinstance(end, Done)
    assert end.usage.cached_tokens >= 53


def test_a_prefix_is_continued_and_counted_in_max_tokens(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "a", prefix="bcd", max_tokens=5))
    scheduler.submit(job(2, "a", prefix="bcd", max_tokens=3))
    text, ends = drain(scheduler)
    assert text == {1: "ef"}
    for run, tokens in ((1, 5), (2, 3)):
        end = ends[run]
        assert isinstance(end, Done)
        assert (end.reason, end.usage.completion_tokens, end.usage.prompt_tokens) == ("length", tokens, 1)


def test_an_answer_that_reaches_the_end_of_the_context_ends_with_length() -> None:
    runtime = ScriptedRuntime(slots=1)
    runtime.context = 20
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "a"))
    text, ends = drain(scheduler)
    assert text[1] == "bcdefghijklmnopqrst"
    end = ends[1]
    assert isinstance(end, Done)
    assert end.reason == "length"


def test_a_batch_without_room_fails_its_answers_for_another_machine(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "a"))
    runtime.full = True
    _, ends = drain(scheduler)
    end = ends[1]
    assert isinstance(end, Error)
    assert (end.code, end.retry) == ("context_full", True)
    runtime.full = False
    scheduler.submit(job(2, "w"))
    text, _ = drain(scheduler)
    assert text == {2: "xyz"}


def test_cancelling_what_is_over_or_unknown_does_nothing(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "w"))
    drain(scheduler)
    scheduler.cancel(1)
    scheduler.cancel(99)
    assert not scheduler.busy
