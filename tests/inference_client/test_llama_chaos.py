"""The engine under everything at once: asked, stopped, loaded, unloaded and killed in any order. Nothing hangs, no word is wrong."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inference_client.engines.base import EngineError, Error, Job
from inference_client.engines.llama_cpp import engine as engine_module
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import ChatMessage, Sampling, Tool
from tests.inference_client.test_llama_engine import GREEDY, Listener, ask
from tests.models import MODEL_PATH, PLAIN_PAIRS

pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")

SHORT = [pair for pair in PLAIN_PAIRS if len(pair.answer) < 150]
GRAMMARS = ('root ::= "yes 🦎" | "no"', "root ::= [a-z]{1,20}", 'root ::= "x', "root ::= root", "")
CODES = {"prompt_too_long", "invalid_grammar", "engine_crashed"}


class Crowd:
    """Asks for all kinds of things. ``expected``: texts that are known."""

    def __init__(self, engine: LlamaCppEngine, chance: random.Random) -> None:
        self.engine = engine
        self.chance = chance
        self.runs = 0
        self.expected: dict[int, str] = {}

    def ask(self) -> None:
        self.runs += 1
        pair, run = self.chance.choice(SHORT), self.runs
        kind = self.chance.randrange(4)
        if kind == 0:
            cut = self.chance.randint(0, len(pair.answer))
            self.expected[run] = pair.answer[cut:]
            self.engine.submit(ask(run, pair.question, prefix=pair.answer[:cut]))
        elif kind == 1:
            turns = [ChatMessage(role="system", content="s" * self.chance.randint(0, 400))]
            for number in range(self.chance.choice((1, 3, 5))):
                role = "assistant" if number % 2 else "user"
                turns.append(ChatMessage(role=role, content="x" * self.chance.randint(0, 200)))  # type: ignore[arg-type]
            self.engine.submit(
                Job(run, "tiny", tuple(turns), "", Sampling(max_tokens=self.chance.randint(1, 60), seed=3))
            )
        elif kind == 2:
            grammar = self.chance.choice(GRAMMARS)
            sampling = Sampling(max_tokens=40, grammar=grammar, temperature=self.chance.choice((0, 1.0)))
            job = ask(run, pair.question, sampling=sampling)
            self.engine.submit(Job(job.run, "tiny", job.messages, "", sampling, tools=(Tool(name="tool"),)))
        else:
            noise = "".join(chr(self.chance.randint(1, 0xD000)) for _ in range(self.chance.randint(0, 1500)))
            self.engine.submit(ask(run, noise, sampling=Sampling(max_tokens=30, stop=("a", "\n"))))


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_hangs_and_no_word_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(engine_module, "FIRST_DELAY", 0.01)
    chance = random.Random(seed)
    spec = ModelSpec(MODEL_PATH, "tiny", context=1024, slots=seed * 2, threads=1, cache_bytes=2_000_000,
                     cache_dir=tmp_path, cache_disk_bytes=5_000_000)  # fmt: skip
    engine = LlamaCppEngine(spec, lazy=True)
    await engine.start()
    heard = Listener(engine)
    crowd = Crowd(engine, chance)
    try:
        for step in range(40):
            for _ in range(4):
                crowd.ask()
            for run in chance.sample(range(1, crowd.runs + 1), 2):
                engine.cancel(run)
            if step % 9 == 4:
                chance.choice((engine.load, engine.unload))("tiny")
            if step % 15 == 7 and engine.child_pid:
                os.kill(engine.child_pid, signal.SIGKILL)
            await heard.until(lambda: crowd.runs - len(heard.ends) < 20)
        await heard.all_ended(range(1, crowd.runs + 1))
    finally:
        await engine.stop()
    for run, end in heard.ends.items():
        if isinstance(end, Error):
            assert end.code in CODES, end
        elif end.reason == "stop" and run in crowd.expected:
            assert heard.text.get(run, "") == crowd.expected[run]
    assert len({type(end) for end in heard.ends.values()}) == 2
    assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir())), "something was left on disk"


async def test_a_model_that_takes_for_ever_to_load_is_given_up_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "LOAD_SECONDS", 0.001)
    engine = LlamaCppEngine(ModelSpec(MODEL_PATH, "tiny", threads=1), lazy=True)
    await engine.start()
    heard = Listener(engine)
    try:
        engine.submit(ask(1, "Hello"))
        await heard.all_ended([1])
        end = heard.ends[1]
        assert isinstance(end, Error)
        assert (end.code, end.retry) == ("engine_crashed", True)
        monkeypatch.undo()
        engine.submit(ask(2, PLAIN_PAIRS[0].question, sampling=GREEDY))
        await heard.all_ended([2])
        assert heard.text == {2: PLAIN_PAIRS[0].answer}
    finally:
        await engine.stop()


async def test_a_system_without_room_for_a_process_is_named_and_may_recover(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(engine_module, "ChildProcess", full)
    engine = LlamaCppEngine(ModelSpec(MODEL_PATH, "tiny", threads=1))
    with pytest.raises(EngineError, match="Resource temporarily unavailable"):
        await engine.start()
    monkeypatch.undo()
    await engine.start()
    assert engine.models()[0].loaded
    await engine.stop()


def test_the_parent_never_loads_the_native_library() -> None:
    code = (
        "import sys, inference_client.engines.llama_cpp.engine; "
        "bad = {'llama_cpp', 'numpy', 'jinja2'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
