"""Who goes where in the tests of personas' pages."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.models import User


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post_json(client: Client, name: str, key: Any, body: dict[str, Any]) -> Any:
    return client.post(reverse(f"chat:{name}", args=[key]), json.dumps(body), "application/json")


def text(response: HttpResponse) -> str:
    return response.content.decode()


def url(name: str, row: Any) -> str:
    return reverse(f"chat:{name}", args=[row.pk])
