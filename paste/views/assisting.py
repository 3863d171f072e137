"""Questions about a paste to a model, on request."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views.decorators.http import require_GET, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.security.ratelimit import limited
from paste import assisting, visits
from paste.access import access_paste


@login_required
@require_POST
@limited("paste.assist", "30/h")
def ask(request: UserRequest, slug: str) -> JsonResponse:
    """``what`` ``explain`` for a reader, ``describe`` for its owner: ``{"task"}``."""
    what = request.POST.get("what", "")
    owner = what == assisting.DESCRIBE
    paste = access_paste(request.user, slug, write=True) if owner else visits.opened(request, slug)
    return JsonResponse({"task": str(assisting.ask(request.user, paste, what))}, status=202)


@login_required
@require_GET
def answer(request: UserRequest, slug: str, asked: UUID) -> JsonResponse:
    """See :func:`paste.assisting.answer`."""
    return JsonResponse(assisting.answer(request.user, visits.opened(request, slug), asked))
