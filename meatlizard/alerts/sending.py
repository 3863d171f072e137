"""Sends what waits, each message by one process, and again after a while where that failed.

Addresses go through the guarded fetcher: an operator of the site need not be the owner of its network. What stands in that network is
reached only if the machine's owner has named it in ALERT_HOSTS.
"""

import datetime
import logging
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.alerts import messages
from meatlizard.alerts.addresses import PURPOSE
from meatlizard.alerts.messages import Message
from meatlizard.alerts.models import Alert, Channel, Delivery
from meatlizard.metrics.registry import counter
from meatlizard.security import sealed
from meatlizard.security.fetch import Fetcher, Request, Unreachable

log = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 6
FIRST_PAUSE: Final = datetime.timedelta(seconds=15)
"""Doubled after each attempt: the last is made about eight minutes after the first."""

UNDER_WAY: Final = datetime.timedelta(seconds=60)
BATCH: Final = 50

sent_total = counter(
    "alert_messages_total", "Messages about alerts, by kind of channel and outcome.", ("kind", "outcome")
)


class NotSent(Exception):
    """In words for operators, and without the address."""


def send_due(now: datetime.datetime | None = None) -> int:
    """All that is due; how many were tried."""
    now = now or timezone.now()
    due = Delivery.objects.filter(state=Delivery.State.WAITING, due__lte=now).order_by("due", "pk")
    return sum(send(row, now) for row in due.select_related("channel", "alert")[:BATCH])


def send(row: Delivery, now: datetime.datetime | None = None) -> bool:
    """Whether this process was the one that tried."""
    now = now or timezone.now()
    # The claim. Who dies in the middle of it leaves it to be tried once more: better told twice than not at all.
    waiting = Delivery.objects.filter(pk=row.pk, state=Delivery.State.WAITING, due__lte=now)
    if waiting.update(due=now + UNDER_WAY, attempts=F("attempts") + 1) != 1:
        return False
    attempts = row.attempts + 1
    try:
        deliver(row.channel, _message(row))
    except NotSent as error:
        over = attempts >= MOST_ATTEMPTS
        pause = FIRST_PAUSE * 2 ** (attempts - 1)
        state = Delivery.State.FAILED if over else Delivery.State.WAITING
        Delivery.objects.filter(pk=row.pk).update(state=state, due=now + pause, error=str(error)[:300])
        log.warning("alert.not_sent", extra={"channel_id": row.channel_id, "attempt": attempts, "reason": str(error)})
        sent_total.add(row.channel.kind, "failed" if over else "again")
    else:
        Delivery.objects.filter(pk=row.pk).update(state=Delivery.State.SENT, error="")
        sent_total.add(row.channel.kind, "sent")
    return True


def deliver(channel: Channel, message: Message) -> None:
    """Raises NotSent, whatever is wrong: one message must not keep the others from being sent."""
    try:
        _deliver(channel, message)
    except NotSent:
        raise
    except Exception as error:
        log.exception("alert.cannot_be_sent", extra={"channel_id": channel.pk})
        raise NotSent(type(error).__name__) from error


def _deliver(channel: Channel, message: Message) -> None:
    try:
        address = sealed.opened(channel.address, PURPOSE)
        secret = sealed.opened(channel.secret, PURPOSE) if channel.secret else ""
    except sealed.Unopened:
        raise NotSent(_("Its address cannot be read any more, for SECRET_KEY has changed. Write it anew.")) from None
    if channel.kind == Channel.Kind.MAIL:
        _mail(address, message)
    else:
        _http(messages.request(channel.kind, address, secret, message))


def _mail(address: str, message: Message) -> None:
    if not settings.HAS_MAIL:
        raise NotSent(_("This site sends no mail: EMAIL_URL is not set."))
    letter = EmailMessage(
        message.title.replace("\n", " "), message.text, to=[one.strip() for one in address.split(",")]
    )
    try:
        letter.send()
    except OSError as error:
        # smtplib's errors are OSErrors; their words may quote addresses.
        raise NotSent(_("The mail server took it not: %(error)s") % {"error": type(error).__name__}) from None


def _http(request: Request) -> None:
    own = urlsplit(request.url).netloc.lower() in settings.ALERT_HOSTS
    fetcher = Fetcher.of_operator(most=100_000) if own else Fetcher(most=100_000)
    try:
        fetcher.ask(request)
    except Unreachable as error:
        # Discord answers 204: nothing to say, and all well.
        if not 200 <= error.answered < 300:
            raise NotSent(error.message) from None


def _message(row: Delivery) -> Message:
    site = urlsplit(settings.SITE_URL).netloc
    if row.alert is None:
        link = settings.SITE_URL + reverse("admin:alerts_channel_change", args=[row.channel_id])
        title = _("Test of the alerts of %(site)s") % {"site": site}
        words = _("If you read this, alerts come through here.")
        return Message(row.event, title, words, "", False, link, at=row.created.isoformat())
    return of_alert(row.alert, row.event, site, row.created)


def of_alert(alert: Alert, event: str, site: str, at: datetime.datetime) -> Message:
    said = {
        Delivery.Event.FIRED: _("%(title)s on %(site)s"), Delivery.Event.AGAIN: _("Still: %(title)s on %(site)s"),
        Delivery.Event.OVER: _("Over: %(title)s on %(site)s"),
    }[Delivery.Event(event)]  # fmt: skip
    link = settings.SITE_URL + reverse("admin:alerts_alert_change", args=[alert.pk]) if alert.pk else settings.SITE_URL
    return Message(
        event, said % {"title": alert, "site": site}, alert.words, alert.get_severity_display(), alert.severity > 1, link,
        alert.pk, alert.subject, at.isoformat(),
    )  # fmt: skip
