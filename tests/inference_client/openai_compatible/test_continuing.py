"""Answers that go on from text another machine wrote: exactly where the server can, refused where it cannot."""

import pytest

from inference_client.engines.openai_compatible import UpstreamModel
from inference_client.protocol.vocabulary import Sampling
from tests.fakes.upstream import FakeUpstream, Reply
from tests.fakes.upstream_faults import DONE, answers, delta, streams
from tests.inference_client.openai_compatible.heard import ask, engine_before

CHAT = "/v1/chat/completions"
ANSWER = "Lizards sleep under warm stones, mostly by night."
CONTINUING = ("llama_server", "ollama", "lm_studio", "vllm", "sglang")


def says(text: str) -> FakeUpstream:
    return FakeUpstream(script=lambda body: Reply(text))


@pytest.mark.parametrize("flavour", CONTINUING)
async def test_an_answer_goes_on_after_each_of_its_characters(flavour: str) -> None:
    upstream = FakeUpstream(flavour=flavour, script=lambda body: Reply(ANSWER))
    async with upstream.running(), engine_before(upstream) as heard:
        for cut in range(1, len(ANSWER) + 1):
            done = await heard.done(ask(cut, prefix=ANSWER[:cut]))
            assert ANSWER[:cut] + heard.text.get(cut, "") == ANSWER
            assert done.reason == "stop"
    assert all(body["messages"][-1]["role"] == "assistant" for body in upstream.chats())


async def test_what_was_thought_is_told_to_the_server_and_not_thought_again() -> None:
    upstream = says(ANSWER)
    async with upstream.running(), engine_before(upstream, UpstreamModel("tiny", thinking="boolean")) as heard:
        prefix = "They are cold." + ANSWER[:10]
        await heard.done(ask(1, prefix=prefix, prefix_thinking=14, sampling=Sampling(thinking="on")))
        (body,) = upstream.chats()
    last = body["messages"][-1]
    assert (last["content"], last["reasoning_content"]) == (ANSWER[:10], "They are cold.")
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert (heard.text[1], heard.thoughts) == (ANSWER[10:], {})


async def test_a_parser_that_takes_the_rest_for_thinking_is_not_believed() -> None:
    upstream = FakeUpstream(flavour="vllm")
    async with upstream.running(), engine_before(upstream) as heard:
        upstream.next(CHAT, streams(delta(reasoning_content=ANSWER[10:]), delta(finish="stop"), DONE))
        await heard.done(ask(1, prefix=ANSWER[:10]))
    assert (heard.text[1], heard.thoughts) == (ANSWER[10:], {})


async def test_tags_in_what_continues_an_answer_are_text() -> None:
    text = "<think>x</think> is a tag."
    async with says("Say: " + text).running() as upstream, engine_before(upstream) as heard:
        await heard.done(ask(1, prefix="Say: "))
    assert heard.text[1] == text


async def test_thinking_that_was_cut_goes_on_in_llama_server() -> None:
    upstream = FakeUpstream(script=lambda body: Reply(ANSWER, thinking=" and slow"))
    async with upstream.running(), engine_before(upstream) as heard:
        await heard.done(ask(1, prefix="They are cold", prefix_thinking=13))
        (body,) = upstream.chats()
    assert body["messages"][-1] == {"role": "assistant", "content": "", "reasoning_content": "They are cold"}
    assert (heard.thoughts[1], heard.text[1]) == (" and slow", ANSWER)


@pytest.mark.parametrize("flavour", ["vllm", "ollama", "generic"])
async def test_thinking_that_was_cut_begins_anew_elsewhere(flavour: str) -> None:
    upstream = FakeUpstream(flavour=flavour, script=lambda body: Reply(ANSWER, thinking="Cold and slow"))
    async with upstream.running(), engine_before(upstream) as heard:
        await heard.done(ask(1, prefix="They are co", prefix_thinking=11))
        assert upstream.chats()[0]["messages"][-1]["role"] == "user"
    assert (heard.thoughts[1], heard.text[1]) == ("\n\nCold and slow", ANSWER)


