"""The messages themselves: strict, told apart, never saying what was in them, and the greatest of each fit one payload."""

import base64
import json
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from inference_client.protocol import messages as wire
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import MAX_MESSAGE
from inference_client.protocol.vocabulary import (
    ChatMessage,
    Image,
    LogitBias,
    ModelInfo,
    ModelMetrics,
    Sampling,
    Schema,
    Tool,
    ToolCall,
    Usage,
)

ID = UUID(int=1)
BLOB = "0" * 64
BIG = 2**63 - 1

MODEL = ModelInfo(
    alias="a" * 100, context_length=100_000_000, slots=1024, sha256=BLOB, quantisation="q" * 32, size_bytes=BIG,
    parameters=BIG, prompt_tps=1 / 3, generation_tps=1 / 3, kind="embedding", vision=True, tools=True, thinking="boolean",
    dimensions=65_536,
)  # fmt: skip
FIGURES = ModelMetrics(
    alias="a" * 100, seconds=1e300, prompt_tokens=BIG, cached_tokens=BIG, completion_tokens=BIG, requests=BIG, errors=BIG,
    busy=BIG, waiting=BIG,
)  # fmt: skip
TURN = ChatMessage(role="user", content="?", images=(Image(blob=BLOB, media_type="image/png"),))
CALL = ToolCall(id="1", name="weather", arguments="{}")
USAGE = Usage(prompt_tokens=1, completion_tokens=1)

FROM_NODE: list[Schema] = [
    wire.Hello(client_version="1", platform="x", backend="cpu", models=(MODEL,), holding=(wire.Held(generation=ID, epoch=1, length=0),)),
    wire.Deltas(items=(wire.Delta(g=ID, e=1, o=0, x="é🐊", t=True),)),
    wire.Progress(generation=ID, epoch=1, done=1, total=2),
    wire.Embedded(generation=ID, epoch=1, first=0, vectors=("AAAA",)),
    wire.Painted(generation=ID, epoch=1, blob=BLOB, media_type="image/webp"),
    wire.BlobPart(blob=BLOB, offset=0, total=1, data="AA=="),
    wire.Finished(generation=ID, epoch=1, reason="tool_calls", length=3, thinking=1, tool_calls=(CALL,), usage=USAGE),
    wire.Failed(generation=ID, epoch=1, code="blob_missing", retry=True),
    wire.Heartbeat(running=(ID,)),
    wire.Models(models=(MODEL,)),
    wire.Availability(state="paused", why="heat", max_slots=1, own_only=True),
    wire.Metrics(uptime=1.5, gpu_utilisation=0.5, temperature=61.5, models=(FIGURES,)),
    wire.Leaving(),
]  # fmt: skip
FROM_SITE: list[Schema] = [
    wire.Enrolled(node=ID, name="mac"),
    wire.Welcome(node=ID, name="mac", server_time=0, heartbeat_seconds=5, resume_seconds=60, resume=(wire.Resume(generation=ID, epoch=1, offset=0),)),
    wire.Generate(
        generation=ID, epoch=1, model="m", messages=(TURN,), prefix="ab", prefix_thinking=1, tools=(Tool(name="t"),),
        sampling=Sampling(logit_bias=(LogitBias(token=1, bias=-100),), thinking="high"),
    ),
    wire.Embed(generation=ID, epoch=1, model="m", texts=("a",) * wire.MAX_EMBEDDED),
    wire.Transcribe(generation=ID, epoch=1, model="m", blob=BLOB, media_type="audio/ogg", format="vtt"),
    wire.Paint(generation=ID, epoch=1, model="m", prompt="a crocodile"),
    wire.Order(do="load", model="m"),
    wire.Stop(generation=ID, epoch=1),
    wire.Drop(generation=ID),
    wire.Ack(items=(wire.Acked(g=ID, o=1),), done=(ID,)),
    wire.Goodbye(code="closed", retry_seconds=1),
]  # fmt: skip


