"""Summaries as the page shows them: at the place in the thread down to which each of them stands for the messages."""

from collections.abc import Sequence
from uuid import UUID

from chat.context.events import CheckpointOut
from chat.models import Checkpoint, Message


def blocks(path: Sequence[Message]) -> dict[UUID, CheckpointOut]:
    """The checkpoints on a branch, by message. No query where there are none."""
    marked = [message.pk for message in path if message.summed_up]
    if not marked:
        return {}
    rows = Checkpoint.objects.filter(conversation=path[0].conversation_id).exclude(text="")
    found = {row.message_id: row for row in rows}
    at = {message.pk: number for number, message in enumerate(path) if message.pk in found}
    last = max(at.values(), default=-1)
    return {key: _block(found[key], path[: number + 1], number == last) for key, number in at.items()}


def _block(row: Checkpoint, stands_for: Sequence[Message], current: bool) -> CheckpointOut:
    written = row.edited or row.created
    return CheckpointOut(
        id=row.pk,
        text=row.text,
        count=len(stands_for),
        model=row.model,
        created=row.created,
        edited=row.edited,
        current=current,
        stale=any(message.edited is not None and message.edited > written for message in stands_for),
    )


def copy(path: Sequence[Message], copies: Sequence[Message]) -> None:
    """Gives the messages ``copies`` of ``path``, once they are stored, the checkpoints of those."""
    marked = {old.pk: new for old, new in zip(path, copies, strict=True) if old.summed_up}
    if not marked:
        return
    rows = Checkpoint.objects.filter(message__in=marked).exclude(text="")
    Checkpoint.objects.bulk_create(
        Checkpoint(
            conversation_id=marked[row.message_id].conversation_id,
            message=marked[row.message_id],
            by_hand=row.by_hand,
            text=row.text,
            model=row.model,
            created=row.created,
            edited=row.edited,
        )
        for row in rows
    )
