"""The one alert that cannot be looked up: the database itself is away. Each process remembers the channels and tells them by itself; of
several processes one, if the cache says which.
"""

import datetime
import logging
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.alerts import sending
from meatlizard.alerts.messages import Message
from meatlizard.alerts.models import Alert, Channel, Delivery, Severity
from meatlizard.outages import redis_errors

log = logging.getLogger(__name__)

SECONDS: Final = 60.0
"""So long it must have been away."""

KEY: Final = "alerts:database"
SOURCE: Final = "part:database"


@dataclass(slots=True)
class Emergency:
    """``since``: when the database was missed first, by the clock of who calls; ``told``: whether this process has said so."""

    channels: list[Channel] = field(default_factory=list)
    since: float | None = None
    told: bool = False

    def away(self, now: float, words: str) -> None:
        """It did not answer. May be said as often as one likes."""
        if self.since is None:
            self.since = now
        if self.told or now - self.since < SECONDS:
            return
        self.told = True
        if _first():
            self._tell(Delivery.Event.FIRED, _("The database does not answer on %(site)s"), words)

    def back(self, now: float) -> None:
        """Asks it something; raises what it raises. When it answers, what was told of its absence is written down."""
        # First: this is the question by whose answer it is known to be back.
        self.channels = list(Channel.objects.filter(enabled=True))
        since, told = self.since, self.told
        self.since, self.told = None, False
        if told and since is not None and _last():
            minutes = round((now - since) / 60)
            words = _("It was away for about %(minutes)d minutes.") % {"minutes": minutes}
            ended = timezone.now()
            began = ended - datetime.timedelta(seconds=now - since)
            Alert.objects.create(
                source=SOURCE, title=_("The database does not answer"), words=words, severity=Severity.CRITICAL,
                state=Alert.State.OVER, began=began, fired=began, ended=ended,
            )  # fmt: skip
            self._tell(Delivery.Event.OVER, _("The database answers again on %(site)s"), words)

    def _tell(self, event: str, title: str, words: str) -> None:
        site = settings.SITE_URL.partition("://")[2]
        message = Message(
            event, title % {"site": site}, words, _("critical"), True, settings.SITE_URL + "/status/",
            at=timezone.now().isoformat(),
        )  # fmt: skip
        for channel in self.channels:
            try:
                sending.deliver(channel, message)
            except sending.NotSent as error:
                log.warning("alert.not_sent", extra={"channel_id": channel.pk, "reason": str(error)})


def _first() -> bool:
    try:
        return bool(cache.add(KEY, 1, 3_600))
    except redis_errors():
        # Told twice is better than not at all.
        return True


def _last() -> bool:
    try:
        return bool(cache.delete(KEY))
    except redis_errors():
        return True
