"""Where a conversation is kept (folders, tags, marks), taken along."""

from typing import Any

from chat import keeping
from chat.models import Conversation
from chat.models.conversations import Folder, Tag
from chat.portability.form import Shelf, Talk
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid


def of(talk: Conversation) -> dict[str, Any]:
    """Fields of :class:`chat.portability.form.Talk`. One query for each folder it lies in, and one for its tags."""
    folders: list[Shelf] = []
    row = talk.folder
    while row is not None:
        folders.append(Shelf.model_construct(name=row.name, system_prompt=row.system_prompt))
        row = row.parent
    return {
        "pinned": talk.pinned,
        "archived": talk.archived,
        "tags": sorted(talk.tags.values_list("name", flat=True)),
        "folders": folders[::-1],
    }


def tags(talk: Talk) -> list[str]:
    """As they are stored. Raises Invalid."""
    return sorted({keeping.tag_name(name) for name in talk.tags})


def put(owner: User, row: Conversation, talk: Talk) -> None:
    """Within the transaction that made ``row``."""
    Tag.objects.bulk_create([Tag(conversation=row, name=name) for name in tags(talk)])
    if talk.folders:
        Conversation.objects.filter(pk=row.pk).update(folder=_folder(owner, talk.folders))


def _folder(owner: User, shelves: list[Shelf]) -> Folder | None:
    """The folder of that name in that place, made where it is missing. One that may not be made is done without: the conversation
    matters more."""
    found: Folder | None = None
    for shelf in shelves:
        here = Folder.objects.filter(owner=owner.pk, parent=found, name__iexact=shelf.name).first()
        if here is None:
            try:
                here = keeping.save_folder(owner, None, shelf.name, found.pk if found else None, shelf.system_prompt)
            except Invalid:
                return found
        found = here
    return found
