"""Collections of documents that models are told passages of, and the passages they were told."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Collection(models.Model):
    """Documents of one person; or of the site (``owner`` empty), which every member reads and operators keep.

    ``lent``: whoever talks with a persona of its owner's that has it is answered from its passages, without ever reading the collection.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="collections"
    )
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    lent = models.BooleanField(default=False, db_default=False)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)
    removed = models.DateTimeField(null=True, blank=True, help_text=_("when it was put into the trash"))

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["owner", "name"], name="collection_list")]

    def __str__(self) -> str:
        # Not the name, as with conversations.
        return f"collection {self.pk}"


class Document(models.Model):
    """A text of a collection, with where it came from: a file, a note, a page of the web (``source`` is its address), or something of
    another part of the site (``kind`` is the name it registered, ``source`` its key there).

    ``size`` is what it takes of its owner's storage, as long as the row is there.
    """

    class State(models.TextChoices):
        READING = "reading", _("being read")
        FAILED = "failed", _("could not be read")
        READ = "read", _("read")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=2000, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.READING)
    error = models.CharField(max_length=400, blank=True, help_text=_("why it could not be read, in words"))
    text = models.TextField(blank=True)
    length = models.PositiveIntegerField(default=0, help_text=_("characters of the text"))
    size = models.PositiveBigIntegerField(default=0)
    cut = models.CharField(max_length=300, blank=True, help_text=_("what of it was left out, in words"))
    version = models.PositiveIntegerField(default=1, help_text=_("grows when its text changes"))
    created = models.DateTimeField()
    read = models.DateTimeField(null=True, blank=True, help_text=_("when its text was last read from where it is"))
    removed = models.DateTimeField(null=True, blank=True, help_text=_("when it was put into the trash"))

    class Meta:
        ordering = ["-created", "pk"]
        indexes = [
            models.Index(fields=["collection", "-created"], name="document_list"),
            models.Index(fields=["created"], name="document_coming", condition=Q(state="reading")),
        ]

    def __str__(self) -> str:
        return f"document {self.pk}"


class Passage(models.Model):
    """A piece of a document's text, ``start`` to ``end`` of it in code points. Written once: another text makes other passages."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="passages")
    number = models.PositiveIntegerField(help_text=_("from 1 on"))
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    heading = models.CharField(max_length=200, blank=True, help_text=_("under which it stands"))
    content = models.TextField()

    class Meta:
        ordering = ["document", "number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="passage_once")]

    def __str__(self) -> str:
        return f"passage {self.pk}"


class PersonaCollection(models.Model):
    """That a persona answers from a collection of its owner's or of the site."""

    persona = models.ForeignKey("chat.Persona", models.CASCADE, related_name="collections")
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["persona", "collection"], name="persona_collection_once")]

    def __str__(self) -> str:
        return f"collection {self.collection_id} of persona {self.persona_id}"


class Told(models.Model):
    """A passage that an answer's model is given, under the number by which the answer refers to it."""

    generation = models.ForeignKey("chat.Generation", models.CASCADE, related_name="told")
    number = models.PositiveSmallIntegerField(help_text=_("from 1 on"))
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="+")

    class Meta:
        ordering = ["generation", "number"]
        constraints = [models.UniqueConstraint(fields=["generation", "number"], name="told_once")]

    def __str__(self) -> str:
        return f"passage {self.number} of generation {self.generation_id}"
