"""What tools there are. A tool is a coroutine function with typed arguments and a docstring, which the model reads:

    @tool(title=_("Dice"), remembered=0)
    async def dice(call: Call, sides: Annotated[int, Field(ge=2, le=100, description="How many sides it has.")] = 6) -> Result:
        \"\"\"Throws a die.\"\"\"
        return Result(str(secrets.randbelow(sides) + 1))

    registry.register(dice)

Name, description and JSON Schema come from it when it is imported, and what the wire would refuse is refused then. Whatever goes
wrong in an expected way is raised as an AppError, whose message the model reads. :meth:`Tool.run` is how a call is made: it
checks the arguments, remembers results, and ends what takes too long. Who may have which tool is said in
:mod:`chat.tools.permissions`.
"""

import asyncio
import datetime
import inspect
import logging
import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Protocol, get_type_hints
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import ValidationError

from chat.tools import arguments, remembered
from inference_client.protocol import vocabulary
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Unavailable

log = logging.getLogger(__name__)

MOST_TEXT = 40_000
"""Code points of one result: more of it would push the conversation out of any window."""

MOST_SHOWN = 200

Place = Literal["web", "discord"]
State = Literal["off", "named", "on"]
"""Nowhere; where a persona or a route names it; everywhere that nothing narrower is said."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a tool may know of the call that it answers."""

    user: User
    conversation: UUID
    generation: UUID
    message: UUID
    place: Place


@dataclass(frozen=True, slots=True)
class Source:
    """A page, a passage or a thing that was really read. The loop numbers them over the whole answer."""

    title: str
    address: str
    read: datetime.datetime
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """``text`` is what the model reads, ``shown`` one line for people (empty: the beginning of ``text``), ``cost`` tokens of the
    week's budget beside those of the answer.
    """

    text: str
    sources: tuple[Source, ...] = ()
    shown: str = ""
    cost: int = 0

    @property
    def line(self) -> str:
        """For people."""
        words = " ".join((self.shown or self.text[: MOST_SHOWN * 4]).split())
        return words if len(words) <= MOST_SHOWN else words[: MOST_SHOWN - 1] + "…"


class Refused(Unavailable):
    """By somebody outside, some of whose own words are in the message: a model reads them as it reads any stranger's."""


def always() -> bool:
    return True


class Answer(Protocol):
    """What is behind a tool: its arguments were checked."""

    def __call__(self, call: Call, /, **arguments: Any) -> Awaitable[Result]: ...


@dataclass(frozen=True)
class Tool:
    """``effects``: it changes something, somewhere. ``foreign``: what it gives back was written by strangers. ``approval``: the
    person is asked first, unless operators say otherwise. ``seconds`` it may take; ``remembered`` seconds for which the same
    call in one conversation is answered with the same result. ``origin``: where it comes from; empty: from this program.
    ``ready``: whether it can do anything now; asked without a query.
    """

    name: str
    description: str
    parameters: str
    answer: Answer
    read: Callable[[str], Mapping[str, Any]]
    title: Any = ""
    effects: bool = False
    foreign: bool = False
    approval: bool = False
    seconds: float = 10
    remembered: float = 0
    state: State = "on"
    origin: str = ""
    ready: Callable[[], bool] = always

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.title) or self.name.replace("_", " ").strip().capitalize()

    @cached_property
    def wire(self) -> vocabulary.Tool:
        """As a node is told of it. Raises ValueError for what the wire refuses."""
        try:
            return vocabulary.Tool(name=self.name, description=self.description, parameters=self.parameters)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise ValueError(f"tool {self.name[:64]!r}: {first['loc'][0]}: {first['msg']}") from None

    async def run(self, call: Call, given: str) -> Result:
        """What the tool says to ``given``, the JSON text of the model's arguments. Raises AppError, the message of which is for
        the model; never anything else.
        """
        values = self.read(given)
        lasting = 0 if self.effects else self.remembered
        if lasting and (found := await remembered.get(call.conversation, self.name, values)):
            return _restored(found)
        try:
            async with asyncio.timeout(self.seconds):
                result = await self.answer(call, **values)
        except AppError:
            raise
        except TimeoutError:
            raise Unavailable(_("The tool did not answer in time."), code="tool_too_slow") from None
        except Exception:
            log.exception("tools.broke", extra={"tool": self.name})
            raise Unavailable(_("The tool broke. It cannot be used now."), code="tool_broke") from None
        result = bounded(result)
        if lasting:
            await remembered.put(call.conversation, self.name, values, _stored(result), lasting)
        return result


