"""The layers of a system prompt, and how they become the one text that a model reads first.

The seam for other parts: whoever has something to add makes a :class:`Layer` under one of the names of ORDER, and hands it to
:func:`compose` together with all others; see :func:`chat.prompting.sources.sources`, where those of an answer are gathered. A ``role``
that is not the site's own (a persona's) takes the place of the site's. What changes from turn to turn belongs to the last name: engines
remember what they have read from the beginning on, and everything behind a change is read again.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal
from uuid import UUID

Place = Literal["web", "discord"]
"""Where an answer is read."""

Source = Literal[
    "shipped",
    "operator",
    "persona",
    "folder",
    "person",
    "conversation",
    "flow",
    "memory",
    "guild",
    "route",
    "collection",
    "facts",
]

ORDER = (
    "role", "protocol", "task", "format", "folder", "person", "conversation", "flow", "facts", "memory", "lore", "guild", "knowledge",
)  # fmt: skip
"""Names of layers, in the order in which they are read: what is the same for everybody first, what changes most often last."""

SITE: frozenset[Source] = frozenset({"shipped", "operator"})
"""Sources of the layers that the site itself brings."""

MAX_COMPOSED = 120_000
"""Characters of a whole system prompt. Beyond it, layers are shortened in the order of GIVES_WAY."""

_UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
"""Cannot be stored or sent. What comes from others' files may hold it, and must not keep an answer from being written."""

GIVES_WAY = ("guild", "knowledge", "lore", "memory", "facts", "flow", "folder", "person", "role", "conversation")


@dataclass(frozen=True, slots=True)
class Layer:
    """``version`` names this text among those that the same source had before. ``cut``: its end did not fit."""

    name: str
    text: str
    source: Source
    version: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Composition:
    """``digest`` names it: equal layers, equal digest."""

    layers: tuple[Layer, ...]
    text: str
    digest: UUID


def text_version(text: str) -> str:
    """The version of a text that carries no number: the beginning of its hash."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def compose(layers: Iterable[Layer]) -> Composition:
    """One system prompt of ``layers``: in the order of ORDER, of one name in the order given, empty ones left out.

    Raises ValueError for a name that ORDER does not know.
    """
    return _composed(tuple(layers))


@lru_cache(maxsize=64)
def _composed(given: tuple[Layer, ...]) -> Composition:
    if unknown := {layer.name for layer in given} - set(ORDER):
        raise ValueError(f"no place in the system prompt for {', '.join(sorted(unknown))}")
    layers = [replace(layer, text=text) for layer in given if (text := _UNREADABLE.sub("", layer.text).strip())]
    if any(layer.name == "role" and layer.source not in SITE for layer in layers):
        layers = [layer for layer in layers if layer.name != "role" or layer.source not in SITE]
    layers.sort(key=lambda layer: ORDER.index(layer.name))
    kept = tuple(_within_bounds(layers))
    return Composition(kept, "\n\n".join(layer.text for layer in kept), _digest(kept))


def _within_bounds(layers: list[Layer]) -> list[Layer]:
    too_much = sum(len(layer.text) + 2 for layer in layers) - MAX_COMPOSED
    for name in GIVES_WAY:
        for at in range(len(layers)):
            layer = layers[at]
            if too_much <= 0:
                return [layer for layer in layers if layer.text]
            if layer.name == name:
                text = layer.text[: max(0, len(layer.text) - too_much)].rstrip()
                too_much -= len(layer.text) - len(text)
                layers[at] = replace(layer, text=text, cut=True)
    return [layer for layer in layers if layer.text]


def _digest(layers: tuple[Layer, ...]) -> UUID:
    told = json.dumps([[layer.name, layer.source, layer.version, layer.cut, layer.text] for layer in layers])
    return UUID(bytes=hashlib.sha256(told.encode()).digest()[:16])


EMPTY = compose(())
"""Of a model that reads no system prompt."""
