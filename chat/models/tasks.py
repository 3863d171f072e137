"""Tasks: what models do beside answering. Texts become vectors, speech becomes text, words become an image, and a model that
chats answers a question that is no conversation's."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from meatlizard.jobs.lease import HELD, Leased, LeasedQuerySet, State


class InferenceTask(Leased):
    """One task: queued, leased, then done, failed or cancelled.

    ``input`` is what its kind asks for: ``texts``; ``media_type``, ``sha256``, ``language`` and ``format``; ``prompt``,
    ``width`` and ``height``; or ``messages`` and ``sampling``; empty once it is over. ``vectors`` are little-endian 32-bit floats, one vector after the other, ``dimensions`` in
    ``result``; ``text`` of a recording or a completion stands in ``result``, an image in ``result_file`` with its ``media_type`` in
    ``result``.
    """

    class Kind(models.TextChoices):
        EMBEDDING = "embedding", _("texts to vectors")
        SPEECH = "speech", _("speech to text")
        IMAGE = "image", _("words to an image")
        COMPLETION = "completion", _("a question to a text")

        @property
        def served_by(self) -> str:
            """The kind of model that does it."""
            return "chat" if self == self.COMPLETION else str(self.value)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    model = models.CharField(max_length=100, blank=True, help_text=_("alias asked for; empty: any of that kind"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("empty: the site"),
    )
    input = models.JSONField(default=dict)
    input_file = models.FileField(blank=True)

    node = models.ForeignKey("chat.Node", models.SET_NULL, null=True, blank=True, related_name="+")
    answered_by = models.CharField(max_length=100, blank=True)
    trace = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    vectors = models.BinaryField(null=True)
    result_file = models.FileField(blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects: ClassVar[LeasedQuerySet["InferenceTask"]] = LeasedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["rank"], name="task_waiting", condition=Q(state=State.QUEUED)),
            models.Index(fields=["lease_until"], name="task_lease", condition=Q(state__in=[s.value for s in HELD])),
            models.Index(fields=["created"], name="task_created"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"
