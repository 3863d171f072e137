"""Triggers of the database that keep audit entries as they are: no change but being put into the chain, once, and no deletion but of what
:func:`meatlizard.moderation.chain.let_go` has noted as gone.

They are made after each migration and go before it: Django changes a table on SQLite by making it anew, and SQLite refuses to rename
one that a trigger names. Who owns the database can drop them; then the chain tells.
"""

from typing import Any, Final

from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

TABLE: Final = "moderation_auditentry"
HEAD: Final = "moderation_audithead"
_KEPT: Final = ("id", "at", "door", "actor", "action", "target", "person", "before", "after", "reason")

_GONE: Final = f"COALESCE((SELECT gone FROM {HEAD} WHERE id = 1), 0)"  # noqa: S608
_STAYS: Final = f"COALESCE(OLD.number, 9223372036854775807) > {_GONE}"


def load(app: Any) -> None:
    pre_migrate.connect(_before, sender=app, dispatch_uid="moderation.audit", weak=False)
    post_migrate.connect(_after, sender=app, dispatch_uid="moderation.audit", weak=False)


def _before(sender: Any, using: str, plan: Any = (), **kwargs: Any) -> None:
    if plan:
        unhook(using)


def _after(sender: Any, using: str, **kwargs: Any) -> None:
    make(using)


def make(using: str) -> None:
    """Nothing while the tables are not there yet."""
    db = connections[using]
    with db.cursor() as cursor:
        if {TABLE, HEAD} <= set(db.introspection.table_names(cursor)):
            for statement in _postgres() if db.vendor == "postgresql" else _sqlite():
                cursor.execute(statement)


def unhook(using: str) -> None:
    db = connections[using]
    with db.cursor() as cursor:
        if db.vendor == "sqlite":
            for event in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS moderation_audit_{event}")


def _changed(differs: str) -> str:
    """Whether more is changed than ``number`` and ``digest`` of an entry that has none yet."""
    kept = " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in _KEPT)
    return f"OLD.number IS NOT NULL OR NEW.number IS NULL OR {kept}"


def _sqlite() -> tuple[str, ...]:
    unhooked = [f"DROP TRIGGER IF EXISTS moderation_audit_{event}" for event in ("update", "delete")]
    return (
        *unhooked,
        f"CREATE TRIGGER moderation_audit_update BEFORE UPDATE ON {TABLE} WHEN {_changed('IS NOT')} "
        "BEGIN SELECT RAISE(ABORT, 'audit entries are not changed'); END",
        f"CREATE TRIGGER moderation_audit_delete BEFORE DELETE ON {TABLE} WHEN {_STAYS} "
        "BEGIN SELECT RAISE(ABORT, 'audit entries are not deleted'); END",
    )


def _postgres() -> tuple[str, ...]:
    return (
        f"""CREATE OR REPLACE FUNCTION moderation_audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF {_changed("IS DISTINCT FROM")} THEN RAISE EXCEPTION 'audit entries are not changed'; END IF;
                RETURN NEW;
            END IF;
            IF {_STAYS} THEN RAISE EXCEPTION 'audit entries are not deleted'; END IF;
            RETURN OLD;
        END $$""",
        f"CREATE OR REPLACE TRIGGER moderation_audit_update BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION moderation_audit_kept()",
    )
