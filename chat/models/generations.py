"""Generations: every attempt to answer is a row, and the text of a running one an append-only log beside it."""

import uuid
from collections.abc import Callable
from functools import cache, partial
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import connection, models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from meatlizard.jobs.lease import HELD, LEASING, Leased, LeasedQuerySet, State
from meatlizard.kept_sql import KeptSelect, KeptUpdate, given

RUNNING_PENALTY_MS = 60_000
"""Each generation a user already has running puts his next one this much behind, so that nobody's second goes before a
newcomer's first; but waiting makes up for it, so that nobody starves."""

BACKGROUND_PENALTY_MS = 300_000
"""Titles and summaries go behind whatever a person waits for, by the same rule."""


_claims: "dict[tuple[Any, ...], KeptSelect[Generation]]" = {}
"""By what nodes offer and how many rows are wanted."""

MAX_CLAIMS = 256


class GenerationQuerySet(LeasedQuerySet["Generation"]):
    def claim_for(
        self,
        aliases: tuple[str, ...],
        owner: str,
        seconds: float,
        limit: int,
        choose: "Callable[[list[Generation]], list[Generation]]",
        **values: Any,
    ) -> "list[Generation]":
        """As ``claim``, of what a node offering ``aliases`` can answer, in fair order."""
        return Claiming(self.model, using=self.db, aliases=aliases).claim(owner, seconds, limit, choose, **values)

    def for_models(self, aliases: list[str]) -> "GenerationQuerySet":
        """Those that a node offering ``aliases`` can answer; an empty model name means any."""
        return self.filter(Q(model="") | Q(model__in=aliases))

    def in_line(self) -> "GenerationQuerySet":
        """Waiting rows in fair order: by time of asking, each that its user has running putting the next one back."""
        running = (
            Generation.objects.filter(user=OuterRef("user"), state__in=HELD, purpose=Generation.Purpose.ANSWER)
            .order_by()
            .values("user")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return cast(
            "GenerationQuerySet",
            self.waiting()
            .annotate(running=Coalesce(Subquery(running), 0))
            .order_by(F("rank") + F("running") * RUNNING_PENALTY_MS, "created", "pk"),
        )

    def fair(self) -> "GenerationQuerySet":
        """Those in line whose users may have one more running."""
        may_run = Q(running__lt=F("concurrency")) | ~Q(purpose=Generation.Purpose.ANSWER)
        return self.in_line().filter(may_run)


class Claiming(GenerationQuerySet):
    """Claims by SQL that is kept from the last time."""

    def __init__(self, *args: Any, aliases: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._aliases = aliases

    def _locked(self, window: int) -> "list[Generation]":
        key = (self._aliases, window)
        if key not in _claims:
            if len(_claims) >= MAX_CLAIMS:
                _claims.clear()
            _claims[key] = KeptSelect(partial(_candidates, *key))
        return _claims[key].rows()

    def _lease(self, rows: "list[Generation]", **values: Any) -> int:
        return _leasing(len(rows)).run(**values, **{f"id{number}": row.pk for number, row in enumerate(rows)})


def _candidates(aliases: tuple[str, ...], window: int) -> "models.QuerySet[Generation]":
    candidates = Generation.objects.for_models(list(aliases)).fair()
    if connection.features.has_select_for_update_skip_locked:
        candidates = candidates.select_for_update(skip_locked=True, of=("self",))
    return candidates[:window]


@cache
def _leasing(count: int) -> KeptUpdate:
    return KeptUpdate(
        lambda: Generation.objects.filter(
            pk__in=[given(Generation, "id", f"id{number}") for number in range(count)], state=State.QUEUED
        ),
        lambda: {**LEASING, **{name: given(Generation, name) for name in ("lease_owner", "lease_until", "node")}},
    )


class Generation(Leased):
    """One attempt-spanning answer: queued, leased, streaming, then done, failed or cancelled."""

    class Purpose(models.TextChoices):
        ANSWER = "answer", "answer"
        TITLE = "title", "title"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="generations")
    message = models.ForeignKey(
        "chat.Message", models.CASCADE, null=True, blank=True, related_name="generations", help_text="empty for a title"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="generations")
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.ANSWER)
    request = models.UUIDField(
        null=True, blank=True, help_text="made by the asking program, so that asking twice is harmless"
    )
    trace = models.CharField(max_length=64, blank=True, help_text="request id, the same in the logs of site and node")
    model = models.CharField(max_length=100, blank=True, help_text="alias asked for; empty: any")
    sampling = models.JSONField(default=dict, blank=True)
    concurrency = models.PositiveSmallIntegerField(default=1, help_text="how many of this user's may run at once")

    node = models.ForeignKey("chat.Node", models.SET_NULL, null=True, blank=True, related_name="generations")
    answered_by = models.CharField(max_length=100, blank=True, help_text="alias of the model that answered")
    created = models.DateTimeField()
    started = models.DateTimeField(null=True, blank=True, help_text="first text")
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=10, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True)
    prompt_seconds = models.FloatField(null=True, blank=True)
    completion_seconds = models.FloatField(null=True, blank=True)
    trimmed_messages = models.PositiveIntegerField(default=0)
    thinking_length = models.PositiveIntegerField(
        default=0, db_default=0, help_text="characters the model thought, once it has ended"
    )
    tool_calls = models.JSONField(null=True, blank=True, help_text="tools the model asked for, when it ended with that")

    objects: ClassVar[GenerationQuerySet] = GenerationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["rank"], name="generation_waiting", condition=Q(state=State.QUEUED)),
            models.Index(fields=["user"], name="generation_running", condition=Q(state__in=[s.value for s in HELD])),
            models.Index(
                fields=["lease_until"], name="generation_lease", condition=Q(state__in=[s.value for s in HELD])
            ),
            models.Index(fields=["-ended_at"], name="generation_ended", condition=Q(state=State.DONE)),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "request"], name="generation_request_once")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk} ({self.state})"


class Chunk(models.Model):
    """Text of a running generation at ``offset`` (code points). The log goes when the text has become its message."""

    generation = models.ForeignKey(Generation, models.CASCADE, related_name="chunks")
    offset = models.PositiveIntegerField()
    text = models.TextField()
    thinking = models.PositiveIntegerField(
        default=0, db_default=0, help_text="how much of it, from its beginning, is thinking"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "offset"], name="chunk_offset_once")]
        ordering = ["offset"]

    def __str__(self) -> str:
        return f"{len(self.text)} characters at {self.offset}"
