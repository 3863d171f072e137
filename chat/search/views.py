"""The search box of the side bar."""

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from chat import meaning, search
from chat.messages import conversation_out
from chat.search.query import parse
from meatlizard.accounts.http import UserRequest
from meatlizard.security.ratelimit import limited

SECONDS = 0.7
"""Somebody is typing."""

SHORTEST = 3
"""Letters that mean something."""


@login_required
@require_GET
@limited("chat.search", "120/m", methods=("GET",))
def find(request: UserRequest) -> JsonResponse:
    """``{"results": [{"conversation": {...}, "url": ..., "by_meaning": bool, "hits": [{"url", "role", "parts": [[text, marked], ...]}]}],
    "by_meaning": bool}`` for ``q``; the last says whether meaning was looked at: false where nothing computes it now."""
    results = []
    asked = request.GET.get("q", "")
    meant = parse(asked).meant
    vector = meaning.waited_for(meant, SECONDS) if len(meant) >= SHORTEST else None
    for found in search.find(request.user, asked, vector):
        url = reverse("chat:conversation", args=[found.conversation.pk])
        hits = [
            {"url": f"{url}#m-{hit.message}", "role": hit.role, "parts": [list(part) for part in hit.parts]}
            for hit in found.hits
        ]
        shown = conversation_out(found.conversation).model_dump(mode="json")
        results.append({"conversation": shown, "url": url, "by_meaning": found.by_meaning, "hits": hits})
    return JsonResponse({"results": results, "by_meaning": vector is not None or len(meant) < SHORTEST})
