"""Anybody's shares, to find and to take down. For who may: Django's own permissions are not enough."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from files.models.shares import Inbox, Share
from files.sharing import actions as verbs
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.read_only import Untouchable


class Moderated:
    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("files.take_down_share")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        found.pop("delete_selected", None)
        return found

    def asked(
        self, request: UserRequest, rows: "QuerySet[Any]", deed: Callable[[Any, str], object]
    ) -> HttpResponse | None:
        """A page that asks for the reason; with it, the deed."""
        if "why" not in request.POST:
            site: Any = self.admin_site  # type: ignore[attr-defined]
            context = {**site.each_context(request), "rows": rows, "asked": request.POST["action"]}
            return render(request, "admin/files/why.html", context)
        try:
            for row in rows:
                deed(row, request.POST["why"])
        except AppError as error:
            messages.error(request, error.message)
            return None
        messages.success(request, gettext("Done."))
        return None


@admin.register(Share)
class ShareAdmin(Moderated, Untouchable, admin.ModelAdmin[Share]):
    """Neither titles nor names: what moderators read of a share stands in the case that somebody's report opens."""

    list_display = ["slug", "owner", "audience", "downloads", "created", "expires", "revoked", "taken_down"]
    list_filter = ["taken_down", "revoked", "audience"]
    list_select_related = ["owner"]
    search_fields = ["slug", "owner__username"]
    fields = [
        "slug", "owner", "audience", "expires", "view_only", "max_downloads", "downloads", "revoked", "taken_down", "taken_down_why", "created",
    ]  # fmt: skip
    actions = ["take_down", "restore"]

    @admin.action(description=_("Take down the chosen shares"))
    def take_down(self, request: UserRequest, rows: "QuerySet[Share]") -> HttpResponse | None:
        return self.asked(request, rows, lambda row, why: verbs.take_down(request.user, row, why))

    @admin.action(description=_("Restore the chosen shares"))
    def restore(self, request: UserRequest, rows: "QuerySet[Share]") -> None:
        for row in rows:
            verbs.restore(request.user, row)


@admin.register(Inbox)
class InboxAdmin(Moderated, Untouchable, admin.ModelAdmin[Inbox]):
    list_display = ["slug", "owner", "created", "expires", "closed", "taken_down"]
    list_select_related = ["owner"]
    search_fields = ["slug", "owner__username"]
    fields = ["slug", "owner", "members_only", "expires", "max_files", "max_bytes", "closed", "taken_down", "created"]
    actions = ["take_down"]

    @admin.action(description=_("Close the chosen inboxes"))
    def take_down(self, request: UserRequest, rows: "QuerySet[Inbox]") -> HttpResponse | None:
        return self.asked(request, rows, lambda row, why: verbs.take_down_inbox(request.user, row, why))
