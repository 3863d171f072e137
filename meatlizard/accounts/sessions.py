"""Login sessions that end, and news of it for parts of the site that keep a connection open under one."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import Signal

if TYPE_CHECKING:
    from allauth.usersessions.models import UserSession

session_ended = Signal()
"""Sent with ``session_key`` when a login session has ended: signed out, or ended from the list of sessions or the admin. May come twice.
A changed password or a deactivated account makes sessions invalid without ending them; ask ``access.session_valid`` now and then."""


def end_session(session: "UserSession") -> None:
    session.end()


def connect() -> None:
    from allauth.usersessions.models import UserSession
    from django.db.models.signals import post_delete

    user_logged_out.connect(_signed_out, dispatch_uid="meatlizard.signed_out")
    post_delete.connect(_deleted, sender=UserSession, dispatch_uid="meatlizard.session_deleted")


def _signed_out(sender: Any, request: Any, **kwargs: Any) -> None:
    if request is not None and (key := request.session.session_key):
        session_ended.send(sender=None, session_key=key)


def _deleted(sender: Any, instance: "UserSession", **kwargs: Any) -> None:
    session_ended.send(sender=None, session_key=instance.session_key)
