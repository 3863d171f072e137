"""``/metrics``: whom it answers, what it says, and what it says while the database is away."""

import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from meatlizard.accounts.models import User
from meatlizard.health import components
from meatlizard.health.components import Found, component
from meatlizard.metrics import answering, exposition, own, readings
from meatlizard.metrics.exposition import Total, text
from meatlizard.metrics.keeping import Keeper
from meatlizard.metrics.path import Metrics
from meatlizard.metrics.registry import Registry, gauge
from meatlizard.metrics.traffic import Measured, Sockets
from tests.services.programs import find, missing

TOKEN = b"Bearer a-token-for-tests"


async def page(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": scope.get("status", 299)})
    await send({"type": "http.response.body", "body": b""})


async def ask(said: bytes | None = TOKEN, method: str = "GET", path: str = "/metrics") -> tuple[int, str]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [] if said is None else [(b"authorization", said)]
    await Metrics(page)({"type": "http", "path": path, "method": method, "headers": headers}, None, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """None but those the test registers."""
    monkeypatch.setattr(components, "_components", {})
    monkeypatch.setattr(readings, "_looks", {})
    monkeypatch.setattr(answering, "readings", readings.Readings())


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("said", [b"Bearer wrong", b"Basic a-token-for-tests", b"Bearer ", b"\xff\xfe"])
async def test_another_token_opens_nothing(said: bytes) -> None:
    with override_settings(METRICS_TOKEN="a-token-for-tests"):
        assert await ask(said) == (401, "not this token\n")


@pytest.mark.parametrize("said", [b"Bearer ", b"Bearer None", b"bearer"])
async def test_without_a_token_in_the_settings_none_is_right(said: bytes) -> None:
    with override_settings(METRICS_TOKEN=""):
        assert (await ask(said))[0] == 401


async def test_other_paths_and_people_go_on_to_django() -> None:
    assert (await ask(None))[0] == 299
    assert (await ask(TOKEN, path="/metrics/x"))[0] == 299
    assert (await ask(TOKEN, path="/"))[0] == 299
    assert (await ask(TOKEN, "POST"))[0] == 405


@pytest.mark.django_db
def test_operators_may_look_and_nobody_else(client: Client, olga: User, charlie: User) -> None:
    assert client.get("/metrics")["Location"].startswith("/accounts/login/")
    client.force_login(charlie)
    assert client.get("/metrics").status_code == 403
    client.force_login(olga)
    told = client.get("/metrics")
    assert (told.status_code, told["Content-Type"]) == (200, exposition.MEDIA_TYPE)
    assert b"meatlizard_metrics_complete 1" in told.content


@pytest.mark.usefixtures("parts")
@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
async def test_what_processes_counted_is_told_by_any_of_them() -> None:
    from asgiref.sync import sync_to_async

    component("cache", "Cache", lambda: Found("warning"))
    component("inference", "Clients", lambda: Found("off"))
    readings.reading("waiting", lambda: [readings.Found("disk_used_ratio", 0.5)], ("disk_used_ratio", "", ()))
    own.requests.taken()
    for _process in range(2):
        own.requests.observe(0.3, "chat", "2xx")
        await sync_to_async(Keeper(kind="test").flush)()
    with override_settings(METRICS_TOKEN="a-token-for-tests"):
        code, told = await ask()
    assert code == 200
    for line in (
        'meatlizard_http_request_seconds_bucket{part="chat",status="2xx",le="0.25"} 0',
        'meatlizard_http_request_seconds_bucket{part="chat",status="2xx",le="0.5"} 2',
        'meatlizard_http_request_seconds_bucket{part="chat",status="2xx",le="+Inf"} 2',
        'meatlizard_http_request_seconds_count{part="chat",status="2xx"} 2',
        'meatlizard_health{component="cache"} 0.5',
        "meatlizard_disk_used_ratio 0.5",
        "meatlizard_metrics_complete 1",
    ):
        assert line in told.splitlines()
    assert 'component="inference"' not in told


@pytest.mark.usefixtures("parts")
async def test_while_the_database_hangs_health_is_told_and_no_counter_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hang = threading.Event()
    component("database", "Database", lambda: Found("down"))
    monkeypatch.setattr(exposition, "totals", lambda: hang.wait(30))
    monkeypatch.setattr(answering, "SECONDS", 0.2)
    monkeypatch.setattr(answering, "_asked", answering._Asked())
    with override_settings(METRICS_TOKEN="a-token-for-tests"):
        told = [await ask() for _ in range(3)]
    # However often somebody asks, one thread waits.
    assert [one.name for one in threading.enumerate()].count("metrics totals") == 1
    hang.set()
    for code, said in told:
        assert code == 200
        assert 'meatlizard_health{component="database"} 0' in said
        assert "meatlizard_metrics_complete 0" in said
        assert "_total" not in said


def test_a_reading_that_fails_takes_no_other_with_it(parts: None) -> None:
    def fails() -> Any:
        raise ValueError("no")

    readings.reading("bad", fails)
    readings.reading("good", lambda: [readings.Found("x_ratio", 1.0, ("a\nb",))], ("x_ratio", "", ("what",)))
    assert readings.Readings().levels(10) == [("meatlizard_x_ratio", ("a b",), 1.0)]


def test_a_reading_that_hangs_is_begun_once_and_its_last_answer_is_fresh_for_a_while(parts: None) -> None:
    go, begun = threading.Event(), []

    def slow() -> Any:
        begun.append(1)
        go.wait(30)
        return [readings.Found("x_ratio", 1.0)]

    readings.reading("slow", slow, ("x_ratio", "", ()))
    mine = readings.Readings()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            mine.levels(0.05)
    go.set()
    assert mine.levels(10) == mine.levels(10) == [("meatlizard_x_ratio", (), 1.0)]
    assert len(begun) == 1


HOSTILE = ['a"b', "back\\slash", "line\nbreak", "}{,=", "😀", ""]


def everything() -> str:
    """All that the format allows, with hostile labels."""
    registry = Registry()
    registry.counter("asked_total", 'Said "so" \\ and\nmore.', ("model", "why"))
    registry.histogram("took_seconds", "Seconds.", ("model",), (0.1, 1.0))
    level = gauge("free", "Free.", ("what",))
    sums = {
        "meatlizard_asked_total": {(("model", one), ("why", "x")): Total(1, 1e17) for one in HOSTILE},
        "meatlizard_took_seconds": {(("model", one),): Total(7, 1.25, {0.1: 3, 0.5: 1, float("inf"): 3}) for one in HOSTILE},
        "meatlizard_unknown_total": {(): Total(1, 1)},
    }  # fmt: skip
    return text(registry.families() | {level.name: level}, sums, [(level.name, (one,), -0.5) for one in HOSTILE])


def test_bounds_of_before_stay_in_their_order() -> None:
    told = [line for line in everything().splitlines() if "took_seconds" in line and 'model="}{,="' in line]
    assert [line.rpartition(" ")[2] for line in told] == ["3", "4", "4", "7", "1.25", "7"]
    assert "unknown" not in everything()


def test_prometheus_own_checker_takes_what_is_told(tmp_path: Path) -> None:
    promtool = find("promtool")
    if promtool is None:
        missing("No promtool is installed")
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=everything(), capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


async def test_requests_are_counted_at_the_start_of_their_answer_and_watchers_are_not() -> None:
    own.requests.taken()

    async def send(message: Any) -> None:
        pass

    for path, status in (
        ("/chat/", 200),
        ("/chat", 302),
        ("/p/abc", 404),
        ("/", 500),
        ("/health", 200),
        ("/metrics", 200),
    ):
        await Measured(page)({"type": "http", "path": path, "status": status}, None, send)
    counted = {labels: sums.n for labels, sums in own.requests.taken().items()}
    assert counted == {("chat", "2xx"): 1, ("chat", "3xx"): 1, ("pastes", "4xx"): 1, ("pages", "5xx"): 1}


async def test_sockets_are_open_until_they_end_however_that_is() -> None:
    seen = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        seen.append(own.sockets.values()["page",])
        raise OSError("gone")

    before = own.sockets.values().get(("page",), 0.0)
    with pytest.raises(OSError, match="gone"):
        await Sockets(door, "page")({}, None, None)
    assert seen == [before + 1]
    assert own.sockets.values()["page",] == before


@pytest.mark.both_databases
@pytest.mark.django_db
def test_statements_are_timed_and_their_errors_counted() -> None:
    from django.db import DatabaseError, connection, transaction

    own._time_queries(None, connection)
    own._time_queries(None, connection)
    own.queries.taken()
    own.query_errors.taken()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert own.queries.taken()[()].n == 1
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert sum(one.n for one in own.query_errors.taken().values()) == 1
