"""Files that go along: with a copy of a conversation, to another person, into an archive."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from chat.artifacts import kinds, naming, storing
from chat.artifacts.access import there
from chat.models import Artifact, ArtifactText, ArtifactVersion, Conversation, Message
from meatlizard.accounts.models import User
from meatlizard.errors import LimitReached, StorageFull
from meatlizard.storage import actions as storage

PIECE = 500


def copy_to(talk: Conversation, copy: Conversation, copies: Mapping[UUID, Message]) -> None:
    """Within the transaction that copies messages of ``talk``, by their keys in ``copies``: files with those of their versions that came
    with one of them. The texts are shared and take no more storage."""
    if not talk.has_files:
        return
    files = {row.pk: row for row in there().filter(conversation=talk.pk)}
    rows = [
        row for row in ArtifactVersion.objects.filter(artifact__in=files).order_by("number") if row.message_id in copies
    ]
    # Locked with what they hold: a sweep in between would take the texts from under the copies.
    texts = ArtifactText.objects.select_for_update().filter(pk__in={row.content_id for row in rows})
    list(texts.order_by("pk").values_list("pk"))
    made: dict[UUID, Artifact] = {}
    for row in rows:
        if row.artifact_id not in made:
            old = files[row.artifact_id]
            made[row.artifact_id] = Artifact(
                pk=uuid4(), conversation=copy, name=old.name, key=old.key, kind=old.kind, created=old.created,
                expires=old.expires,
            )  # fmt: skip
        new = made[row.artifact_id]
        new.newest = row.number
        row.pk, row.artifact, row.message = None, new, copies[row.message_id]
    Artifact.objects.bulk_create(made.values())
    ArtifactVersion.objects.bulk_create(rows, batch_size=PIECE)
    if made:
        Conversation.objects.filter(pk=copy.pk).update(has_files=True)


def handing_over(talk: Conversation, to: User) -> list[tuple[int, Callable[[], None]]]:
    """What is to be done to the storage of two people, each with the key of whose it is, before :func:`hand_over`."""
    mine, shared = _texts(talk)
    steps: list[tuple[int, Callable[[], None]]] = []
    if mine or shared:
        steps.append((to.pk, lambda: storage.take(to, sum(row.size for row in (*mine, *shared)))))
    if mine:
        giver = talk.owner_id
        steps.append((giver, lambda: storage.give_back(giver, sum(row.size for row in mine))))
    return steps


def hand_over(talk: Conversation, to: User) -> None:
    """Texts that only ``talk`` has go along, those that others of its owner's conversations have too are copied."""
    mine, shared = _texts(talk)
    ArtifactText.objects.filter(pk__in=[row.pk for row in mine]).update(owner=to)
    for row in shared:
        whole = ArtifactText.objects.get(pk=row.pk)
        whole.pk, whole.owner = uuid4(), to
        whole.save(force_insert=True)
        ArtifactVersion.objects.filter(artifact__conversation=talk.pk, content=row.pk).update(content=whole)


def _texts(talk: Conversation) -> tuple[list[ArtifactText], list[ArtifactText]]:
    """Locked: those that this conversation alone has, and those that others have too."""
    if not talk.has_files:
        return [], []
    here = ArtifactVersion.objects.filter(artifact__conversation=talk.pk)
    rows = list(
        ArtifactText.objects.select_for_update().filter(pk__in=here.values("content")).defer("text").order_by("pk")
    )
    others = ArtifactVersion.objects.filter(content__in=rows).exclude(artifact__conversation=talk.pk)
    elsewhere = set(others.values_list("content", flat=True))
    return [row for row in rows if row.pk not in elsewhere], [row for row in rows if row.pk in elsewhere]


def of(talk: Conversation) -> dict[UUID, list[dict[str, Any]]]:
    """By message, for an archive: each version with its name, kind, number and text."""
    if not talk.has_files:
        return {}
    found: dict[UUID, list[dict[str, Any]]] = {}
    rows = ArtifactVersion.objects.filter(artifact__in=there().filter(conversation=talk.pk))
    for row in rows.select_related("artifact", "content").order_by("artifact__created", "number"):
        found.setdefault(row.message_id, []).append(
            {
                "name": row.artifact.name, "kind": row.artifact.kind, "number": row.number, "origin": row.origin,
                "sha256": row.content.sha256, "created": row.created, "text": row.content.text,
            }
        )  # fmt: skip
    return found


def put(owner: User, talk: Conversation, entries: Mapping[UUID, Sequence[Any]]) -> None:
    """Within the transaction that writes messages of an archive: what came with each (:class:`chat.portability.form.ArtifactPart`). For what
    its owner's storage has no room, the conversation comes without."""
    rows = [(key, entry) for key, found in entries.items() for entry in found]
    for key, entry in sorted(rows, key=lambda pair: pair[1].number):
        kind = kinds.KINDS.get(entry.kind, kinds.TEXT)
        name = naming.safe(entry.name, kind.suffix)
        talk.owner = owner
        try:
            with transaction.atomic():
                storing.put(talk, key, name, kind.name, entry.text, storing.Origin(entry.origin))
        except (StorageFull, LimitReached):
            return
