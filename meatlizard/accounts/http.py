"""The request of a view that only signed-in people reach."""

from django.http import HttpRequest

from meatlizard.accounts.models import User


class UserRequest(HttpRequest):
    """For annotations behind ``login_required``: ``user`` is a person, not an anonymous visitor."""

    user: User
