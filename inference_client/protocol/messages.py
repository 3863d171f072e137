"""The application messages of the wire, once, for both ends.

Each message is one sealed payload: UTF-8 JSON of one of the models below, told apart by ``type``. Unknown keys are
refused, so a field added here needs a new protocol version. Offsets and lengths count Unicode code points of the
answer's text, never bytes. ``generation`` is the site's id of one attempt-spanning answer and ``epoch`` the fencing
token of the lease under which the node works: a message with an older epoch than the site's is answered with
:class:`Drop` and otherwise ignored.
"""

from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from inference_client.protocol.errors import ChannelError

T = TypeVar("T")

MAX_TEXT = 200_000
"""Code points in one delta, far above any decode step, below the 1 MiB message limit even at four bytes each."""


class Schema(BaseModel):
    """Strict base: no unknown keys, no silent conversion, immutable once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


# --- what both sides say about a model and a chat -------------------------------------------------------------------


class ModelInfo(Schema):
    """One model a node offers. Measured speeds are None until measured (tokens per second)."""

    alias: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")
    context_length: int = Field(ge=16, le=100_000_000)
    slots: int = Field(ge=1, le=1024)
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    quantisation: str = Field(default="", max_length=32)
    size_bytes: int = Field(default=0, ge=0, lt=2**63)
    parameters: int = Field(default=0, ge=0, lt=2**63)
    prompt_tps: float | None = Field(default=None, ge=0)
    generation_tps: float | None = Field(default=None, ge=0)


class ChatMessage(Schema):
    role: Literal["system", "user", "assistant"]
    content: str


class Sampling(Schema):
    """How to choose tokens. None means the engine's default."""

    temperature: float | None = Field(default=None, ge=0, le=5)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=0)
    min_p: float | None = Field(default=None, ge=0, le=1)
    repeat_penalty: float | None = Field(default=None, gt=0, le=5)
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    max_tokens: int | None = Field(default=None, ge=1, lt=2**31)
    stop: tuple[str, ...] = Field(default=(), max_length=16)


class Usage(Schema):
    """Counted by the node. Durations in seconds; ``cached_tokens`` of the prompt were reused from an earlier turn."""

    prompt_tokens: int = Field(ge=0, lt=2**31)
    completion_tokens: int = Field(ge=0, lt=2**31)
    cached_tokens: int = Field(default=0, ge=0, lt=2**31)
    prompt_seconds: float = Field(default=0, ge=0)
    completion_seconds: float = Field(default=0, ge=0)


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
    """Text of one generation: ``text`` stands at ``offset``. Keys are short because this is the hot path."""

    g: UUID
    e: int = Field(ge=1)
    o: int = Field(ge=0)
    x: str = Field(max_length=MAX_TEXT)


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
    """The generation is over on the node and its slot is free. ``length`` lets the site see whether text is missing."""

    type: Literal["finished"] = "finished"
    generation: UUID
    epoch: int = Field(ge=1)
    reason: Literal["stop", "length", "cancelled"]
    length: int = Field(ge=0)
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
    """Answer ``messages``. ``prefix`` is text of this very answer that is already stored: continue right after it."""

    type: Literal["generate"] = "generate"
    generation: UUID
    epoch: int = Field(ge=1)
    model: str
    messages: tuple[ChatMessage, ...] = Field(min_length=1)
    prefix: str = ""
    sampling: Sampling = Sampling()
    trace: str = Field(default="", max_length=64, description="request id, for log lines on both ends")


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
    Enrol | Hello | Deltas | Progress | Finished | Failed | Heartbeat | Models | Leaving, Field(discriminator="type")
]
FromSite = Annotated[Enrolled | Welcome | Generate | Stop | Drop | Ack | Goodbye, Field(discriminator="type")]

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
