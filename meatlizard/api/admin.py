"""Keys as an operator sees them: whose, for what, and whether they are used. Deleting one shuts its program out."""

from django.contrib import admin

from meatlizard.api.models import ApiKey
from meatlizard.read_only import ReadOnly


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, admin.ModelAdmin[ApiKey]):
    list_display = ["prefix", "owner", "name", "scopes", "created", "expires", "last_used"]
    list_filter = ["created", "last_used"]
    search_fields = ["prefix", "name", "owner__username"]
    list_select_related = ["owner"]
    fields = ["prefix", "owner", "name", "scopes", "created", "expires", "last_used"]
