"""What was decided about personas before others saw them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonaReview(models.Model):
    """One step: asked for, given back, published or withdrawn. Never changed."""

    class Step(models.TextChoices):
        ASKED = "asked", _("review asked for")
        RETURNED = "returned", _("given back")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    persona = models.ForeignKey("chat.Persona", models.CASCADE, related_name="reviews")
    number = models.PositiveIntegerField(help_text=_("version it is about"))
    step = models.CharField(max_length=10, choices=Step.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=2_000, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self) -> str:
        return f"{self.step} of persona {self.persona_id}"
