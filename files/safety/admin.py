"""The quarantine, for operators: what was found, and the two ways out of it."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from files.models import Finding
from files.safety import findings
from meatlizard.accounts.models import User
from meatlizard.read_only import Untouchable


@admin.register(Finding)
class FindingAdmin(Untouchable, admin.ModelAdmin[Finding]):
    list_display = ["__str__", "what", "media_type", "stored", "found", "decision", "decided_by"]
    list_filter = ["decision"]
    list_select_related = ["decided_by"]
    search_fields = ["sha256", "what"]
    fields = ["sha256", "what", "media_type", "stored", "found", "decision", "decided", "decided_by"]
    actions = ["release", "delete_content"]

    @admin.display(description=gettext_lazy("stored"), ordering="size")
    def stored(self, row: Finding) -> str:
        return str(filesizeformat(row.size))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("files.change_finding")

    @admin.action(description=gettext_lazy("Release: it is harmless"), permissions=["decide"])
    def release(self, request: HttpRequest, queryset: "QuerySet[Finding]") -> None:
        assert isinstance(request.user, User)
        done = [row for row in queryset if findings.release(row, request.user)]
        self._noted(request, done, _("Released from quarantine."))
        self.message_user(
            request,
            ngettext("%(n)s content is given out again.", "%(n)s contents are given out again.", len(done))
            % {"n": len(done)},
            messages.SUCCESS if done else messages.WARNING,
        )

    @admin.action(description=gettext_lazy("Delete for good, from every library"), permissions=["decide"])
    def delete_content(self, request: HttpRequest, queryset: "QuerySet[Finding]") -> None:
        assert isinstance(request.user, User)
        counts = {row: findings.delete(row, request.user) for row in queryset if row.decision == Finding.Decision.OPEN}
        self._noted(request, list(counts), _("Deleted from quarantine."))
        files = sum(counts.values())
        self.message_user(
            request,
            ngettext("%(n)s version of a file was deleted.", "%(n)s versions of files were deleted.", files)
            % {"n": files},
            messages.SUCCESS if counts else messages.WARNING,
        )

    def _noted(self, request: HttpRequest, rows: list[Finding], what: str) -> None:
        for row in rows:
            self.log_change(request, row, what)
