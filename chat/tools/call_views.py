"""What a page asks about one call of a tool, and what its person decides."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from chat.fencing import spelled_out
from chat.tools import approvals
from chat.tools.access import access_call
from chat.tools.shown import call_out
from chat.views.bodies import body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: UserRequest, call: UUID) -> JsonResponse:
    """GET: the call with its whole ``arguments`` and ``result``, both plain text. To POST ``approve`` (true or false) decides on one that
    waits for it; pages hear ``tool.called``."""
    row = access_call(request.user, call)
    if request.method == "POST":
        approve = body(request).get("approve")
        if not isinstance(approve, bool):
            raise Invalid(gettext("Say whether this may be done."), code="bad_request")
        row = approvals.decide(request.user, row, approve)
        return JsonResponse({"call": call_out(row).model_dump(mode="json")})
    shown = call_out(row).model_dump(mode="json")
    return JsonResponse({"call": shown | {"arguments": spelled_out(row.arguments), "result": row.result}})
