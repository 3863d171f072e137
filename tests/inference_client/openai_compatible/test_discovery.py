"""What an upstream is found to be: its models, their contexts, and what happens while it is away."""

import asyncio
import logging
from pathlib import Path

import pytest

from inference_client.backoff import Backoff
from inference_client.engines.base import EmbedJob, EngineError
from inference_client.engines.fleet import Fleet
from inference_client.engines.openai_compatible import (
    OpenAICompatibleEngine,
    Timeouts,
    UpstreamModel,
    UpstreamSpec,
    read_api_key,
)
from tests.fakes.upstream import FakeUpstream
from tests.fakes.upstream_faults import Exchange, answers, hangs, raw
from tests.inference_client.openai_compatible.heard import SECONDS, Heard, ask, engine_before, patient, spec_for

MODELS = "/v1/models"
SECRET = "sk-very-secret"


@pytest.mark.parametrize("flavour", ["llama_server", "vllm", "sglang", "ollama", "lm_studio"])
async def test_the_context_is_the_one_the_upstream_really_gives(flavour: str) -> None:
    upstream = FakeUpstream(flavour=flavour, context=6000)
    async with upstream.running(), engine_before(upstream) as heard:
        (info,) = heard.engine.models()
        assert (info.alias, info.context_length, info.slots) == ("tiny", 6000, 4)
    async with upstream.running(), engine_before(upstream, UpstreamModel("tiny", context_length=512)) as heard:
        assert heard.engine.models()[0].context_length == 512
    async with upstream.running(), engine_before(upstream, UpstreamModel("tiny", context_length=50_000)) as heard:
        assert heard.engine.models()[0].context_length == 6000


async def test_a_context_nobody_tells_is_assumed_small_and_said(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeUpstream(flavour="generic").running() as upstream, engine_before(upstream) as heard:
        assert heard.engine.models()[0].context_length == 4096
        assert "set context_length" in caplog.text
    async with upstream.running(), engine_before(upstream, UpstreamModel("tiny", context_length=50_000)) as heard:
        assert heard.engine.models()[0].context_length == 50_000


async def test_lm_studios_newer_interface_is_known_too() -> None:
    instance = {"id": "tiny", "config": {"context_length": 5000}}
    listed = {"models": [{"key": "tiny", "loaded_instances": [instance], "max_context_length": 131_072}]}
    upstream = FakeUpstream(flavour="generic")
    async with upstream.running():
        upstream.next("/api/v1/models", answers(200, listed), answers(200, listed))
        async with engine_before(upstream, timeouts=patient()) as heard:
            (info,) = heard.engine.models()
            assert (heard.engine.flavour, info.context_length, info.loaded) == ("lm_studio", 5000, True)


async def test_one_upstream_serves_many_models_under_names_of_ones_own() -> None:
    upstream = FakeUpstream(flavour="ollama", models=("qwen3:latest", "all-minilm:33m"))
    models = (
        UpstreamModel("house-model", name="qwen3", thinking="boolean", tools=True, vision=True, slots=2),
        UpstreamModel("all-minilm:33m", kind="embedding"),
    )
    async with upstream.running(), engine_before(upstream, *models) as heard:
        chat, embedding = heard.engine.models()
        assert (chat.alias, chat.thinking, chat.tools, chat.vision, chat.slots) == (
            "house-model",
            "boolean",
            True,
            True,
            2,
        )
        assert (embedding.kind, embedding.dimensions, embedding.tools) == ("embedding", 3, False)
        await heard.done(ask(1, model="house-model"))
        assert upstream.chats()[0]["model"] == "qwen3:latest"


async def test_the_only_model_need_not_be_named() -> None:
    async with FakeUpstream(models=("/models/llama.gguf",)).running() as upstream:
        async with engine_before(upstream, UpstreamModel("llama")) as heard:
            await heard.done(ask(1, model="llama"))
        assert upstream.chats()[0]["model"] == "/models/llama.gguf"


START_REFUSED: list[tuple[Exchange, str, str]] = [
    (answers(401), "upstream_key", "API key"),
    (answers(301, location="/elsewhere"), "upstream_moved", "base_url"),
    (answers(200, "<html></html>", content_type="text/html"), "upstream_garbled", "base_url"),
    (answers(200, {"data": "none"}), "upstream_garbled", "base_url"),
    (answers(200, {"data": [{"id": "other"}, {"id": "another"}]}), "model_missing", "other, another"),
    (answers(200, {}), "model_missing", "none"),
    (raw(b"220 smtp.example.org ESMTP\r\n"), "upstream_garbled", "base_url"),
    (answers(200, b"[" * 9_000_000), "upstream_too_much", "8388608 bytes"),
]


@pytest.mark.parametrize(("exchange", "code", "word"), START_REFUSED)
async def test_what_only_the_operator_can_mend_is_refused_at_the_start(
    exchange: Exchange, code: str, word: str
) -> None:
    async with FakeUpstream().running() as upstream:
        upstream.next(MODELS, exchange)
        engine = OpenAICompatibleEngine(spec_for(upstream, api_key=SECRET))
        try:
            with pytest.raises(EngineError) as caught:
                await engine.start()
        finally:
            await engine.stop()
        assert caught.value.code == code
        assert word in caught.value.detail
        assert SECRET not in caught.value.detail


async def test_the_key_is_sent_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "inference_client")
    async with FakeUpstream(key=SECRET).running() as upstream:
        spec = spec_for(upstream, api_key=SECRET)
        assert SECRET not in repr(spec)
        async with engine_before(upstream, api_key=SECRET) as heard:
            await heard.done(ask(1))
        with pytest.raises(EngineError) as caught:
            async with engine_before(upstream, api_key="wrong"):
                pass
    assert caught.value.code == "upstream_key"
    assert SECRET not in caplog.text


