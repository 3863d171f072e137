"""What models are told before a conversation: the site's texts, people's own, and what each answer's model has read."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

EMPTY_COMPOSITION = uuid.UUID("4f53cda1-8c2b-aa0c-0354-bb5f9a3ecbe5")
"""Digest of no layers at all. It has no row: there is nothing to keep."""


class SiteText(models.Model):
    """One version of a text that the site puts before conversations; of each ``kind`` the newest is in force. Rows are only added.

    ``stamp`` tells processes that hold all texts in memory whether theirs are still the newest.
    """

    class Kind(models.TextChoices):
        ROLE = "role", _("Role: who the model is, where no persona says so")
        PROTOCOL = "protocol", _("Protocol: how this site works, and what the model may say of itself")
        TASK_ANSWER = "task-answer", _("Task: answering")
        TASK_TITLE = "task-title", _("Task: writing a title")
        TASK_SUMMARY = "task-summary", _("Task: summarising")
        FORMAT_WEB = "format-web", _("Format: answers read on the web")
        FORMAT_DISCORD = "format-discord", _("Format: answers read in Discord")

    class Mode(models.TextChoices):
        SHIPPED = "shipped", _("as shipped")
        OWN = "own", _("this text")
        OFF = "off", _("switched off")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    version = models.PositiveIntegerField()
    mode = models.CharField(max_length=10, choices=Mode.choices)
    text = models.TextField(blank=True)
    created = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    stamp = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="site_text_version_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class OwnText(models.Model):
    """What one person wants every model to know, and how they want to be answered."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="own_text")
    about = models.TextField(blank=True)
    answers = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    changed = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        # Not the text: it is for models, not for operators.
        return f"own text {self.pk}"


class Composition(models.Model):
    """A system prompt that models have read, once for all answers under it. ``layers``: a list of name, source, version, text and cut.

    ``seen``: when a process last put it down; each does so again after a while, so that what is long unseen and unreferred to may go.
    """

    digest = models.UUIDField(primary_key=True, editable=False)
    layers = models.JSONField()
    seen = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["seen"], name="composition_seen")]

    def __str__(self) -> str:
        return f"composition {self.digest}"
