"""A backup holds the whole site and brings it back; the next one sends only what is new; nothing is lost on the way."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import CommandError
from django.db import connection

from meatlizard.accounts.models import User
from meatlizard.ops.backups import (
    contents,
    finding,
    layout,
    listing,
    opened,
    places,
    postgres,
    programs,
    restoring,
    room,
)
from meatlizard.ops.backups.trouble import BackupFailed, Damaged
from tests.meatlizard.ops.backups.conftest import FILES
from tests.meatlizard.ops.backups.making import held, kept, manage, objects, people, taken, verified
from tests.meatlizard.ops.backups.rewriting import rewritten
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.both_databases
def test_what_was_lost_comes_back(alice: User, home: Path) -> None:
    elsewhere = str(home / "elsewhere")
    said = manage("backup", "--to", elsewhere)
    assert "INFERENCE_SERVER_KEY and SECRET_KEY" in said and f"{len(FILES)} stored file(s), 3 of them new" in said
    assert {path.stat().st_mode & 0o77 for path in Path(elsewhere).rglob("*")} == {0}
    said = manage("backup", "--from", elsewhere, "--verify", "newest")
    assert "Whole" in said and "restored on trial" in said and "But" not in said
    User.objects.all().delete()
    for name in FILES:
        default_storage.delete(name)
    said = manage("restore", "newest", "--from", elsewhere)
    assert "made by this site" in said and "3 come" in said and "1 account(s), 3 stored file(s)" in said
    assert people() == ["alice"] and held() == FILES
    assert User.objects.get().check_password("correct horse battery lizard")
    assert person("bob").pk > alice.pk, "the counter of keys was not brought back"


@pytest.mark.both_databases
def test_a_site_with_people_is_replaced_only_on_a_clear_word(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    taken()
    person("bob")
    default_storage.delete("a.txt")
    default_storage.save("a.txt", ContentFile(b"another"))
    default_storage.save("new", ContentFile(b"new"))
    with pytest.raises(CommandError, match=r"has 2 account\(s\). Give --replace"):
        manage("restore", "newest")
    with pytest.raises(CommandError, match="Give --yes"):
        manage("restore", "newest", "--replace")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="Nothing was changed"):
        manage("restore", "newest", "--replace")
    plan = manage("restore", "newest", "--plan")
    assert "2 are here already, 0 come, 1 are replaced" in plan and "Restored" not in plan
    assert people() == ["alice", "bob"] and held()["a.txt"] == b"another"
    assert "1 file(s) in the storage are not of this backup" in manage("restore", "newest", "--replace", "--yes")
    assert people() == ["alice"] and held() == {**FILES, "new": b"new"}


@pytest.mark.both_databases
def test_only_what_is_new_is_sent(alice: User) -> None:
    first = taken()
    before = {path: path.stat().st_mtime_ns for path in objects()}
    default_storage.save("later", ContentFile(b"later"))
    second = taken()
    assert (first.new, second.files, second.new) == (3, 4, 1)
    assert {path: path.stat().st_mtime_ns for path in objects() if path in before} == before
    assert len(list(objects())) == 4
    default_storage.delete("later")
    # Both stand for themselves.
    for made in (first, second):
        verified(made.id)
    manage("restore", second.id, "--replace", "--yes")
    assert held() == {**FILES, "later": b"later"}


def test_another_content_under_an_old_name_comes_along(alice: User) -> None:
    taken()
    default_storage.delete("a.txt")
    default_storage.save("a.txt", ContentFile(b"LIZARD"))
    assert taken().new == 1
    default_storage.delete("a.txt")
    manage("restore", "newest", "--replace", "--yes")
    assert held()["a.txt"] == b"LIZARD"


def test_a_place_that_goes_away_meanwhile_costs_no_file(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    taken()
    default_storage.delete("a.txt")
    default_storage.save("a.txt", ContentFile(b"another"))

    def away(*_: object) -> None:
        raise BackupFailed("The bucket of the backups does not answer as it should.")

    with monkeypatch.context() as trouble:
        trouble.setattr(opened.Set, "content", away)
        with pytest.raises(CommandError, match="does not answer"):
            manage("restore", "newest", "--replace", "--yes")
    assert held()["a.txt"] == b"another"
    manage("restore", "newest", "--replace", "--yes")
    assert held() == FILES


def test_large_files_come_back_by_way_of_the_data_and_not_of_the_memory_that_tmp_may_be(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken()
    default_storage.delete("deep/er/ü.bin")
    monkeypatch.setattr(restoring, "IN_MEMORY", 1_000)
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    manage("restore", "newest", "--replace", "--yes")
    assert held() == FILES


def test_a_list_of_very_many_files_can_be_read(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = taken()
    with finding.opened(made.id, str(kept()), []) as found:
        assert isinstance(found, opened.Set) and len(found.entries) == len(FILES)
        with monkeypatch.context() as bounds:
            bounds.setattr(layout, "MAX_JSON", 1)
            assert sorted(found.files()) == sorted(FILES)
    with finding.opened(made.id, str(kept()), []) as again:
        assert isinstance(again, opened.Set) and again.entries
        monkeypatch.setattr(layout, "MAX_JSON", 1)
        monkeypatch.setattr(layout, "MAX_LINE", 10)
        with pytest.raises(Damaged, match="longer than one can be"):
            list(again.files())


def test_names_that_never_change_their_content_are_not_sent_for_their_date(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_unchanging", ["deep/"])
    taken()
    for name in FILES:
        path = Path(default_storage.path(name))
        path.touch()
    assert taken().new == 2


def test_what_can_be_made_anew_is_left_out_on_wish_and_asked_for(
    alice: User, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def make() -> int:
        asked.append(1)
        return 7

    monkeypatch.setattr(contents, "_derived", [(lambda: lambda name: name == "empty", make)])
    assert (taken().files, asked) == (3, [])
    settings.BACKUP_VIDEO_PARTS = False  # type: ignore[attr-defined]
    made = taken()
    assert (made.files, made.left_out) == (2, 1)
    assert "7 video(s) are made anew" in manage("restore", made.id, "--replace", "--yes")
    assert asked == [1]


@pytest.mark.both_databases
def test_a_manifest_that_lies_about_the_database_is_found(alice: User) -> None:
    made = taken()
    migrations = rewritten(made, lambda manifest: {"migrations": [*manifest["migrations"], "chat.9999_future"]})
    with pytest.raises(Damaged, match="migrations are not those"):
        verified(migrations)
    rows = rewritten(made, lambda manifest: {"rows": {**manifest["rows"], "accounts_user": 2}})
    with pytest.raises(Damaged, match="accounts_user has not the rows"):
        verified(rows)
    sums = rewritten(made, lambda manifest: {"sums": {**manifest["sums"], "accounts_user": "0"}})
    with pytest.raises(Damaged, match="accounts_user have not the contents"):
        verified(sums)
    with pytest.raises(BackupFailed, match=r"chat.9999_future"):
        restoring._known(["chat.9999_future"])
    assert verified(made.id).deep


@pytest.mark.both_databases
def test_a_role_that_may_create_no_database_is_told_what_was_not_proved(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken()
    if connection.vendor == "sqlite":
        assert verified().words == ""
        return
    with connection.cursor() as cursor:
        verified()
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'meatlizard_trial%'")
        assert cursor.fetchone() == (0,), "the scratch database was left"
    monkeypatch.setattr(postgres.Postgres, "_may_create", lambda *_: False)
    said = verified()
    assert "listed and not restored" in said.words and not said.deep
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(BackupFailed, match="pg_dump is not installed"):
        taken()


def test_no_list_of_processes_shows_the_password() -> None:
    there = {
        "NAME": "site",
        "HOST": "db.example.org",
        "PASSWORD": "hunter2",
        "OPTIONS": {"pool": {}, "sslmode": "require"},
    }
    assert programs.place(there) == "sslmode=require host=db.example.org dbname=site"
    assert "PGPASSWORD=hunter2" in programs.run(there, "env", connect=False).splitlines()
    with pytest.raises(BackupFailed) as refused:
        programs.run(there, "false", "hunter2")
    assert "hunter2" not in refused.value.message
    with pytest.raises(BackupFailed, match="false failed"), programs.reading(there, "false", connect=False) as printed:
        assert printed.read() == b""


@pytest.mark.both_databases
def test_a_file_that_vanishes_meanwhile_is_noted(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(listing.everything())
    default_storage.delete("a.txt")
    monkeypatch.setattr(listing, "everything", lambda: iter(found))
    made = taken()
    assert (made.files, made.vanished) == (2, 1)
    assert verified().deep


def test_one_at_a_time_and_what_a_killed_one_left_goes(alice: User, home: Path) -> None:
    left = home / "backups" / f"{room.UNFINISHED}1" / "database.sqlite3"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with room.alone(), pytest.raises(BackupFailed, match="already"):
        taken()
    assert left.exists()
    first, second = taken(), taken()
    assert not left.exists()
    assert sorted(path.name for path in (kept() / "sets").iterdir()) == sorted([first.id, second.id])


def test_a_place_that_is_none_and_a_set_that_is_not_there(alice: User, home: Path) -> None:
    with pytest.raises(BackupFailed, match="s3://name/folder"):
        places.at("s3:/bucket")
    with pytest.raises(CommandError, match="There is no backup in"):
        manage("backup", "--verify", "newest")
    taken()
    with pytest.raises(CommandError, match="There is no backup 20260101-000000-000001 in"):
        manage("restore", "20260101-000000-000001")
    with pytest.raises(CommandError, match="is no backup's name"):
        manage("restore", "../../etc/passwd")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        manage("restore", "newest", "--identity", "/nowhere")
