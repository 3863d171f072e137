"""Hosts that links may not lead to, and hosts that need no word of warning."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shortener.models.links import MAX_HOST, MAX_URL

BY_HAND = "blocked by hand"


class BlockList(models.Model):
    """Hosts to which no link leads: those that moderators add, or a file in the format of ``/etc/hosts`` at an address."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.CharField(
        _("address"), max_length=MAX_URL, blank=True, help_text=_("of a file of hosts, fetched once a day; empty: none")
    )
    enabled = models.BooleanField(_("in use"), default=True)
    updated = models.DateTimeField(_("last read"), null=True, editable=False)
    size = models.PositiveIntegerField(_("hosts"), default=0, editable=False)
    trouble = models.CharField(_("why it could not be read"), max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("block list")
        verbose_name_plural = _("block lists")

    def __str__(self) -> str:
        return self.name


class BlockedHost(models.Model):
    """The host and whatever lies below it."""

    list = models.ForeignKey(BlockList, models.CASCADE, related_name="hosts")
    host = models.CharField(max_length=MAX_HOST, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "host"], name="blocked_host_once")]

    def __str__(self) -> str:
        return self.host


class KnownHost(models.Model):
    """A host, and whatever lies below it, to which links lead without the page that says where they go."""

    host = models.CharField(_("host name"), max_length=MAX_HOST, unique=True)

    class Meta:
        ordering = ["host"]
        verbose_name = _("known host")
        verbose_name_plural = _("known hosts")

    def __str__(self) -> str:
        return self.host
