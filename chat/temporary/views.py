"""The one request by which a temporary chat becomes an ordinary one."""

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chat.messages import conversation_out
from chat.temporary import actions
from chat.temporary.events import MAX_TURNS, TemporaryTurn
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited

MAX_BODY = 13_000_000
"""The longest chat that is kept, each character escaped."""


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    turns: list[TemporaryTurn] = Field(max_length=MAX_TURNS + 2)
    model: str = Field(default="", max_length=100)
    system_prompt: str = Field(default="", max_length=20_000)


@login_required
@require_POST
@limited("temporary-keep", "10/m")
def keep(request: UserRequest) -> JsonResponse:
    """``turns`` (list of ``role`` and ``content``), ``model``, ``system_prompt``: ``{"conversation": {...}, "url": "..."}``."""
    if len(request.body) > MAX_BODY:
        raise Invalid(gettext("This chat is too long to be kept."), code="too_long")
    try:
        found = _Kept.model_validate_json(request.body)
    except ValidationError:
        raise Invalid(gettext("The request could not be read."), code="bad_request") from None
    row = actions.keep(request.user, found.turns, found.model, found.system_prompt)
    answer = {
        "conversation": conversation_out(row).model_dump(mode="json"),
        "url": reverse("chat:conversation", args=[row.pk]),
    }
    return JsonResponse(answer, status=201)
