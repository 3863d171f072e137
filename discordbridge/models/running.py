"""Which process runs the bot."""

from django.db import models


class BotLease(models.Model):
    """One row: two bots with one token would answer everything twice."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    owner = models.CharField(max_length=64, blank=True)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="bot_lease_one_row")]

    def __str__(self) -> str:
        return f"the bot is run by {self.owner or 'nobody'}"
