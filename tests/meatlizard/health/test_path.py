"""What load balancers, watchers and strangers are told at /health."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import override_settings

from meatlizard.health import components, own
from meatlizard.health.components import Found, component
from meatlizard.health.path import Health
from meatlizard.health.traffic import ENOUGH, Tally, Traffic
from meatlizard.ops import switches
from meatlizard.version import VERSION

PAGE = {"type": "http.response.start", "status": 299}


async def page(scope: Any, receive: Any, send: Any) -> None:
    """What stands behind."""
    await send(PAGE)


async def ask(
    path: str, method: str = "GET", *headers: tuple[bytes, bytes], app: Any = None
) -> tuple[int, dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": [(b"host", b"10.0.0.7"), *headers]}
    await (app or Health(page))(scope, None, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(body) if body else {}


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """None but those the test registers."""
    monkeypatch.setattr(components, "_components", {})


def found(state: Any, words: str = "") -> Any:
    return lambda: Found(state, words)


async def test_other_paths_go_on() -> None:
    for path in ("/", "/healthy", "/health/other", "/health/live/more"):
        assert (await ask(path))[0] == 299


async def test_only_reading_is_answered() -> None:
    assert (await ask("/health", "POST"))[0] == 405
    assert await ask("/health/live", "HEAD") == (200, {})


@pytest.mark.usefixtures("parts")
async def test_a_process_whose_database_is_away_lives_and_is_not_ready() -> None:
    component("database", "Database", found("down", "gone"), needed=True)
    component("cache", "Cache", found("good"))

    assert await ask("/health/live") == (200, {"status": "ok"})
    assert await ask("/health/ready/") == (503, {"status": "down"})
    code, told = await ask("/health")
    assert (code, told["status"]) == (503, "down")
    assert told["components"] == {"database": {"state": "down"}, "cache": {"state": "good"}}


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("state", "status"), [("good", "ok"), ("off", "ok"), ("warning", "degraded"), ("down", "degraded")]
)
async def test_a_part_that_pages_can_do_without_degrades(state: Any, status: str) -> None:
    component("database", "Database", found("good"), needed=True)
    component("cache", "Cache", found(state))

    assert (await ask("/health/ready"))[0] == 200
    code, told = await ask("/health")
    assert (code, told["status"]) == (200, status)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("said", ["Bearer secret", "bearer  secret"])
async def test_words_are_for_who_holds_the_token(said: str) -> None:
    component("inference", "Inference clients", found("good", "3 of 4 connected"))

    with override_settings(HEALTH_TOKEN="secret"):
        told = (await ask("/health", "GET", (b"authorization", said.encode())))[1]
    assert told["components"]["inference"]["words"] == "3 of 4 connected"
    assert told["components"]["inference"]["milliseconds"] >= 0


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("token", "said"), [("secret", "Bearer wrong"), ("secret", "Basic secret"), ("secret", ""), ("", "Bearer ")]
)
async def test_strangers_are_told_states_alone(token: str, said: str) -> None:
    component("inference", "Inference clients", found("good", "3 of 4 connected"))

    with override_settings(HEALTH_TOKEN=token):
        told = (await ask("/health", "GET", (b"authorization", said.encode())))[1]
    assert told["components"] == {"inference": {"state": "good"}}


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


@pytest.mark.usefixtures("parts")
async def test_maintenance_is_told_and_pages_stay_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    component("database", "Database", found("good"), needed=True)
    monkeypatch.setattr(switches, "_state", switches.State(maintenance="hard"))

    assert (await ask("/health"))[1]["maintenance"] == "hard"
    assert (await ask("/health/ready"))[0] == 200


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
async def test_the_parts_of_this_site_are_looked_at() -> None:
    code, told = await ask("/health")

    states = {name: part["state"] for name, part in told["components"].items()}
    assert code == 200
    assert states | {"disk": "", "memory": ""} == {
        "database": "good", "cache": "good", "channel_layer": "good", "storage": "good", "requests": "good", "jobs": "good",
        "inference": "off", "backups": "off", "logs": "good", "disk": "", "memory": "",
    }  # fmt: skip


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_the_database_is_named_and_its_trouble_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own.database() == Found("good", connection.vendor)

    def away() -> None:
        raise OSError("gone")

    monkeypatch.setattr(connection, "cursor", away)
    with pytest.raises(OSError, match="gone"):
        own.database()


def test_a_look_at_the_storage_leaves_nothing_there() -> None:
    own._whole["good_until"] = 0.0
    before = default_storage.listdir("health")[1] if default_storage.exists("health") else []
    assert own.storage().state == "good"
    assert default_storage.listdir("health")[1] == before


def test_between_two_looks_that_write_the_storage_is_asked_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    own._whole["good_until"] = 0.0
    assert own.storage().state == "good"

    def away(name: str) -> bool:
        raise OSError("gone")

    monkeypatch.setattr(default_storage, "exists", away)
    with pytest.raises(OSError, match="gone"):
        own.storage()


def test_a_cache_that_forgets_is_down(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert own.shared_cache().state == "down"


def test_shares_are_told_once_there_are_enough_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally()
    monkeypatch.setattr(own, "tally", tally)
    for _ in range(ENOUGH - 1):
        tally.add(failed=True, slow=False)
    assert own.requests().state == "good"
    tally.add(failed=False, slow=True)
    assert own.requests().state == "warning"
    for _ in range(ENOUGH * 40):
        tally.add(failed=False, slow=False)
    assert own.requests().state == "good"


async def test_what_fails_and_what_is_slow_is_counted_at_the_start_of_the_answer() -> None:
    tally = Tally()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": scope["status"]})
        await send({"type": "http.response.body", "body": b""})

    for status, late in ((200, 5), (404, 5), (500, 5), (200, -1)):
        with override_settings(HEALTH_RESPONSE_SECONDS=late):
            await Traffic(app, tally)({"status": status}, None, _nothing)

    assert tally.sums() == (4, 1, 1)


async def _nothing(message: Any) -> None:
    pass
