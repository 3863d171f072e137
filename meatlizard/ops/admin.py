"""The switches of the site, as one form. What is changed in it goes through the same verbs as from anywhere else."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError
from meatlizard.ops import actions
from meatlizard.ops.models import Switches
from meatlizard.ops.switches import operates


class SwitchesForm(forms.ModelForm[Switches]):
    class Meta:
        model = Switches
        fields = ["requests", "requests_reason", "maintenance", "maintenance_reason"]
        widgets = {
            name: forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})
            for name in ("requests_reason", "maintenance_reason")
        }


@admin.register(Switches)
class SwitchesAdmin(admin.ModelAdmin[Switches]):
    form = SwitchesForm
    list_display = ["__str__", "requests", "maintenance"]
    actions = None
    fieldsets = [
        (gettext_lazy("Questions"), {"fields": ["requests", "requests_reason"]}),
        (gettext_lazy("Maintenance"), {"fields": ["maintenance", "maintenance_reason"]}),
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _operates(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one row, made when somebody first looks for it."""
        if self.has_view_permission(request):
            Switches.objects.get_or_create(pk=1)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: UserRequest, obj: Switches, form: Any, change: bool) -> None:  # type: ignore[override]
        """Says what could not be done beside what was: somebody else may have been faster."""
        changed = set(form.changed_data)
        try:
            if changed & {"requests", "requests_reason"}:
                actions.take_questions(request.user, obj.requests, obj.requests_reason)
            if changed & {"maintenance", "maintenance_reason"}:
                actions.maintain(request.user, obj.maintenance, obj.maintenance_reason)
            messages.success(request, _("In force everywhere within two seconds."))
        except AppError as error:
            messages.error(request, error.message)

    def log_change(self, request: HttpRequest, obj: Switches, message: Any) -> Any:
        """The audit has it."""

    def response_change(self, request: HttpRequest, obj: Switches) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:ops_switches_change", args=[1]))


def _operates(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and operates(request.user)
