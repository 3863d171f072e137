"""Rule sets, each with a switch that is off at first, and what the operator has decided about moderation as a whole."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.IntegerChoices):
    """What a match leads to. Of several the greatest number wins."""

    ALLOW = 0, _("allow: what it matches is left alone by the rules after it")
    FLAG = 1, _("flag: let through, shown to moderators")
    MASK = 2, _("mask: what it matches is blacked out")
    BLOCK = 3, _("block: refused, or withheld")
    SUSPEND = 4, _("suspend: blocked, and the account is suspended")


class Scope(models.TextChoices):
    IN = "in", _("what people write")
    OUT = "out", _("what models answer")
    BOTH = "both", _("both")


class RuleSet(models.Model):
    """Rules with one switch. ``services`` names where they hold; empty: everywhere."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    note = models.TextField(_("note"), blank=True, help_text=_("for other moderators"))
    enabled = models.BooleanField(_("switched on"), default=False)
    scope = models.CharField(_("what it looks at"), max_length=4, choices=Scope.choices, default=Scope.BOTH)
    services = models.JSONField(_("services"), default=list, blank=True, help_text=_("none chosen: all of them"))
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("sets with small numbers go first"))
    updated = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["order", "name"]
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")

    def __str__(self) -> str:
        return self.name


class Rule(models.Model):
    """One rule. Which fields count depends on its kind, see :mod:`meatlizard.moderation.drafts`."""

    class Kind(models.TextChoices):
        WORDS = "words", _("words and phrases")
        PATTERN = "pattern", _("regular expression")
        SAME = "same", _("the same text again and again")
        MANY = "many", _("many messages in a short time")
        LINKS = "links", _("many links in one text")
        CLASSIFIER = "classifier", _("a model judges")

    class Fallback(models.TextChoices):
        PASS = "pass", _("let it pass")
        HOLD = "hold", _("hold it back")

    rule_set = models.ForeignKey(RuleSet, models.CASCADE, related_name="rules")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.WORDS)
    action = models.PositiveSmallIntegerField(_("action"), choices=Action.choices, default=Action.FLAG)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    words = models.TextField(_("words"), blank=True, help_text=_("one word or phrase a line; whole words, any case"))
    lookalikes = models.BooleanField(
        _("look-alikes too"), default=False, help_text=_("accents, letters of other scripts and digits that look alike")
    )
    pattern = models.CharField(
        _("regular expression"), max_length=1_000, blank=True, help_text=_("RE2 syntax, any case unless it begins with (?-i)")
    )  # fmt: skip
    limit = models.PositiveSmallIntegerField(
        _("how many"), null=True, blank=True, help_text=_("texts, messages or links from which on it matches")
    )
    minutes = models.PositiveSmallIntegerField(_("within minutes"), null=True, blank=True)
    instructions = models.TextField(_("what the model is to find"), blank=True, max_length=4_000)
    model = models.CharField(_("model"), max_length=100, blank=True, help_text=_("empty: whichever is there"))
    seconds = models.PositiveSmallIntegerField(_("seconds it may take"), null=True, blank=True)
    fallback = models.CharField(
        _("when no model answers in time"), max_length=4, choices=Fallback.choices, default=Fallback.PASS
    )
    days = models.PositiveSmallIntegerField(
        _("days of suspension"), null=True, blank=True, help_text=_("empty: until a moderator lifts it")
    )
    message = models.CharField(
        _("what the person is told"), max_length=300, blank=True, help_text=_("empty: the name of the rule set")
    )

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.name


class Policy(models.Model):
    """One row: what holds for all of moderation. ``version`` changes with every rule, set and policy; processes compare it to
    know whether what they remember still holds.
    """

    class Context(models.TextChoices):
        MATCHED = "matched", _("only the part that a rule matched, or what was reported")
        MESSAGE = "message", _("the whole text")
        AROUND = "around", _("the whole text and what stands around it")

    context = models.CharField(
        _("what moderators may read"), max_length=7, choices=Context.choices, default=Context.MATCHED
    )
    hold_answers = models.BooleanField(
        _("hold answers until they are checked"), default=False,
        help_text=_("text appears a little later, and nothing that a rule blocks is seen for a moment"),
    )  # fmt: skip
    reports = models.BooleanField(_("people may report"), default=True, help_text=_("answers and shared pages"))
    case_days = models.PositiveIntegerField(
        _("days that decided cases are kept"), default=180, help_text=_("0: for ever")
    )
    audit_days = models.PositiveIntegerField(
        _("days that the audit is kept"), default=730, help_text=_("0: for ever")
    )  # fmt: skip
    version = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policy")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="policy_once")]

    def __str__(self) -> str:
        return str(_("Policy of moderation"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)
