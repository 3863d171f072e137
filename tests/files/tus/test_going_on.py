"""Two requests at once, processes that die, storage that is away and disks that are full: what was sent is there, once."""

import asyncio
import fcntl
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from files import quota
from files.blobs import adopting, incoming
from files.blobs.trouble import DiskFull, Unreachable
from files.models import Blob, File, Folder, Upload
from files.tus import finishing, locks, opening, receiving, sparing, sweeping
from files.tus.protocol import Locked
from meatlizard.accounts.models import User
from tests.files.asking import Answer
from tests.files.tus.sending import BYTES, Tus, checksum, metadata
from tests.files.tus.test_requests import Room, content_of
from tests.services.s3 import S3Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def committing(transactional_db: None) -> None:
    """The site's own threads, which see what is committed."""


def patching(tus: Tus, path: str, pieces: list[Any], offset: int = 0, **more: str) -> Any:
    said = {"tus_resumable": "1.0.0", "upload_offset": str(offset), "content_type": BYTES, **more}
    return tus.asked("PATCH", path, pieces, **said)


async def _after(event: asyncio.Event, piece: bytes) -> bytes:
    await event.wait()
    return piece


# --- two at once ----------------------------------------------------------------------------------------------------


def test_of_two_requests_one_goes_on_and_the_other_waits_for_its_turn(tus: Tus) -> None:
    path = tus.begin(6)

    async def both() -> tuple[Answer, Answer]:
        come = asyncio.Event()
        first = asyncio.create_task(patching(tus, path, [b"abc", _after(come, b"def")], content_length="6"))
        upload = await asyncio.to_thread(Upload.objects.get)
        while not await asyncio.to_thread(_is_locked, upload.incoming):
            await asyncio.sleep(0.01)
        os.utime(incoming.folder() / upload.incoming)
        second = await patching(tus, path, [b"xyzxyz"])
        come.set()
        return await first, second

    first, second = async_to_sync(both)()
    assert (first.status, second.status) == (204, 423)
    assert second["retry-after"]
    assert content_of(first) == b"abcdef"


def _is_locked(key: str) -> bool:
    try:
        with locks.held(key):
            return False
    except Locked:
        return True


