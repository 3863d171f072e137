"""Finding contents by their words: FTS5 on SQLite, an expression index on PostgreSQL. All words must be there.

A content belongs to nobody: whose files have it, the query says each time, so that nobody finds what is another's. Table and triggers are
made after each migration, and go before it, as those of the chat's search do.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from chat.search.any_word import words
from chat.search.query import Term
from chat.search.snippets import snippet
from files.models import BlobText, File
from meatlizard.accounts.models import User

MAX_INDEXED = 100_000
"""Characters: PostgreSQL refuses a text vector above a mebibyte."""

_SQLITE = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS files_words USING fts5(
        content, tokenize = "unicode61 remove_diacritics 2")""",
    "DROP TRIGGER IF EXISTS files_words_add",
    """CREATE TRIGGER files_words_add AFTER INSERT ON files_blobtext WHEN new.text <> '' BEGIN
        INSERT INTO files_words (rowid, content) VALUES (new.id, new.text);
    END""",
    "DROP TRIGGER IF EXISTS files_words_remove",
    """CREATE TRIGGER files_words_remove AFTER DELETE ON files_blobtext BEGIN
        DELETE FROM files_words WHERE rowid = old.id;
    END""",
    """INSERT INTO files_words (rowid, content) SELECT id, text FROM files_blobtext
        WHERE text <> '' AND NOT EXISTS (SELECT 1 FROM files_words WHERE rowid = files_blobtext.id)""",
)
_VECTOR = f"to_tsvector('simple', left(text, {MAX_INDEXED}))"
_POSTGRES = (f"CREATE INDEX IF NOT EXISTS files_words ON files_blobtext USING gin ({_VECTOR})",)


def make(using: str) -> None:
    """Nothing while the table is not there yet."""
    db = connections[using]
    with db.cursor() as cursor:
        if BlobText._meta.db_table in db.introspection.table_names(cursor):
            for statement in _POSTGRES if db.vendor == "postgresql" else _SQLITE:
                cursor.execute(statement)


def unhook(using: str) -> None:
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for trigger in ("add", "remove"):
                cursor.execute(f"DROP TRIGGER IF EXISTS files_words_{trigger}")


def files(owner: User, query: str) -> "QuerySet[File]":
    """Those of the owner that have all words of ``query``, the last of which may be the beginning of one."""
    asked = words(query, shortest=1)
    if not asked:
        return File.objects.none()
    last = query.split()[-1].lower()
    # Words hold letters, digits and underscores alone, and stand in quotes; only constants are put into the text of the query.
    if connection.vendor == "sqlite":
        match = " AND ".join(f'"{word}"{"*" if last.endswith(word) else ""}' for word in asked)
        found = RawSQL("SELECT rowid FROM files_words WHERE files_words MATCH %s", [match])
    else:
        match = " & ".join(f"'{word}'{':*' if last.endswith(word) else ''}" for word in asked)
        found = RawSQL(f"SELECT id FROM files_blobtext WHERE {_VECTOR} @@ to_tsquery('simple', %s)", [match])  # noqa: S608, S611
    return File.objects.filter(owner=owner.pk, blob__state="ready", blob__words__in=found)


def keys(owner: User, query: str) -> "QuerySet[Any]":
    """For :mod:`files.library.finders`."""
    return files(owner, query).order_by().values("pk")


def excerpts(owner: User, query: str, among: Sequence[UUID]) -> Mapping[UUID, str]:
    """Where these files of the owner have it; those that have it not are left out."""
    rows = files(owner, query).filter(pk__in=among).values_list("pk", "blob__words__text")
    return {pk: excerpt(text, query) for pk, text in rows}


def excerpt(text: str, query: str) -> str:
    terms = [Term((word,), beginning=True) for word in words(query, shortest=1)]
    return "".join(part for part, _marked in snippet(text, terms)).strip()
