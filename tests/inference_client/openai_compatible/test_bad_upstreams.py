"""Upstreams that fail, hang, lie or break off: every run ends, with what to do, and says nothing it should not."""

import asyncio
import gzip
import logging

import pytest

from inference_client.engines.base import Error
from inference_client.engines.openai_compatible import UpstreamModel
from inference_client.engines.openai_compatible.sse import MAX_EVENT
from tests.fakes.upstream import FakeUpstream, Reply
from tests.fakes.upstream_faults import DONE, Exchange, answers, delta, event, hangs, raw, streams
from tests.inference_client.openai_compatible.heard import SECONDS, ask, engine_before, patient

CHAT = "/v1/chat/completions"
SECRET = "sk-very-secret"
PRIVATE = "Alice hides her eggs under the third stone"
FINISH = delta(finish="stop")

REFUSALS = [
    (answers(500, {"error": {"message": PRIVATE}}), "upstream_failed", True),
    (answers(502, "<html>Bad gateway</html>", content_type="text/html"), "upstream_failed", True),
    (answers(401, {"error": {"message": f"Incorrect API key provided: {SECRET}"}}), "upstream_key", True),
    (answers(403), "upstream_key", True),
    (answers(404, {"error": {"message": "no such model"}}), "model_missing", True),
    (answers(400, {"error": {"message": f"bad request: {PRIVATE}", "type": PRIVATE}}), "upstream_refused", False),
    (answers(422, {"detail": [{"input": PRIVATE}]}), "upstream_refused", False),
    (answers(307, location="http://169.254.169.254/"), "upstream_moved", True),
    (answers(200, "<!doctype html>", content_type="text/html"), "upstream_garbled", True),
    (answers(200, {"choices": [{"message": {"content": PRIVATE}}]}), "upstream_garbled", True),
    (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "upstream_garbled", True),
    (raw(b""), "upstream_garbled", True),
    (raw(b"HTTP/1.1 200 OK\r\nx-big: " + b"x" * 300_000), "upstream_garbled", True),
]


@pytest.mark.parametrize(("exchange", "code", "retry"), REFUSALS)
async def test_a_refusal_is_told_with_its_remedy_and_without_key_or_text(
    exchange: Exchange, code: str, retry: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "inference_client")
    async with FakeUpstream(key=SECRET).running() as upstream, engine_before(upstream, api_key=SECRET) as heard:
        upstream.next(CHAT, exchange)
        error = await heard.error(ask(1, PRIVATE))
        assert (error.code, error.retry) == (code, retry)
        for words in (error.detail, caplog.text):
            assert SECRET not in words
            assert PRIVATE not in words
        # The next one is served: nothing is left in a bad state.
        assert (await heard.done(ask(2))).reason == "stop"
        assert len(upstream.chats()) == 2


IN_MID_STREAM = [
    (streams(delta("Under "), end=False), "upstream_cut"),
    (streams(delta("Under ")), "upstream_cut"),
    (streams(delta("Under "), b"data: {not json}\n\n"), "upstream_garbled"),
    (streams(delta("Under "), b"data: [1]\n\n"), "upstream_garbled"),
    (streams(delta("Under "), event({"choices": "none"})), "upstream_garbled"),
    (streams(delta("Under "), event({"choices": [{"delta": {"content": {"a": 1}}}]})), "upstream_garbled"),
    (streams(delta("Under "), event({"choices": [{"delta": {"tool_calls": [3]}}]})), "upstream_garbled"),
    (streams(delta("Under "), b"data: " + b"[" * 100_000 + b"\n\n"), "upstream_garbled"),
    (streams(delta("Under "), event({"error": {"message": PRIVATE, "code": "server_error"}})), "upstream_failed"),
    (streams(delta("Under "), event({"error": {"message": PRIVATE, "code": 500}})), "upstream_failed"),
    (streams(delta("Under "), event({"error": PRIVATE})), "upstream_failed"),
    (streams(delta("Under "), delta(finish="abort"), DONE), "upstream_failed"),
    (streams(delta("Under "), b"data: " + b"x" * (MAX_EVENT + 10)), "upstream_too_much"),
    (streams(delta("Under "), b"data: x\n" * (MAX_EVENT + 10)), "upstream_too_much"),
]


@pytest.mark.parametrize(("exchange", "code"), IN_MID_STREAM)
async def test_what_breaks_in_the_middle_keeps_the_text_so_far_for_another_to_continue(
    exchange: Exchange, code: str
) -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, exchange)
        error = await heard.error(ask(1, PRIVATE))
        assert (error.code, error.retry, heard.text[1]) == (code, True, "Under ")
        assert PRIVATE not in error.detail
        assert len(upstream.chats()) == 1


async def test_an_upstream_killed_in_mid_answer_is_one_that_broke_off() -> None:
    upstream = FakeUpstream(gate=asyncio.Event())
    async with upstream.running(), engine_before(upstream) as heard:
        heard.engine.submit(ask(1))
        await heard.until(lambda: 1 in heard.text)
        await upstream.down()
        await heard.ended(1)
        end = heard.ends[1]
        assert isinstance(end, Error)
        assert (end.code, end.retry, heard.text[1]) == ("upstream_cut", True, "Wher")
        await upstream.up()


@pytest.mark.parametrize(
    "exchange", [hangs(headers=False), hangs(), hangs(b": ping\n\n"), hangs(delta(role="assistant"))]
)
async def test_silence_before_the_first_piece_ends(exchange: Exchange) -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream, timeouts=patient(first=0.2)) as heard:
        upstream.next(CHAT, exchange)
        error = await heard.error(ask(1))
        assert (error.code, error.retry) == ("upstream_silent", True)
        assert "0.2 s" in error.detail


