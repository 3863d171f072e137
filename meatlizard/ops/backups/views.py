"""The page of backups in the admin."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.ops.access import operate_only
from meatlizard.ops.backups import actions, keeping, places, running
from meatlizard.ops.backups.standing import standing
from meatlizard.ops.backups.trouble import BackupFailed


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def backups(request: UserRequest) -> HttpResponse:
    """Context: ``sets`` (:class:`meatlizard.ops.backups.keeping.Kept`), ``standing``, ``away`` (why neither is known), ``runs``, ``last``
    (:class:`meatlizard.ops.backups.actions.Outcome`), ``label``, ``every``, ``encrypted``."""
    operate_only(request.user)
    if request.method == "POST":
        return _asked(request)
    context = {
        **admin.site.each_context(request), "title": _("Backups"), "runs": actions.under_way(), "last": actions.last(),
        "every": settings.BACKUP_EVERY_HOURS, "encrypted": bool(settings.BACKUP_RECIPIENTS), "state": running.state(),
    }  # fmt: skip
    try:
        place = places.usual()
        context |= {"label": place.label, "sets": keeping.sets(place), "standing": standing(place)}
    except BackupFailed as error:
        context["away"] = error.message
    return render(request, "ops/backups.html", context)


@require_safe
@login_required
def progress(request: HttpRequest) -> HttpResponse:
    """``{"runs", "doing", "percent"}`` of the one that runs."""
    operate_only(request.user)
    state = running.state()
    return JsonResponse(
        {
            "runs": actions.under_way(),
            "doing": state.doing if state else "",
            "percent": state.percent if state else None,
        }
    )


def _asked(request: UserRequest) -> HttpResponse:
    try:
        if name := request.POST.get("verify", ""):
            actions.begin_verifying(request.user, name)
        else:
            actions.begin(request.user)
    except AppError as error:
        messages.error(request, error.message)
    return redirect("backups")
