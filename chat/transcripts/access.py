"""The doors to transcripts: one's own, others' for who has the right to read them, and by a link."""

from collections.abc import Iterable
from uuid import UUID

from django.core import signing
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from chat.models import Transcript, TranscriptLink
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound

READS_OTHERS = "chat.read_transcript"
SALT = "chat.transcripts.link"


THERE = (Transcript.State.WAITING, Transcript.State.READY)


def transcripts_of(viewer: User) -> "QuerySet[Transcript]":
    """The newest first."""
    return Transcript.objects.filter(owner=viewer.pk, state__in=THERE)


def access_transcript(viewer: User, transcript: UUID) -> Transcript:
    """One's own."""
    row = Transcript.objects.filter(pk=transcript, owner=viewer.pk, state__in=THERE).first()
    if row is None:
        raise _no_transcript()
    return row


def access_to_read(viewer: User, transcript: UUID) -> Transcript:
    """One's own, or anybody's for who may read those of others, which leaves a trace."""
    row = Transcript.objects.filter(pk=transcript, state__in=THERE).first()
    if row is None or not (row.owner_id == viewer.pk or reads_others(viewer)):
        raise _no_transcript()
    return row


def reads_others(viewer: User) -> bool:
    return viewer.is_active and viewer.is_staff and viewer.has_perm(READS_OTHERS)


def links_of(row: Transcript) -> "QuerySet[TranscriptLink]":
    """Those that work now."""
    return row.links.filter(revoked=None, expires__gt=timezone.now())


def access_link(viewer: User, link: UUID) -> TranscriptLink:
    """One's own."""
    row = TranscriptLink.objects.select_related("transcript").filter(pk=link, transcript__owner=viewer.pk).first()
    if row is None:
        raise NotFound(gettext("This link does not exist, or is not yours."))
    return row


def signed(link: TranscriptLink) -> str:
    """What stands in the address."""
    return signing.dumps(link.pk.hex, salt=SALT)


def by_link(viewer: User | None, text: str) -> TranscriptLink:
    """The link, while it holds and its member may use the site. Somebody else who is signed in is a stranger here, as everywhere; who is
    not signed in is believed to be who was given it. Raises one NotFound for everything that is wrong with it."""
    try:
        key = UUID(hex=signing.loads(text, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        raise _no_link() from None
    row = TranscriptLink.objects.select_related("transcript__owner").filter(pk=key).first()
    if row is None or row.revoked is not None or row.expires <= timezone.now():
        raise _no_link()
    owner = row.transcript.owner
    if not owner.is_active or owner.is_suspended or (viewer is not None and viewer.pk != owner.pk):
        raise _no_link()
    return row


def count_opening(link: TranscriptLink) -> None:
    TranscriptLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1)


def standing(transcripts: Iterable[UUID]) -> dict[UUID, tuple[bool, int]]:
    """Of those that are there, whether they are ready, and how many messages they have: for other apps."""
    rows = Transcript.objects.filter(pk__in=list(transcripts), state__in=THERE).order_by()
    ready = Transcript.State.READY
    return {key: (state == ready, messages) for key, state, messages in rows.values_list("pk", "state", "messages")}


def _no_transcript() -> NotFound:
    return NotFound(gettext("This transcript does not exist, or is not yours."))


def _no_link() -> NotFound:
    return NotFound(
        gettext("This link does not work any more, or is not for you. Links to transcripts hold for 24 hours.")
    )
