"""Generations: every attempt to answer is a row, and the text of a running one an append-only log beside it."""

import uuid
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from chat.models.prompts import EMPTY_COMPOSITION
from chat.models.tools import ToolNamesField
from meatlizard.jobs.lease import HELD, LEASING, Leased, LeasedQuerySet, State
from meatlizard.kept_sql import KeptSelect, KeptUpdate, given

RUNNING_PENALTY_MS = 60_000
"""Each generation a user already has running puts his next one this much behind, so that nobody's second goes before a
newcomer's first; but waiting makes up for it, so that nobody starves."""

SITE = "@site"
"""Instead of a model's alias while the site has something to do for an answer before its model is asked (:mod:`chat.preparing`). No alias
begins so."""

APPROVAL = "@approval"
"""Instead of a model's alias while its person is asked whether tools may be called (:mod:`chat.tools.approvals`)."""

USUAL_CALLS = 2
"""Calls of tools that one answer may make, where nothing else is said."""

BACKGROUND_PENALTY_MS = 300_000
"""Titles and summaries go behind whatever a person waits for, by the same rule."""


_claims: "dict[tuple[Any, ...], KeptSelect[Generation]]" = {}
"""By what nodes offer and how many rows are wanted."""

MAX_CLAIMS = 256


class GenerationQuerySet(LeasedQuerySet["Generation"]):
    def within(self, reach: "Reach") -> "Claiming":
        """To be claimed by those who reach so far: of a claim's rows the fair order, owners of ``first`` in front."""
        return Claiming(self.model, using=self.db, reach=reach)

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


@dataclass(frozen=True, slots=True)
class Reach:
    """What nodes with free slots can answer together: for everybody the models ``aliases``, for each owner in ``own`` also
    the models that his own nodes keep for him. An empty model name of a generation means any.

    ``first``: owners who go before everybody else. ``memory``: rows say which node and model answered the turn before
    theirs, as ``last_node`` and ``last_model``.
    """

    aliases: tuple[str, ...] = ()
    own: tuple[tuple[int, tuple[str, ...]], ...] = ()
    first: tuple[int, ...] = ()
    memory: bool = False

    def __bool__(self) -> bool:
        return bool(self.aliases or self.own)

    def condition(self) -> Q:
        condition = self._models(self.aliases)
        for owner, aliases in self.own:
            condition |= Q(user=owner) & self._models(aliases)
        return condition

    @staticmethod
    def _models(aliases: tuple[str, ...]) -> Q:
        return Q(model__in=["", *aliases]) if aliases else Q(pk__in=[])


