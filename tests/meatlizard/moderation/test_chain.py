"""The audit is only added to, and whatever is changed in it by another way is named."""

import datetime
import threading
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.moderation import chain, triggers
from meatlizard.moderation.actions import audit
from meatlizard.moderation.models import AuditEntry, AuditHead
from meatlizard.moderation.models.audit import AppendOnly
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
TABLE = "moderation_auditentry"


def written(count: int) -> None:
    for number in range(count):
        audit.record(None, "try", f"thing {number}", before={"b": 1.0, "a": [1e20, 1.5e-7, "ü\u2028"]}, reason="<b>")


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


@pytest.fixture
def unprotected() -> Callable[..., None]:
    """As the database's owner, who can drop triggers."""

    def run(statement: str, *values: object) -> None:
        if connection.vendor == "sqlite":
            triggers.unhook("default")
        else:
            sql(f"ALTER TABLE {TABLE} DISABLE TRIGGER ALL")
        try:
            sql(statement, *values)
        finally:
            if connection.vendor == "sqlite":
                triggers.make("default")
            else:
                sql(f"ALTER TABLE {TABLE} ENABLE TRIGGER ALL")

    return run


def test_entries_are_linked_as_they_are_written(olga: User) -> None:
    written(3)
    audit.record(olga, "try", person=olga.pk, after=None)
    numbers = list(AuditEntry.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4]
    verdict = chain.verify()
    assert (verdict.first, verdict.last, verdict.broken) == (1, 4, None)
    assert verdict.digest == AuditHead.objects.get().digest


def test_what_is_rolled_back_is_not_there_and_leaves_no_gap() -> None:
    written(1)
    with transaction.atomic():
        written(2)
        transaction.set_rollback(True)
    written(1)
    assert chain.verify().last == 2


def test_many_writers_at_once_make_one_chain() -> None:
    ready = threading.Barrier(6)

    def write() -> None:
        ready.wait()
        for number in range(8):
            with transaction.atomic():
                audit.record(None, "race", str(number))

    at_once([write] * 6)
    verdict = chain.verify()
    assert (verdict.last, verdict.broken) == (48, None)
    assert AuditEntry.objects.filter(number=None).count() == 0


def test_entries_of_a_release_before_and_of_dead_processes_are_linked_later() -> None:
    for number in range(chain.BATCH + 3):
        AuditEntry.objects.create(at=timezone.now(), action="old", target=str(number))
    assert not AuditEntry.objects.exclude(number=None).exists()
    assert chain.link() == chain.BATCH
    written(1)
    assert chain.verify().last == chain.BATCH + 4


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET reason = 'nothing happened' WHERE number = 2",
        f"UPDATE {TABLE} SET number = 9 WHERE number = 2",
        f"UPDATE {TABLE} SET digest = 'x' WHERE number = 2",
        f"DELETE FROM {TABLE} WHERE number = 2",
        f"DELETE FROM {TABLE}",
    ],
)
def test_the_database_refuses_changes(statement: str) -> None:
    written(3)
    AuditEntry.objects.create(at=timezone.now(), action="waits")
    with pytest.raises(DatabaseError, match="audit entries are not"), transaction.atomic():
        sql(statement)
    assert AuditEntry.objects.count() == 4
    assert chain.verify().broken is None


def test_an_entry_that_waits_to_be_linked_is_protected_too() -> None:
    AuditEntry.objects.create(at=timezone.now(), action="waits")
    for statement in (
        f"UPDATE {TABLE} SET action = 'x', number = 1",
        f"UPDATE {TABLE} SET action = 'x'",
        f"DELETE FROM {TABLE}",
    ):
        with pytest.raises(DatabaseError, match="audit entries are not"), transaction.atomic():
            sql(statement)


def test_the_program_refuses_changes_before_the_database_has_to() -> None:
    written(1)
    row = AuditEntry.objects.get()
    for change in (
        row.save,
        row.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(reason="x"),
    ):
        with pytest.raises(AppendOnly):
            change()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE {} SET reason = 'nothing' WHERE number = 3", 3),
        ("UPDATE {} SET actor = 5 WHERE number = 1", 1),
        ("UPDATE {} SET at = (SELECT at FROM {} WHERE number = 1) WHERE number = 4", 4),
        ("UPDATE {} SET before = '{{}}' WHERE number = 2", 2),
        ("UPDATE {} SET digest = (SELECT digest FROM {} WHERE number = 1) WHERE number = 5", 5),
        ("DELETE FROM {} WHERE number = 1", 1),
        ("DELETE FROM {} WHERE number = 3", 3),
        ("DELETE FROM {} WHERE number > 3", 4),
        ("DELETE FROM {} WHERE number = 5", 5),
        ("DELETE FROM {}", 1),
    ],
)
def test_whoever_gets_around_that_is_found_out(unprotected: Callable[..., None], statement: str, broken: int) -> None:
    written(5)
    unprotected(statement.format(TABLE, TABLE))
    verdict = chain.verify()
    assert verdict.broken == broken
    with pytest.raises(CommandError, match=f"broken at entry {broken}:"):
        call_command("audit_verify", stdout=StringIO())


def test_who_writes_all_of_it_anew_is_found_out_by_a_hash_noted_elsewhere(unprotected: Callable[..., None]) -> None:
    written(4)
    out = StringIO()
    call_command("audit_verify", stdout=out)
    noted = out.getvalue().strip().splitlines()[-1]
    written(1)
    call_command("audit_verify", "--noted", noted, stdout=StringIO())
    unprotected(f"UPDATE {TABLE} SET reason = 'nothing' WHERE number = 2")
    unprotected(f"UPDATE {TABLE} SET number = NULL, digest = ''")
    AuditHead.objects.all().delete()
    chain.link_all()
    assert chain.verify().broken is None
    with pytest.raises(CommandError, match="broken at entry 4: its hash is another"):
        call_command("audit_verify", "--noted", noted, stdout=StringIO())
    with pytest.raises(CommandError, match="no entry of this number"):
        call_command("audit_verify", "--noted", f"77:{noted}", stdout=StringIO())
    with pytest.raises(CommandError, match="as this command prints it"):
        call_command("audit_verify", "--noted", "everything", stdout=StringIO())


def test_old_entries_go_and_the_chain_holds() -> None:
    old = timezone.now() - datetime.timedelta(days=1_000)
    for number in range(3):
        AuditEntry.objects.create(at=old, action="old", target=str(number))
    chain.link_all()
    written(2)
    assert audit.prune() == 3
    verdict = chain.verify()
    assert (verdict.first, verdict.last, verdict.broken) == (4, 5, None)
    assert audit.prune() == 0
    written(1)
    assert chain.verify().last == 6


def test_an_old_entry_behind_a_young_one_stays_until_that_goes() -> None:
    written(1)
    AuditEntry.objects.create(at=timezone.now() - datetime.timedelta(days=1_000), action="old")
    chain.link_all()
    assert audit.prune() == 0
    assert chain.verify().last == 2


def test_everything_may_go_and_begin_again() -> None:
    AuditEntry.objects.create(at=timezone.now() - datetime.timedelta(days=1_000), action="old")
    assert audit.prune() == 1
    assert chain.verify().broken is None
    written(1)
    assert (chain.verify().first, chain.verify().last) == (2, 2)
