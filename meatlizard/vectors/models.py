"""Vectors, whose they are, and what is yet to become one."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from meatlizard.vectors.fields import Signs


class StoredVector(models.Model):
    """The meaning of one thing of an app, by the app's own key. Whatever index there is can be made anew from these rows."""

    collection = models.CharField(max_length=40, help_text=_("what kind of thing it is"))
    key = models.CharField(max_length=64)
    owner = models.CharField(max_length=64, help_text=_("who alone can find it"))
    scope = models.CharField(max_length=64, blank=True, help_text=_("what of the owner's it belongs to"))
    model = models.CharField(max_length=80, help_text=_("what made it"))
    numbers = models.BinaryField(help_text=_("384 floats of 16 bits"))
    signs = Signs(help_text=_("one bit of each number"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "key"], name="vector_once")]
        indexes = [
            # All that a search compares, so that it reads nothing else of what it does not find.
            models.Index(fields=["collection", "model", "owner", "scope", "signs"], name="vector_owner"),
            models.Index(fields=["collection", "scope"], name="vector_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.collection} {self.key}"


class Pending(models.Model):
    """A text that is new or has changed. Each change is a row of its own, so that no two writers wait for each other; whoever has made
    the vector deletes the rows that it has seen.
    """

    collection = models.CharField(max_length=40)
    key = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    due = models.DateTimeField(help_text=_("when it is tried next; while it is tried, when others may try it"))

    class Meta:
        ordering = ["due", "pk"]
        verbose_name_plural = _("pending")
        indexes = [
            models.Index(fields=["due", "id"], name="vector_pending_due"),
            models.Index(fields=["collection", "key"], name="vector_pending_key"),
        ]

    def __str__(self) -> str:
        return f"{self.collection} {self.key}"
