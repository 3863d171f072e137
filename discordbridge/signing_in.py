"""Ties accounts when somebody signs in with Discord: what django-allauth says then, as this app's verbs."""

import contextlib
import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext

from discordbridge.access import person_of
from discordbridge.actions import linking
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden

log = logging.getLogger(__name__)


def signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Also who has just made the account so. Without Discord there is no ``sociallogin``."""
    if (login := kwargs.get("sociallogin")) is not None:
        _tie(request, user, login.account)


def added(request: HttpRequest, sociallogin: Any, **kwargs: Any) -> None:
    _tie(request, sociallogin.user, sociallogin.account)


def asked_in(request: HttpRequest, sociallogin: Any, **kwargs: Any) -> None:
    """Before anybody is signed in, or an account is made. Who is shut out as a person on Discord makes no account anew through Discord."""
    account = sociallogin.account
    if account.provider != "discord" or not str(account.uid).isdigit():
        return
    known = person_of(int(account.uid))
    if known is None or (known.is_active and not known.is_suspended) or sociallogin.user.pk == known.pk:
        # Into their own account they are let, to read why.
        return
    messages.error(request, gettext("This Discord account is shut out on this site for now."))
    raise ImmediateHttpResponse(redirect("account_login"))


def removed(request: HttpRequest, socialaccount: Any, **kwargs: Any) -> None:
    if socialaccount.provider == "discord":
        with contextlib.suppress(Forbidden):
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
