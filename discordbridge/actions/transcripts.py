"""Verbs of transcripts: asked of the chat when a session is over, told of on Discord, gone with the member.

A row here notes that a session was dealt with. The transcript that it tells of is the chat's, under the same number; rows with
``messages`` are of former versions, whose pages lie where they were written.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.transcripts import access as kept
from chat.transcripts import actions as keeping
from chat.transcripts.letters import address_of_link
from discordbridge.access import person_of
from discordbridge.models import GuildSession, Transcript
from meatlizard.accounts.models import User
from meatlizard.moderation.actions import audit

log = logging.getLogger(__name__)

MOST_AT_ONCE = 20

WITHOUT = (GuildSession.Kind.MIRROR, GuildSession.Kind.DIRECT)
"""What these show stays in the member's own conversations; nobody else sees their places."""


def waiting(but: Collection[UUID] = ()) -> list[UUID]:
    """Sessions that are over and were not dealt with yet, the oldest first, without those in ``but``."""
    rows = GuildSession.objects.filter(
        state=GuildSession.State.CLOSED, transcript=None, conversation__isnull=False, owner__isnull=False
    )
    found = rows.exclude(kind__in=WITHOUT).exclude(reason="failed").exclude(pk__in=but).order_by("closed")
    return list(found.values_list("pk", flat=True)[:MOST_AT_ONCE])


def ask_for(session: UUID) -> None:
    """Has it written down, if its member wants that; a job does it. Asked for twice, there is one."""
    with transaction.atomic():
        row = GuildSession.objects.filter(pk=session, transcript=None).first()
        if row is None or row.owner_id is None or row.conversation_id is None:
            return
        now = timezone.now()
        key = keeping.closed_on_discord(row.owner_id, row.conversation_id, row.pk, row.closed or now, row.reason)
        made = Transcript(
            pk=key or uuid4(),
            session=row,
            owner_id=row.owner_id,
            guild=row.guild_id,
            messages=0,
            created=now,
            posted=None if key else now,
        )
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:
            # Another process of the bot was faster, or the member has left meanwhile.
            log.info("transcript.asked_for_already", extra={"session": str(session)})


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


def unposted() -> tuple[list[News], bool]:
    """Those that are ready to be told of, and whether others are still being written."""
    rows = list(
        Transcript.objects.filter(posted=None).select_related("session__guild").order_by("created")[:MOST_AT_ONCE]
    )
    there = kept.standing([row.pk for row in rows])
    # Nothing was said in them, or they were deleted before they could be told of.
    gone = [row.pk for row in rows if not row.messages and row.pk not in there]
    Transcript.objects.filter(pk__in=gone, posted=None).update(posted=timezone.now())
    news = [
        News(
            row.pk, row.session.guild.transcripts_channel if row.session and row.session.guild else None,
            row.session.member if row.session else None, row.messages or there[row.pk][1],
            row.session.reason if row.session else "",
        )
        for row in rows if row.messages or there.get(row.pk, (False, 0))[0]
    ]  # fmt: skip
    return news, len(rows) > len(news) + len(gone)


def link_for_member(transcript: UUID) -> str:
    """An address that opens it for a day; empty where its member wants none, or gets none by the site's rules."""
    link = keeping.link_by_message(transcript)
    return address_of_link(link) if link is not None else ""


def posted(transcript: UUID) -> bool:
    """Whoever gets True tells of it; it is told of once, or not at all when the bot dies just then."""
    return Transcript.objects.filter(pk=transcript, posted=None).update(posted=timezone.now()) == 1


def note_reading(viewer: User, row: Transcript) -> None:
    """Whoever reads what is not theirs leaves a trace."""
    if row.owner_id != viewer.pk:
        audit.record(viewer, "read transcript", f"transcript {row.pk}", person=row.owner_id)


def forget(person: int) -> None:
    """Within the transaction that deletes an account, or for who wants them gone: what they say now, files when it is committed. The bare
    rows stay as long as the account, or those sessions would be taken for ones that nobody has dealt with yet."""
    keeping.forget(person, "discord")
    for row in Transcript.objects.filter(owner=person, messages__gt=0):
        transaction.on_commit(partial(discard_files, row))
    Transcript.objects.filter(owner=person).update(messages=0, files=[], posted=timezone.now())


def forget_of(snowflake: int) -> None:
    """Those of whoever this is here."""
    person = person_of(snowflake)
    if person is not None:
        with transaction.atomic():
            forget(person.pk)