async def test_an_upstream_that_is_not_up_yet_is_waited_for_and_offered_when_it_comes() -> None:
    upstream = FakeUpstream()
    async with upstream.running():
        await upstream.down()
        async with engine_before(upstream) as heard:
            assert heard.engine.models() == ()
            error = await heard.error(ask(1))
            assert (error.code, error.retry) == ("upstream_away", True)
            await upstream.up()
            await heard.until(lambda: bool(heard.engine.models()))
            await heard.done(ask(2))


@pytest.mark.parametrize("exchange", [answers(503), hangs(headers=False), answers(500)])
async def test_an_upstream_that_is_loading_or_stuck_is_waited_for(exchange: Exchange) -> None:
    async with FakeUpstream().running() as upstream:
        upstream.next(MODELS, exchange)
        async with engine_before(upstream, timeouts=patient(probe=0.2)) as heard:
            await heard.until(lambda: bool(heard.engine.models()))


async def test_the_offer_shrinks_when_the_upstream_dies_and_grows_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    upstream = FakeUpstream()
    async with upstream.running(), engine_before(upstream, timeouts=patient()) as heard:
        await upstream.down()
        # The first run that finds it dead makes it known at once, long before the next look is due.
        error = await heard.error(ask(1))
        assert (error.code, error.retry) == ("upstream_away", True)
        await heard.until(lambda: not heard.engine.models())
        await upstream.up()
        await heard.until(lambda: bool(heard.engine.models()))
        await heard.done(ask(2))
    assert caplog.text.count("not offered until it answers") == 1


async def test_looks_find_a_dead_upstream_without_any_run() -> None:
    upstream = FakeUpstream()
    async with upstream.running(), engine_before(upstream, timeouts=patient(health=0.05)) as heard:
        await upstream.down()
        await heard.until(lambda: not heard.engine.models())
        await upstream.up()
        await heard.until(lambda: bool(heard.engine.models()))


async def test_another_program_at_the_same_address_is_known_for_what_it_is() -> None:
    upstream = FakeUpstream()
    async with upstream.running(), engine_before(upstream, timeouts=patient(health=0.05)) as heard:
        await upstream.down()
        await heard.until(lambda: not heard.engine.models())
        upstream.flavour = "ollama"
        await upstream.up()
        await heard.until(lambda: bool(heard.engine.models()))
        assert heard.engine.flavour == "ollama"


