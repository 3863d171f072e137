"""The page on which a conversation's owner sees and switches its tools, and what a browser tells of its time zone."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chat.access import access_conversation
from chat.tools import actions, zones
from chat.tools.forms import ToolsForm
from chat.views.bodies import body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tools(request: UserRequest, conversation: UUID) -> HttpResponse:
    """``chat/tools.html``: which tools there are and which are on. Context: ``conversation``, ``form``, ``offered``."""
    row = access_conversation(request.user, conversation)
    offered = actions.offered(request.user, row)
    form = ToolsForm(
        request.POST if request.method == "POST" else None, tools=offered,
        initial={"everything": not offered or any(one.on for one in offered), "on": [one.tool.name for one in offered if one.on]},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        actions.switch(request.user, row, form.cleaned_data["on"], none=not form.cleaned_data["everything"])
        messages.success(request, _("Saved. It counts from the next answer on."))
        return redirect("chat:conversation", row.pk)
    context = {"conversation": row, "form": form, "offered": offered}
    return render(request, "chat/tools.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
@limited("chat.zone", "30/h")
def zone(request: UserRequest) -> JsonResponse:
    """``{"zone": "Europe/Paris"}``: where the person's browser is."""
    said = body(request).get("zone")
    if not isinstance(said, str):
        raise Invalid(_("The request names no time zone."), code="bad_request")
    zones.remember(request.user, said)
    return JsonResponse({"zone": said})
