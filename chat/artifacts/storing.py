"""Versions and their texts as rows: written here alone, within the transactions of those who have the conversation locked."""

import datetime
import hashlib
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.artifacts import kinds, naming
from chat.artifacts.events import ArtifactsChanged
from chat.bus import on_commit
from chat.hub import conversation_topic
from chat.models import Artifact, ArtifactText, ArtifactVersion, Conversation
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from meatlizard.languages import number
from meatlizard.storage import actions as storage

MAX_FILES = 200
"""Of one conversation."""

MAX_VERSIONS = 500
"""Of one file."""

Origin = ArtifactVersion.Origin


def ending() -> datetime.datetime | None:
    """When what comes now goes by itself; None: never."""
    hours = settings.ARTIFACT_HOURS
    return timezone.now() + datetime.timedelta(hours=hours) if hours else None


def put(talk: Conversation, message: UUID, name: str, kind: str, text: str, origin: Origin) -> ArtifactVersion | None:
    """``text`` as the newest version of the file ``name`` of ``talk``, which is locked. None when its newest version with ``message`` is the same. Raises
    StorageFull, and LimitReached for too many."""
    row = Artifact.objects.filter(conversation=talk.pk, key=naming.key(name)).first()
    if row is not None and row.expires is not None and row.expires <= timezone.now():
        # Its time is over, and the sweep has not been here yet.
        row.delete()
        row = None
    if row is None:
        if Artifact.objects.filter(conversation=talk.pk).count() >= MAX_FILES:
            raise LimitReached(
                _("A conversation has at most {most} files.").format(most=number(MAX_FILES)), code="too_many_files"
            )
        row = Artifact.objects.create(
            conversation=talk, name=name, key=naming.key(name), kind=kind, created=timezone.now(), expires=ending()
        )
    return add(talk.owner, row, message, text, origin)


def add(owner: User, row: Artifact, message: UUID, text: str, origin: Origin) -> ArtifactVersion | None:
    """As :func:`put`, of a file that is there."""
    before = (
        row.versions.filter(message=message)
        .order_by("-number")
        .select_related("content")
        .defer("content__text")
        .first()
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    if before is not None and before.content.sha256 == digest:
        return None
    if row.newest >= MAX_VERSIONS:
        raise LimitReached(
            _("A file has at most {most} versions. Copy it into a new conversation.").format(most=number(MAX_VERSIONS)),
            code="too_many_versions",
        )
    content = kept_text(owner, text, digest)
    row.newest += 1
    if row.expires is not None:
        row.expires = ending()
    row.save(update_fields=["newest", "expires"])
    made = ArtifactVersion.objects.create(
        artifact=row, number=row.newest, message_id=message, content=content, origin=origin, created=timezone.now()
    )
    Conversation.objects.filter(pk=row.conversation_id, has_files=False).update(has_files=True)
    return made


def kept_text(owner: User, text: str, digest: str) -> ArtifactText:
    """The row of a text: one that its owner has already, or a new one, for which storage is taken."""
    # Locked, so that no sweep deletes it. One that somebody else holds is not waited for, since he may wait for the storage that an earlier
    # file of this transaction has taken: the text is kept twice then.
    rows = ArtifactText.objects.select_for_update(skip_locked=True, no_key=True)
    known = rows.filter(owner=owner.pk, sha256=digest).defer("text").first()
    if known is not None:
        return known
    size = len(text.encode())
    storage.take(owner, size)
    return ArtifactText.objects.create(owner=owner, sha256=digest, size=size, text=text, created=timezone.now())


def checked(text: str, largest: int) -> str:
    """Of a person or a tool. Raises Invalid for what is too long, or cannot be stored."""
    text = "".join(sign for sign in text if sign != "\x00" and not "\ud800" <= sign <= "\udfff") if _odd(text) else text
    if len(text.encode()) > largest:
        raise Invalid(_("A file has at most {most} bytes.").format(most=number(largest)), code="too_long")
    return text


def _odd(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text)


def tell(conversation: UUID, message: UUID | None = None, *, full: bool = False) -> None:
    """Open pages, once the transaction is over."""
    on_commit(conversation_topic(conversation), ArtifactsChanged(conversation=conversation, message=message, full=full))


def unused() -> Q:
    return Q(versions=None)


__all__ = [
    "MAX_FILES",
    "MAX_VERSIONS",
    "Origin",
    "add",
    "checked",
    "ending",
    "kept_text",
    "kinds",
    "put",
    "tell",
    "unused",
]
