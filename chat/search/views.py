"""The search box of the side bar."""

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from chat import search
from chat.messages import conversation_out
from meatlizard.accounts.http import UserRequest
from meatlizard.security.ratelimit import limited


@login_required
@require_GET
@limited("chat.search", "120/m", methods=("GET",))
def find(request: UserRequest) -> JsonResponse:
    """``{"results": [{"conversation": {...}, "url": ..., "hits": [{"url", "role", "parts": [[text, marked], ...]}]}]}`` for ``q``."""
    results = []
    for found in search.find(request.user, request.GET.get("q", "")):
        url = reverse("chat:conversation", args=[found.conversation.pk])
        hits = [
            {"url": f"{url}#m-{hit.message}", "role": hit.role, "parts": [list(part) for part in hit.parts]}
            for hit in found.hits
        ]
        shown = conversation_out(found.conversation).model_dump(mode="json")
        results.append({"conversation": shown, "url": url, "hits": hits})
    return JsonResponse({"results": results})
