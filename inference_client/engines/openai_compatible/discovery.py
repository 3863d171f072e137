"""What an upstream is, which of the wanted models it has, and how long their contexts are.

Sources for the answers looked at: llama.cpp tools/server (``/v1/models``, ``/props``), Ollama's API (``/api/version``,
``/api/show``, ``/api/ps``), vLLM and SGLang (``max_model_len`` in ``/v1/models``), LM Studio's REST API v0 and v1.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from inference_client.engines.openai_compatible import faults
from inference_client.engines.openai_compatible.faults import Fault
from inference_client.engines.openai_compatible.spec import Flavour, UpstreamModel, UpstreamSpec
from inference_client.engines.openai_compatible.transport import Transport

log = logging.getLogger(__name__)

UNKNOWN_CONTEXT: Final = 4096
"""Where nobody tells: what Ollama uses unless told otherwise."""

_OWNERS: Final[dict[str, Flavour]] = {"llamacpp": "llama_server", "vllm": "vllm", "sglang": "sglang"}


@dataclass(frozen=True, slots=True)
class Found:
    """A wanted model the upstream has, under the name it has there. ``context`` 0: it does not tell."""

    name: str
    context: int = 0
    dimensions: int | None = None
    loaded: bool = True
    size_bytes: int = 0
    parameters: int = 0
    most_slots: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """``found`` by alias. ``missing``: aliases the upstream has no model for; ``names``: all it has."""

    flavour: Flavour
    found: Mapping[str, Found]
    missing: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


async def look(http: Transport, spec: UpstreamSpec, known: Flavour | None) -> Look:
    """Asks the upstream. ``known``: its flavour, if that is settled. Raises Fault."""
    seconds = spec.timeouts.probe
    try:
        answer = await http.ask("GET", "/v1/models", seconds=seconds)
    except Fault as fault:
        # Servers for speech or images often have no list; then the configuration is the list.
        if fault.code != "model_missing":
            raise
        found = {model.alias: Found(model.name or model.alias) for model in spec.models}
        return Look(spec.flavour or "generic", found)
    listed = answer.json().get("data")
    if not isinstance(listed, list | None):
        raise faults.garbled(http.host, "a list of models of an unknown shape")
    entries = [entry for entry in listed or () if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
    flavour = spec.flavour or known or await _flavour(http, seconds, answer.headers, entries)
    found, missing = {}, []
    for model in spec.models:
        entry = _entry(model, entries, flavour)
        if entry is None:
            missing.append(model.alias)
        else:
            found[model.alias] = _told(entry)
    found = await _details(http, seconds, flavour, found)
    return Look(flavour, found, tuple(missing), tuple(entry["id"] for entry in entries))


async def _flavour(
    http: Transport, seconds: float, headers: Mapping[str, str], entries: Sequence[Mapping[str, Any]]
) -> Flavour:
    if headers.get("server", "").lower().startswith("llama.cpp"):
        return "llama_server"
    for entry in entries:
        owner = entry.get("owned_by")
        if isinstance(owner, str) and owner in _OWNERS:
            return _OWNERS[owner]
    # LM Studio answers what it does not know with HTTP 200 and an error object, so the shape decides.
    if isinstance((await _try(http, "GET", "/api/version", seconds)).get("version"), str):
        return "ollama"
    return "lm_studio" if await _lm_studio(http, seconds) is not None else "generic"


async def _lm_studio(http: Transport, seconds: float) -> dict[str, Mapping[str, Any]] | None:
    """What LM Studio's own interface tells of its models, by name; the older form first. None: it is not LM Studio."""
    listed = (await _try(http, "GET", "/api/v0/models", seconds)).get("data")
    if isinstance(listed, list):
        return _by_name(listed, "id")
    listed = (await _try(http, "GET", "/api/v1/models", seconds)).get("models")
    return _by_name(listed, "key") if isinstance(listed, list) else None


async def _try(http: Transport, method: str, path: str, seconds: float, body: Mapping[str, Any] | None = None) -> Any:
    """The answer to a question that this server may not know; empty then."""
    try:
        return (await http.ask(method, path, seconds=seconds, body=body)).json()
    except Fault as fault:
        if fault.code in ("upstream_away", "upstream_key"):
            raise
        return {}


