"""Rule sets: written, switched, tried, carried to and from other sites; and the policy."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.moderation import drafts, services
from meatlizard.moderation.access import manage_only
from meatlizard.moderation.actions import rule_sets, trying
from meatlizard.moderation.admin.permissions import Managed
from meatlizard.moderation.models import Action, Policy, Rule, RuleSet
from meatlizard.moderation.models.rules import Scope


class RuleSetForm(forms.ModelForm[RuleSet]):
    services = forms.MultipleChoiceField(
        label=gettext_lazy("Services"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all of them, those to come too."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = services.choices()
        # A set from another site may name what this one does not have; that must not get lost.
        strange = [(name, name) for name in (self.instance.services or []) if name not in dict(known)]
        self.fields["services"].choices = [*known, *strange]  # type: ignore[attr-defined]

    class Meta:
        model = RuleSet
        fields = ["name", "enabled", "scope", "services", "order", "note"]


class RuleForm(forms.ModelForm[Rule]):
    """Says what is wrong with a rule when it is saved, so that none fails when it is needed."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                drafts.ready(Rule(**{name: value for name, value in data.items() if name in self._meta.fields}), "")  # type: ignore[operator]
            except Invalid as error:
                raise ValidationError(error.message, code=error.code) from None
        return data

    class Meta:
        model = Rule
        fields = [
            "name", "kind", "action", "order", "words", "lookalikes", "pattern", "limit", "minutes", "instructions",
            "model", "seconds", "fallback", "days", "message",
        ]  # fmt: skip
        widgets = {
            "words": forms.Textarea(attrs={"rows": 4}),
            "pattern": forms.Textarea(attrs={"rows": 2}),
            "instructions": forms.Textarea(attrs={"rows": 3}),
        }


class RuleInline(Managed, admin.StackedInline[Rule, RuleSet]):
    model = Rule
    form = RuleForm
    extra = 0
    fieldsets = [
        (None, {"fields": [("name", "order"), ("kind", "action")]}),
        (gettext_lazy("Words, or a regular expression"), {"fields": ["words", "lookalikes", "pattern"]}),
        (gettext_lazy("Counts: the same text, many messages, many links"), {"fields": [("limit", "minutes")]}),
        (gettext_lazy("A model judges"), {"fields": ["instructions", ("model", "seconds", "fallback")]}),
        (gettext_lazy("The person"), {"fields": [("message", "days")]}),
    ]


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("JSON, as it was exported by a site like this.")
    )


class TryForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Text"), max_length=200_000, widget=forms.Textarea(attrs={"rows": 8}), strip=False
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("As"), choices=[choice for choice in Scope.choices if choice[0] != "both"]
    )
    service = forms.ChoiceField(label=gettext_lazy("In"), choices=services.choices)
    everything = forms.BooleanField(label=gettext_lazy("Rule sets that are off, too"), required=False)
    ask = forms.BooleanField(
        label=gettext_lazy("Ask models as well (may take as long as the rules allow)"), required=False
    )


