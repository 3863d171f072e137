"""What apps have that can be searched by meaning: each kind of thing registers itself when its app starts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Text:
    """As it is to be found: ``owner`` is whoever alone may find it, ``scope`` what of the owner's it belongs to (a channel, a conversation)."""

    owner: str
    scope: str
    text: str = field(repr=False)


class Source(Protocol):
    """Synchronous. Keys are the app's own, at most 64 characters."""

    @property
    def label(self) -> str | Promise: ...

    def read(self, keys: Collection[str]) -> Mapping[str, Text]:
        """Those that are there still and have something to be found by."""

    def keys(self, after: str, most: int) -> Sequence[str]:
        """Of all that can be found the next ones behind ``after`` ("": from the beginning), in an order that stays the same."""

    def count(self) -> int:
        """About how many there are in all, for the progress bar."""


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """To be called in an app's ``ready``; ``name`` as in ``discord.messages``."""
    _sources[name] = source


def sources() -> Mapping[str, Source]:
    return dict(_sources)


def source(name: str) -> Source:
    return _sources[name]
