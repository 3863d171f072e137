"""Incidents in the admin: what operators write here everybody reads on the status page, within half a minute."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.health import incidents
from meatlizard.health.components import all_components
from meatlizard.health.models import Incident, IncidentUpdate
from meatlizard.ops.switches import operates


class IncidentForm(forms.ModelForm[Incident]):
    parts = forms.MultipleChoiceField(
        label=_("Parts"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("which are touched")
    )

    class Meta:
        model = Incident
        fields = ["title", "impact", "parts", "began"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parts"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(one.name, str(one.title)) for one in all_components()]


class UpdateInline(admin.StackedInline[IncidentUpdate, Incident]):
    model = IncidentUpdate
    fields = ["at", "state", "text"]
    extra = 1


@admin.register(Incident)
class IncidentAdmin(admin.ModelAdmin[Incident]):
    form = IncidentForm
    inlines = [UpdateInline]
    list_display = ["title", "impact", "state", "began", "ended"]
    list_filter = ["state", "impact"]
    search_fields = ["title", "updates__text"]
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _operates(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _operates(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def save_related(self, request: UserRequest, form: Any, formsets: Any, change: bool) -> None:  # type: ignore[override]
        super().save_related(request, form, formsets, change)
        incidents.settled(request.user, form.instance)


def _operates(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and operates(request.user)