class Claiming(GenerationQuerySet):
    """Claims by SQL that is kept from the last time."""

    def __init__(self, *args: Any, reach: Reach | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reach = reach or Reach()

    def _locked(self, window: int) -> "list[Generation]":
        key = (self._reach, window)
        claim = _claims.get(key)
        if claim is None:
            if len(_claims) >= MAX_CLAIMS:
                _claims.clear()
            # Held here: another thread may clear them all at any moment.
            claim = _claims[key] = KeptSelect(partial(_candidates, *key))
        return claim.rows()

    def _lease(self, rows: "list[Generation]", **values: Any) -> int:
        return _leasing(len(rows)).run(**values, **{f"id{number}": row.pk for number, row in enumerate(rows)})


def _candidates(reach: Reach, window: int) -> "models.QuerySet[Generation]":
    candidates = Generation.objects.filter(reach.condition()).fair()
    if reach.first:
        theirs = Case(When(user__in=reach.first, then=0), default=1)
        candidates = candidates.order_by(theirs, *candidates.query.order_by)
    if reach.memory:
        # By primary keys alone, however long the conversation is: question, the answer before it, who wrote that.
        before = Generation.objects.filter(
            message=OuterRef("message__parent__parent"), state=State.DONE, node__isnull=False
        ).order_by("-ended_at")
        candidates = candidates.annotate(
            last_node=Subquery(before.values("node")[:1], output_field=models.UUIDField()),
            last_model=Subquery(before.values("answered_by")[:1]),
        )
    if connection.features.has_select_for_update_skip_locked:
        candidates = candidates.select_for_update(skip_locked=True, of=("self",))
    return candidates[:window]


@cache
def _leasing(count: int) -> KeptUpdate:
    return KeptUpdate(
        lambda: Generation.objects.filter(
            pk__in=[given(Generation, "id", f"id{number}") for number in range(count)], state=State.QUEUED
        ),
        lambda: {
            **LEASING,
            **{name: given(Generation, name) for name in ("lease_owner", "lease_until", "node", "answered_by")},
        },
    )


class Generation(Leased):
    """One attempt-spanning answer: queued, leased, streaming, then done, failed or cancelled."""

    class Purpose(models.TextChoices):
        ANSWER = "answer", _("answer")
        TITLE = "title", _("title")
        SUMMARY = "summary", _("summary")

    class Sight(models.IntegerChoices):
        NONE = 0, _("no images")
        EARLIER = 1, _("images earlier in the conversation")
        ASKED = 2, _("images in the question itself")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="generations")
    message = models.ForeignKey(
        "chat.Message",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="generations",
        help_text=_("empty for titles and summaries"),
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="generations")
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.ANSWER)
    request = models.UUIDField(
        null=True, blank=True, help_text=_("made by the asking program, so that asking twice is harmless")
    )
    trace = models.CharField(
        max_length=64, blank=True, help_text=_("request id, the same in the logs of site and node")
    )
    model = models.CharField(max_length=100, blank=True, help_text=_("alias asked for; empty: any"))
    wants = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text=_("alias to be asked for once the site has had its turn; empty: any"),
    )
    sampling = models.JSONField(default=dict, blank=True)
    tools = ToolNamesField(null=True, blank=True, help_text=_("the tools that its model is offered; empty: none"))
    most_calls = models.PositiveSmallIntegerField(
        default=USUAL_CALLS, db_default=USUAL_CALLS, help_text=_("of tools, after which the model answers without")
    )
    step = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("how often it went on after calls of tools")
    )
    step_from = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("characters of its text that were there before this step, thinking too")
    )
    spent = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("tokens of earlier steps and of the tools themselves")
    )
    concurrency = models.PositiveSmallIntegerField(default=1, help_text=_("how many of this user's may run at once"))

    node = models.ForeignKey("chat.Node", models.SET_NULL, null=True, blank=True, related_name="generations")
    answered_by = models.CharField(max_length=100, blank=True, help_text=_("alias of the model that answered"))
    created = models.DateTimeField()
    started = models.DateTimeField(null=True, blank=True, help_text=_("first text"))
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
    window = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text=_("tokens that its model reads, noted where the conversation takes a good part of them"),
    )
    prompt_estimate = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("tokens that the site took what it sent for; noted as the window is")
    )
    left_out = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("messages that the site did not send, beside those the node trimmed")
    )
    summarised = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("messages in whose place a summary was sent")
    )
    continues = models.BooleanField(
        default=False, db_default=False, help_text=_("it goes on with text that its message had before")
    )
    thinking_length = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("characters the model thought, once it has ended")
    )
    file_asked = models.BooleanField(
        default=False, db_default=False, help_text=_("its question asks for a file or a text")
    )
    blind = models.BooleanField(
        default=False, db_default=False, help_text=_("its reader is not told which model writes")
    )
    tool_calls = models.JSONField(
        null=True, blank=True, help_text=_("tools the model asked for, when it ended with that")
    )
    remembered = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("the site gave an answer again that it knew, and no model was asked"),
    )
    routed = models.JSONField(
        null=True, blank=True, help_text=_("the route that was chosen for it, and why; empty: none was")
    )
    # Referred to by content: no constraint, since every answer writes it, and no index, since only a purge asks the other way round.
    composition = models.ForeignKey(
        "chat.Composition", models.DO_NOTHING, null=True, blank=True, default=EMPTY_COMPOSITION, related_name="+",
        db_constraint=False, db_index=False, help_text=_("system prompt that the model read; empty: not known"),
    )  # fmt: skip
    sight = models.PositiveSmallIntegerField(
        choices=Sight.choices,
        default=Sight.NONE,
        db_default=Sight.NONE,
        help_text=_("whether there are images to look at"),
    )
    images_left_out = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("older images for which there was no room")
    )
    images_unseen = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("images that the model was not shown, since it does not see")
    )

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
        default=0, db_default=0, help_text=_("how much of it, from its beginning, is thinking")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "offset"], name="chunk_offset_once")]
        ordering = ["offset"]

    def __str__(self) -> str:
        return f"{len(self.text)} characters at {self.offset}"
