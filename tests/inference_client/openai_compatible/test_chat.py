"""Chats through an upstream: text, thinking, tools, images, sampling, slots and stopping."""

import asyncio
import json

import pytest

from inference_client.engines.base import Done, Error
from inference_client.engines.openai_compatible import UpstreamModel
from inference_client.protocol.vocabulary import ChatMessage, Image, LogitBias, Sampling, Tool, ToolCall
from tests.fakes.upstream import FakeUpstream, Reply
from tests.fakes.upstream_faults import DONE, Json, answers, delta, event, hangs, streams
from tests.inference_client.openai_compatible.heard import SECONDS, ask, engine_before, patient

CHAT = "/v1/chat/completions"
FLAVOURS = ("llama_server", "ollama", "lm_studio", "vllm", "sglang", "generic")
WEATHER = Tool(name="weather", description="Tells it", parameters='{"type": "object"}')


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_every_kind_of_upstream_is_known_and_answers_word_for_word(flavour: str) -> None:
    async with FakeUpstream(flavour=flavour).running() as upstream, engine_before(upstream) as heard:
        assert heard.engine.flavour == flavour
        assert heard.engine.backend == "upstream"
        done = await heard.done(ask(1, "Lizards sleep under 石 and 🦎 stones."))
    assert heard.text == {1: "Lizards sleep under 石 and 🦎 stones."}
    assert (done.reason, done.usage.completion_tokens, done.usage.prompt_tokens) == ("stop", 9, 10)
    assert done.usage.cached_tokens == 1
    assert done.usage.prompt_seconds > 0
    assert done.usage.completion_seconds > 0


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_all_sampling_is_sent_in_the_words_of_the_server(flavour: str) -> None:
    sampling = Sampling(
        temperature=0.5, top_p=0.9, top_k=7, min_p=0.1, repeat_penalty=1.1, seed=5, max_tokens=9, stop=("END",),
        logit_bias=(LogitBias(token=3, bias=-2.0),), json_schema='{"type": "object"}',
    )  # fmt: skip
    async with FakeUpstream(flavour=flavour).running() as upstream, engine_before(upstream) as heard:
        await heard.done(ask(1, sampling=sampling))
        (body,) = upstream.chats()
    wanted: Json = {
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 5,
        "max_tokens": 9,
        "stop": ["END"],
        "logit_bias": {"3": -2.0},
    }
    if flavour not in ("ollama", "generic"):
        penalty = "repetition_penalty" if flavour in ("vllm", "sglang") else "repeat_penalty"
        wanted |= {"top_k": 7, "min_p": 0.1, penalty: 1.1}
    assert {key: body[key] for key in wanted} == wanted
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert ("top_k" in body) == (flavour not in ("ollama", "generic"))


async def test_what_was_not_asked_for_is_not_sent() -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        await heard.done(ask(1))
        (body,) = upstream.chats()
    assert set(body) == {"model", "messages", "stream", "stream_options", "return_progress"}


async def test_a_grammar_goes_to_llama_server_and_is_refused_elsewhere() -> None:
    grammar = Sampling(grammar='root ::= "yes"')
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        await heard.done(ask(1, sampling=grammar))
        assert upstream.chats()[0]["grammar"] == 'root ::= "yes"'
    async with FakeUpstream(flavour="vllm").running() as upstream, engine_before(upstream) as heard:
        error = await heard.error(ask(1, sampling=grammar))
        assert (error.code, error.retry) == ("grammar_unsupported", True)
        assert not upstream.chats()


async def test_a_grammar_the_upstream_refuses_is_named_as_the_likely_reason() -> None:
    refusal = {"error": {"message": "failed to parse grammar", "type": "invalid_request_error", "code": 400}}
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, answers(400, refusal))
        error = await heard.error(ask(1, sampling=Sampling(grammar="root ::= ((")))
        assert (error.code, error.retry) == ("grammar_invalid", False)
        assert "grammar" in error.detail


async def test_a_schema_that_is_no_json_is_refused_without_a_request() -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        error = await heard.error(ask(1, sampling=Sampling(json_schema="{broken")))
        assert (error.code, error.retry) == ("schema_invalid", False)
        assert not upstream.chats()


