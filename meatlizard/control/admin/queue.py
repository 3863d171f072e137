"""The page of the queues: what waits, runs and is over, and what to do about it."""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meatlizard.accounts.http import UserRequest
from meatlizard.control import queues
from meatlizard.control.admin.operated import operating
from meatlizard.control.queues import STAGES, Queue, Stage
from meatlizard.errors import AppError


def page(request: UserRequest) -> HttpResponse:
    """``admin/control/queue.html``. Context: ``queues`` of (queue, waiting, running), ``queue`` and ``stage`` that are shown, ``entries``."""
    if not operating(request):
        raise PermissionDenied
    known = queues.all_queues()
    queue = next((one for one in known if one.name == request.GET.get("queue")), known[0])
    asked = request.GET.get("stage", "")
    stage: Stage = next((one for one in STAGES if one == asked), "waiting")
    if request.method == "POST":
        _steered(request, queue)
        return HttpResponseRedirect(f"?queue={queue.name}&stage={stage}")
    context = {
        **admin.site.each_context(request),
        "title": _("Queue"),
        "queues": [(one, one.count("waiting"), one.count("running")) for one in known],
        "queue": queue,
        "stage": stage,
        "stages": [("waiting", _("waiting")), ("running", _("running")), ("ended", _("over"))],
        "entries": queue.entries(stage, queues.MOST),
    }
    return render(request, "admin/control/queue.html", context)


def _steered(request: UserRequest, queue: Queue) -> None:
    keys = request.POST.getlist("key")
    verbs = {
        "cancel": partial(queues.cancel, request.user, queue.name, keys),
        "requeue": partial(queues.requeue, request.user, queue.name, keys),
        "purge": partial(queues.purge, request.user, queue.name),
        "clear": partial(queues.clear, request.user, queue.name),
    }
    verb = verbs.get(request.POST.get("do", ""))
    if verb is None:
        return
    try:
        count = verb()
    except AppError as error:
        messages.error(request, error.message)
        return
    said = ngettext("{count} changed.", "{count} changed.", count).format(count=count)
    messages.success(request, said if count else _("Nothing had to be changed any more."))
