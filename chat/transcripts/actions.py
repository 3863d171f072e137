"""Verbs of transcripts: close a session, choose, give a link and take it back, delete."""

import datetime
from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from chat.models import Conversation, Transcript, TranscriptChoice, TranscriptLink
from chat.telling import mail
from chat.transcripts import policy
from chat.transcripts.access import THERE
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached
from meatlizard.moderation.actions import audit

LINK_TIME = datetime.timedelta(hours=24)
MOST_LINKS = 20
"""Of one transcript at once."""

Place, State, Way = Transcript.Place, Transcript.State, TranscriptLink.Way


# closing --------------------------------------------------------------------------------------------------------------


def archived(owner: User, conversations: Sequence[UUID]) -> None:
    """Within the transaction that archives them: for their member they are over."""
    if not policy.wanted(owner.pk, Place.WEB):
        return
    for talk in Conversation.objects.filter(pk__in=conversations, owner=owner.pk, removed=None).exclude(head=None):
        closed(talk, talk.pk, Place.WEB, "archived", timezone.now())


def closed_on_discord(
    owner: int, conversation: UUID, session: UUID, moment: datetime.datetime, reason: str
) -> UUID | None:
    """The transcript that there will be of this session; None where none is wanted."""
    talk = Conversation.objects.filter(pk=conversation, owner=owner).first()
    if talk is None or not policy.wanted(owner, Place.DISCORD):
        return None
    return closed(talk, session, Place.DISCORD, reason, moment)


def closed(talk: Conversation, session: UUID, place: str, reason: str, moment: datetime.datetime) -> UUID:
    """Whoever closes a session that is over already changes nothing while its transcript waits to be written: of many at once there comes
    one. Returns which."""
    with transaction.atomic():
        key = uuid4()
        row = Transcript(
            pk=key, owner_id=talk.owner_id, conversation=talk, session=session, place=place, reason=reason[:40],
            title=talk.title, begun=talk.created, closed=moment, state=State.EMPTY,
            folder=f"transcripts/{moment:%Y/%m}/{session.hex}-{key.hex[:8]}",
        )  # fmt: skip
        Transcript.objects.bulk_create([row], ignore_conflicts=True)
        mine = Transcript.objects.filter(owner=talk.owner_id, session=session)
        anew = {"state": State.WAITING, "tries": F("tries") + 1}
        told = {"closed": moment, "reason": reason[:40], "told": None, "conversation": talk}
        # Nothing was said since: it was over then, and only what was edited or hidden may have changed. One that waits to be written
        # will have all that was said before it was closed.
        over = mine.filter(closed__gte=talk.updated)
        if over.filter(state=State.READY).update(**anew) or mine.exclude(
            state=State.WAITING, closed__gte=talk.updated
        ).update(**anew, **told):
            ask_for(mine.values_list("pk", flat=True))
        return mine.values_list("pk", flat=True).get()


def changed(conversation: UUID) -> None:
    """What is shown of a conversation was changed by moderators: so is what was written down of it."""
    with transaction.atomic():
        rows = Transcript.objects.filter(conversation=conversation, state=State.READY)
        keys = list(rows.values_list("pk", flat=True))
        rows.filter(pk__in=keys).update(state=State.WAITING)
        ask_for(keys)


def ask_for(transcripts: Iterable[UUID]) -> None:
    """For jobs that write them."""
    from chat.transcripts.jobs import write_transcript

    for key in transcripts:
        write_transcript.enqueue(str(key))


# choosing -------------------------------------------------------------------------------------------------------------


def choose(user: User, *, web: bool, discord: bool, by_mail: bool, by_message: bool) -> TranscriptChoice:
    """Raises Invalid for letters where the site sends none, or has no confirmed address of this person's."""
    if by_mail and not (settings.HAS_MAIL and Way.MAIL in settings.TRANSCRIPT_LINKS):
        raise Invalid(gettext("This site sends no links by e-mail."), code="no_mail")
    if by_mail and not mail.address_of(user):
        raise Invalid(gettext("Confirm your e-mail address first."), code="no_address")
    values = {"web": web, "discord": discord, "by_mail": by_mail, "by_message": by_message}
    with transaction.atomic():
        return TranscriptChoice.objects.update_or_create(user=user, defaults=values)[0]


