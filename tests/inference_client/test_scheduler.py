"""Batches without a model: who gets how many tokens of each, and what Stop leaves behind."""

from array import array
from collections import Counter
from pathlib import Path

import pytest

from inference_client.engines.base import Done, EngineError, Error, Event, Job, Progress, Text
from inference_client.engines.llama_cpp.answer import AnswerStream
from inference_client.engines.llama_cpp.prompt import PLAIN, Prompt
from inference_client.engines.llama_cpp.scheduler import STEP_SECONDS, Scheduler
from inference_client.engines.llama_cpp.slots import Batch
from inference_client.engines.llama_cpp.states import Saved, States
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
        self.batches: list[Batch] = []
        self.memory: list[list[int]] = [[] for _ in range(slots)]
        self.open_samplers = 0
        self.full = False
        self.interrupt = False
        self.broken_restore = False
        self.divisible = True

    def clock(self) -> float:
        return self.now

    def prompt(self, job: Job) -> Prompt:
        tokens = [ord(character) for character in job.messages[0].content]
        where: Where = "answer" if job.prefix else "start"
        return Prompt(tokens + [ord(character) for character in job.prefix], len(job.prefix), 0, where)

    def decode(self, batch: Batch) -> bool:
        if self.full:
            raise EngineError("context_full", "no room")
        entries = list(zip(batch.tokens, batch.positions, batch.slots, strict=True))
        assert len(batch.samples) == len(entries)
        if self.interrupt:
            self.interrupt = False
            for token, _, slot in entries[: len(entries) // 2]:
                self.memory[slot].append(token)
            return False
        assert 0 < len(entries) <= self.batch
        for token, position, slot in entries:
            assert position == len(self.memory[slot]), "positions follow one another in each slot"
            self.memory[slot].append(token)
        assert batch.counts == dict(Counter(batch.slots))
        self.batches.append(batch)
        self.now += self.seconds * len(entries)
        return True

    def size(self, slot: int) -> int:
        return 4 * len(self.memory[slot])

    def save(self, slot: int) -> Saved | None:
        return Saved(memoryview(array("i", self.memory[slot]).tobytes()), "extra")

    def restore(self, slot: int, saved: Saved) -> bool:
        assert saved.extra == "extra"
        self.memory[slot] = [] if self.broken_restore else list(array("i", bytes(saved.data)))
        return not self.broken_restore

    def keep(self, slot: int, tokens: int) -> int:
        if not self.divisible and tokens < len(self.memory[slot]):
            tokens = 0
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
            batch = self._runtime.batches[-1]
            assert batch.samples[index], "a token was chosen after an entry without outcome"
            return END if batch.tokens[index] == ord("z") else batch.tokens[index] + 1

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
    reads = [sum(batch.counts.get(slot, 0) for batch in runtime.batches) for slot in range(3)]
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


def cached(ends: dict[int, Event], run: int) -> int:
    end = ends[run]
    assert isinstance(end, Done)
    return end.usage.cached_tokens


def ask_in_turn(scheduler: Scheduler, *jobs: Job) -> dict[int, Event]:
    ends: dict[int, Event] = {}
    for one in jobs:
        scheduler.submit(one)
        ends |= drain(scheduler)[1]
    return ends


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_conversation_whose_slot_was_given_away_is_remembered(tmp_path: Path, on_disk: bool) -> None:
    # Four bytes a token: the RAM holds one conversation, the disk the others.
    states = States(1700, tmp_path, 10_000) if on_disk else States(100_000)
    runtime = ScriptedRuntime(slots=1)
    scheduler = Scheduler(runtime, runtime.clock, states)
    first = [job(run, letter * 400 + "y") for run, letter in enumerate("abc")]
    again = [job(run + 10, letter * 400 + "yz" + "w") for run, letter in enumerate("abc")]
    ends = ask_in_turn(scheduler, *first, *again)
    assert [cached(ends, run) for run in (0, 1, 2)] == [0, 0, 0]
    assert [cached(ends, run) for run in (10, 11, 12)] == [402, 402, 402]
    assert bool(list(tmp_path.rglob("*"))) == on_disk
    assert states.used <= (1700 if on_disk else 100_000)
    scheduler.close()
    assert not list(tmp_path.rglob("*")), "something was left on disk"


def test_short_conversations_are_not_kept(runtime: ScriptedRuntime) -> None:
    states = States(100_000)
    scheduler = Scheduler(ScriptedRuntime(slots=1), runtime.clock, states)
    for run in range(50):
        scheduler.submit(job(run, chr(ord("A") + run % 26) * 100 + "y"))
    drain(scheduler)
    assert states.used == 0


def test_a_system_prompt_is_copied_from_an_answer_at_work() -> None:
    runtime = ScriptedRuntime(slots=2)
    scheduler = Scheduler(runtime, runtime.clock)
    scheduler.submit(job(1, "s" * 500 + "A"))
    while len(runtime.memory[0]) < 505:
        scheduler.step()
    scheduler.submit(job(2, "s" * 500 + "by"))
    text, ends = drain(scheduler)
    assert cached(ends, 2) == 500
    assert text[2] == "z"
    assert text[1] in "".join(map(chr, range(ord("A"), ord("z") + 1)))
    assert text[1].endswith("xyz"), "the answer it was copied from has suffered"


def test_a_memory_that_cannot_be_restored_is_read_again() -> None:
    runtime = ScriptedRuntime(slots=1)
    runtime.broken_restore = True
    scheduler = Scheduler(runtime, runtime.clock, States(100_000))
    ends = ask_in_turn(scheduler, job(1, "a" * 400 + "w"), job(2, "b" * 400 + "w"), job(3, "a" * 400 + "wxyz" + "v"))
    assert cached(ends, 3) == 0
    assert drain(scheduler) == ({}, {})


def test_a_model_that_remembers_all_or_nothing_gets_only_whole_memories() -> None:
    runtime = ScriptedRuntime(slots=1)
    runtime.divisible = False
    scheduler = Scheduler(runtime, runtime.clock, States(100_000))
    ends = ask_in_turn(scheduler, job(1, "a" * 400 + "w"), job(2, "b" * 400 + "w"), job(3, "a" * 400 + "wxyz" + "v"),
                       job(4, "b" * 390 + "v"))  # fmt: skip
    assert cached(ends, 3) == 404
    assert cached(ends, 4) == 0


def test_an_interrupted_step_is_done_again_and_no_answer_changes(runtime: ScriptedRuntime) -> None:
    scheduler = Scheduler(runtime, runtime.clock)
    for run in range(3):
        scheduler.submit(job(run, "c" * (30 + run) + "a"))
    text: dict[int, str] = {}
    for number in range(200):
        runtime.interrupt = number % 3 == 0
        for event in scheduler.step():
            if isinstance(event, Text):
                text[event.run] = text.get(event.run, "") + event.text
    assert text == dict.fromkeys(range(3), "bcdefghijklmnopqrstuvwxyz")
