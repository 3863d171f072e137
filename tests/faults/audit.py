"""A record that the database itself keeps of what was committed, by triggers: whoever wrote it, and whether he lived to say so.

The log of an answer is deleted when the answer ends; this record of it stays, so that afterwards every chunk can be counted.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

TABLE = """CREATE TABLE fault_audit (
    id {serial} PRIMARY KEY, kind text NOT NULL, generation {uuid} NOT NULL, epoch integer NOT NULL,
    at integer, text text, state text
)"""
CHUNK = """INSERT INTO fault_audit (kind, generation, epoch, at, text, state)
    SELECT 'chunk', g.id, g.lease_epoch, NEW."offset", NEW.text, g.state FROM chat_generation g WHERE g.id = NEW.generation_id;"""
ENDED = (
    """INSERT INTO fault_audit (kind, generation, epoch, state) VALUES ('ended', NEW.id, NEW.lease_epoch, NEW.state);"""
)
EPOCH = (
    """INSERT INTO fault_audit (kind, generation, epoch, state) VALUES ('epoch', NEW.id, NEW.lease_epoch, NEW.state);"""
)
TRIGGERS = {
    "fault_chunk": ("AFTER INSERT ON chat_chunk FOR EACH ROW", CHUNK),
    "fault_ended": (
        "AFTER UPDATE OF state ON chat_generation FOR EACH ROW WHEN (NEW.state IN ('done', 'failed', 'cancelled'))",
        ENDED,
    ),
    "fault_epoch": (
        "AFTER UPDATE OF lease_epoch ON chat_generation FOR EACH ROW WHEN (NEW.lease_epoch <> OLD.lease_epoch)",
        EPOCH,
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed write, in the order of ``id``. ``epoch`` and ``state`` are the generation's at that moment."""

    id: int
    kind: str
    generation: UUID
    epoch: int
    at: int | None
    text: str | None
    state: str


@contextmanager
def auditing() -> Iterator[None]:
    """Keeps the record for as long as the block."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            TABLE.format(serial="bigserial", uuid="uuid")
            if postgres
            else TABLE.format(serial="integer", uuid="char(32)")
        )
        for name, (when, what) in TRIGGERS.items():
            if postgres:
                body = f"BEGIN {what} RETURN NULL; END"
                cursor.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
                cursor.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")
            else:
                cursor.execute(f"CREATE TRIGGER {name} {when} BEGIN {what} END")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name in TRIGGERS:
                cursor.execute(f"DROP FUNCTION {name} CASCADE" if postgres else f"DROP TRIGGER {name}")
            cursor.execute("DROP TABLE fault_audit")


def entries() -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, kind, generation, epoch, at, text, state FROM fault_audit ORDER BY id")
        return [Entry(row[0], row[1], UUID(str(row[2])), *row[3:]) for row in cursor.fetchall()]


def problems(history: list[Entry], expected: Mapping[UUID, str]) -> list[str]:
    """What is wrong with a finished run: ``expected`` maps each generation to its right answer. Empty when all is well."""
    found = []
    for generation, text in expected.items():
        mine = [entry for entry in history if entry.generation == generation]
        found += [f"{generation}: {problem}" for problem in _problems_of_one(mine, text)]
    strangers = {entry.generation for entry in history} - expected.keys()
    return found + [f"{generation}: nobody asked for it" for generation in strangers]


def _problems_of_one(history: list[Entry], expected: str) -> Iterator[str]:
    ends = [entry for entry in history if entry.kind == "ended"]
    if len(ends) != 1 or ends[0].state != "done":
        yield f"ended {[entry.state for entry in ends]} instead of once as done"
    epochs = [entry.epoch for entry in history if entry.kind == "epoch"]
    if epochs != sorted(set(epochs)):
        yield f"fencing tokens {epochs} do not rise"
    at = 0
    for chunk in (entry for entry in history if entry.kind == "chunk"):
        assert chunk.text is not None
        if chunk.at != at:
            yield f"a chunk at {chunk.at} where {at} was next"
        if expected[chunk.at : (chunk.at or 0) + len(chunk.text)] != chunk.text:
            yield f"a chunk at {chunk.at} with a text that is not the answer's"
        if chunk.state not in ("leased", "streaming"):
            yield f"a chunk at {chunk.at} while it was {chunk.state}"
        at = (chunk.at or 0) + len(chunk.text)
    if at != len(expected):
        yield f"{at} code points were stored of {len(expected)}"
