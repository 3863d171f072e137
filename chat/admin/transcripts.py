"""Transcripts as an operator sees them: whose, when, how much. Who reads one does so on its page, which leaves an entry in the audit."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chat.models import Transcript, TranscriptLink
from chat.transcripts import actions
from meatlizard.accounts.http import UserRequest
from meatlizard.read_only import ReadOnly


class LinkInline(ReadOnly, admin.TabularInline[TranscriptLink, Transcript]):
    """Taken back by their member, or by deleting them here."""

    model = TranscriptLink
    fields = ("way", "created", "expires", "revoked", "opened")
    readonly_fields = fields
    extra = 0


@admin.register(Transcript)
class TranscriptAdmin(ReadOnly, admin.ModelAdmin[Transcript]):
    """Titles are not shown: what members talk about is for those who may read it."""

    list_display = ["id", "owner", "place", "reason", "closed", "state", "messages", "stored", "sealed", "page"]
    list_filter = ["state", "place", "reason", "closed"]
    list_select_related = ["owner"]
    date_hierarchy = "closed"
    search_fields = ["id", "session", "conversation__id", "owner__username", "owner__email"]
    search_help_text = _("A member's name or address, or the number of a transcript, a session or a conversation.")
    fields = ["id", "owner", "place", "session", "conversation", "begun", "closed", "reason", "state", "written", "messages", "stored", "key", "folder", "told", "page"]  # fmt: skip
    inlines = [LinkInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transcript]:
        return super().get_queryset(request).exclude(state=Transcript.State.GONE)

    @admin.display(description=_("size"))
    def stored(self, row: Transcript) -> str:
        return filesizeformat(row.size)

    @admin.display(description=_("sealed"), boolean=True)
    def sealed(self, row: Transcript) -> bool:
        return bool(row.key)

    @admin.display(description=_("read"))
    def page(self, row: Transcript) -> SafeString | str:
        if not row.edition:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("chat:transcript", args=[row.pk]), _("open, into the audit"))

    def delete_model(self, request: UserRequest, obj: Transcript) -> None:  # type: ignore[override]
        actions.delete_for_operator(request.user, Transcript.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: UserRequest, queryset: QuerySet[Transcript]) -> None:  # type: ignore[override]
        actions.delete_for_operator(request.user, queryset)
