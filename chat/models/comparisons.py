"""One question put to several models at once."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Comparison(models.Model):
    """Answers of several models to ``question``, side by side until one is kept; they stay as its versions. While it is the open one
    of its conversation, ``Conversation.comparison`` names it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="comparisons")
    question = models.ForeignKey("chat.Message", models.CASCADE, related_name="comparisons")
    blind = models.BooleanField(
        default=False, help_text=_("its reader is not told which model wrote what until one is kept")
    )
    kept = models.ForeignKey("chat.Message", models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField()
    settled = models.DateTimeField(null=True, blank=True, help_text=_("when one was kept"))

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["settled"], name="comparison_period", condition=models.Q(settled__isnull=False))
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"


class Candidate(models.Model):
    """One of the answers; ``number`` is where it stands, from 0. ``model`` is the alias that was asked for."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="candidates")
    message = models.OneToOneField("chat.Message", models.CASCADE, related_name="candidate")
    number = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=100)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["comparison", "number"], name="candidate_place_once")]

    def __str__(self) -> str:
        return f"candidate {self.number} of comparison {self.comparison_id}"
