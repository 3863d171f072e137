"""Small requests about the tree of a conversation."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from chat import branches
from chat.access import access_message
from chat.messages import conversation_out
from chat.views.bodies import MAX_TEXT_BODY, body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid


@login_required
@require_POST
def show(request: UserRequest, message: UUID) -> JsonResponse:
    """Shows the branch through a message: ``{"head": id}`` of the message at its end. Pages hear ``branch.shown``."""
    return JsonResponse({"head": branches.show(request.user, access_message(request.user, message))})


@login_required
@require_POST
def edit(request: UserRequest, message: UUID) -> JsonResponse:
    """Puts ``text`` in the place of an answer's. Pages hear ``message.changed``."""
    row = access_message(request.user, message)
    text = body(request, MAX_TEXT_BODY).get("text")
    if not isinstance(text, str):
        raise Invalid(gettext("The request has no text."), code="bad_request")
    branches.edit_answer(request.user, row, text)
    return JsonResponse({"edited": row.pk})


@login_required
@require_POST
def remove(request: UserRequest, message: UUID) -> JsonResponse:
    """Deletes a message and what follows it: ``{"deleted": how many}``. Pages hear ``branch.shown``."""
    return JsonResponse({"deleted": branches.remove(request.user, access_message(request.user, message))})


@login_required
@require_POST
def restore(request: UserRequest, message: UUID) -> JsonResponse:
    """Brings back what :func:`remove` deleted, and shows it: ``{"head": id}``."""
    return JsonResponse({"head": branches.restore(request.user, access_message(request.user, message))})


@login_required
@require_POST
def fork(request: UserRequest, message: UUID) -> JsonResponse:
    """Begins a new conversation with a copy of all down to a message: ``{"conversation": {...}, "url": "..."}``."""
    row = branches.fork(request.user, access_message(request.user, message))
    answer = {
        "conversation": conversation_out(row).model_dump(mode="json"),
        "url": reverse("chat:conversation", args=[row.pk]),
    }
    return JsonResponse(answer, status=201)
