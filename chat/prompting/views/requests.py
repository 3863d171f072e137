"""What the chat's page asks of the prompts."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.prompting import access, actions, library
from chat.prompting.shown import shown_layers
from chat.views.bodies import MAX_TEXT_BODY, body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited


@login_required
@require_GET
@limited("chat.prompt.menu", "240/m", methods=("GET",))
def menu(request: UserRequest) -> JsonResponse:
    """``{"items": [{"id", "command", "title", "hint", "variables": [...]}]}`` for ``q``, for the composer's list."""
    return JsonResponse({"items": library.menu(request.user, request.GET.get("q", ""))})


@login_required
@require_POST
@limited("chat.prompt.fill", "120/m")
def fill(request: UserRequest, prompt: UUID) -> JsonResponse:
    """``{"text": ...}``: the prompt with ``values``, an object by names of variables, in their places."""
    row = access.access_prompt(request.user, prompt)
    given = body(request, MAX_TEXT_BODY).get("values") or {}
    if not isinstance(given, dict):
        raise Invalid(_("The request has no values."), code="bad_request")
    return JsonResponse({"text": actions.filled(row, given)})


@login_required
@require_GET
def read_by_answer(request: UserRequest, message: UUID) -> JsonResponse:
    """``{"known": bool, "layers": [{"title", "source", "version", "text", "cut"}]}``: the system prompt that an answer's model read."""
    layers = access.read_by_answer(request.user, message)
    return JsonResponse({"known": layers is not None, "layers": shown_layers(layers or [])})
