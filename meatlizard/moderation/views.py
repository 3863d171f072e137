"""A person's own pages: how they stand, their cases, and their appeals. Open to who is suspended too."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.moderation.access import access_own_case, own_cases
from meatlizard.moderation.actions import appeals, sanctions
from meatlizard.moderation.forms import AppealForm
from meatlizard.moderation.models import Appeal, Case, Sanction

SHOWN = 50


@login_required
@require_GET
def standing(request: UserRequest) -> HttpResponse:
    """``moderation/standing.html``. Context: ``suspension``, ``warnings`` (unread), ``cases``."""
    rows = Sanction.objects.filter(person=request.user.pk, kind=Sanction.Kind.WARNING, seen_at=None)
    context = {
        "suspension": sanctions.standing(request.user),
        "warnings": rows,
        "cases": own_cases(request.user).prefetch_related("sanctions")[:SHOWN],
    }
    return render(request, "moderation/standing.html", context)


@login_required
@require_POST
def read(request: UserRequest) -> HttpResponse:
    """The warnings were read."""
    sanctions.read_warnings(request.user)
    return redirect("moderation:standing" if request.user.is_suspended else "dashboard")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: UserRequest, case: UUID) -> HttpResponse:
    """``moderation/case.html``: one of one's own cases, with the appeal or the form for it. Context: ``case``, ``appeal``, ``form``,
    ``sanctions``."""
    row = access_own_case(request.user, case)
    form = AppealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            appeals.appeal(request.user, row, form.cleaned_data["text"])
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Your appeal is with the moderators. Their answer will stand on this page."))
            return redirect("moderation:case", case=row.pk)
    context = {
        "case": row,
        "appeal": _appeal(row),
        "form": form,
        "sanctions": Sanction.objects.filter(case=row.pk, person=request.user.pk),
    }
    return render(request, "moderation/case.html", context, status=400 if form.errors else 200)


def _appeal(row: Case) -> Appeal | None:
    return Appeal.objects.filter(case=row.pk).first()
