"""Pages of the prompt library on which nothing is written."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.prompting import access, actions, library
from chat.prompting.content import difference, stored
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid, NotFound
from meatlizard.security.ratelimit import limited

A_PAGE = 50


@login_required
@require_GET
def prompts(request: UserRequest) -> HttpResponse:
    """``chat/prompts/list.html``: what one may read, by words, category and whose. Context: ``page``, ``categories``, ``query``,
    ``category``, ``whose``, ``removed`` (a prompt that was just deleted and can come back)."""
    query, category = request.GET.get("q", "")[: library.MAX_QUERY], request.GET.get("category", "")
    whose = request.GET.get("whose", "")
    whose = whose if whose in library.WHOSE else ""
    found = library.found(request.user, query, category, whose)
    context = {
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "categories": library.categories(request.user),
        "query": query,
        "category": category,
        "whose": whose,
        "removed": _removed(request),
    }
    return render(request, "chat/prompts/list.html", context)


def _removed(request: UserRequest) -> UUID | None:
    try:
        key = UUID(request.GET.get("removed", ""))
        return access.access_removed_prompt(request.user, key).pk
    except (ValueError, NotFound):
        return None


@login_required
@require_GET
def prompt(request: UserRequest, prompt: UUID) -> HttpResponse:
    """``chat/prompts/prompt.html``: one of them, to read, try and copy. Context: ``prompt``, ``mine``, ``may_change``, ``may_unshare``."""
    row = access.access_prompt(request.user, prompt)
    mine = row.owner_id == request.user.pk
    context = {
        "prompt": row,
        "mine": mine,
        "may_change": access.may_change(request.user, row),
        "may_unshare": row.shared and not mine and access.keeps_the_sites(request.user),
        "item": {"id": str(row.pk), "title": row.title, "variables": row.variables},
    }
    return render(request, "chat/prompts/prompt.html", context)


@login_required
@require_GET
def versions(request: UserRequest, prompt: UUID) -> HttpResponse:
    """``chat/prompts/versions.html``: what it said before, and what changed with each. Context: ``prompt``, ``versions``, ``shown``, and of
    ``shown`` its ``difference`` to the version before (None: too long to compare) and ``content``."""
    row = access.access_prompt_to_change(request.user, prompt)
    rows = list(row.versions.select_related("by"))
    wanted = request.GET.get("version", "")
    shown = next((one for one in rows if str(one.number) == wanted), rows[0])
    before = next((one for one in rows if one.number == shown.number - 1), None)
    content = stored(shown.content)
    context = {
        "prompt": row,
        "versions": rows,
        "shown": shown,
        "before": before,
        "content": content,
        "difference": difference(stored(before.content), content) if before else None,
    }
    return render(request, "chat/prompts/versions.html", context)


@login_required
@require_POST
def take_back(request: UserRequest, prompt: UUID, number: int) -> HttpResponse:
    row = access.access_prompt_to_change(request.user, prompt)
    version = access.access_prompt_version(request.user, row, number)
    _said(request, lambda: actions.take_back(row, request.user, version), _("It says again what it said then."))
    return redirect("chat:prompt-versions", row.pk)


@login_required
@require_POST
def remove(request: UserRequest, prompt: UUID) -> HttpResponse:
    row = access.access_prompt_to_change(request.user, prompt)
    actions.remove(row)
    return redirect(f"{reverse('chat:prompts')}?removed={row.pk}")


@login_required
@require_POST
def bring_back(request: UserRequest, prompt: UUID) -> HttpResponse:
    row = access.access_removed_prompt(request.user, prompt)
    done = _said(request, lambda: actions.bring_back(row), _("It is back."))
    return redirect("chat:prompt", row.pk) if done else redirect("chat:prompts")


@login_required
@require_POST
@limited("chat.prompt.copy", "60/h")
def copy(request: UserRequest, prompt: UUID) -> HttpResponse:
    row = access.access_prompt(request.user, prompt)
    made = actions.copy(request.user, row)
    messages.success(request, _("This is your own copy. What you change here changes nothing for others."))
    return redirect("chat:prompt-edit", made.pk)


@login_required
@require_POST
def share(request: UserRequest, prompt: UUID) -> HttpResponse:
    """``share`` is 1 or 0."""
    on = request.POST.get("share") == "1"
    row = access.access_prompt_to_share(request.user, prompt, on)
    actions.share(row, on)
    messages.success(request, _("Every member can read it now.") if on else _("It is not shared any more."))
    return redirect("chat:prompt", row.pk) if on or row.owner_id == request.user.pk else redirect("chat:prompts")


def _said(request: UserRequest, do: Any, success: str) -> bool:
    """Does it, and says what came of it above the next page."""
    try:
        do()
    except Invalid as error:
        messages.error(request, error.message)
        return False
    messages.success(request, success)
    return True