@pytest.mark.parametrize(
    ("flavour", "thinking", "wanted", "sent"),
    [
        ("llama_server", "boolean", "off", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("vllm", "boolean", "high", {"chat_template_kwargs": {"enable_thinking": True}}),
        ("ollama", "boolean", "off", {"reasoning_effort": "none"}),
        ("ollama", "boolean", "on", {"reasoning_effort": "medium"}),
        ("lm_studio", "boolean", "off", {"reasoning_effort": "none"}),
        ("llama_server", "level", "high", {"reasoning_effort": "high"}),
        ("vllm", "level", "off", {"reasoning_effort": "low"}),
        ("llama_server", "none", "on", {}),
    ],
)
async def test_thinking_is_switched_as_the_server_wants_it(
    flavour: str, thinking: str, wanted: str, sent: Json
) -> None:
    model = UpstreamModel("tiny", thinking=thinking)
    async with FakeUpstream(flavour=flavour).running() as upstream, engine_before(upstream, model) as heard:
        await heard.done(ask(1, sampling=Sampling(thinking=wanted)))
        (body,) = upstream.chats()
    assert {key: body[key] for key in ("chat_template_kwargs", "reasoning_effort") if key in body} == sent


@pytest.mark.parametrize("flavour", ["llama_server", "ollama"])
async def test_thinking_in_a_field_of_its_own_comes_before_the_answer(flavour: str) -> None:
    upstream = FakeUpstream(flavour=flavour, script=lambda body: Reply("\n\nUnder stones.", thinking="They are cold."))
    async with upstream.running(), engine_before(upstream) as heard:
        await heard.done(ask(1))
    assert (heard.thoughts[1], heard.text[1]) == ("They are cold.", "Under stones.")


@pytest.mark.parametrize("tags", [("<think>", "</think>"), ("[THINK]", "[/THINK]")])
async def test_thinking_between_tags_is_told_from_the_answer_however_it_is_torn(tags: tuple[str, str]) -> None:
    opening, closing = tags
    answer = f"Under {opening}stones{closing}."
    written = f"\n{opening}\nCold < warm.\n{closing}\n\n{answer}"
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        for size in range(1, len(written)):
            pieces = [delta(written[at : at + size]) for at in range(0, len(written), size)]
            upstream.next(CHAT, streams(*pieces, delta(finish="stop"), DONE))
            await heard.done(ask(size))
        for run in range(1, len(written)):
            assert (heard.thoughts[run], heard.text[run]) == ("Cold < warm.", answer)


async def test_an_answer_without_thinking_that_a_parser_takes_for_thinking_is_the_answer() -> None:
    pieces = [delta(reasoning_content="Under "), delta(reasoning_content="stones."), delta(finish="stop"), DONE]
    model = UpstreamModel("tiny", thinking="boolean")
    async with FakeUpstream(flavour="vllm").running() as upstream, engine_before(upstream, model) as heard:
        upstream.next(CHAT, streams(*pieces), streams(*pieces))
        await heard.done(ask(1, sampling=Sampling(thinking="off")))
        await heard.done(ask(2, sampling=Sampling(thinking="on")))
    assert (heard.text, heard.thoughts) == ({1: "Under stones."}, {2: "Under stones."})


async def test_thinking_that_comes_after_the_answer_began_is_left_out() -> None:
    pieces = [delta("Under "), delta(reasoning_content="hm"), delta("stones."), delta(finish="stop"), DONE]
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, streams(*pieces))
        await heard.done(ask(1))
    assert (heard.text, heard.thoughts) == ({1: "Under stones."}, {})


async def test_tool_calls_are_put_together_from_their_pieces() -> None:
    calls = [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city": "Pa'}},
        {"index": 1, "id": "b", "type": "function", "function": {"name": "weather", "arguments": "{}"}},
        {"index": 0, "function": {"arguments": 'ris"}'}},
    ]
    upstream = FakeUpstream(script=lambda body: Reply("Let me look.", tool_calls=calls, finish="tool_calls"))
    async with upstream.running(), engine_before(upstream, UpstreamModel("tiny", tools=True)) as heard:
        done = await heard.done(ask(1, tools=(WEATHER,)))
        (body,) = upstream.chats()
    assert done.reason == "tool_calls"
    assert done.tool_calls == (
        ToolCall(id="a", name="weather", arguments='{"city": "Paris"}'),
        ToolCall(id="b", name="weather", arguments="{}"),
    )
    assert body["tools"][0]["function"] == {
        "name": "weather",
        "description": "Tells it",
        "parameters": {"type": "object"},
    }


