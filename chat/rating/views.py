"""The small requests of the thumbs below an answer."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views.decorators.http import require_http_methods

from chat.access import access_message
from chat.models import Rating
from chat.rating import actions, reading
from chat.rating.forms import RatingForm
from chat.views.bodies import body, valid
from meatlizard.accounts.http import UserRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rating(request: UserRequest, message: UUID) -> JsonResponse:
    """One's rating of an answer: ``value`` (``up``, ``down`` or empty: none), ``reason``, ``comment``, ``may_be_read``. To POST the same
    changes it, with an empty ``value`` takes it back. Pages hear ``message.rated``."""
    row = access_message(request.user, message)
    if request.method == "POST":
        data = valid(RatingForm(body(request))).cleaned_data
        if data["value"]:
            return _shown(actions.rate(request.user, row, **data))
        actions.withdraw(request.user, row)
        return _shown(None)
    return _shown(reading.of(row.pk, request.user.pk))


def _shown(row: Rating | None) -> JsonResponse:
    shown = (
        {name: getattr(row, name) for name in ("value", "reason", "comment", "may_be_read")} if row else {"value": ""}
    )
    return JsonResponse({"rating": shown})
