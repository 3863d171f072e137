"""What was downloaded, and what it was when it came: so that a file that changed on the disk is found."""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import gguf
from inference_client.problems import Exit, Problem
from inference_client.state import write_private

log = logging.getLogger(__name__)

NAME: Final = "downloads.json"


class Source(BaseModel):
    """``sha256`` is empty where the hub did not tell it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repo: str
    sha256: str
    size: int


_NOTES: Final = TypeAdapter(dict[str, Source])


@dataclass(frozen=True, slots=True)
class Found:
    """A file below the models' folder. ``whole``: not a part of a download that broke off."""

    path: Path
    name: str
    size: int
    whole: bool
    source: Source | None


def notes(folder: Path) -> dict[str, Source]:
    """By path relative to ``folder``. A damaged note is as good as none: files are then checked by themselves."""
    try:
        return _NOTES.validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError):
        return {}


def note(folder: Path, path: Path, source: Source | None) -> None:
    """Writes down where ``path`` came from; None: it is gone."""
    known = notes(folder)
    name = path.relative_to(folder).as_posix()
    if source is None:
        known.pop(name, None)
    else:
        known[name] = source
    try:
        content = {key: value.model_dump() for key, value in sorted(known.items())}
        write_private(folder / NAME, json.dumps(content, indent=1).encode() + b"\n")
    except OSError as error:
        log.warning("%s cannot be noted: %s", path, error.strerror)


def found(folder: Path) -> Iterator[Found]:
    """Whole files and parts, in order of their names."""
    known = notes(folder)
    for path in sorted(folder.rglob("*.gguf")) + sorted(folder.rglob("*.gguf.part")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            yield Found(path, name, path.stat().st_size, path.suffix == ".gguf", known.get(name))


def named(folder: Path, name: str) -> list[Found]:
    """Files that ``name`` means: a path as ``models list`` shows it, or a part of one that is unmistakable; all parts of a
    model that is cut in several. Raises Problem ``model_missing``.
    """
    there = list(found(folder))
    exact = [item for item in there if name in (item.name, item.path.name)]
    near = exact or [item for item in there if name.lower() in item.name.lower()]
    sets = {_set(item) for item in near}
    if len(sets) != 1 or not name:
        which = "no" if not near else "more than one"
        message = f"{which} downloaded model is called {name!r}; see: python -m inference_client models list"
        raise Problem("model_missing", message, Exit.MODEL)
    return [item for item in there if _set(item) in sets]


def verify(item: Found) -> str:
    """What it is; reads the whole file. Raises Problem ``model_damaged`` with the remedy."""
    if not item.whole:
        raise Problem("model_damaged", f"{item.name} is not whole; pull it again to go on", Exit.MODEL)
    if item.source is not None and item.size != item.source.size:
        message = f"{item.name} has {item.size:,} bytes instead of {item.source.size:,}; remove it and pull it again"
        raise Problem("model_damaged", message, Exit.MODEL)
    try:
        with item.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        header = gguf.read(item.path)
    except OSError as error:
        raise Problem("model_damaged", f"{item.name} cannot be read: {error.strerror}", Exit.MODEL) from None
    except EngineError as error:
        raise Problem("model_damaged", error.detail, Exit.MODEL) from None
    if item.source is not None and item.source.sha256 not in ("", digest):
        message = f"{item.name} has changed (SHA-256 {digest[:12]}…); remove it and pull it again"
        raise Problem("model_damaged", message, Exit.MODEL)
    told = "as the hub says" if item.source is not None and item.source.sha256 else "the hub did not say which"
    return f"{item.name}: {header.architecture or 'part'} {header.quantisation}, SHA-256 {digest[:12]}… ({told})"


def _set(item: Found) -> str:
    """One name for all parts of a model."""
    stem, dash, tail = item.path.name.removesuffix(".part").rpartition("-of-")
    whole = stem.rpartition("-")[0] + tail if dash and stem[-5:].isdecimal() else item.path.name.removesuffix(".part")
    return str(item.path.with_name(whole))
