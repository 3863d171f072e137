"""Inference clients as an operator sees them at one moment: state, models, speeds, the last hour. What nobody measured or
reported is None.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.availability import NodeState, hours, state_of
from chat.models import Generation, Node, NodeModel, NodeSample
from inference_client.protocol import keys
from meatlizard.jobs.lease import HELD

MINUTES = 60
"""Of the plot."""

FRESH_SECONDS = 120
"""Older measurements are not shown as the present."""

STATES = {
    "connected": _("connected"), "paused": _("paused"), "draining": _("draining"), "quiet": _("quiet"), "away": _("away"),
    "revoked": _("revoked"),
}  # fmt: skip
WHY = {
    "owner": _("by its owner"), "site": _("from here"), "quiet_hours": _("quiet hours of its own"),
    "battery": _("it runs on battery"), "heat": _("it is hot"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plot:
    """Tokens a second in each of the last 60 minutes, oldest first; None where nothing was reported."""

    rates: tuple[float | None, ...]

    @property
    def peak(self) -> float:
        return max((rate for rate in self.rates if rate is not None), default=0.0)

    @property
    def empty(self) -> bool:
        return all(rate is None for rate in self.rates)

    @property
    def path(self) -> str:
        """Bars for an SVG of 600 by 100: ten wide for each minute; what was reported as nothing is one high."""
        parts = []
        for number, rate in enumerate(self.rates):
            if rate is not None:
                height = max(1.0, 100 * rate / self.peak) if self.peak else 1.0
                parts.append(f"M{number * 10} 100v-{height:.1f}h8v{height:.1f}z")
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class ModelView:
    """``busy``: slots in use when it last said so."""

    row: NodeModel
    busy: int | None

    @property
    def abilities(self) -> str:
        row = self.row
        words = [row.kind] if row.kind != "chat" else []
        words += [gettext("vision")] if row.vision else []
        words += [gettext("tools")] if row.tools else []
        words += [gettext("thinking")] if row.thinking != "none" else []
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class NodeView:
    """``running``: answers it writes by what the database says. ``latest``: its newest sample, None when that is old.
    ``speed``: tokens a second now.
    """

    row: Node
    state: NodeState
    models: tuple[ModelView, ...]
    running: int
    latest: NodeSample | None
    speed: float | None
    plot: Plot

    @property
    def state_name(self) -> str:
        return str(STATES[self.state])

    @property
    def why(self) -> str:
        """Why it gets no work, or less; empty when there is nothing to say."""
        row = self.row
        if self.state == "paused" and row.said_state != "open":
            return str(WHY.get(row.said_why, ""))
        if self.state == "paused":
            return str(WHY["site"])
        if self.state == "draining":
            return gettext("finishes what it writes, then ends")
        if self.state == "quiet":
            return gettext("until {time} {zone}").format(
                time=f"{row.quiet_until:%H:%M}", zone=timezone.get_default_timezone_name()
            )
        return ""

    @property
    def connected(self) -> bool:
        return self.state not in ("away", "revoked")

    @property
    def gpu_percent(self) -> int | None:
        busy = self.latest.gpu_utilisation if self.latest else None
        return None if busy is None else round(100 * busy)

    @property
    def fingerprint(self) -> str:
        return keys.fingerprint(bytes(self.row.public_key))

    @property
    def limits(self) -> list[str]:
        """What operator and owner have restricted, in words."""
        row, zone = self.row, timezone.get_default_timezone_name()
        owner = row.owner or gettext("its owner")
        words = []
        if row.own_only or row.said_own_only:
            words.append(gettext("answers {owner} alone").format(owner=owner))
        if row.owner_first:
            words.append(gettext("{owner} goes first").format(owner=owner))
        bounds = [bound for bound in (row.max_slots, row.said_slots) if bound is not None]
        if bounds:
            words.append(gettext("{count} at once").format(count=min(bounds)))
        if hours(row.quiet_from, row.quiet_until):
            times = {"begin": f"{row.quiet_from:%H:%M}", "end": f"{row.quiet_until:%H:%M}", "zone": zone}
            words.append(gettext("quiet {begin} to {end} {zone}").format(**times))
        return words


@dataclass(slots=True)
class Overview:
    nodes: list[NodeView] = field(default_factory=list)
    waiting: int = 0
    running: int = 0
    plot: Plot = field(default_factory=lambda: Plot((None,) * MINUTES))

    @property
    def connected(self) -> int:
        return sum(node.connected for node in self.nodes)

    @property
    def paired(self) -> int:
        return sum(node.state != "revoked" for node in self.nodes)

    @property
    def speed(self) -> float | None:
        speeds = [node.speed for node in self.nodes if node.speed is not None]
        return sum(speeds) if speeds else None


def overview() -> Overview:
    """Reads it all: six queries, however many nodes there are."""
    now = timezone.now()
    minutes = _minutes(now)
    by_node: defaultdict[UUID, list[NodeSample]] = defaultdict(list)
    for sample in NodeSample.objects.filter(at__gte=minutes[0]).order_by("at"):
        by_node[sample.node_id].append(sample)
    held = Count("generations", filter=Q(generations__state__in=HELD))
    rows = Node.objects.annotate(held=held).select_related("owner").prefetch_related("models")
    result = Overview(
        waiting=Generation.objects.waiting().filter(purpose=Generation.Purpose.ANSWER).count(),
        running=Generation.objects.held().count(),
    )
    for row in rows:
        result.nodes.append(_view(row, by_node[row.pk], minutes, now))
    # Those that are there first, then by name, as they come.
    result.nodes.sort(key=lambda node: (node.state == "revoked", not node.connected))
    result.plot = _plot([sample for samples in by_node.values() for sample in samples], minutes, now)
    return result


def _minutes(now: datetime.datetime) -> list[datetime.datetime]:
    last = now.replace(second=0, microsecond=0)
    return [last - datetime.timedelta(minutes=MINUTES - 1 - number) for number in range(MINUTES)]


def _view(row: Node, samples: list[NodeSample], minutes: list[datetime.datetime], now: datetime.datetime) -> NodeView:
    state = state_of(row)
    here = state not in ("away", "revoked")
    fresh = [
        one for one in samples if here and one.session == row.session and (now - one.at).total_seconds() < FRESH_SECONDS
    ]
    latest = fresh[-1] if fresh else None
    busy = latest.by_model if latest else {}
    models = [ModelView(model, busy.get(model.alias, {}).get("busy")) for model in row.models.all()]
    return NodeView(
        row=row,
        state=state,
        models=tuple(models),
        running=int(getattr(row, "held", 0)),
        latest=latest,
        speed=latest.completion_tokens / latest.seconds if latest and latest.seconds >= 1 else None,
        plot=_plot(samples, minutes, now),
    )


def _plot(samples: Iterable[NodeSample], minutes: list[datetime.datetime], now: datetime.datetime) -> Plot:
    tokens: dict[datetime.datetime, int] = {}
    for sample in samples:
        tokens[sample.at] = tokens.get(sample.at, 0) + sample.completion_tokens
    # The present minute has not lasted sixty seconds yet.
    elapsed = max(10.0, (now - minutes[-1]).total_seconds())
    return Plot(
        tuple(
            tokens[minute] / (elapsed if minute == minutes[-1] else 60.0) if minute in tokens else None
            for minute in minutes
        )
    )