async def test_an_older_llama_server_that_refuses_to_go_on_thinking_thinks_anew() -> None:
    refusal = {"error": {"message": "Assistant response prefill is incompatible with enable_thinking."}}
    upstream = FakeUpstream(script=lambda body: Reply(ANSWER, thinking="Cold and slow"))
    async with upstream.running(), engine_before(upstream) as heard:
        upstream.next(CHAT, answers(400, refusal))
        await heard.done(ask(1, prefix="They are co", prefix_thinking=11))
        assert [body["messages"][-1]["role"] for body in upstream.chats()] == ["assistant", "user"]
    assert (heard.thoughts[1], heard.text[1]) == ("\n\nCold and slow", ANSWER)


async def test_a_server_that_repeats_the_answer_so_far_does_not_double_it() -> None:
    async with FakeUpstream(flavour="lm_studio").running() as upstream, engine_before(upstream) as heard:
        pieces = [delta(ANSWER[at : at + 5]) for at in range(0, len(ANSWER), 5)]
        upstream.next(CHAT, streams(*pieces, delta(finish="stop"), DONE))
        await heard.done(ask(1, prefix=ANSWER[:32]))
        assert heard.text[1] == ANSWER[32:]
        # What only begins alike is text of its own.
        pieces = [delta(ANSWER[:20]), delta(" but not by day."), delta(finish="stop"), DONE]
        upstream.next(CHAT, streams(*pieces), streams(delta(ANSWER[:20]), delta(finish="stop"), DONE))
        await heard.done(ask(2, prefix=ANSWER[:32]))
        assert heard.text[2] == ANSWER[:20] + " but not by day."
        await heard.done(ask(3, prefix=ANSWER[:32]))
        assert heard.text[3] == ANSWER[:20]


async def test_a_server_that_cannot_continue_is_not_asked_and_another_machine_may_try() -> None:
    async with FakeUpstream(flavour="generic").running() as upstream, engine_before(upstream) as heard:
        error = await heard.error(ask(1, prefix=ANSWER[:10]))
        assert (error.code, error.retry, heard.text) == ("cannot_continue", True, {})
        assert not upstream.chats()
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        sampling = Sampling(json_schema='{"type": "object"}')
        error = await heard.error(ask(1, prefix='{"a": 1', sampling=sampling))
        assert (error.code, error.retry) == ("cannot_continue", True)


async def test_an_operator_who_knows_better_names_the_flavour() -> None:
    upstream = FakeUpstream(flavour="ollama", script=lambda body: Reply(ANSWER))
    async with upstream.running(), engine_before(upstream, flavour="lm_studio") as heard:
        assert heard.engine.flavour == "lm_studio"
        await heard.done(ask(1, prefix=ANSWER[:10]))
    assert heard.text[1] == ANSWER[10:]


@pytest.mark.parametrize("flavour", ["llama_server", "vllm", "ollama"])
async def test_the_limit_and_the_count_of_tokens_include_what_was_there(flavour: str) -> None:
    upstream = FakeUpstream(flavour=flavour, script=lambda body: Reply(ANSWER))
    async with upstream.running(), engine_before(upstream) as heard:
        done = await heard.done(ask(1, prefix=ANSWER[:20], sampling=Sampling(max_tokens=8)))
        assert upstream.chats()[0]["max_tokens"] == 3
        assert (done.reason, heard.text[1]) == ("length", ANSWER[20:32])
        assert done.usage.completion_tokens == 8
        assert done.usage.prompt_tokens == 6
        done = await heard.done(ask(2, prefix=ANSWER[:20], sampling=Sampling(max_tokens=5)))
        assert (done.reason, done.usage.completion_tokens, len(upstream.chats())) == ("length", 5, 1)


async def test_an_answer_that_fills_the_context_ends_with_its_reason() -> None:
    upstream = FakeUpstream(context=40, script=lambda body: Reply("x" * 400))
    async with upstream.running(), engine_before(upstream) as heard:
        error = await heard.error(ask(1, prefix="x" * 200))
        assert (error.code, error.retry) == ("context_full", False)
