"""Conversation flows: steps that the site goes through with a person before a model answers, every saved change a version."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.verbatim import VerbatimJSONField


class Flow(models.Model):
    """Conversations are begun with ``current``; those under way go on with the version they were begun with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100, help_text=_("for operators; nobody else sees it"))
    current = models.ForeignKey("chat.FlowVersion", models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("conversation flow")
        verbose_name_plural = _("conversation flows")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class FlowVersion(models.Model):
    """The steps after one change, never written again; they outlive the flow, for the conversations that go through them.
    ``steps`` are in the form of :mod:`chat.flows.steps`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    flow = models.ForeignKey(Flow, models.SET_NULL, null=True, blank=True, related_name="versions")
    number = models.PositiveIntegerField()
    steps = VerbatimJSONField(default=list)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="flow_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of flow {self.flow_id}"


class PersonaFlow(models.Model):
    """Conversations with ``persona`` begin with ``flow``."""

    persona = models.OneToOneField("chat.Persona", models.CASCADE, related_name="begins_with")
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="personas")

    class Meta:
        verbose_name = _("persona that begins with it")
        verbose_name_plural = _("personas that begin with it")

    def __str__(self) -> str:
        return f"flow of persona {self.persona_id}"
