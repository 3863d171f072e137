"""Measurements added up: a row for each series and minute, hour, day, and since ever; and the processes that measure."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Series(models.Model):
    """A name with its labels, as a JSON object with sorted keys."""

    class Kind(models.TextChoices):
        SUM = "sum", _("sum: what was added counts")
        LEVEL = "level", _("level: what was seen at moments")
        MARK = "mark", _("mark: a minute counts once, however many processes say so")

    name = models.CharField(max_length=80)
    labels = models.CharField(max_length=800, default="{}")
    kind = models.CharField(max_length=5, choices=Kind.choices)

    class Meta:
        verbose_name_plural = _("series")
        ordering = ["name", "labels"]
        constraints = [models.UniqueConstraint(fields=["name", "labels"], name="series_once")]

    def __str__(self) -> str:
        return f"{self.name}{self.labels}"


class Rollup(models.Model):
    """What was measured from ``at`` (seconds since 1970) on, for ``step`` seconds; step nought: since ever. ``n``: how often something
    was added or seen; ``total`` of it, ``least`` and ``most`` of levels.
    """

    class Step(models.IntegerChoices):
        EVER = 0, _("since ever")
        MINUTE = 60, _("minute")
        HOUR = 3_600, _("hour")
        DAY = 86_400, _("day")

    series = models.ForeignKey(Series, models.CASCADE, related_name="rollups")
    step = models.PositiveIntegerField(choices=Step.choices)
    at = models.PositiveBigIntegerField()
    n = models.PositiveBigIntegerField()
    total = models.FloatField()
    least = models.FloatField(null=True)
    most = models.FloatField(null=True)

    class Meta:
        ordering = ["-at", "series"]
        constraints = [models.UniqueConstraint(fields=["series", "step", "at"], name="rollup_once")]
        indexes = [models.Index(fields=["step", "at"], name="rollup_step_at")]

    def __str__(self) -> str:
        return f"{self.series_id} at {self.at} for {self.step} s"


class Reporter(models.Model):
    """One process from its start to its end. ``batch``: the number of the last one that was stored of it; ``levels``: what it measures
    now, as lists of name, labels and value.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, help_text=_("the command that runs it"))
    machine = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    began = models.DateTimeField()
    seen = models.DateTimeField()
    batch = models.PositiveBigIntegerField(default=0)
    levels = models.JSONField(default=list)

    class Meta:
        verbose_name = _("measuring process")
        verbose_name_plural = _("measuring processes")
        ordering = ["-seen"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pid} on {self.machine}"
