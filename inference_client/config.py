"""``inference_client.toml``: which models this machine runs, and what its owner allows.

The file lies in the state directory, or where ``--config`` points. Relative paths in it start at its folder.
"""

import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from inference_client import quantities
from inference_client.config_errors import explained
from inference_client.engines.base import EngineError
from inference_client.engines.openai_compatible import Timeouts, UpstreamModel, UpstreamSpec, read_api_key
from inference_client.problems import Exit, Problem
from inference_client.protocol.vocabulary import Kind

NAME: Final = "inference_client.toml"
ALIAS: Final = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

Thinking = Literal["none", "boolean", "level"]


def _path(value: object) -> object:
    if value == "":
        raise ValueError("names no file; leave the key out if there is none")
    return Path(value).expanduser() if isinstance(value, str) else value


def _plain_number(value: object) -> object:
    # Whole degrees and seconds are written without a point.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _checked(reader: Any) -> AfterValidator:
    def check(text: str) -> str:
        reader(text)
        return text

    return AfterValidator(check)


File = Annotated[Path, BeforeValidator(_path)]
Number = Annotated[float, BeforeValidator(_plain_number)]
SizeText = Annotated[str, _checked(quantities.size)]
DurationText = Annotated[str, _checked(quantities.seconds)]
HoursText = Annotated[str, _checked(quantities.span)]


class Section(BaseModel):
    """Strict: no unknown key, no silent conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


S = TypeVar("S", bound=Section)


class Client(Section):
    """``[client]``."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"


class Limits(Section):
    """``[limits]``: what the owner allows. ``pause_above`` in degrees Celsius."""

    max_slots: int | None = Field(default=None, ge=1, le=1024)
    memory: SizeText | None = None
    quiet_hours: list[HoursText] = []
    pause_on_battery: bool = False
    pause_above: Number | None = Field(default=None, ge=30, le=120)
    own_jobs_only: bool = False


class UpstreamTimeouts(Section):
    """``[upstream.NAME.timeouts]``, in seconds."""

    connect: Number = 10.0
    first: Number = 600.0
    idle: Number = 60.0
    whole: Number = 600.0
    probe: Number = 10.0
    health: Number = 15.0


class Upstream(Section):
    """``[upstream.NAME]``: a server that speaks OpenAI's HTTP interface. At most one of the three keys."""

    base_url: str
    api_key: str = Field(default="", repr=False)
    api_key_env: str = ""
    api_key_file: File | None = None
    flavour: Literal["llama_server", "ollama", "lm_studio", "vllm", "sglang", "generic"] | None = None
    timeouts: UpstreamTimeouts = UpstreamTimeouts()

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if sum(bool(given) for given in (self.api_key, self.api_key_env, self.api_key_file)) > 1:
            raise ValueError("give the key once: api_key_env, api_key_file or api_key")
        return self


class Model(Section):
    """``[[model]]``: a file, a file to download, or a model of an upstream. None: what the model itself says."""

    alias: str = Field(pattern=f"^{ALIAS}$")
    file: File | None = None
    hf_repo: str = ""
    hf_file: str = ""
    upstream: str = ""
    name: str = ""
    kind: Kind = "chat"
    context_length: int | None = Field(default=None, ge=0, le=100_000_000)
    slots: int = Field(default=4, ge=1, le=1024)
    chat_template: File | None = None
    mmproj: File | None = None
    tools: bool | None = None
    thinking: Thinking | None = None
    vision: bool | None = None
    keep_alive: DurationText = "forever"
    preload: bool = False
    cache: SizeText = "1 GiB"
    cache_disk: SizeText = "0"
    gpu_layers: int = Field(default=-1, ge=-1)
    threads: int = Field(default=0, ge=0, le=1024)

    @model_validator(mode="before")
    @classmethod
    def _usual_vectors(cls, given: Any) -> Any:
        """An embedding model of which nothing is said but its name is the one that most programs use."""
        if isinstance(given, dict) and given.get("kind") == "embedding" and not _SOURCES & given.keys():
            repo, file = EMBEDDING
            return given | {"hf_repo": repo, "hf_file": file}
        return given

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = (self.file is not None, bool(self.hf_repo or self.hf_file), bool(self.upstream))
        if sum(sources) != 1:
            raise ValueError("say where the model is: either file, or hf_repo with hf_file, or upstream")
        if bool(self.hf_repo) != bool(self.hf_file):
            raise ValueError("hf_repo and hf_file belong together, such as owner/name and model.gguf")
        given = self.model_fields_set
        if self.upstream and (wrong := sorted(given & _LOCAL_ONLY)):
            raise ValueError(f"{wrong[0]} is the upstream's own business; leave it out")
        if not self.upstream and self.kind not in ("chat", "embedding"):
            raise ValueError(f"a model of kind {self.kind} needs an upstream that runs it")
        if not self.upstream and self.vision is not None:
            raise ValueError("a file sees images when it has an mmproj; leave vision out")
        if not self.upstream and self.name:
            raise ValueError("name is what an upstream calls a model; leave it out")
        return self


