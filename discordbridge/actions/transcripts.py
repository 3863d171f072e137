"""Verbs of transcripts: written when a session is over, read by its member and by administrators, gone with the member."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from chat.portability.transcripts import Kept, told
from discordbridge.access import person_of
from discordbridge.models import GuildSession, Transcript
from meatlizard.accounts.models import User
from meatlizard.moderation.actions import audit

log = logging.getLogger(__name__)

MOST_AT_ONCE = 20
MOST_SENT = 8_000_000
"""Bytes of a file in a direct message."""

WITHOUT = (GuildSession.Kind.MIRROR, GuildSession.Kind.DIRECT)
"""What these show stays in the member's own conversations; nobody else sees their places."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that is needed to put one into the storage without asking the database."""

    row: Transcript
    page: str = field(repr=False)
    files: tuple[Kept, ...] = ()


def waiting(but: Collection[UUID] = ()) -> list[UUID]:
    """Sessions that are over and have none yet, the oldest first, without those in ``but``."""
    rows = GuildSession.objects.filter(
        state=GuildSession.State.CLOSED, transcript=None, conversation__isnull=False, owner__isnull=False
    )
    found = rows.exclude(kind__in=WITHOUT).exclude(reason="failed").exclude(pk__in=but).order_by("closed")
    return list(found.values_list("pk", flat=True)[:MOST_AT_ONCE])


def draft(session: UUID) -> Draft | None:
    """None when there is nothing to write, and then it waits no more."""
    row = GuildSession.objects.select_related("owner", "guild").filter(pk=session, transcript=None).first()
    if row is None or row.owner is None or row.conversation_id is None:
        return None
    found = told(row.conversation_id, row.owner.first_name or row.owner.username)
    if found is None:
        _nothing_said(row, row.owner)
        return None
    files = tuple(one for said in found.said for one in said.files)
    made = Transcript(
        pk=uuid4(), session=row, owner=row.owner, guild=row.guild_id, messages=len(found.said), created=timezone.now(),
        files=[{"name": one.name, "type": one.media_type, "size": one.size, "image": one.image} for one in files],
    )  # fmt: skip
    entries, number = [], 0
    for said in found.said:
        links = []
        for one in said.files:
            links.append(
                {
                    "name": one.name,
                    "image": one.image,
                    "url": reverse("discord:transcript-file", args=[made.pk, number]),
                }
            )
            number += 1
        entries.append({"said": said, "files": links})
    page = render_to_string(
        "discord/transcript.html",
        {"title": found.title, "begun": found.begun, "closed": row.closed, "guild": row.guild, "entries": entries},
    )
    return Draft(made, page, files)


def _nothing_said(session: GuildSession, owner: User) -> None:
    """A row without a page: the session is looked at no more."""
    now = timezone.now()
    Transcript.objects.get_or_create(
        session=session,
        defaults={
            "owner": owner,
            "guild": session.guild_id,
            "messages": 0,
            "created": now,
            "posted": now,
        },
    )


def store(written: Draft) -> None:
    """Into the storage; of the database nothing."""
    default_storage.save(written.row.page_name, ContentFile(written.page.encode()))
    for number, one in enumerate(written.files):
        name = written.row.file_name(number)
        if not one.stored:
            default_storage.save(name, ContentFile(one.text.encode()))
            continue
        try:
            with default_storage.open(one.stored) as file:
                default_storage.save(name, file)
        except FileNotFoundError:
            log.warning("transcript.file_gone", extra={"transcript": str(written.row.pk), "file": number})


def keep(written: Draft) -> bool:
    """From now on it is there. False when another process was faster, or the member has left meanwhile: its files go again."""
    try:
        with transaction.atomic():
            written.row.save(force_insert=True)
    except IntegrityError:
        discard_files(written.row)
        return False
    return True


def discard_files(row: Transcript) -> None:
    for name in (row.page_name, *(row.file_name(number) for number in range(len(row.files)))):
        default_storage.delete(name)


@dataclass(frozen=True, slots=True)
class News:
    """What Discord is told of one: never what was said."""

    transcript: UUID
    channel: int | None
    member: int | None
    messages: int
    reason: str
    page: str
    signs_in: bool


def unposted() -> list[News]:
    rows = (
        Transcript.objects.filter(posted=None)
        .select_related("session__guild", "owner")
        .order_by("created")[:MOST_AT_ONCE]
    )
    return [
        News(
            row.pk, row.session.guild.transcripts_channel if row.session and row.session.guild else None,
            row.session.member if row.session else None, row.messages, row.session.reason if row.session else "",
            row.page_name, row.owner.has_usable_password() or row.owner.email != "",
        )
        for row in rows
    ]  # fmt: skip


def page(name: str) -> bytes | None:
    """From the storage, and not from the database. None when it is gone, or larger than Discord takes."""
    try:
        with default_storage.open(name) as file:
            found: bytes = file.read(MOST_SENT + 1)
    except FileNotFoundError:
        return None
    return found if len(found) <= MOST_SENT else None


def posted(transcript: UUID) -> bool:
    """Whoever gets True tells of it; it is told of once, or not at all when the bot dies just then."""
    return Transcript.objects.filter(pk=transcript, posted=None).update(posted=timezone.now()) == 1


def note_reading(viewer: User, row: Transcript) -> None:
    """Whoever reads what is not theirs leaves a trace."""
    if row.owner_id != viewer.pk:
        audit.record(viewer, "read transcript", f"transcript {row.pk}", person=row.owner_id)


def forget(person: int) -> None:
    """Within the transaction that deletes an account, or for who wants them gone: rows now, files when it is committed."""
    rows = list(Transcript.objects.filter(owner=person))
    Transcript.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        transaction.on_commit(partial(discard_files, row))


def forget_of(snowflake: int) -> None:
    """Those of whoever this is here."""
    person = person_of(snowflake)
    if person is not None:
        with transaction.atomic():
            forget(person.pk)
