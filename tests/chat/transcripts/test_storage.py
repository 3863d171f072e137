"""Transcripts in the storage: sealed, in a bucket, and under the hands of real workers that are killed."""

import base64
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from chat.attachments import actions as attachments
from chat.models import Transcript
from chat.transcripts import actions, resealing, store, writing
from meatlizard import environment
from meatlizard.accounts.models import User
from meatlizard.errors import Unavailable
from tests.chat.transcripts.making import archive, stored, talk_of, text_of, wants, with_files, work_off
from tests.services import migrated
from tests.services.programs import Program, wait_until
from tests.services.s3 import BUCKET, S3Server, s3_server
from tests.services.site import ROOT, LiveSite, outer_environment

FORMS = ("csv", "html", "json", "md")
KEYS = [bytes([number]) * 32 for number in range(3)]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, settings: Any) -> S3Server:
    s3.empty()
    in_bucket = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3.options()}
    settings.STORAGES = {**settings.STORAGES, "default": in_bucket}
    return s3


@pytest.mark.django_db(transaction=True)
def test_a_bucket_holds_it_by_year_month_and_session_until_it_is_deleted(
    alice: User, bucket: S3Server, settings: Any
) -> None:
    settings.TRANSCRIPT_KEYS = [b"k" * 32]
    row = archive(talk_of(wants(alice), answer="warm " * 40_000))
    names = [one["Key"] for one in bucket.client().list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert sorted(names) == stored() == [row.file_name(part) for part in FORMS]
    assert names[0].startswith(f"transcripts/{row.closed:%Y/%m}/{row.session.hex}")
    assert b"warm" not in bucket.client().get_object(Bucket=BUCKET, Key=names[0])["Body"].read()
    assert text_of(row, "md").count("warm") == 40_000
    Transcript.objects.update(state="waiting")
    writing.write(row.pk)
    assert len(stored()) == 4, "the edition before is gone from the bucket, too"
    default_storage.save(f"{row.folder}/99/left by a killed attempt", default_storage.open(stored()[0]))
    actions.delete(row)
    work_off()
    assert "Contents" not in bucket.client().list_objects_v2(Bucket=BUCKET)


@pytest.mark.django_db(transaction=True)
def test_sealed_it_says_nothing_in_the_storage_and_old_keys_still_open(alice: User, media: Path, settings: Any) -> None:
    settings.TRANSCRIPT_KEYS = KEYS[:1]
    row = archive(with_files(wants(alice)))
    assert row.key and len(row.key) == 16
    raw = b"".join(path.read_bytes() for path in (media / "transcripts").rglob("*") if path.is_file())
    assert b"warm" not in raw and b"bask" not in raw and b"<html" not in raw
    sealed = {part: text_of(row, part) for part in [*FORMS, "0"]}
    settings.TRANSCRIPT_KEYS = [KEYS[1], KEYS[0]]
    assert {part: text_of(row, part) for part in sealed} == sealed
    settings.TRANSCRIPT_KEYS = KEYS[1:]
    with pytest.raises(Unavailable):
        store.opened(row, "html")
    # One part in the place of another does not open either.
    settings.TRANSCRIPT_KEYS = KEYS
    (media / row.file_name("json")).write_bytes((media / row.file_name("md")).read_bytes())
    with pytest.raises(Unavailable):
        store.opened(row, "json")


def test_keys_are_read_from_base64_and_never_told() -> None:
    good = base64.b64encode(KEYS[0]).decode()
    assert environment.keys("TRANSCRIPT_KEYS", [good, " ", f" {good}\n"]) == [KEYS[0], KEYS[0]]
    for bad in ("secret", good[:-4], base64.b64encode(b"short").decode(), good + good):
        with pytest.raises(ImproperlyConfigured) as refused:
            environment.keys("TRANSCRIPT_KEYS", [good, bad])
        assert bad not in str(refused.value) and "key 2" in str(refused.value)


@pytest.mark.django_db(transaction=True)
def test_sealed_anew_the_old_key_is_needed_no_more(
    alice: User, settings: Any, media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = b"Lizards bask."
    files = [attachments.take(alice, "notes.txt", [text], len(text)).pk]
    plain, old = archive(talk_of(wants(alice), files=files)), b"o" * 32
    settings.TRANSCRIPT_KEYS = [old]
    sealed = archive(talk_of(alice))
    settings.TRANSCRIPT_KEYS = [b"n" * 32, old]
    before = {part: text_of(plain, part) for part in (*FORMS, "0")}
    call_command("transcripts_reseal")
    assert "2 of 2" in capsys.readouterr().out
    settings.TRANSCRIPT_KEYS = [b"n" * 32]
    plain.refresh_from_db()
    sealed.refresh_from_db()
    assert {part: text_of(plain, part) for part in before} == before and text_of(sealed, "md")
    assert plain.key == sealed.key != "" and len(stored()) == 9
    call_command("transcripts_reseal")
    assert "Nothing to do" in capsys.readouterr().out
    # What was changed under the site's hands is not sealed as if it were right, and stays where it is.
    settings.TRANSCRIPT_KEYS = []
    (media / plain.file_name("csv")).write_bytes(b"else")
    with pytest.raises(CommandError, match="2 could not be opened"):
        call_command("transcripts_reseal")
    assert len(stored()) == 9
    Transcript.objects.filter(pk=sealed.pk).update(key="")
    (media / sealed.file_name("csv")).write_bytes(b"else")
    settings.TRANSCRIPT_KEYS = [b"n" * 32]
    with pytest.raises(CommandError, match="1 could not be opened"):
        call_command("transcripts_reseal")


@pytest.mark.django_db(transaction=True)
def test_closed_or_deleted_while_it_is_sealed_anew_that_goes_first(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = archive(talk_of(wants(alice)))
    settings.TRANSCRIPT_KEYS = [b"n" * 32]
    put = store.put

    def deleting(*args: Any) -> store.Stored:
        actions.delete(row)
        return put(*args)

    monkeypatch.setattr(store, "put", deleting)
    assert resealing.reseal_all() == (0, 0)
    work_off()
    assert stored() == [] and Transcript.objects.get().state == "gone"


SLOWLY = """
import sys, time
from chat.transcripts import store
put = store.put
def slow(row, edition, part, *more):
    done = put(row, edition, part, *more)
    if part == "md":
        print("halfway", flush=True)
        time.sleep(600)
    return done
store.put = slow
from django.core.management import call_command
call_command("worker")
"""
BEGIN = """
from meatlizard.accounts.models import User
from tests.chat.transcripts.making import talk_of, wants
from chat import keeping
talk = talk_of(wants(User.objects.create_user("alice")))
keeping.mark(talk.owner, [talk.pk], "archive")
"""
TOLD = """
from chat.models import Transcript
from tests.chat.transcripts.making import stored
row = Transcript.objects.get()
print("told", row.state, row.tries, len(stored()), stored() == [row.file_name(one) for one in ("csv", "html", "json", "md")])
"""


@pytest.fixture
def site() -> Iterator[LiveSite]:
    live = LiveSite(LEASE_SECONDS="3", NODE_HEARTBEAT_SECONDS="1", JOBS_IN_SITE="false")
    migrated.copy_to(live.database)
    yield live
    live.end()


def told(site: LiveSite) -> list[str]:
    said = site.manage("shell", "-c", TOLD)
    return next(line for line in said.splitlines() if line.startswith("told")).split()[1:]


@pytest.mark.slow
def test_a_worker_killed_halfway_is_followed_by_another_that_leaves_one(site: LiveSite) -> None:
    site.manage("shell", "-c", BEGIN)
    argv = [sys.executable, "manage.py", "shell", "-c", SLOWLY]
    first = Program("first", argv, site.home / "first.log", env=outer_environment() | site.settings, cwd=ROOT)
    wait_until(lambda: "halfway" in first.tail(), "two parts are written", 60, alive=first)
    first.kill()
    assert told(site)[:3] == ["waiting", "2", "2"]
    argv = [sys.executable, "manage.py", "worker"]
    second = Program("second", argv, site.home / "second.log", env=outer_environment() | site.settings, cwd=ROOT)
    wait_until(lambda: told(site)[0] == "ready", "the second has written it", 120, alive=second)
    assert told(site) == ["ready", "3", "4", "True"]
    assert second.stop(signal.SIGTERM, 20) == 0


def test_nothing_of_a_transcript_stands_in_its_names() -> None:
    row = Transcript(title="Secret", folder="transcripts/2026/11/ab")
    assert row.file_name("json", 3) == "transcripts/2026/11/ab/3/json" and "Secret" not in str(row)
    assert store.key_in_use() == (None, "")
