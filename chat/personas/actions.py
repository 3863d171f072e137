"""Verbs of personas: make, change, publish, restore, delete. Every saved change is a version."""

import datetime
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import Avatar, Conversation, Persona, PersonaVersion
from chat.personas import character as characters
from chat.personas.character import Character
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound

MAX_PERSONAS = 500
"""Of one person."""

MAX_IN_ALL = 1_500
"""With those in the trash: who deletes and makes in turns fills no disk."""

MAX_PICTURES = 1_000
"""Of one person, over all versions that are kept."""

MAX_VERSIONS = 200
"""Of one persona; of more, the oldest go that nothing speaks with."""

TRASH_DAYS = 30

Picture = Avatar | Literal["keep"] | None


def create(
    owner: User, character: Character, avatar: Avatar | None = None, note: str = "", visibility: str = "mine"
) -> Persona:
    """Raises Invalid for a character that cannot be, LimitReached beyond MAX_PERSONAS."""
    character = characters.checked(character)
    visibility = _visibility(visibility)
    with transaction.atomic():
        # One at a time for each person, or the limit would not be one.
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
        _take_picture(owner, avatar)
        if Persona.objects.filter(owner=owner.pk).count() >= MAX_IN_ALL:
            said = {"most": TRASH_DAYS}
            raise LimitReached(
                _("There is too much in your trash. What lies there goes after %(most)s days.") % said,
                code="trash_full",
            )
        if Persona.objects.filter(owner=owner.pk, removed=None).count() >= MAX_PERSONAS:
            said = {"most": MAX_PERSONAS}
            raise LimitReached(
                _("You have %(most)s personas already. Delete some first.") % said, code="too_many_personas"
            )
        persona = Persona.objects.create(owner=owner, visibility=visibility, updated=timezone.now())
        persona.current = _add_version(owner, persona, 1, character, avatar.pk if avatar else None, note)
        persona.save(update_fields=["current"])
    return persona


