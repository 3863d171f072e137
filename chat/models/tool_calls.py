"""What models asked tools for while they answered, and what they were told."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ToolCall(models.Model):
    """One call, the ``number``-th of its answer, made at the ``step``-th end of ``generation``'s work, behind ``at`` code points of the answer.

    ``result`` is what the model read, ``shown`` one line of it for people. ``until``: when the person's time to approve it is over.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        WAITING = "waiting", _("waits for approval")
        APPROVED = "approved", _("approved")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        DECLINED = "declined", _("declined")
        CANCELLED = "cancelled", _("stopped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="tool_calls")
    # Gone in a copy of the answer, which no generation wrote.
    generation = models.ForeignKey("chat.Generation", models.SET_NULL, null=True, blank=True, related_name="calls")
    step = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    at = models.PositiveIntegerField(default=0)
    call = models.CharField(max_length=64, help_text=_("the model's own name for it"))
    name = models.CharField(max_length=64)
    arguments = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    result = models.TextField(blank=True)
    shown = models.CharField(max_length=300, blank=True)
    foreign = models.BooleanField(default=False, help_text=_("strangers wrote what it gave"))
    error = models.CharField(max_length=40, blank=True, help_text=_("code of what went wrong"))
    cost = models.PositiveIntegerField(default=0, help_text=_("tokens beside those of the answer"))
    created = models.DateTimeField()
    started = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    asks = models.CharField(
        max_length=300, blank=True, help_text=_("why its person was asked, where the tool does not always ask")
    )

    class Meta:
        ordering = ["message", "number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="tool_call_number_once")]
        indexes = [
            models.Index(fields=["until"], name="tool_call_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        # Neither arguments nor results: operators meet this in logs.
        return f"call {self.pk} ({self.state})"


OPEN = (ToolCall.State.ASKED, ToolCall.State.WAITING, ToolCall.State.APPROVED, ToolCall.State.RUNNING)


class AnswerSource(models.Model):
    """A page, a passage or a thing that was read for an answer: the one that its text means by ``[number]``."""

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="answer_sources")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    address = models.CharField(max_length=2_000, blank=True)
    excerpt = models.TextField(blank=True)
    read = models.DateTimeField()
    call = models.ForeignKey(ToolCall, models.SET_NULL, null=True, blank=True, related_name="sources")

    class Meta:
        ordering = ["message", "number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="answer_source_number_once")]

    def __str__(self) -> str:
        return f"source {self.number}"


class LaterThinking(models.Model):
    """What a model thought in a later step of an answer, which text comes before already; until the answer has ended."""

    generation = models.ForeignKey("chat.Generation", models.CASCADE, related_name="later_thinking")
    step = models.PositiveSmallIntegerField()
    text = models.TextField()

    class Meta:
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["generation", "step"], name="later_thinking_once")]

    def __str__(self) -> str:
        return f"thinking of step {self.step}"
