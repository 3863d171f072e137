"""Large files beside a sealed paste: out of reach until whole, counted, exact at their bounds, gone with the paste."""

import datetime
import hashlib
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from paste import sweeping
from paste.models import File, Paste
from paste.sealed import parts
from tests.paste.sealed import sealing
from tests.paste.sealed.test_api import API, post

pytestmark = pytest.mark.django_db

PROOF = "ab" * 32
PART = b"sealed part"


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def begin(client: Client, count: int = 2, **site: Any) -> Any:
    burn = int(site.pop("burn", 0))
    return post(client, sealing.request(burn=burn) | {"site": {"parts": count, **site}})


def put(made: dict[str, Any], number: Any, data: bytes = PART * 3, token: str = "") -> Any:
    place = f"/sealed/part/?id={made['id']}&n={number}"
    return Client().put(
        place, data, headers={"x-token": token or made["deletetoken"]}, content_type="application/octet-stream"
    )


def finish(made: dict[str, Any], token: str = "") -> Any:
    return post(Client(), {"pasteid": made["id"], "deletetoken": token or made["deletetoken"]}, "/sealed/ready/")


def fetch(slug: str, number: Any, claim: str = "") -> Any:
    return Client().get(f"/sealed/part/?id={slug}&n={number}", headers={"x-claim": claim} if claim else {})


def test_whole_or_not_at_all(as_alice: Client, alice: User) -> None:
    made = begin(as_alice).json()
    text = len(Paste.objects.get().files.get().text)
    for _ in range(2):
        assert put(made, 2).status_code == 200
    assert used_by(alice) == text + len(PART * 3)
    for look in (
        Client().get(f"/sealed/?{made['id']}", **API),
        Client().get(f"/sealed/?{made['id']}"),
        fetch(made["id"], 2),
    ):
        assert look.status_code == 404
    assert finish(made).json()["code"] == "parts_missing"
    assert put(made, 1, b"the first one, sealed").status_code == 200
    assert finish(made).json()["status"] == 0
    assert Client().get(f"/sealed/?{made['id']}", **API).status_code == 200
    assert (fetch(made["id"], 1).content, fetch(made["id"], 2).content) == (b"the first one, sealed", PART * 3)
    assert put(made, 1, b"something else, sealed").status_code == 404
    assert fetch(made["id"], 3).status_code == 404


def test_charlie_brings_and_finishes_nothing(as_alice: Client, charlie: User) -> None:
    made, other = begin(as_alice).json(), begin(as_alice).json()
    for token in ("wrong", other["deletetoken"]):
        assert put(made, 1, token=token).status_code == 403
        assert finish(made, token).status_code == 403
    assert Client().put(f"/sealed/part/?id={made['id']}&n=1", PART * 3).status_code == 403
    assert not File.objects.filter(position__gt=0).exists()


@pytest.mark.parametrize("number", [0, 3, -1, "x", "", "9" * 20, "²"])
def test_parts_that_the_paste_does_not_have(as_alice: Client, number: Any) -> None:
    made = begin(as_alice).json()
    assert put(made, number).status_code == 400
    assert fetch(made["id"], number).status_code == 404


def test_bounds(as_alice: Client, alice: User, settings: Any) -> None:
    made = begin(as_alice, 3).json()
    assert put(made, 1, b"x" * 16).status_code == 400
    assert put(made, 1, b"x" * (parts.PART_BYTES + 17)).status_code == 413
    assert put(made, 1, b"x" * (parts.PART_BYTES + 16)).status_code == 200
    before = used_by(alice)
    settings.SEALED_FILES_MAX_BYTES = Paste.objects.get().size + 100
    assert put(made, 2, b"x" * 101).status_code == 413
    assert used_by(alice) == before
    assert put(made, 2, b"x" * 100).status_code == 200
    alice.tier.storage_bytes = used_by(alice) + 10
    alice.tier.save()
    settings.SEALED_FILES_MAX_BYTES *= 2
    assert put(made, 3, b"x" * 50).status_code == 413
    assert used_by(alice) == Paste.objects.get().size


def test_visitors_have_none(settings: Any) -> None:
    settings.PASTE_CREATE = "everyone"
    refused = begin(Client())
    assert refused.status_code == 403 and "account" in refused.json()["message"] and not Paste.objects.exists()


def test_what_never_came_whole_goes_and_gives_its_bytes_back(as_alice: Client, alice: User) -> None:
    made = begin(as_alice).json()
    put(made, 1)
    stored = File.objects.get(position=1).storage_name
    assert default_storage.exists(stored)
    Paste.objects.update(purge_at=timezone.now() - datetime.timedelta(seconds=1))
    assert sweeping.sweep() == 1
    assert not Paste.objects.exists() and not default_storage.exists(stored) and used_by(alice) == 0


def test_read_once_its_parts_are_the_readers_alone(as_alice: Client) -> None:
    guard = hashlib.sha256(PROOF.encode()).hexdigest()
    made = begin(as_alice, 1, burn=1, guard=guard, classic=False).json()
    put(made, 1)
    finish(made)
    assert fetch(made["id"], 1).status_code == 404
    opened = Client().post(
        "/sealed/open/", json.dumps({"pasteid": made["id"], "proof": PROOF}), content_type="application/json", **API
    )
    claim = opened.json()["claim"]
    assert fetch(made["id"], 1, claim).content == PART * 3
    for wrong in ("x", claim[:-1] + ("A" if claim[-1] != "A" else "B"), ""):
        assert fetch(made["id"], 1, wrong).status_code == 404
    Paste.objects.update(purge_at=timezone.now())
    sweeping.sweep()
    assert fetch(made["id"], 1, claim).status_code == 404
