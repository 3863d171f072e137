"""Thinking, tool calls and chat templates in the real engine. A grammar makes the tiny model say what a larger one would."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inference_client.engines.base import EngineError, Error, Job, Text
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import ChatMessage, Sampling, Tool, ToolCall
from tests.inference_client.test_llama_engine import GREEDY, Listener, ask, engine_with
from tests.models import CHAT_TEMPLATE, MODEL_PATH, PLAIN_PAIRS

pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")

SPEC = ModelSpec(MODEL_PATH, "tiny", slots=4, threads=1)
QWEN_TEMPLATE = (
    "{% if tools %}<|im_start|>system\n{{ tools | tojson }} <tool_call><|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)
WEATHER = Tool(name="weather", description="Tells the weather.")


def saying(text: str, **wishes: Any) -> Sampling:
    """Makes any model say ``text``, with its thinking and calls as it would write them."""
    return Sampling(temperature=0, grammar=f"root ::= {json.dumps(text, ensure_ascii=False)}", **wishes)


async def with_spec(spec: ModelSpec, *jobs: Job) -> tuple[Listener, dict[int, str]]:
    """(what was heard, thinking by run)"""
    engine = LlamaCppEngine(spec)
    await engine.start()
    try:
        heard = Listener(engine)
        thinking: dict[int, str] = {}
        note: Callable[..., None] = heard.note

        def noted(events: Any) -> None:
            note(events)
            for event in events:
                if isinstance(event, Text) and event.thinking:
                    thinking[event.run] = thinking.get(event.run, "") + event.text

        heard.note = noted  # type: ignore[method-assign]
        for job in jobs:
            engine.submit(job)
        await heard.all_ended([job.run for job in jobs])
    finally:
        await engine.stop()
    return heard, thinking


async def test_thinking_comes_apart_from_the_answer() -> None:
    said = "<think>\nHm, é.\n</think>\n\nYes."
    heard, thinking = await with_spec(
        SPEC,
        ask(1, "Hello", sampling=saying(said)),
        replace(ask(2, "Hello", prefix="Hm, é.Ye", sampling=saying("Yes.")), prefix_thinking=6),
        ask(3, PLAIN_PAIRS[0].question),
    )
    assert (thinking, heard.text) == ({1: "Hm, é."}, {1: "Hm, é.Yes.", 2: "s.", 3: PLAIN_PAIRS[0].answer})


async def test_calls_are_taken_out_of_the_answer_in_one_form() -> None:
    call = '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>'
    asked = replace(ask(1, "Rome?", sampling=saying(f"Let me look.\n{call}")), tools=(WEATHER,))
    broken = replace(ask(2, "Rome?", sampling=saying("<tool_call>oh</tool_call>")), tools=(WEATHER,))
    unasked = ask(3, "Rome?", sampling=saying(call))
    heard, _ = await with_spec(replace(SPEC, chat_template=QWEN_TEMPLATE), asked, broken, unasked)
    done = heard.done(1)
    assert (done.reason, heard.text[1]) == ("tool_calls", "Let me look.")
    assert [(one.name, json.loads(one.arguments)) for one in done.tool_calls] == [("weather", {"city": "Rome"})]
    assert (heard.done(2).reason, heard.text[2], heard.done(2).tool_calls) == ("stop", "<tool_call>oh</tool_call>", ())
    assert (heard.done(3).reason, heard.text[3]) == ("stop", call)


async def test_a_conversation_with_calls_and_results_is_read() -> None:
    messages = (
        ChatMessage(role="user", content="Rome?"),
        ChatMessage(role="assistant", content="", tool_calls=(ToolCall(id="a", name="weather", arguments="{}"),)),
        ChatMessage(role="tool", content="Sunny", tool_call_id="a"),
        ChatMessage(role="user", content=PLAIN_PAIRS[0].question),
    )
    sampling = GREEDY.model_copy(update={"max_tokens": 5})
    for template in ("", QWEN_TEMPLATE):
        heard, _ = await with_spec(
            replace(SPEC, chat_template=template), Job(1, "tiny", messages, "", sampling, tools=(WEATHER,))
        )
        assert heard.done(1).usage.prompt_tokens > 200


async def test_the_offer_says_what_the_template_can_and_its_owner_may_correct_it() -> None:
    for spec, expected in (
        (SPEC, (False, "none")),
        (replace(SPEC, chat_template=QWEN_TEMPLATE), (True, "boolean")),
        (replace(SPEC, tools=True, thinking="level"), (True, "level")),
        (replace(SPEC, chat_template=QWEN_TEMPLATE, tools=False, thinking="none"), (False, "none")),
    ):
        engine = LlamaCppEngine(spec, lazy=True)
        await engine.start()
        (info,) = engine.models()
        assert (info.tools, info.thinking) == expected
        await engine.stop()


async def test_a_template_from_a_file_takes_the_place_of_the_models_own(tmp_path: Path) -> None:
    path = tmp_path / "template.jinja"
    path.write_text(CHAT_TEMPLATE.replace("message['content']", "message['content'] * 4"))
    heard, _ = await with_spec(replace(SPEC, chat_template=str(path)), ask(1, "a" * 100))
    own, _ = await with_spec(SPEC, ask(1, "a" * 100))
    assert path.read_text() != CHAT_TEMPLATE, "the template of the tests has changed its shape"
    assert heard.done(1).usage.prompt_tokens > own.done(1).usage.prompt_tokens + 200


@pytest.mark.parametrize(
    ("template", "code", "word"),
    [
        ("{% for %}", "template_invalid", "line 1"),
        ("{{ 'unclosed }", "template_invalid", "mistake"),
        ("/nowhere/template.jinja", "template_missing", "/nowhere/template.jinja"),
    ],
)
async def test_a_template_that_is_none_is_refused_when_the_model_is_loaded(template: str, code: str, word: str) -> None:
    engine = LlamaCppEngine(replace(SPEC, chat_template=template))
    with pytest.raises(EngineError) as caught:
        await engine.start()
    await engine.stop()
    assert caught.value.code == code
    assert word in caught.value.detail
    assert "chat_template" in caught.value.detail


@pytest.mark.parametrize("template", ["{{ raise_exception('no') }}", "{{ messages[99].content.x.y }}", "{{ 1 / 0 }}"])
async def test_a_template_that_fails_ends_the_answer_with_words_and_not_the_engine(template: str) -> None:
    heard, _ = await with_spec(replace(SPEC, chat_template=template), ask(1, "secret"), ask(2, "secret"))
    for run in (1, 2):
        end = heard.ends[run]
        assert isinstance(end, Error)
        assert (end.code, end.retry) == ("template_failed", False)
        assert "chat_template" in end.detail
        assert "secret" not in end.detail


async def test_a_child_killed_while_eight_answers_follow_grammars_with_tools_offered_loses_nothing() -> None:
    said = [f"{'A long story about lizards, ' * 12}number {number} 🦎, of course." for number in range(8)]
    async with engine_with(slots=8) as heard:
        for run, text in enumerate(said):
            heard.engine.submit(replace(ask(run, "Hello", sampling=saying(text)), tools=(WEATHER,)))
        await heard.until(lambda: all(len(heard.text.get(run, "")) > 20 for run in range(8)))
        assert heard.engine.child_pid is not None
        os.kill(heard.engine.child_pid, signal.SIGKILL)
        await heard.all_ended(range(8))
    assert [heard.text[run] for run in range(8)] == said
