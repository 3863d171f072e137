"""Verbs of lorebooks that stand alone."""

import json
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from chat.models import Lorebook
from chat.models.personas import NAME
from chat.personas import character as characters
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached

MAX_LOREBOOKS = 200


def create(owner: User, name: str, data: dict[str, Any]) -> Lorebook:
    """Raises Invalid for a name or book that cannot be, LimitReached beyond MAX_LOREBOOKS."""
    name = _checked(name, data)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
        if Lorebook.objects.filter(owner=owner.pk).count() >= MAX_LOREBOOKS:
            said = {"most": MAX_LOREBOOKS}
            raise LimitReached(
                _("You have %(most)s lorebooks already. Delete some first.") % said, code="too_many_lorebooks"
            )
        return Lorebook.objects.create(owner=owner, name=name, data=data)


def save(book: Lorebook, name: str, data: dict[str, Any]) -> Lorebook:
    """What is changed counts for the next answers of all conversations that use it."""
    book.name, book.data = _checked(name, data), data
    book.save(update_fields=["name", "data", "updated"])
    return book


def delete(book: Lorebook) -> None:
    """Personas and conversations that use it go on without."""
    book.delete()


def as_json(book: Lorebook) -> bytes:
    """As version 3 of the specification writes a lorebook of its own."""
    return json.dumps(
        {"spec": "lorebook_v3", "data": {"name": book.name, "extensions": {}, **book.data}}, indent=2
    ).encode()


def _checked(name: str, data: dict[str, Any]) -> str:
    name = characters.line(characters.line(name)[:NAME])
    if not name:
        raise Invalid(_("A lorebook needs a name."), code="name_empty")
    characters.check_book(data)
    return name
