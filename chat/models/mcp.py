"""Servers of the Model Context Protocol that operators connected, and the tools that they said they have."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

SERVER_NAME = 20


class McpServer(models.Model):
    """``secrets``: a sealed JSON object, variables of the program's environment or headers of each request. ``wanted``: its tools are
    to be read by whichever process comes first.
    """

    class Kind(models.TextChoices):
        STDIO = "stdio", _("a program on this machine")
        HTTP = "http", _("an address")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(
        max_length=SERVER_NAME,
        unique=True,
        validators=[
            RegexValidator(r"\A[a-z0-9](-?[a-z0-9])*\Z", _("Small letters, digits, and hyphens between them."))
        ],
        help_text=_("its tools are called by this name, two underlines and their own"),
    )
    kind = models.CharField(max_length=5, choices=Kind.choices)
    command = models.CharField(
        max_length=400, blank=True, help_text=_("one of those that MCP_COMMANDS names in the site's settings")
    )
    arguments = models.JSONField(default=list, blank=True)
    address = models.CharField(max_length=2000, blank=True, help_text=_("https://… where its one endpoint is"))
    private = models.BooleanField(
        _("in a private network"), default=False, help_text=_("it may be on this machine or in a network of yours")
    )
    secrets = models.TextField(blank=True, editable=False)
    enabled = models.BooleanField(default=True)
    seconds = models.PositiveSmallIntegerField(
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(300)],
        help_text=_("how long one call may take"),
    )
    wanted = models.BooleanField(default=True, editable=False)
    read = models.DateTimeField(null=True, blank=True, editable=False, help_text=_("when its tools were read last"))
    problem = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("MCP server")
        verbose_name_plural = _("MCP servers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class McpTool(models.Model):
    """What a server calls ``name`` and models ``tool``. ``fingerprint`` is of all that the server says of it, ``accepted`` the one that
    an operator has looked at: while they differ, nobody may call it.
    """

    server = models.ForeignKey(McpServer, models.CASCADE, related_name="tools")
    name = models.CharField(max_length=128)
    tool = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    parameters = models.TextField(default="{}")
    fingerprint = models.CharField(max_length=64)
    accepted = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=300, blank=True, help_text=_("why it cannot be used"))
    gone = models.BooleanField(default=False, help_text=_("the server does not have it any more"))

    class Meta:
        ordering = ["tool"]
        constraints = [models.UniqueConstraint(fields=["server", "name"], name="mcp_tool_once")]

    def __str__(self) -> str:
        return self.tool
