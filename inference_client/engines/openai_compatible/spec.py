"""What an operator says about a server that speaks OpenAI's HTTP interface."""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from inference_client.engines.base import EngineError
from inference_client.protocol.vocabulary import Kind

Flavour = Literal["llama_server", "ollama", "lm_studio", "vllm", "sglang", "generic"]
"""Which program answers: decides what it is asked beyond OpenAI's own fields, and whether it can continue an answer."""

FLAVOURS: Final[tuple[Flavour, ...]] = get_args(Flavour)

Thinking = Literal["none", "boolean", "level"]

_ALIAS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class UpstreamModel:
    """One model under the name the site knows, ``alias``.

    ``name``: the upstream's own; empty: the alias, or the only model the upstream has. ``context_length`` 0: what the
    upstream tells. ``slots``: requests sent to it at once.
    """

    alias: str
    name: str = ""
    kind: Kind = "chat"
    context_length: int = 0
    slots: int = 4
    vision: bool = False
    tools: bool = False
    thinking: Thinking = "none"

    def __post_init__(self) -> None:
        if not _ALIAS.fullmatch(self.alias):
            raise EngineError(
                "config_wrong", f"{self.alias!r} cannot be a model's alias: use letters, digits, . _ : / -"
            )
        if not 1 <= self.slots <= 1024:
            raise EngineError("config_wrong", f"{self.alias}: slots must be from 1 to 1024")
        if self.context_length and not 16 <= self.context_length <= 100_000_000:
            raise EngineError(
                "config_wrong", f"{self.alias}: context_length must be at least 16, or 0 to ask the upstream"
            )


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. ``first``: from the request until the first piece of the answer, loading a model included; ``idle``:
    between two pieces; ``whole``: of an answer that comes in one piece (vectors, speech, images); ``probe``: of
    questions about the upstream itself; ``health``: between two looks whether it is still there.
    """

    connect: float = 10.0
    first: float = 600.0
    idle: float = 60.0
    whole: float = 600.0
    probe: float = 10.0
    health: float = 15.0

    def __post_init__(self) -> None:
        for name in ("connect", "first", "idle", "whole", "probe", "health"):
            if not 0 < getattr(self, name) <= 86_400:
                raise EngineError("config_wrong", f"the upstream's timeout {name!r} must be above 0 and at most a day")


@dataclass(frozen=True, slots=True)
class UpstreamSpec:
    """One server and the models wanted of it. ``base_url`` with or without ``/v1``. ``flavour`` None: find out.

    Raises EngineError ``config_wrong``, with the remedy.
    """

    base_url: str
    models: tuple[UpstreamModel, ...]
    api_key: str = field(default="", repr=False)
    flavour: Flavour | None = None
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        if problem := _url_problem(self.base_url):
            raise EngineError("config_wrong", f"the upstream's base_url {problem}")
        if not self.models:
            raise EngineError("config_wrong", f"name at least one model of the upstream {self.root}")
        aliases = [model.alias for model in self.models]
        if doubled := sorted({alias for alias in aliases if aliases.count(alias) > 1}):
            raise EngineError("config_wrong", f"two models of {self.root} are called {doubled[0]}; aliases must differ")
        if self.api_key and not _KEY.fullmatch(self.api_key):
            raise EngineError("config_wrong", f"the API key for {self.root} has characters no key has; copy it again")
        if self.flavour is not None and self.flavour not in FLAVOURS:
            raise EngineError("config_wrong", f"flavour must be one of {', '.join(FLAVOURS)}, or left out")

    @property
    def root(self) -> str:
        """The address without ``/v1`` and without a slash at the end."""
        return self.base_url.strip().rstrip("/").removesuffix("/v1").rstrip("/")

    @property
    def exposes_key(self) -> bool:
        """Whether the API key leaves this machine in plain text."""
        parts = urlsplit(self.root)
        return bool(self.api_key) and parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _url_problem(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return "is no address; write it like http://127.0.0.1:8080"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "must begin with http:// or https:// and name a host, like http://127.0.0.1:8080"
    if "@" in parts.netloc:
        return "must not hold a password; give it as the API key"
    if parts.query or parts.fragment:
        return "must end with the path, without ? and #"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read_api_key(*, env: str = "", file: Path | None = None) -> str:
    """The key from environment variable ``env`` or the first line of ``file``; empty without either.

    Raises EngineError ``config_wrong`` if the one named is not there or is empty.
    """
    if env:
        key = os.environ.get(env, "").strip()
        if not key:
            raise EngineError("config_wrong", f"the environment variable {env} for the upstream's API key is empty")
        return key
    if file is None:
        return ""
    try:
        lines = file.expanduser().read_text("utf-8").strip().splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise EngineError(
            "config_wrong", f"the API key's file {file} cannot be read: {type(problem).__name__}"
        ) from None
    if not lines:
        raise EngineError("config_wrong", f"the API key's file {file} is empty")
    return lines[0].strip()
