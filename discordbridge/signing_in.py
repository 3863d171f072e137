"""Ties accounts when somebody signs in with Discord: what django-allauth says then, as this app's verbs."""

import logging
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from discordbridge.actions import linking
from meatlizard.accounts.models import User
from meatlizard.errors import AppError

log = logging.getLogger(__name__)


def signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Also who has just made the account so. Without Discord there is no ``sociallogin``."""
    if (login := kwargs.get("sociallogin")) is not None:
        _tie(request, user, login.account)


def added(request: HttpRequest, sociallogin: Any, **kwargs: Any) -> None:
    _tie(request, sociallogin.user, sociallogin.account)


def removed(request: HttpRequest, socialaccount: Any, **kwargs: Any) -> None:
    if socialaccount.provider == "discord":
        linking.unlink(socialaccount.user)


def _tie(request: HttpRequest, user: User, account: Any) -> None:
    if account.provider != "discord" or not str(account.uid).isdigit():
        return
    data = account.extra_data or {}
    try:
        linking.link(int(account.uid), str(data.get("global_name") or data.get("username") or ""), user)
    except AppError as error:
        # Signing in itself is not in question.
        log.info("discord.not_tied", extra={"code": error.code})
        messages.warning(request, error.message)