def name(message: Schema) -> str:
    return str(message.type)  # type: ignore[attr-defined]


@pytest.mark.parametrize("message", FROM_NODE, ids=name)
def test_what_a_node_says_arrives_as_it_was(message: Schema) -> None:
    assert wire.from_node(wire.encode(message)) == message


@pytest.mark.parametrize("message", FROM_SITE, ids=name)
def test_what_the_site_says_arrives_as_it_was(message: Schema) -> None:
    assert wire.from_site(wire.encode(message)) == message


@pytest.mark.parametrize("message", FROM_NODE + FROM_SITE, ids=name)
def test_a_key_too_many_is_refused(message: Schema) -> None:
    read = wire.from_node if message in FROM_NODE else wire.from_site
    with pytest.raises(ChannelError):
        read(json.dumps({**json.loads(wire.encode(message)), "extra": 1}).encode())


@pytest.mark.parametrize("message", [message for message in FROM_NODE if name(message) != "blob"], ids=name)
def test_the_site_says_nothing_that_only_nodes_say(message: Schema) -> None:
    with pytest.raises(ChannelError):
        wire.from_site(wire.encode(message))


@pytest.mark.parametrize("message", FROM_SITE, ids=name)
def test_a_node_says_nothing_that_only_the_site_says(message: Schema) -> None:
    with pytest.raises(ChannelError):
        wire.from_node(wire.encode(message))


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[]", b"null", b'{"type":"x"}', b"\xff", b'{"type":"leaving"} ' + b"x", b"[" * 100_000]
)
def test_what_is_no_message_is_refused_with_one_error(payload: bytes) -> None:
    for read in (wire.from_node, wire.from_site):
        with pytest.raises(ChannelError) as caught:
            read(payload)
        assert caught.value.code == "bad_message"


def test_a_refusal_does_not_repeat_what_was_said() -> None:
    said = json.loads(wire.encode(FROM_SITE[2]))
    said["messages"][0]["content"] = ["a secret question"]
    with pytest.raises(ChannelError) as caught:
        wire.from_site(json.dumps(said).encode())
    assert "secret" not in str(caught.value)
    assert "messages" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"gpu_utilisation": 1.01}, {"gpu_utilisation": -0.1}, {"temperature": 900}, {"memory": -1}, {"memory": 1.5},
        {"uptime": "1"}, {"uptime": float("nan")},
    ],
)  # fmt: skip
def test_figures_that_cannot_be_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        wire.Metrics.model_validate({"uptime": 1.0, **change}, strict=True)


HELD = wire.Held(generation=ID, epoch=BIG, length=BIG, finished=False)
GREATEST: list[Schema] = [
    wire.Hello(client_version="v" * 40, platform="p" * 200, backend="b" * 40, models=(MODEL,) * 200, holding=(HELD,) * 1024),
    wire.Heartbeat(running=tuple(uuid4() for _ in range(1024))),
    wire.Models(models=(MODEL,) * 200),
    wire.Metrics(uptime=1e300, memory=BIG, memory_free=BIG, gpu_memory=BIG, reconnections=BIG, models=(FIGURES,) * 200),
    wire.Ack(items=(wire.Acked(g=ID, o=BIG),) * 1024, done=(ID,) * 1024),
    wire.BlobPart(blob=BLOB, offset=wire.MAX_BLOB - 1, total=wire.MAX_BLOB, data=base64.b64encode(bytes(wire.BLOB_PART)).decode()),
    wire.Welcome(node=ID, name="x", server_time=1e300, heartbeat_seconds=1e300, resume_seconds=1e300, resume=(wire.Resume(generation=ID, epoch=BIG, offset=BIG, stop=False),) * 1024),
]  # fmt: skip


@pytest.mark.parametrize("message", GREATEST, ids=name)
def test_the_greatest_message_of_its_kind_fits(message: Schema) -> None:
    assert len(wire.encode(message)) < MAX_MESSAGE
