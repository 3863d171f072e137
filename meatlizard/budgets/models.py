"""The ledger of tokens: what each person may use in a week, and what is set aside for answers under way."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class WeeklyUse(models.Model):
    """One person's week, which begins on the Monday ``week``. ``reserved`` is the sum of the open reservations in it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="weekly_uses")
    week = models.DateField()
    used = models.PositiveBigIntegerField(default=0, help_text=_("tokens that models have read and written"))
    reserved = models.PositiveBigIntegerField(default=0, help_text=_("set aside for answers under way"))
    granted = models.PositiveBigIntegerField(default=0, help_text=_("given on top of the tier's budget"))

    class Meta:
        ordering = ["-week", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "week"], name="weekly_use_once")]

    def __str__(self) -> str:
        return f"{self.user} in the week of {self.week}"


class Reservation(models.Model):
    """Tokens set aside for one piece of work, by its key. The row goes when they are used or refunded.

    With ``expires`` nobody may be left to say how the work ended: from then on it costs what is ``owed``.
    """

    key = models.UUIDField(primary_key=True)
    use = models.ForeignKey(WeeklyUse, models.CASCADE, related_name="reservations")
    tokens = models.PositiveBigIntegerField()
    created = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True)
    owed = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text=_("what it costs if nobody says more of it")
    )

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["expires"], name="reservation_expires", condition=models.Q(expires__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.tokens} tokens"


class Grant(models.Model):
    """Tokens given to a person for the week in which they were given."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="token_grants")
    tokens = models.PositiveBigIntegerField()
    note = models.CharField(max_length=200, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.tokens} tokens for {self.user}"