def test_whoever_stalls_lets_go_and_what_it_brought_counts(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop was closed: the connection stands, and nothing comes by it any more."""
    monkeypatch.setattr(receiving, "STALLED_SECONDS", 0.05)
    monkeypatch.setattr(opening, "STALLED_SECONDS", 0.05)
    monkeypatch.setattr(receiving, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(opening, "WAIT_SECONDS", 30.0)
    path = tus.begin(6)

    async def both() -> tuple[Answer, Answer]:
        never = asyncio.Event()
        first = asyncio.create_task(patching(tus, path, [b"abc", _after(never, b"def")], content_length="6"))
        upload = await asyncio.to_thread(Upload.objects.get)
        while not await asyncio.to_thread(_is_locked, upload.incoming):
            await asyncio.sleep(0.01)
        # The first time bytes may have come just now: whoever wants to go on asks again.
        while not first.done():
            await tus.asked("HEAD", path, tus_resumable="1.0.0")
        return await first, await tus.asked("HEAD", path, tus_resumable="1.0.0")

    first, head = async_to_sync(both)()
    assert first.status == 423
    assert head["upload-offset"] == "3"
    assert content_of(tus.patch(path, 3, b"def")) == b"abcdef"


HOLD = """
import sys
sys.path.insert(0, {root!r})
import fcntl, os
file = os.open({path!r}, os.O_RDONLY)
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_holds_for_other_processes_and_goes_with_them(tus: Tus) -> None:
    path = tus.begin(3)
    bytes_of_it = incoming.folder() / Upload.objects.get().incoming
    code = HOLD.format(root=str(Path(__file__).parents[3]), path=str(bytes_of_it))
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        os.utime(bytes_of_it)
        assert tus.patch(path, 0, b"abc").status == 423
    finally:
        other.kill()
        other.wait()
    assert tus.patch(path, 0, b"abc").status == 204


def test_the_lock_is_one_that_nfs_gives_too() -> None:
    """flock(2): there an exclusive one is given on a file that is open for writing, and refused (EBADF) otherwise."""
    begun = incoming.begin()
    lock = locks.Lock(begun.id)
    try:
        assert fcntl.fcntl(lock._file, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
    finally:
        lock.release()
        begun.abandon()


def test_what_is_given_up_while_bytes_come_is_stored_nowhere(tus: Tus, alice: User, room: Room) -> None:
    path = tus.begin(6)

    async def both() -> tuple[Answer, Answer]:
        come = asyncio.Event()
        first = asyncio.create_task(patching(tus, path, [b"abc", _after(come, b"def")], content_length="6"))
        upload = await asyncio.to_thread(Upload.objects.get)
        while not await asyncio.to_thread(_is_locked, upload.incoming):
            await asyncio.sleep(0.01)
        ended = await tus.asked("DELETE", path, tus_resumable="1.0.0")
        come.set()
        return await first, ended

    first, ended = async_to_sync(both)()
    assert (first.status, ended.status) == (410, 204)
    assert not File.objects.exists()
    assert room(alice) == 0
    assert not list(incoming.folder().iterdir())


def test_a_crowd_of_files_makes_each_folder_once_and_takes_no_more_room_than_there_is(alice: User, room: Room) -> None:
    type(alice.tier).objects.update(storage_bytes=700)
    crowd = [Tus(alice) for _each in range(4)]
    gate = threading.Barrier(len(crowd))

    def send(number: int) -> list[int]:
        gate.wait()
        said = [metadata(filename=f"{number}-{turn}", relativePath=f"a/b/{number}-{turn}") for turn in range(3)]
        return [crowd[number].create(100, os.urandom(100), upload_metadata=one).status for one in said]

    with ThreadPoolExecutor(len(crowd)) as pool:
        statuses = [status for each in pool.map(send, range(len(crowd))) for status in each]
    assert sorted(statuses) == [201] * 7 + [413] * 5
    assert sorted(Folder.objects.values_list("name", flat=True)) == ["a", "b"]
    assert (File.objects.count(), room(alice)) == (7, 700)


# --- killed ---------------------------------------------------------------------------------------------------------


def test_what_lies_there_counts_and_not_what_was_noted(tus: Tus) -> None:
    """Killed in the middle of a request: nobody has noted what came."""
    path = tus.begin(6)
    held = incoming.again(Upload.objects.get().incoming)
    held.append(b"abcd")
    held.close()
    assert tus.offset(path) == 4
    assert content_of(tus.patch(path, 4, b"ef")) == b"abcdef"


def test_of_a_piece_with_a_checksum_that_nobody_has_looked_at_nothing_counts(tus: Tus) -> None:
    path = tus.begin(6)
    tus.patch(path, 0, b"ab")
    held = incoming.again(Upload.objects.get().incoming)
    held.append(b"??")
    held.close()
    Upload.objects.update(sure=2)
    assert tus.offset(path) == 2
    assert content_of(tus.patch(path, 2, b"cdef", upload_checksum=checksum(b"cdef"))) == b"abcdef"


class Killed(BaseException):
    """Stands for the end of the process at this place."""


@pytest.mark.parametrize("place", ["before", "moved", "adopted", "stored"])
def test_killed_while_it_is_stored_it_is_stored_once_later(
    tus: Tus, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    path = tus.begin(3)

    def killed(*_args: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        if place == "before":
            dying.setattr(adopting, "adopt", killed)
        elif place == "moved":
            dying.setattr(adopting, "Blob", _NoRows(killed))
        elif place == "adopted":
            dying.setattr(finishing, "place", killed)
        else:
            dying.setattr(quota, "settle", killed)
        with pytest.raises(Killed):
            tus.patch(path, 0, b"abc")
    assert not File.objects.exists()
    answer = tus.head(path)
    assert (answer.status, answer["upload-offset"]) == (200, "3")
    assert content_of(answer) == b"abc"
    assert (File.objects.count(), Blob.objects.count(), room(alice)) == (1, 1, 3)
    assert tus.head(path)["content-location"] == answer["content-location"]


class _NoRows:
    """The model, until the first row is to be written."""

    def __init__(self, killed: Any) -> None:
        self._killed = killed

    def __getattr__(self, name: str) -> Any:
        return getattr(Blob, name)

    def __call__(self, **_values: Any) -> Any:
        return self._killed()


# --- storage and disk -----------------------------------------------------------------------------------------------


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """The bucket, which may be away."""
    state = {"away": False}
    adopt = adopting.adopt

    def adopted(held: Any, **more: Any) -> Blob:
        if state["away"]:
            raise Unreachable
        return adopt(held, **more)

    monkeypatch.setattr(adopting, "adopt", adopted)
    return state


def test_while_the_storage_is_away_nothing_is_lost_and_nothing_is_said_to_be_done(
    tus: Tus, storage: dict[str, bool], alice: User, room: Room
) -> None:
    path = tus.begin(3)
    storage["away"] = True
    answer = tus.patch(path, 0, b"abc")
    assert answer.status == 503
    assert int(answer["retry-after"]) > 0
    looked = tus.head(path)
    assert (looked.status, "upload-offset" in looked.headers) == (423, False)
    assert tus.create(3, b"xyz").status == 503
    assert room(alice) == 3
    storage["away"] = False
    assert content_of(tus.head(path)) == b"abc"


def test_an_upload_waits_for_a_bucket_that_is_away(bucket: S3Server, tus: Tus) -> None:
    path = tus.begin(6)
    tus.patch(path, 0, b"abc")
    bucket.program.kill()
    answer = tus.patch(path, 3, b"def")
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    assert tus.head(path).status == 423
    bucket.start()
    bucket.empty()
    assert content_of(tus.head(path)) == b"abcdef"
    assert Blob.objects.get().place == "s3"


def test_what_could_not_be_stored_when_it_came_is_stored_by_the_upkeep(tus: Tus, storage: dict[str, bool]) -> None:
    path = tus.begin(3)
    storage["away"] = True
    tus.patch(path, 0, b"abc")
    sweeping.sweep()
    assert not File.objects.exists()
    storage["away"] = False
    sweeping.sweep()
    assert File.objects.get().size == 3
    assert tus.offset(path) == 3


def test_a_full_disk_takes_nothing_more_and_the_upload_goes_on_later(
    tus: Tus, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tus.begin(6)
    tus.patch(path, 0, b"ab")

    def full(*_args: Any) -> None:
        raise DiskFull

    with monkeypatch.context() as small:
        small.setattr(receiving, "spare", full)
        small.setattr("files.tus.actions.spare", full)
        small.setattr(finishing, "spare", full)
        assert tus.patch(path, 2, b"cdef").status == 507
        assert tus.create(10).status == 507
        assert tus.create(3, b"xyz").status == 507
    assert tus.offset(path) == 2
    assert room(alice) == 6
    assert content_of(tus.patch(path, 2, b"cdef")) == b"abcdef"
    assert not list(incoming.folder().iterdir())


def test_the_site_keeps_some_of_the_disk_for_itself(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    sparing.spare(tmp_path, 1)
    with pytest.raises(DiskFull):
        sparing.spare(tmp_path, free - 1_000)


# --- what others meet while it is stored ----------------------------------------------------------------------------


def test_while_it_is_stored_nobody_is_told_that_all_has_arrived(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is told so takes it for done; should storing fail, an upload by a link would be lost."""
    path, begun, go_on = tus.begin(3), threading.Event(), threading.Event()
    adopt = adopting.adopt

    def slowly(held: Any, **more: Any) -> Blob:
        begun.set()
        go_on.wait(30)
        return adopt(held, **more)

    monkeypatch.setattr(adopting, "adopt", slowly)
    monkeypatch.setattr(opening, "WAIT_SECONDS", 0.1)

    async def both() -> tuple[Answer, Answer]:
        sending = asyncio.create_task(patching(tus, path, [b"abc"]))
        await asyncio.to_thread(begun.wait, 30)
        looked = await tus.asked("HEAD", path, tus_resumable="1.0.0")
        go_on.set()
        return looked, await sending

    looked, sent = async_to_sync(both)()
    assert (looked.status, "upload-offset" in looked.headers, "retry-after" in looked.headers) == (423, False, True)
    assert content_of(sent) == b"abc"
    assert tus.offset(path) == 3


def test_an_upload_that_ends_while_another_asks_for_it_is_told_as_done(
    tus: Tus, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tus.begin(3)

    def ends_just_now(key: str) -> None:
        Upload.objects.update(state=Upload.State.DONE)
        (incoming.folder() / key).unlink()
        raise Locked

    monkeypatch.setattr(opening, "Lock", ends_just_now)
    assert tus.offset(path) == 3
