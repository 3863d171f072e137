"""Conversations' memory beside the slots: what is found again, what is dropped, what is left on disk; then the real model."""

import os
import random
import stat
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.base import Job
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.llama_cpp.states import Saved, States, common, sweep
from inference_client.protocol.vocabulary import ChatMessage
from tests.inference_client.test_llama_engine import GREEDY, LONG, Listener, ask
from tests.models import MODEL_PATH, PLAIN_PAIRS


def saved(tokens: list[int]) -> Saved:
    return Saved(memoryview(array("i", tokens).tobytes()), len(tokens))


def taken(states: States, tokens: list[int], *, remove: bool = False) -> list[int] | None:
    found = states.find(tokens)
    if found is None:
        return None
    got = states.take(found[0], remove=remove)
    assert got is not None
    held = list(array("i", bytes(got.data)))
    assert held[: found[2]] == tokens[: found[2]]
    return held


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("conversations-*")]


@given(st.lists(st.integers(0, 2), max_size=600), st.lists(st.integers(0, 2), max_size=600), st.integers(0, 600))
def test_common_beginnings_are_counted_to_the_token(left: list[int], right: list[int], shared: int) -> None:
    right = left[:shared] + right
    count = common(left, right)
    assert left[:count] == right[:count]
    assert count == min(len(left), len(right)) or left[count] != right[count]


def test_the_longest_common_beginning_wins_and_the_oldest_goes_first() -> None:
    states = States(4 * 250)
    states.put([1] * 100, saved([1] * 100))
    states.put([1] * 50 + [2] * 50, saved([1] * 50 + [2] * 50))
    assert taken(states, [1] * 50 + [2] * 10) == [1] * 50 + [2] * 50
    states.put([3] * 100, saved([3] * 100))
    assert states.used == 800
    assert taken(states, [1] * 80) == [1] * 50 + [2] * 50, "the oldest is still there"
    assert taken(states, [9]) is None


def test_a_longer_memory_of_the_same_conversation_takes_the_place_of_the_shorter() -> None:
    states = States(10_000)
    states.put([1] * 100, saved([1] * 100))
    states.put([1] * 200, saved([1] * 200))
    assert states.used == 800
    assert taken(states, [1] * 300, remove=True) == [1] * 200
    assert (states.used, taken(states, [1])) == (0, None)


def test_what_is_above_the_bound_is_not_kept() -> None:
    states = States(100)
    states.put([1] * 100, saved([1] * 100))
    assert states.used == 0
    assert not states.accepts(400)


def test_files_are_for_the_owner_only_and_gone_after_use(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    states = States(500, folder, 10_000)
    for number in range(5):
        states.put([number] * 100, saved([number] * 100))
    for number in range(5):
        assert taken(states, [number] * 100) == [number] * 100
    states.settle()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in (folder, *{file.parent for file in files}))
    states.close()
    assert not list(folder.iterdir())


def test_the_disk_has_a_bound_too(tmp_path: Path) -> None:
    states = States(400, tmp_path, 800)
    for number in range(6):
        states.put([number] * 100, saved([number] * 100))
    assert [taken(states, [number] * 100) is not None for number in range(6)] == [False] * 3 + [True] * 3
    states.close()


def test_a_full_or_damaged_disk_costs_the_memory_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = States(400, tmp_path, 10_000)
    states.put([1] * 100, saved([1] * 100))
    states.put([2] * 100, saved([2] * 100))
    assert taken(states, [1] * 100) == [1] * 100
    states.settle()
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    file.write_bytes(b"short")
    found = states.find([1] * 100)
    assert found is not None
    assert states.take(found[0], remove=False) is None
    assert states.find([1] * 100) is None

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    states.put([3] * 100, saved([3] * 100))
    states.settle()
    found = states.find([2] * 100)
    assert found is not None
    assert states.take(found[0], remove=False) is None
    monkeypatch.undo()
    states.close()