@admin.register(RuleSet)
class RuleSetAdmin(Managed, admin.ModelAdmin[RuleSet]):
    form = RuleSetForm
    inlines = [RuleInline]
    list_display = ["name", "enabled", "scope", "where", "rule_count", "order", "updated"]
    list_filter = ["enabled", "scope"]
    search_fields = ["name", "note", "rules__name"]
    actions = ["switch_on", "switch_off"]
    change_list_template = "admin/moderation/ruleset/change_list.html"
    change_form_template = "admin/moderation/ruleset/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleSet]:
        return super().get_queryset(request).annotate(rules_in_it=Count("rules"))

    @admin.display(description=gettext_lazy("rules"), ordering="rules_in_it")
    def rule_count(self, row: RuleSet) -> int:
        return int(getattr(row, "rules_in_it", 0))

    @admin.display(description=gettext_lazy("services"))
    def where(self, row: RuleSet) -> str:
        return ", ".join(row.services) or _("all")

    @admin.action(permissions=["manage"], description=gettext_lazy("Switch on"))
    def switch_on(self, request: UserRequest, queryset: QuerySet[RuleSet]) -> None:
        self._switch(request, queryset, True)

    @admin.action(permissions=["manage"], description=gettext_lazy("Switch off"))
    def switch_off(self, request: UserRequest, queryset: QuerySet[RuleSet]) -> None:
        self._switch(request, queryset, False)

    def _switch(self, request: UserRequest, queryset: QuerySet[RuleSet], on: bool) -> None:
        count = sum(rule_sets.switch(request.user, row, on) for row in queryset)
        said = _("%(count)s rule set(s) switched on.") if on else _("%(count)s rule set(s) switched off.")
        self.message_user(request, said % {"count": count})

    # Saving: the set and its rules come in two steps of the admin, within its one transaction.

    def save_model(self, request: HttpRequest, obj: RuleSet, form: Any, change: bool) -> None:
        obj._was = rule_sets.picture(obj) if change else None  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_related(self, request: UserRequest, form: Any, formsets: Any, change: bool) -> None:  # type: ignore[override]
        super().save_related(request, form, formsets, change)
        rule_sets.saved(request.user, form.instance, form.instance._was)

    def delete_model(self, request: UserRequest, obj: RuleSet) -> None:  # type: ignore[override]
        with transaction.atomic():
            rule_sets.deleted(request.user, obj)
            super().delete_model(request, obj)

    def delete_queryset(self, request: UserRequest, queryset: QuerySet[RuleSet]) -> None:  # type: ignore[override]
        for row in queryset:
            self.delete_model(request, row)

    # Pages of our own ---------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("try/", site(self.try_text), name="moderation_try"),
            path("import/", site(self.load), name="moderation_import"),
            path("<int:pk>/export/", site(self.export), name="moderation_export"),
            *super().get_urls(),
        ]

    def try_text(self, request: UserRequest) -> HttpResponse:
        """Which rule would do what to a text, and how long each took. Context: ``form``, ``tried``."""
        manage_only(request.user)
        form = TryForm(request.POST or None, initial={"direction": "in"})
        tried = None
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            tried = trying.run(data["text"], data["direction"], data["service"], data["everything"], data["ask"])
        context = {**self._site(request, _("Try text")), "form": form, "tried": tried}
        return render(request, "admin/moderation/try.html", context)

    def load(self, request: UserRequest) -> HttpResponse:
        """Context: ``form``."""
        manage_only(request.user)
        form = FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = rule_sets.load(request.user, file.read(rule_sets.MAX_FILE + 1))
            except Invalid as error:
                form.add_error("file", error.message)
            else:
                self.message_user(
                    request, _("Imported, and switched off. Look it through, then switch it on."), messages.SUCCESS
                )
                return HttpResponseRedirect(reverse("admin:moderation_ruleset_change", args=[row.pk]))
        said = _("An imported set is switched off at first. A file with a fault is refused as a whole.")
        context = {**self._site(request, _("Import a rule set")), "form": form, "help": said}
        return render(request, "admin/moderation/form.html", context, status=400 if form.errors else 200)

    def export(self, request: UserRequest, pk: int) -> HttpResponse:
        manage_only(request.user)
        row = self.get_object(request, str(pk))
        if row is None:
            raise PermissionDenied
        answer = HttpResponse(rule_sets.export(row), content_type="application/json; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{slugify(row.name)[:60] or "rules"}.json"'
        return answer

    def _site(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.model._meta, "actions_of": Action}


@admin.register(Policy)
class PolicyAdmin(Managed, admin.ModelAdmin[Policy]):
    """One row, which is there when somebody looks."""

    list_display = ["__str__", "context", "hold_answers", "reports", "case_days", "audit_days"]
    fields = ["context", "hold_answers", "reports", "case_days", "audit_days"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        manage_only(request.user)
        Policy.objects.get_or_create(pk=1)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: UserRequest, obj: Policy, form: Any, change: bool) -> None:  # type: ignore[override]
        rule_sets.set_policy(request.user, obj)
