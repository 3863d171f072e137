"""What a session says when it is over: exactly what its member sees, of the branch that is shown. Reads, and writes nothing."""

import datetime
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext

from chat.attachments import showing
from chat.messages import branch
from chat.models import Conversation, Generation, Message, Transcript, Upload
from chat.moderating.texts import WITHHELD
from chat.portability.form import writable
from chat.tools import citing
from chat.tools import shown as using
from chat.tools.events import SourceOut
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import ENDED

PIECE = 500


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a message. ``stored``: its name in the storage; empty for a document of which only the ``text`` is kept."""

    number: int
    name: str
    media_type: str
    size: int
    image: bool
    stored: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """``html`` is safe. ``withheld``: moderation shows it to nobody, and so its text is not here either."""

    id: UUID
    role: str
    source: str
    author: str
    model: str
    at: datetime.datetime
    edited: datetime.datetime | None
    content: str = field(repr=False)
    html: str = field(repr=False)
    withheld: bool = False
    files: tuple[Attached, ...] = ()
    sources: tuple[SourceOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """All that the forms are made of: the same session gives the same bytes."""

    row: Transcript
    title: str
    person: str
    said: tuple[Said, ...] = ()

    @property
    def files(self) -> tuple[Attached, ...]:
        return tuple(one for said in self.said for one in said.files)


def under_way(row: Transcript) -> bool:
    """Whether an answer is still being written, or waits to be."""
    return Generation.objects.filter(conversation=row.conversation_id).exclude(state__in=ENDED).exists()


def session_of(row: Transcript) -> Session | None:
    """Down to the moment when it was closed. None where nothing was said, or the conversation is gone; in the trash or given away it is
    gone too, unless it was written down before and has to be written anew."""
    if row.conversation_id is None:
        return None
    talks = Conversation.objects.filter(pk=row.conversation_id)
    talk = (talks if row.edition else talks.filter(owner=row.owner_id, removed=None)).first()
    if talk is None:
        return None
    messages = [one for one in branch(talk) if one.content or one.attached or one.role == Message.Role.ASSISTANT]
    if talk.updated > row.closed:
        # What was said since belongs to the session that is open now.
        messages = [one for one in messages if one.created <= row.closed]
    if not any(one.role == Message.Role.USER or one.content for one in messages):
        return None
    showing.read(messages)
    person = name_of(row.owner)
    files, sources, withheld = _files(messages), using.of(messages), _withheld(messages)
    said = [
        Said(
            one.pk, one.role, one.source, person if one.role == Message.Role.USER else _author(one), _line(one.model),
            one.created, one.edited, writable(one.content), citing.outside(one.html), one.pk in withheld,
            tuple(files.get(one.pk, ())), sources.get(one.pk, using.NOTHING).sources,
        )
        for one in messages
    ]  # fmt: skip
    return Session(row, _line(talk.title), person, tuple(said))


def name_of(user: User) -> str:
    return _line(user.first_name) or user.get_username()


def _author(message: Message) -> str:
    if message.source == Message.Source.MARKOV:
        return gettext("Markov generator")
    return _line(message.speaker or message.model) or gettext("Answer")


def _line(text: str) -> str:
    return " ".join(str(writable(text)).split())


def _withheld(messages: list[Message]) -> set[UUID]:
    silent = [one.pk for one in messages if not one.content and one.role == Message.Role.ASSISTANT]
    found: set[UUID] = set()
    for at in range(0, len(silent), PIECE):
        rows = Generation.objects.filter(message__in=silent[at : at + PIECE], reason=WITHHELD).order_by()
        found.update(key for key in rows.values_list("message", flat=True) if key is not None)
    return found


def _files(messages: list[Message]) -> dict[UUID, list[Attached]]:
    wanted = [shown.id for one in messages for shown in showing.of(one)]
    rows: dict[UUID, Upload] = {}
    for at in range(0, len(wanted), PIECE):
        rows |= Upload.objects.in_bulk(wanted[at : at + PIECE])
    found: dict[UUID, list[Attached]] = {}
    number = 0
    for one in messages:
        for shown in showing.of(one):
            if (row := rows.get(shown.id)) is not None:
                found.setdefault(one.pk, []).append(_attached(number, row))
                number += 1
    return found


def _attached(number: int, row: Upload) -> Attached:
    return Attached(
        number, _line(row.name), row.media_type, row.size, row.kind == Upload.Kind.IMAGE,
        row.file_name if row.stored else "", "" if row.stored else row.text,
    )  # fmt: skip
