from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.security.ratelimit import limited
from video.importing import actions


@login_required
@require_POST
@limited("video.begin", "60/m")
def import_(request: UserRequest) -> HttpResponse:
    """``url``: of a video on another site."""
    try:
        actions.begin(request.user, request.POST.get("url", ""))
    except AppError as refusal:
        messages.error(request, refusal.message)
    return redirect("video:upload")
