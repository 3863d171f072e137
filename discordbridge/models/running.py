"""Which process runs the bot."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BotLease(models.Model):
    """One row: two bots with one token would answer everything twice."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    owner = models.CharField(max_length=64, blank=True)
    until = models.DateTimeField()
    alive = models.DateTimeField(null=True, blank=True, help_text=_("when the bot last heard of everything"))

    commands = models.CharField(
        max_length=64, blank=True, default="", help_text=_("digest of the commands that Discord knows")
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="bot_lease_one_row")]

    def __str__(self) -> str:
        return f"the bot is run by {self.owner or 'nobody'}"
