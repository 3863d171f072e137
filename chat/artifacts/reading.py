"""Which files a conversation has, on which branch. Reads, and writes nothing."""

from collections.abc import Sequence
from uuid import UUID

from chat import tree
from chat.artifacts import kinds
from chat.artifacts.access import there
from chat.artifacts.detection import Known
from chat.artifacts.shape import ArtifactOut, VersionOut
from chat.models import Artifact, ArtifactVersion, Conversation, Message

MOST_KNOWN = 12
"""Files, the newest first, of which an answer may hold another version."""


def shown(talk: Conversation) -> list[ArtifactOut]:
    """Those of the branch that is shown, in the order in which they came. No query where none has ever come."""
    if not talk.has_files:
        return []
    path = set(tree.path(tree.read(talk.pk), talk.head_id))
    files = list(there().filter(conversation=talk.pk))
    versions: dict[UUID, list[VersionOut]] = {}
    rows = ArtifactVersion.objects.filter(artifact__in=files).select_related("content").defer("content__text")
    for row in rows.order_by("number"):
        if row.message_id in path:
            versions.setdefault(row.artifact_id, []).append(_version_out(row))
    return [_out(row, versions[row.pk]) for row in files if row.pk in versions]


def _out(row: Artifact, versions: Sequence[VersionOut]) -> ArtifactOut:
    view = kinds.KINDS.get(row.kind, kinds.TEXT).view
    return ArtifactOut(
        id=row.pk, name=row.name, kind=row.kind, view=view, newest=row.newest, expires=row.expires, versions=tuple(versions)
    )  # fmt: skip


def _version_out(row: ArtifactVersion) -> VersionOut:
    return VersionOut(
        number=row.number, message=row.message_id, size=row.content.size, sha256=row.content.sha256, origin=row.origin,
        created=row.created,
    )  # fmt: skip


def current(talk: Conversation) -> list[ArtifactVersion]:
    """The newest version of each file on the branch that is shown, without the texts."""
    newest = {(one.id, one.versions[-1].number) for one in shown(talk)}
    rows = ArtifactVersion.objects.filter(artifact__conversation=talk.pk).select_related("artifact")
    return [row for row in rows.order_by("artifact__created", "number") if (row.artifact_id, row.number) in newest]


def known(talk: Conversation, end: UUID | None) -> list[Known]:
    """What there is on the branch that ends with the message ``end``, the newest first."""
    if not talk.has_files or end is None:
        return []
    path = set(tree.path(tree.read(talk.pk), end))
    newest: dict[UUID, ArtifactVersion] = {}
    for row in ArtifactVersion.objects.filter(artifact__in=there().filter(conversation=talk.pk)).order_by("number"):
        if row.message_id in path:
            newest[row.artifact_id] = row
    rows = sorted(newest.values(), key=lambda row: row.created, reverse=True)[:MOST_KNOWN]
    found = ArtifactVersion.objects.filter(pk__in=[row.pk for row in rows]).select_related("artifact", "content")
    texts = {row.pk: row for row in found}
    files = [texts[row.pk] for row in rows if row.pk in texts]
    return [Known(row.artifact.name, row.artifact.kind, row.content.text) for row in files]


def of_message(message: UUID) -> list[ArtifactVersion]:
    """What came with an answer, the newest of each file, with the texts."""
    rows = ArtifactVersion.objects.filter(
        message=message, origin__in=("answer", "tool"), artifact__in=there()
    ).select_related("artifact", "content")
    newest = {row.artifact_id: row for row in rows.order_by("number")}
    return sorted(newest.values(), key=lambda row: row.number and row.pk)


def text_of(row: ArtifactVersion) -> str | None:
    """None when it was deleted meanwhile."""
    return ArtifactVersion.objects.filter(pk=row.pk).values_list("content__text", flat=True).first()


def question_and_answer(message: UUID) -> tuple[Message, str] | None:
    """An answer that is there, with its conversation, and the question it answers."""
    row = Message.objects.select_related("conversation__owner").filter(
        pk=message, role=Message.Role.ASSISTANT, removed=None, conversation__removed=None
    ).defer("thinking", "html").first()  # fmt: skip
    if row is None or not row.content:
        return None
    asked = Message.objects.filter(children=row.pk, role=Message.Role.USER).values_list("content", flat=True).first()
    return row, asked or ""
