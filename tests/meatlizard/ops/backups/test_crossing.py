"""A backup of SQLite comes back in PostgreSQL, and one of PostgreSQL in SQLite, with every row as it was."""

import contextlib
import datetime
import io
import sqlite3
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from chat.models import Conversation, Message
from chat.search.find import find
from meatlizard.accounts.models import User
from meatlizard.ops.backups import contents
from meatlizard.ops.backups.crossing import tables, values
from meatlizard.ops.backups.crossing.carrying import Tally
from meatlizard.ops.backups.crossing.postgres import Server
from meatlizard.ops.backups.crossing.sqlite import File
from meatlizard.ops.backups.crossing.tables import Table
from meatlizard.ops.backups.trouble import BackupFailed
from tests.meatlizard.ops.backups.making import manage, taken, verified
from tests.people import person
from tests.services.postgres import PostgresServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def other(postgres: PostgresServer, settings: Settings, tmp_path: Path) -> dict[str, Any]:
    """Settings of an empty database of PostgreSQL."""
    url = urlsplit(postgres.create(f"crossing_{uuid.uuid4().hex[:8]}"))
    return {
        **connection.settings_dict, "ENGINE": "django.db.backends.postgresql", "NAME": url.path.lstrip("/"), "HOST": url.hostname,
        "PORT": url.port, "USER": url.username or "", "PASSWORD": url.password or "", "OPTIONS": {},
    }  # fmt: skip


def migrations() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return [f"{app}.{name}" for app, name in cursor.fetchall()]


def tally() -> Tally:
    """Of the present database."""
    known = tables.of(migrations())
    found = Tally(known)
    there = (
        File(Path(connection.settings_dict["NAME"]))
        if connection.vendor == "sqlite"
        else Server(connection.settings_dict)
    )
    for _table, rows in found.watching(there.tables(known)):
        for _row in rows:
            pass
    return found


def furnished() -> None:
    """One row, or more, of every model."""
    from tests.journeys.scene import make

    with contextlib.redirect_stdout(io.StringIO()):
        make(False)


def test_there_and_back_with_a_row_of_every_table(other: dict[str, Any]) -> None:
    furnished()
    owner = User.objects.order_by("pk")[0]
    talk = Conversation.objects.create(owner=owner, title="walls", updated=timezone.now())
    Message.objects.create(conversation=talk, role="user", content="a gecko on the wall", created=timezone.now())
    before = tally()
    taken()
    assert sum(before.rows.values()) > 200
    with tables.standing_in(other):
        said = manage("restore", "newest")
        assert "sqlite into postgresql" in said
        after = tally()
        assert {name: count for name, count in after.rows.items() if before.rows[name] != count} == {}
        assert {name for name, value in after.sums.items() if before.sums[name] != value} == set()
        assert find(owner, "gecko"), "there is no index of words"
        newer = person("newer")
        assert newer.pk > max(User.objects.exclude(pk=newer.pk).values_list("pk", flat=True))
        highest = newer.pk
        newer.delete()
        # Who came and went may have left its traces.
        left = tally()
        there = taken()
        assert verified(there.id).deep
    User.objects.update(is_active=False)
    said = manage("restore", there.id, "--replace", "--yes")
    assert "postgresql into sqlite" in said
    back = tally()
    assert {name: count for name, count in back.rows.items() if left.rows[name] != count} == {}
    assert {name for name, value in back.sums.items() if left.sums[name] != value} == set()
    assert find(owner, "gecko"), "there is no index of words"
    assert person("newest").pk > highest, "the counter of keys was not brought back"


def test_what_postgresql_cannot_hold_is_named_and_nothing_of_it_stays(other: dict[str, Any]) -> None:
    with tables.standing_in(other), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE said (id bigint PRIMARY KEY, word text)")
        cursor.execute("INSERT INTO said VALUES (1, 'before')")
    table, server = Table("said", {"id": "bigint", "word": "text"}, ""), Server(other)
    with pytest.raises(BackupFailed, match="refuses a row of the table said"):
        server.fill(iter([(table, iter([[1, "good"], [2, "half\0"]]))]), [table])
    assert [list(rows) for _table, rows in server.tables([table])] == [[[1, "before"]]]
    server.fill(iter([(table, iter([[2, "a\tb\nc\\d ü"], [3, None]]))]), [table])
    assert [list(rows) for _table, rows in server.tables([table])] == [[[2, "a\tb\nc\\d ü"], [3, None]]]


