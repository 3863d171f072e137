"""What is done every hour: sessions that lie idle are closed, what is late is asked for again, what has had its time goes."""

import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chat.models import Conversation, Transcript, TranscriptLink
from chat.transcripts import actions, policy
from meatlizard.accounts.models import Tier

AT_ONCE = 200
LATE = datetime.timedelta(hours=1)
CATCH_UP = datetime.timedelta(days=7)
"""What became idle longer ago is not closed any more: nobody who chooses transcripts today asks for those of years."""

LINKS_KEPT = datetime.timedelta(days=30)

State = Transcript.State


def tend(now: datetime.datetime | None = None) -> bool:
    """Whether there is more to do at once."""
    now = now or timezone.now()
    ask_again(now)
    gone = expire(now)
    return close_idle(now) >= AT_ONCE or gone >= AT_ONCE


def close_idle(now: datetime.datetime) -> int:
    """Closes conversations of the web in which nothing was said for the days of the setting, as of the moment when those were over."""
    idle = datetime.timedelta(days=settings.TRANSCRIPT_IDLE_DAYS)
    if not idle or settings.TRANSCRIPTS == "off":
        return 0
    rows = Conversation.objects.filter(
        removed=None, place="web", head__isnull=False, updated__lte=now - idle, updated__gt=now - idle - CATCH_UP
    )
    members = policy.members_of_the_web()
    if members is not None:
        rows = rows.filter(owner__in=members)
    written = Transcript.objects.filter(conversation=OuterRef("pk"), closed__gte=OuterRef("updated"))
    found = list(rows.exclude(Exists(written)).order_by("updated", "pk")[:AT_ONCE])
    for talk in found:
        actions.closed(talk, talk.pk, Transcript.Place.WEB, "idle", talk.updated + idle)
    return len(found)


def ask_again(now: datetime.datetime) -> int:
    """For those whose job has failed for good, or was lost."""
    late = Transcript.objects.filter(state=State.WAITING, closed__lt=now - LATE).order_by("closed")
    keys = list(late.values_list("pk", flat=True)[:AT_ONCE])
    actions.ask_for(keys)
    return len(keys)


def expire(now: datetime.datetime) -> int:
    """Deletes what was kept for the days of its member's tier. Returns how many."""
    gone = 0
    for tier in Tier.objects.exclude(transcript_days=0):
        old = Transcript.objects.filter(
            owner__tier=tier, closed__lt=now - datetime.timedelta(days=tier.transcript_days)
        )
        gone += actions.take_away(old.filter(pk__in=_some(old.exclude(state=State.GONE))))
    TranscriptLink.objects.filter(expires__lt=now - LINKS_KEPT).delete()
    # While its conversation may still become idle, the bare row says that it was dealt with.
    idle = datetime.timedelta(days=settings.TRANSCRIPT_IDLE_DAYS)
    Transcript.objects.filter(state=State.GONE, closed__lt=now - idle - CATCH_UP - LATE).delete()
    return gone


def _some(rows: "QuerySet[Transcript]") -> list[UUID]:
    return list(rows.order_by("closed").values_list("pk", flat=True)[:AT_ONCE])
