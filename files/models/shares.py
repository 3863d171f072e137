"""What people give others out of their files: shares, the downloads of them, and the ways by which others send something in."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Audience(models.TextChoices):
    LINK = "link", _("whoever has the address")
    MEMBERS = "members", _("members of this site who have the address")
    PEOPLE = "people", _("the people named below")


class ShareQuerySet(models.QuerySet["Share"]):
    def standing(self) -> "ShareQuerySet":
        """Neither revoked, taken down nor past its time. Conditions on its own columns alone, so that a conditional update that waited
        looks at them again."""
        return self.filter(Q(expires=None) | Q(expires__gt=timezone.now()), revoked=None, taken_down=None)


class Share(models.Model):
    """Files and folders under one address. ``downloads_left``: of ``max_downloads``, those that are neither completed nor reserved by
    one that runs (:class:`Download`); changed by conditional updates alone. ``given_back``: reservations that came back."""

    slug = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="file_shares")
    title = models.CharField(max_length=200, blank=True)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.LINK)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    password = models.CharField(max_length=200, blank=True, help_text=_("hashed"))
    expires = models.DateTimeField(null=True, blank=True)
    view_only = models.BooleanField(default=False)
    max_downloads = models.PositiveIntegerField(null=True, blank=True, help_text=_("empty: any number"))
    downloads_left = models.PositiveIntegerField(null=True, blank=True)
    downloads = models.PositiveIntegerField(default=0)
    given_back = models.PositiveIntegerField(default=0)
    notify = models.BooleanField(
        default=False, help_text=_("whether its owner gets a letter when something was downloaded")
    )
    told = models.DateTimeField(null=True, blank=True, help_text=_("when the last such letter went out"))
    revoked = models.DateTimeField(null=True, blank=True)
    taken_down = models.DateTimeField(null=True, blank=True)
    taken_down_why = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField()
    updated = models.DateTimeField()

    objects: ClassVar[ShareQuerySet] = ShareQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [models.Index(fields=["owner", "-created"], name="files_share_list")]
        permissions = [("take_down_share", _("Can take down shares of files"))]

    def __str__(self) -> str:
        # Not the title: it is the owner's.
        return self.slug

    @property
    def counted(self) -> bool:
        return self.max_downloads is not None


class ShareEntry(models.Model):
    """A file or a folder that is shared; of a folder, what is below it when somebody looks."""

    share = models.ForeignKey(Share, models.CASCADE, related_name="entries")
    file = models.ForeignKey("files.File", models.CASCADE, null=True, blank=True, related_name="+")
    folder = models.ForeignKey("files.Folder", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(file=None, folder__isnull=False) | Q(file__isnull=False, folder=None),
                name="files_share_entry_one",
            ),
            models.UniqueConstraint(fields=["share", "file"], name="files_share_entry_file"),
            models.UniqueConstraint(fields=["share", "folder"], name="files_share_entry_folder"),
        ]

    def __str__(self) -> str:
        return f"entry of {self.share_id}"


class Download(models.Model):
    """One visitor's download of one file, or of a zip of ``count`` files, over any number of requests. ``key``: the ticket by which
    requests of a counted one are known. ``spans``: which bytes went out, ``[[start, stop], ...]``, apart and in order; ``sent``: how many in
    all, repeated ones too. ``holds``: whether it takes ``count`` off the share's ``downloads_left``. ``visitor``: a keyed hash that tells
    visitors of one share apart, emptied after a day."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        COMPLETED = "completed", _("completed")
        ABORTED = "aborted", _("broken off")

    share = models.ForeignKey(Share, models.CASCADE, related_name="log")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.ForeignKey("files.File", models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=255)
    count = models.PositiveIntegerField(default=1)
    size = models.PositiveBigIntegerField()
    sent = models.PositiveBigIntegerField(default=0)
    spans = models.JSONField(default=list)
    holds = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    visitor = models.CharField(max_length=32, blank=True)
    bot = models.BooleanField(default=False)
    begun = models.DateTimeField()
    seen = models.DateTimeField(help_text=_("when bytes of it last went out"))

    class Meta:
        ordering = ["-begun", "-pk"]
        indexes = [
            models.Index(fields=["share", "-begun"], name="files_download_log"),
            models.Index(fields=["seen"], name="files_download_running", condition=Q(state="running")),
            models.Index(fields=["seen"], name="files_download_visitor", condition=~Q(visitor="")),
            models.Index(fields=["begun"], name="files_download_age"),
        ]

    def __str__(self) -> str:
        return f"download {self.pk} of {self.share_id}"


class InboxQuerySet(models.QuerySet["Inbox"]):
    def standing(self) -> "InboxQuerySet":
        return self.filter(Q(expires=None) | Q(expires__gt=timezone.now()), closed=None, taken_down=None)


class Inbox(models.Model):
    """An address at which others put files into a folder of the owner's. ``types``: beginnings of media types and endings of names
    (``image/``, ``.pdf``), parted by spaces; empty: any."""

    slug = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="file_inboxes")
    folder = models.ForeignKey("files.Folder", models.CASCADE, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=1_000, blank=True)
    members_only = models.BooleanField(default=False)
    password = models.CharField(max_length=200, blank=True, help_text=_("hashed"))
    expires = models.DateTimeField(null=True, blank=True)
    max_bytes = models.PositiveBigIntegerField()
    max_files = models.PositiveIntegerField()
    max_file_bytes = models.PositiveBigIntegerField()
    types = models.CharField(max_length=500, blank=True)
    notify = models.BooleanField(default=False)
    told = models.DateTimeField(null=True, blank=True)
    closed = models.DateTimeField(null=True, blank=True)
    taken_down = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField()

    objects: ClassVar[InboxQuerySet] = InboxQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        verbose_name_plural = _("inboxes")
        indexes = [models.Index(fields=["owner", "-created"], name="files_inbox_list")]

    def __str__(self) -> str:
        return self.slug


class Sent(models.Model):
    """A file that somebody put into an inbox; it counts there when its owner has deleted it, too. ``sender``: who it was, as
    :func:`files.sharing.inboxes.sender_of` tells senders apart."""

    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="sent")
    file = models.ForeignKey("files.File", models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    sender = models.CharField(max_length=40)
    created = models.DateTimeField()

    class Meta:
        ordering = ["-created", "-pk"]
        verbose_name_plural = _("sent files")
        indexes = [models.Index(fields=["inbox", "sender"], name="files_sent_sender")]

    def __str__(self) -> str:
        return f"sent to {self.inbox_id}"