def save(
    editor: User,
    persona: Persona,
    character: Character,
    avatar: Picture = "keep",
    base: int | None = None,
    note: str = "",
) -> PersonaVersion:
    """A new version; the same one where nothing changed. ``base``: the version that the editor began with.

    Raises Invalid with the code ``changed_meanwhile`` when there is a newer one than ``base``.
    """
    character = characters.checked(character)
    with transaction.atomic():
        row = _locked(persona)
        before = row.current
        assert before is not None
        if base is not None and base != before.number:
            raise Invalid(
                _("Somebody saved this persona in the meantime. Open it again and repeat your change."),
                code="changed_meanwhile",
            )
        picture = before.avatar_id if avatar == "keep" else avatar.pk if avatar else None
        if characters.of(before) == character and picture == before.avatar_id:
            return before
        _take_picture(row.owner, avatar)
        number = (row.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        version = _add_version(editor, row, number, character, picture, note)
        _show_newest(persona, row, version)
        _thin_out(row)
    return version


def restore(editor: User, persona: Persona, version: PersonaVersion) -> PersonaVersion:
    """An old version as the newest one again."""
    note = _("restored from version %(number)s") % {"number": version.number}
    return save(editor, persona, characters.of(version), version.avatar, note=note)


def show_to(persona: Persona, visibility: str) -> None:
    """Whose it is to see."""
    persona.visibility = _visibility(visibility)
    persona.save(update_fields=["visibility"])


def set_state(persona: Persona, state: str) -> None:
    """``published``: what it is now is what others read. ``draft`` and ``in_review`` leave them what they have; see
    :func:`withdraw`.

    Who may do this decides the caller.
    """
    if state not in Persona.State.values:
        raise Invalid(_("A persona is a draft, in review or published."), code="state_unknown")
    with transaction.atomic():
        row = _locked(persona)
        row.state = state
        if state == Persona.State.PUBLISHED:
            row.published = row.current
        row.save(update_fields=["state", "published"])
        _take_over(persona, row)


def withdraw(persona: Persona) -> None:
    """Nobody but its owner reads it any more; conversations with it go on."""
    with transaction.atomic():
        row = _locked(persona)
        row.state, row.published = Persona.State.DRAFT, None
        row.save(update_fields=["state", "published"])
        _take_over(persona, row)


def copy(user: User, version: PersonaVersion) -> Persona:
    """One of the user's own, to change as they like. The lorebooks of its owner stay with that owner."""
    character = characters.of(version)
    if version.persona is None or version.persona.owner_id != user.pk:
        character = characters.without_books(character)
    note = _("copied from “%(name)s”") % {"name": version.name}
    return create(user, character, version.avatar, note=note[:200])


def delete(persona: Persona) -> None:
    """Into the trash, from which :func:`bring_back` takes it for TRASH_DAYS. Conversations with it go on."""
    Persona.objects.filter(pk=persona.pk, removed=None).update(removed=timezone.now())


def bring_back(persona: Persona) -> None:
    Persona.objects.filter(pk=persona.pk).update(removed=None)


def empty_trash(now: datetime.datetime | None = None) -> int:
    """Deletes for good what was deleted TRASH_DAYS ago, and versions and avatars that nothing shows any more."""
    before = (now or timezone.now()) - datetime.timedelta(days=TRASH_DAYS)
    count, _rows = Persona.objects.filter(removed__lt=before).delete()
    PersonaVersion.objects.filter(persona=None, conversations=None).delete()
    # A day of grace: a copy takes an avatar that was there, a moment before the version that shows it.
    yesterday = (now or timezone.now()) - datetime.timedelta(days=1)
    Avatar.objects.filter(versions=None, created__lt=yesterday).delete()
    return count


def _take_picture(owner: User, picture: Picture) -> None:
    """Stores a new one with the version that shows it, or not at all: what is refused leaves nothing behind."""
    if isinstance(picture, Avatar):
        theirs = PersonaVersion.objects.filter(persona__owner=owner.pk, avatar__isnull=False).exclude(avatar=picture.pk)
        if theirs.values("avatar").distinct().count() >= MAX_PICTURES:
            said = {"most": MAX_PICTURES}
            raise LimitReached(
                _("Your personas have %(most)s pictures, old versions among them. Delete some personas first.") % said,
                code="too_many_pictures",
            )
        if picture._state.adding:
            picture.save(force_insert=True)


def _visibility(value: str) -> str:
    if value not in Persona.Visibility.values:
        raise Invalid(_("A persona is yours alone, shared with members, or public."), code="visibility_unknown")
    return value


def _locked(persona: Persona) -> Persona:
    row = Persona.objects.select_for_update().filter(pk=persona.pk, removed=None).first()
    if row is None:
        raise NotFound(_("This persona was deleted."))
    return row


def _show_newest(persona: Persona, row: Persona, version: PersonaVersion) -> None:
    # Others go on reading the published version until somebody publishes this one.
    row.current, row.state, row.updated = version, Persona.State.DRAFT, timezone.now()
    row.save(update_fields=["current", "state", "updated"])
    _take_over(persona, row)


def _take_over(persona: Persona, row: Persona) -> None:
    """The caller's object says what the row says."""
    for name in ("current", "published", "state", "updated"):
        setattr(persona, name, getattr(row, name))


def _add_version(
    author: User, persona: Persona, number: int, character: Character, avatar: UUID | None, note: str
) -> PersonaVersion:
    return PersonaVersion.objects.create(
        persona=persona,
        number=number,
        author=author,
        avatar_id=avatar,
        note=note[:200],
        **characters.columns(character),
    )


def _thin_out(persona: Persona) -> None:
    numbers = list(persona.versions.order_by("-number").values_list("pk", flat=True)[MAX_VERSIONS:])
    if numbers:
        kept: set[UUID | None] = {persona.current_id, persona.published_id}
        kept.update(Conversation.objects.filter(persona_version__in=numbers).values_list("persona_version", flat=True))
        PersonaVersion.objects.filter(pk__in=set(numbers) - kept).delete()
