"""The door to checkpoints: a stranger gets the same NotFound as for what does not exist."""

from uuid import UUID

from django.utils.translation import gettext

from chat.models import Checkpoint
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


def access_checkpoint(viewer: User, checkpoint: UUID) -> Checkpoint:
    """With its conversation and its generation."""
    row = (
        Checkpoint.objects.select_related("conversation", "generation")
        .filter(pk=checkpoint, conversation__owner=viewer.pk, conversation__removed=None)
        .first()
    )
    if row is None:
        raise NotFound(gettext("This summary does not exist, or is not yours."))
    return row
