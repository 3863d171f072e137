"""A transcript as JSON; its schema is published as ``docs/transcript.schema.json``."""

import datetime
import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chat.transcripts.reading import Attached, Said, Session

SCHEMA_ADDRESS = "https://json-schema.org/draft/2020-12/schema"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AttachmentPart(_Part):
    """``number`` is the file's among all of the transcript; ``kept``: whether a copy lies beside it."""

    number: Annotated[int, Field(ge=0)]
    name: str
    media_type: str
    size: Annotated[int, Field(ge=0)]
    image: bool
    kept: bool


class SourcePart(_Part):
    """What ``[number]`` in the text of an answer means; ``address`` is empty for what has none out in the web."""

    number: Annotated[int, Field(ge=1)]
    title: str
    address: str


class MessagePart(_Part):
    """``text`` is Markdown; empty where nothing was answered, or moderation withholds it."""

    number: Annotated[int, Field(ge=1)]
    id: UUID
    role: Literal["user", "assistant"]
    source: Literal["person", "model", "markov", "persona", "flow", "staff"]
    author: str
    model: str
    at: datetime.datetime
    edited: datetime.datetime | None
    withheld: bool
    text: str
    attachments: list[AttachmentPart]
    sources: list[SourcePart]


class SessionPart(_Part):
    """``begun`` is when the conversation was, ``closed`` when the session was over, ``reason`` why."""

    id: UUID
    transcript: UUID
    place: Literal["web", "discord"]
    title: str
    member: str
    begun: datetime.datetime
    closed: datetime.datetime
    reason: str


class TranscriptDocument(_Part):
    """A session that is over, as its member saw it."""

    format: Literal["meatlizard.transcript"]
    version: Literal[1]
    session: SessionPart
    messages: list[MessagePart]


def document(session: Session, kept: frozenset[int]) -> TranscriptDocument:
    """``kept``: numbers of files of which there is a copy."""
    row = session.row
    # Built without a second look: what is stored was checked when it came.
    part: Any = SessionPart.model_construct
    about = part(
        id=row.session, transcript=row.pk, place=row.place, title=session.title, member=session.person,
        begun=row.begun.astimezone(datetime.UTC), closed=row.closed.astimezone(datetime.UTC), reason=row.reason,
    )  # fmt: skip
    messages = [_message(number, one, kept) for number, one in enumerate(session.said, 1)]
    return TranscriptDocument.model_construct(
        format="meatlizard.transcript", version=1, session=about, messages=messages
    )


def _message(number: int, said: Said, kept: frozenset[int]) -> MessagePart:
    part: Any = MessagePart.model_construct
    found: MessagePart = part(
        number=number, id=said.id, role=said.role, source=said.source, author=said.author, model=said.model,
        at=said.at.astimezone(datetime.UTC), edited=said.edited and said.edited.astimezone(datetime.UTC),
        withheld=said.withheld, text=said.content, attachments=[_attachment(one, kept) for one in said.files],
        sources=[SourcePart.model_construct(number=one.number, title=one.title, address=one.address if one.host else "") for one in said.sources],
    )  # fmt: skip
    return found


def _attachment(one: Attached, kept: frozenset[int]) -> AttachmentPart:
    return AttachmentPart.model_construct(
        number=one.number, name=one.name, media_type=one.media_type, size=one.size, image=one.image,
        kept=one.number in kept,
    )  # fmt: skip


def schema() -> str:
    """As it is published."""
    found = {"$schema": SCHEMA_ADDRESS, **TranscriptDocument.model_json_schema()}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
