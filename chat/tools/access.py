"""The door to one call of a tool."""

from uuid import UUID

from django.utils.translation import gettext

from chat.models import ToolCall
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


def access_call(viewer: User, call: UUID) -> ToolCall:
    """Of one's own conversations alone."""
    rows = ToolCall.objects.filter(
        pk=call, message__conversation__owner=viewer.pk, message__conversation__removed=None, message__removed=None
    )
    row = rows.select_related("message").first()
    if row is None:
        raise NotFound(gettext("This call does not exist, or is not yours."))
    return row
