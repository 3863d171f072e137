"""Pages of one's own library."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from files.access import files_of
from meatlizard.accounts.http import UserRequest

ON_A_PAGE = 50


@login_required
@require_GET
def index(request: UserRequest) -> HttpResponse:
    """``files/library.html``: one's files, newest first. Context: ``page``."""
    rows = files_of(request.user).filter(trashed=None).order_by("-changed")
    return render(request, "files/library.html", {"page": Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))})
