"""Collections as an operator sees them: whose, how many documents, how large. What members keep in them is not for operators; those of
the site are looked after on the site's own pages.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from chat.models import Collection
from meatlizard.read_only import Untouchable


@admin.register(Collection)
class CollectionAdmin(Untouchable, admin.ModelAdmin[Collection]):
    list_display = ["id", "owner", "documents_there", "weight", "lent", "created", "removed"]
    list_filter = ["lent"]
    list_select_related = ["owner"]
    search_fields = ["id", "owner__username"]
    fields = ["id", "owner", "documents_there", "weight", "lent", "created", "removed"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Collection]":
        rows = super().get_queryset(request).defer("name", "description")
        return rows.annotate(number=Count("documents"), bytes=Sum("documents__size"))

    @admin.display(description=_("documents"), ordering="number")
    def documents_there(self, collection: Any) -> int:
        return int(collection.number)

    @admin.display(description=_("size"), ordering="bytes")
    def weight(self, collection: Any) -> str:
        return filesizeformat(collection.bytes or 0)
