"""The processes that measure, for operators to look at. What they measured stands on pages of its own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from meatlizard.metrics.models import Reporter


@admin.register(Reporter)
class ReporterAdmin(admin.ModelAdmin[Reporter]):
    list_display = ["kind", "machine", "pid", "began", "seen", "batch"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
