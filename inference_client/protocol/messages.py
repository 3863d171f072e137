"""The application messages of the wire, once, for both ends.

Each message is one sealed payload: UTF-8 JSON of one of the models below, told apart by ``type``. Unknown keys are
refused, so a field added here needs a new protocol version. Offsets and lengths count Unicode code points of the
answer's text, never bytes. ``generation`` is the site's id of one attempt-spanning answer and ``epoch`` the fencing
token of the lease under which the node works: a message with an older epoch than the site's is answered with
:class:`Drop` and otherwise ignored.
"""

from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from inference_client.protocol.errors import ChannelError
from inference_client.protocol.vocabulary import (
    ChatMessage,
    ModelInfo,
    ModelMetrics,
    Sampling,
    Schema,
    Sha256,
    Tool,
    ToolCall,
    Usage,
)

T = TypeVar("T")

MAX_TEXT = 200_000
"""Code points in one delta, far above any decode step, below the 1 MiB message limit even at four bytes each."""

MAX_EMBEDDED = 100
"""Texts in one request for embeddings."""

MAX_BLOB = 32 * 2**20
"""Bytes of an image or a recording."""

BLOB_PART = 384 * 1024
"""Bytes of a blob in one message; as base64 they stay below the 1 MiB limit."""


class Held(Schema):
    """A generation the node still holds: ``length`` code points produced so far."""

    generation: UUID
    epoch: int = Field(ge=1)
    length: int = Field(ge=0)
    finished: bool = False


# --- node to site ---------------------------------------------------------------------------------------------------


class Enrol(Schema):
    """The only message an unknown key may send: the one-time code, and what to call this machine."""

    type: Literal["enrol"] = "enrol"
    code: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=80)


class Hello(Schema):
    """First message of an enrolled node: what it is, what it offers, what it still holds from the link before."""

    type: Literal["hello"] = "hello"
    client_version: str = Field(max_length=40)
    platform: str = Field(max_length=200)
    backend: str = Field(max_length=40, description="metal, cuda, vulkan, cpu or upstream")
    models: tuple[ModelInfo, ...] = Field(max_length=200)
    holding: tuple[Held, ...] = Field(default=(), max_length=1024)


class Delta(Schema):
    """Text of one generation: ``x`` stands at offset ``o``. Keys are short because this is the hot path.

    ``t``: the text is the model's thinking. All thinking stands before the answer, and counts in the offsets.
    """

    g: UUID
    e: int = Field(ge=1)
    o: int = Field(ge=0)
    x: str = Field(max_length=MAX_TEXT)
    t: bool = False


class Deltas(Schema):
    """All text of one decode step (or of a resend), of any number of generations."""

    type: Literal["deltas"] = "deltas"
    items: tuple[Delta, ...] = Field(min_length=1, max_length=1024)


class Progress(Schema):
    """Prompt processing: ``done`` of ``total`` tokens."""

    type: Literal["progress"] = "progress"
    generation: UUID
    epoch: int = Field(ge=1)
    done: int = Field(ge=0)
    total: int = Field(ge=0)


class Finished(Schema):
    """The generation is over on the node and its slot is free. ``length`` lets the site see whether text is missing;
    the first ``thinking`` code points of it are the model's thinking. With reason ``tool_calls`` the model waits for
    the results of ``tool_calls``.
    """

    type: Literal["finished"] = "finished"
    generation: UUID
    epoch: int = Field(ge=1)
    reason: Literal["stop", "length", "cancelled", "tool_calls"]
    length: int = Field(ge=0)
    thinking: int = Field(default=0, ge=0)
    tool_calls: tuple[ToolCall, ...] = Field(default=(), max_length=64)
    usage: Usage
    trimmed_messages: int = Field(
        default=0, ge=0, lt=2**31, description="oldest turns left out because the context was full"
    )


class Failed(Schema):
    """The node could not answer; the slot is free. ``retry``: another node or a later attempt may succeed."""

    type: Literal["failed"] = "failed"
    generation: UUID
    epoch: int = Field(ge=1)
    code: str = Field(pattern=r"^[a-z_]{1,40}$")
    detail: str = Field(default="", max_length=500)
    retry: bool = False


class Heartbeat(Schema):
    """Every few seconds: extends the leases of ``running``."""

    type: Literal["heartbeat"] = "heartbeat"
    running: tuple[UUID, ...] = Field(default=(), max_length=1024)


