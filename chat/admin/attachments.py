"""Attached files as an operator sees them: whose, of what kind, how large. Their names and texts are not for operators."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from chat.models import Upload
from meatlizard.read_only import Untouchable


@admin.register(Upload)
class UploadAdmin(Untouchable, admin.ModelAdmin[Upload]):
    """A file goes with the last message that has it; nothing here takes it away from under one."""

    list_display = ["id", "owner", "kind", "media_type", "weight", "state", "created", "expires"]
    list_filter = ["state", "kind"]
    list_select_related = ["owner"]
    search_fields = ["id", "owner__username"]
    fields = ["id", "owner", "kind", "media_type", "weight", "state", "created", "expires"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Upload]":
        return super().get_queryset(request).defer("text", "name", "source")

    @admin.display(description=_("size"), ordering="size")
    def weight(self, upload: Upload) -> str:
        return filesizeformat(upload.size)
