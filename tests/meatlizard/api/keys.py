"""A key of a person, and a program that holds it."""

from typing import Any

from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.api import actions


class Program(Client):
    """A client without a browser's cookies, which shows ``secret``."""

    def __init__(self, secret: str = "", **defaults: Any) -> None:
        shown = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}
        super().__init__(**shown, **defaults)


def program_of(owner: User, *scopes: str) -> Program:
    return Program(actions.create_key(owner, "test", scopes)[1])
