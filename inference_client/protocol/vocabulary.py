"""What both sides say about models, chats and results, inside the messages of the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_IMAGES = 8
"""In one message of a conversation."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

Kind = Literal["chat", "embedding", "speech", "image"]
"""What a model does: answer, turn text into vectors, turn speech into text, paint."""


class Schema(BaseModel):
    """Strict base: no unknown keys, no silent conversion, immutable once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ModelInfo(Schema):
    """One model a node offers. Measured speeds are None until measured (tokens per second).

    ``loaded``: in memory now; another one is loaded when asked for. ``thinking``: whether the model can think before
    it answers, and whether that is only switched (``boolean``) or has degrees (``level``).
    """

    alias: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")
    context_length: int = Field(ge=16, le=100_000_000)
    slots: int = Field(ge=1, le=1024)
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    quantisation: str = Field(default="", max_length=32)
    size_bytes: int = Field(default=0, ge=0, lt=2**63)
    parameters: int = Field(default=0, ge=0, lt=2**63)
    prompt_tps: float | None = Field(default=None, ge=0)
    generation_tps: float | None = Field(default=None, ge=0)
    kind: Kind = "chat"
    loaded: bool = True
    vision: bool = False
    tools: bool = False
    thinking: Literal["none", "boolean", "level"] = "none"
    dimensions: int | None = Field(default=None, ge=1, le=65_536, description="of an embedding model's vectors")


class Image(Schema):
    """An image in a message; its bytes travel as blob parts."""

    blob: Sha256
    media_type: Literal["image/png", "image/jpeg", "image/webp", "image/gif"]


class ToolCall(Schema):
    """The model wants a tool to be run, in one form for all models. ``arguments`` is a JSON object as text."""

    id: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=64)
    arguments: str = Field(max_length=100_000)


class Tool(Schema):
    """A tool the model may call. ``parameters`` is a JSON Schema as text."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    description: str = Field(default="", max_length=4_000)
    parameters: str = Field(default="{}", max_length=20_000)


class ChatMessage(Schema):
    """One turn. ``tool_calls`` are an assistant's; a tool's result names its call in ``tool_call_id``."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[Image, ...] = Field(default=(), max_length=MAX_IMAGES)
    tool_calls: tuple[ToolCall, ...] = Field(default=(), max_length=64)
    tool_call_id: str = Field(default="", max_length=64)


class LogitBias(Schema):
    """Added to the logit of ``token``, a number of the model's own vocabulary."""

    token: int = Field(ge=0, lt=2**31)
    bias: float = Field(ge=-100, le=100)


class Sampling(Schema):
    """How to choose tokens. None means the engine's default.

    ``json_schema`` (JSON Schema as text) and ``grammar`` (GBNF) force the answer's form; at most one of them.
    ``thinking`` asks a model that can think to do so, or not to.
    """

    temperature: float | None = Field(default=None, ge=0, le=5)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=0)
    min_p: float | None = Field(default=None, ge=0, le=1)
    repeat_penalty: float | None = Field(default=None, gt=0, le=5)
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    max_tokens: int | None = Field(default=None, ge=1, lt=2**31)
    stop: tuple[str, ...] = Field(default=(), max_length=16)
    logit_bias: tuple[LogitBias, ...] = Field(default=(), max_length=300)
    json_schema: str = Field(default="", max_length=100_000)
    grammar: str = Field(default="", max_length=100_000)
    thinking: Literal["off", "on", "low", "medium", "high"] | None = None


class Usage(Schema):
    """Counted by the node. Durations in seconds; ``cached_tokens`` of the prompt were reused from an earlier turn."""

    prompt_tokens: int = Field(ge=0, lt=2**31)
    completion_tokens: int = Field(ge=0, lt=2**31)
    cached_tokens: int = Field(default=0, ge=0, lt=2**31)
    prompt_seconds: float = Field(default=0, ge=0)
    completion_seconds: float = Field(default=0, ge=0)


class ModelMetrics(Schema):
    """One model since the report before: tokens read and written in ``seconds`` of that time, its slots now."""

    alias: str = Field(min_length=1, max_length=100)
    seconds: float = Field(ge=0)
    prompt_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    requests: int = Field(default=0, ge=0)
    errors: int = Field(default=0, ge=0)
    busy: int = Field(default=0, ge=0)
    waiting: int = Field(default=0, ge=0)
