"""Vectors, speech and images through an upstream: right ones taken, wrong ones refused."""

import asyncio
import base64
import math
import struct
from typing import Any

import pytest

from inference_client.engines.base import EmbedJob, PaintJob, TranscribeJob
from inference_client.engines.openai_compatible import UpstreamModel
from inference_client.protocol.messages import MAX_BLOB
from tests.fakes.upstream import FakeUpstream, vector
from tests.fakes.upstream_faults import Exchange, answers, hangs
from tests.inference_client.openai_compatible.heard import SECONDS, ask, engine_before, patient

EMBEDDINGS, SPEECH, IMAGES = "/v1/embeddings", "/v1/audio/transcriptions", "/v1/images/generations"
MODELS = (
    UpstreamModel("minilm", kind="embedding"),
    UpstreamModel("whisper", kind="speech"),
    UpstreamModel("flux", kind="image"),
)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
TEXTS = ("a lizard", "b stone", "", "d")


def server() -> FakeUpstream:
    return FakeUpstream(models=[model.alias for model in MODELS])


def floats(packed: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


async def test_vectors_come_in_the_order_of_the_texts_and_have_length_1() -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        done = await heard.done(EmbedJob(1, "minilm", TEXTS))
    found = [floats(packed) for packed in heard.vectors[1].vectors]
    for text, numbers in zip(TEXTS, found, strict=True):
        plain = vector(text, 3)
        length = math.hypot(*plain)
        assert numbers == pytest.approx([number / length for number in plain], rel=1e-6)
    assert (done.reason, done.usage.prompt_tokens, done.usage.completion_tokens) == ("stop", 5, 0)


def listed(*vectors: Any) -> dict[str, Any]:
    return {"data": [{"index": at, "embedding": numbers} for at, numbers in enumerate(vectors)]}


BAD_VECTORS: list[dict[str, Any]] = [
    listed([1.0, 2.0, 3.0]),
    listed([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0]),
    listed([1.0, 2.0, 3.0], [1.0, 2.0]),
    listed([0.0, 0.0, 0.0], [1.0, 2.0, 3.0]),
    listed([1.0, 2.0, "x"], [1.0, 2.0, 3.0]),
    listed([1.0, 2.0, None], [1.0, 2.0, 3.0]),
    listed([1e308, 1e308, 1e308], [1.0, 2.0, 3.0]),
    listed([float("nan"), 1.0, 1.0], [1.0, 2.0, 3.0]),
    listed("AAAA", [1.0, 2.0, 3.0]),
    listed([], []),
    {"data": [{"index": 0, "embedding": [1.0, 2.0, 3.0]}] * 2},
    {"data": [{"index": 5, "embedding": [1.0, 2.0, 3.0]}, {"index": 0, "embedding": [1.0, 2.0, 3.0]}]},
    {"data": ["x", "y"]},
    {"data": None},
    {},
]


@pytest.mark.parametrize("body", BAD_VECTORS)
async def test_vectors_that_are_none_or_too_few_are_refused(body: dict[str, Any]) -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        await heard.done(EmbedJob(1, "minilm", ("a", "b")))
        upstream.next(EMBEDDINGS, answers(200, body))
        error = await heard.error(EmbedJob(2, "minilm", ("a", "b")))
        assert (error.code, error.retry) == ("upstream_garbled", True)
        assert 2 not in heard.vectors


async def test_a_model_that_changes_the_length_of_its_vectors_is_refused() -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        await heard.done(EmbedJob(1, "minilm", ("a",)))
        upstream.next(EMBEDDINGS, answers(200, listed([1.0, 2.0])))
        error = await heard.error(EmbedJob(2, "minilm", ("a",)))
        assert "2 dimensions, not 3" in error.detail


@pytest.mark.parametrize(
    ("form", "exchange", "text"),
    [
        ("text", answers(200, " Liz\u00e4rds sleep.\n", content_type="text/plain; charset=utf-8"), " Liz\u00e4rds sleep.\n"),
        ("text", answers(200, {"text": "Lizards sleep."}), "Lizards sleep."),
        ("vtt", answers(200, "WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n", content_type="text/vtt"), "WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n"),
    ],
)  # fmt: skip
async def test_speech_becomes_text(form: str, exchange: Exchange, text: str) -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        upstream.next(SPEECH, exchange)
        done = await heard.done(TranscribeJob(1, "whisper", b"RIFFdata", "audio/mpeg", language="de", format=form))
        sent = upstream.requests[-1]
    assert (heard.text[1], done.reason) == (text, "stop")
    assert sent.headers["content-type"].startswith("multipart/form-data")
    for part in (
        b'name="model"\r\n\r\nwhisper',
        f'name="response_format"\r\n\r\n{form}'.encode(),
        b'name="language"\r\n\r\nde',
    ):
        assert part in sent.content
    assert b'filename="recording.mp3"\r\nContent-Type: audio/mpeg\r\n\r\nRIFFdata' in sent.content


async def test_silence_is_no_text_and_no_error() -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        upstream.next(SPEECH, answers(200, "", content_type="text/plain"))
        done = await heard.done(TranscribeJob(1, "whisper", b"x", "audio/wav"))
        assert (done.reason, heard.text) == ("stop", {})


@pytest.mark.parametrize(
    ("form", "exchange", "code"),
    [
        ("text", answers(200, "<html>", content_type="text/html"), "upstream_garbled"),
        ("text", answers(200, {"words": []}), "upstream_garbled"),
        ("vtt", answers(200, "Lizards sleep.", content_type="text/plain"), "upstream_garbled"),
        ("vtt", answers(200, {"text": "Lizards sleep."}), "upstream_garbled"),
        ("text", answers(200, b"x" * (9 * 2**20), content_type="text/plain"), "upstream_too_much"),
        ("text", answers(415, {"error": {"message": "no such format"}}), "upstream_refused"),
        ("text", hangs(headers=False), "upstream_silent"),
    ],
)
async def test_what_is_no_transcript_is_refused(form: str, exchange: Exchange, code: str) -> None:
    timeouts = patient(whole=0.3) if code == "upstream_silent" else patient()
    async with server().running() as upstream, engine_before(upstream, *MODELS, timeouts=timeouts) as heard:
        upstream.next(SPEECH, exchange)
        error = await heard.error(TranscribeJob(1, "whisper", b"x", "audio/wav", format=form))
        assert (error.code, heard.text) == (code, {})


def painted(image: bytes) -> Exchange:
    return answers(200, {"created": 1, "data": [{"b64_json": base64.b64encode(image).decode()}]})


@pytest.mark.parametrize(
    ("image", "media_type"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0JFIF", "image/jpeg"), (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp")],
)
async def test_an_image_is_painted_in_the_size_asked_for(image: bytes, media_type: str) -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        upstream.next(IMAGES, painted(image))
        done = await heard.done(PaintJob(1, "flux", "a lizard", 640, 512))
        sent = upstream.requests[-1].body
    assert (heard.pictures[1].data, heard.pictures[1].media_type, done.reason) == (image, media_type, "stop")
    assert (sent["size"], sent["n"], sent["response_format"], sent["prompt"]) == ("640x512", 1, "b64_json", "a lizard")


