"""What operators have changed of the site while it runs. Each change raises the version of the site's switches, by which processes see it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class SettingChange(models.Model):
    """One step of a setting's history; the newest of a name holds. ``None`` stands for what the environment says. ``by`` is the number of an account."""

    name = models.CharField(_("setting"), max_length=60)
    before = models.JSONField(_("from"), null=True)
    after = models.JSONField(_("to"), null=True)
    at = models.DateTimeField(_("when"))
    by = models.BigIntegerField(_("who"), null=True)
    undoes = models.BigIntegerField(_("takes back"), null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["name", "-id"], name="setting_newest")]
        verbose_name = _("change of a setting")
        verbose_name_plural = _("changes of settings")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name}, {self.at:%Y-%m-%d %H:%M}"


class ServiceSwitch(models.Model):
    """Whether a service is there, and for whom not: numbers of tiers, 0 for guests. Without a row it is there for everybody."""

    name = models.SlugField(_("service"), max_length=40, primary_key=True)
    on = models.BooleanField(_("on"), default=True)
    reason = models.CharField(_("why not"), max_length=300, blank=True, help_text=_("people read it"))
    closed_to = models.JSONField(_("not for"), default=list, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("service")
        verbose_name_plural = _("services")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Announcement(models.Model):
    """A line on every page from ``begins`` until ``ends``; without an end until it is taken back."""

    text = models.CharField(_("text"), max_length=1_000, help_text=_("a line of text; nothing in it becomes a link"))
    begins = models.DateTimeField(_("from"))
    ends = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("empty: until it is taken back"))
    dismissible = models.BooleanField(
        _("can be put away"), default=True, help_text=_("by each reader, for their browser")
    )
    discord = models.BooleanField(
        _("on Discord, too"),
        default=False,
        help_text=_("in the channel that a server has set as announcements-channel"),
    )
    created = models.DateTimeField(auto_now_add=True)
    by = models.BigIntegerField(_("who"), null=True, editable=False)

    class Meta:
        ordering = ["-begins", "-pk"]
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gt=F("begins")), name="announcement_ends_after")
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Told(models.Model):
    """That an announcement was carried to a place outside of the site, once."""

    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="told", verbose_name=_("announcement"))
    place = models.CharField(_("place"), max_length=60)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["announcement", "place"], name="announcement_told_once")]

    def __str__(self) -> str:
        return self.place