def test_what_dead_processes_left_is_swept_and_what_lives_is_not(tmp_path: Path) -> None:
    dead = tmp_path / "conversations-999999999-x"
    alive = tmp_path / f"conversations-{os.getppid()}-x"
    other = tmp_path / "hashes.json"
    dead.mkdir()
    (dead / "1").write_bytes(b"words")
    alive.mkdir()
    other.write_text("{}")
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([alive.name, other.name])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60)), max_size=30), st.randoms(use_true_random=False))
def test_memory_never_exceeds_its_bound_and_is_never_wrong(puts: list[tuple[int, int]], chance: random.Random) -> None:
    states = States(400)
    for letter, length in puts:
        tokens = [7] * chance.randint(0, 5) + [letter] * length
        states.put(tokens, saved(tokens))
        assert states.used <= 400
        taken(states, tokens, remove=chance.random() < 0.3)


# --- with the model ---------------------------------------------------------------------------------------------------


def conversation(number: int, turns: int = 1) -> tuple[ChatMessage, ...]:
    """Long enough to be worth keeping; every one begins otherwise."""
    system = ChatMessage(role="system", content=f"Number {number}. " + "x" * 400)
    said = [ChatMessage(role="user", content="Hi"), ChatMessage(role="assistant", content="Hello.")] * (turns - 1)
    return system, *said, ChatMessage(role="user", content=PLAIN_PAIRS[number].question)


@pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")
@pytest.mark.parametrize("on_disk", [False, True])
async def test_five_conversations_in_one_slot_are_all_remembered(tmp_path: Path, on_disk: bool) -> None:
    pytest.importorskip("llama_cpp")
    spec = ModelSpec(MODEL_PATH, "tiny", slots=1, threads=1)
    if on_disk:
        spec = replace(spec, cache_bytes=1_500_000, cache_dir=tmp_path / "states", cache_disk_bytes=50_000_000)
    plain = replace(spec, cache_bytes=0, cache_disk_bytes=0)
    outcomes: list[list[str]] = []
    for one in (spec, plain):
        engine = LlamaCppEngine(one)
        await engine.start()
        try:
            heard = Listener(engine)
            for turn in (1, 2):
                for number in range(5):
                    run = turn * 10 + number
                    sampling = GREEDY.model_copy(update={"max_tokens": 30})
                    engine.submit(Job(run, "tiny", conversation(number, turn), "", sampling))
                    await heard.all_ended([run])
            usages = [heard.done(20 + number).usage for number in range(5)]
            outcomes.append([heard.text.get(run, "") for run in sorted(heard.ends)])
            if one is spec:
                assert all(usage.cached_tokens > 400 for usage in usages), usages
                (metrics,) = engine.metrics()
                assert metrics.cached_tokens >= sum(usage.cached_tokens for usage in usages)
            else:
                assert all(usage.cached_tokens < 100 for usage in usages), usages
        finally:
            await engine.stop()
    assert outcomes[0] == outcomes[1], "a memory that was kept changed an answer"
    assert not left(tmp_path), "something was left on disk"


@pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")
async def test_what_a_killed_program_left_is_gone_at_the_next_start(tmp_path: Path) -> None:
    dead = tmp_path / "conversations-999999999-x"
    dead.mkdir()
    (dead / "1").write_bytes(b"words")
    engine = LlamaCppEngine(ModelSpec(MODEL_PATH, "tiny", cache_dir=tmp_path), lazy=True)
    await engine.start()
    assert not left(tmp_path)
    await engine.stop()


@pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")
async def test_a_killed_child_leaves_no_conversation_on_disk(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    spec = ModelSpec(MODEL_PATH, "tiny", slots=1, threads=1, cache_bytes=1_500_000, cache_dir=tmp_path,
                     cache_disk_bytes=50_000_000)  # fmt: skip
    engine = LlamaCppEngine(spec)
    await engine.start()
    heard = Listener(engine)
    try:
        for number in range(4):
            engine.submit(Job(number, "tiny", conversation(number), "", GREEDY.model_copy(update={"max_tokens": 5})))
        await heard.all_ended(range(4))
        assert left(tmp_path), "nothing was moved to disk: the bound is too wide for this test"
        engine.submit(ask(9, LONG.question))
        await heard.until(lambda: bool(heard.text.get(9)))
        before = engine.child_pid
        assert before is not None
        os.kill(before, 9)
        await heard.all_ended([9])
        names = left(tmp_path)
        assert not [name for name in names if str(before) in name]
        os.kill(engine.child_pid or 0, 9)
    finally:
        await engine.stop()
    assert not left(tmp_path)
    assert heard.text[9] == LONG.answer
