"""Announcements with their schedule. What is saved goes through the same verbs as from anywhere else."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.accounts.http import UserRequest
from meatlizard.control import announcing
from meatlizard.control.admin.operated import Operated, carried_out, operating
from meatlizard.control.models import Announcement
from meatlizard.errors import AppError


class AnnouncementForm(forms.ModelForm[Announcement]):
    class Meta:
        model = Announcement
        fields = ["text", "begins", "ends", "dismissible", "discord"]
        widgets = {"text": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["begins"].initial = timezone.now

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if "text" in cleaned and cleaned.get("begins"):
            try:
                announcing.checked(cleaned["text"], cleaned["begins"], cleaned.get("ends"))
            except AppError as error:
                self.add_error("ends" if error.code == "ends_before" else "text", error.message)
        return cleaned


@admin.register(Announcement)
class AnnouncementAdmin(Operated, admin.ModelAdmin[Announcement]):
    form = AnnouncementForm
    list_display = ["text", "begins", "ends", "state", "dismissible", "discord"]
    list_filter = ["discord", "begins"]
    search_fields = ["text"]
    date_hierarchy = "begins"
    actions = ["take_back"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return operating(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return operating(request)

    def save_model(self, request: UserRequest, obj: Announcement, form: Any, change: bool) -> None:  # type: ignore[override]
        how = {"dismissible": obj.dismissible, "discord": obj.discord}
        if change:
            carried_out(
                request, partial(announcing.change, request.user, obj.pk, obj.text, obj.begins, obj.ends, **how)
            )
            return

        def announce() -> None:
            obj.pk = announcing.announce(request.user, obj.text, obj.begins, obj.ends, **how).pk

        if not carried_out(request, announce):
            # The page that follows names a row; there is none.
            obj.pk = 0

    def log_addition(self, request: HttpRequest, obj: Announcement, message: Any) -> Any:
        """The audit has it."""

    def log_change(self, request: HttpRequest, obj: Announcement, message: Any) -> Any:
        """The audit has it."""

    @admin.action(permissions=["change"], description=gettext_lazy("Take back now"))
    def take_back(self, request: UserRequest, queryset: QuerySet[Announcement]) -> None:
        for row in queryset:
            carried_out(request, partial(announcing.take_back, request.user, row.pk))

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: Announcement) -> str:
        now = timezone.now()
        if row.begins > now:
            return _("to come")
        return _("over") if row.ends is not None and row.ends <= now else _("stands")
