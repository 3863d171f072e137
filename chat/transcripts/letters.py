"""Letters that a transcript is there, with a link to it and never a word of it."""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from chat.models import Transcript, TranscriptLink
from chat.telling.mail import address_of
from chat.transcripts import access, actions, policy
from meatlizard.accounts.models import User

Way = TranscriptLink.Way


def ask_for(row: Transcript) -> None:
    """Within the transaction that makes it ready."""
    from chat.transcripts.jobs import tell_of_transcript

    if row.told is None and policy.sends(row.owner_id, Way.MAIL):
        tell_of_transcript.enqueue(str(row.pk))


def send(transcript: UUID) -> bool:
    """False where that is not wanted any more, or was done. Raises what the mail server's refusal raises; the next attempt may send it."""
    row = Transcript.objects.select_related("owner").filter(pk=transcript, state=Transcript.State.READY).first()
    if row is None or not row.owner.is_active or not policy.sends(row.owner_id, Way.MAIL):
        return False
    address = address_of(row.owner)
    mine = Transcript.objects.filter(pk=row.pk)
    # Of several that would write at this moment one does.
    if not address or not mine.filter(told=None).update(told=timezone.now()):
        return False
    link = None
    try:
        link = actions.give_link(row, Way.MAIL)
        _letter(row.owner, link, address).send()
    except Exception:
        mine.update(told=None)
        if link is not None:
            link.delete()
        raise
    return True


def _letter(owner: User, link: TranscriptLink, address: str) -> EmailMessage:
    words = {
        "name": owner.get_username(),
        "link": address_of_link(link),
        "choice": settings.SITE_URL + reverse("chat:transcripts"),
    }
    return EmailMessage(
        subject=settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + gettext("The transcript of your session"),
        body=render_to_string("chat/mail/transcript.txt", words),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )


def address_of_link(link: TranscriptLink) -> str:
    return settings.SITE_URL + reverse("chat:transcript-link", args=[access.signed(link)])
