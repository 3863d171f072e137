"""Whose pages these are. Tables of moderation are written by its verbs alone, so nobody adds or changes rows as such."""

from typing import Any

from django.http import HttpRequest

from meatlizard.moderation.access import may_manage, may_review


class Reviewed:
    """For moderators to read."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_review(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_review(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Of the admin's actions that name ``review``."""
        return may_review(request.user)


class Managed:
    """For who manages moderation, to read and write."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_manage(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage(request.user)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Of the admin's actions that name ``manage``."""
        return may_manage(request.user)
