"""Looks at every rule and carries out what follows. Safe in many processes at once: each step is a conditional change."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.alerts import judging
from meatlizard.alerts.judging import Standing
from meatlizard.alerts.models import Alert, Channel, Delivery, Rule, Severity
from meatlizard.metrics import charts, plots, windows

KEPT = datetime.timedelta(days=180)


class Saying(NamedTuple):
    """What is known of a subject now. ``pending``: seconds before it is told."""

    source: str
    subject: str
    title: str
    words: str
    severity: int
    look: judging.Seen
    pending: float
    rule: int | None = None


def look(now: datetime.datetime | None = None) -> None:
    """All rules that are on. What was not measured changes nothing; what a rule that is off or gone began is over."""
    now = now or timezone.now()
    rules = list(Rule.objects.filter(enabled=True))
    for rule in rules:
        for saying in _of(rule, now):
            carry_out(saying, now)
    for alert in Alert.objects.exclude(state=Alert.State.OVER).filter(source__startswith="rule:"):
        if alert.rule_id not in {rule.pk for rule in rules}:
            _end(alert, now, _("The rule was switched off."))
    _tell_again(now)


def clear(now: datetime.datetime | None = None) -> int:
    """Forgets what was over half a year ago."""
    limit = (now or timezone.now()) - KEPT
    Delivery.objects.filter(alert=None, created__lt=limit).delete()
    return Alert.objects.filter(state=Alert.State.OVER, ended__lt=limit).delete()[0]


def carry_out(saying: Saying, now: datetime.datetime) -> judging.Verdict:
    """What one saying leads to."""
    alert = Alert.objects.exclude(state=Alert.State.OVER).filter(source=saying.source, subject=saying.subject).first()
    standing = None if alert is None else Standing(alert.state == Alert.State.FIRING, alert.began, alert.good)
    verdict = judging.verdict(standing, saying.look, now, saying.pending)
    if alert is None:
        if verdict == "begin":
            _begin(saying, now)
        return verdict
    mine = Alert.objects.filter(pk=alert.pk, state=alert.state)
    if verdict == "fire":
        _fire(alert, saying, now)
    elif verdict == "end":
        _end(alert, now, saying.words)
    elif verdict == "forget":
        mine.delete()
    elif verdict in ("good", "bad"):
        mine.update(good=now if verdict == "good" else None)
    elif saying.look == "bad" and saying.words != alert.words:
        mine.update(words=saying.words)
    return verdict


def _of(rule: Rule, now: datetime.datetime) -> Iterable[Saying]:
    chart = charts.all_charts().get(rule.figure)
    if chart is None:
        return
    names = {*chart.names, *(f"{name}_bucket" for name in chart.names)}
    window = windows.recent(names, rule.minutes, now.timestamp())
    for line in charts.lines(chart, window, rule.split, charts.ALL_LINES)[0]:
        value = sum(line.known) / len(line.known)
        words = _("%(value)s %(unit)s; the limit is %(limit)s.") % {
            "value": plots.number(value), "unit": chart.unit, "limit": plots.number(rule.limit),
        }  # fmt: skip
        subject = line.name if rule.split in chart.splits and rule.split else ""
        found = judging.seen(value, rule.side, rule.limit, rule.clear)
        yield Saying(f"rule:{rule.pk}", subject[:120], rule.name, words, rule.severity, found, rule.pending, rule.pk)


def _begin(saying: Saying, now: datetime.datetime) -> None:
    row = Alert(
        source=saying.source, subject=saying.subject, rule_id=saying.rule, title=saying.title[:120], words=saying.words[:400],
        severity=saying.severity, began=now,
    )  # fmt: skip
    # Another process may have seen it, too.
    Alert.objects.bulk_create([row], ignore_conflicts=True)
    if not saying.pending:
        alert = Alert.objects.filter(source=saying.source, subject=saying.subject, state=Alert.State.PENDING).first()
        if alert is not None:
            _fire(alert, saying, now)


def _fire(alert: Alert, saying: Saying, now: datetime.datetime) -> None:
    with transaction.atomic():
        won = Alert.objects.filter(pk=alert.pk, state=Alert.State.PENDING).update(
            state=Alert.State.FIRING, fired=now, told=now, words=saying.words[:400], good=None
        )
        if won:
            _tell(alert, Delivery.Event.FIRED, now)


def _end(alert: Alert, now: datetime.datetime, words: str) -> None:
    with transaction.atomic():
        fired = alert.state == Alert.State.FIRING
        won = Alert.objects.filter(pk=alert.pk, state=alert.state).update(
            state=Alert.State.OVER, ended=now, words=words[:400]
        )
        if won and fired:
            _tell(alert, Delivery.Event.OVER, now)


def _tell_again(now: datetime.datetime) -> None:
    """What lasts and nobody has acknowledged, to the channels that want to hear of it again."""
    for channel in Channel.objects.filter(enabled=True, repeat__gt=0):
        since = now - datetime.timedelta(hours=channel.repeat)
        rows = Alert.objects.filter(state=Alert.State.FIRING, acknowledged=None, severity__gte=channel.least)
        for alert in rows.filter(fired__lte=since):
            with transaction.atomic():
                # The row is the lock: of two processes the second sees the first one's message.
                Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
                if not Delivery.objects.filter(alert=alert, channel=channel, created__gt=since).exists():
                    Delivery.objects.create(
                        alert=alert, channel=channel, event=Delivery.Event.AGAIN, created=now, due=now
                    )


def _tell(alert: Alert, event: str, now: datetime.datetime) -> None:
    channels = Channel.objects.filter(enabled=True, least__lte=alert.severity)
    if event == Delivery.Event.OVER:
        # Only who heard that it began hears that it is over, whatever was changed meanwhile.
        channels = Channel.objects.filter(
            enabled=True, deliveries__alert=alert, deliveries__event=Delivery.Event.FIRED
        ).distinct()
    Delivery.objects.bulk_create(
        Delivery(alert=alert, channel=channel, event=event, created=now, due=now) for channel in channels
    )


__all__ = ["Saying", "Severity", "carry_out", "clear", "look"]
