"""Conversations and their messages: a tree, one row a message."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Folder(models.Model):
    """Where one person keeps conversations; folders lie in folders. A model reads ``system_prompt`` before those of the folders
    inside it and of the conversation.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="folders")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="folders")
    name = models.CharField(max_length=80)
    system_prompt = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        # Not the name, as with conversations.
        return f"folder {self.pk}"


class Conversation(models.Model):
    """A tree of messages of one owner. ``head`` is the message at the end of the branch that is shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    title_by_owner = models.BooleanField(
        default=False, help_text=_("an automatic title never replaces one given by hand")
    )
    model = models.CharField(max_length=100, blank=True, help_text=_("alias; empty: whichever model is there"))
    system_prompt = models.TextField(blank=True)
    temperature = models.FloatField(null=True, blank=True)
    thinking = models.CharField(
        max_length=6,
        blank=True,
        default="",
        db_default="",
        help_text=_("off, on, low, medium or high; empty: the model's own"),
    )
    head = models.ForeignKey("chat.Message", models.SET_NULL, null=True, blank=True, related_name="+")
    # Found from the other end only by the partial index below: hardly any conversation has one.
    comparison = models.ForeignKey(
        "chat.Comparison",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("the one that is open: no answer of it was kept yet"),
    )
    folder = models.ForeignKey(Folder, models.SET_NULL, null=True, blank=True, related_name="conversations")
    persona_version = models.ForeignKey(
        "chat.PersonaVersion",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="conversations",
        help_text=_("the version that speaks here"),
    )
    # Looked for from the other end only when a flow's version goes, which hardly ever happens.
    flow = models.ForeignKey(
        "chat.FlowVersion",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("the version of a flow that it was begun with"),
    )
    called = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text=_("what personas call its owner; empty: User")
    )
    books = models.CharField(
        max_length=400, blank=True, default="", db_default="", help_text=_("ids of lorebooks, with spaces between")
    )
    collections = models.CharField(
        max_length=400, blank=True, default="", db_default="", help_text=_("ids of collections, with spaces between")
    )
    memory = models.BooleanField(
        default=True, db_default=True, help_text=_("what the site remembers of its owner is told here")
    )
    pinned = models.BooleanField(default=False, db_default=False)
    archived = models.BooleanField(default=False, db_default=False)
    unread = models.BooleanField(
        default=False, db_default=False, help_text=_("an answer came that nobody has looked at")
    )
    images = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("images were attached, so that a model that sees is the better one"),
    )
    has_files = models.BooleanField(default=False, db_default=False, help_text=_("files have come out of it"))
    removed = models.DateTimeField(null=True, blank=True, help_text=_("when it was put into the trash"))
    place = models.CharField(
        max_length=7, default="web", db_default="web", help_text=_("where its answers are read: web or discord")
    )
    summaries = models.BooleanField(
        default=True,
        db_default=True,
        help_text=_("older turns are summarised by themselves when the model's window fills up"),
    )
    tools_off = models.TextField(
        blank=True, default="", db_default="", help_text=_("tools switched off here, with spaces between; *: all")
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()

    class Meta:
        ordering = ["-updated", "-id"]
        indexes = [
            models.Index(fields=["owner", "-updated", "-id"], name="conversation_list"),
            models.Index(
                fields=["owner", "-updated", "-id"],
                name="conversation_shown",
                condition=models.Q(archived=False, pinned=False, removed=None),
            ),
            models.Index(
                fields=["owner", "-updated", "-id"],
                name="conversation_pinned",
                condition=models.Q(pinned=True, removed=None),
            ),
            models.Index(
                fields=["comparison"], name="conversation_compares", condition=models.Q(comparison__isnull=False)
            ),
            models.Index(fields=["removed"], name="conversation_trash", condition=models.Q(removed__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(temperature__isnull=True) | models.Q(temperature__gte=0, temperature__lte=5),
                name="conversation_temperature_0_to_5",
            )
        ]

    def __str__(self) -> str:
        # Not the title: operators meet this in the admin, and what members talk about is not for them.
        return f"conversation {self.pk}"


class Tag(models.Model):
    """A word that a person puts on a conversation. Written small and without blanks, so that it can be searched for."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["conversation", "name"], name="tag_once")]
        indexes = [models.Index(fields=["name"], name="tag_name")]

    def __str__(self) -> str:
        return f"tag {self.pk}"


class Message(models.Model):
    """One turn. ``content`` is Markdown and ``html`` its safe rendering, both stored once; empty while the answer still
    runs.
    """

    class Role(models.TextChoices):
        USER = "user", _("user")
        ASSISTANT = "assistant", _("assistant")

    class Source(models.TextChoices):
        PERSON = "person", _("a person")
        MODEL = "model", _("a model")
        MARKOV = "markov", _("the Markov generator")
        PERSONA = "persona", _("a persona's first message")
        FLOW = "flow", _("a conversation flow")
        STAFF = "staff", _("an administrator")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=10, choices=Role.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    content = models.TextField(blank=True)
    html = models.TextField(blank=True)
    thinking = models.TextField(
        blank=True, default="", db_default="", help_text=_("what the model thought before it answered")
    )
    model = models.CharField(max_length=100, blank=True)
    speaker = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text=_("the persona that says it; empty: none")
    )
    tokens = models.PositiveIntegerField(null=True, blank=True, help_text=_("counted by the engine; empty: unknown"))
    created = models.DateTimeField()
    edited = models.DateTimeField(null=True, blank=True, help_text=_("when its owner last changed an answer's text"))
    attached = models.PositiveSmallIntegerField(default=0, db_default=0, help_text=_("how many files"))
    called = models.PositiveSmallIntegerField(default=0, db_default=0, help_text=_("how many calls of tools"))
    cited = models.PositiveSmallIntegerField(default=0, db_default=0, help_text=_("how many sources"))
    removed = models.DateTimeField(
        null=True, blank=True, help_text=_("when its branch was deleted; all that went together have the same moment")
    )
    pinned = models.BooleanField(default=False, db_default=False, help_text=_("models read it however old it is"))
    summed_up = models.BooleanField(
        default=False, db_default=False, help_text=_("a checkpoint stands for it and all before it")
    )

    class Meta:
        ordering = ["created"]
        indexes = [models.Index(fields=["conversation", "created"], name="message_conversation")]

    def __str__(self) -> str:
        return f"{self.role} message {self.pk}"
