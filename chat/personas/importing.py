"""Files that people bring: a card becomes a persona, a lorebook a lorebook."""

from dataclasses import dataclass
from typing import IO, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from chat.personas import actions, avatars, lorebooks
from chat.personas import character as characters
from chat.personas.cards import files
from chat.personas.cards.reading import loads
from chat.personas.lorebook import described, parse
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid


@dataclass(frozen=True, slots=True)
class Made:
    name: str
    url: str
    notes: tuple[str, ...] = ()


def take_in(owner: User, name: str, file: IO[bytes], size: int) -> Made:
    """Raises Invalid with what is wrong with the file; nothing is made of it then."""
    if size > files.MAX_FILE:
        raise Invalid(
            _("A card has at most %(most)s MB.") % {"most": files.MAX_FILE // 1_000_000}, code="card_too_large"
        )
    data = file.read()
    book = _book(data)
    if book is not None:
        row = lorebooks.create(owner, str(book.get("name") or "") or name.rpartition(".")[0] or name, book)
        return Made(row.name, reverse("chat:lorebook", args=[row.pk]), tuple(described(parse(book))[:5]))
    card = files.read(data)
    avatar, notes = None, list(card.notes)
    if card.picture is not None:
        try:
            avatar = avatars.encoded(card.picture)
        except Invalid as error:
            # The character is what matters; a picture can be given again.
            notes.append(error.message)
    persona = actions.create(
        owner, card.character, avatar, note=_("taken from the file %(name)s") % {"name": characters.line(name)}
    )
    notes += described(parse(card.character.book))[:5]
    return Made(card.character.name, reverse("chat:persona", args=[persona.pk]), tuple(notes))


def _book(data: bytes) -> dict[str, Any] | None:
    """A lorebook that stands alone, as this site, version 3 of the specification or SillyTavern writes it."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return None
    found = loads(data)
    if not isinstance(found, dict):
        return None
    inner = found.get("data") if found.get("spec") == "lorebook_v3" else found
    if isinstance(inner, dict) and isinstance(inner.get("entries"), list | dict) and "first_mes" not in inner:
        return inner
    return None
