"""Personas: characters that speak in conversations, every saved change a version; their pictures; and lorebooks."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chat.models.verbatim import VerbatimJSONField

NAME = 100


class Avatar(models.Model):
    """A picture as this site encoded it, in two sizes (WebP). Never changed once it is there.

    It lies in the database and not among the files: small, in the one backup with the versions that show it, and gone with the
    last of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    data = models.BinaryField()
    thumbnail = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("avatar")

    def __str__(self) -> str:
        return f"avatar {self.pk}"


class Lorebook(models.Model):
    """A book of its owner's that personas and conversations may use. ``data`` has the form of a card's ``character_book``, with all
    keys it came with.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="lorebooks")
    name = models.CharField(max_length=NAME)
    data = VerbatimJSONField(default=dict)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        # Not the name: operators meet this in the admin, and what members write for themselves is not for them.
        return f"lorebook {self.pk}"


class Persona(models.Model):
    """A character. Its owner sees the newest version, ``current``; others the one that was ``published``, if any, and only as far
    as ``visibility`` goes. ``state`` is the state of the newest: after a change of a published persona others go on
    reading the version they know until the new one is published.
    """

    class Visibility(models.TextChoices):
        MINE = "mine", _("mine alone")
        SHARED = "shared", _("members of this site")
        PUBLIC = "public", _("everybody, also without account")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        PUBLISHED = "published", _("published")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="personas")
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.MINE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    current = models.ForeignKey("chat.PersonaVersion", models.SET_NULL, null=True, blank=True, related_name="+")
    published = models.ForeignKey("chat.PersonaVersion", models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()
    removed = models.DateTimeField(null=True, blank=True, help_text=_("when it was put into the trash"))

    class Meta:
        ordering = ["-updated", "-id"]
        indexes = [
            models.Index(fields=["owner", "-updated"], name="persona_list"),
            models.Index(
                fields=["-updated"],
                name="persona_shared",
                condition=Q(published__isnull=False, removed=None) & ~Q(visibility="mine"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published__isnull=False, published=F("current")),
                name="persona_published_is_current",
            )
        ]

    def __str__(self) -> str:
        return f"persona {self.pk}"


class PersonaVersion(models.Model):
    """What a persona was after one change; it is never written again. A conversation keeps the one it was begun with, also when
    the persona is gone (``persona`` empty).

    ``alternatives`` are other first messages, ``tags`` words, ``sampling`` numbers of the wire's ``Sampling``. ``book`` is the
    persona's own lorebook in the form of a card, ``books`` are ids of lorebooks of its owner. ``extra`` is what a card held
    beside all this, to be given back with the next export.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    persona = models.ForeignKey(Persona, models.SET_NULL, null=True, blank=True, related_name="versions")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=200, blank=True, help_text=_("how it came about"))
    created = models.DateTimeField(auto_now_add=True)

    name = models.CharField(max_length=NAME)
    nickname = models.CharField(
        max_length=NAME, blank=True, help_text=_("what it is called in conversations, if not its name")
    )
    avatar = models.ForeignKey(Avatar, models.SET_NULL, null=True, blank=True, related_name="versions")
    description = models.TextField(blank=True)
    personality = models.TextField(blank=True)
    scenario = models.TextField(blank=True)
    first_message = models.TextField(blank=True)
    alternatives = VerbatimJSONField(default=list, blank=True)
    examples = models.TextField(blank=True, help_text=_("dialogue, each example begun by <START>"))
    system_prompt = models.TextField(blank=True)
    post_history = models.TextField(blank=True, help_text=_("read after the conversation's last message"))
    creator_notes = models.TextField(blank=True, help_text=_("for people; no model reads it"))
    creator = models.CharField(max_length=NAME, blank=True)
    character_version = models.CharField(max_length=NAME, blank=True)
    tags = VerbatimJSONField(default=list, blank=True)
    model = models.CharField(
        max_length=100, blank=True, help_text=_("alias preferred; empty: whichever model is there")
    )
    sampling = models.JSONField(default=dict, blank=True)
    book = VerbatimJSONField(null=True, blank=True)
    books = models.JSONField(default=list, blank=True)
    extra = VerbatimJSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["persona", "number"], name="persona_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of persona {self.persona_id}"

    @property
    def called(self) -> str:
        return self.nickname or self.name
