"""Rules, the alerts that came of them, and whom they were told."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MINUTES = [MinValueValidator(1), MaxValueValidator(120)]


class Severity(models.IntegerChoices):
    WARNING = 1, _("warning")
    CRITICAL = 2, _("critical")


class Rule(models.Model):
    """Over the mean of one curve in the last ``minutes``. ``figure`` is the key of a chart, ``split`` by what label it is looked at in
    parts. It begins to be bad beyond ``limit`` and is good again beyond ``clear``; in between it stays as it was.
    """

    class Side(models.TextChoices):
        ABOVE = "above", _("above the limit")
        BELOW = "below", _("below the limit")

    name = models.CharField(_("name"), max_length=80)
    enabled = models.BooleanField(_("enabled"), default=True)
    figure = models.CharField(_("figure"), max_length=40)
    split = models.CharField(_("looked at"), max_length=20, blank=True)
    side = models.CharField(_("bad when"), max_length=5, choices=Side.choices, default=Side.ABOVE)
    limit = models.FloatField(_("limit"))
    clear = models.FloatField(
        _("good again at"),
        null=True,
        blank=True,
        help_text=_("empty: at the limit; further away, so that it does not flap"),
    )
    minutes = models.PositiveSmallIntegerField(
        _("mean of minutes"), default=5, validators=MINUTES, help_text=_("of so many past minutes")
    )
    pending = models.PositiveIntegerField(
        _("seconds before it is told"), default=60, help_text=_("so long it must have been bad, or good again")
    )
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.WARNING)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something that is bad, from its first sight to its end. ``source`` is the rule or the part of the site that says so, ``subject``
    of what; of one pair no two are open at once. ``good``: since when it has been good again without having been called over.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("seen, and not told yet")
        FIRING = "firing", _("told")
        OVER = "over", _("over")

    source = models.CharField(max_length=60)
    subject = models.CharField(_("of"), max_length=120, blank=True)
    rule = models.ForeignKey(Rule, models.SET_NULL, null=True, blank=True, related_name="alerts")
    title = models.CharField(_("title"), max_length=120)
    words = models.CharField(_("what was seen"), max_length=400, blank=True)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.WARNING)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.PENDING)
    began = models.DateTimeField(_("began"))
    fired = models.DateTimeField(_("told at"), null=True, blank=True)
    good = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    told = models.DateTimeField(null=True, blank=True, help_text=_("when it was told last"))
    acknowledged = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-began"]
        constraints = [
            models.UniqueConstraint(fields=["source", "subject"], condition=~Q(state="over"), name="alert_open_once")
        ]
        indexes = [models.Index(fields=["-began"], name="alert_began")]

    def __str__(self) -> str:
        return f"{self.title} ({self.subject})" if self.subject else self.title


class Channel(models.Model):
    """Whom alerts are told, and how. ``address`` is sealed: that of a Discord webhook is a secret in itself."""

    class Kind(models.TextChoices):
        MAIL = "mail", _("e-mail")
        DISCORD = "discord", _("Discord channel (webhook)")
        NTFY = "ntfy", _("ntfy")
        WEBHOOK = "webhook", _("webhook")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    address = models.TextField(editable=False)
    secret = models.TextField(blank=True, editable=False)
    least = models.PositiveSmallIntegerField(_("from severity"), choices=Severity.choices, default=Severity.WARNING)
    repeat = models.PositiveSmallIntegerField(
        _("again after hours"), default=0, help_text=_("while nobody has acknowledged it; 0: told once")
    )
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("alert channel")
        verbose_name_plural = _("alert channels")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one channel. ``due``: when it is tried next; while one tries, until when others leave it alone."""

    class Event(models.TextChoices):
        FIRED = "fired", _("began")
        AGAIN = "again", _("still so")
        OVER = "over", _("over")
        TEST = "test", _("test")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    alert = models.ForeignKey(Alert, models.CASCADE, null=True, blank=True, related_name="deliveries")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="deliveries")
    event = models.CharField(_("event"), max_length=5, choices=Event.choices)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created = models.DateTimeField(_("created"))
    due = models.DateTimeField()
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("alert message")
        verbose_name_plural = _("alert messages")
        ordering = ["-created"]
        indexes = [models.Index(fields=["due"], name="delivery_due", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.event} to {self.channel}"
