"""The door to imports."""

from uuid import UUID

from django.utils.translation import gettext

from chat.models import ImportRun
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


def access_import(viewer: User, run: UUID) -> ImportRun:
    row = ImportRun.objects.filter(pk=run, owner=viewer.pk).first()
    if row is None:
        raise NotFound(gettext("This import does not exist, or is not yours."))
    return row


def imports_of(viewer: User) -> list[ImportRun]:
    """The latest, newest first."""
    return list(ImportRun.objects.filter(owner=viewer.pk)[:10])