class Models(Schema):
    """The offer changed (a model was loaded, measured, or removed)."""

    type: Literal["models"] = "models"
    models: tuple[ModelInfo, ...] = Field(max_length=200)


class Embedded(Schema):
    """Vectors of the texts of an :class:`Embed` from number ``first`` on, each base64 of little-endian 32-bit floats.
    ``finished`` follows the last of them.
    """

    type: Literal["embedded"] = "embedded"
    generation: UUID
    epoch: int = Field(ge=1)
    first: int = Field(ge=0, lt=MAX_EMBEDDED)
    vectors: tuple[str, ...] = Field(min_length=1, max_length=MAX_EMBEDDED)


class Painted(Schema):
    """An image is ready: its bytes came before this as blob parts. ``finished`` follows."""

    type: Literal["painted"] = "painted"
    generation: UUID
    epoch: int = Field(ge=1)
    blob: Sha256
    media_type: Literal["image/png", "image/jpeg", "image/webp"]


class Availability(Schema):
    """What the machine's owner lets it take now, whenever that changes; without it, everything.

    ``draining``: finishes what it runs and then leaves. ``paused``: gets nothing new until further notice; ``why``
    says on whose word. ``max_slots`` bounds the answers it writes at once, over all models.
    """

    type: Literal["availability"] = "availability"
    state: Literal["open", "paused", "draining"]
    why: Literal["", "owner", "site", "quiet_hours", "battery", "heat"] = ""
    max_slots: int | None = Field(default=None, ge=1, le=1024)
    own_only: bool = Field(default=False, description="only jobs of the account that paired this machine")


class Metrics(Schema):
    """Every few seconds. What the system does not tell is None, never a guess. Memory in bytes, utilisation from 0 to 1,
    temperature in degrees Celsius, ``uptime`` of the program in seconds.
    """

    type: Literal["metrics"] = "metrics"
    uptime: float = Field(ge=0)
    memory: int | None = Field(default=None, ge=0, lt=2**63)
    memory_free: int | None = Field(default=None, ge=0, lt=2**63)
    gpu_utilisation: float | None = Field(default=None, ge=0, le=1)
    gpu_memory: int | None = Field(default=None, ge=0, lt=2**63)
    temperature: float | None = Field(default=None, ge=-50, le=200)
    reconnections: int = Field(default=0, ge=0)
    models: tuple[ModelMetrics, ...] = Field(default=(), max_length=200)


class Leaving(Schema):
    """The node stops on purpose; its generations may go elsewhere at once."""

    type: Literal["leaving"] = "leaving"


# --- site to node ---------------------------------------------------------------------------------------------------


class Enrolled(Schema):
    type: Literal["enrolled"] = "enrolled"
    node: UUID
    name: str


class Welcome(Schema):
    """Answer to hello. Generations in ``holding`` that the site wants to go on are in ``resume``, all others are to be
    dropped.

    Times are in seconds; ``server_time`` is Unix time.
    """

    type: Literal["welcome"] = "welcome"
    node: UUID
    name: str
    server_time: float
    heartbeat_seconds: float = Field(gt=0)
    resume_seconds: float = Field(
        gt=0, description="how long the site waits for this node before it lets another continue"
    )
    resume: tuple["Resume", ...] = Field(default=(), max_length=1024)


class Resume(Schema):
    """Go on with ``generation`` under the new ``epoch``: send the text again from ``offset``."""

    generation: UUID
    epoch: int = Field(ge=1)
    offset: int = Field(ge=0)
    stop: bool = False


class Generate(Schema):
    """Answer ``messages``. ``prefix`` is text of this very answer that is already stored: continue right after it; its
    first ``prefix_thinking`` code points are thinking. Images of the messages came before this as blob parts.
    """

    type: Literal["generate"] = "generate"
    generation: UUID
    epoch: int = Field(ge=1)
    model: str
    messages: tuple[ChatMessage, ...] = Field(min_length=1)
    prefix: str = ""
    prefix_thinking: int = Field(default=0, ge=0)
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = Field(default=(), max_length=64)
    trace: str = Field(default="", max_length=64, description="request id, for log lines on both ends")


class Embed(Schema):
    """Turn texts into vectors: ``embedded``, once or several times, then ``finished``."""

    type: Literal["embed"] = "embed"
    generation: UUID
    epoch: int = Field(ge=1)
    model: str
    texts: tuple[str, ...] = Field(min_length=1, max_length=MAX_EMBEDDED)
    trace: str = Field(default="", max_length=64)