async def test_calls_that_are_all_numbered_nought_or_have_no_id_are_told_apart() -> None:
    whole = [{"index": 0, "id": name, "function": {"name": "weather", "arguments": {"n": name}}} for name in "ab"]
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, streams(delta(tool_calls=whole), delta(finish="stop"), DONE))
        done = await heard.done(ask(1, tools=(WEATHER,)))
        assert [(call.id, json.loads(call.arguments)) for call in done.tool_calls] == [
            ("a", {"n": "a"}),
            ("b", {"n": "b"}),
        ]
        assert done.reason == "tool_calls"
        nameless = [{"index": 0, "function": {"name": "weather", "arguments": ""}}]
        upstream.next(CHAT, streams(delta(tool_calls=nameless), delta(finish="tool_calls"), DONE))
        done = await heard.done(ask(2, tools=(WEATHER,)))
        assert (done.tool_calls[0].arguments, len(done.tool_calls[0].id)) == ("{}", 29)


async def test_a_tool_call_that_is_no_json_is_an_error_and_a_cut_one_is_left_out() -> None:
    broken = delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "weather", "arguments": '{"ci'}}])
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(
            CHAT, streams(broken, delta(finish="tool_calls"), DONE), streams(broken, delta(finish="length"), DONE)
        )
        error = await heard.error(ask(1, tools=(WEATHER,)))
        assert (error.code, error.retry) == ("tool_call_garbled", True)
        done = await heard.done(ask(2, tools=(WEATHER,)))
        assert (done.reason, done.tool_calls) == ("length", ())


async def test_a_conversation_with_tools_and_images_is_sent_whole() -> None:
    blob = "a" * 64
    call = ToolCall(id="c1", name="weather", arguments="{}")
    messages = (
        ChatMessage(role="system", content="Be brief."),
        ChatMessage(role="user", content="Look:", images=(Image(blob=blob, media_type="image/png"),)),
        ChatMessage(role="assistant", content="", tool_calls=(call,)),
        ChatMessage(role="tool", content="sunny", tool_call_id="c1"),
    )
    async with (
        FakeUpstream().running() as upstream,
        engine_before(upstream, UpstreamModel("tiny", vision=True)) as heard,
    ):
        await heard.done(ask(1, messages=messages, images={blob: b"\x89PNG"}))
        sent = upstream.chats()[0]["messages"]
        lost = await heard.error(ask(2, messages=messages))
        assert (lost.code, lost.retry) == ("image_missing", True)
    assert sent[0] == {"role": "system", "content": "Be brief."}
    assert sent[1]["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    assert sent[2]["tool_calls"][0]["function"] == {"name": "weather", "arguments": "{}"}
    assert sent[3] == {"role": "tool", "content": "sunny", "tool_call_id": "c1"}


async def test_an_image_for_a_model_that_cannot_see_is_refused() -> None:
    message = ChatMessage(role="user", content="Look:", images=(Image(blob="a" * 64, media_type="image/png"),))
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        error = await heard.error(ask(1, messages=(message,), images={"a" * 64: b"x"}))
        assert (error.code, upstream.chats()) == ("no_vision", [])


async def test_the_end_is_told_as_it_was_and_pieces_are_counted_where_nobody_tells_usage() -> None:
    upstream = FakeUpstream(script=lambda body: Reply("12345678abcd", usage=False))
    async with upstream.running(), engine_before(upstream) as heard:
        assert (await heard.done(ask(1))).usage.completion_tokens == 3
        done = await heard.done(ask(2, sampling=Sampling(max_tokens=2)))
        assert (done.reason, heard.text[2]) == ("length", "12345678")
        assert done.usage.completion_tokens == 2


async def test_progress_of_reading_the_prompt_is_passed_on() -> None:
    told = [event({"choices": [], "prompt_progress": {"processed": done, "total": 90}}) for done in (30, 90)]
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, streams(*told, delta("Hi"), delta(finish="stop"), DONE))
        await heard.done(ask(1))
    assert [(step.done, step.total) for step in heard.progress] == [(30, 90), (90, 90)]


