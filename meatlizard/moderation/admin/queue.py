"""The queue of moderators, and the page of a case."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.moderation import services
from meatlizard.moderation.access import access_appeal, access_case, access_sanction, policy
from meatlizard.moderation.actions import appeals, cases, sanctions
from meatlizard.moderation.admin.audit import named
from meatlizard.moderation.admin.permissions import Reviewed
from meatlizard.moderation.models import Appeal, AuditEntry, Case, Policy, Sanction

LAST = 30
"""Entries of the audit that a case's page shows."""


class OpenFirst(admin.SimpleListFilter):
    """What is to be done, unless one asks for all."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dismissed", _("dismissed")), ("confirmed", _("confirmed")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        first = {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("open"),
        }
        _all, *others = super().choices(changelist)
        return [first, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        value = self.value()
        return queryset if value == "all" else queryset.filter(state=value or Case.State.OPEN)


class WithAppeal(admin.SimpleListFilter):
    title = gettext_lazy("appeal")
    parameter_name = "appeal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Appeal.State.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.filter(appeal__state=self.value()) if self.value() else queryset


@admin.register(Case)
class CaseAdmin(Reviewed, admin.ModelAdmin[Case]):
    list_display = ["created", "what", "person", "found", "content", "appealed"]
    list_display_links = ["created", "what"]
    list_filter = [OpenFirst, WithAppeal, "origin", "action", "direction", "service", "reason", "created"]
    search_fields = ["person__username", "rule_name", "target", "place"]
    search_help_text = gettext_lazy("A member's name, a rule, or the number of a message or a conversation.")
    list_select_related = ["person", "appeal"]
    list_per_page = 50
    actions = ["dismiss", "confirm", "mask", "remove"]
    change_list_template = "admin/moderation/case/change_list.html"

    @admin.display(description=gettext_lazy("what"), ordering="rule_name")
    def what(self, row: Case) -> str:
        return row.rule_name or f"{row.get_origin_display()}: {row.get_reason_display()}".rstrip(": ")

    @admin.display(description=gettext_lazy("found"))
    def found(self, row: Case) -> str:
        often = f" ×{row.times}" if row.times > 1 else ""
        return row.matched[:60] + ("…" if len(row.matched) > 60 else "") + often

    @admin.display(description=gettext_lazy("appeal"))
    def appealed(self, row: Case) -> str:
        appeal = getattr(row, "appeal", None)
        return appeal.get_state_display() if appeal else "—"

    # many at once -------------------------------------------------------------------------------------------------------

    @admin.action(permissions=["review"], description=gettext_lazy("Dismiss: nothing was wrong, show it"))
    def dismiss(self, request: UserRequest, queryset: QuerySet[Case]) -> None:
        self._several(request, queryset, cases.dismiss)

    @admin.action(permissions=["review"], description=gettext_lazy("Confirm: it stays as it is"))
    def confirm(self, request: UserRequest, queryset: QuerySet[Case]) -> None:
        self._several(request, queryset, cases.confirm)

    @admin.action(permissions=["review"], description=gettext_lazy("Mask what was found"))
    def mask(self, request: UserRequest, queryset: QuerySet[Case]) -> None:
        self._several(request, queryset, cases.mask)

    @admin.action(permissions=["review"], description=gettext_lazy("Remove the text for good"))
    def remove(self, request: UserRequest, queryset: QuerySet[Case]) -> None:
        self._several(request, queryset, cases.delete)

    def _several(self, request: UserRequest, queryset: QuerySet[Case], verb: Callable[[User, Case], None]) -> None:
        done, refused = cases.several(request.user, queryset, verb)
        self.message_user(request, _("%(count)s case(s) done.") % {"count": done})
        for why in sorted(set(refused)):
            self.message_user(request, why, messages.WARNING)

    # one ----------------------------------------------------------------------------------------------------------------

    def change_view(  # type: ignore[override]
        self, request: UserRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """``admin/moderation/case/page.html``; a POST names in ``do`` what is to be done. Context: ``case``, ``text`` (only when
        asked for, None otherwise), ``turns``, ``may_read``, ``sanctions``, ``appeal``, ``log``, ``address``."""
        row = access_case(request.user, object_id)
        text, turns = None, ()
        if request.method == "POST":
            do = request.POST.get("do", "")
            if do != "read":
                return self._done(request, row, do)
            text, turns = self._read(request.user, row)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Case"),
            "opts": self.model._meta,
            "case": row,
            "text": text,
            "turns": turns,
            "may_read": policy().context != Policy.Context.MATCHED,
            "sanctions": Sanction.objects.filter(case=row.pk),
            "appeal": getattr(row, "appeal", None),
            "log": _log(row),
        }
        return render(request, "admin/moderation/case/page.html", context)

    def _read(self, by: User, row: Case) -> tuple[str, Any]:
        """As much as the policy allows. Leaves a trace."""
        allowed = policy().context
        if allowed == Policy.Context.MATCHED:
            raise Invalid(_("The policy of this site lets moderators read no more than what was found."))
        cases.looked_at(by, row)
        service = services.find(row.service)
        text = row.kept or (service.read(row.target) if service and row.target else None) or ""
        around: Any = ()
        if allowed == Policy.Context.AROUND and service and (row.target or row.place):
            around = service.around(row.target, row.place)
        return text, around

    def _done(self, request: UserRequest, row: Case, do: str) -> HttpResponse:
        try:
            messages.success(request, self._carry_out(request, row, do))
        except AppError as error:
            messages.error(request, error.message)
        here = reverse("admin:moderation_case_change", args=[row.pk])
        return HttpResponseRedirect(here)

    @staticmethod
    def _carry_out(request: UserRequest, row: Case, do: str) -> str:
        """What was done, in words."""
        by, note = request.user, request.POST.get("note", "")
        verb, _space, key = do.partition(" ")
        if verb in ("dismiss", "confirm"):
            (cases.dismiss if verb == "dismiss" else cases.confirm)(by, row, note)
            return _("The case is decided.")
        if verb in ("mask", "unmask", "delete"):
            {"mask": cases.mask, "unmask": cases.unmask, "delete": cases.delete}[verb](by, row)
            return _("Done.")
        if verb in ("grant", "refuse"):
            appeals.answer(by, access_appeal(by, row.pk), verb == "grant", request.POST.get("answer", ""))
            return _("The person sees your answer.")
        if verb == "lift" and key.isdecimal():
            sanctions.lift(by, access_sanction(by, int(key)), note)
            return _("The suspension is lifted.")
        if verb in ("warn", "suspend"):
            return _against_person(request, row, verb, note)
        raise Invalid(_("That is nothing a moderator can do."))


def _against_person(request: UserRequest, row: Case, verb: str, note: str) -> str:
    if row.person is None:
        raise Invalid(_("Nobody is known whom this is about."))
    if verb == "warn":
        sanctions.warn(request.user, row.person, note, row)
        return _("The person sees the warning on the next page.")
    days = request.POST.get("days", "").strip()
    if days and not (days.isdecimal() and len(days) < 6):
        raise Invalid(_("Days are a whole number."))
    sanctions.suspend(request.user, row.person, note, int(days) if days else None, row)
    return _("The account is suspended, and signed out everywhere.")


def _log(row: Case) -> list[dict[str, Any]]:
    entries = list(AuditEntry.objects.filter(target=f"case {row.pk}")[:LAST])
    names = dict(User.objects.filter(pk__in={entry.actor for entry in entries}).values_list("pk", "username"))
    return [
        {"entry": entry, "who": named(entry.actor, names.get(entry.actor or 0)) or _("a rule")} for entry in entries
    ]