async def test_a_model_that_vanishes_is_no_longer_offered_and_the_other_is() -> None:
    upstream = FakeUpstream(flavour="vllm", models=("tiny", "other"))
    models = (UpstreamModel("tiny"), UpstreamModel("other"))
    async with upstream.running(), engine_before(upstream, *models, timeouts=patient()) as heard:
        upstream.models = ("other", "third")
        error = await heard.error(ask(1))
        assert (error.code, error.retry) == ("model_missing", True)
        await heard.until(lambda: [info.alias for info in heard.engine.models()] == ["other"])
        await heard.done(ask(2, model="other"))


async def test_a_busy_server_that_is_slow_to_answer_looks_keeps_its_models() -> None:
    upstream = FakeUpstream(gate=asyncio.Event())
    timeouts = patient(health=0.05, probe=1.0)
    async with upstream.running(), engine_before(upstream, timeouts=timeouts) as heard:
        heard.engine.submit(ask(1))
        await heard.until(lambda: 1 in heard.text)
        upstream.next(MODELS, hangs(headers=False))
        before = len(upstream.requests)
        async with asyncio.timeout(SECONDS):
            while len(upstream.requests) < before + 2:
                await asyncio.sleep(0.01)
        assert heard.engine.models()
        upstream.gate.set()
        await heard.ended(1)


async def test_a_server_for_speech_without_a_list_of_models_is_taken_at_the_configurations_word() -> None:
    async with FakeUpstream(flavour="generic").running() as upstream:
        upstream.next(MODELS, answers(404))
        async with engine_before(upstream, UpstreamModel("whisper", kind="speech"), timeouts=patient()) as heard:
            assert [info.alias for info in heard.engine.models()] == ["whisper"]


async def test_the_length_of_vectors_is_measured_where_nobody_tells_it() -> None:
    upstream, model = (
        FakeUpstream(flavour="vllm", models=("minilm",), dimensions=7),
        UpstreamModel("minilm", kind="embedding"),
    )
    async with upstream.running(), engine_before(upstream, model, timeouts=patient()) as heard:
        assert heard.engine.models()[0].dimensions == 7
        await heard.done(EmbedJob(1, "minilm", ("a",)))


async def test_the_speed_is_told_once_it_was_measured() -> None:
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        assert heard.engine.models()[0].generation_tps is None
        await heard.done(ask(1, "x" * 400))
        (info,) = heard.engine.models()
        assert info.prompt_tps is not None
        assert info.prompt_tps > 0
        assert info.generation_tps is not None
        assert info.generation_tps > 0


async def test_ollama_loads_and_forgets_at_an_operators_word_and_others_say_why_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "inference_client")
    upstream = FakeUpstream(flavour="ollama", models=("tiny", "minilm"))
    models = (UpstreamModel("tiny"), UpstreamModel("minilm", kind="embedding"))
    async with upstream.running(), engine_before(upstream, *models, timeouts=patient(health=0.05)) as heard:
        assert [info.loaded for info in heard.engine.models()] == [False, False]
        heard.engine.load("tiny")
        heard.engine.load("minilm")
        await heard.until(lambda: [info.loaded for info in heard.engine.models()] == [True, True])
        heard.engine.unload("minilm")
        await heard.until(lambda: [info.loaded for info in heard.engine.models()] == [True, False])
        heard.engine.load("nobody")
    async with FakeUpstream().running() as upstream, engine_before(upstream) as heard:
        heard.engine.load("tiny")
        async with asyncio.timeout(SECONDS):
            while "itself decides when to load" not in caplog.text:
                await asyncio.sleep(0.01)


