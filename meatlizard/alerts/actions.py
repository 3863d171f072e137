"""Verbs on alerts, for operators and for other parts of the site."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.alerts import sending, watching
from meatlizard.alerts.addresses import PURPOSE, checked
from meatlizard.alerts.models import Alert, Channel, Delivery, Severity
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only
from meatlizard.security import sealed


def report(source: str, title: str, *, bad: bool, words: str = "", subject: str = "", critical: bool = False) -> None:
    """For parts of the site that find out for themselves: told at once when it begins to be bad, and when it is good again. ``source``
    is a name of the part's own. May be called as often as one likes.
    """
    severity = Severity.CRITICAL if critical else Severity.WARNING
    watching.carry_out(
        watching.Saying(f"part:{source}"[:60], subject[:120], title, words, severity, "bad" if bad else "good", 0),
        timezone.now(),
    )


def acknowledge(by: User, alerts: Iterable[int]) -> int:
    """Somebody sees to them: they are not told again. Those that are over are left alone."""
    operate_only(by)
    with transaction.atomic():
        rows = Alert.objects.filter(pk__in=list(alerts), acknowledged=None).exclude(state=Alert.State.OVER)
        for alert in rows.select_for_update(of=("self",)):
            audit.record(by, "alert acknowledged", f"alert:{alert.pk}", reason=str(alert))
        return rows.update(acknowledged=timezone.now(), acknowledged_by=by)


def save_channel(by: User, channel: Channel, address: str | None, secret: str | None) -> Channel:
    """``address`` and ``secret``: None leaves what is there. Raises Invalid for an address that its kind does not have."""
    operate_only(by)
    if address is not None:
        channel.address = sealed.seal(checked(channel.kind, address), PURPOSE)
    if secret is not None:
        channel.secret = sealed.seal(secret, PURPOSE) if secret else ""
    with transaction.atomic():
        channel.save()
        audit.record(by, "alert channel", f"channel:{channel.pk}", reason=channel.name)
    return channel


def test(by: User, channel: Channel) -> Delivery:
    """Sends a message that says that it is a test, now and once. The row says what came of it."""
    operate_only(by)
    now = timezone.now()
    row = Delivery.objects.create(
        channel=channel, event=Delivery.Event.TEST, created=now, due=now, attempts=sending.MOST_ATTEMPTS - 1
    )
    audit.record(by, "alert channel tested", f"channel:{channel.pk}", reason=channel.name)
    sending.send(row)
    row.refresh_from_db()
    return row
