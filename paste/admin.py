"""Pastes as an operator sees them: whose, when, how large, for whom. What is in them is their owners'."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from meatlizard.read_only import ReadOnly
from paste import comments, sweeping
from paste.models import Comment, Paste


@admin.register(Paste)
class PasteAdmin(ReadOnly, admin.ModelAdmin[Paste]):
    """To delete one here is to delete it for good, with its files."""

    list_display = ["slug", "owner", "privacy", "sealed", "state", "stored", "views", "created", "expires"]
    list_filter = ["privacy", "sealed", "state"]
    list_select_related = ["owner"]
    search_fields = ["slug", "owner__username"]
    search_help_text = _("A member's name, or the part of the address after /p/.")
    fields = [
        "slug", "owner", "privacy", "sealed", "state", "stored", "revision", "views", "views_left", "stars", "comments_count",
        "created", "updated", "expires", "purge_at",
    ]  # fmt: skip

    @admin.display(description=_("stored"), ordering="size")
    def stored(self, row: Paste) -> str:
        return filesizeformat(row.size)

    def delete_model(self, request: HttpRequest, obj: Paste) -> None:
        sweeping.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Paste]") -> None:
        for row in queryset:
            sweeping.remove(row)


@admin.register(Comment)
class CommentAdmin(ReadOnly, admin.ModelAdmin[Comment]):
    """To delete one here takes its words away; answers to it stay where they are."""

    list_display = ["public_id", "paste", "author", "created", "removed"]
    list_select_related = ["paste", "author"]
    search_fields = ["public_id", "paste__slug", "author__username"]
    fields = ["public_id", "paste", "author", "created", "removed"]

    def delete_model(self, request: HttpRequest, obj: Comment) -> None:
        comments.blank(obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Comment]") -> None:
        for row in queryset:
            comments.blank(row)
