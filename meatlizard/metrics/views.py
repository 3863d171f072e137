"""Measurements for operators."""

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from meatlizard.health.examining import Examiner
from meatlizard.metrics import answering, exposition
from meatlizard.ops.access import operate_only


@require_safe
@login_required
def exposed(request: HttpRequest) -> HttpResponse:
    """``/metrics`` as Prometheus reads it."""
    operate_only(request.user)
    return HttpResponse(async_to_sync(answering.answer)(Examiner()), content_type=exposition.MEDIA_TYPE)