async def test_an_image_named_by_address_is_fetched_from_the_same_server_only() -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        for run, url in enumerate((f"{upstream.url}/images/1.png", "/images/1.png"), 1):
            upstream.next(IMAGES, answers(200, {"data": [{"url": url}]}))
            upstream.next("/images/1.png", answers(200, PNG, content_type="image/png"))
            await heard.done(PaintJob(run, "flux", "a lizard", 64, 64))
            assert heard.pictures[run].data == PNG
        asked = len(upstream.requests)
        elsewhere = (
            "http://169.254.169.254/latest", "//evil.example/x.png", "file:///etc/passwd", "http://[bad", "data:,x", "",
            upstream.url.replace("http://", "http://x@") + "/a.png", upstream.url.rsplit(":", 1)[0] + ":1/a.png",
        )  # fmt: skip
        for run, url in enumerate(elsewhere, 10):
            upstream.next(IMAGES, answers(200, {"data": [{"url": url}]}))
            error = await heard.error(PaintJob(run, "flux", "a lizard", 64, 64))
            assert (error.code, error.retry) == ("upstream_elsewhere", True)
        assert len(upstream.requests) == asked + len(elsewhere)


@pytest.mark.parametrize(
    ("exchange", "code"),
    [
        (painted(b"<svg/>"), "upstream_garbled"),
        (painted(b""), "upstream_garbled"),
        (painted(PNG + b"\0" * MAX_BLOB), "upstream_too_much"),
        (answers(200, {"data": [{"b64_json": "not base64!"}]}), "upstream_garbled"),
        (answers(200, {"data": [{"url": 3}]}), "upstream_garbled"),
        (answers(200, {"data": []}), "upstream_garbled"),
        (answers(200, {"data": {}}), "upstream_garbled"),
        (answers(200, b"x" * (MAX_BLOB * 4 // 3 + 2**21)), "upstream_too_much"),
        (answers(500), "upstream_failed"),
    ],
)
async def test_what_is_no_image_is_refused(exchange: Exchange, code: str) -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS) as heard:
        upstream.next(IMAGES, exchange)
        error = await heard.error(PaintJob(1, "flux", "a lizard", 64, 64))
        assert (error.code, heard.pictures) == (code, {})


async def test_a_long_recording_can_be_stopped() -> None:
    async with server().running() as upstream, engine_before(upstream, *MODELS, timeouts=patient()) as heard:
        upstream.next(SPEECH, hangs(headers=False))
        heard.engine.submit(TranscribeJob(1, "whisper", b"x", "audio/wav"))
        await upstream_asked(upstream, SPEECH)
        heard.engine.cancel(1)
        await heard.ended(1)
        assert heard.ends[1].reason == "cancelled"
        assert (await heard.error(ask(2, model="whisper"))).code == "wrong_kind"


async def upstream_asked(upstream: FakeUpstream, path: str) -> None:
    async with asyncio.timeout(SECONDS):
        while all(request.path != path for request in upstream.requests):
            await asyncio.sleep(0.01)
