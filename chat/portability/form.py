"""The form in which conversations leave and enter the site: one JSON document each, with a version.

Archives of other programs are read into the same form, so that there is one way to write them into the database.
"""

import datetime
import re
from typing import Annotated, Any, Literal

from django.utils.translation import gettext
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from chat.context.limits import MAX_PINNED
from chat.wording import MAX_SYSTEM_PROMPT
from meatlizard.errors import Invalid
from meatlizard.languages import number

FORMAT = "meatlizard.conversation"
VERSION = 1

MAX_MESSAGES = 20_000
MAX_DEPTH = 10_000
MAX_TEXT = 1_000_000
"""Code points of one message."""

MAX_FILE = 20_000_000
"""Characters of base64 of one image."""

_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL takes no zero, and half a surrogate pair can be written nowhere."""


_RARE = frozenset({"artifacts", "attachments", "calls", "pinned", "rating", "sources", "summary"})


def writable(text: Any) -> Any:
    return _UNWRITABLE.sub("", text) if isinstance(text, str) else text


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    try:
        return moment.astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError("this moment lies beyond the calendar") from None


Text = Annotated[str, BeforeValidator(writable)]
Key = Annotated[str, BeforeValidator(writable), Field(min_length=1, max_length=200)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opinion(_Part):
    """What its owner thought of an answer."""

    value: Literal["up", "down"]
    reason: Literal[
        "", "correct", "clear", "creative", "thorough", "wrong", "missed", "lazy", "style", "refused", "unsafe", "other"
    ] = ""
    comment: Annotated[Text, Field(max_length=1_000)] = ""
    created: Moment
    updated: Moment


class File(_Part):
    """A file that a message has: of a document its text, of an image its bytes in base64 (``data``; none where they were too many to be
    carried)."""

    name: Annotated[Text, Field(min_length=1, max_length=200)]
    kind: Literal["image", "document"]
    media_type: Annotated[Text, Field(max_length=100)] = ""
    size: Annotated[int, Field(ge=0, le=2**53)] = 0
    text: Annotated[Text, Field(max_length=MAX_TEXT)] = ""
    cut: Annotated[Text, Field(max_length=300)] = ""
    source: Annotated[Text, Field(max_length=2000)] = ""
    data: Annotated[str, Field(max_length=MAX_FILE)] | None = None


class Summary(_Part):
    """What models read in the place of the messages from the first down to the one that has it."""

    text: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]
    by_hand: bool = False
    model: Annotated[Text, Field(max_length=100)] = ""
    created: Moment
    edited: Moment | None = None


class ArtifactPart(_Part):
    """A version of a file that came with a message; of those of one name, ``number`` tells the order."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    kind: Annotated[Text, Field(max_length=20)] = "text"
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    origin: Literal["answer", "person", "restored", "tool"] = "answer"
    sha256: Annotated[Text, Field(max_length=64)] = ""
    created: Moment
    text: Annotated[Text, Field(max_length=MAX_TEXT)]


class CallPart(_Part):
    """A call of a tool that was made for an answer. ``at``: behind how many characters of it; ``foreign``: strangers wrote the result."""

    number: Annotated[int, Field(ge=0, le=9_999)]
    step: Annotated[int, Field(ge=0, le=9_999)] = 0
    at: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    call: Annotated[Text, Field(max_length=64)] = ""
    name: Annotated[Text, Field(max_length=64)]
    arguments: Annotated[Text, Field(max_length=100_000)] = ""
    state: Literal["done", "failed", "declined", "cancelled"] = "done"
    result: Annotated[Text, Field(max_length=MAX_TEXT)] = ""
    shown: Annotated[Text, Field(max_length=300)] = ""
    foreign: bool = False
    error: Annotated[Text, Field(max_length=40)] = ""
    cost: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    created: Moment
    started: Moment | None = None
    ended: Moment | None = None


class SourcePart(_Part):
    """What the text of an answer means by ``[number]``."""

    number: Annotated[int, Field(ge=1, le=9_999)]
    title: Annotated[Text, Field(max_length=300)]
    address: Annotated[Text, Field(max_length=2_000)] = ""
    excerpt: Annotated[Text, Field(max_length=10_000)] = ""
    read: Moment


