"""Files of the log: by day and size, of many processes at once, on disks that take nothing, cleaned and searched."""

import datetime
import errno
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.models import User
from meatlizard.logs import cleaning, files, reading, services
from meatlizard.logs.files import DailyFiles, found
from meatlizard.logs.reading import Wanted, backwards, search
from meatlizard.ops.logs import formatter, logging_config, request_id
from tests.services.site import ROOT

TODAY = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")


class Log:
    """A logger of its own with a file of each kind."""

    def __init__(self, folder: Path, largest: int = files.LARGEST) -> None:
        self.folder = folder
        self.log = logging.Logger("tests.logs", logging.DEBUG)  # noqa: LOG001  (no place in the tree of loggers)
        self.handlers = {kind: DailyFiles(str(folder), kind, largest) for kind in files.KINDS}
        for handler in self.handlers.values():
            handler.setFormatter(formatter("json"))
            self.log.addHandler(handler)

    def close(self) -> None:
        for handler in self.handlers.values():
            handler.close()

    def events(self, kind: str = "app") -> list[str]:
        return [
            json.loads(line)["event"]
            for one in sorted(found(self.folder, kind))
            for line in one.path.read_text().splitlines()
        ]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setattr(files, "dropped", files.Dropped())
    made = Log(tmp_path / "logs")
    yield made
    made.close()


def test_each_kind_takes_what_it_is_for(log: Log) -> None:
    for level in ("debug", "info", "warning", "error"):
        getattr(log.log, level)(level)
    assert log.events("app") == ["info", "warning", "error"]
    assert log.events("error") == ["error"]
    assert log.events("debug") == ["debug"]
    assert {one.path.name for one in found(log.folder)} == {f"{kind}-{TODAY}.jsonl" for kind in files.KINDS}
    assert (log.folder / f"app-{TODAY}.jsonl").stat().st_mode & 0o007 == 0


def test_secrets_and_line_ends_stay_out_as_everywhere(log: Log) -> None:
    log.log.info("a\nb", extra={"password": "canary-1", "name_given": '"}\n{"event": "forged"'})
    (line,) = (log.folder / f"app-{TODAY}.jsonl").read_text().splitlines()
    assert "canary-1" not in line


def test_a_full_file_is_left_and_nothing_renamed(tmp_path: Path) -> None:
    log = Log(tmp_path, largest=2_000)
    for number in range(60):
        log.log.info(f"event {number}")
    log.close()
    # Another process begins where the first one is.
    other = Log(tmp_path, largest=2_000)
    other.log.info("event 60")
    other.close()
    assert log.events() == [f"event {number}" for number in range(61)]
    sizes = [one.path.stat().st_size for one in sorted(found(tmp_path, "app"))]
    assert len(sizes) > 2
    assert all(2_000 <= size < 2_300 for size in sizes[:-1])


def test_a_new_day_begins_a_new_file(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    class Day:
        now = datetime.datetime(2026, 3, 1, 23, 59, tzinfo=datetime.UTC)

    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda zone: Day.now), UTC=datetime.UTC)
    monkeypatch.setattr(files, "datetime", clock)
    log.log.info("before")
    Day.now += datetime.timedelta(minutes=2)
    log.log.info("after")
    assert [one.day for one in sorted(found(log.folder, "app"))] == ["2026-03-01", "2026-03-02"]


WRITER = """
import logging, sys
from meatlizard.logs.files import DailyFiles
from meatlizard.ops.logs import formatter
handler = DailyFiles(sys.argv[1], "app", 100_000)
handler.setFormatter(formatter("json"))
log = logging.getLogger("writer")
log.propagate = False
log.setLevel("INFO")
log.addHandler(handler)
for number in range(600):
    log.info("written", extra={"who": sys.argv[2], "number": number, "filling": "x" * (number % 900)})
"""


def test_processes_at_the_same_time_cut_no_line_and_lose_none(tmp_path: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(who)], cwd=ROOT) for who in range(3)]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    lines = [json.loads(line) for one in found(tmp_path) for line in one.path.read_text().splitlines()]
    assert sorted((line["who"], line["number"]) for line in lines) == sorted(
        (str(w), n) for w in range(3) for n in range(600)
    )
    assert max(one.path.stat().st_size for one in found(tmp_path)) < 100_000 + 3 * 1_500


