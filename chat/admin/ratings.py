"""What members think of answers. Words of theirs are shown only where they agreed to it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Rating
from chat.rating import overview
from meatlizard.read_only import ReadOnly


def _period(request: HttpRequest) -> dict[str, Any]:
    """The moments that the list is narrowed to, for what is counted beside it."""
    look_ups = ("gte", "lt", "year", "month", "day")
    return {name: request.GET[f"updated__{name}"] for name in look_ups if f"updated__{name}" in request.GET}


@admin.register(Rating)
class RatingAdmin(ReadOnly, admin.ModelAdmin[Rating]):
    """The list with the sums of what it is narrowed to."""

    change_list_template = "admin/chat/rating/change_list.html"
    list_display = ["updated", "value", "reason", "model", "user", "may_be_read"]
    list_filter = ["value", "reason", "updated", "may_be_read", "model"]
    search_fields = ["user__username", "model"]
    date_hierarchy = "updated"
    list_select_related = ["user"]
    fields = ("value", "reason", "model", "user", "created", "updated", "may_be_read", "words", "question", "answer")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rating]:
        # Not even by accident may a page have what it must not show.
        return super().get_queryset(request).defer("comment")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page = super().changelist_view(request, extra_context)
        shown = getattr(page, "context_data", None)
        if shown and "cl" in shown:
            rows = shown["cl"].queryset
            shown["overview"] = [
                (_("By model"), overview.by(rows, "model")),
                (_("By persona"), overview.by_persona(rows)),
                (_("By reason"), overview.by_reason(rows)),
            ]
            shown["preferences"] = overview.preferences(_period(request))
        return page

    @admin.display(description=_("comment"))
    def words(self, rating: Rating) -> str:
        return rating.comment if rating.may_be_read else ""

    @admin.display(description=_("question"))
    def question(self, rating: Rating) -> str:
        answer = self._readable(rating)
        return answer.parent.content if answer and answer.parent else ""

    @admin.display(description=_("answer"))
    def answer(self, rating: Rating) -> str:
        answer = self._readable(rating)
        return answer.content if answer else ""

    @staticmethod
    def _readable(rating: Rating) -> Message | None:
        """What its owner has deleted is not read by others either."""
        if not rating.may_be_read:
            return None
        rows = Message.objects.select_related("parent").filter(removed=None, conversation__removed=None)
        return rows.filter(pk=rating.message_id).first()
