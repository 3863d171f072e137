"""Remembered messages by their words: FTS5 on SQLite, an expression index on PostgreSQL. Any word of the question counts, rare ones most."""

from collections.abc import Collection
from typing import Any

from django.db import connection, connections

from chat.search.any_word import words

SHORTEST = 3
"""Letters of a word that is looked for: in chats shorter ones stand everywhere."""

_SQLITE = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS discord_memory USING fts5(
        content, tokenize = "unicode61 remove_diacritics 2", content = "discordbridge_rememberedmessage", content_rowid = "id")""",
    "DROP TRIGGER IF EXISTS discord_memory_add",
    """CREATE TRIGGER discord_memory_add AFTER INSERT ON discordbridge_rememberedmessage BEGIN
        INSERT INTO discord_memory (rowid, content) VALUES (new.id, new.content);
    END""",
    "DROP TRIGGER IF EXISTS discord_memory_remove",
    """CREATE TRIGGER discord_memory_remove AFTER DELETE ON discordbridge_rememberedmessage BEGIN
        INSERT INTO discord_memory (discord_memory, rowid, content) VALUES ('delete', old.id, old.content);
    END""",
    "DROP TRIGGER IF EXISTS discord_memory_change",
    """CREATE TRIGGER discord_memory_change AFTER UPDATE OF content ON discordbridge_rememberedmessage BEGIN
        INSERT INTO discord_memory (discord_memory, rowid, content) VALUES ('delete', old.id, old.content);
        INSERT INTO discord_memory (rowid, content) VALUES (new.id, new.content);
    END""",
    # Also after Django has made the table anew, which says nothing to the triggers.
    "INSERT INTO discord_memory (discord_memory) VALUES ('rebuild')",
)
_POSTGRES = (
    """CREATE INDEX IF NOT EXISTS discord_memory ON discordbridge_rememberedmessage
        USING gin (to_tsvector('simple', content))""",
)


def make(using: str) -> None:
    """After each migration."""
    statements = _SQLITE if connections[using].vendor == "sqlite" else _POSTGRES
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def unhook(using: str) -> None:
    """Before a migration: SQLite changes a table by making it anew."""
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for trigger in ("add", "remove", "change"):
                cursor.execute(f"DROP TRIGGER IF EXISTS discord_memory_{trigger}")


class FullText:
    def search(self, guild: int, channels: Collection[int], text: str, most: int) -> list[int]:
        asked = words(text, SHORTEST)
        if not asked or not channels:
            return []
        places = ", ".join(["%s"] * len(channels))
        # Only placeholders are put into the text; words are letters, digits and underscores.
        if connection.vendor == "sqlite":
            query = f"""
                SELECT message.id FROM discord_memory CROSS JOIN discordbridge_rememberedmessage message
                    ON message.id = discord_memory.rowid
                WHERE discord_memory MATCH %s AND message.guild_id = %s AND message.deleted IS NULL
                    AND message.channel IN ({places})
                ORDER BY bm25(discord_memory), message.id DESC LIMIT %s"""  # noqa: S608
            params: list[Any] = [" OR ".join(f'"{word}"' for word in asked), guild, *channels, most]
        else:
            query = f"""
                SELECT id FROM discordbridge_rememberedmessage, to_tsquery('simple', %s) asked
                WHERE to_tsvector('simple', content) @@ asked AND guild_id = %s AND deleted IS NULL
                    AND channel IN ({places})
                ORDER BY ts_rank(to_tsvector('simple', content), asked) DESC, id DESC LIMIT %s"""  # noqa: S608
            params = [" | ".join(f"'{word}'" for word in asked), guild, *channels, most]
        with connection.cursor() as cursor:
            cursor.execute(query, params)
            return [row[0] for row in cursor.fetchall()]
