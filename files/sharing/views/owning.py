"""Pages of one's own shares: the list, a new one, one with its log."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from files.access import access_file, access_folder
from files.library.selection import access_selection, named
from files.models.library import File, Folder
from files.models.shares import Inbox, Share
from files.sharing import access, actions, addresses, states
from files.sharing.forms import ShareForm
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, LimitReached, NotFound
from meatlizard.security.ratelimit import limited

PAGE = 50


@login_required
@require_GET
def home(request: UserRequest) -> HttpResponse:
    """``files/sharing/home.html``. Context: ``page`` of shares, ``inboxes``, each with ``row``, ``address``, ``state``, ``word``."""
    page = Paginator(access.shares_of(request.user), PAGE).get_page(request.GET.get("page", "1")[:6])
    context = {
        "page": page, "shares": [_line(row, addresses.page(row)) for row in page.object_list],
        "inboxes": [_line(row, addresses.inbox_page(row)) for row in access.inboxes_of(request.user)[:500]],
    }  # fmt: skip
    return render(request, "files/sharing/home.html", context)


def _line(row: Share | Inbox, address: str) -> dict[str, Any]:
    state = states.state_of(row)
    return {"row": row, "address": address, "state": state, "word": states.WORDS[state]}


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("files.share.new", "120/h")
def new(request: UserRequest) -> HttpResponse:
    """``files/sharing/new.html``: ``?file=&folder=`` of what is to be shared, each as often as need be. Context: ``form``, ``files``,
    ``folders``."""
    files, folders, begins = _chosen(request)
    form = ShareForm(None if begins else request.POST, initial={"title": _title(files, folders)})
    status = 200
    if not begins and form.is_valid():
        try:
            share = actions.create(request.user, files, folders, terms=form.terms(), slug=form.cleaned_data["slug"])
        except AppError as error:
            status = _complain(form, error)
        else:
            return redirect("files-sharing:share", share.pk)
    context = {"form": form, "files": files, "folders": folders}
    return render(request, "files/sharing/new.html", context, status=400 if form.errors and status == 200 else status)


def _chosen(request: UserRequest) -> tuple[list[File], list[Folder], bool]:
    """What is to be shared, and whether the form is to be shown first: it is for what was selected in the library, too."""
    given = request.POST if request.method == "POST" else request.GET
    if items := given.getlist("only") or given.getlist("items"):
        folder_keys, file_keys = named(items)
        selection = access_selection(request.user, folder_keys, file_keys)
        return list(selection.files), list(selection.folders), True
    files = [access_file(request.user, key) for key in given.getlist("file")[: access.MOST_CHOSEN]]
    folders = [access_folder(request.user, key) for key in given.getlist("folder")[: access.MOST_CHOSEN]]
    if any(one.trashed for one in files) or any(one.trashed for one in folders):
        raise NotFound(gettext("This lies in the trash. Restore it first."), code="in_trash")
    return files, folders, request.method != "POST"


def _title(files: list[File], folders: list[Folder]) -> str:
    return str((folders or files)[0].name)[:200] if len(files) + len(folders) == 1 else ""


def _complain(form: ShareForm, error: AppError) -> int:
    if isinstance(error, LimitReached):
        raise error
    form.add_error(None, error.message)
    return error.status


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("files.share.change", "240/h")
def share(request: UserRequest, files_share: int) -> HttpResponse:
    """``files/sharing/share.html``: where it is, its terms, its log. Context: ``share``, ``address``, ``short``, ``state``, ``word``,
    ``form``, ``listing``, ``page`` of downloads."""
    row = access.access_share(request.user, files_share)
    form = ShareForm(request.POST if request.method == "POST" else None, row=row)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(row, form.terms())
        except AppError as error:
            status = _complain(form, error)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("files-sharing:share", files_share)
    context = {
        **_line(row, addresses.page(row)), "share": row, "form": form, "listing": access.listing(row),
        "page": Paginator(access.log_of(row), PAGE).get_page(request.GET.get("page", "1")[:6]),
    }  # fmt: skip
    return render(request, "files/sharing/share.html", context, status=400 if form.errors and status == 200 else status)


@login_required
@require_POST
def revoke(request: UserRequest, files_share: int) -> HttpResponse:
    actions.revoke(access.access_share(request.user, files_share))
    messages.success(request, gettext("Withdrawn: nobody gets anything at this address any more."))
    return redirect("files-sharing:share", files_share)


@login_required
@require_POST
def delete(request: UserRequest, files_share: int) -> HttpResponse:
    actions.delete(access.access_share(request.user, files_share))
    messages.success(request, gettext("The share was deleted with its log. The files stay."))
    return redirect("files-sharing:home")