def test_a_row_that_names_none_that_is_there_is_refused(home: Path) -> None:
    path = home / "said.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as link, link:
        link.execute("CREATE TABLE said (id integer PRIMARY KEY, parent integer REFERENCES said (id))")
        link.execute("INSERT INTO said VALUES (9, NULL)")
    table, file = Table("said", {"id": "bigint", "parent": "bigint"}, ""), File(path)
    with pytest.raises(BackupFailed, match="A row of the table said names one"):
        file.fill(iter([(table, iter([[1, 2]]))]), [table])
    assert [list(rows) for _table, rows in file.tables([table])] == [[[9, None]]]
    file.fill(iter([(table, iter([[1, 2], [2, None]]))]), [table])
    assert [list(rows) for _table, rows in file.tables([table])] == [[[1, 2], [2, None]]]


@pytest.mark.parametrize(
    ("kind", "text", "value", "kept"),
    [
        ("truth", "t", True, 1),
        ("whole", "-9223372036854775808", -(2**63), -(2**63)),
        ("float", "0.1", 0.1, 0.1),
        ("moment", "2026-01-02 03:04:05.06+00", datetime.datetime(2026, 1, 2, 3, 4, 5, 60_000, datetime.UTC), "2026-01-02 03:04:05.060000"),
        ("moment", "2026-01-02 03:04:05+00", datetime.datetime(2026, 1, 2, 3, 4, 5, 0, datetime.UTC), "2026-01-02 03:04:05"),
        ("uuid", "6f1e1c52-0000-4000-8000-000000000001", uuid.UUID("6f1e1c52000040008000000000000001"), "6f1e1c52000040008000000000000001"),
        ("bytes", "\\x00ff", b"\x00\xff", b"\x00\xff"),
        ("bits", "0000000011111111", b"\x00\xff", b"\x00\xff"),
        ("text", "a\tb", "a\tb", "a\tb"),
    ],
)  # fmt: skip
def test_each_kind_of_value_has_one_form(kind: str, text: str, value: Any, kept: Any) -> None:
    assert values.FROM_POSTGRES[kind](text) == value
    assert values.to_sqlite(kind, value) == kept
    assert values.FROM_SQLITE[kind](kept) == value
    if kind == "bits":
        assert values.to_postgres(kind, value) == text


def test_texts_of_copy_are_read_as_postgresql_writes_them(postgres: PostgresServer) -> None:
    assert values.unescaped(rb"\N") is None
    assert values.unescaped(rb"a\tb\nc\\d\\N\r\be\f\v") == "a\tb\nc\\d\\N\r\be\f\v"
    assert values.unescaped("ü".encode()) == "ü"


def test_the_same_json_is_the_same_however_it_is_written() -> None:
    one = values.digest(["json"], ['{"b": 1.0, "a": [1e300, "\\u00fc", null]}'])
    assert one == values.digest(["json"], [f'{{"a": [1{"0" * 300}, "ü", null], "b": 1}}'])
    assert one != values.digest(["json"], ['{"b": 1.5, "a": [1e300, "ü", null]}'])
    with pytest.raises(BackupFailed, match="of the type xml"):
        values.kind("xml")


def test_every_column_of_today_can_be_carried() -> None:
    known = tables.of(migrations())
    assert {values.kind(column) for table in known for column in table.columns.values()} == set(values.FROM_SQLITE)
    names = {table.name for table in known}
    assert "chat_message" in names and not contents.indexes() & names
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"])) as link:
        there = {
            name
            for (name,) in link.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            )
        }
        virtual = {
            f"{name}_" for (name,) in link.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'")
        }
    rest = {name for name in there - names if not name.startswith(("sqlite_", *virtual))}
    assert rest == {"django_migrations", *contents.indexes()}
