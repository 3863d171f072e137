"""The audit, to read and to filter."""

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.accounts.models import User
from meatlizard.moderation.admin.permissions import Reviewed
from meatlizard.moderation.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(Reviewed, admin.ModelAdmin[AuditEntry]):
    """Names are looked up when the page is shown; of a deleted account its number remains."""

    list_display = ["at", "actor_name", "action", "target", "person_name", "reason", "door"]
    list_filter = ["action", "at"]
    search_fields = ["target", "action", "reason", "door"]
    search_help_text = gettext_lazy("A member's name, an action, a case or a reason.")
    date_hierarchy = "at"
    fields = ["at", "actor_name", "action", "target", "person_name", "before", "after", "reason", "door"]
    readonly_fields = ["actor_name", "person_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        def name(field: str) -> Subquery:
            return Subquery(User.objects.filter(pk=OuterRef(field)).values("username")[:1])

        return super().get_queryset(request).annotate(actor_is=name("actor"), person_is=name("person"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        found, twice = super().get_search_results(request, queryset, search_term)
        if search_term.strip():
            named = User.objects.filter(username__icontains=search_term.strip()).values("pk")[:100]
            found = found | queryset.filter(Q(actor__in=named) | Q(person__in=named))
        return found, twice

    @admin.display(description=gettext_lazy("who"), ordering="actor")
    def actor_name(self, row: AuditEntry) -> str:
        return named(row.actor, getattr(row, "actor_is", None)) or row.door or _("a rule")

    @admin.display(description=gettext_lazy("about whom"), ordering="person")
    def person_name(self, row: AuditEntry) -> str:
        return named(row.person, getattr(row, "person_is", None)) or "—"


def named(number: int | None, name: str | None) -> str:
    if number is None:
        return ""
    return name or _("account %(number)s (deleted)") % {"number": number}