class Turn(_Part):
    """A message. ``parent``: the id of what it answers; none at the beginning."""

    id: Key
    parent: Key | None
    role: Literal["user", "assistant"]
    source: Literal["person", "model", "markov", "persona", "flow", "staff"]
    content: Annotated[Text, Field(max_length=MAX_TEXT)]
    thinking: Annotated[Text, Field(max_length=MAX_TEXT)] = ""
    model: Annotated[Text, Field(max_length=100)] = ""
    speaker: Annotated[Text, Field(max_length=100)] = ""
    tokens: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    created: Moment
    edited: Moment | None = None
    pinned: bool = False
    rating: Opinion | None = None
    summary: Summary | None = None
    attachments: Annotated[list[File], Field(max_length=100)] = []
    artifacts: Annotated[list[ArtifactPart], Field(max_length=500)] = []
    calls: Annotated[list[CallPart], Field(max_length=1_000)] = []
    sources: Annotated[list[SourcePart], Field(max_length=1_000)] = []

    @model_serializer(mode="wrap")
    def _lean(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Most messages have none, and there are thousands."""
        found: dict[str, Any] = whole(self)
        return {key: value for key, value in found.items() if value or key not in _RARE}


class Shelf(_Part):
    """A folder, with what models read before the conversations in it."""

    name: Annotated[Text, Field(min_length=1, max_length=80)]
    system_prompt: Annotated[Text, Field(max_length=MAX_SYSTEM_PROMPT)] = ""


class Talk(_Part):
    """A conversation: the whole tree, versions from the oldest to the newest. ``head``: the end of the branch that is shown;
    ``folders``: those it lies in, the outermost first.
    """

    id: Key
    title: Annotated[Text, Field(max_length=200)] = ""
    title_by_owner: bool = False
    model: Annotated[Text, Field(max_length=100)] = ""
    system_prompt: Annotated[Text, Field(max_length=MAX_SYSTEM_PROMPT)] = ""
    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
    thinking: Literal["", "off", "on", "low", "medium", "high"] = ""
    pinned: bool = False
    archived: bool = False
    tags: Annotated[list[Text], Field(max_length=20)] = []
    folders: Annotated[list[Shelf], Field(max_length=10)] = []
    head: Key | None = None
    created: Moment
    updated: Moment
    messages: list[Turn]


class Document(_Part):
    """What one file holds."""

    format: Literal["meatlizard.conversation"] = "meatlizard.conversation"
    version: Literal[1] = 1
    exported: Moment
    conversation: Talk


def read(found: dict[str, Any]) -> Talk:
    """A conversation of this site or of another of its kind. Raises Invalid, in words."""
    version = found.get("version")
    if isinstance(version, int) and version > VERSION:
        raise Invalid(
            gettext("It was written by a newer site (version {version} of the format; this one reads {known}).").format(
                version=version, known=VERSION
            )
        )
    try:
        return checked(Document.model_validate(found).conversation)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            gettext("It is not as it should be: {place}: {fault}.").format(place=place, fault=first["msg"])[:300]
        ) from None


def checked(talk: Talk) -> Talk:
    """``talk`` with every message behind its parent. Raises Invalid for what is no tree, or too large a one."""
    if not talk.messages:
        raise Invalid(gettext("It has no messages."))
    if len(talk.messages) > MAX_MESSAGES:
        raise Invalid(
            gettext("It has {count} messages; {most} are taken at most.").format(
                count=number(len(talk.messages)), most=number(MAX_MESSAGES)
            )
        )
    below: dict[str | None, list[Turn]] = {}
    for turn in talk.messages:
        below.setdefault(turn.parent, []).append(turn)
    keys = {turn.id for turn in talk.messages}
    if len(keys) < len(talk.messages):
        raise Invalid(gettext("Two of its messages have the same id."))
    if any(parent is not None and parent not in keys for parent in below):
        raise Invalid(gettext("A message in it answers one that is not there."))
    if sum(turn.pinned for turn in talk.messages) > MAX_PINNED:
        raise Invalid(gettext("It has more than {most} pinned messages.").format(most=number(MAX_PINNED)))
    ordered: list[Turn] = []
    level, depth = below.get(None, []), 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Invalid(gettext("It is more than {most} messages deep.").format(most=number(MAX_DEPTH)))
        ordered += level
        level = [turn for above in level for turn in below.get(above.id, [])]
    if len(ordered) < len(talk.messages):
        raise Invalid(gettext("Messages in it answer one another in a circle."))
    if talk.head is not None and talk.head not in keys:
        raise Invalid(gettext("The message at its end is not there."))
    return talk.model_copy(update={"messages": ordered})
