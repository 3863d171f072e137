"""Pages of the administration for tables that only the program writes."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Rows can be looked at, and deleted by who may."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Untouchable(ReadOnly):
    """Rows can only be looked at."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
