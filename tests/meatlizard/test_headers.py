"""What every answer tells the browser."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from meatlizard.accounts.models import User
from tests.meatlizard.configured import PRODUCTION, settings_of

pytestmark = pytest.mark.django_db

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src": "'none'", "font-src": "'self'", "media-src": "'self'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "connect-src": "'self'",
    "worker-src": "http://127.0.0.1:8000/sw.js", "manifest-src": "'self'", "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'", "form-action": "'self'",
}  # fmt: skip


def plain_pages(resolver: URLResolver | None = None, prefix: str = "/") -> list[str]:
    """Every address of the site that takes no argument."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        text = str(entry.pattern)
        if re.search(r"[<(]", text):
            continue
        address = prefix + text.lstrip("^").rstrip("$").replace(r"\Z", "")
        found += plain_pages(entry, address) if isinstance(entry, URLResolver) else [address]
        assert isinstance(entry, URLPattern | URLResolver)
    return found


def policy(header: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in header.split(";"))}


@pytest.mark.parametrize("who", ["visitor", "alice", "olga"])
def test_every_page_carries_them(client: Client, alice: User, olga: User, who: str) -> None:
    if who != "visitor":
        client.force_login({"alice": alice, "olga": olga}[who])
    # The frames for diagrams and PDF files and the page of the site's status, which allow less, have policies and tests of their own.
    frames = ("/chat/diagrams/", "/files/pdf-frame/", "/status/")
    pages = [page for page in plain_pages() if "logout" not in page and page not in frames]
    assert len(pages) > 30
    for page in [*pages, "/nowhere/"]:
        response = client.get(page)
        assert response.status_code < 500, page
        for name, value in EXPECTED.items():
            assert response.headers.get(name) == value, (page, name)
        assert "geolocation=()" in response.headers["Permissions-Policy"]
        sent = policy(response.headers["Content-Security-Policy"])
        sent = {name: re.sub(r" 'nonce-[\w+/=-]+'", "", value) for name, value in sent.items()}
        if page == "/chat/" and who != "visitor":
            assert sent.pop("frame-src") == "'self'"
        assert sent == POLICY, page


@pytest.mark.parametrize("who", ["visitor", "alice", "olga"])
def test_no_page_needs_inline_script_or_style(client: Client, alice: User, olga: User, who: str) -> None:
    if who != "visitor":
        client.force_login({"alice": alice, "olga": olga}[who])
    for page in plain_pages():
        if "logout" in page:
            continue
        response = client.get(page)
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        html = response.content.decode()
        for script in re.findall(r"<script\b([^>]*)>", html):
            assert "src=" in script or "nonce=" in script or re.search(r'type="application/json"', script), (
                page,
                script,
            )
        assert not re.search(r"<[^>]+\son\w+\s*=", html), page
        assert not re.search(r"<style(?![^>]*nonce=)|<[a-z][^>]*\sstyle\s*=", html), page
        assert "javascript:" not in html, page


def test_what_a_signed_in_person_sees_is_stored_nowhere(client: Client, alice: User) -> None:
    assert "no-store" not in client.get("/").headers.get("Cache-Control", "")
    client.force_login(alice)
    for page in ("/", "/dashboard/", "/nowhere/", "/accounts/email/"):
        assert client.get(page).headers["Cache-Control"] == "private, no-store", page


def test_the_answer_to_signing_in_is_stored_nowhere(client: Client, alice: User) -> None:
    from tests.people import PASSWORD

    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert response.status_code == 302
    assert "no-store" in response.headers["Cache-Control"]


def test_a_request_id_is_ours(client: Client) -> None:
    first, second = (client.get("/", headers={"X-Request-ID": "forged"}).headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


def test_https_is_kept_to() -> None:
    from django.test import override_settings

    values = settings_of(PRODUCTION)
    strict = {name: value for name, value in values.items() if name.startswith("SECURE_") or name == "ALLOWED_HOSTS"}
    with override_settings(**strict):
        client = Client(SERVER_NAME="chat.example.org")
        assert client.get("/").headers["Location"] == "https://chat.example.org/"
        assert "max-age=31536000" in client.get("/nowhere/", secure=True).headers["Strict-Transport-Security"]
