"""Finding rows by their words: FTS5 on SQLite, an expression index on PostgreSQL, one interface.

An app says which columns of which table are found, and connects :meth:`FullText.load` in ``ready``. Triggers keep SQLite's index in step, so
that no writer can forget it. They are made after each migration and go before it: Django changes a table on SQLite by making it anew, which
drops its triggers, and which SQLite refuses while another table's trigger names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, connections
from django.db.models.expressions import RawSQL
from django.db.models.signals import post_migrate, pre_migrate

MAX_INDEXED: Final = 100_000
"""Characters of a column: PostgreSQL refuses a text vector above a mebibyte."""

_RANKS: Final = "ABCD"


@dataclass(frozen=True, slots=True)
class FullText:
    """``name``: of index and triggers; ``table``: one with a whole number ``id`` as its key; ``columns``: what is found, with how much a find
    there counts, the weightiest first, four at most."""

    name: str
    table: str
    columns: Mapping[str, float]

    def load(self, app: Any) -> None:
        """``app``: the configuration of the app whose table it is."""
        name = f"fulltext.{self.name}"
        pre_migrate.connect(self._before, sender=app, dispatch_uid=name, weak=False)
        post_migrate.connect(self._after, sender=app, dispatch_uid=name, weak=False)

    def _before(self, sender: Any, using: str, **kwargs: Any) -> None:
        self.unhook(using)

    def _after(self, sender: Any, using: str, **kwargs: Any) -> None:
        self.make(using)

    def make(self, using: str) -> None:
        """Nothing while the table is not there yet."""
        db = connections[using]
        with db.cursor() as cursor:
            if self.table in db.introspection.table_names(cursor):
                for statement in self._postgres() if db.vendor == "postgresql" else self._sqlite():
                    cursor.execute(statement)

    def unhook(self, using: str) -> None:
        if connections[using].vendor == "sqlite":
            with connections[using].cursor() as cursor:
                for event in ("add", "remove", "change"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {self.name}_{event}")

    # Only the names of an app's own tables and columns are put into the texts below; words are parameters.

    def _sqlite(self) -> Sequence[str]:
        names = ", ".join(self.columns)
        new, old = (", ".join(f"{row}.{column}" for column in self.columns) for row in ("new", "old"))
        add = f"INSERT INTO {self.name} (rowid, {names}) VALUES (new.id, {new});"  # noqa: S608
        remove = f"INSERT INTO {self.name} ({self.name}, rowid, {names}) VALUES ('delete', old.id, {old});"  # noqa: S608
        return (
            f"""CREATE VIRTUAL TABLE IF NOT EXISTS {self.name} USING fts5(
                {names}, tokenize = "unicode61 remove_diacritics 2", content = "{self.table}", content_rowid = "id")""",
            f"DROP TRIGGER IF EXISTS {self.name}_add",
            f"CREATE TRIGGER {self.name}_add AFTER INSERT ON {self.table} BEGIN {add} END",
            f"DROP TRIGGER IF EXISTS {self.name}_remove",
            f"CREATE TRIGGER {self.name}_remove AFTER DELETE ON {self.table} BEGIN {remove} END",
            f"DROP TRIGGER IF EXISTS {self.name}_change",
            f"CREATE TRIGGER {self.name}_change AFTER UPDATE OF {names} ON {self.table} BEGIN {remove} {add} END",
            # Also after Django has made the table anew, which says nothing to the triggers.
            f"INSERT INTO {self.name} ({self.name}) VALUES ('rebuild')",  # noqa: S608
        )

    def _postgres(self) -> Sequence[str]:
        return (f"CREATE INDEX IF NOT EXISTS {self.name} ON {self.table} USING gin (({self._vector}))",)

    @property
    def _vector(self) -> str:
        return " || ".join(
            f"setweight(to_tsvector('simple', left({column}, {MAX_INDEXED})), '{rank}')"
            for column, rank in zip(self.columns, _RANKS, strict=False)
        )

    def keys(self, words: Sequence[str], beginning: str = "") -> RawSQL:
        """Of the rows that have all ``words``, which hold letters, digits and underscores alone; ``beginning``: which of them may be the
        beginning of a longer one."""
        if connection.vendor == "sqlite":
            text = f"SELECT rowid FROM {self.name} WHERE {self.name} MATCH %s"  # noqa: S608
        else:
            text = f"SELECT id FROM {self.table} WHERE ({self._vector}) @@ to_tsquery('simple', %s)"  # noqa: S608
        return RawSQL(text, [_match(words, beginning)])  # noqa: S611

    def weights(self, words: Sequence[str], beginning: str = "") -> dict[int, float]:
        """The same keys, each with how well its row fits: more is better."""
        match = _match(words, beginning)
        if connection.vendor == "sqlite":
            counts = ", ".join(str(float(weight)) for weight in self.columns.values())
            text = f"SELECT rowid, -bm25({self.name}, {counts}) FROM {self.name} WHERE {self.name} MATCH %s"  # noqa: S608
            params: list[Any] = [match]
        else:
            most = max(self.columns.values())
            # PostgreSQL wants them from D to A.
            shares = [weight / most for weight in self.columns.values()]
            ranks = [*reversed([*shares, *[0.0] * (len(_RANKS) - len(shares))])]
            text = f"""SELECT id, ts_rank(%s::real[], {self._vector}, asked) FROM {self.table}, to_tsquery('simple', %s) asked
                WHERE ({self._vector}) @@ asked"""  # noqa: S608
            params = [ranks, match]
        with connection.cursor() as cursor:
            cursor.execute(text, params)
            return dict(cursor.fetchall())


def _match(words: Sequence[str], beginning: str) -> str:
    """Each word in quotes, so that none is taken for an operator."""
    if connection.vendor == "sqlite":
        return " AND ".join(f'"{word}"{"*" if word == beginning else ""}' for word in words)
    return " & ".join(f"'{word}'{':*' if word == beginning else ''}" for word in words)
