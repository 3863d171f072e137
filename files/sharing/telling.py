"""Letters to owners who asked for them: that something was downloaded, or came in. At most one an hour of each share and inbox."""

import datetime
from typing import Final, Literal

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from chat.telling.mail import address_of
from files.models.shares import Inbox, Share

BETWEEN: Final = datetime.timedelta(hours=1)


def downloaded(share: Share) -> None:
    """Within the transaction that completes the download."""
    if settings.HAS_MAIL:
        write_letter.enqueue("share", share.pk)


def came_in(inbox: Inbox) -> None:
    """Within the transaction that stores what came."""
    if settings.HAS_MAIL and inbox.notify:
        write_letter.enqueue("inbox", inbox.pk)


@task
def write_letter(kind: Literal["share", "inbox"], key: int) -> bool:
    """False where it is not wanted any more, or one went out a moment ago. Raises what the mail server's refusal raises."""
    now = timezone.now()
    model = Share if kind == "share" else Inbox
    rows = model.objects.select_related("owner").filter(pk=key, notify=True, owner__is_active=True)
    row = rows.first()
    address = address_of(row.owner) if row is not None else ""
    if row is None or not address:
        return False
    before = row.told
    # Of several that would write at this moment one does.
    due = model.objects.filter(Q(told=None) | Q(told__lte=now - BETWEEN), pk=key)
    if not due.update(told=now):
        return False
    try:
        _letter(row, address).send()
    except Exception:
        model.objects.filter(pk=key, told=now).update(told=before)
        raise
    return True


def _letter(row: Share | Inbox, address: str) -> EmailMessage:
    shared = isinstance(row, Share)
    title = " ".join(row.title.split()) or row.slug
    subject = _("Downloaded: {title}") if shared else _("A file came in: {title}")
    page = reverse("files-sharing:share" if shared else "files-sharing:inbox", args=[row.pk])
    words = {"title": title, "link": settings.SITE_URL + page, "shared": shared, "name": row.owner.get_username()}
    return EmailMessage(
        subject=settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject.format(title=title),
        body=render_to_string("files/mail/shared.txt", words),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
