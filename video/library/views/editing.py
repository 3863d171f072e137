"""Saying what a video is, and what a channel is."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.security.ratelimit import limited
from video import access, channels
from video.library import addresses, editing, meta, slots, thumbnails
from video.library.chapters import parse
from video.library.forms import ChannelForm, VideoForm
from video.models import Channel


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("video.change", "120/m")
def edit(request: UserRequest, slug: str) -> HttpResponse:
    """``video/edit.html``."""
    video = access.own(request.user, slug)
    form = VideoForm(request.POST if request.method == "POST" else None, video, editing.initial(video))
    if form.is_valid():
        try:
            editing.save(video, form)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("video:edit", slug)
    known = video.thumbnail or {}
    context = {
        "video": video, "form": form, "title": meta.title(video), "chapters": parse(video.description, video.duration), "picture": addresses.picture(video),
        "pictures": thumbnails.names_of(video), "chosen": known.get("chosen", ""), "place": video.place.hex[:8], "which": "mine",
        "slots": slots.filled(request, "tabs", "edit", "scripts", video=video),
    }  # fmt: skip
    return render(request, "video/edit.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
@limited("video.change", "120/m")
def choose_picture(request: UserRequest, slug: str) -> HttpResponse:
    """``picture``: an uploaded one; or ``name``: one of those there are."""
    video = access.own(request.user, slug)
    given = request.FILES.get("picture")
    try:
        if given is not None:
            thumbnails.give(video, given)
        else:
            thumbnails.choose(video, request.POST.get("name", ""))
    except AppError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("This is its picture now."))
    return redirect("video:edit", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("video.channel", "20/m")
def own_channels(request: UserRequest) -> HttpResponse:
    """``video/channels.html``: one's channels, and a form for another."""
    form = ChannelForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            row = channels.create(request.user, **form.cleaned_data)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            return redirect("video:channel", row.handle)
    rows = Channel.objects.filter(owner=request.user.pk).order_by("-main", "name")
    context = {"form": form, "channels": rows, "which": "mine", "slots": slots.filled(request, "tabs")}
    return render(request, "video/channels.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("video.channel", "20/m")
def edit_channel(request: UserRequest, handle: str) -> HttpResponse:
    row = access.own_channel(request.user, handle)
    initial = {"name": row.name, "about": row.about}
    form = ChannelForm(request.POST if request.method == "POST" else None, initial=initial, made=True)
    if form.is_valid():
        editing.change_channel(row, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("video:channel", row.handle)
    context = {"form": form, "channel": row, "which": "mine", "slots": slots.filled(request, "tabs")}
    return render(request, "video/channel_edit.html", context, status=400 if form.errors else 200)
