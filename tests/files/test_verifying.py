"""manage.py files_verify: what is lost, damaged or nobody's is found; what can be mended is."""

import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from files import actions
from files.blobs import incoming, reading, sweeping
from files.models import Blob
from files.models.blobs import storage_name
from files.verifying import Report, contents, orphans
from meatlizard.accounts.models import User
from tests.files.contents import adopted

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """All that lies there has lain there for a day."""
    monkeypatch.setattr(orphans, "GRACE", datetime.timedelta(days=-1))
    settings.VAR_DIR = tmp_path


def verify(*words: str) -> str:
    out = io.StringIO()
    call_command("files_verify", *words, stdout=out)
    return out.getvalue()


def path_of(blob: Blob) -> Path:
    path = reading.local_path(blob)
    assert path is not None
    return path


def all_files(folder: Any) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_a_site_in_order_is_said_to_be(alice: User) -> None:
    blob = actions.store(alice, None, "a.txt", adopted(b"wall")).blob
    Blob.objects.update(verified=None)
    assert "Every content is there and whole." in verify()
    blob.refresh_from_db()
    assert blob.verified is not None and (blob.state, blob.references) == ("ready", 1)


@pytest.mark.parametrize(("harm", "state"), [("lost", "missing"), ("flipped", "damaged"), ("cut", "damaged")])
def test_what_is_lost_or_damaged_is_marked_and_named_until_somebody_brings_it(
    alice: User, harm: str, state: str
) -> None:
    blob = actions.store(alice, None, "a.txt", adopted(b"wall")).blob
    path = path_of(blob)
    if harm == "lost":
        path.unlink()
    else:
        path.write_bytes(b"wa1l" if harm == "flipped" else b"wal")
    with pytest.raises(CommandError):
        verify()
    blob.refresh_from_db()
    assert blob.state == state
    adopted(b"wall")
    assert "restored" not in verify()
    blob.refresh_from_db()
    assert (blob.state, blob.references) == ("ready", 1)
    with reading.open(blob) as file:
        assert file.read() == b"wall"


def test_what_was_lost_and_is_put_back_is_ready_again() -> None:
    blob = adopted(b"wall")
    path = path_of(blob)
    path.rename(path.with_suffix(".away"))
    with pytest.raises(CommandError):
        verify()
    path.with_suffix(".away").rename(path)
    assert "restored from another copy: 1" in verify()
    blob.refresh_from_db()
    assert blob.state == "ready"


@pytest.mark.parametrize("other", ["an upload", "another copy"])
def test_a_lost_content_is_restored_from_what_else_has_it(other: str) -> None:
    blob = adopted(b"wall")
    path = path_of(blob)
    if other == "an upload":
        coming = incoming.begin()
        coming.append(b"wall")
        coming.close()
        path.unlink()
    else:
        path.rename(path.with_name(f"{path.name}.1"))
    assert "restored from another copy: 1" in verify()
    blob.refresh_from_db()
    with reading.open(blob) as file:
        assert file.read() == b"wall"
    assert (blob.copy, blob.state) == (1, "ready")


def test_a_wrong_count_is_put_right(alice: User) -> None:
    blob = actions.store(alice, None, "a.txt", adopted(b"wall")).blob
    free = adopted(b"free")
    Blob.objects.filter(pk=blob.pk).update(references=0, unreferenced=blob.created)
    Blob.objects.filter(pk=free.pk).update(references=7, unreferenced=None)
    assert "counted anew: 2" in verify()
    blob.refresh_from_db()
    free.refresh_from_db()
    assert (blob.references, blob.unreferenced) == (1, None)
    assert free.references == 0 and free.unreferenced is not None


def test_nothing_with_a_wrong_count_is_swept_from_under_a_file(alice: User) -> None:
    blob = actions.store(alice, None, "a.txt", adopted(b"wall")).blob
    Blob.objects.update(references=0, unreferenced=blob.created - 2 * sweeping.GRACE)
    assert sweeping.sweep() == 0
    with reading.open(blob) as file:
        assert file.read() == b"wall"


