"""The page's small requests about what models remember of a conversation."""

from dataclasses import asdict
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from chat.access import access_conversation, access_message
from chat.context import actions
from chat.context.access import access_checkpoint
from chat.context.figures import figures
from chat.views.bodies import MAX_TEXT_BODY, body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited


@login_required
@require_GET
def context(request: UserRequest, conversation: UUID) -> JsonResponse:
    """As :class:`chat.context.figures.Figures`."""
    return JsonResponse(asdict(figures(access_conversation(request.user, conversation))))


@login_required
@require_POST
def pin(request: UserRequest, message: UUID) -> JsonResponse:
    """``{"pinned": true or false}``. Pages hear ``message.changed``."""
    row = actions.pin(request.user, access_message(request.user, message), _switch(request, "pinned"))
    return JsonResponse({"message": row.pk, "pinned": row.pinned})


@login_required
@require_POST
@limited("summarise", "6/m")
def summarise(request: UserRequest, conversation: UUID) -> JsonResponse:
    """Asks for a summary of the older part of the branch that is shown. Pages hear ``context.changed`` when it is there, or failed."""
    row = actions.summarise(request.user, access_conversation(request.user, conversation))
    return JsonResponse({"summary": row.pk}, status=202)


@login_required
@require_POST
def by_themselves(request: UserRequest, conversation: UUID) -> JsonResponse:
    """``{"wanted": true or false}``: whether older turns are summed up without being asked for."""
    wanted = _switch(request, "wanted")
    actions.by_themselves(request.user, access_conversation(request.user, conversation), wanted)
    return JsonResponse({"wanted": wanted})


@login_required
@require_POST
def edit(request: UserRequest, checkpoint: UUID) -> JsonResponse:
    """Puts ``text`` in the place of a summary's. Pages hear ``context.changed``."""
    row = access_checkpoint(request.user, checkpoint)
    text = body(request, MAX_TEXT_BODY).get("text")
    if not isinstance(text, str):
        raise Invalid(gettext("The request has no text."), code="bad_request")
    return JsonResponse({"summary": actions.edit(request.user, row, text).pk})


@login_required
@require_POST
def delete(request: UserRequest, checkpoint: UUID) -> JsonResponse:
    """Has models read the messages again. Pages hear ``context.changed``."""
    actions.delete(request.user, access_checkpoint(request.user, checkpoint))
    return JsonResponse({"deleted": str(checkpoint)})


def _switch(request: UserRequest, name: str) -> bool:
    value = body(request).get(name)
    if not isinstance(value, bool):
        raise Invalid(gettext("The request does not say yes or no."), code="bad_request")
    return value
