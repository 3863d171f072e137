"""Whose pages these are: of who operates the site. Their tables are written by verbs alone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import AppError
from meatlizard.ops.switches import operates


class Operated:
    def has_module_permission(self, request: HttpRequest) -> bool:
        return operating(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return operating(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def operating(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and operates(request.user)


def carried_out(request: HttpRequest, verb: Callable[[], object], done: str = "") -> bool:
    """Says on the next page what came of it."""
    try:
        verb()
    except AppError as error:
        messages.error(request, error.message)
        return False
    messages.success(request, done or _("In force everywhere within two seconds."))
    return True
