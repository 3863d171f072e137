"""Nodes: paired inference clients, what they offer, and the one-time codes that pair them. Only public keys are kept."""

import uuid

from django.conf import settings
from django.db import models


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
    paused = models.BooleanField(default=False, help_text="finishes what it runs, gets nothing new")
    session = models.CharField(max_length=64, blank=True, default="")
    connected_at = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(null=True, blank=True)
    client_version = models.CharField(max_length=40, blank=True)
    platform = models.CharField(max_length=200, blank=True)
    backend = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "inference client"

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
    kind = models.CharField(max_length=10, default="chat", help_text="chat, embedding, speech or image")
    loaded = models.BooleanField(default=True, help_text="in the machine's memory now")
    vision = models.BooleanField(default=False)
    tools = models.BooleanField(default=False)
    thinking = models.CharField(max_length=10, default="none", help_text="none, boolean or level")
    dimensions = models.PositiveIntegerField(null=True, blank=True, help_text="of an embedding model's vectors")

    class Meta:
        ordering = ["alias"]
        verbose_name = "model of an inference client"
        verbose_name_plural = "models of inference clients"
        constraints = [models.UniqueConstraint(fields=["node", "alias"], name="node_model_once")]

    def __str__(self) -> str:
        return f"{self.alias} on {self.node}"


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
