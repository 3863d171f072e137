"""The shown branch of a conversation for a page that outlives it: texts as safe HTML, and where its files lie."""

import datetime
from dataclasses import dataclass, field
from uuid import UUID

from chat.attachments import showing
from chat.messages import branch
from chat.models import Conversation, Message, Upload
from chat.portability.export import author


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a message. ``stored``: its name in the storage; empty for a document of which only the ``text`` is kept."""

    name: str
    media_type: str
    size: int
    image: bool
    stored: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    who: str
    role: str
    created: datetime.datetime
    html: str = field(repr=False)
    files: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    title: str
    begun: datetime.datetime
    said: tuple[Said, ...]


def told(conversation: UUID, person: str) -> Told | None:
    """``person``: what its owner is called in it. None when it is gone, or nothing was said."""
    talk = Conversation.objects.filter(pk=conversation).first()
    if talk is None:
        return None
    messages = branch(talk)
    showing.read(messages)
    files = {
        row.pk: row
        for row in Upload.objects.filter(attachments__message__in=[one.pk for one in messages if one.attached][:500])
    }
    said = tuple(
        Said(
            person if one.role == Message.Role.USER else author(one), one.role, one.created, one.html,
            tuple(_kept(files[shown.id]) for shown in showing.of(one) if shown.id in files),
        )
        for one in messages
    )  # fmt: skip
    return Told(talk.title, talk.created, said) if said else None


def _kept(row: Upload) -> Kept:
    image = row.kind == Upload.Kind.IMAGE
    return Kept(
        row.name, row.media_type, row.size, image, row.file_name if row.stored else "", "" if row.stored else row.text
    )
