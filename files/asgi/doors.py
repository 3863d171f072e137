"""Which paths are answered ahead of Django. Each part of the files opens its doors when the app is ready."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from files.asgi.asked import Asked

Answering: TypeAlias = Callable[[Asked], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Door:
    """``methods``: those it answers; others go on to Django, with what the path is there (None: all of them).

    ``foreign``: also under hosts that are not the site's, which the door then tells apart itself.
    """

    path: re.Pattern[str]
    answering: Answering
    methods: frozenset[str] | None
    foreign: bool


_doors: dict[str, Door] = {}


def open_door(path: str, answering: Answering, *, methods: frozenset[str] | None = None, foreign: bool = False) -> None:
    """``path``: a pattern of the whole path, with its slash at the beginning; its named groups become :attr:`Asked.part`."""
    _doors[path] = Door(re.compile(path), answering, methods, foreign)


def find(path: str) -> tuple[Door, dict[str, str]] | None:
    for door in _doors.values():
        if (found := door.path.fullmatch(path)) is not None:
            return door, found.groupdict(default="")
    return None
