"""Nodes: paired inference clients, what they offer, and the one-time codes that pair them. Only public keys are kept."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Node(models.Model):
    """A paired inference client. ``session`` names the site process and connection that hold its link now; empty: not
    connected.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="nodes")
    public_key = models.BinaryField(max_length=32, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    revoked = models.DateTimeField(null=True, blank=True)
    paused = models.BooleanField(default=False, help_text=_("finishes what it runs, gets nothing new"))
    session = models.CharField(max_length=64, blank=True, default="")
    connected_at = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(null=True, blank=True)
    client_version = models.CharField(max_length=40, blank=True)
    platform = models.CharField(max_length=200, blank=True)
    backend = models.CharField(max_length=40, blank=True)

    weight = models.PositiveSmallIntegerField(
        default=10, help_text=_("twice the weight, twice the share of work; 0: only what no other machine can take")
    )
    max_slots = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("answers it writes at once, over all models; empty: as many as it has slots")
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text=_("in the site's time zone"))
    quiet_until = models.TimeField(null=True, blank=True, help_text=_("may be past midnight"))
    own_only = models.BooleanField(default=False, help_text=_("answers its owner alone"))
    owner_first = models.BooleanField(default=False, help_text=_("its owner goes before everybody else on it"))
    notes = models.TextField(blank=True)

    said_state = models.CharField(
        max_length=10, default="open", help_text=_("open, paused or draining, as it says itself")
    )
    said_why = models.CharField(max_length=20, blank=True, default="")
    said_slots = models.PositiveSmallIntegerField(null=True, blank=True)
    said_own_only = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("inference client")

    def __str__(self) -> str:
        return self.name


class NodeModel(models.Model):
    """A model that a node offers, as it said itself. Speeds in tokens per second, empty until measured."""

    node = models.ForeignKey(Node, models.CASCADE, related_name="models")
    alias = models.CharField(max_length=100)
    context_length = models.PositiveIntegerField()
    slots = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    quantisation = models.CharField(max_length=32, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    parameters = models.PositiveBigIntegerField(default=0)
    prompt_tps = models.FloatField(null=True, blank=True)
    generation_tps = models.FloatField(null=True, blank=True)
    kind = models.CharField(max_length=10, default="chat", help_text=_("chat, embedding, speech or image"))
    loaded = models.BooleanField(default=True, help_text=_("in the machine's memory now"))
    vision = models.BooleanField(default=False)
    tools = models.BooleanField(default=False)
    thinking = models.CharField(max_length=10, default="none", help_text=_("none, boolean or level"))
    dimensions = models.PositiveIntegerField(null=True, blank=True, help_text=_("of an embedding model's vectors"))
    breaker = models.CharField(
        max_length=10, blank=True, default="", help_text=_("open or half_open while it fails too often")
    )
    breaker_until = models.DateTimeField(null=True, blank=True, help_text=_("when it gets work again, to try"))

    class Meta:
        ordering = ["alias"]
        verbose_name = _("model of an inference client")
        verbose_name_plural = _("models of inference clients")
        constraints = [models.UniqueConstraint(fields=["node", "alias"], name="node_model_once")]

    def __str__(self) -> str:
        return f"{self.alias} on {self.node}"


class NodeSample(models.Model):
    """What a node did in the minute that began ``at``, as far as it has reported it on one link.

    ``seconds`` of the minute are covered. Tokens, requests and errors are sums, ``busy``, ``waiting`` and what the system
    tells are the latest: memory in bytes, utilisation from 0 to 1, temperature in degrees Celsius, empty when unknown.
    ``by_model``: the same by alias.
    """

    node = models.ForeignKey(Node, models.CASCADE, related_name="samples")
    session = models.CharField(max_length=64)
    at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    cached_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    requests = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)
    busy = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    uptime = models.FloatField(default=0)
    reconnections = models.PositiveBigIntegerField(default=0)
    memory = models.PositiveBigIntegerField(null=True)
    memory_free = models.PositiveBigIntegerField(null=True)
    gpu_utilisation = models.FloatField(null=True)
    gpu_memory = models.PositiveBigIntegerField(null=True)
    temperature = models.FloatField(null=True)
    by_model = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], name="node_sample_at")]
        constraints = [models.UniqueConstraint(fields=["node", "session", "at"], name="node_sample_once")]

    def __str__(self) -> str:
        return f"{self.node_id} at {self.at:%Y-%m-%d %H:%M}"


class PairingCode(models.Model):
    """A one-time code, hashed at rest. Used by a conditional update, so it pairs one machine only."""

    code_hash = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True)
    node = models.ForeignKey(Node, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"pairing code of {self.created:%Y-%m-%d %H:%M}"
