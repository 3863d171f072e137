"""Who watches what, and what is counted of it. Viewings go after two days; what stays are sums that name nobody."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from video.models.videos import Video


class Viewing(models.Model):
    """What one viewer watches of a video at a stretch, which begins in ``hour`` and goes on through the next ones.

    ``viewer`` is an account or a guest's random session. ``started``: since when time passes that may have been watched; ``spent``:
    seconds of it that were. ``covered``: pieces ``[from, to]`` of the video in seconds; ``reached``: its buckets, as bits in hexadecimal.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("a person")
        OWNER = "owner", _("its owner")
        BOT = "bot", _("a bot")

    video = models.ForeignKey(Video, models.CASCADE, related_name="viewings")
    viewer = models.CharField(max_length=40)
    hour = models.DateTimeField()
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.PERSON)
    counted = models.BooleanField(default=False)
    started = models.DateTimeField()
    changed = models.DateTimeField()
    spent = models.FloatField(default=0)
    covered = models.JSONField(default=list, blank=True)
    reached = models.CharField(max_length=25, default="0")
    height = models.PositiveIntegerField(default=0, help_text=_("of the last pictures seen, in pixels"))
    device = models.CharField(max_length=10, blank=True)
    browser = models.CharField(max_length=60, blank=True)
    system = models.CharField(max_length=60, blank=True)
    referrer = models.CharField(max_length=120, blank=True, help_text=_("a host"))

    class Meta:
        ordering = ["-hour"]
        constraints = [models.UniqueConstraint(fields=["video", "viewer", "hour"], name="video_viewing_once")]
        indexes = [models.Index(fields=["changed"], name="video_viewing_old")]

    def __str__(self) -> str:
        return str(self.pk)


class HourFigures(models.Model):
    """Of one video in one hour (UTC). ``seconds``: watched by people."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="hour_figures")
    hour = models.DateTimeField()
    views = models.PositiveIntegerField(default=0)
    own = models.PositiveIntegerField(default=0, help_text=_("by its owner"))
    bots = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["hour"]
        constraints = [models.UniqueConstraint(fields=["video", "hour"], name="video_hour_once")]
        indexes = [models.Index(fields=["hour", "video"], name="video_hour_all")]

    def __str__(self) -> str:
        return f"{self.video_id} at {self.hour:%Y-%m-%d %H}"


class DayFigure(models.Model):
    """Views of one day that have something in common."""

    class Dimension(models.TextChoices):
        DEVICE = "device", _("Devices")
        BROWSER = "browser", _("Browsers")
        SYSTEM = "system", _("Systems")
        REFERRER = "referrer", _("Came from")
        HEIGHT = "height", _("Quality")

    video = models.ForeignKey(Video, models.CASCADE, related_name="day_figures")
    day = models.DateField()
    dimension = models.CharField(max_length=8, choices=Dimension.choices)
    value = models.CharField(max_length=120, blank=True, help_text=_("empty: not known"))
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video", "day", "dimension", "value"], name="video_day_figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.value} of {self.video_id}"


class Traffic(models.Model):
    """Bytes that were sent of one video on one day (UTC)."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="traffic")
    day = models.DateField()
    bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["day"]
        verbose_name_plural = _("traffic")
        constraints = [models.UniqueConstraint(fields=["video", "day"], name="video_traffic_once")]

    def __str__(self) -> str:
        return f"{self.video_id} on {self.day}"


class Retention(models.Model):
    """How many of the counted viewings have reached each hundredth of a video."""

    video = models.OneToOneField(Video, models.CASCADE, related_name="retention", primary_key=True)
    reached = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = _("retention")

    def __str__(self) -> str:
        return str(self.pk)


class Watched(models.Model):
    """One video in somebody's history, and where they are in it (seconds)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="videos_watched")
    video = models.ForeignKey(Video, models.CASCADE, related_name="watched_by")
    position = models.FloatField(default=0)
    finished = models.BooleanField(default=False)
    changed = models.DateTimeField()

    class Meta:
        ordering = ["-changed"]
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="video_watched_once")]
        indexes = [models.Index(fields=["user", "-changed"], name="video_history")]

    def __str__(self) -> str:
        return str(self.pk)


class WatchChoice(models.Model):
    """What one person chose. ``said_seen``: until when they have looked at what others say to them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="video_choice", primary_key=True)
    paused = models.BooleanField(default=False, help_text=_("nothing new comes into the history"))
    said_seen = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)
