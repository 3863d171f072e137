"""Errors as people and programs meet them."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from django_ratelimit.exceptions import Ratelimited

from meatlizard.errors import AppError, Forbidden, Invalid, LimitReached, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.meatlizard.test_error_pages")]
CANARY = "canary-51ce"


def raising(make: Callable[[], Exception]) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise make()

    return view


urlpatterns = [
    path("invalid/", raising(lambda: Invalid("Write a question first.", code="empty"))),
    path("forbidden/", raising(Forbidden)),
    path("missing/", raising(NotFound)),
    path("limit/", raising(lambda: LimitReached("Slowly.", retry_after=12.3))),
    path("ratelimited/", raising(Ratelimited)),
    path("broken/", raising(lambda: RuntimeError(CANARY))),
    path("internal/", raising(AppError)),
    path("", include("meatlizard.urls")),
]
handler400 = "meatlizard.error_pages.bad_request"
handler403 = "meatlizard.error_pages.permission_denied"
handler404 = "meatlizard.error_pages.page_not_found"
handler500 = "meatlizard.error_pages.server_error"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


CASES = [
    ("invalid", 400, "empty", "Write a question first."),
    ("forbidden", 403, "forbidden", ""),
    ("missing", 404, "not_found", ""),
    ("limit", 429, "limit_reached", "Slowly."),
    ("ratelimited", 429, "rate_limited", ""),
    ("broken", 500, "internal", ""),
    ("internal", 500, "internal", ""),
    ("nowhere", 404, "not_found", ""),
]


@pytest.mark.parametrize(("page", "status", "code", "words"), CASES)
def test_a_person_gets_a_page(client: Client, page: str, status: int, code: str, words: str) -> None:
    response = client.get(f"/{page}/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert words in response.content.decode()
    assert CANARY not in response.content.decode()
    assert response.headers["X-Request-ID"]


@pytest.mark.parametrize(("page", "status", "code", "words"), CASES)
def test_a_program_gets_the_code(client: Client, page: str, status: int, code: str, words: str) -> None:
    response = client.get(f"/{page}/", headers={"Accept": "application/json"})
    assert response.status_code == status
    error: dict[str, Any] = response.json()["error"]
    assert error["code"] == code
    assert words in error["message"]
    assert error["message"]
    assert error["request_id"] == response.headers["X-Request-ID"]
    assert CANARY not in response.content.decode()


def test_a_script_that_posts_json_gets_json(client: Client) -> None:
    response = client.post("/invalid/", {}, headers={"Accept": "*/*"}, content_type="application/json")
    assert response.json()["error"]["code"] == "empty"


def test_curl_may_ask_for_plain_text(client: Client) -> None:
    response = client.get("/invalid/", headers={"Accept": "text/plain"})
    assert response.content == b"Write a question first.\n"


def test_a_limit_says_when_to_come_back(client: Client) -> None:
    response = client.get("/limit/")
    assert response.headers["Retry-After"] == "13"
    assert "13 seconds" in response.content.decode()
    assert "Retry-After" not in client.get("/missing/").headers


def test_an_unexpected_error_is_logged_with_its_request(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        client.get("/broken/")
    assert [record.name for record in caplog.records if record.exc_info] == ["django.request"]


def test_a_form_without_its_token_is_refused_in_words() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "alice", "password": "x"})
    assert response.status_code == 403
    assert b"open too long" in response.content


@override_settings(ALLOWED_HOSTS=["chat.example.org"])
def test_a_foreign_host_name_is_refused(client: Client) -> None:
    assert client.get("/missing/", headers={"Host": "evil.example"}).status_code == 400


def test_a_message_is_escaped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Forbidden, "default_message", "<script>alert(1)</script>")
    assert b"<script>alert" not in client.get("/forbidden/", headers={"Accept": "text/html"}).content


def test_every_error_has_its_words() -> None:
    for kind in (AppError, Invalid, Forbidden, NotFound, LimitReached):
        error = kind()
        assert error.code
        assert error.message == str(error)
        assert kind("Other words.", code="other").code == "other"


def test_a_name_the_site_does_not_know_is_said_with_the_remedy_and_not_repeated(client: Client) -> None:
    answer = client.get("/", headers={"host": "<b>evil.example"})
    assert answer.status_code == 400
    assert b"ALLOWED_HOSTS" in answer.content
    assert b"evil.example" not in answer.content
