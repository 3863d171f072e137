"""Answers forced into a form, in the real engine: what is allowed comes, what is broken is refused, nobody else suffers."""

import json
from typing import Literal

import pytest

from inference_client.engines.base import Error
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import LogitBias, Sampling
from tests.inference_client.test_llama_engine import LONG, UNICODE, ask, engine_with
from tests.models import MODEL_PATH, PLAIN_PAIRS

pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")

YES_NO = 'root ::= "yes 🦎" | "no 🐊"'
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 8}, "legs": {"enum": [2, 4]}},
        "required": ["name", "legs"],
        "additionalProperties": False,
    }
)
BROKEN = {
    "unclosed": 'root ::= "yes',
    "no root": 'answer ::= "yes"',
    "undefined": "root ::= nothing",
    "left recursion": 'root ::= root "a" | "b"',
    "deep": "root ::= " + "(" * 40_000 + '"a"' + ")" * 40_000,
    "allows nothing": "root ::= [z-a]",
    "empty": " \n",
}
BROKEN_SCHEMAS = ['{"type": "frob"}', "[]", "{", '{"$ref": "https://example.org/s"}', '{"enum": []}', '{"minItems": 1e9}',
                  '{"type": "string", "pattern": "^a{1,100000000}$"}', '{"oneOf": []}', "[" * 50_000]  # fmt: skip
ENDLESS = "root ::= a0\n" + "".join(f"a{n} ::= a{n + 1} | a{n + 1}\n" for n in range(60)) + 'a60 ::= "x"\n'


def greedy(**wishes: object) -> Sampling:
    return Sampling(temperature=0, **wishes)  # type: ignore[arg-type]


async def test_a_grammar_is_followed_to_its_end() -> None:
    async with engine_with() as heard:
        heard.engine.submit(ask(1, PLAIN_PAIRS[0].question, sampling=greedy(grammar=YES_NO)))
        heard.engine.submit(ask(2, PLAIN_PAIRS[1].question))
        chance = Sampling(temperature=2.0, seed=5, grammar=YES_NO)
        heard.engine.submit(ask(3, PLAIN_PAIRS[0].question, sampling=chance))
        await heard.all_ended([1, 2, 3])
    assert heard.text[1] in ("yes 🦎", "no 🐊")
    assert heard.text[3] in ("yes 🦎", "no 🐊")
    assert heard.text[2] == PLAIN_PAIRS[1].answer
    assert {heard.done(run).reason for run in (1, 2, 3)} == {"stop"}


async def test_an_answer_under_a_grammar_goes_on_after_each_of_its_characters() -> None:
    async with engine_with(slots=8) as heard:
        whole = "yes 🦎"
        for cut in range(len(whole) + 1):
            heard.engine.submit(ask(cut, "Hello", prefix=whole[:cut], sampling=greedy(grammar='root ::= "yes 🦎"')))
        await heard.all_ended(range(len(whole) + 1))
    assert {whole[:cut] + heard.text.get(cut, "") for cut in range(len(whole) + 1)} == {whole}


async def test_an_answer_that_breaks_the_grammar_already_is_refused() -> None:
    async with engine_with() as heard:
        heard.engine.submit(ask(1, "Hello", prefix="maybe", sampling=greedy(grammar=YES_NO)))
        await heard.all_ended([1])
    end = heard.ends[1]
    assert isinstance(end, Error)
    assert (end.code, end.retry) == ("invalid_grammar", False)
    assert "maybe" not in end.detail


async def test_a_json_schema_is_followed() -> None:
    async with engine_with() as heard:
        heard.engine.submit(ask(1, PLAIN_PAIRS[0].question, sampling=greedy(json_schema=SCHEMA, max_tokens=200)))
        await heard.all_ended([1])
    found = json.loads(heard.text[1])
    assert found["legs"] in (2, 4)
    assert len(found["name"]) <= 8
    assert heard.done(1).reason == "stop"


