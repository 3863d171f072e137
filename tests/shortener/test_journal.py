"""Clicks on their way to the database: none twice, none lost that is on disk."""

import fcntl
import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, OperationalError

from shortener.redirect import journal
from shortener.redirect.journal import ENDING, REFUSED, Recorder
from shortener.redirect.recording import Noted

SCOPE = {"headers": [(b"user-agent", b"Firefox")], "client": ("198.51.100.7", 1)}


class Database:
    """Takes batches while ``up``, each key once, as the real one does."""

    def __init__(self) -> None:
        self.batches: dict[uuid.UUID, list[Noted]] = {}
        self.up = True
        self.asked = 0
        self.refuses: set[int] = set()

    def __call__(self, key: uuid.UUID, clicks: list[Noted]) -> bool:
        self.asked += 1
        if not self.up:
            raise OperationalError("away")
        if self.refuses.intersection(click[0] for click in clicks):
            raise DataError("never")
        new = key not in self.batches
        self.batches.setdefault(key, clicks)
        return new

    @property
    def links(self) -> list[int]:
        return sorted(click[0] for clicks in self.batches.values() for click in clicks)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Recorder:
    return Recorder(database, tmp_path)


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{ENDING}"))


def click(recorder: Recorder, *links: int) -> None:
    for link in links:
        recorder.record(link, SCOPE, "")


def test_a_flush_stores_what_gathered_and_leaves_an_empty_journal(
    recorder: Recorder, database: Database, tmp_path: Path
) -> None:
    click(recorder, 1, 2, 2)
    assert recorder.flush() == 3
    assert database.links == [1, 2, 2]
    assert recorder.flush() == 0
    assert [path.stat().st_size for path in journals(tmp_path)] == [0]
    recorder.end()
    assert journals(tmp_path) == []


def test_a_journal_holds_no_address(recorder: Recorder, database: Database, tmp_path: Path) -> None:
    database.up = False
    click(recorder, 1)
    recorder.flush()
    text = journals(tmp_path)[0].read_text()
    assert "Firefox" in text and "198.51" not in text
    assert journals(tmp_path)[0].stat().st_mode & 0o077 == 0


def test_what_could_not_be_stored_is_stored_later_once_and_in_order(
    recorder: Recorder, database: Database, tmp_path: Path
) -> None:
    database.up = False
    for link in (1, 2, 3):
        click(recorder, link)
        recorder.flush()
    asked = database.asked
    recorder.flush()
    assert database.asked == asked + 1, "one try a time, however much waits"
    database.up = True
    click(recorder, 4)
    recorder.flush()
    assert [clicks[0][0] for clicks in database.batches.values()] == [1, 2, 3, 4]
    assert journals(tmp_path)[0].stat().st_size == 0


def test_a_database_that_goes_away_in_the_middle_of_catching_up(recorder: Recorder, database: Database) -> None:
    database.up = False
    for link in (1, 2, 3):
        click(recorder, link)
        recorder.flush()
    stored: list[int] = []

    def twice(key: uuid.UUID, clicks: list[Noted]) -> bool:
        if len(stored) == 2:
            raise OperationalError("away again")
        stored.append(clicks[0][0])
        return True

    recorder._store = twice
    recorder.flush()
    assert stored == [1, 2]
    stored.clear()
    recorder.flush()
    assert stored == [3]


def test_the_journal_of_a_process_that_is_gone_is_taken_over(
    recorder: Recorder, database: Database, tmp_path: Path
) -> None:
    database.up = False
    click(recorder, 1, 2)
    recorder.flush()
    os.close(recorder._journal)  # what the system does when a process is killed
    database.up = True
    other = Recorder(database, tmp_path)
    assert other.adopt() == 1
    assert database.links == [1, 2]
    assert journals(tmp_path) == []
    assert other.adopt() == 0


def test_the_journal_of_a_living_process_is_left_alone(recorder: Recorder, database: Database, tmp_path: Path) -> None:
    database.up = False
    click(recorder, 1)
    recorder.flush()
    database.up = True
    assert Recorder(database, tmp_path).adopt() == 0
    assert recorder.adopt() == 0, "its own is no other's"
    recorder.flush()
    assert database.links == [1]


