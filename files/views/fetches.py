"""Having the site fetch files from their addresses."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from files.access import access_folder
from files.doors import fetching
from meatlizard.accounts.http import UserRequest


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fetches(request: UserRequest) -> JsonResponse:
    """``{fetches}``: one's own of the last day, the newest first. POST of ``url`` (and ``folder``) begins one: ``{fetch}``, 201."""
    if request.method == "POST":
        wanted = request.POST.get("folder", "")
        folder = access_folder(request.user, wanted) if wanted else None
        row = fetching.begin(request.user, folder, request.POST.get("url", ""))
        return JsonResponse({"fetch": fetching.described(row)}, status=201)
    return JsonResponse({"fetches": [fetching.described(row) for row in fetching.latest(request.user)]})


@login_required
@require_POST
def cancel(request: UserRequest, fetch: uuid.UUID) -> JsonResponse:
    row = fetching.access_fetch(request.user, fetch)
    fetching.cancel(row)
    return JsonResponse({"fetch": fetching.described(fetching.access_fetch(request.user, fetch))})
