"""Pastes: one or several named files under one address, their revisions, and what people say of them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PasteQuerySet(models.QuerySet["Paste"]):
    def standing(self) -> "PasteQuerySet":
        """Neither deleted, expired nor spent. Conditions on its own columns alone: with another table in it, an update that waited for
        somebody else's would not look again at what that has changed.
        """
        return self.filter(
            Q(expires=None) | Q(expires__gt=timezone.now()),
            Q(views_left=None) | Q(views_left__gt=0),
            state=Paste.State.READY,
        )


class Paste(models.Model):
    """``sealed``: encrypted in a browser; there is one file without a name, its text is the ciphertext in base64, and ``adata`` the
    authenticated data as it came. ``size``: bytes of the files of all revisions, taken from the owner's storage.
    """

    class Privacy(models.TextChoices):
        PUBLIC = "public", _("public: listed, and read by everybody")
        UNLISTED = "unlisted", _("unlisted: read by whoever has the address")
        PASSWORD = "password", _("password: read by whoever has the address and the password")
        PRIVATE = "private", _("private: read by you alone")

    class State(models.TextChoices):
        COMING = "coming", _("coming")
        READY = "ready", _("ready")
        DELETED = "deleted", _("deleted")
        SPENT = "spent", _("spent")

    slug = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="pastes",
        help_text=_("empty: made by a visitor"),
    )  # fmt: skip
    deletion_hash = models.CharField(max_length=64, blank=True, help_text=_("of the token that deletes it"))
    title = models.CharField(max_length=200, blank=True)
    privacy = models.CharField(max_length=10, choices=Privacy.choices, default=Privacy.UNLISTED)
    password = models.CharField(max_length=200, blank=True, help_text=_("hashed"))
    sealed = models.BooleanField(default=False)
    adata = models.TextField(blank=True)
    discussion = models.BooleanField(default=True, help_text=_("whether readers may comment"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    created = models.DateTimeField()
    updated = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True)
    views_left = models.PositiveIntegerField(null=True, blank=True, help_text=_("empty: any number"))
    purge_at = models.DateTimeField(null=True, blank=True, help_text=_("when nothing of it is left"))
    revision = models.PositiveIntegerField(default=1, help_text=_("number of the one that is shown"))
    shown_since = models.PositiveIntegerField(
        default=1,
        db_default=1,
        help_text=_("first revision that others see: earlier ones stood there before it was public"),
    )
    size = models.PositiveBigIntegerField(default=0)
    views = models.PositiveBigIntegerField(default=0)
    stars = models.PositiveIntegerField(default=0)
    comments_count = models.PositiveIntegerField(default=0)
    fork_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="forks")
    summary = models.TextField(blank=True, help_text=_("by a model, on request"))
    keywords = models.CharField(max_length=300, blank=True)

    objects: ClassVar[PasteQuerySet] = PasteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["owner", "-created"], name="paste_own_list"),
            models.Index(
                fields=["-created"],
                name="paste_public_list",
                condition=Q(privacy="public", state="ready", sealed=False),
            ),
            models.Index(fields=["purge_at"], name="paste_purge", condition=Q(purge_at__isnull=False)),
            models.Index(fields=["expires"], name="paste_expires", condition=Q(expires__isnull=False)),
        ]

    def __str__(self) -> str:
        # Not the title: it is the owner's.
        return self.slug

    @property
    def burns(self) -> bool:
        """Whether looking at it uses it up."""
        return self.views_left is not None


class Revision(models.Model):
    """One state of a paste. What is in it is told by the files: see :class:`File`."""

    paste = models.ForeignKey(Paste, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["paste", "number"], name="paste_revision_once")]

    def __str__(self) -> str:
        return f"{self.paste_id} r{self.number}"


class FileQuerySet(models.QuerySet["File"]):
    def of_revision(self, number: int) -> "FileQuerySet":
        return self.filter(Q(until=None) | Q(until__gt=number), since__gt=0, since__lte=number).order_by(
            "position", "pk"
        )


class File(models.Model):
    """Never changed: it stands in the revisions from ``since`` to before ``until`` (empty: up to the present one), so that what a
    revision leaves alone is not stored again. ``since`` 0: its bytes are still on their way into the storage.

    The text stands in ``text``; what is larger or no text lies in the storage (``stored``) under ``key``.
    """

    paste = models.ForeignKey(Paste, models.CASCADE, related_name="files")
    since = models.PositiveIntegerField(default=1)
    until = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=40, blank=True, help_text=_("a language, or what is shown in its own way"))
    size = models.PositiveBigIntegerField(help_text=_("bytes"))
    lines = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    text = models.TextField(blank=True)
    stored = models.BooleanField(default=False)
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    created = models.DateTimeField()

    objects: ClassVar[FileQuerySet] = FileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["paste", "since"], name="paste_file_revision"),
            models.Index(fields=["created"], name="paste_file_coming", condition=Q(since=0)),
        ]

    def __str__(self) -> str:
        return f"{self.paste_id} file {self.position}"

    @property
    def storage_name(self) -> str:
        return f"pastes/{str(self.key)[:2]}/{self.key}"


class Rendition(models.Model):
    """A file as it is shown, in pieces of some hundred lines: safe HTML, packed by zlib. Made when somebody looks, and made again
    when :data:`meatlizard.rendering.VERSION` has changed.
    """

    file = models.ForeignKey(File, models.CASCADE, related_name="renditions")
    version = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, db_default="lines", help_text=_("what the pieces are of"))
    pieces = models.PositiveIntegerField(db_default=1, help_text=_("how many there are"))
    html = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "version", "number"], name="paste_rendition_once")]

    def __str__(self) -> str:
        return f"{self.file_id} piece {self.number}"


class Comment(models.Model):
    """``public_id`` names it in addresses. Of a sealed paste ``text`` is ciphertext, ``adata`` what belongs to it, ``html`` empty."""

    paste = models.ForeignKey(Paste, models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="paste_comments"
    )
    public_id = models.CharField(max_length=16)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    adata = models.TextField(blank=True)
    created = models.DateTimeField()
    removed = models.BooleanField(default=False)

    class Meta:
        ordering = ["created", "pk"]
        constraints = [models.UniqueConstraint(fields=["paste", "public_id"], name="paste_comment_once")]

    def __str__(self) -> str:
        return f"comment {self.public_id}"


class Reaction(models.Model):
    """One sign of one person at a paste, or at a comment of it."""

    paste = models.ForeignKey(Paste, models.CASCADE, related_name="reactions")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="paste_reactions")
    sign = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["paste", "user", "sign"], condition=Q(comment=None), name="paste_reaction_once"
            ),
            models.UniqueConstraint(
                fields=["comment", "user", "sign"],
                condition=Q(comment__isnull=False),
                name="paste_comment_reaction_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sign} of {self.user_id}"


class Star(models.Model):
    paste = models.ForeignKey(Paste, models.CASCADE, related_name="starred")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="paste_stars")
    created = models.DateTimeField()

    class Meta:
        ordering = ["-created"]
        constraints = [models.UniqueConstraint(fields=["user", "paste"], name="paste_star_once")]

    def __str__(self) -> str:
        return f"star of {self.user_id}"


class Collection(models.Model):
    """Pastes that somebody has put together; those that a reader may not read are not shown in it."""

    slug = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="paste_collections")
    title = models.CharField(max_length=200)
    public = models.BooleanField(default=False, help_text=_("whether others may read it who have its address"))
    created = models.DateTimeField()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.slug


class CollectionEntry(models.Model):
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="entries")
    paste = models.ForeignKey(Paste, models.CASCADE, related_name="collected")
    added = models.DateTimeField()

    class Meta:
        ordering = ["-added"]
        constraints = [models.UniqueConstraint(fields=["collection", "paste"], name="paste_collected_once")]

    def __str__(self) -> str:
        return f"{self.paste_id} in {self.collection_id}"


from paste.sealed.models import Seal  # noqa: E402, F401  (its table is one of this app)
