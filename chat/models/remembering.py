"""What the site remembers of a person, because they said so: facts, and what of them models are told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Memory(models.Model):
    """How one person's facts are told. ``told`` is kept ready, so that an answer reads it with its conversation; ``many``: there are more
    facts than it has room for, and which of them bear on a question is looked up before its answer.
    """

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="memory")
    on = models.BooleanField(default=True)
    told = models.TextField(blank=True)
    many = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)
    without = models.TextField(blank=True, help_text=_("ids of personas that are told nothing, with spaces between"))

    class Meta:
        indexes = [models.Index(fields=["owner"], name="memory_many", condition=Q(many=True))]

    def __str__(self) -> str:
        return f"memory {self.pk}"


class Fact(models.Model):
    """One sentence of a person's about themselves."""

    class Origin(models.TextChoices):
        WRITTEN = "written", _("written by hand")
        ASKED = "asked", _("asked for in a conversation")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="facts")
    text = models.CharField(max_length=500)
    origin = models.CharField(max_length=7, choices=Origin.choices, default=Origin.WRITTEN)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)
    removed = models.DateTimeField(
        null=True, blank=True, help_text=_("when it was deleted; all that went together have the same moment")
    )

    class Meta:
        ordering = ["-created", "-pk"]
        indexes = [models.Index(fields=["owner", "-created"], name="fact_list")]

    def __str__(self) -> str:
        # Not the text, as with conversations.
        return f"fact {self.pk}"


class Recalled(models.Model):
    """Those of many facts that one answer's model is told."""

    generation = models.OneToOneField("chat.Generation", models.CASCADE, primary_key=True, related_name="recalled")
    text = models.TextField()

    def __str__(self) -> str:
        return f"facts for generation {self.pk}"
