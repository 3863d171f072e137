"""Incidents, as operators tell everybody of them on the status page."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_TEXT = 2_000


class Incident(models.Model):
    """``state`` and ``ended`` follow from the newest of its updates. ``parts``: names of the components that it touches."""

    class Impact(models.TextChoices):
        NONE = "none", _("nothing is impaired")
        SOME = "some", _("something is impaired")
        MUCH = "much", _("the site cannot be used")
        PLANNED = "planned", _("planned work")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        LOOKING = "looking", _("being looked into")
        FOUND = "found", _("the cause is known")
        WATCHED = "watched", _("mended, and watched")
        OVER = "over", _("over")

    title = models.CharField(_("title"), max_length=120)
    impact = models.CharField(_("impact"), max_length=7, choices=Impact.choices, default=Impact.SOME)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.LOOKING, editable=False)
    parts = models.JSONField(_("parts"), default=list, blank=True)
    began = models.DateTimeField(_("began"), default=timezone.now)
    ended = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-began"]
        indexes = [models.Index(fields=["-began"], name="incident_began")]

    def __str__(self) -> str:
        return self.title


class IncidentUpdate(models.Model):
    """What operators knew at a moment. Shown to everybody as plain text."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="updates")
    at = models.DateTimeField(_("when"), default=timezone.now)
    state = models.CharField(_("state"), max_length=7, choices=Incident.State.choices, default=Incident.State.LOOKING)
    text = models.TextField(_("text"), max_length=MAX_TEXT)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.text[:60]}"
