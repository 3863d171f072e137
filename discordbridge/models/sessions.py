"""Conversations that have a place on Discord, and what of them was read and posted there."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from discordbridge.models.guilds import Guild


class GuildSession(models.Model):
    """A conversation's place: a channel, a thread or direct messages. creating → open → closing → closed.

    The row comes before the channel, so that of two requests at once one finds the other's; a row that is ``creating`` when the bot
    starts is a creation that was cut off.
    """

    class Kind(models.TextChoices):
        CHANNEL = "channel", _("private channel")
        THREAD = "thread", _("private thread")
        PUBLIC = "public", _("public thread")
        DIRECT = "direct", _("direct messages")
        MIRROR = "mirror", _("mirror of a web session")

    class State(models.TextChoices):
        CREATING = "creating", _("being made")
        OPEN = "open", _("open")
        CLOSING = "closing", _("being closed")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Both may be deleted on the web while the channel still stands; the row has to survive that, to close it.
    conversation = models.ForeignKey(
        "chat.Conversation", models.SET_NULL, null=True, blank=True, related_name="guild_sessions"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="guild_sessions"
    )
    member = models.BigIntegerField(null=True, blank=True, help_text=_("the Discord account that may write in it"))
    guild = models.ForeignKey(Guild, models.CASCADE, null=True, blank=True, related_name="sessions")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.CREATING)
    place = models.BigIntegerField(null=True, blank=True, help_text=_("the channel or thread"))
    parent = models.BigIntegerField(null=True, blank=True, help_text=_("its category, or the thread's channel"))
    request = models.BigIntegerField(null=True, blank=True, help_text=_("the message or interaction that asked for it"))
    newest = models.BigIntegerField(default=0, help_text=_("the newest message there that was dealt with"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("the administrator who answers in place of the model"),
    )
    former_model = models.CharField(
        max_length=100, blank=True, default="", help_text=_("the model that answered before")
    )
    behind = models.BooleanField(default=False, help_text=_("something could not be shown there yet"))
    created = models.DateTimeField(default=timezone.now, help_text=_("what was said before is not repeated there"))
    used = models.DateTimeField(help_text=_("when something was last said"))
    closed = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=40, blank=True, help_text=_("why it was closed"))

    class Meta:
        ordering = ["-used"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=~Q(state="closed"), name="guild_session_conversation_once"
            ),
            models.UniqueConstraint(fields=["place"], condition=~Q(state="closed"), name="guild_session_place_once"),
            models.UniqueConstraint(fields=["request"], name="guild_session_request_once"),
        ]
        indexes = [models.Index(fields=["guild", "state", "used"], name="guild_session_idle")]

    def __str__(self) -> str:
        return f"{self.kind} session {self.pk} ({self.state})"

    @property
    def live(self) -> bool:
        return self.state in (self.State.CREATING, self.State.OPEN)


class PostedMessage(models.Model):
    """A message on Discord that shows part of a message here. ``discord_id`` is empty from before it is sent until Discord has
    confirmed: a restart sends it again under the same ``nonce``, which Discord takes once.
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(GuildSession, models.CASCADE, related_name="posted")
    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="+")
    part = models.PositiveSmallIntegerField(default=0)
    place = models.BigIntegerField(help_text=_("the channel it is in"))
    discord_id = models.BigIntegerField(null=True, blank=True)
    nonce = models.CharField(max_length=25, unique=True)
    shown = models.CharField(max_length=32, blank=True, help_text=_("digest of what it shows now"))
    settled = models.BooleanField(default=False, help_text=_("it shows the final text"))
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["message", "part"]
        constraints = [
            models.UniqueConstraint(fields=["session", "message", "part"], name="posted_part_once"),
            models.UniqueConstraint(fields=["discord_id"], name="posted_discord_id_once"),
        ]
        indexes = [models.Index(fields=["session"], condition=Q(settled=False), name="posted_unsettled")]

    def __str__(self) -> str:
        return f"part {self.part} of message {self.message_id}"


class SeenMessage(models.Model):
    """A Discord message that reached the bot: it may come again, after a resumed connection or a restart. ``question`` is what it
    became here.
    """

    class Fate(models.TextChoices):
        TAKEN = "taken", _("being dealt with")
        ASKED = "asked", _("asked")
        REFUSED = "refused", _("refused, and told so")
        PASSED = "passed", _("nothing to be done")

    id = models.BigIntegerField(primary_key=True, help_text=_("the message's snowflake"))
    place = models.BigIntegerField(default=0, db_default=0, help_text=_("the channel it is in"))
    session = models.ForeignKey(GuildSession, models.CASCADE, null=True, blank=True, related_name="seen")
    fate = models.CharField(max_length=7, choices=Fate.choices, default=Fate.TAKEN)
    question = models.ForeignKey("chat.Message", models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"Discord message {self.pk} ({self.fate})"
