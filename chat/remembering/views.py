"""The page of what is remembered of the person who looks at it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.access import access_conversation
from chat.remembering import access, actions, carrying, shown
from chat.remembering.forms import FactForm
from chat.views.bodies import body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, Invalid
from meatlizard.security.ratelimit import limited

A_PAGE = 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.fact.write", "240/h")
def facts(request: UserRequest) -> HttpResponse:
    """``chat/remembering/facts.html``: what is remembered, and the form that adds to it. Context: ``page``, ``form``, ``memory``,
    ``personas`` (those that may be kept from it, and whether they are), ``removed`` (a moment, of what can come back)."""
    form = FactForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add(request.user, form.cleaned_data["text"])
            messages.success(request, _("It is remembered. Models are told from the next answer on."))
            return redirect("chat:facts")
        except AppError as error:
            form.add_error(None, error.message)
    moment = access.removed_at(request.user, request.GET.get("removed", ""))
    memory = access.memory_of(request.user)
    context = {
        "page": Paginator(access.facts_of(request.user), A_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "memory": memory,
        "personas": shown.personas(request.user, memory),
        "removed": moment.isoformat() if moment else "",
    }
    return render(request, "chat/remembering/facts.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.fact.write", "240/h")
def fact(request: UserRequest, fact: int) -> HttpResponse:
    """``chat/remembering/fact.html``: one of them, to be changed. Context: ``fact``, ``form``."""
    row = access.access_fact(request.user, fact)
    form = FactForm(request.POST if request.method == "POST" else None, initial={"text": row.text})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(row, form.cleaned_data["text"])
            messages.success(request, _("Saved."))
            return redirect("chat:facts")
        except AppError as error:
            form.add_error(None, error.message)
    return render(
        request, "chat/remembering/fact.html", {"fact": row, "form": form}, status=400 if form.errors else 200
    )


@login_required
@require_POST
def remove(request: UserRequest, fact: int) -> HttpResponse:
    return _gone(actions.remove(request.user, access.access_fact(request.user, fact)).isoformat())


@login_required
@require_POST
@limited("chat.fact.write", "240/h")
def note(request: UserRequest) -> JsonResponse:
    """``{"fact": "...", "conversation": id or null}`` is remembered: the answer is ``{"fact": number, "added": true or false}``.
    ``{"forget": number}`` takes one back."""
    said = body(request)
    if "forget" in said:
        number = said["forget"] if isinstance(said["forget"], int) else 0
        actions.remove(request.user, access.access_fact(request.user, number))
        return JsonResponse({"fact": number, "added": False})
    fact, where = said.get("fact"), said.get("conversation")
    if not isinstance(fact, str):
        raise Invalid(_("The request names nothing to remember."), code="bad_request")
    talk = access_conversation(request.user, _key(where)) if where is not None else None
    row, added = actions.note(request.user, fact, talk)
    return JsonResponse({"fact": row.pk, "added": added})


def _key(where: object) -> UUID:
    try:
        return UUID(str(where))
    except ValueError:
        raise Invalid(_("The request names no conversation."), code="bad_request") from None


@login_required
@require_POST
def remove_all(request: UserRequest) -> HttpResponse:
    return _gone(actions.remove(request.user).isoformat())


def _gone(moment: str) -> HttpResponse:
    return redirect(f"{reverse('chat:facts')}?{urlencode({'removed': moment})}")


@login_required
@require_POST
def bring_back(request: UserRequest) -> HttpResponse:
    """All that were deleted at ``moment``."""
    moment = access.removed_at(request.user, request.POST.get("moment", ""))
    if moment is None:
        messages.error(request, _("There is nothing to bring back any more."))
    else:
        actions.bring_back(request.user, moment)
        messages.success(request, _("It is back."))
    return redirect("chat:facts")


@login_required
@require_POST
def switch(request: UserRequest) -> HttpResponse:
    """``on`` is 1 or 0."""
    on = request.POST.get("on") == "1"
    actions.switch(request.user, on)
    messages.success(
        request, _("Models are told again.") if on else _("Models are told nothing, and nothing is remembered.")
    )
    return redirect("chat:facts")


@login_required
@require_POST
def persona(request: UserRequest, persona: UUID) -> HttpResponse:
    """``told`` is 1 or 0: whether this persona is told what is remembered of the person."""
    actions.keep_from(request.user, persona, request.POST.get("told") != "1")
    messages.success(request, _("Saved. It counts from the next answer on."))
    return redirect("chat:facts")


@login_required
@require_GET
def export(request: UserRequest) -> HttpResponse:
    """All of it as JSON."""
    response = HttpResponse(carrying.as_json(request.user) or b"{}", "application/json")
    response["Content-Disposition"] = 'attachment; filename="memory.json"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: UserRequest, conversation: UUID) -> HttpResponse:
    """``chat/remembering/conversation.html``: whether what is remembered is told in this conversation (``on`` is 1 or 0). Context:
    ``conversation``, ``memory``."""
    row = access_conversation(request.user, conversation)
    if request.method == "POST":
        actions.switch_in(row, request.POST.get("on") == "1")
        messages.success(request, _("Saved. It counts from the next answer on."))
        return redirect("chat:conversation", row.pk)
    context = {"conversation": row, "memory": access.memory_of(request.user)}
    return render(request, "chat/remembering/conversation.html", context)
