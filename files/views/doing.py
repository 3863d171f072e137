"""What a person does with what is selected: each its own address, by forms with or without the page's script."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from files.library import arranging, copying, deleting, listing, marking, trashing, tree, undoing
from files.models import File, Folder
from files.views.asking import back, chosen, done, folder_named, items_of, key_of
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited

RATE = "240/m"
COPIES = "30/m"


@login_required
@require_POST
@limited("files.change", RATE)
def make_folder(request: UserRequest) -> HttpResponse:
    parent = folder_named(request.user, request.POST.get("parent", ""))
    row = arranging.make_folder(request.user, parent, request.POST.get("name", ""))
    return done(request, _("Folder %(name)s made.") % {"name": row.name}, folder=str(row.pk))


@login_required
@require_POST
@limited("files.change", RATE)
def rename(request: UserRequest) -> HttpResponse:
    """``files/rename.html`` without a name; with one it is given."""
    selection = chosen(request)
    if len(selection) != 1:
        raise Invalid(_("Select the one thing that you want to rename."), code="items_many")
    row: File | Folder = selection.folders[0] if selection.folders else selection.files[0]
    if "name" not in request.POST:
        return render(request, "files/rename.html", {"row": row, "items": items_of(selection), "next": back(request)})
    named = arranging.rename(row, request.POST["name"])
    return done(request, _("It is called %(name)s now.") % {"name": named.name}, name=named.name)


@login_required
@require_POST
@limited("files.change", RATE)
def move(request: UserRequest) -> HttpResponse:
    """Without ``target`` the page on which one is picked."""
    if "target" not in request.POST:
        return _pick(request, "move")
    selection, target = chosen(request), folder_named(request.user, request.POST["target"])
    undo = undoing.remember(request.user, arranging.move(selection, target))
    words = ngettext("%(count)d thing moved.", "%(count)d things moved.", len(selection)) % {"count": len(selection)}
    return done(request, words, undo=undo)


@login_required
@require_POST
@limited("files.copy", COPIES)
def copy(request: UserRequest) -> HttpResponse:
    """Without ``target`` the page on which one is picked."""
    if "target" not in request.POST:
        return _pick(request, "copy")
    selection, target = chosen(request), folder_named(request.user, request.POST["target"])
    copying.copy(selection, target)
    words = ngettext("%(count)d thing copied.", "%(count)d things copied.", len(selection)) % {"count": len(selection)}
    return done(request, words)


def _pick(request: UserRequest, verb: str) -> HttpResponse:
    """``files/pick.html``: folders to choose from, those of one folder (``at``) at a time."""
    selection, at = chosen(request), folder_named(request.user, request.POST.get("at", ""))
    context = {
        "verb": verb, "items": items_of(selection), "count": len(selection), "at": at, "path": tree.path(key_of(at)), "next": back(request),
        "folders": listing.folders_in(request.user, key_of(at)), "chosen": set(selection.folder_keys) if verb == "move" else set(),
    }  # fmt: skip
    return render(request, "files/pick.html", context)


@login_required
@require_POST
@limited("files.change", RATE)
def trash(request: UserRequest) -> HttpResponse:
    selection = chosen(request)
    undo = undoing.remember(request.user, trashing.trash(selection))
    words = ngettext("%(count)d thing is in the trash.", "%(count)d things are in the trash.", len(selection))
    return done(request, words % {"count": len(selection)}, undo=undo)


@login_required
@require_POST
@limited("files.change", RATE)
def restore(request: UserRequest) -> HttpResponse:
    count = trashing.restore(chosen(request, trashed=True))
    return done(request, ngettext("%(count)d thing is back.", "%(count)d things are back.", count) % {"count": count})


@login_required
@require_POST
@limited("files.change", RATE)
def delete(request: UserRequest) -> HttpResponse:
    """For good, of what is in the trash."""
    count = deleting.delete(chosen(request, trashed=True))
    return done(request, ngettext("%(count)d file deleted.", "%(count)d files deleted.", count) % {"count": count})


@login_required
@require_POST
@limited("files.change", RATE)
def empty(request: UserRequest) -> HttpResponse:
    """All of the trash; ``files/empty.html`` asks first where no script does."""
    if "sure" not in request.POST:
        return render(request, "files/empty.html", {"next": back(request)})
    count = deleting.empty(request.user.pk)
    return done(request, ngettext("%(count)d file deleted.", "%(count)d files deleted.", count) % {"count": count})


@login_required
@require_POST
@limited("files.change", RATE)
def star(request: UserRequest) -> HttpResponse:
    """With ``?off`` the star is taken away."""
    selection, on = chosen(request), "off" not in request.GET
    marking.star(selection, on)
    return done(request, _("Starred.") if on else _("The star is gone."))


@login_required
@require_POST
@limited("files.change", RATE)
def undo(request: UserRequest) -> HttpResponse:
    known = undoing.take(request.user, request.POST.get("undo", ""))
    act = {"move": arranging.move_back, "trash": trashing.restore_trashed}[known.verb]
    count = act(request.user, known.places)
    return done(request, ngettext("%(count)d thing is back.", "%(count)d things are back.", count) % {"count": count})
