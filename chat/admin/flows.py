"""Conversation flows: their steps, the personas that begin with them, and a page that walks through one without a conversation."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.flows import actions
from chat.flows.checking import checked
from chat.flows.rehearsal import MOST_TURNS, rehearsal
from chat.flows.steps import MAX_BYTES, WrongSteps
from chat.models import Flow, PersonaFlow


def example() -> list[dict[str, Any]]:
    """What a new flow begins with."""
    return [
        {"kind": "say", "name": "welcome", "text": _("Welcome, {{user}}.")},
        {
            "kind": "ask", "name": "age", "text": _("How old are you?"), "key": "age",
            "answer": {"kind": "number", "least": 1, "most": 120, "whole": True},
        },
        {
            "kind": "branch", "name": "old-enough",
            "when": [{"key": "age", "is": "less", "value": 18, "go": "too-young"}], "otherwise": "topic",
        },
        {
            "kind": "ask", "name": "topic", "text": _("What shall we talk about?"), "key": "topic",
            "answer": {"kind": "choice", "choices": [_("Books"), _("Music")]},
        },
        {
            "kind": "hand_over", "name": "chat", "text": _("Then let us talk about {{topic}}."),
            "note": _("Speak simply."),
        },
        {"kind": "close", "name": "too-young", "text": _("Please come back in some years.")},
    ]  # fmt: skip


def written(flow: Flow) -> str:
    return json.dumps(flow.current.steps if flow.current else example(), indent=2, ensure_ascii=False)


class FlowForm(forms.ModelForm[Flow]):
    """Steps as JSON; what is wrong with them is listed."""

    steps = forms.CharField(
        label=gettext_lazy("Steps"),
        max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 32, "cols": 100, "spellcheck": "false", "class": "vLargeTextField"}),
        help_text=gettext_lazy(
            "A list of steps in JSON, gone through from the first on. Kinds: say (text), ask (text, key, answer), branch (when, "
            "otherwise), hand_over (text and a note for the model; free chat from here) and close (text; the end). Say and ask go to "
            "the step named by next, or to the one behind them. Kinds of answers: text (least and most characters), choice "
            "(choices), number (least, most, whole), yes_no (yes and no: what the buttons say). A condition of a branch has a key, "
            "is (equals, contains, less, at_most, more, at_least, matches, answered), a value, and go, the step it leads to. "
            "Texts may name {{user}}, {{char}} and every key."
        ),
    )

    class Meta:
        model = Flow
        fields = ("name", "steps")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["steps"] = written(self.instance)

    def clean_steps(self) -> Any:
        try:
            steps = json.loads(self.cleaned_data["steps"])
        except json.JSONDecodeError as error:
            where = {"line": error.lineno, "column": error.colno}
            raise forms.ValidationError(
                _("This is not JSON: look at line %(line)s, column %(column)s.") % where, code="not_json"
            ) from None
        except (RecursionError, ValueError):
            raise forms.ValidationError(_("This is not a list of steps."), code="not_json") from None
        try:
            checked(steps)
        except WrongSteps as error:
            raise forms.ValidationError([forms.ValidationError(one, code="steps") for one in error.problems]) from None
        return steps


class PersonaFlowInline(admin.TabularInline[PersonaFlow, Flow]):
    model = PersonaFlow
    raw_id_fields = ["persona"]
    readonly_fields = ["called"]
    extra = 1

    @admin.display(description=gettext_lazy("name"))
    def called(self, row: PersonaFlow) -> str:
        current = row.persona.current if row.pk else None
        return current.name if current else ""


@admin.register(Flow)
class FlowAdmin(admin.ModelAdmin[Flow]):
    form = FlowForm
    list_display = ["name", "version", "updated", "rehearse"]
    list_select_related = ["current"]
    search_fields = ["name"]
    readonly_fields = ["as_json", "version", "rehearse"]
    inlines = [PersonaFlowInline]

    @admin.display(description=gettext_lazy("version"))
    def version(self, row: Flow) -> str:
        return str(row.current.number) if row.current else "–"

    @admin.display(description=gettext_lazy("try it"))
    def rehearse(self, row: Flow) -> str | SafeString:
        if row.current is None:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("admin:chat_flow_walk", args=[row.pk]), _("walk through it"))

    def get_fields(self, request: HttpRequest, obj: Flow | None = None) -> Any:
        if obj is None:
            return ["name", "steps"]
        return ["name", "steps" if self.has_change_permission(request, obj) else "as_json", "version", "rehearse"]

    @admin.display(description=gettext_lazy("steps"))
    def as_json(self, row: Flow) -> SafeString:
        """For who may only look."""
        return format_html("<pre>{}</pre>", written(row))

    def save_model(self, request: HttpRequest, obj: Flow, form: Any, change: bool) -> None:
        actions.save(obj, form.cleaned_data["steps"], request.user)  # type: ignore[arg-type]

    def get_urls(self) -> list[URLPattern]:
        walk = self.admin_site.admin_view(self.walk)
        return [path("<uuid:flow>/walk/", walk, name="chat_flow_walk"), *super().get_urls()]

    def walk(self, request: HttpRequest, flow: UUID) -> HttpResponse:
        """Walks through the newest version: all that was answered comes with each request, and nothing is stored."""
        row = self.get_queryset(request).select_related("current").filter(pk=flow).first()
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None or row.current is None:
            raise Http404
        given = request.POST.getlist("answer")[:MOST_TURNS] if "again" not in request.POST else []
        try:
            walk = rehearsal(row.current.steps, given, skip="skip" in request.POST)
        except WrongSteps as error:
            self.message_user(request, " ".join(error.problems), messages.ERROR)
            return redirect("admin:chat_flow_change", row.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Walk through %(name)s") % {"name": row.name},
            "opts": self.opts,
            "original": row,
            "walk": walk,
            "given": given,
        }
        return render(request, "admin/chat/flow/walk.html", context)
