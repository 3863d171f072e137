"""Guilds that the bot is in, with what their administrators have set."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Guild(models.Model):
    """One Discord server. ``id`` is its snowflake; so are the ids in its lists, and whatever is called channel or category."""

    class Maintenance(models.TextChoices):
        OFF = "off", _("off")
        SOFT = "soft", _("soft: answers under way end, no new question is taken")
        HARD = "hard", _("hard: answers under way are stopped, too")

    class SessionKind(models.TextChoices):
        CHANNEL = "channel", _("a private channel")
        THREAD = "thread", _("a private thread")

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=100, blank=True)
    joined = models.DateTimeField(auto_now_add=True)
    left = models.DateTimeField(null=True, blank=True, help_text=_("when the bot was removed from it"))
    enabled = models.BooleanField(default=True, help_text=_("whether its members' questions are taken"))
    maintenance = models.CharField(max_length=4, choices=Maintenance.choices, default=Maintenance.OFF)
    session_kind = models.CharField(max_length=7, choices=SessionKind.choices, default=SessionKind.CHANNEL)
    thread_home = models.BigIntegerField(
        null=True,
        blank=True,
        help_text=_("the channel under which private threads are opened; empty: where /chat was used"),
    )
    categories = models.JSONField(
        default=list, blank=True, help_text=_("categories of private channels, in the order in which they were made")
    )
    oversight_categories = models.JSONField(
        default=list, blank=True, help_text=_("categories of the channels that mirror web sessions")
    )
    mirror = models.BooleanField(
        default=False, help_text=_("whether web sessions are mirrored here; one guild at most")
    )
    mirrored_since = models.DateTimeField(
        null=True, blank=True, help_text=_("nothing that was said before is mirrored: nobody had been told")
    )
    admin_roles = models.JSONField(
        default=list, blank=True, help_text=_("roles that see private channels and may use /admin")
    )
    memory_channels = models.JSONField(default=list, blank=True, help_text=_("channels whose messages are remembered"))
    metrics_channel = models.BigIntegerField(null=True, blank=True)
    transcripts_channel = models.BigIntegerField(null=True, blank=True)
    options = models.JSONField(default=dict, blank=True, help_text=_("what parts of the bridge keep for this guild"))

    class Meta:
        ordering = ["joined"]
        constraints = [
            models.UniqueConstraint(fields=["mirror"], condition=models.Q(mirror=True), name="guild_mirror_once")
        ]

    def __str__(self) -> str:
        return self.name or str(self.pk)

    @property
    def closed_for(self) -> str:
        """Why questions are not taken: ``disabled``, ``maintenance``, or "" when they are."""
        if not self.enabled:
            return "disabled"
        return "" if self.maintenance == self.Maintenance.OFF else "maintenance"
