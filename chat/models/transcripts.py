"""What remains of sessions that are over."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Transcript(models.Model):
    """A session as its member saw it when it was closed: files in the storage, and what lists say of them. Of a session there is one at
    most; closed anew, it is written anew.

    Deleted by hand or by time, the bare row stays for some days, so that what is over does not count as closed anew.

    ``parts``: for each form its ``size`` and ``sha256`` before sealing. ``files``: what was attached, in order, with ``name``, ``type``, ``size``,
    ``image`` and whether it is ``kept``. ``tries`` counts attempts to write it, each into a folder of its own; ``edition`` is the one that is shown.
    """

    class Place(models.TextChoices):
        WEB = "web", _("web")
        DISCORD = "discord", _("Discord")

    class State(models.TextChoices):
        WAITING = "waiting", _("being written")
        READY = "ready", _("ready")
        EMPTY = "empty", _("nothing was said")
        GONE = "gone", _("deleted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_transcripts")
    conversation = models.ForeignKey(
        "chat.Conversation",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="transcripts",
        help_text=_("empty: deleted since"),
    )
    session = models.UUIDField(help_text=_("the conversation, or the session on Discord"))
    place = models.CharField(max_length=7, choices=Place.choices)
    reason = models.CharField(max_length=40, blank=True, help_text=_("why it was closed"))
    title = models.CharField(max_length=200, blank=True)
    begun = models.DateTimeField()
    closed = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    folder = models.CharField(max_length=100, help_text=_("in the storage, by year, month and transcript"))
    tries = models.PositiveIntegerField(default=0)
    edition = models.PositiveIntegerField(default=0, help_text=_("0: none is written yet"))
    written = models.DateTimeField(null=True, blank=True)
    messages = models.PositiveIntegerField(default=0)
    parts = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    key = models.CharField(max_length=16, blank=True, help_text=_("mark of the key that sealed it; empty: not sealed"))
    told = models.DateTimeField(null=True, blank=True, help_text=_("when its member was written to"))

    class Meta:
        ordering = ["-closed"]
        constraints = [models.UniqueConstraint(fields=["owner", "session"], name="transcript_once")]
        indexes = [
            models.Index(fields=["owner", "-closed"], name="transcript_list"),
            models.Index(fields=["closed"], name="transcript_waiting", condition=Q(state="waiting")),
        ]
        permissions = [("read_transcript", "Can read what is in transcripts of others")]

    def __str__(self) -> str:
        # Not the title, as with conversations.
        return f"transcript {self.pk}"

    @property
    def size(self) -> int:
        """Of all that is kept, before sealing."""
        attached: int = sum(one["size"] for one in self.files if one["kept"])
        return attached + sum(int(one["size"]) for one in self.parts.values())

    def file_name(self, part: str, edition: int | None = None) -> str:
        """In the storage. ``part``: a form, or the number of a file."""
        return f"{self.folder}/{self.edition if edition is None else edition}/{part}"


class TranscriptLink(models.Model):
    """Opens one transcript for whoever has it, for a while. ``way``: how its member got it."""

    class Way(models.TextChoices):
        PAGE = "page", _("made on the page")
        MAIL = "mail", _("by e-mail")
        MESSAGE = "message", _("by direct message")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="links")
    way = models.CharField(max_length=7, choices=Way.choices)
    created = models.DateTimeField()
    expires = models.DateTimeField(db_index=True)
    revoked = models.DateTimeField(null=True, blank=True)
    opened = models.PositiveIntegerField(default=0, help_text=_("how often something was read by it"))

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"link of {self.created:%Y-%m-%d %H:%M} ({self.way})"


class TranscriptChoice(models.Model):
    """What one member wants. Of sessions on Discord there are transcripts without asking, since closing takes the channel away."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="transcript_choice", primary_key=True
    )
    web = models.BooleanField(default=False)
    discord = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=False)
    by_message = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"transcripts of {self.user_id}"
