"""The doors to personas, their versions and lorebooks."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chat.models import Lorebook, Persona, PersonaVersion
from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound

Viewer = User | AnonymousUser


def edits_all(viewer: Viewer) -> bool:
    """An operator who may change every persona, and hence reads every one."""
    return bool(viewer.is_active and viewer.is_staff and viewer.has_perm("chat.change_persona"))


def may_change(viewer: Viewer, persona: Persona) -> bool:
    return viewer.is_authenticated and (persona.owner_id == viewer.pk or edits_all(viewer))


def _readable(viewer: Viewer) -> Q:
    """Own ones; and of others those with a published version, as far as their owners show them."""
    visibilities = [Persona.Visibility.PUBLIC]
    if viewer.is_authenticated:
        visibilities.append(Persona.Visibility.SHARED)
    condition = Q(published__isnull=False, visibility__in=visibilities) & at_large("owner__")
    if viewer.is_authenticated:
        condition |= Q(owner=viewer.pk)
    return condition


def readable(viewer: Viewer) -> "QuerySet[Persona]":
    """Every persona that the viewer may read and speak with; an operator's right to read all is not in it."""
    return Persona.objects.select_related("current", "published").filter(_readable(viewer), removed=None)


def own_personas(viewer: User) -> "QuerySet[Persona]":
    return Persona.objects.select_related("current", "published").filter(owner=viewer.pk, removed=None)


def shared_personas(viewer: Viewer) -> "QuerySet[Persona]":
    """Of others, what they show the viewer."""
    rows = readable(viewer)
    return rows.exclude(owner=viewer.pk) if viewer.is_authenticated else rows


def access_persona(viewer: Viewer, persona: UUID) -> Persona:
    rows = Persona.objects.select_related("current", "published", "owner").filter(pk=persona, removed=None)
    if not edits_all(viewer):
        rows = rows.filter(_readable(viewer))
    row = rows.first()
    if row is None:
        raise NotFound(_("This persona does not exist, or is not yours to see."))
    return row


def access_persona_to_change(viewer: User, persona: UUID) -> Persona:
    """Raises Forbidden for a persona that the viewer may only read."""
    row = access_persona(viewer, persona)
    if not may_change(viewer, row):
        raise Forbidden(_("Only its owner changes this persona. You may make a copy of your own."))
    return row


def access_removed_persona(viewer: User, persona: UUID) -> Persona:
    """One of the viewer's own in the trash."""
    row = Persona.objects.filter(pk=persona, owner=viewer.pk, removed__isnull=False).first()
    if row is None:
        raise NotFound(_("This persona is not in your trash."))
    return row


def shown_version(viewer: Viewer, persona: Persona) -> PersonaVersion:
    """What the viewer reads of it and speaks with."""
    version = persona.current if may_change(viewer, persona) else persona.published
    if version is None:
        raise NotFound(_("This persona does not exist, or is not yours to see."))
    return version


def access_version(viewer: User, persona: Persona, number: int) -> PersonaVersion:
    """An old one, for who may change the persona."""
    row = persona.versions.filter(number=number).first() if may_change(viewer, persona) else None
    if row is None:
        raise NotFound(_("This version does not exist, or is not yours to see."))
    return row


def access_lorebook(viewer: User, lorebook: UUID) -> Lorebook:
    row = Lorebook.objects.filter(pk=lorebook, owner=viewer.pk).first()
    if row is None:
        raise NotFound(_("This lorebook does not exist, or is not yours."))
    return row


def lorebooks_of(viewer: User) -> "QuerySet[Lorebook]":
    return Lorebook.objects.filter(owner=viewer.pk)