def tool(
    *,
    title: Any = "",
    effects: bool = False,
    foreign: bool = False,
    approval: bool = False,
    seconds: float = 10,
    remembered: float = 0,
    state: State = "on",
    ready: Callable[[], bool] = always,
) -> Callable[[Callable[..., Awaitable[Result]]], Tool]:
    """Makes a :class:`Tool` of a coroutine function. Raises ValueError where it cannot be one. ``title``: for people,
    translated lazily. ``state``: as long as operators have not chosen.
    """

    def make(function: Callable[..., Awaitable[Result]]) -> Tool:
        name = function.__name__
        description = inspect.cleandoc(function.__doc__ or "")
        if not description:
            raise ValueError(f"tool {name!r} has no docstring: the model would not know what it is for")
        if not inspect.iscoroutinefunction(function):
            raise ValueError(f"tool {name!r} is no coroutine function")
        if effects and remembered:
            raise ValueError(f"tool {name!r} has effects: its results cannot be remembered")
        form = arguments.form(function, get_type_hints(function, include_extras=True))
        made = Tool(
            name, description, arguments.schema(form), function, arguments.reader(form), title, effects, foreign,
            approval, seconds, remembered, state, "", ready,
        )  # fmt: skip
        made.wire  # noqa: B018  (refuses)
        return made

    return make


_lock = threading.Lock()
_tools: dict[str, Tool] = {}
_shelves: list[Callable[[], Mapping[str, Tool]]] = []


def register(new: Tool, *, origin: str = "") -> Tool:
    """Adds a tool. Raises ValueError when another one has its name, or when the wire would refuse it."""
    global _tools
    new = replace(new, origin=origin) if origin else new
    new.wire  # noqa: B018  (refuses)
    with _lock:
        there = _tools.get(new.name, new)
        if there.answer is not new.answer:
            raise ValueError(f"there are two tools named {new.name}")
        # Never changed in place: readers go through it without the lock.
        _tools = _tools | {new.name: new}
    return new


def forget(name: str) -> None:
    """For tests."""
    global _tools
    with _lock:
        _tools = {key: value for key, value in _tools.items() if key != name}


def shelf(tools: Callable[[], Mapping[str, Tool]]) -> None:
    """Adds tools that come and go. ``tools`` is asked each time, and must not ask the database."""
    if tools not in _shelves:
        _shelves.append(tools)


def get(name: str) -> Tool | None:
    if (found := _tools.get(name)) is not None:
        return found
    return next((tools[name] for each in _shelves if name in (tools := each())), None)


def all() -> tuple[Tool, ...]:
    """By name. Our own come before a stranger's of the same name."""
    found: dict[str, Tool] = {}
    for each in _shelves:
        found.update(each())
    found.update(_tools)
    return tuple(found[name] for name in sorted(found))


# Halves of pairs and NUL can be sent or stored nowhere.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def bounded(result: Result) -> Result:
    """As it can be stored and read."""
    text = storable(result.text)
    if len(text) > MOST_TEXT:
        text = text[:MOST_TEXT] + f"\n[cut here: {len(text):,} characters, of which {MOST_TEXT:,} are shown]"
    return replace(result, text=text, shown=_UNSTORABLE.sub("", result.shown))


def _stored(result: Result) -> dict[str, Any]:
    sources = [(one.title, one.address, one.read.isoformat(), one.excerpt) for one in result.sources]
    return {"text": result.text, "sources": sources, "shown": result.shown}


def _restored(found: dict[str, Any]) -> Result:
    """A result that was remembered costs nothing a second time."""
    sources = tuple(
        Source(title, address, datetime.datetime.fromisoformat(read), excerpt)
        for title, address, read, excerpt in found["sources"]
    )
    return Result(found["text"], sources, found["shown"])
