"""What models are told before a conversation: the site's texts, people's own, and what each answer's model has read."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

EMPTY_COMPOSITION = uuid.UUID("4f53cda1-8c2b-aa0c-0354-bb5f9a3ecbe5")
"""Digest of no layers at all. It has no row: there is nothing to keep."""


class SiteText(models.Model):
    """One version of a text that the site puts before conversations; of each ``kind`` the newest is in force. Rows are only added.

    ``stamp`` tells processes that hold all texts in memory whether theirs are still the newest.
    """

    class Kind(models.TextChoices):
        ROLE = "role", _("Role: who the model is, where no persona says so")
        PROTOCOL = "protocol", _("Protocol: how this site works, and what the model may say of itself")
        TASK_ANSWER = "task-answer", _("Task: answering")
        TASK_TITLE = "task-title", _("Task: writing a title")
        TASK_SUMMARY = "task-summary", _("Task: summarising")
        FORMAT_WEB = "format-web", _("Format: answers read on the web")
        FORMAT_DISCORD = "format-discord", _("Format: answers read in Discord")

    class Mode(models.TextChoices):
        SHIPPED = "shipped", _("as shipped")
        OWN = "own", _("this text")
        OFF = "off", _("switched off")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    version = models.PositiveIntegerField()
    mode = models.CharField(max_length=10, choices=Mode.choices)
    text = models.TextField(blank=True)
    created = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    stamp = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="site_text_version_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class OwnText(models.Model):
    """What one person wants every model to know, and how they want to be answered."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="own_text")
    about = models.TextField(blank=True)
    answers = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    changed = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        # Not the text: it is for models, not for operators.
        return f"own text {self.pk}"


class Composition(models.Model):
    """A system prompt that models have read, once for all answers under it. ``layers``: a list of name, source, version, text and cut.

    ``seen``: when a process last put it down; each does so again after a while, so that what is long unseen and unreferred to may go.
    """

    digest = models.UUIDField(primary_key=True, editable=False)
    layers = models.JSONField()
    seen = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["seen"], name="composition_seen")]

    def __str__(self) -> str:
        return f"composition {self.digest}"


class Prompt(models.Model):
    """A text to begin from, found by its ``command``. Without ``owner`` it is the site's own, for everybody. What it says now stands here;
    what it said before in its versions.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="prompts")
    command = models.CharField(max_length=40)
    title = models.CharField(max_length=100)
    hint = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=40, blank=True)
    text = models.TextField()
    variables = models.JSONField(default=list, blank=True)
    number = models.PositiveIntegerField(default=1, help_text=_("of the version that this is"))
    shared = models.BooleanField(default=False, help_text=_("every member may read it"))
    preset = models.CharField(max_length=40, blank=True, help_text=_("its name among those that come with the site"))
    preset_digest = models.CharField(max_length=64, blank=True, help_text=_("of the content as it was last loaded"))
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField()
    removed = models.DateTimeField(null=True, blank=True, help_text=_("when it was put into the trash"))

    class Meta:
        ordering = ["category", "title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "command"],
                condition=models.Q(owner__isnull=False, removed=None),
                name="prompt_command_once",
            ),
            models.UniqueConstraint(
                fields=["command"], condition=models.Q(owner=None, removed=None), name="prompt_site_command_once"
            ),
            models.UniqueConstraint(fields=["preset"], condition=~models.Q(preset=""), name="prompt_preset_once"),
        ]
        indexes = [models.Index(fields=["shared"], name="prompt_shared", condition=models.Q(shared=True, removed=None))]

    def __str__(self) -> str:
        # Not what it says: most are of one person, for that person.
        return f"prompt {self.pk}"


class PromptVersion(models.Model):
    """What a prompt said from ``created`` on; ``content`` as :class:`chat.prompting.content.Content` writes it."""

    class Origin(models.TextChoices):
        WRITTEN = "written", _("written")
        RESTORED = "restored", _("an earlier version, taken back")
        LOADED = "loaded", _("came with the site")
        COPIED = "copied", _("a copy of another prompt")

    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.WRITTEN)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["prompt", "number"], name="prompt_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of prompt {self.prompt_id}"