async def test_silence_in_mid_stream_ends_sooner_than_the_first_piece_may_take() -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream, timeouts=patient(idle=0.2)) as heard:
        upstream.next(CHAT, hangs(delta("Under ")))
        error = await heard.error(ask(1))
        assert (error.code, heard.text[1]) == ("upstream_silent", "Under ")
        async with asyncio.timeout(SECONDS):
            await upstream.left.wait()


async def test_signs_of_life_without_any_text_do_not_keep_a_run_for_ever() -> None:
    async def pings(server: object, request: object, writer: asyncio.StreamWriter) -> None:
        upstream.begin_stream(writer)
        while True:
            upstream.chunk(writer, b": ping\n\n" + event({"choices": [{"index": 0, "delta": {}}]}))
            await writer.drain()
            await asyncio.sleep(0.01)

    async with FakeUpstream().running() as upstream, engine_before(upstream, timeouts=patient(first=0.3)) as heard:
        upstream.next(CHAT, pings)
        assert (await heard.error(ask(1))).code == "upstream_silent"


@pytest.mark.parametrize(
    "exchange",
    [
        streams(delta("Under stones."), FINISH),
        streams(delta("Under stones."), FINISH, end=False),
        streams(delta("Under stones."), DONE),
        streams(delta("Under stones."), FINISH, b"data: {garbled\n\n"),
        streams(delta("Under stones.", finish="stop") + DONE),
        streams(
            *(bytes([byte]) for byte in delta("Under stones.") + b": ping\r\n\r\nretry: 5\n\nid: 4\n" + FINISH + DONE)
        ),
        streams((delta("Under stones.") + FINISH + DONE).replace(b"\n", b"\r\n")),
        streams((delta("Under stones.") + FINISH + DONE).replace(b"data: ", b"event: x\ndata:")),
        hangs(delta("Under stones."), FINISH, DONE),
    ],
)
async def test_an_answer_that_is_whole_is_taken_however_the_stream_ends(exchange: Exchange) -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream, timeouts=patient()) as heard:
        upstream.next(CHAT, exchange)
        done = await heard.done(ask(1))
        assert (done.reason, heard.text[1]) == ("stop", "Under stones.")


async def test_a_stream_that_stays_open_after_the_end_of_the_answer_is_left() -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream, timeouts=patient(idle=1.0)) as heard:
        upstream.next(CHAT, hangs(delta("Under stones."), FINISH))
        assert (await heard.done(ask(1))).reason == "stop"


async def test_broken_characters_are_replaced_and_torn_ones_joined() -> None:
    pieces = [
        b'data: {"choices":[{"index":0,"delta":{"content":"a\xff\xe7\x9fb"}}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{"content":"\\ud83e"}}]}\n\n',
        b'data: {"choices":[{"index":0,"delta":{"content":"\\udd8e \\udd8e\\u0000."}}]}\n\n',
    ]
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, streams(*pieces, FINISH, DONE))
        await heard.done(ask(1))
    assert heard.text[1] == "a\ufffd\ufffdb🦎 \ufffd."


async def test_a_compressed_answer_is_never_unpacked() -> None:
    bomb = gzip.compress(b"data: " + b"x" * 50_000_000)
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, answers(200, bomb, content_type="text/event-stream", content_encoding="gzip"))
        error = await heard.error(ask(1))
        assert error.code == "upstream_garbled"
        assert "compressed" in error.detail
        assert upstream.requests[-1].headers["accept-encoding"] == "identity"


async def test_a_busy_upstream_is_asked_again_when_it_says_so_and_given_up_in_the_end() -> None:
    busy = answers(429, {"error": {"message": "slow down"}}, retry_after="0")
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        upstream.next(CHAT, busy, answers(503, retry_after="0"))
        assert (await heard.done(ask(1))).reason == "stop"
        assert len(upstream.chats()) == 3
        upstream.next(CHAT, busy, busy, busy)
        error = await heard.error(ask(2))
        assert (error.code, error.retry) == ("upstream_busy", True)
        assert len(upstream.chats()) == 6


async def test_a_run_that_waits_for_a_busy_upstream_can_be_stopped() -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream, UpstreamModel("tiny", slots=1)) as heard:
        upstream.next(CHAT, answers(429, retry_after="3600"))
        heard.engine.submit(ask(1))
        async with asyncio.timeout(SECONDS):
            while not upstream.chats():
                await asyncio.sleep(0.01)
        heard.engine.cancel(1)
        assert (await heard.done(ask(2))).reason == "stop"
        assert heard.ends[1].reason == "cancelled"


async def test_sixteen_at_once_are_not_mixed_up_while_half_of_them_fail() -> None:
    faults = [exchange for exchange, _ in IN_MID_STREAM[:8]]
    model = UpstreamModel("tiny", slots=16)
    upstream = FakeUpstream(slots=16, script=lambda body: Reply(body["messages"][0]["content"] * 50))
    async with upstream.running(), engine_before(upstream, model) as heard:
        upstream.next(CHAT, *faults)
        for run in range(16):
            heard.engine.submit(ask(run, f"Answer {run}. "))
        await heard.ended(*range(16))
        failed = [run for run, end in heard.ends.items() if isinstance(end, Error)]
        assert len(failed) == 8
        assert {heard.text[run] for run in failed} == {"Under "}
        assert all(heard.text[run] == f"Answer {run}. " * 50 for run in range(16) if run not in failed)
        assert heard.engine.metrics()[0].errors == 8
