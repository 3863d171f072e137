"""FTS5. The table ``chat_search`` follows ``chat_message`` by triggers, so that no writer can forget it.

Each text stands there with a word for its owner (``u17``): a search reads the lists of that person's words, not of everybody's.
Table and triggers are made after each migration: Django changes a table on SQLite by making it anew, which drops its triggers, and
which SQLite refuses while a trigger of another table names it, so that all go before.
"""

from typing import Any
from uuid import UUID

from django.db import connection

from chat.search.query import Folders, Query, Term

_MAKE = (
    """CREATE VIRTUAL TABLE IF NOT EXISTS chat_search USING fts5(
        content, owner, tokenize = "unicode61 remove_diacritics 2")""",
    "DROP TRIGGER IF EXISTS chat_search_add",
    """CREATE TRIGGER chat_search_add AFTER INSERT ON chat_message WHEN new.content <> '' BEGIN
        INSERT INTO chat_searchentry (message_id) VALUES (new.id);
        INSERT INTO chat_search (rowid, content, owner)
            SELECT entry.id, new.content, 'u' || talk.owner_id FROM chat_searchentry entry, chat_conversation talk
            WHERE entry.message_id = new.id AND talk.id = new.conversation_id;
    END""",
    "DROP TRIGGER IF EXISTS chat_search_change",
    """CREATE TRIGGER chat_search_change AFTER UPDATE OF content ON chat_message WHEN new.content <> old.content BEGIN
        DELETE FROM chat_search WHERE rowid = (SELECT id FROM chat_searchentry WHERE message_id = new.id);
        INSERT OR IGNORE INTO chat_searchentry (message_id) SELECT new.id WHERE new.content <> '';
        INSERT INTO chat_search (rowid, content, owner)
            SELECT entry.id, new.content, 'u' || talk.owner_id FROM chat_searchentry entry, chat_conversation talk
            WHERE entry.message_id = new.id AND talk.id = new.conversation_id AND new.content <> '';
    END""",
    "DROP TRIGGER IF EXISTS chat_search_remove",
    """CREATE TRIGGER chat_search_remove AFTER DELETE ON chat_searchentry BEGIN
        DELETE FROM chat_search WHERE rowid = old.id;
    END""",
    # What is given to somebody else is found by them from then on, and by nobody else.
    "DROP TRIGGER IF EXISTS chat_search_owner",
    """CREATE TRIGGER chat_search_owner AFTER UPDATE OF owner_id ON chat_conversation WHEN new.owner_id <> old.owner_id BEGIN
        UPDATE chat_search SET owner = 'u' || new.owner_id WHERE rowid IN (
            SELECT entry.id FROM chat_searchentry entry JOIN chat_message message ON message.id = entry.message_id
            WHERE message.conversation_id = new.id);
    END""",
    # What was written before there was a search.
    """INSERT INTO chat_searchentry (message_id) SELECT id FROM chat_message
        WHERE content <> '' AND NOT EXISTS (SELECT 1 FROM chat_searchentry WHERE message_id = chat_message.id)""",
    """INSERT INTO chat_search (rowid, content, owner)
        SELECT entry.id, message.content, 'u' || talk.owner_id FROM chat_searchentry entry
        JOIN chat_message message ON message.id = entry.message_id
        JOIN chat_conversation talk ON talk.id = message.conversation_id
        WHERE NOT EXISTS (SELECT 1 FROM chat_search WHERE rowid = entry.id)""",
)


def make(cursor: Any) -> None:
    for statement in _MAKE:
        cursor.execute(statement)


def unhook(cursor: Any) -> None:
    for trigger in ("add", "change", "remove", "owner"):
        cursor.execute(f"DROP TRIGGER IF EXISTS chat_search_{trigger}")


def matching(owner: int, query: Query, folders: Folders, limit: int) -> list[tuple[UUID, UUID, str]]:
    """(message, conversation, role) of the newest of the owner's messages that fit."""
    wheres, params = _filters(query, folders)
    # The order of the joins is said, not left to the planner: the table of words yields its rows from the newest on, so that nothing
    # is sorted and a frequent word costs no more than a rare one. Only constants and placeholders are put into the text.
    text = f"""
        SELECT message.id, message.conversation_id, message.role
        FROM chat_search
        CROSS JOIN chat_searchentry entry ON entry.id = chat_search.rowid
        CROSS JOIN chat_message message ON message.id = entry.message_id
        WHERE chat_search MATCH %s {"".join(f"AND {where} " for where in wheres)}
        ORDER BY chat_search.rowid DESC LIMIT %s"""  # noqa: S608
    match = f"owner : u{owner} AND content : ({_expression(query)})"
    with connection.cursor() as cursor:
        cursor.execute(text, [match, *params, limit])
        return [(UUID(pk), UUID(talk), role) for pk, talk, role in cursor.fetchall()]


def _filters(query: Query, folders: Folders) -> tuple[list[str], list[Any]]:
    """Conditions on the message, and their values."""
    place, params = _place(query, folders)
    wheres = ["message.removed IS NULL", place]
    if query.sender:
        wheres.append("message.role = %s")
        params.append("user" if query.sender == "me" else "assistant")
    if query.model:
        wheres.append("message.model LIKE %s ESCAPE '\\'")
        params.append(connection.ops.prep_for_like_query(query.model) + "%")
    for moment, comparison in ((query.before, "<"), (query.after, ">=")):
        if moment:
            wheres.append(f"message.created {comparison} %s")
            params.append(connection.ops.adapt_datetimefield_value(moment))
    return wheres, params


def _place(query: Query, folders: Folders) -> tuple[str, list[Any]]:
    """A condition on the message's conversation, which never lies in the trash."""
    wheres = ["talk.id = message.conversation_id", "talk.removed IS NULL"]
    params: list[Any] = []
    if folders is not None:
        wheres.append(f"talk.folder_id IN ({', '.join(['%s'] * len(folders))})")
        params += [folder.hex for folder in folders]
    if query.tag:
        wheres.append("EXISTS (SELECT 1 FROM chat_tag tag WHERE tag.conversation_id = talk.id AND tag.name = %s)")
        params.append(query.tag)
    return f"EXISTS (SELECT 1 FROM chat_conversation talk WHERE {' AND '.join(wheres)})", params  # noqa: S608


def _expression(query: Query) -> str:
    """In FTS5's own language. Words hold letters, digits and underscores alone, and stand in quotes."""
    wanted = " AND ".join(_term(term) for term in query.terms if not term.excluded)
    unwanted = " OR ".join(_term(term) for term in query.terms if term.excluded)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _term(term: Term) -> str:
    phrase = " ".join(term.words)
    return f'"{phrase}"{"*" if term.beginning else ""}'