def _entry(model: UpstreamModel, entries: Sequence[Mapping[str, Any]], flavour: Flavour) -> Mapping[str, Any] | None:
    wanted = [model.name or model.alias]
    if flavour == "ollama" and ":" not in wanted[0]:
        wanted.append(f"{wanted[0]}:latest")
    for name in wanted:
        for entry in entries:
            aliases = entry.get("aliases")
            if entry["id"] == name or (isinstance(aliases, list) and name in aliases):
                return {**entry, "id": name}
    return entries[0] if not model.name and len(entries) == 1 else None


def _told(entry: Mapping[str, Any]) -> Found:
    """What the list of models itself tells."""
    meta = entry.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    context = _size(entry.get("max_model_len")) or _size(meta.get("n_ctx"))
    return Found(
        name=entry["id"],
        context=context,
        dimensions=_dimensions(meta.get("n_embd")),
        size_bytes=_size(meta.get("size")),
        parameters=_size(meta.get("n_params")),
    )


async def _details(http: Transport, seconds: float, flavour: Flavour, found: dict[str, Found]) -> dict[str, Found]:
    if flavour == "llama_server":
        return await _from_props(http, seconds, found)
    if flavour == "ollama":
        running = _by_name((await _try(http, "GET", "/api/ps", seconds)).get("models"), "name")
        return {alias: await _from_show(http, seconds, one, running.get(one.name)) for alias, one in found.items()}
    if flavour == "lm_studio":
        listed = await _lm_studio(http, seconds) or {}
        return {alias: _from_lm_studio(one, listed.get(one.name, {})) for alias, one in found.items()}
    return found


async def _from_props(http: Transport, seconds: float, found: dict[str, Found]) -> dict[str, Found]:
    props = await _try(http, "GET", "/props", seconds)
    settings = props.get("default_generation_settings")
    context = _size(settings.get("n_ctx")) if isinstance(settings, dict) else 0
    slots = _size(props.get("total_slots")) or None
    return {alias: replace(one, context=context or one.context, most_slots=slots) for alias, one in found.items()}


async def _from_show(http: Transport, seconds: float, one: Found, running: Mapping[str, Any] | None) -> Found:
    shown = await _try(http, "POST", "/api/show", seconds, {"model": one.name})
    info = shown.get("model_info")
    info = info if isinstance(info, dict) else {}
    trained = _ending(info, ".context_length") or UNKNOWN_CONTEXT
    # What the model was made for is not what Ollama gives it: that is set in the model or in the server, or 4,096.
    chosen = re.search(r"^num_ctx\s+(\d{1,9})\s*$", str(shown.get("parameters") or ""), re.MULTILINE)
    context = int(chosen[1]) if chosen else _size((running or {}).get("context_length"))
    return replace(
        one,
        context=min(context, trained),
        dimensions=_dimensions(_ending(info, ".embedding_length")),
        loaded=running is not None,
        parameters=_size(info.get("general.parameter_count")),
    )


def _from_lm_studio(one: Found, entry: Mapping[str, Any]) -> Found:
    instances = entry.get("loaded_instances")
    loaded = bool(instances) if isinstance(instances, list) else entry.get("state") != "not-loaded"
    first = instances[0] if isinstance(instances, list) and instances else None
    config = first.get("config") if isinstance(first, dict) else None
    given = _size(config.get("context_length")) if isinstance(config, dict) else 0
    context = given or _size(entry.get("loaded_context_length")) or _size(entry.get("max_context_length"))
    return replace(one, context=context, loaded=loaded)


def _by_name(listed: object, key: str) -> dict[str, Mapping[str, Any]]:
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return {name: entry for entry in entries if isinstance(name := entry.get(key), str)}


def _ending(info: Mapping[str, Any], ending: str) -> int:
    return next((size for key, value in info.items() if key.endswith(ending) and (size := _size(value))), 0)


def _size(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else 0


def _dimensions(value: object) -> int | None:
    return size if 1 <= (size := _size(value)) <= 65_536 else None
