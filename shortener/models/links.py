"""Short links, the host names they are reached by, and the record of what changed, by which every process keeps its memory fresh."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MAX_SLUG = 200
MAX_URL = 4_000
MAX_HOST = 253


class Domain(models.Model):
    """A host name of its own, at whose root links stand. The site's own links stand under its address and have no domain."""

    host = models.CharField(
        _("host name"), max_length=MAX_HOST, unique=True, help_text=_("as browsers send it: go.example.org")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="link_domains",
        help_text=_("who may make links there; empty: every member"),
    )
    enabled = models.BooleanField(_("in use"), default=True)
    home = models.CharField(
        _("address of its front page"), max_length=MAX_URL, blank=True, help_text=_("where / leads; empty: this site")
    )
    not_found = models.CharField(
        _("address for unknown links"),
        max_length=MAX_URL,
        blank=True,
        help_text=_("empty: a page of this site says so"),
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["host"]
        verbose_name = _("domain")
        verbose_name_plural = _("domains")

    def __str__(self) -> str:
        return self.host


class LinkFolder(models.Model):
    """One person's folder of links."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="link_folders")
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="link_folder_once")]

    def __str__(self) -> str:
        return self.name


class LinkQuerySet(models.QuerySet["Link"]):
    def at(self, domain: int | None, slug: str) -> "LinkQuerySet":
        """The link that ``slug`` names at a domain; None: at the site's own address."""
        return self.filter(slug=slug, domain=domain) if domain is not None else self.filter(slug=slug, domain=None)


class Link(models.Model):
    """Where a slug leads. ``rules`` are drafts of :mod:`shortener.rules`, the first that fits decides; ``passed`` counts against
    ``max_clicks``; ``clicks``, ``bot_clicks`` and ``last_click`` follow the recorded clicks.
    """

    class Status(models.IntegerChoices):
        MOVED = 301, _("301 moved for good")
        FOUND = 302, _("302 found")
        TEMPORARY = 307, _("307 temporary, the request repeated as it is")
        PERMANENT = 308, _("308 for good, the request repeated as it is")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="links")
    domain = models.ForeignKey(Domain, models.PROTECT, null=True, blank=True, related_name="links")
    slug = models.CharField(max_length=MAX_SLUG)
    target = models.CharField(max_length=MAX_URL)
    host = models.CharField(max_length=MAX_HOST, db_index=True, help_text=_("of the target"))
    status = models.PositiveSmallIntegerField(choices=Status.choices, default=Status.FOUND)
    forward_query = models.BooleanField(default=False)
    title = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    folder = models.ForeignKey(LinkFolder, models.SET_NULL, null=True, blank=True, related_name="links")
    password = models.CharField(max_length=200, blank=True, help_text=_("hashed; empty: none is asked for"))
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    max_clicks = models.PositiveBigIntegerField(null=True, blank=True)
    passed = models.PositiveBigIntegerField(default=0, editable=False)
    fallback = models.CharField(
        max_length=MAX_URL, blank=True, help_text=_("where it leads before and after its time, and beyond its clicks")
    )
    rules = models.JSONField(default=list, blank=True)
    public_stats = models.BooleanField(default=False)
    disabled = models.BooleanField(default=False, help_text=_("by its owner"))
    taken_down = models.DateTimeField(null=True, blank=True, help_text=_("by a moderator"))
    taken_down_why = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField()
    updated = models.DateTimeField()
    clicks = models.PositiveBigIntegerField(default=0, editable=False)
    bot_clicks = models.PositiveBigIntegerField(default=0, editable=False)
    last_click = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[LinkQuerySet] = LinkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name = _("short link")
        verbose_name_plural = _("short links")
        constraints = [
            models.UniqueConstraint(fields=["slug"], condition=Q(domain=None), name="link_own_once"),
            models.UniqueConstraint(fields=["domain", "slug"], name="link_domain_once"),
        ]
        indexes = [models.Index(fields=["owner", "-created"], name="link_list")]
        permissions = [("take_down", "Can take down links of anybody, and block hosts")]

    def __str__(self) -> str:
        return self.slug


class LinkTag(models.Model):
    """One word under which its owner finds a link."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["link", "name"], name="link_tag_once")]
        indexes = [models.Index(fields=["name"], name="link_tag_name")]

    def __str__(self) -> str:
        return self.name


class ChangeCounter(models.Model):
    """One row. Whoever writes a change holds it until the end of the transaction, so changes appear in the order of their numbers."""

    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="link_counter_once")]

    def __str__(self) -> str:
        return str(self.last)


class Change(models.Model):
    """What a process may remember and must read again. ``slug`` empty: everything, domains and lists of hosts too."""

    number = models.PositiveBigIntegerField(primary_key=True)
    host = models.CharField(max_length=MAX_HOST, blank=True, help_text=_("empty: the site's own"))
    slug = models.CharField(max_length=MAX_SLUG, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.host}/{self.slug}"
