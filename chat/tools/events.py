"""Calls of tools, and what was read by them, as pages are told."""

from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from chat.schema import Schema

CallState = Literal["asked", "waiting", "approved", "running", "done", "failed", "declined", "cancelled"]


class ToolCallOut(Schema):
    """One call of an answer, the ``number``-th from 0. ``label`` is what people call the tool, ``said`` how the call stands, in words;
    ``shown`` is one line of its result, the whole of which is asked for; ``problem`` says why it failed. ``seconds`` it took, ``cost`` in tokens; ``until``: when the time to approve it
    is over, and ``asks`` why it has to be approved, where the tool does not always ask.
    """

    id: UUID
    number: int
    name: str
    label: str
    arguments: str
    state: CallState
    said: str = ""
    shown: str = ""
    problem: str = ""
    seconds: float | None = None
    cost: int = 0
    until: datetime | None = None
    asks: str = ""


class SourceOut(Schema):
    """What the answer means by ``[number]``. ``address`` is http(s) or a path of this site; empty: nothing to open."""

    number: int
    title: str
    address: str
    read: datetime
    excerpt: str = ""

    @property
    def host(self) -> str:
        """Of a page of the web; empty: it is of this site."""
        return urlsplit(self.address).hostname or ""


class ToolCalled(Schema):
    """Calls of a running answer, by ``generation``, were made, or one went on; ``sources``: what was read by it."""

    type: Literal["tool.called"] = "tool.called"
    conversation: UUID
    message: UUID
    generation: UUID | None
    calls: tuple[ToolCallOut, ...]
    sources: tuple[SourceOut, ...] = ()


ToTools = ToolCalled