def test_nobodys_content_gets_its_row_again_and_rubbish_goes(settings: Any) -> None:
    blob = adopted(b"wall")
    path = path_of(blob)
    Blob.objects.all().delete()
    false = Path(settings.MEDIA_ROOT) / storage_name("ab" * 32)
    false.parent.mkdir(parents=True)
    false.write_bytes(b"not what its name says")
    half = path.with_name(f".{path.name}.{'0' * 32}")
    half.write_bytes(b"wa")
    strange = path.with_name("README")
    strange.write_bytes(b"somebody's")
    said = verify()
    assert "nobody's, taken in again: 1" in said and "left over, removed: 2" in said and "README" in said
    row = Blob.objects.get()
    assert (row.pk, row.references, row.media_type) == (blob.pk, 0, "text/plain") and row.unreferenced is not None
    assert sorted(all_files(settings.MEDIA_ROOT)) == sorted([path, strange])


def test_what_is_young_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    path = path_of(adopted(b"wall"))
    Blob.objects.all().delete()
    monkeypatch.setattr(orphans, "GRACE", sweeping.GRACE)
    verify()
    assert path.exists() and not Blob.objects.exists()


def test_an_interrupted_run_goes_on_where_it_was(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = sorted(adopted(bytes([number])).pk for number in range(5))
    monkeypatch.setattr(contents, "PART", 2)
    looked = contents.look(Report())
    assert [next(looked)[0] for _ in range(3)] == blobs[:3]
    (Path(settings.VAR_DIR) / "files_verify.json").write_text(json.dumps({"after": blobs[2]}))
    assert "contents: 2 looked at" in verify()
    assert "contents: 5 looked at" in verify()
    (Path(settings.VAR_DIR) / "files_verify.json").write_text(json.dumps({"after": blobs[2]}))
    assert "contents: 5 looked at" in verify("--from-start")


def test_of_two_copies_the_whole_one_stays(settings: Any) -> None:
    blob = adopted(b"wall")
    path = path_of(blob)
    other = path.with_name(f"{path.name}.1")
    other.write_bytes(b"wall")
    path.write_bytes(b"wa1l")
    for _looked_at in orphans.look(Report()):
        pass
    assert sorted(all_files(settings.MEDIA_ROOT)) == [path, other], "nothing was read, so nothing may be deleted"
    assert "restored from another copy: 1" in verify()
    assert all_files(settings.MEDIA_ROOT) == [other]
    blob.refresh_from_db()
    with reading.open(blob) as file:
        assert file.read() == b"wall"


def test_what_was_put_there_anew_while_a_left_over_was_looked_at_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of an old copy is taken by the next one, and the row speaks of that by the time the old one is to go."""
    blob = adopted(b"wall")
    old = path_of(blob)
    left = old.with_name(f"{old.name}.1")
    left.write_bytes(b"wall")

    def comes_anew(row: Blob) -> bool:
        new = left.with_name("new")
        new.write_bytes(b"wall")
        new.replace(left)
        Blob.objects.filter(pk=row.pk).update(copy=1)
        old.unlink()
        return True

    monkeypatch.setattr(orphans, "_well", comes_anew)
    list(orphans.look(Report()))
    assert reading.open(Blob.objects.get()).read() == b"wall"


@pytest.mark.parametrize("how", ["put back", "restored", "without a row"])
def test_what_comes_back_is_checked_where_there_is_a_scanner(settings: Any, how: str) -> None:
    blob = adopted(b"wall")
    path = path_of(blob)
    settings.CLAMD_URL = "unix:///nobody"
    if how == "without a row":
        blob.delete()
    else:
        Blob.objects.update(state=Blob.State.MISSING)
    if how == "restored":
        path.rename(path.with_name(f"{path.name}.1"))
    verify()
    assert Blob.objects.get().state == "checking"
