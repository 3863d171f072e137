"""The parts that are looked at: registered by name, each with what it may take."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from django.utils.functional import Promise

State = Literal["good", "warning", "down", "off"]
"""``off``: there is none, by choice, and nothing is wrong with that."""

Title: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Found:
    """``words``: what was found, for operators; they may tell numbers of the site, so strangers do not get them."""

    state: State
    words: str = ""


Look: TypeAlias = Callable[[], Found] | Callable[[], Awaitable[Found]]


@dataclass(frozen=True, slots=True)
class Component:
    """``look``: a function, called in a thread of its own, or a coroutine function for what belongs to the event loop.
    ``seconds``: how long it may take. ``fresh``: for so many seconds what was found is told again. ``needed``: without it this process can serve nobody.
    """

    name: str
    title: Title
    look: Look
    seconds: float
    fresh: float
    needed: bool


_components: dict[str, Component] = {}

SECONDS: Final = 2.0
FRESH: Final = 2.0


def component(
    name: str, title: Title, look: Look, *, seconds: float = SECONDS, fresh: float = FRESH, needed: bool = False
) -> None:
    """Registers a part. A second one of the same name takes the place of the first."""
    _components[name] = Component(name, title, look, seconds, fresh, needed)


def all_components() -> tuple[Component, ...]:
    return tuple(_components.values())
