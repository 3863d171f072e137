"""Messages by what they mean: a collection of the shared index, in which a person is the owner and a conversation the scope.

Triggers of the database say which messages are new, changed or gone, so that no writer can forget it and none pays for a query. They
are made after each migration and taken away before it, as those of :mod:`chat.search.sqlite`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet
from django.db.models.functions import Substr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.models import Message
from chat.search.query import Folders, Query, chosen
from meatlizard.vectors import index
from meatlizard.vectors.models import Pending
from meatlizard.vectors.registry import Text
from meatlizard.vectors.vector import Vector

NAME = "chat.messages"
ENOUGH = 0.3
"""Below that similarity a message has nothing to do with what was asked."""

LOOKED_AT = 60
READ = 4_000
"""Characters of a message that are looked at: the model's window reaches no further."""

_KEY = re.compile(r"[0-9a-f]{32}")
_PENDING = Pending._meta.db_table

# Only constants are put into these texts.
_SOON = f"INSERT INTO {_PENDING} (collection, key, attempts, due)"
_NOW_SQLITE = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
_SQLITE = {
    "add": f"AFTER INSERT ON chat_message WHEN new.content <> '' BEGIN {_SOON} VALUES ('{NAME}', new.id, 0, {_NOW_SQLITE}); END",  # noqa: S608
    "change": f"AFTER UPDATE OF content ON chat_message WHEN new.content <> old.content BEGIN"
    f" {_SOON} VALUES ('{NAME}', new.id, 0, {_NOW_SQLITE}); END",
    "remove": f"AFTER DELETE ON chat_message WHEN old.content <> '' BEGIN {_SOON} VALUES ('{NAME}', old.id, 0, {_NOW_SQLITE}); END",
    "owner": f"AFTER UPDATE OF owner_id ON chat_conversation WHEN new.owner_id <> old.owner_id BEGIN"  # noqa: S608
    f" {_SOON} SELECT '{NAME}', id, 0, {_NOW_SQLITE} FROM chat_message WHERE conversation_id = new.id AND content <> ''; END",
}
_HEX = "replace({row}.id::text, '-', '')"
_POSTGRES = (
    f"""CREATE OR REPLACE FUNCTION chat_meaning_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.content <> '' THEN
                {_SOON} VALUES ('{NAME}', {_HEX.format(row="OLD")}, 0, clock_timestamp());
            END IF;
        ELSIF TG_OP = 'INSERT' THEN
            IF NEW.content <> '' THEN
                {_SOON} VALUES ('{NAME}', {_HEX.format(row="NEW")}, 0, clock_timestamp());
            END IF;
        ELSIF NEW.content <> OLD.content THEN
            {_SOON} VALUES ('{NAME}', {_HEX.format(row="NEW")}, 0, clock_timestamp());
        END IF;
        RETURN NULL;
    END $$""",  # noqa: S608
    f"""CREATE OR REPLACE FUNCTION chat_meaning_owner() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.owner_id <> OLD.owner_id THEN
            {_SOON} SELECT '{NAME}', {_HEX.format(row="message")}, 0, clock_timestamp() FROM chat_message message
                WHERE message.conversation_id = NEW.id AND message.content <> '';
        END IF;
        RETURN NULL;
    END $$""",  # noqa: S608
    "DROP TRIGGER IF EXISTS chat_meaning_message ON chat_message",
    """CREATE TRIGGER chat_meaning_message AFTER INSERT OR DELETE OR UPDATE OF content ON chat_message
        FOR EACH ROW EXECUTE FUNCTION chat_meaning_message()""",
    "DROP TRIGGER IF EXISTS chat_meaning_owner ON chat_conversation",
    """CREATE TRIGGER chat_meaning_owner AFTER UPDATE OF owner_id ON chat_conversation
        FOR EACH ROW EXECUTE FUNCTION chat_meaning_owner()""",
)


def make(using: str, cursor: Any) -> None:
    """Nothing while the index's own table is not there yet."""
    connection = connections[using]
    if _PENDING not in connection.introspection.table_names(cursor):
        return
    if connection.vendor == "postgresql":
        for statement in _POSTGRES:
            cursor.execute(statement)
        return
    for name, rest in _SQLITE.items():
        cursor.execute(f"DROP TRIGGER IF EXISTS chat_meaning_{name}")
        cursor.execute(f"CREATE TRIGGER chat_meaning_{name} {rest}")


def unhook(cursor: Any) -> None:
    for name in _SQLITE:
        cursor.execute(f"DROP TRIGGER IF EXISTS chat_meaning_{name}")


class Messages:
    """What there is to be found; see :class:`meatlizard.vectors.registry.Source`."""

    @property
    def label(self) -> str | Promise:
        return _("messages of conversations")

    def read(self, keys: Collection[str]) -> Mapping[str, Text]:
        rows = _there().filter(pk__in=[UUID(key) for key in keys if _KEY.fullmatch(key)])
        columns = ("pk", "conversation__owner", "conversation", Substr("content", 1, READ))
        return {
            pk.hex: Text(_owner(owner), conversation.hex, text)
            for pk, owner, conversation, text in rows.values_list(*columns)
        }

    def keys(self, after: str, most: int) -> Sequence[str]:
        rows = _there().order_by("pk")
        if after:
            rows = rows.filter(pk__gt=UUID(after))
        return [pk.hex for pk in rows.values_list("pk", flat=True)[:most]]

    def count(self) -> int:
        return _there().count()


def _there() -> "QuerySet[Message]":
    return Message.objects.exclude(content="").order_by()


def _owner(person: int) -> str:
    return f"u{person}"


def forget_person(person: int) -> None:
    index.collection(NAME).delete_owner(_owner(person))


def near(owner: int, vector: Vector, query: Query, folders: Folders, most: int) -> list[tuple[UUID, UUID, str]]:
    """(message, conversation, role) of the owner's messages that mean something like it, the nearest first, as far as the query's filters
    let them through. Whose they are is asked for in the index and of the messages themselves."""
    hits = index.collection(NAME).search(vector, _owner(owner), None, LOOKED_AT)
    keys = [UUID(hit.key) for hit in hits if hit.similarity >= ENOUGH]
    rows = Message.objects.filter(pk__in=keys, conversation__owner=owner, removed=None, conversation__removed=None)
    for term in query.terms:
        if term.excluded:
            rows = rows.exclude(content__icontains=" ".join(term.words))
    found = {row[0]: row for row in chosen(rows, query, folders).values_list("pk", "conversation", "role")}
    return [found[key] for key in keys if key in found][:most]
