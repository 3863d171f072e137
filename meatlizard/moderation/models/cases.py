"""What moderators look at, what they decide, and what people say to that."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from meatlizard.moderation.models.rules import Action, Rule


class Case(models.Model):
    """Something that a rule found, a person reported or a moderator did. ``target`` is the service's own name of the thing, empty
    where nothing was stored; ``kept`` is its text where it is shown otherwise or no more.
    """

    class Origin(models.TextChoices):
        RULE = "rule", _("a rule")
        REPORT = "report", _("a report")
        MODERATOR = "moderator", _("a moderator")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DISMISSED = "dismissed", _("dismissed")
        CONFIRMED = "confirmed", _("confirmed")

    class Content(models.TextChoices):
        """How the thing stands now."""

        SHOWN = "shown", _("shown")
        MASKED = "masked", _("masked")
        WITHHELD = "withheld", _("withheld")
        WAITING = "waiting", _("withheld until it is checked")
        REFUSED = "refused", _("refused, not stored")
        DELETED = "deleted", _("deleted")

    class Reason(models.TextChoices):
        HARM = "harm", _("dangerous or hurtful")
        ILLEGAL = "illegal", _("against the law")
        PRIVATE = "private", _("somebody's private affairs")
        SPAM = "spam", _("advertising or deception")
        WRONG = "wrong", _("badly wrong")
        OTHER = "other", _("something else")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created = models.DateTimeField(db_index=True)
    origin = models.CharField(max_length=9, choices=Origin.choices)
    service = models.CharField(max_length=20)
    direction = models.CharField(max_length=3, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="moderation_cases", help_text=_("whom it is about")
    )  # fmt: skip
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    rule = models.ForeignKey(Rule, models.SET_NULL, null=True, related_name="+")
    rule_name = models.CharField(max_length=170, blank=True)
    action = models.PositiveSmallIntegerField(choices=Action.choices, null=True)
    target = models.CharField(max_length=100, blank=True)
    place = models.CharField(max_length=100, blank=True)
    matched = models.TextField(blank=True)
    spans = models.JSONField(default=list)
    kept = models.TextField(blank=True)
    told = models.CharField(max_length=300, blank=True, help_text=_("what the person was told"))
    reason = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    comment = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    times = models.PositiveIntegerField(default=1)
    content = models.CharField(max_length=8, choices=Content.choices, default=Content.SHOWN)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True, help_text=_("number of the account; it may be gone"))

    class Meta:
        ordering = ["-created"]
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        permissions = [
            ("review", "Can review what rules and people report"),
            ("manage", "Can change rules and the policy of moderation"),
        ]
        indexes = [
            models.Index(fields=["-created"], name="case_open", condition=Q(state="open")),
            models.Index(fields=["service", "target"], name="case_target", condition=~Q(target="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "digest"], name="case_once_while_open", condition=Q(state="open") & ~Q(digest="")
            )
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class Sanction(models.Model):
    """A warning or a suspension. ``until`` None: until it is lifted."""

    class Kind(models.TextChoices):
        WARNING = "warning", _("warning")
        SUSPENSION = "suspension", _("suspension")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sanctions")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, related_name="sanctions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=500)
    created = models.DateTimeField()
    created_by = models.BigIntegerField(null=True, help_text=_("number of the account; empty: a rule"))
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Appeal(models.Model):
    """What a person says against one case, and a moderator's answer. One a case."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for a moderator")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")

    case = models.OneToOneField(Case, models.CASCADE, related_name="appeal")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="appeals")
    text = models.TextField()
    created = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-created"]
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")

    def __str__(self) -> str:
        return f"appeal {self.pk}"
