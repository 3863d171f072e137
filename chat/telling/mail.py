"""Letters: to whom one may go now, and what stands in it. Never a word of the conversation but its title."""

import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from chat.models import Conversation, NoticeChoice, NoticeMail
from meatlizard.accounts.models import User

PAGE_SECONDS = 75
"""A page that was there so long ago may still be: its socket tells every 30 seconds."""

SALT = "chat.telling.stop"


def address_of(user: User) -> str:
    """Where letters may go: an address that its owner has confirmed. Empty: nowhere."""
    found = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary").values_list("email", flat=True)
    return found.first() or ""


def send(conversation: UUID) -> bool:
    """Tells the owner that an answer is ready. False where that is not wanted, not needed any more, or was done a moment ago.

    Raises what the mail server's refusal raises; the next attempt may send it then.
    """
    now = timezone.now()
    talk = _wanted(conversation, now)
    address = address_of(talk.owner) if talk is not None else ""
    if talk is None or not address:
        return False
    before = _claim(talk, now)
    if before is None:
        return False
    try:
        _letter(talk, address).send()
    except Exception:
        NoticeMail.objects.filter(conversation=talk.pk, sent=now).update(sent=before[0])
        raise
    return True


def _wanted(conversation: UUID, now: datetime.datetime) -> Conversation | None:
    """The conversation, if its owner wants letters, could open it, has no page open, and has not looked at it since."""
    choices = NoticeChoice.objects.filter(by_mail=True).exclude(
        page_seen__gt=now - datetime.timedelta(seconds=PAGE_SECONDS)
    )
    rows = Conversation.objects.select_related("owner").filter(pk=conversation, removed=None, unread=True)
    found = rows.filter(owner__is_active=True, owner__in=choices.values("user")).first()
    return None if found is None or found.owner.is_suspended else found


def _claim(talk: Conversation, now: datetime.datetime) -> tuple[datetime.datetime | None] | None:
    """Of several who would write at this moment one does. Returns when the letter before went out, None when that was too lately."""
    with transaction.atomic():
        NoticeMail.objects.bulk_create([NoticeMail(conversation=talk)], ignore_conflicts=True)
        last = NoticeMail.objects.select_for_update().get(conversation=talk.pk).sent
        latest = now - datetime.timedelta(minutes=settings.NOTICE_MAIL_MINUTES)
        rows = NoticeMail.objects.filter(conversation=talk.pk).filter(Q(sent=None) | Q(sent__lte=latest))
        return (last,) if rows.update(sent=now) else None


def _letter(talk: Conversation, address: str) -> EmailMessage:
    title = " ".join(talk.title.split()) or gettext("a conversation")
    stop = settings.SITE_URL + reverse("chat:notices-stop", args=[token(talk.owner)])
    words = {
        "title": title,
        "link": settings.SITE_URL + reverse("chat:conversation", args=[talk.pk]),
        "stop": stop,
        "name": talk.owner.get_username(),
    }
    return EmailMessage(
        subject=settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + gettext("Your answer is ready: {title}").format(title=title),
        body=render_to_string("chat/mail/answer_ready.txt", words),
        to=[address],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )


def token(user: User) -> str:
    """Lets whoever has the letter end such letters, and nothing else."""
    return signing.dumps(user.pk, salt=SALT)


def person_of(signed: str) -> int | None:
    try:
        found = signing.loads(signed, salt=SALT)
    except signing.BadSignature:
        return None
    return found if isinstance(found, int) else None