async def test_broken_grammars_and_schemas_are_refused_in_words_and_the_child_lives(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with engine_with(slots=2) as heard:
        child = heard.engine.child_pid
        heard.engine.submit(ask(0, LONG.question))
        runs: dict[int, str] = {}
        for number, grammar in enumerate(BROKEN.values(), 1):
            runs[number] = grammar
            heard.engine.submit(ask(number, "Hello", sampling=greedy(grammar=grammar)))
        for number, schema in enumerate(BROKEN_SCHEMAS, 100):
            runs[number] = schema
            heard.engine.submit(ask(number, "Hello", sampling=greedy(json_schema=schema)))
        both = greedy(grammar=YES_NO, json_schema="{}")
        runs[200] = "both"
        heard.engine.submit(ask(200, "Hello", sampling=both))
        await heard.all_ended([0, *runs])
        assert heard.engine.child_pid == child, "the child crashed"
    for run, form in runs.items():
        end = heard.ends[run]
        assert isinstance(end, Error), form
        assert (end.code, end.retry) == ("invalid_grammar", False), form
        assert len(end.detail) <= 300
        assert any(remedy in end.detail for remedy in ("correct", "simplify", "lower", "leave one out")), end.detail
    assert heard.text[0] == LONG.answer
    printed = capfd.readouterr()
    assert "root" not in printed.err + printed.out, "a grammar was printed"


async def test_a_grammar_that_never_gets_done_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with engine_with(slots=2) as heard:
        child = heard.engine.child_pid
        heard.engine.submit(ask(1, LONG.question))
        await heard.until(lambda: len(heard.text.get(1, "")) > 20)
        heard.engine.submit(ask(2, "Hello", sampling=greedy(grammar=ENDLESS)))
        await heard.all_ended([1, 2])
        after = heard.engine.child_pid
        assert after != child, "the test's grammar is no trouble any more"
        heard.engine.submit(ask(3, "Hello", sampling=greedy(grammar=ENDLESS)))
        await heard.all_ended([3])
        assert heard.engine.child_pid == after, "it was tried again"
    for run in (2, 3):
        end = heard.ends[run]
        assert isinstance(end, Error)
        assert (end.code, end.retry) == ("invalid_grammar", False)
    assert heard.text[1] == LONG.answer, "the other answer has a gap"


async def test_logit_bias_forbids_and_forces_tokens() -> None:
    first = UNICODE.answer.encode()[0]
    async with engine_with() as heard:
        forbid = greedy(logit_bias=(LogitBias(token=first, bias=-100),), max_tokens=1)
        force = greedy(logit_bias=(LogitBias(token=ord("Q"), bias=100),), max_tokens=3)
        outside = greedy(logit_bias=(LogitBias(token=259, bias=1),))
        for run, sampling in enumerate((forbid, force, outside)):
            heard.engine.submit(ask(run, UNICODE.question, sampling=sampling))
        await heard.all_ended([0, 1, 2])
    assert not heard.text.get(0, "").startswith(UNICODE.answer[0])
    assert heard.text[1] == "QQQ"
    end = heard.ends[2]
    assert isinstance(end, Error)
    assert (end.code, end.retry) == ("invalid_logit_bias", False)
    assert "258" in end.detail


@pytest.mark.parametrize(
    ("opening", "thinking", "expected"),
    [("Y", None, "Yyes 🦎"), ("Y", "off", "yes 🦎"), ("Z", None, "yes 🦎"), (None, None, "yes 🦎")],
)
def test_a_grammar_waits_for_the_thinking_before_the_answer(
    opening: str | None, thinking: Literal["off"] | None, expected: str
) -> None:
    from inference_client.engines.llama_cpp.guard import Guard
    from inference_client.engines.llama_cpp.runtime import NativeRuntime
    from inference_client.engines.llama_cpp.sampling import sampler
    from inference_client.engines.llama_cpp.slots import Batch

    runtime = NativeRuntime(ModelSpec(MODEL_PATH, "tiny", slots=1, threads=1))
    # What the model would say freely is Y, which here stands for the token that begins thinking.
    freely = (LogitBias(token=ord("Y"), bias=100),)
    grammar = 'root ::= "yes 🦎"'
    job = ask(1, "Hello", sampling=greedy(grammar=grammar, logit_bias=freely, thinking=thinking))
    prompt = runtime.prompt(job)
    token = ord(opening) if opening else None
    chooser = sampler(runtime._words, job, prompt, Guard(), opening=token)
    stream = runtime.answer(job, prompt)
    said, tokens = "", list(prompt.tokens)
    for step in range(20):
        batch = Batch()
        start = 0 if step == 0 else len(tokens) - 1
        batch.add(0, start, tokens[start:], sample=True)
        assert runtime.decode(batch)
        chosen = chooser.sample(len(batch) - 1, answering=stream.answering)
        if runtime.ends(chosen):
            break
        tokens.append(chosen)
        said += "".join(text for text, _ in stream.feed(runtime.piece(chosen)))
    chooser.close()
    assert said == expected
