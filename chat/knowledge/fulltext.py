"""Passages by their words: FTS5 on SQLite, an expression index on PostgreSQL. Any word of the question counts, rare ones most.

On SQLite each text stands with a word for its collection, so that a search reads the lists of these collections and not of everybody's;
triggers keep the table in step, made anew after each migration as with :mod:`chat.search.sqlite`.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection, connections

from chat.models import Passage
from chat.search.any_word import words

_SQLITE = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS chat_passage_words USING fts5(
        content, place, tokenize = "unicode61 remove_diacritics 2")""",
    "DROP TRIGGER IF EXISTS chat_passage_add",
    """CREATE TRIGGER chat_passage_add AFTER INSERT ON chat_passage BEGIN
        INSERT INTO chat_passage_words (rowid, content, place)
            SELECT new.id, new.content, 'c' || collection_id FROM chat_document WHERE id = new.document_id;
    END""",
    "DROP TRIGGER IF EXISTS chat_passage_remove",
    """CREATE TRIGGER chat_passage_remove AFTER DELETE ON chat_passage BEGIN
        DELETE FROM chat_passage_words WHERE rowid = old.id;
    END""",
    """INSERT INTO chat_passage_words (rowid, content, place)
        SELECT passage.id, passage.content, 'c' || document.collection_id
        FROM chat_passage passage JOIN chat_document document ON document.id = passage.document_id
        WHERE NOT EXISTS (SELECT 1 FROM chat_passage_words WHERE rowid = passage.id)""",
)
_VECTOR = "to_tsvector('simple', passage.content)"
_POSTGRES = (
    "CREATE INDEX IF NOT EXISTS chat_passage_words ON chat_passage USING gin (to_tsvector('simple', content))",
)


def make(using: str) -> None:
    """Nothing while the table is not there yet."""
    db = connections[using]
    with db.cursor() as cursor:
        if Passage._meta.db_table in db.introspection.table_names(cursor):
            for statement in _POSTGRES if db.vendor == "postgresql" else _SQLITE:
                cursor.execute(statement)


def unhook(using: str) -> None:
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for trigger in ("add", "remove"):
                cursor.execute(f"DROP TRIGGER IF EXISTS chat_passage_{trigger}")


def search(collections: Collection[UUID], text: str, most: int) -> list[int]:
    """Passages of these collections that have any word of ``text``, by their keys, the best first."""
    asked = words(text)
    if not asked or not collections:
        return []
    # Only placeholders are put into the text; words are letters, digits and underscores.
    if connection.vendor == "sqlite":
        query = """
            SELECT passage.id FROM chat_passage_words
            CROSS JOIN chat_passage passage ON passage.id = chat_passage_words.rowid
            CROSS JOIN chat_document document ON document.id = passage.document_id
            WHERE chat_passage_words MATCH %s AND document.removed IS NULL
            ORDER BY bm25(chat_passage_words, 1.0, 0.0), passage.id LIMIT %s"""
        places = " OR ".join(f"c{key.hex}" for key in collections)
        wanted = " OR ".join(f'"{word}"' for word in asked)
        params: list[Any] = [f"place : ({places}) AND content : ({wanted})", most]
    else:
        query = f"""
            SELECT passage.id FROM chat_passage passage
            JOIN chat_document document ON document.id = passage.document_id, to_tsquery('simple', %s) asked
            WHERE {_VECTOR} @@ asked AND document.removed IS NULL AND document.collection_id = ANY(%s)
            ORDER BY ts_rank({_VECTOR}, asked) DESC, passage.id LIMIT %s"""  # noqa: S608
        params = [" | ".join(f"'{word}'" for word in asked), list(collections), most]
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [row[0] for row in cursor.fetchall()]
