"""The public status page: what everybody is told, also while the database or the whole site is away."""

import asyncio
import datetime
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.health import components, examining
from meatlizard.health.components import Found, component
from meatlizard.health.models import Incident, IncidentUpdate
from meatlizard.health.status import history, page, path, service, snapshot
from meatlizard.health.status.history import Bar
from meatlizard.health.status.snapshot import Kept, Snapshot
from meatlizard.metrics.batches import Minute, Seen
from meatlizard.metrics.parts import UP
from meatlizard.metrics.storing import Store
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops import switches

HOUR = 3_600
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of the test's own, and nothing kept from before."""
    monkeypatch.setattr(components, "_components", {})
    monkeypatch.setattr(examining.shared, "_looks", {})
    monkeypatch.setattr(snapshot.kept, "snapshot", Snapshot())
    monkeypatch.setattr(service, "_asking", service._Asking())
    component("database", "Database", lambda: Found("good"), needed=True)
    component("inference", "Inference clients", lambda: Found("good"), fresh=0)
    component("discord", "Discord", lambda: Found("off"))


def add(number: int, at: float, served: bool = True, **up: float) -> None:
    seen = {(UP.name, (name,)): Seen(1, value, value, value) for name, value in up.items()}
    Store(lambda: {UP.name: UP}, "test").add(number, [Minute(int(at) // 60 * 60, seen=seen, served=served)])


async def told(
    headers: list[tuple[bytes, bytes]] | None = None, where: str = "/status/", method: str = "GET"
) -> tuple[int, dict[bytes, bytes], str]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def other(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})

    scope = {"type": "http", "path": where, "method": method, "headers": headers or []}
    await path.Status(other)(scope, None, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body.decode()


@pytest.mark.both_databases
@pytest.mark.django_db
def test_bars_tell_what_was_measured_and_when_nobody_was_there() -> None:
    now = time.time() // HOUR * HOUR + 1_800
    for number, (back, up) in enumerate(((3 * HOUR, 1.0), (3 * HOUR + 60, 0.0), (HOUR, 1.0), (0, 0.0)), 1):
        add(number, now - back, inference=up)
    past = history.read(now)
    assert [bar.up for bar in past["inference"].hours[-5:]] == [None, 0.5, None, 1.0, 0.0]
    # The site itself: two minutes of one hour, none of the next, one, and one of the half hour that has gone by.
    assert [bar.up for bar in past[""].hours[-5:]] == [None, 2 / 60, 0.0, 1 / 60, 1 / 30]
    assert (len(past[""].hours), len(past[""].days)) == (24, 90)
    assert past["inference"].of_hours == 0.5
    assert history.read(now - 100 * 86_400)[""].of_days is None


async def _kept() -> None:
    await service.keep_status()


@pytest.mark.django_db(transaction=True)
async def test_the_page_is_kept_in_memory_and_written_for_the_front_server(settings: Any, tmp_path: Path) -> None:
    settings.STATUS_DIR = tmp_path / "status"
    task: asyncio.Task[None] = asyncio.create_task(_kept())
    try:
        while not (settings.STATUS_DIR / "index.html").exists():
            await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    code, headers, body = await told()
    assert code == 200
    assert (settings.STATUS_DIR / "index.html").read_text() == body
    assert "Everything works." in body
    assert "Inference clients" in body
    # What is not there by choice is nobody's trouble.
    assert "Discord" not in body
    assert headers[b"content-security-policy"] == page.POLICY.encode()
    assert b"set-cookie" not in headers
    assert (await told(method="HEAD"))[2] == ""
    assert (await told(method="POST"))[0] == 299
    assert (await told(where="/status/../settings.py"))[0] == 299


@pytest.mark.django_db(transaction=True)
async def test_while_the_database_is_away_the_past_stays_and_the_present_is_true(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await service.renew()
    before = snapshot.kept.snapshot

    def away(looked: Any) -> Snapshot:
        raise OperationalError("connection refused")

    monkeypatch.setattr(snapshot, "read", away)
    monkeypatch.setattr(examining.shared, "_looks", {})
    component("database", "Database", lambda: Found("down", "secret words"), needed=True)
    await service.renew()
    after = snapshot.kept.snapshot
    assert (after.state, after.read, after.site) == ("down", before.read, before.site)
    snapshot.kept.snapshot = Snapshot(after.read + 100, after.read, after.site, after.parts)
    body = (await told())[2]
    assert "The site cannot be used just now." in body
    assert "The database does not answer." in body
    assert "secret words" not in body


@pytest.mark.django_db(transaction=True)
async def test_a_database_that_hangs_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    go, asked = threading.Event(), []

    def hang(looked: Any) -> Snapshot:
        asked.append(1)
        go.wait(30)
        return Snapshot(5.0, 5.0)

    monkeypatch.setattr(snapshot, "read", hang)
    monkeypatch.setattr(service, "DATABASE_SECONDS", 0.05)
    for _ in range(3):
        await service.renew()
        assert snapshot.kept.snapshot.read == 0.0
    assert len(asked) == 1
    go.set()
    monkeypatch.setattr(service, "DATABASE_SECONDS", 20.0)
    await service.renew()
    assert snapshot.kept.snapshot.read == 5.0


def test_a_reader_of_the_file_never_sees_half_of_it(tmp_path: Path) -> None:
    big, small = b"a" * 300_000, b"b" * 200_000
    page.write(tmp_path, big)
    seen, ended = set(), threading.Event()

    def read() -> None:
        while not ended.is_set():
            content = (tmp_path / "index.html").read_bytes()
            seen.add((content[:1], len(content)))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        page.write(tmp_path, small if number % 2 == 0 else big)
    ended.set()
    reader.join()
    assert seen <= {(b"a", len(big)), (b"b", len(small))}
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


@pytest.mark.django_db
def test_incidents_are_told_as_text_the_open_ones_first(client: Client, olga: User) -> None:
    now = timezone.now()
    rows = [
        Incident(title="Over", state="over", began=now, ended=now),
        Incident(title=HOSTILE, state="looking", impact="much", parts=["inference", "gone"], began=now - datetime.timedelta(days=200)),
        Incident(title="Long over", state="over", began=now - datetime.timedelta(days=91)),
    ]  # fmt: skip
    Incident.objects.bulk_create(rows)
    IncidentUpdate.objects.create(incident=Incident.objects.get(title=HOSTILE), text=HOSTILE, by=olga)
    body = client.get(reverse("status")).content.decode()
    assert HOSTILE not in body
    assert body.count("&lt;script&gt;alert(1)") == 2
    assert body.index("&lt;script&gt;") < body.index("<h3>Over</h3>")
    assert "Long over" not in body
    # What operators say counts: every part is good.
    assert "The site cannot be used just now." in body
    assert "olga" not in body


@pytest.mark.django_db
def test_everybody_may_read_it_and_is_told_no_numbers(client: Client, charlie: User) -> None:
    component("inference", "Inference clients", lambda: Found("warning", "0 of 17 connected"))
    for _ in range(2):
        answer = client.get(reverse("status"))
        assert answer.status_code == 200
        assert b"connected" not in answer.content
        assert b"impaired" in answer.content
        client.force_login(charlie)
    assert client.get(reverse("status-beside", kwargs={"name": "nothing.css"})).status_code == 404


@pytest.mark.django_db
def test_maintenance_is_told(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(switches, "_state", switches.State(maintenance="hard"))
    assert b"The site is being maintained" in client.get(reverse("status")).content


def test_shares_are_never_rounded_up_to_all() -> None:
    assert (page._percent(0.99999), page._percent(1.0), page._percent(None)) == ("99.99 %", "100 %", "")
    looks = [page._bar(Bar(0, up), "%H:%M")["look"] for up in (None, 1.0, 0.99, 0.5)]
    assert looks == ["none", "good", "warning", "down"]


@pytest.mark.parametrize(
    ("said", "language"),
    [("de, en;q=0.5", "en"), ("", "en"), ("*", "en"), ("x" * 5_000, "en"), ("en-GB", "en"), ("\x00;q=a", "en")],
)
def test_whatever_language_is_asked_for_one_is_spoken(said: str, language: str) -> None:
    assert path.language(said) == language


@pytest.mark.both_databases
@pytest.mark.django_db
def test_operators_write_incidents_and_nobody_else(client: Client, olga: User, charlie: User) -> None:
    add_page = reverse("admin:health_incident_add")
    data = {
        "title": "Slow answers", "impact": "some", "parts": ["inference"], "began_0": "2026-01-02", "began_1": "03:04:05",
        "updates-TOTAL_FORMS": "2", "updates-INITIAL_FORMS": "0", "updates-MIN_NUM_FORMS": "0", "updates-MAX_NUM_FORMS": "1000",
        "updates-0-at_0": "2026-01-02", "updates-0-at_1": "03:10:00", "updates-0-state": "found", "updates-0-text": "A cable.",
        "updates-1-at_0": "2026-01-02", "updates-1-at_1": "04:00:00", "updates-1-state": "over", "updates-1-text": "A new cable.",
    }  # fmt: skip
    assert client.post(add_page, data).status_code == 302
    client.force_login(charlie)
    assert client.post(add_page, data).status_code in (302, 403)
    User.objects.filter(pk=charlie.pk).update(is_staff=True)
    assert client.post(add_page, data).status_code == 403
    assert not Incident.objects.exists()
    client.force_login(olga)
    answer = client.post(add_page, data)
    assert answer.status_code == 302, answer.context["errors"]
    row = Incident.objects.get()
    assert (row.state, row.parts, row.ended) == (
        "over",
        ["inference"],
        datetime.datetime(2026, 1, 2, 4, tzinfo=datetime.UTC),
    )
    assert set(row.updates.values_list("by", flat=True)) == {olga.pk}
    assert AuditEntry.objects.filter(action="incident", actor=olga.pk).exists()


def test_a_snapshot_keeps_its_pages() -> None:
    kept = Kept(Snapshot(1.0, 1.0))
    assert page.rendered(kept.snapshot, "en") is page.rendered(kept.snapshot, "en")
    assert snapshot.without_database(kept.snapshot, ()).pages == {}
