"""Pages of the chat and the small requests of its script."""

from uuid import UUID

from django.conf import settings as site_settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chat import actions, keeping, listing, queueing
from chat.access import access_conversation, access_message
from chat.attachments.limits import most_attached
from chat.comparing import reading as comparisons
from chat.forms import RenameForm, SettingsForm
from chat.messages import branch_out, conversation_out
from chat.models import Conversation
from chat.personas import stage
from chat.rating.reading import reasons
from chat.remembering.access import memory_of
from chat.routes import reading as routes
from chat.views.bodies import body, valid
from chat.views.diagrams import draws
from meatlizard.accounts.http import UserRequest
from meatlizard.moderation import rulebook


@login_required
@require_GET
@draws
def home(request: UserRequest) -> HttpResponse:
    """The chat with no conversation open. Context as in :func:`conversation`, with ``conversation`` None and no
    messages.
    """
    return _page(request, None)


@login_required
@require_GET
@draws
def conversation(request: UserRequest, conversation: UUID) -> HttpResponse:
    """One conversation. Context: ``conversations`` and ``next_cursor`` of the side bar, ``conversation``, ``messages``
    (:class:`chat.events.MessageOut`), ``status`` (a dict for json_script), ``models``."""
    return _page(request, access_conversation(request.user, conversation))


def _page(request: UserRequest, opened: Conversation | None) -> HttpResponse:
    rows, cursor = listing.page(request.user)
    rows_shown = branch_out(opened) if opened else []
    compared = comparisons.shown(opened) if opened else None
    side_by_side = {message.id for _, message in compared.answers} if compared else set()
    status = queueing.status(opened.model if opened else "", request.user.pk)
    context = {
        "conversations": rows,
        "next_cursor": cursor,
        "conversation": conversation_out(opened) if opened else None,
        "has_files": opened is not None and opened.has_files,
        "file_scripts": site_settings.ARTIFACT_SCRIPTS,
        "persona_name": stage.speaker(opened) if opened else "",
        "messages": [row for row in rows_shown if row.id not in side_by_side],
        "comparison": compared,
        "shelf": {"folders": listing.folders(request.user), "tags": listing.tags(request.user)},
        "rating_reasons": reasons(),
        "reports": rulebook.current().reports,
        "attach": most_attached(),
        "status": status.model_dump(mode="json"),
        "models": status.models,
        "routes": routes.offered(),
        "remembers": (opened is None or opened.memory) and memory_of(request.user).on,
    }
    return render(request, "chat/page.html", context)


@login_required
@require_GET
def conversations(request: UserRequest) -> JsonResponse:
    """A page of one of the side bar's lists: ``{"conversations": [...], "next": cursor or null}``; with the first page also
    ``folders`` and ``tags``, from which lists are made."""
    before, view = request.GET.get("before", ""), request.GET.get("view", "")
    rows, cursor = listing.page(request.user, before, view)
    answer: dict[str, object] = {"conversations": [row.model_dump(mode="json") for row in rows], "next": cursor}
    if not before:
        answer |= {"folders": listing.folders(request.user), "tags": listing.tags(request.user)}
    return JsonResponse(answer)


@login_required
@require_POST
def create(request: UserRequest) -> JsonResponse:
    """Starts a conversation: ``{"conversation": {...}, "url": "..."}``."""
    row = actions.create_conversation(request.user)
    return JsonResponse(
        {
            "conversation": conversation_out(row).model_dump(mode="json"),
            "url": reverse("chat:conversation", args=[row.pk]),
        },
        status=201,
    )


@login_required
@require_POST
def rename(request: UserRequest, conversation: UUID) -> JsonResponse:
    row = access_conversation(request.user, conversation)
    form = valid(RenameForm(body(request)))
    return _conversation(actions.rename(row, form.cleaned_data["title"]))


@login_required
@require_POST
def settings(request: UserRequest, conversation: UUID) -> JsonResponse:
    """Model, system prompt, temperature and thinking of a conversation, for the answers to come."""
    row = access_conversation(request.user, conversation)
    data = valid(SettingsForm(body(request))).cleaned_data
    return _conversation(
        actions.configure(row, data["model"], data["system_prompt"], data["temperature"], data["thinking"])
    )


@login_required
@require_POST
def delete(request: UserRequest, conversation: UUID) -> JsonResponse:
    """Into the trash."""
    keeping.discard(request.user, [access_conversation(request.user, conversation).pk])
    return JsonResponse({"deleted": str(conversation)})


@login_required
@require_GET
def source(request: UserRequest, message: UUID) -> HttpResponse:
    """The Markdown of a message, for Copy."""
    row = access_message(request.user, message)
    return HttpResponse(row.content, content_type="text/plain; charset=utf-8")


@login_required
@require_GET
def thinking(request: UserRequest, message: UUID) -> HttpResponse:
    """What the model thought before this answer, as text."""
    row = access_message(request.user, message)
    return HttpResponse(row.thinking, content_type="text/plain; charset=utf-8")


def _conversation(row: Conversation) -> JsonResponse:
    return JsonResponse({"conversation": conversation_out(row).model_dump(mode="json")})
