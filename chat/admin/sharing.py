"""Shared links and imports as an operator sees them: whose, when, how much. A link that does harm is found by its address."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat.models import ImportRun, Share
from chat.sharing.access import token_hash
from meatlizard.read_only import ReadOnly


@admin.register(Share)
class ShareAdmin(ReadOnly, admin.ModelAdmin[Share]):
    """To withdraw a link is to delete it: the copy behind it goes too."""

    list_display = ["id", "owner", "created", "expires", "length"]
    search_fields = ["id", "owner__username"]
    search_help_text = _("A member's name, or the whole address of a shared link.")
    fields = ["id", "owner", "created", "expires", "length"]
    list_select_related = ["owner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        return super().get_queryset(request).defer("snapshot")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Share], search_term: str
    ) -> tuple[QuerySet[Share], bool]:
        _, found, token = search_term.strip().partition("/chat/shared/")
        if found:
            return queryset.filter(token_hash=token_hash(token.split("/")[0])), False
        return super().get_search_results(request, queryset, search_term)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnly, admin.ModelAdmin[ImportRun]):
    list_display = ["created", "owner", "state", "imported", "extended", "present", "refused_count", "ended"]
    search_fields = ["id", "owner__username"]
    list_filter = ["state"]
    fields = ["id", "owner", "state", "created", "ended", "seen", "imported", "extended", "present", "refused_count"]
    list_select_related = ["owner"]
