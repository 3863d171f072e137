"""The tree of a conversation: which messages are versions of one another, and where a branch ends. Reads, and writes nothing."""

from collections.abc import Iterable
from uuid import UUID

from chat.events import Place
from chat.models import Message

Rows = dict[UUID, UUID | None]
"""Parent of each message, from the oldest to the newest."""


def read(conversation: UUID) -> Rows:
    """Without what was deleted. One query of three small columns, whatever the length of the texts."""
    rows = Message.objects.filter(conversation=conversation, removed=None).order_by("created", "pk")
    return dict(rows.values_list("pk", "parent"))


def versions(rows: Iterable[tuple[UUID, UUID | None]]) -> dict[UUID, Place]:
    """Of each message that is not the only one below its parent, where it stands among them; ``rows`` from the oldest on."""
    below: dict[UUID | None, list[UUID]] = {}
    for pk, parent in rows:
        below.setdefault(parent, []).append(pk)
    places = {}
    for siblings in below.values():
        if len(siblings) > 1:
            for at, pk in enumerate(siblings):
                places[pk] = Place(
                    number=at + 1,
                    count=len(siblings),
                    before=siblings[at - 1] if at else None,
                    after=siblings[at + 1] if at + 1 < len(siblings) else None,
                )
    return places


def place(message: Message) -> Place | None:
    """As :func:`versions`, of one message alone."""
    siblings = Message.objects.filter(conversation=message.conversation_id, parent=message.parent_id, removed=None)
    keys = siblings.order_by("created", "pk").values_list("pk", flat=True)
    return versions((pk, None) for pk in keys).get(message.pk)


def below(rows: Rows, top: UUID) -> list[UUID]:
    """``top`` and all under it, from the oldest to the newest."""
    children: dict[UUID | None, list[UUID]] = {}
    for pk, parent in rows.items():
        children.setdefault(parent, []).append(pk)
    found, to_look = {top}, [top]
    while to_look:
        under = children.get(to_look.pop(), [])
        found.update(under)
        to_look += under
    return [pk for pk in rows if pk in found]


def end_of(rows: Rows, top: UUID | None) -> UUID | None:
    """The newest message without any below it, under ``top`` or in the whole tree: where the branch that is shown ends."""
    keys = list(rows) if top is None else below(rows, top)
    parents = {rows[pk] for pk in keys}
    leaves = [pk for pk in keys if pk not in parents]
    return leaves[-1] if leaves else None


def path(rows: Rows, end: UUID | None) -> list[UUID]:
    """From the first message down to ``end``."""
    found = []
    while end is not None and end in rows:
        found.append(end)
        end = rows[end]
    return found[::-1]