EMBEDDING: Final = ("second-state/All-MiniLM-L6-v2-Embedding-GGUF", "all-MiniLM-L6-v2-ggml-model-f16.gguf")
"""all-MiniLM-L6-v2: 384 dimensions, 46 MB."""

_SOURCES: Final = frozenset({"file", "hf_repo", "hf_file", "upstream"})
_LOCAL_ONLY: Final = frozenset(
    {"chat_template", "mmproj", "keep_alive", "preload", "cache", "cache_disk", "gpu_layers", "threads"}
)


class Config(Section):
    """The whole file."""

    client: Client = Client()
    limits: Limits = Limits()
    upstream: dict[str, Upstream] = {}
    model: list[Model] = []

    @model_validator(mode="after")
    def _names(self) -> Self:
        aliases = [model.alias for model in self.model]
        if doubled := sorted({alias for alias in aliases if aliases.count(alias) > 1}):
            raise ValueError(f"two models are called {doubled[0]}; aliases must differ")
        for model in self.model:
            if model.upstream and model.upstream not in self.upstream:
                raise ValueError(f"model {model.alias} names the upstream {model.upstream}, which has no section")
        return self

    def upstreams(self) -> dict[str, UpstreamSpec]:
        """Those that some model names, by name. Raises Problem ``config_wrong``."""
        wanted = {name: [model for model in self.model if model.upstream == name] for name in self.upstream}
        for upstream in self.upstream.values():
            if upstream.api_key_file is not None:
                _require_private(upstream.api_key_file)
        try:
            return {name: _spec(self.upstream[name], models) for name, models in wanted.items() if models}
        except EngineError as error:
            raise Problem(error.code, error.detail, Exit.CONFIG) from None


def load(path: Path) -> Config:
    """Raises Problem ``config_missing``, ``config_open`` or ``config_wrong`` with file, line, key and remedy."""
    try:
        with path.open("rb") as file:
            mode, content = path.stat().st_mode, file.read()
        text = content.decode("utf-8")
        raw = tomllib.loads(text)
        config = Config.model_validate(raw)
    except FileNotFoundError:
        message = f"there is no configuration {path}; write one with: python -m inference_client init"
        raise Problem("config_missing", message, Exit.CONFIG) from None
    except OSError as error:
        raise Problem("config_wrong", f"{path} cannot be read: {error.strerror}", Exit.CONFIG) from None
    except UnicodeDecodeError:
        raise Problem("config_wrong", f"{path} is no UTF-8 text; save it as UTF-8", Exit.CONFIG) from None
    except tomllib.TOMLDecodeError as error:
        raise Problem("config_wrong", f"{path} is no TOML: {error}", Exit.CONFIG) from None
    except ValidationError as error:
        raise Problem("config_wrong", explained(error, path, text, Config), Exit.CONFIG) from None
    if any(upstream.api_key for upstream in config.upstream.values()):
        _require_private(path, mode)
    return _located(config, path.parent)


def _require_private(path: Path, mode: int | None = None) -> None:
    """Raises Problem ``config_open``. A file that is not there is somebody else's complaint."""
    try:
        mode = path.stat().st_mode if mode is None else mode
    except OSError:
        return
    if mode & _OTHERS:
        message = f"others can read {path}, which holds an API key; make it yours alone with: chmod 600 {path}"
        raise Problem("config_open", message, Exit.CONFIG)


def _located(config: Config, folder: Path) -> Config:
    """With relative paths made absolute."""
    models = [_moved(model, folder, ("file", "chat_template", "mmproj")) for model in config.model]
    upstreams = {name: _moved(upstream, folder, ("api_key_file",)) for name, upstream in config.upstream.items()}
    return config.model_copy(update={"model": models, "upstream": upstreams})


def _moved(section: S, folder: Path, names: tuple[str, ...]) -> S:
    moved = {name: folder / path for name in names if (path := getattr(section, name)) is not None}
    return section.model_copy(update=moved)


def _spec(upstream: Upstream, models: list[Model]) -> UpstreamSpec:
    """Raises EngineError ``config_wrong``."""
    return UpstreamSpec(
        base_url=upstream.base_url,
        models=tuple(
            UpstreamModel(
                alias=model.alias,
                name=model.name,
                kind=model.kind,
                context_length=model.context_length or 0,
                slots=model.slots,
                vision=bool(model.vision),
                tools=bool(model.tools),
                thinking=model.thinking or "none",
            )
            for model in models
        ),
        api_key=upstream.api_key or read_api_key(env=upstream.api_key_env, file=upstream.api_key_file),
        flavour=upstream.flavour,
        timeouts=Timeouts(**upstream.timeouts.model_dump()),
    )
