"""The queue as people see it: who is there to answer, who waits where, and how long it may take. Every figure is
measured or unknown.
"""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from django.db import connection

from chat import announced
from chat.availability import room_of, state_of
from chat.bus import bus
from chat.events import ModelOut, Queued, Status, Stopping
from chat.hub import conversation_topic
from chat.models import Generation, Node
from chat.models.generations import APPROVAL
from chat.models.generations import SITE as SITE
from meatlizard.jobs.lease import HELD, State
from meatlizard.ops import onlookers, switches

MEASURED_ANSWERS = 20


@dataclass(slots=True)
class Offer:
    """One model as nodes offer it together."""

    context_length: int
    slots: int = 0
    thinking: str = "none"
    vision: bool = False

    def out(self, alias: str, live: bool) -> ModelOut:
        return ModelOut(
            alias=alias, context_length=self.context_length, live=live, thinking=self.thinking, vision=self.vision
        )


PERSON = "@administrator"
"""Instead of a model's alias where a person answers (:mod:`chat.stepping_in`). No alias begins so."""


@dataclass(slots=True)
class Waiting:
    generation: UUID
    conversation: UUID
    message: UUID
    model: str
    user: int


@dataclass(slots=True)
class Snapshot:
    """The queue at one moment. ``own``: models that nodes keep for their owner, by his key. ``seconds`` is the mean time
    of the latest answers in a slot, None when none was measured.
    """

    offers: dict[str, Offer] = field(default_factory=dict)
    own: dict[int, dict[str, Offer]] = field(default_factory=dict)
    offline_models: dict[str, Offer] = field(default_factory=dict)
    slots: int = 0
    own_slots: dict[int, int] = field(default_factory=dict)
    busy: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    seconds: float | None = None
    warning: str = ""
    announcements: tuple[announced.Announced, ...] = ()
    onlookers: str = ""

    def offers_for(self, user: int | None) -> dict[str, Offer]:
        """What is there for everybody, and for ``user`` also what his own machines keep for him."""
        return self.offers | self.own.get(user, {}) if user is not None else self.offers

    def offered(self, model: str, user: int | None = None) -> bool:
        offers = self.offers_for(user)
        return bool(offers) if not model else model in offers

    def estimate(self, position: int) -> float | None:
        """Seconds until the ``position``-th waiting one begins, if answers go on taking as long as they did."""
        if self.seconds is None or not self.slots:
            return None
        return round(self.seconds * position / self.slots, 1)

    def status(self, model: str = "", user: int | None = None) -> Status:
        """What ``user``, about to send to ``model``, should know."""
        offers = self.offers_for(user)
        models = [offer.out(alias, True) for alias, offer in sorted(offers.items())]
        models += [offer.out(a, False) for a, offer in sorted(self.offline_models.items()) if a not in offers]
        state: Literal["live", "queued", "offline"] = "queued"
        if model == PERSON:
            state = "live"
        elif not self.offered(model, user):
            state = "offline"
        elif self.busy < self.slots + self.own_slots.get(user or 0, 0) and not self.waiting:
            state = "live"
        position = len(self.waiting) + 1 if state == "queued" else None
        return Status(
            state=state, position=position, estimate=self.estimate(position) if position else None,
            models=tuple(models), warning=self.warning, announcements=self.announcements, onlookers=self.onlookers, person=model == PERSON,
        )  # fmt: skip

    def queued_events(self) -> list[Queued]:
        return [
            Queued(
                conversation=row.conversation,
                generation=row.generation,
                message=row.message,
                position=position,
                estimate=self.estimate(position),
                offline=row.model != PERSON and not self.offered(row.model, row.user),
                person=row.model == PERSON,
            )
            for position, row in enumerate(self.waiting, 1)
        ]


def snapshot() -> Snapshot:
    """Reads the queue. Four short queries."""
    site = switches.current()
    result = Snapshot(warning=site.warning, announcements=announced.standing(), onlookers=onlookers.told())
    for node in Node.objects.filter(revoked=None).prefetch_related("models"):
        models = [model for model in node.models.all() if model.kind == "chat"]
        if state_of(node) != "connected":
            for model in models:
                offer = result.offline_models.setdefault(
                    model.alias, Offer(model.context_length, thinking=model.thinking)
                )
                offer.vision = offer.vision or model.vision
            continue
        owner = (node.owner_id or 0) if node.own_only or node.said_own_only else None
        offers = result.offers if owner is None else result.own.setdefault(owner, {})
        usable = 0
        for model in models:
            offer = offers.setdefault(model.alias, Offer(model.context_length, thinking=model.thinking))
            offer.vision = offer.vision or model.vision
            slots = 0 if model.breaker == "open" else model.slots
            offer.slots += slots
            usable += slots
        if owner is None:
            result.slots += room_of(node, usable)
        else:
            result.own_slots[owner] = result.own_slots.get(owner, 0) + room_of(node, usable)
    result.busy = Generation.objects.filter(state__in=HELD).count()
    rows = Generation.objects.in_line().filter(purpose=Generation.Purpose.ANSWER).exclude(model=APPROVAL)
    # Those whose tools run wait for nobody.
    rows = rows.exclude(model=SITE, step__gt=0)
    columns = ("pk", "conversation", "message", "model", "wants", "user")
    result.waiting = [
        # Its place in the line is for what will be asked once the site has had its turn.
        Waiting(pk, talk, message, wants if model == SITE else model, user)
        for pk, talk, message, model, wants, user in rows.values_list(*columns)[:1000]
    ]
    result.seconds = _seconds_per_answer()
    return result


def _seconds_per_answer() -> float | None:
    latest = Generation.objects.filter(
        state=State.DONE, purpose=Generation.Purpose.ANSWER, completion_seconds__isnull=False
    ).order_by("-ended_at")
    rows = latest.values_list("prompt_seconds", "completion_seconds")[:MEASURED_ANSWERS]
    measured = [(reading or 0) + (writing or 0) for reading, writing in rows]
    return sum(measured) / len(measured) if measured else None


def status(model: str = "", user: int | None = None) -> Status:
    return snapshot().status(model, user)


def offered(model: str, user: int | None = None) -> bool:
    """Whether a connected node offers ``model`` (empty: any model) to ``user``."""
    return snapshot().offered(model, user)


def retry_after() -> float:
    """Seconds after which a place in a full queue is likely: one answer's time, or five where none was measured."""
    return max(1.0, _seconds_per_answer() or 5.0)


def lock_for_enqueue() -> None:
    """Makes counting and inserting one step among all processes. SQLite's immediate transaction does so already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x4D4C51])


def announce_stopping(generation: Generation) -> None:
    bus.event(
        conversation_topic(generation.conversation_id),
        Stopping(conversation=generation.conversation_id, generation=generation.pk),
    )
