"""The figures at one moment. What nobody measured is None, and is said to be unknown."""

import datetime
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from chat import day_overview, queueing
from chat.node_overview import overview
from discordbridge.metrics.limits import limits
from meatlizard.ops import switches

BEGUN = timezone.now()
"""When this process started."""


@dataclass(frozen=True, slots=True)
class Figures:
    """``clients``: names of those that are connected, and of all that are paired; ``rates``: tokens a second in each of the last 60
    minutes. ``limited``: requests that Discord refused within the last hour, for there were too many. ``gpu``: mean share of those that say so. ``fallback``: no machine is there to answer everybody.
    """

    begun: datetime.datetime
    connected: frozenset[str] = frozenset()
    paired: frozenset[str] = frozenset()
    speed: float | None = None
    gpu: float | None = None
    waiting: int = 0
    running: int = 0
    slots: int = 0
    seconds: float | None = None
    conversations: int = 0
    answers: int = 0
    fallback_share: float | None = None
    full: bool = False
    fallback: bool = True
    warning: str = ""
    limited: int = 0
    rates: tuple[float | None, ...] = field(default=(), compare=False)


def collect() -> Figures:
    found, queue, day = overview(), queueing.snapshot(), day_overview.today()
    gpus = [
        node.latest.gpu_utilisation for node in found.nodes if node.latest and node.latest.gpu_utilisation is not None
    ]
    return Figures(
        begun=BEGUN,
        connected=frozenset(node.row.name for node in found.nodes if node.connected),
        paired=frozenset(node.row.name for node in found.nodes if node.state != "revoked"),
        speed=None if found.speed is None else round(found.speed, 1),
        gpu=round(sum(gpus) / len(gpus), 2) if gpus else None,
        waiting=len(queue.waiting),
        running=queue.busy,
        slots=queue.slots,
        seconds=None if queue.seconds is None else round(queue.seconds, 1),
        conversations=day.conversations,
        answers=day.answers,
        fallback_share=None if day.fallback_share is None else round(day.fallback_share, 2),
        full=len(queue.waiting) >= settings.QUEUE_MAX_WAITING,
        fallback=not queue.offers,
        warning=switches.current().warning,
        limited=limits.within_an_hour(),
        rates=found.plot.rates,
    )
