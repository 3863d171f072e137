"""Clicks: one row each for as long as the operator keeps them, and counts by the hour for good.

A click arrives in a batch, and a batch is counted once (:mod:`shortener.rollup`); figures are the counts plus what is not counted yet.
No address of a person is in any of these.
"""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shortener.models.links import Link

TEXT = 120
"""Characters of a referrer, browser and the like that are kept."""


class ClickBatch(models.Model):
    """What one process recorded within a moment, stored as a whole or not at all. The key is made before it is stored, so that a
    batch whose fate was unclear can be stored again without being counted twice.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4)
    stored = models.DateTimeField()
    counted = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["counted"], name="click_uncounted", condition=models.Q(counted=False))]

    def __str__(self) -> str:
        return str(self.key)


class Click(models.Model):
    """One answered redirect. ``visitor`` is a hash under a salt of the day, empty where the person asked not to be tracked.
    ``route``: which rule decided, and which of its targets (``2b``); empty: the link's own target.
    """

    batch = models.ForeignKey(ClickBatch, models.DO_NOTHING, related_name="clicks", db_constraint=False)
    # Without a constraint: a click may be stored after its link is gone, and deleting a link must not take as long as it was popular.
    # What is left is swept away (:func:`shortener.rollup.sweep`).
    link = models.ForeignKey(Link, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    at = models.DateTimeField()
    bot = models.BooleanField()
    visitor = models.CharField(max_length=16, blank=True)
    referrer = models.CharField(max_length=TEXT, blank=True, help_text=_("its host"))
    country = models.CharField(max_length=2, blank=True)
    browser = models.CharField(max_length=TEXT, blank=True)
    system = models.CharField(max_length=TEXT, blank=True)
    device = models.CharField(max_length=TEXT, blank=True)
    language = models.CharField(max_length=20, blank=True)
    route = models.CharField(max_length=8, blank=True)

    class Meta:
        indexes = [models.Index(fields=["link", "at"], name="click_list")]

    def __str__(self) -> str:
        return f"{self.link_id} at {self.at:%Y-%m-%d %H:%M}"


class Dimension(models.IntegerChoices):
    """What clicks are counted by."""

    ALL = 0, _("clicks")
    REFERRER = 1, _("referrer")
    COUNTRY = 2, _("country")
    BROWSER = 3, _("browser")
    SYSTEM = 4, _("system")
    DEVICE = 5, _("device")
    LANGUAGE = 6, _("language")
    ROUTE = 7, _("rule")
    VISITORS = 8, _("visitors")


class HourCount(models.Model):
    """Clicks of one link in one hour by one value of one dimension. Of VISITORS there is one a day, at its first hour."""

    link = models.ForeignKey(Link, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    hour = models.DateTimeField()
    dimension = models.PositiveSmallIntegerField(choices=Dimension.choices)
    value = models.CharField(max_length=TEXT, blank=True)
    bot = models.BooleanField()
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "dimension", "hour", "value", "bot"], name="hour_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.hour:%Y-%m-%d %H} {self.value}: {self.count}"


class Salt(models.Model):
    """A day's secret, deleted with the next day's end: after that nobody can find out whether an address was a visitor."""

    day = models.DateField(primary_key=True)
    value = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.day}"


class ClosedDay(models.Model):
    """A day whose visitors are counted for good, so that its clicks may be deleted."""

    day = models.DateField(primary_key=True)

    def __str__(self) -> str:
        return f"{self.day}"
