"""The small request of a comparison."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from chat.access import access_message
from chat.comparing import actions
from meatlizard.accounts.http import UserRequest


@login_required
@require_POST
def keep(request: UserRequest, message: UUID) -> JsonResponse:
    """Keeps this answer of a comparison: ``{"head": id}`` of the message at the end of what is shown. Pages hear ``branch.shown``."""
    return JsonResponse({"head": actions.keep(request.user, access_message(request.user, message))})