def test_a_full_disk_costs_lines_and_nothing_else(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.log.info("before")
    really, full = os.write, True

    def write(file: int, content: bytes) -> int:
        if full:
            # Half a line found room.
            really(file, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(file, content)

    monkeypatch.setattr(os, "write", write)
    for _ in range(5):
        log.log.info("lost")
    assert files.dropped.lines == 5
    full = False
    log.handlers["app"]._again = 0.0
    log.log.info("after")
    assert [entry.event for entry in search(log.folder, Wanted()).entries] == ["after", "before"]


def test_a_torn_line_takes_no_other_with_it(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.write
    monkeypatch.setattr(os, "write", lambda file, content: really(file, content[:20]))
    log.log.info("torn")
    monkeypatch.setattr(os, "write", really)
    log.handlers["app"]._again = 0.0
    log.log.info("whole")
    assert [entry.event for entry in search(log.folder, Wanted()).entries] == ["whole"]


def test_a_file_of_somebody_else_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.open

    def refused(path: Any, *given: Any, **more: Any) -> int:
        if str(path).endswith(f"app-{TODAY}.jsonl"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return really(path, *given, **more)

    monkeypatch.setattr(os, "open", refused)
    log = Log(tmp_path)
    log.log.info("here")
    log.close()
    assert [one.number for one in found(tmp_path, "app")] == [1]


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / f"app-{TODAY}.jsonl").symlink_to(target)
    log = Log(folder)
    log.log.info("x")
    log.close()
    cleaning.clean(folder, datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
    assert target.read_text() == "mine"


def test_levels_decide_which_files_there_are(tmp_path: Path) -> None:
    assert set(logging_config("json", "INFO", tmp_path)["root"]["handlers"]) == {"console", "file_app", "file_error"}
    assert "file_debug" in logging_config("json", "DEBUG", tmp_path)["handlers"]
    assert logging_config("json", "INFO")["root"]["handlers"] == ["console"]


NOW = datetime.datetime(2026, 3, 20, 12, tzinfo=datetime.UTC)


def put(folder: Path, name: str, content: str | bytes = "x") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_old_files_go_each_kind_after_its_days(tmp_path: Path, settings: Any) -> None:
    settings.LOG_DAYS, settings.LOG_ERROR_DAYS, settings.LOG_DEBUG_DAYS = 14, 90, 3
    for name in (
        "app-2026-03-05.jsonl",
        "app-2026-03-06.jsonl",
        "error-2026-03-05.jsonl",
        "debug-2026-03-16.jsonl",
        "debug-2026-03-17.2.jsonl",
    ):
        put(tmp_path, name)
    others = ["app-2026-03-05.jsonl.gz", "notes.txt", "app-old.jsonl"]
    for name in others:
        put(tmp_path, name)
    told = cleaning.clean(tmp_path, NOW)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "app-2026-03-06.jsonl",
        "error-2026-03-05.jsonl",
        "debug-2026-03-17.2.jsonl",
        "cleaning.json",
        *others,
    }
    assert (told.removed, told.freed, told.files, told.error) == (2, 2, 3, "")
    assert cleaning.last(tmp_path) == told


def test_beyond_the_bound_the_oldest_go_and_what_is_written_stays(tmp_path: Path, settings: Any) -> None:
    settings.LOG_MEGABYTES = 1
    for name in ("app-2026-03-18.jsonl", "app-2026-03-19.jsonl", "app-2026-03-20.jsonl", "app-2026-03-20.1.jsonl"):
        put(tmp_path, name, b"x" * 600_000)
    told = cleaning.clean(tmp_path, NOW)
    assert sorted(one.path.name for one in found(tmp_path)) == ["app-2026-03-20.1.jsonl"]
    assert told.removed == 3


def test_what_cannot_be_taken_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.LOG_DIR, settings.LOG_FILES = tmp_path, True
    monkeypatch.setattr(files, "dropped", files.Dropped())
    put(tmp_path, "app-2020-01-01.jsonl")
    assert services.look().state == "good"

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert cleaning.clean().error == "app-2020-01-01.jsonl: PermissionError"
    assert services.look().state == "warning"
    assert cleaning.clean().error == ""
    assert services.look().state == "good"
    settings.LOG_FILES = False
    assert services.look().state == "off"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"at": 1, "more": 2}', '{"removed": 1}'])
def test_a_spoilt_status_is_none(tmp_path: Path, content: str) -> None:
    put(tmp_path, cleaning.STATUS, content)
    assert cleaning.last(tmp_path) is None


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 18])
@pytest.mark.parametrize("content", [b"", b"\n", b"a", b"a\n", b"a\nbb\n\nccc", b"\n\na\n"])
def test_backwards_is_forwards_turned_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, content: bytes
) -> None:
    monkeypatch.setattr(reading, "BLOCK", block)
    path = put(tmp_path, "x", content)
    assert [line for line in backwards(path) if line] == [line for line in reversed(content.split(b"\n")) if line]