# links ----------------------------------------------------------------------------------------------------------------


def give_link(row: Transcript, way: str) -> TranscriptLink:
    """One more link. Raises Forbidden where the site gives none this way, Invalid before it is ready, LimitReached beyond MOST_LINKS."""
    if way not in settings.TRANSCRIPT_LINKS:
        raise Forbidden(gettext("This site gives no such links."), code="no_links")
    if row.state != State.READY:
        raise Invalid(gettext("This transcript is still being written. Try again in a moment."), code="not_ready")
    now = timezone.now()
    with transaction.atomic():
        Transcript.objects.select_for_update(of=("self",), no_key=True).filter(pk=row.pk).first()
        if row.links.filter(revoked=None, expires__gt=now).count() >= MOST_LINKS:
            raise LimitReached(
                gettext("There are {most} links to this transcript. Take some back first.").format(most=MOST_LINKS),
                code="too_many_links",
            )
        return TranscriptLink.objects.create(transcript=row, way=way, created=now, expires=now + LINK_TIME)


def link_by_message(transcript: UUID) -> TranscriptLink | None:
    """For a direct message to its member, if the site and the member want that."""
    row = Transcript.objects.filter(pk=transcript, state=State.READY).first()
    if row is None or not policy.sends(row.owner_id, Way.MESSAGE):
        return None
    return give_link(row, Way.MESSAGE)


def revoke(link: TranscriptLink) -> None:
    """From now on it opens nothing."""
    TranscriptLink.objects.filter(pk=link.pk, revoked=None).update(revoked=timezone.now())


# reading --------------------------------------------------------------------------------------------------------------


def note_reading(viewer: User, row: Transcript, part: str) -> None:
    """Whoever reads what is not theirs leaves a trace, before the first byte."""
    if row.owner_id != viewer.pk:
        audit.record(
            viewer, "read transcript", f"transcript {row.pk}", person=row.owner_id, after={"part": part}
        )  # fmt: skip


# deleting -------------------------------------------------------------------------------------------------------------


def delete(row: Transcript) -> None:
    """For good: what it says now, its files by a job."""
    take_away(Transcript.objects.filter(pk=row.pk))


def delete_for_operator(by: User, rows: "QuerySet[Transcript]") -> None:
    with transaction.atomic():
        for row in rows.filter(state__in=THERE):
            audit.record(by, "delete transcript", f"transcript {row.pk}", person=row.owner_id)
        take_away(rows)


def take_away(rows: "QuerySet[Transcript]") -> int:
    """Leaves of each the bare row. Files are deleted by a job, which is there when the rows say nothing any more. Returns how many."""
    from chat.transcripts.jobs import remove_files

    with transaction.atomic():
        folders = dict(rows.exclude(state=State.GONE).order_by().values_list("pk", "folder"))
        gone = Transcript.objects.filter(pk__in=folders)
        TranscriptLink.objects.filter(transcript__in=folders).delete()
        gone.update(state=State.GONE, title="", messages=0, parts={}, files=[], key="", tries=F("tries") + 1)
        if folders:
            remove_files.enqueue(list(folders.values()))
    return len(folders)


def forget(person: int, place: str = "") -> None:
    """Within the transaction that deletes or anonymises an account: all of theirs and what they chose, or those of one place, without a
    trace."""
    rows = Transcript.objects.filter(owner=person)
    if place:
        rows = rows.filter(place=place)
    with transaction.atomic():
        take_away(rows)
        rows.delete()
        if not place:
            TranscriptChoice.objects.filter(user=person).delete()