def test_a_batch_that_was_stored_before_the_process_died_is_not_counted_again(
    recorder: Recorder, database: Database, tmp_path: Path
) -> None:
    click(recorder, 1)
    recorder._truncate = lambda size: None  # type: ignore[method-assign]  # killed between the commit and this
    recorder.flush()
    os.close(recorder._journal)
    other = Recorder(database, tmp_path)
    assert other.adopt() == 1
    assert database.links == [1]


def test_half_a_line_and_garbage_are_passed_over(database: Database, tmp_path: Path) -> None:
    whole = json.dumps([uuid.uuid4().hex, [[7, 0, "", "", "", "", "", ""]]]).encode()
    content = b"\x00\xff\n" + b"[]\n" + b'["x", 3]\n' + whole + b"\n" + whole[:20]
    (tmp_path / f"left{ENDING}").write_bytes(content)
    assert Recorder(database, tmp_path).adopt() == 1
    assert database.links == [7]


def test_a_batch_that_the_database_will_never_take_is_in_nobodys_way(
    recorder: Recorder, database: Database, tmp_path: Path
) -> None:
    database.refuses = {13}
    for link in (1, 13, 2):
        click(recorder, link)
        recorder.flush()
    assert database.links == [1, 2]
    assert json.loads((tmp_path / REFUSED).read_text())[1][0][0] == 13


def test_a_database_that_takes_long_holds_up_no_journal(recorder: Recorder, database: Database, tmp_path: Path) -> None:
    """What is written while a batch is being stored is on disk at once."""
    taken: list[int] = []

    def slow(key: uuid.UUID, clicks: list[Noted]) -> bool:
        taken.append(clicks[0][0])
        if len(taken) < 30:
            click(recorder, len(taken) + 1)
            before = journals(tmp_path)[0].stat().st_size
            recorder.write()
            assert journals(tmp_path)[0].stat().st_size > before
        return True

    recorder._store = slow
    click(recorder, 1)
    recorder.flush()
    assert taken == list(range(1, 31))
    assert journals(tmp_path)[0].stat().st_size == 0


def test_a_full_disk_keeps_clicks_in_memory(
    recorder: Recorder, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(recorder, 1)
    recorder.flush()
    real = os.write

    def full(descriptor: int, data: Any) -> int:
        if descriptor == recorder._journal:
            real(descriptor, bytes(data)[:5])
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    click(recorder, 2, 3)
    recorder.flush()
    monkeypatch.undo()
    click(recorder, 4)
    recorder.flush()
    assert database.links == [1, 2, 3, 4]
    assert [noted[0] for noted in list(database.batches.values())[-1]] == [2, 3, 4]


def test_beyond_what_memory_holds_clicks_are_lost_and_said_to_be(
    recorder: Recorder, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_WAITING", 2)
    monkeypatch.setattr(recorder, "_append", lambda line: False)
    click(recorder, 1, 2, 3)
    recorder.flush()
    assert recorder.lost == 1
    monkeypatch.undo()
    recorder.flush()
    assert database.links == [1, 2]


def test_a_journal_is_locked_before_it_can_be_found(recorder: Recorder, tmp_path: Path) -> None:
    click(recorder, 1)
    recorder.flush()
    with journals(tmp_path)[0].open() as found, pytest.raises(BlockingIOError):
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_what_comes_while_clicks_of_an_outage_are_stored_is_not_taken_for_what_was(
    recorder: Recorder, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are often equally long, so that a new one stands where one stood before the journal was emptied."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    database.up = False
    for link in (1, 2, 3):
        click(recorder, link)
        recorder.write()
    recorder.store()
    database.up = True
    recorder.store()
    assert database.links == [1, 2, 3]

    click(recorder, 4)
    recorder.write()
    stored = database.__call__

    def meanwhile(key: uuid.UUID, clicks: list[Noted]) -> bool:
        if clicks[0][0] == 4:
            click(recorder, 5)
            recorder.write()
        return stored(key, clicks)

    monkeypatch.setattr(recorder, "_store", meanwhile)
    recorder.store()
    click(recorder, 6)
    recorder.flush()
    assert database.links == [1, 2, 3, 4, 5, 6]
