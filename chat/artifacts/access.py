"""The doors to files of conversations: their owners alone, as long as they are there."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from chat.models import Artifact, ArtifactVersion
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


def there() -> "QuerySet[Artifact]":
    """Those whose time is not over, in conversations that are in no trash."""
    lasting = Q(expires=None) | Q(expires__gt=timezone.now())
    return Artifact.objects.filter(lasting, conversation__removed=None)


def access_artifact(viewer: User, artifact: UUID) -> Artifact:
    row = there().select_related("conversation").filter(pk=artifact, conversation__owner=viewer.pk).first()
    if row is None:
        raise NotFound(gettext("This file does not exist, is not yours, or its time is over."), code="no_such_file")
    return row


def access_version(viewer: User, artifact: UUID, number: int) -> ArtifactVersion:
    """With its text and its file."""
    row = access_artifact(viewer, artifact)
    found = row.versions.filter(number=number, message__removed=None).select_related("content").first()
    if found is None:
        raise NotFound(gettext("This version does not exist, or was deleted."), code="no_such_version")
    found.artifact = row
    return found