def test_a_request_is_found_in_all_its_lines_and_nothing_else(log: Log) -> None:
    with request_id() as mine:
        log.log.info("first")
        log.log.error("second", extra={"node": "n1"})
    with request_id():
        log.log.info("third", extra={"other": mine})
    entries = search(log.folder, Wanted(request_id=mine)).entries
    assert [entry.event for entry in entries] == ["second", "first"]
    assert ("node", "n1") in entries[0].details
    assert [entry.event for entry in search(log.folder, Wanted(level="error")).entries] == ["second"]
    assert [entry.event for entry in search(log.folder, Wanted(text="N1")).entries] == ["second"]
    assert search(log.folder, Wanted(day="1999-01-01")).entries == []


def test_searching_is_bounded_and_says_so(log: Log) -> None:
    for number in range(300):
        log.log.info(f"event {number}")
    assert len(search(log.folder, Wanted()).entries) == reading.MOST
    found_few = search(log.folder, Wanted(text="event 0"), bytes_at_most=5_000)
    assert (found_few.entries, found_few.whole) == ([], False)
    assert not search(log.folder, Wanted(text="event 0"), seconds=0.0).whole


def test_files_that_come_and_go_and_garbage_end_no_search(tmp_path: Path) -> None:
    put(
        tmp_path,
        "app-2026-03-01.jsonl",
        b'\xff\xfe\n[1]\n"x"\nnull\n{"event": "good"}\n{"level": 7, "event": ["x"]}\n' + b"y" * 300_000,
    )
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            put(tmp_path, "app-2026-03-02.jsonl", "{}\n" * 1_000)
            (tmp_path / "app-2026-03-02.jsonl").unlink()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(30):
            events = [entry.event for entry in search(tmp_path, Wanted(), most=10_000).entries]
            assert "good" in events
    finally:
        stop.set()
        thread.join()


@pytest.mark.django_db
def test_the_log_is_for_operators_and_shows_text_as_text(
    client: Client, olga: User, charlie: User, log: Log, settings: Any
) -> None:
    settings.LOG_DIR = log.folder
    with request_id() as mine:
        log.log.error("<script>alert(1)</script>", extra={"<b>": "<img src=x onerror=alert(1)>"})
    address = reverse("logs")
    assert client.get(address)["Location"].startswith("/accounts/login/")
    for staff in (False, True):
        User.objects.filter(pk=charlie.pk).update(is_staff=staff)
        client.force_login(charlie)
        assert client.get(address).status_code == 403
    client.force_login(olga)
    page = client.get(address, {"request_id": mine}).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "have not been cleaned away yet" in page
    for query in (
        {"request_id": "../../etc/passwd"},
        {"kind": "../app"},
        {"day": "x"},
        {"text": "x" * 999},
        {"level": "nothing"},
    ):
        refused = client.get(address, query)
        assert refused.status_code == 200
        assert b"No line is like that." in refused.content
