"""Warnings, suspensions and appeals as lists; what is done about them is done on the page of their case."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError
from meatlizard.moderation.access import may_review, review_only
from meatlizard.moderation.actions import sanctions
from meatlizard.moderation.admin.permissions import Reviewed
from meatlizard.moderation.models import Appeal, Sanction


def case_link(case: Any) -> str:
    return (
        format_html('<a href="{}">{}</a>', reverse("admin:moderation_case_change", args=[case]), _("case"))
        if case
        else "—"
    )


class SuspendForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Account"), max_length=150, help_text=gettext_lazy("The member's name."))
    days = forms.IntegerField(
        label=gettext_lazy("Days"), min_value=1, max_value=sanctions.MAX_DAYS, required=False,
        help_text=gettext_lazy("Empty: until it is lifted."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=sanctions.MAX_REASON, help_text=gettext_lazy("The person reads it.")
    )

    def clean_name(self) -> User:
        person = User.objects.filter(username__iexact=self.cleaned_data["name"]).first()
        if person is None:
            raise ValidationError(_("Nobody here has this name."))
        return person


@admin.register(Sanction)
class SanctionAdmin(Reviewed, admin.ModelAdmin[Sanction]):
    list_display = ["created", "kind", "person", "reason", "until", "lifted_at", "of_case"]
    list_filter = ["kind", ("lifted_at", admin.EmptyFieldListFilter), "created"]
    search_fields = ["person__username", "reason"]
    list_select_related = ["person"]
    fields = ["created", "kind", "person", "reason", "until", "lifted_at", "seen_at", "of_case"]
    readonly_fields = ["of_case"]
    actions = ["lift"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_review(request.user)

    def add_view(self, request: UserRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        """A suspension that comes of no case; it makes one. Context: ``form``, ``help``."""
        review_only(request.user)
        form = SuspendForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                sanctions.suspend(request.user, data["name"], data["reason"], data["days"])
            except AppError as error:
                form.add_error(None, error.message)
            else:
                self.message_user(request, _("The account is suspended, and signed out everywhere."), messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:moderation_sanction_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Suspend an account"),
            "opts": self.model._meta,
            "form": form,
            "help": _("The person is signed out at once, sees why and until when, and may appeal."),
        }
        return render(request, "admin/moderation/form.html", context, status=400 if form.errors else 200)

    @admin.action(permissions=["review"], description=gettext_lazy("Lift: let these people in again"))
    def lift(self, request: UserRequest, queryset: QuerySet[Sanction]) -> None:
        count = 0
        for row in queryset.filter(kind=Sanction.Kind.SUSPENSION):
            try:
                sanctions.lift(request.user, row)
                count += 1
            except AppError as error:
                self.message_user(request, error.message, messages.WARNING)
        self.message_user(request, _("%(count)s suspension(s) lifted.") % {"count": count})

    @admin.display(description=gettext_lazy("case"))
    def of_case(self, row: Sanction) -> str:
        return case_link(row.case_id)


@admin.register(Appeal)
class AppealAdmin(Reviewed, admin.ModelAdmin[Appeal]):
    list_display = ["created", "person", "beginning", "state", "answered_at", "of_case"]
    list_filter = ["state", "created"]
    search_fields = ["person__username"]
    list_select_related = ["person"]
    fields = ["created", "person", "text", "state", "answer", "answered_at", "of_case"]
    readonly_fields = ["of_case"]

    @admin.display(description=gettext_lazy("text"))
    def beginning(self, row: Appeal) -> str:
        return row.text[:80]

    @admin.display(description=gettext_lazy("case"))
    def of_case(self, row: Appeal) -> str:
        return case_link(row.case_id)