async def test_stopping_the_engine_ends_all_without_a_word() -> None:
    upstream = FakeUpstream(gate=asyncio.Event())
    async with upstream.running():
        engine = OpenAICompatibleEngine(spec_for(upstream, timeouts=patient()), backoff=Backoff())
        await engine.start()
        heard = Heard(engine)
        for run in range(6):
            engine.submit(ask(run))
        await heard.until(lambda: len(heard.text) == 4)
        await engine.stop()
        async for batch in heard.steps:
            heard.note(batch)
        assert heard.ends == {}


WRONG: list[tuple[dict[str, object], str]] = [
    ({"base_url": "localhost:8080"}, "http://"),
    ({"base_url": "ftp://host"}, "http://"),
    ({"base_url": "http://"}, "http://"),
    ({"base_url": "http://host:99999"}, "http://"),
    ({"base_url": "http://me:secret@host"}, "password"),
    ({"base_url": "http://host/v1?key=1"}, "?"),
    ({"models": ()}, "at least one model"),
    ({"models": (UpstreamModel("a"), UpstreamModel("a"))}, "two models"),
    ({"api_key": "two words"}, "API key"),
    ({"api_key": "naïve"}, "API key"),
    ({"flavour": "openai"}, "flavour"),
]


@pytest.mark.parametrize(("wrong", "word"), WRONG)
def test_a_wrong_specification_says_what_is_wrong(wrong: dict[str, object], word: str) -> None:
    right: dict[str, object] = {"base_url": "http://host:8080/v1/", "models": (UpstreamModel("a"),)}
    assert UpstreamSpec(**right).root == "http://host:8080"
    with pytest.raises(EngineError) as caught:
        UpstreamSpec(**(right | wrong))
    assert caught.value.code == "config_wrong"
    assert word in caught.value.detail
    assert "secret" not in caught.value.detail
    assert "naïve" not in caught.value.detail


def test_wrong_models_and_timeouts_are_refused() -> None:
    for wrong in ({"alias": "no spaces"}, {"alias": "a", "slots": 0}, {"alias": "a", "context_length": 3}):
        with pytest.raises(EngineError):
            UpstreamModel(**wrong)
    with pytest.raises(EngineError):
        Timeouts(idle=0)


def test_the_key_is_read_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", f" {SECRET}\n")
    file, empty = tmp_path / "key", tmp_path / "empty"
    file.write_text(f"{SECRET}\nsomething else\n")
    empty.write_text("\n")
    assert read_api_key() == ""
    assert read_api_key(env="UPSTREAM_KEY") == read_api_key(file=file) == SECRET
    for wrong in ({"env": "NOT_SET_ANYWHERE"}, {"file": tmp_path / "no"}, {"file": empty}, {"file": tmp_path}):
        with pytest.raises(EngineError) as caught:
            read_api_key(**wrong)
        assert caught.value.code == "config_wrong"


async def test_a_model_that_is_not_there_at_the_start_keeps_no_other_from_being_served() -> None:
    upstream = FakeUpstream(flavour="vllm", models=("tiny", "third"))
    models = (UpstreamModel("tiny"), UpstreamModel("other"))
    async with upstream.running(), engine_before(upstream, *models, timeouts=patient(health=0.05)) as heard:
        assert [info.alias for info in heard.engine.models()] == ["tiny"]
        assert list(heard.engine.problems()) == ["other"]
        assert "has no model other; it has: tiny, third" in heard.engine.problems()["other"]
        await heard.done(ask(1))
        upstream.models = ("tiny", "other")
        await heard.until(lambda: len(heard.engine.models()) == 2)
        assert heard.engine.problems() == {}
        await heard.done(ask(2, model="other"))


async def test_an_upstream_that_is_away_says_so_of_each_of_its_models() -> None:
    upstream = FakeUpstream()
    async with upstream.running(), engine_before(upstream, timeouts=patient(health=0.05)) as heard:
        fleet = Fleet((), {"upstream one": heard.engine})
        fleet._standing = (heard.engine,)
        assert fleet.problems() == {}
        await upstream.down()
        await heard.until(lambda: not heard.engine.models())
        assert "tiny" in fleet.problems()
        await upstream.up()
        await heard.until(lambda: bool(heard.engine.models()))
        assert fleet.problems() == {}