async def test_no_more_than_the_slots_are_asked_at_once_and_the_rest_wait_in_order() -> None:
    upstream = FakeUpstream(gate=asyncio.Event())
    async with upstream.running(), engine_before(upstream, UpstreamModel("tiny", slots=2)) as heard:
        for run in range(5):
            heard.engine.submit(ask(run, f"Question {run}"))
        await heard.until(lambda: len(heard.text) == 2)
        (metrics,) = heard.engine.metrics()
        assert (metrics.busy, metrics.waiting) == (2, 3)
        upstream.gate.set()
        await heard.ended(*range(5))
        assert upstream.most == 2
        assert [body["messages"][0]["content"] for body in upstream.chats()] == [f"Question {run}" for run in range(5)]
        (metrics,) = heard.engine.metrics()
        assert (metrics.requests, metrics.errors, metrics.busy, metrics.completion_tokens) == (5, 0, 0, 15)
        assert metrics.prompt_tokens == 15
        assert heard.engine.metrics()[0].requests == 0


async def test_an_upstream_with_fewer_slots_than_configured_gets_no_more_than_it_has() -> None:
    async with FakeUpstream(slots=1).running() as upstream, engine_before(upstream) as heard:
        assert heard.engine.models()[0].slots == 1


async def test_stop_closes_the_stream_and_then_says_so() -> None:
    upstream = FakeUpstream(gate=asyncio.Event())
    async with upstream.running(), engine_before(upstream, UpstreamModel("tiny", slots=1)) as heard:
        heard.engine.submit(ask(1))
        heard.engine.submit(ask(2, "Second"))
        heard.engine.submit(ask(3))
        await heard.until(lambda: 1 in heard.text)
        heard.engine.cancel(3)
        heard.engine.cancel(1)
        heard.engine.cancel(1)
        await heard.ended(1, 3)
        async with asyncio.timeout(SECONDS):
            await upstream.left.wait()
        upstream.gate.set()
        await heard.ended(2)
        heard.engine.cancel(2)
        heard.engine.cancel(77)
    assert [heard.ends[run].reason for run in (1, 2, 3)] == ["cancelled", "stop", "cancelled"]
    assert (heard.text[1], heard.text[2]) == ("Wher", "Second")
    assert heard.ends[1].usage.completion_tokens == 1
    assert len(upstream.chats()) == 2


async def test_stop_before_the_first_piece_and_before_the_request_is_made() -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream, timeouts=patient()) as heard:
        upstream.next(CHAT, hangs(headers=False))
        heard.engine.submit(ask(1))
        async with asyncio.timeout(SECONDS):
            while not upstream.chats():
                await asyncio.sleep(0.01)
        heard.engine.cancel(1)
        heard.engine.submit(ask(2))
        heard.engine.cancel(2)
        await heard.ended(1, 2)
        assert {end.reason for end in heard.ends.values() if isinstance(end, Done)} == {"cancelled"}
        assert len(heard.ends) == 2


async def test_a_job_of_another_kind_an_unknown_model_and_a_run_given_twice_end_at_once() -> None:
    upstream = FakeUpstream(models=("tiny", "minilm"), gate=asyncio.Event())
    models = (UpstreamModel("tiny"), UpstreamModel("minilm", kind="embedding"))
    async with upstream.running(), engine_before(upstream, *models) as heard:
        assert (await heard.error(ask(1, model="minilm"))).code == "wrong_kind"
        missing = await heard.error(ask(2, model="other"))
        assert (missing.code, missing.retry) == ("model_missing", True)
        heard.engine.submit(ask(3))
        heard.engine.submit(ask(3))
        await heard.ended(3)
        assert isinstance(heard.ends[3], Error)


async def test_the_oldest_turns_are_left_out_when_the_context_is_full() -> None:
    old = [
        ChatMessage(role=role, content=f"{number} " + "x" * 60)
        for number in range(20)
        for role in ("user", "assistant")
    ]
    system, last = ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Now?")
    async with FakeUpstream(context=120).running() as upstream, engine_before(upstream) as heard:
        done = await heard.done(ask(1, messages=(system, *old, last)))
        assert 34 <= done.trimmed <= 40
        sent = upstream.chats()[-1]["messages"]
        assert (sent[0]["role"], sent[1]["role"], sent[-1]["content"]) == ("system", "user", "Now?")
        assert len(sent) == 42 - done.trimmed
        too_long = await heard.error(ask(2, "x" * 2000))
        assert (too_long.code, too_long.retry) == ("prompt_too_long", False)
        assert "500" in too_long.detail
        assert "120" in too_long.detail
