"""What people think of answers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Rating(models.Model):
    """One person's opinion of one answer; each version of an answer has its own. ``may_be_read``: operators may read question,
    answer and ``comment``; otherwise they see everything but these.
    """

    class Value(models.TextChoices):
        UP = "up", _("good")
        DOWN = "down", _("bad")

    class Reason(models.TextChoices):
        """The first four praise, the others complain."""

        CORRECT = "correct", _("Correct")
        CLEAR = "clear", _("Well explained")
        CREATIVE = "creative", _("Original")
        THOROUGH = "thorough", _("Complete")
        WRONG = "wrong", _("Not correct")
        MISSED = "missed", _("Did not do what I asked")
        LAZY = "lazy", _("Lazy or incomplete")
        STYLE = "style", _("Tone or style")
        REFUSED = "refused", _("Refused without need")
        UNSAFE = "unsafe", _("Harmful or offensive")
        OTHER = "other", _("Something else")

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="ratings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="ratings")
    value = models.CharField(max_length=4, choices=Value.choices)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    comment = models.CharField(max_length=1000, blank=True)
    may_be_read = models.BooleanField(default=False)
    model = models.CharField(max_length=100, blank=True, help_text=_("alias of the model that wrote the answer"))
    persona = models.ForeignKey("chat.Persona", models.SET_NULL, null=True, blank=True, related_name="+")
    created = models.DateTimeField()
    updated = models.DateTimeField()

    class Meta:
        ordering = ["-updated"]
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="rating_once")]
        indexes = [models.Index(fields=["updated"], name="rating_period")]

    def __str__(self) -> str:
        return f"{self.value} for {self.model or 'an answer'}"
