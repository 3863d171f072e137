"""The page's small requests about the flow of a conversation."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views.decorators.http import require_GET, require_POST

from chat.access import access_conversation
from chat.flows import actions, running
from meatlizard.accounts.http import UserRequest
from meatlizard.security.ratelimit import limited


@login_required
@require_GET
def flow(request: UserRequest, conversation: UUID) -> JsonResponse:
    """What is open at the end of what is shown: ``{"flow": null}`` where nothing is, else its ``state`` (``asking`` or ``closed``),
    the ``kind`` of answer that is waited for, and the ``choices`` of one that has some.
    """
    talk = access_conversation(request.user, conversation)
    return JsonResponse({"flow": running.shown(talk)})


@login_required
@require_POST
@limited("chat.flow.skip", "30/m")
def skip(request: UserRequest, conversation: UUID) -> JsonResponse:
    """Goes on in free chat. Pages hear ``message.added``."""
    return JsonResponse({"skipped": actions.skip(request.user, conversation)})
