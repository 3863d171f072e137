"""The frame that draws diagrams: what it may do, and which pages may hold it."""

import re

import pytest
from django.test import Client

from chat import actions
from meatlizard.accounts.models import User

pytestmark = pytest.mark.django_db


def policy(header: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in header.split(";"))}


def test_the_frame_has_no_origin_no_network_and_one_script(client: Client) -> None:
    response = client.get("/chat/diagrams/")
    assert response.status_code == 200
    sent = policy(response.headers["Content-Security-Policy"])
    nonce = re.search(r'<script nonce="([^"]+)" src="[^"]*ml/diagrams[^"]*\.js"></script>', response.content.decode())
    assert nonce is not None
    assert sent.pop("script-src") == f"'nonce-{nonce[1]}'"
    assert sent == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "base-uri": "'none'", "form-action": "'none'",
        "frame-ancestors": "'self'", "sandbox": "allow-scripts",
    }  # fmt: skip
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert not response.cookies


def test_it_is_the_same_for_everybody(client: Client, alice: User) -> None:
    def shown() -> str:
        return re.sub(r'nonce="[^"]+"', "", client.get("/chat/diagrams/").content.decode())

    before = shown()
    client.force_login(alice)
    assert shown() == before


def test_only_pages_that_show_diagrams_may_hold_a_frame(client: Client, alice: User) -> None:
    client.force_login(alice)
    talk = actions.create_conversation(alice)
    for page in ("/chat/", f"/chat/{talk.pk}/"):
        assert policy(client.get(page).headers["Content-Security-Policy"])["frame-src"] == "'self'"
    for page in ("/dashboard/", "/chat/shares/", "/accounts/email/"):
        assert "frame-src" not in client.get(page).headers["Content-Security-Policy"]