class Transcribe(Schema):
    """Turn a recording, whose bytes came before this as blob parts, into text: deltas, then ``finished``."""

    type: Literal["transcribe"] = "transcribe"
    generation: UUID
    epoch: int = Field(ge=1)
    model: str
    blob: Sha256
    media_type: str = Field(pattern=r"^(audio|video)/[a-z0-9.+-]{1,40}$")
    language: str = Field(default="", max_length=10, description="ISO 639-1; empty: find out")
    format: Literal["text", "vtt"] = "text"
    trace: str = Field(default="", max_length=64)


class Paint(Schema):
    """Make an image: its blob parts, ``painted``, then ``finished``. Sizes in pixels."""

    type: Literal["paint"] = "paint"
    generation: UUID
    epoch: int = Field(ge=1)
    model: str
    prompt: str = Field(min_length=1, max_length=32_000)
    width: int = Field(default=512, ge=64, le=4096)
    height: int = Field(default=512, ge=64, le=4096)
    trace: str = Field(default="", max_length=64)


class BlobPart(Schema):
    """Bytes of an image or a recording, both ways, before the message that names them. Parts come in order; whoever
    gets the last checks that all together have the SHA-256 ``blob``.
    """

    type: Literal["blob"] = "blob"
    blob: Sha256
    offset: int = Field(ge=0, lt=MAX_BLOB)
    total: int = Field(ge=1, le=MAX_BLOB)
    data: str = Field(min_length=1, max_length=(BLOB_PART + 2) // 3 * 4, description="base64")


class Order(Schema):
    """An operator's word, from the site's administration. ``load`` and ``unload`` name a model; ``drain`` makes the
    program finish what it runs and end; ``pause`` and ``resume`` are answered with ``availability``.
    """

    type: Literal["order"] = "order"
    do: Literal["load", "unload", "drain", "pause", "resume"]
    model: str = Field(default="", max_length=100)


class Stop(Schema):
    """Stop now, also while reading the prompt; answer ``finished`` with reason ``cancelled`` once the slot is free."""

    type: Literal["stop"] = "stop"
    generation: UUID
    epoch: int = Field(ge=1)


class Drop(Schema):
    """Forget this generation without an answer: its lease has gone to somebody else, or it no longer exists."""

    type: Literal["drop"] = "drop"
    generation: UUID


class Acked(Schema):
    g: UUID
    o: int = Field(ge=0)


class Ack(Schema):
    """Text up to ``o`` is stored; the node may forget it. What stands in ``done`` the node forgets wholly."""

    type: Literal["ack"] = "ack"
    items: tuple[Acked, ...] = Field(min_length=1, max_length=1024)
    done: tuple[UUID, ...] = Field(default=(), max_length=1024)


class Goodbye(Schema):
    """The site is about to close. ``retry_seconds`` None: do not come back by yourself (revoked, too old)."""

    type: Literal["goodbye"] = "goodbye"
    code: str = Field(pattern=r"^[a-z_]{1,40}$")
    retry_seconds: float | None = None


FromNode = Annotated[
    Enrol | Hello | Deltas | Progress | Embedded | Painted | BlobPart | Finished | Failed | Heartbeat | Models
    | Availability | Metrics | Leaving,
    Field(discriminator="type"),
]  # fmt: skip
FromSite = Annotated[
    Enrolled | Welcome | Generate | Embed | Transcribe | Paint | BlobPart | Order | Stop | Drop | Ack | Goodbye,
    Field(discriminator="type"),
]

_from_node: TypeAdapter[FromNode] = TypeAdapter(FromNode)
_from_site: TypeAdapter[FromSite] = TypeAdapter(FromSite)


def encode(message: Schema) -> bytes:
    """JSON bytes of ``message``; the plaintext of one sealed payload."""
    return message.__pydantic_serializer__.to_json(message, exclude_defaults=False)


def from_node(payload: bytes) -> FromNode:
    """Reads what a node sent. Raises ChannelError ``bad_message`` for anything but exactly one known message."""
    return _read(_from_node, payload)


def from_site(payload: bytes) -> FromSite:
    """Reads what the site sent. Raises ChannelError ``bad_message`` likewise."""
    return _read(_from_site, payload)


def _read(adapter: TypeAdapter[T], payload: bytes) -> T:
    try:
        return adapter.validate_json(payload)
    except ValidationError as error:
        # The first complaint, without the value: a log line must not carry text of a conversation.
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ChannelError("bad_message", f"{place}: {first['msg']}") from None
