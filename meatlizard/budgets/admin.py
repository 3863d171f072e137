"""The ledger for operators: to read, and to give."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from meatlizard.accounts.http import UserRequest
from meatlizard.budgets import actions
from meatlizard.budgets.models import Grant, Reservation, WeeklyUse
from meatlizard.moderation.actions import audit
from meatlizard.read_only import Untouchable


@admin.register(WeeklyUse)
class WeeklyUseAdmin(Untouchable, admin.ModelAdmin[WeeklyUse]):
    list_display = ["user", "week", "used", "reserved", "granted"]
    list_filter = ["week"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    date_hierarchy = "week"


@admin.register(Reservation)
class ReservationAdmin(Untouchable, admin.ModelAdmin[Reservation]):
    list_display = ["key", "use", "tokens", "created", "expires", "owed"]
    list_filter = ["created"]
    list_select_related = ["use__user"]
    search_fields = ["key", "use__user__username"]


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin[Grant]):
    list_display = ["user", "tokens", "note", "given_by", "created"]
    list_filter = ["created"]
    list_select_related = ["user", "given_by"]
    search_fields = ["user__username", "note"]
    fields = ["user", "tokens", "note"]
    autocomplete_fields = ["user"]

    def has_change_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    def save_model(self, request: UserRequest, obj: Grant, form: Any, change: bool) -> None:  # type: ignore[override]
        made = actions.grant(obj.user, obj.tokens, request.user, obj.note)
        audit.record(request.user, "grant", person=obj.user.pk, after={"tokens": obj.tokens}, reason=obj.note)
        obj.pk, obj.given_by, obj.created = made.pk, made.given_by, made.created
