"""What PrivateBin's clients are told: ``status`` 0 and the object, or 1 and a sentence."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from meatlizard.errors import AppError, LimitReached
from paste.models import Comment, Paste
from paste.sealed import form
from paste.sealed.actions import Opened

View = Callable[[HttpRequest], HttpResponse]


def told(view: View) -> View:
    """Refusals as ``{"status": 1, "message"}``. With the status of HTTP that belongs to them: PrivateBin answers 200 to everything, its clients
    look at ``status``, and all others look at that of HTTP."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except AppError as refused:
            said = {"status": 1, "message": refused.message, "code": refused.code}
            response = JsonResponse(said, status=refused.status)
            if isinstance(refused, LimitReached) and refused.retry_after is not None:
                response["Retry-After"] = str(max(1, round(refused.retry_after)))
            return response

    return answered


def made(paste: Paste, token: str) -> JsonResponse:
    return JsonResponse({"status": 0, "id": paste.slug, "url": f"?{paste.slug}", "deletetoken": token})


def opened(found: Opened) -> HttpResponse:
    paste = found.paste
    meta: dict[str, Any] = {}
    if paste.expires is not None:
        meta["time_to_live"] = max(1, round((paste.expires - timezone.now()).total_seconds()))
    said = {
        "status": 0, "id": paste.slug, "url": f"?{paste.slug}", "v": form.VERSION, "adata": found.adata, "ct": found.ct,
        "meta": meta, "comments": [comment(row, paste) for row in found.comments], "comment_count": len(found.comments),
        "comment_offset": 0, **({} if found.left is None else {"views_left": found.left}),
        **({"claim": found.claim} if found.claim else {}),
    }  # fmt: skip
    return JsonResponse(said)


def comment(row: Comment, paste: Paste) -> dict[str, Any]:
    return {
        "id": row.public_id, "pasteid": paste.slug, "parentid": row.parent.public_id if row.parent else paste.slug,
        "v": form.VERSION, "adata": json.loads(row.adata), "ct": row.text, "meta": {"created": int(row.created.timestamp())},
    }  # fmt: skip
