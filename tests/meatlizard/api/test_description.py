"""Schemathesis sends to every operation what the OpenAPI description allows and what it forbids: nothing breaks.

The same examples each time, so that a failure is a change of ours.
"""

from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from django.core.cache import cache
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.api import actions as api
from meatlizard.api import registry
from meatlizard.security import ratelimit
from shortener import actions

pytestmark = [pytest.mark.django_db]

EXAMPLES = 8


@pytest.fixture
def key(alice: User, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of somebody who has a link and a folder, and whom no limit holds up."""
    cache.clear()
    monkeypatch.setattr(ratelimit, "hit", lambda *_args, **_more: None)
    actions.create(
        alice, target="https://example.org/", slug="one", tags=["red"], folder=actions.make_folder(alice, "Box")
    )
    return api.create_key(alice, "schemathesis", registry.scopes())[1]


SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)  # fmt: skip


def test_no_request_breaks_the_site(key: str, alice: User) -> None:
    schema = schemathesis.openapi.from_dict(Client().get("/api/v1/openapi.json").json())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 16
    asked: set[str] = set()

    def ask(case: schemathesis.Case) -> None:
        asked.add(f"{case.method} {case.path}")
        mine = {
            "link": alice.links.values_list("pk", flat=True),
            "link_folder": alice.link_folders.values_list("pk", flat=True),
        }
        for name, keys in mine.items():
            # What is there, as far as it is still there: else every request would end at a link that never was.
            if name in (case.path_parameters or {}) and keys:
                case.path_parameters[name] = keys[0]
        response = send(case, key)
        assert response.status_code < 500, f"{case.as_curl_command()}\n{response.content[:500]!r}"
        if response.status_code >= 400 and response.status_code != 405:
            assert response.json()["error"]["code"], "refusals have one form"

    for operation in operations:
        SETTINGS(hypothesis.given(operation.as_strategy())(ask))()
    assert len(asked) == len(operations)


def send(case: schemathesis.Case, key: str) -> Any:
    """In this process and this transaction; as the wire would carry it."""
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1:8000")).prepare()
    kind = str(sent.headers.get("Content-Type") or "application/octet-stream")
    browser = Client(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {key}")
    return browser.generic(str(sent.method), str(sent.path_url), sent.body or b"", kind)


def test_every_operation_is_asked(client: Any) -> None:
    described = client.get("/api/v1/openapi.json").json()["paths"]
    assert sum(len(methods) for methods in described.values()) >= 16
    for path, methods in described.items():
        for method, told in methods.items():
            assert told["security"] and "default" in told["responses"], (
                f"{method} {path} is open to everybody, or says no refusal"
            )
