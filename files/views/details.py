"""One file: what it is called, its tags, its versions. What it looks like is on its own page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from files.access import access_file, access_version
from files.library import addresses, listing, marking, slots, tree, versions
from files.models import File
from files.views.asking import back, chosen, done, items_of
from files.views.doing import RATE
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import NotFound
from meatlizard.security.ratelimit import limited


@login_required
@require_GET
def details(request: UserRequest, file: UUID) -> HttpResponse:
    """``files/details.html``."""
    row = _live(request, file)
    rows = [
        {"version": one, "address": addresses.content(row, version=one.number)} for one in versions.versions_of(row)
    ]
    context = {
        "file": row, "entry": listing.entry(request.user, row), "versions": rows, "path": tree.path(row.folder_id),
        "tags": marking.tags_of(row), "known": list(marking.tags(request.user)), "slots": {place: slots.templates(place) for place in slots.PLACES},
    }  # fmt: skip
    return render(request, "files/details.html", context)


def _live(request: UserRequest, file: UUID) -> File:
    row = access_file(request.user, file)
    if row.trashed is not None:
        raise NotFound(_("This file is in the trash. Restore it there first."), code="file_trashed")
    return row


@login_required
@require_POST
@limited("files.change", RATE)
def restore_version(request: UserRequest, file: UUID, number: int) -> HttpResponse:
    _live(request, file)
    versions.restore(access_version(request.user, file, number))
    return done(request, _("Version %(number)d is the present content again.") % {"number": number})


@login_required
@require_POST
@limited("files.change", RATE)
def delete_version(request: UserRequest, file: UUID, number: int) -> HttpResponse:
    _live(request, file)
    versions.delete([access_version(request.user, file, number)])
    return done(request, _("Version %(number)d is deleted.") % {"number": number})


@login_required
@require_POST
@limited("files.change", RATE)
def delete_earlier(request: UserRequest, file: UUID) -> HttpResponse:
    """All versions but the present one."""
    row = _live(request, file)
    count = versions.delete([one for one in versions.versions_of(row) if one.number != row.number])
    return done(
        request, ngettext("%(count)d version deleted.", "%(count)d versions deleted.", count) % {"count": count}
    )


@login_required
@require_POST
@limited("files.change", RATE)
def set_tags(request: UserRequest, file: UUID) -> HttpResponse:
    """``tags``, with commas, are all that the file has from now on."""
    row = _live(request, file)
    marking.set_tags(row, [name for name in request.POST.get("tags", "").split(",") if name.strip()])
    return done(request, _("The tags are saved."), tags=marking.tags_of(row))


@login_required
@require_POST
@limited("files.change", RATE)
def tag(request: UserRequest) -> HttpResponse:
    """``files/tag.html`` without ``tags``; with them the files that are chosen get these in addition."""
    selection = chosen(request)
    if "tags" not in request.POST:
        context = {
            "items": items_of(selection),
            "count": len(selection.files),
            "known": list(marking.tags(request.user)),
            "next": back(request),
        }
        return render(request, "files/tag.html", context)
    names = [name for name in request.POST["tags"].split(",") if name.strip()]
    gone = [name for name in request.POST.get("without", "").split(",") if name.strip()]
    marking.tag(selection, names, gone)
    count = len(selection.files)
    return done(
        request, ngettext("%(count)d file has the tags.", "%(count)d files have the tags.", count) % {"count": count}
    )


@login_required
@require_GET
def tags(request: UserRequest) -> HttpResponse:
    """``files/tags.html``: one's tags, to rename and delete."""
    return render(request, "files/tags.html", {"tags": list(marking.tags(request.user))})


@login_required
@require_POST
@limited("files.change", RATE)
def rename_tag(request: UserRequest, tag: int) -> HttpResponse:
    row = marking.rename_tag(marking.access_tag(request.user, tag), request.POST.get("name", ""))
    return done(request, _("The tag is called %(name)s now.") % {"name": row.name})


@login_required
@require_POST
@limited("files.change", RATE)
def delete_tag(request: UserRequest, tag: int) -> HttpResponse:
    marking.delete_tag(marking.access_tag(request.user, tag))
    return done(request, _("The tag is deleted. Its files stay."))
