"""What a person sees of it: files with their versions, in folders, with tags."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_NAME = 255
"""Bytes of a name in UTF-8: what file systems take."""


class Folder(models.Model):
    """``parent`` empty: in the root."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="file_folders")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="folders")
    name = models.CharField(max_length=MAX_NAME)
    created = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    starred = models.DateTimeField(null=True, blank=True)
    trashed = models.DateTimeField(null=True, blank=True)
    trashed_with = models.UUIDField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("the folder that took it along; empty for what went by itself"),
    )

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(fields=["owner", "parent", "name"], name="folder_listing"),
            models.Index(fields=["trashed"], name="folder_trashed", condition=Q(trashed__isnull=False)),
            models.Index(fields=["trashed_with"], name="folder_trashed_with", condition=Q(trashed_with__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], condition=Q(trashed=None), name="folder_name_once"),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(trashed=None, parent=None), name="folder_name_once_in_root"
            ),
        ]

    def __str__(self) -> str:
        # Not the name: it is the owner's.
        return str(self.pk)


class File(models.Model):
    """``blob``, ``size``, ``media_type`` and ``number`` are those of the version shown. ``folder`` empty: in the root."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="files")
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, blank=True, related_name="files")
    name = models.CharField(max_length=MAX_NAME)
    blob = models.ForeignKey("files.Blob", models.PROTECT, related_name="files")
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    number = models.PositiveIntegerField(default=1)
    created = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    opened = models.DateTimeField(null=True, blank=True)
    starred = models.DateTimeField(null=True, blank=True)
    trashed = models.DateTimeField(null=True, blank=True)
    trashed_with = models.UUIDField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("the folder that took it along; empty for what went by itself"),
    )

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(fields=["owner", "folder", "name"], name="file_listing"),
            models.Index(fields=["owner", "-changed"], name="file_recent"),
            models.Index(fields=["owner", "-opened"], name="file_opened", condition=Q(opened__isnull=False)),
            models.Index(fields=["trashed"], name="file_trashed", condition=Q(trashed__isnull=False)),
            models.Index(fields=["trashed_with"], name="file_trashed_with", condition=Q(trashed_with__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["folder", "name"], condition=Q(trashed=None), name="file_name_once"),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=Q(trashed=None, folder=None), name="file_name_once_in_root"
            ),
        ]

    def __str__(self) -> str:
        # Not the name: it is the owner's.
        return str(self.pk)


class Version(models.Model):
    """One content of a file, and the reference that keeps its blob. Each counts for the owner's storage."""

    file = models.ForeignKey(File, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    blob = models.ForeignKey("files.Blob", models.PROTECT, related_name="versions")
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    name = models.CharField(max_length=MAX_NAME, help_text=_("under which it came"))
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="file_version_once")]

    def __str__(self) -> str:
        return f"{self.file_id} v{self.number}"


class Tag(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="file_tags")
    name = models.CharField(max_length=50)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="file_tag_once")]

    def __str__(self) -> str:
        # Not the name: it is the owner's.
        return str(self.pk)


class FileTag(models.Model):
    file = models.ForeignKey(File, models.CASCADE, related_name="tagged")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="tagged")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "tag"], name="file_tagged_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} at {self.file_id}"
