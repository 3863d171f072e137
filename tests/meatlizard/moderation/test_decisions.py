"""What moderators decide and people appeal, what is written down of it, and who wins when two decide at once."""

import datetime
import threading
from collections.abc import Callable

import pytest
from django.db import connections
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden, Invalid
from meatlizard.moderation import services
from meatlizard.moderation.access import access_own_case, own_cases
from meatlizard.moderation.actions import appeals, audit, cases, reports, sanctions
from meatlizard.moderation.models import Appeal, AuditEntry, Case, Policy, Sanction
from meatlizard.moderation.models.audit import AppendOnly
from meatlizard.moderation.spans import BAR
from tests.meatlizard.moderation.cases import Shelf, case_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf(a="")
    monkeypatch.setitem(services._services, "shelf", shelf)
    return shelf


def actions_of(case: Case) -> list[str]:
    return list(AuditEntry.objects.filter(target=f"case {case.pk}").order_by("pk").values_list("action", flat=True))


def test_dismissing_shows_what_was_withheld(alice: User, mona: User, shelf: Shelf) -> None:
    case = case_of(alice)
    cases.dismiss(mona, case, "a false alarm")
    case.refresh_from_db()
    assert (case.state, case.content, shelf.texts["a"]) == ("dismissed", "shown", "a lizard")
    assert actions_of(case) == ["dismissed", "unmask"]
    entry = AuditEntry.objects.get(action="dismissed")
    assert (entry.actor, entry.person, entry.before, entry.after, entry.reason) == (
        mona.pk, alice.pk, "open", "dismissed", "a false alarm",
    )  # fmt: skip


def test_confirming_leaves_it_withheld(alice: User, mona: User, shelf: Shelf) -> None:
    case = case_of(alice)
    cases.confirm(mona, case)
    case.refresh_from_db()
    assert (case.state, case.content, shelf.texts["a"]) == ("confirmed", "withheld", "")


def test_a_case_is_decided_once(alice: User, mona: User, mike: User, shelf: Shelf) -> None:
    case = case_of(alice)
    cases.confirm(mona, case)
    with pytest.raises(Invalid, match="Somebody else"):
        cases.dismiss(mike, case)
    assert shelf.texts["a"] == ""


def test_masking_and_showing_again(alice: User, mona: User, shelf: Shelf) -> None:
    shelf.texts["a"] = "a lizard"
    case = case_of(alice, content=Case.Content.SHOWN, kept="")
    cases.mask(mona, case)
    assert shelf.texts["a"] == "a " + BAR * 6
    with pytest.raises(Invalid):
        cases.mask(mona, case)
    cases.unmask(mona, case)
    assert shelf.texts["a"] == "a lizard"
    with pytest.raises(Invalid):
        cases.unmask(mona, case)


def test_what_was_changed_since_is_not_written_over(alice: User, mona: User, shelf: Shelf) -> None:
    shelf.texts["a"] = "a lizard"
    case = case_of(alice, content=Case.Content.SHOWN, kept="")
    cases.mask(mona, case)
    shelf.texts["a"] = "my own new words"
    cases.dismiss(mona, case)
    case.refresh_from_db()
    assert (case.content, shelf.texts["a"]) == ("shown", "my own new words")


def test_what_was_changed_since_is_masked_whole(alice: User, mona: User, shelf: Shelf) -> None:
    shelf.texts["a"] = "other words"
    case = case_of(alice, content=Case.Content.SHOWN, kept="a lizard")
    cases.mask(mona, case)
    assert shelf.texts["a"] == f"{BAR * 5} {BAR * 5}"


def test_removing_leaves_nothing(alice: User, mona: User, shelf: Shelf) -> None:
    case = case_of(alice)
    cases.delete(mona, case)
    case.refresh_from_db()
    assert (case.content, case.kept, shelf.texts) == ("deleted", "", {})
    with pytest.raises(Invalid):
        cases.delete(mona, case)
    cases.dismiss(mona, case)
    assert shelf.texts == {}, "what was removed does not come back"


def test_what_is_gone_is_said_to_be_and_changes_nothing(alice: User, mona: User, shelf: Shelf) -> None:
    shelf.texts.clear()
    case = case_of(alice)
    for verb in (cases.unmask, cases.delete):
        with pytest.raises(Invalid, match="gone"):
            verb(mona, case)
    case.refresh_from_db()
    assert case.content == "withheld"


def test_many_at_once_say_how_many_were_done(alice: User, mona: User, shelf: Shelf) -> None:
    rows = [case_of(alice) for _ in range(3)]
    cases.confirm(mona, rows[0])
    done, refused = cases.several(mona, rows, cases.confirm)
    assert (done, len(refused)) == (2, 1)


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_warning_waits_until_it_was_read(alice: User, mona: User) -> None:
    sanctions.warn(mona, alice, "  Mind   your words ", case_of(alice))
    alice.refresh_from_db()
    assert alice.warned
    sanctions.read_warnings(alice)
    alice.refresh_from_db()
    assert not alice.warned
    assert Sanction.objects.get().seen_at is not None


def test_a_suspension_holds_and_ends_by_itself(alice: User, mona: User) -> None:
    sanctions.suspend(mona, alice, "spam", 3, case_of(alice))
    alice.refresh_from_db()
    assert alice.is_suspended
    User.objects.filter(pk=alice.pk).update(suspended_until=timezone.now() - datetime.timedelta(seconds=1))
    alice.refresh_from_db()
    assert not alice.is_suspended


def test_an_open_suspension_is_lifted_once(alice: User, mona: User, mike: User) -> None:
    row = sanctions.suspend(mona, alice, "spam", None)
    alice.refresh_from_db()
    assert alice.is_suspended
    assert row.case is not None, "there is something to appeal against"
    with pytest.raises(Invalid, match="already"):
        sanctions.suspend(mike, alice, "again", 3)
    sanctions.lift(mike, row)
    alice.refresh_from_db()
    assert not alice.is_suspended
    with pytest.raises(Invalid, match="already"):
        sanctions.lift(mona, row)


def test_nobody_acts_on_themselves_or_on_who_runs_the_site(mona: User, mike: User, olga: User) -> None:
    for by, person in ((mona, mona), (mona, mike), (mona, olga), (mike, olga)):
        with pytest.raises(Forbidden):
            sanctions.suspend(by, person, "mutiny", 3)
    assert sanctions.suspend(olga, mona, "mutiny", 3)


@pytest.mark.parametrize(("reason", "days"), [("", 3), ("x" * 501, 3), ("x", 0), ("x", 9_999)])
def test_a_suspension_needs_a_reason_and_an_end_within_bounds(alice: User, mona: User, reason: str, days: int) -> None:
    with pytest.raises(Invalid):
        sanctions.suspend(mona, alice, reason, days)
    assert not Sanction.objects.exists()


# --- appeals ----------------------------------------------------------------------------------------------------------


def test_a_granted_appeal_undoes_what_was_done(alice: User, mona: User, mike: User, shelf: Shelf) -> None:
    case = case_of(alice)
    cases.confirm(mona, case)
    sanctions.suspend(mona, alice, "lizards", None, case)
    row = appeals.appeal(alice, access_own_case(alice, case.pk), "It was a zoo question.")
    appeals.answer(mike, row, True, "You are right.")
    for thing in (alice, case, row):
        thing.refresh_from_db()
    assert not alice.is_suspended
    assert (case.state, case.content, shelf.texts["a"]) == ("dismissed", "shown", "a lizard")
    assert (row.state, row.answer) == (Appeal.State.GRANTED, "You are right.")


def test_a_refused_appeal_changes_nothing_but_is_answered(alice: User, mona: User, shelf: Shelf) -> None:
    case = case_of(alice)
    row = appeals.appeal(alice, case, "Please.")
    appeals.answer(mona, row, False, "No.")
    for thing in (case, row):
        thing.refresh_from_db()
    assert (case.state, case.content, row.state) == ("confirmed", "withheld", "refused")
    with pytest.raises(Invalid, match="already"):
        appeals.answer(mona, row, True, "Yes.")


def test_one_appeal_a_case(alice: User, shelf: Shelf) -> None:
    case = case_of(alice)
    appeals.appeal(alice, case, "Please.")
    with pytest.raises(Invalid, match="already"):
        appeals.appeal(alice, case, "Please!")
    with pytest.raises(Invalid):
        appeals.appeal(alice, case_of(alice), "  ")


def test_an_appeal_about_what_is_gone_is_granted_all_the_same(alice: User, mona: User, shelf: Shelf) -> None:
    case = case_of(alice)
    row = appeals.appeal(alice, case, "Please.")
    shelf.texts.clear()
    appeals.answer(mona, row, True, "Yes.")
    row.refresh_from_db()
    assert row.state == Appeal.State.GRANTED


def test_cases_are_their_persons_alone_and_flags_are_not_shown(alice: User, charlie: User) -> None:
    case = case_of(alice)
    flagged = case_of(alice, content=Case.Content.SHOWN, action=1)
    assert list(own_cases(alice)) == [case]
    for who, which in ((charlie, case), (alice, flagged)):
        with pytest.raises(AppError):
            access_own_case(who, which.pk)


# --- reports ----------------------------------------------------------------------------------------------------------


def test_a_report_is_a_case_and_not_made_twice(alice: User) -> None:
    what = {"service": "shelf", "target": "a", "text": "bad answer", "reason": "harm", "owner": alice.pk}
    case = reports.report(alice, "1.2.3.4", **what)
    assert (case.origin, case.matched, case.reporter) == ("report", "bad answer", alice)
    with pytest.raises(Invalid, match="already"):
        reports.report(alice, "1.2.3.4", **what)
    reports.report(None, "1.2.3.4", **what)
    assert "1.2.3.4" not in str(Case.objects.values())
    with pytest.raises(Invalid):
        reports.report(alice, "", **{**what, "target": "b", "reason": "because"})


def test_reports_are_off_where_the_policy_says_so(alice: User) -> None:
    from meatlizard.moderation import rulebook

    Policy.objects.create(reports=False)
    rulebook.forget()
    with pytest.raises(Forbidden):
        reports.report(alice, "", service="shelf", target="a", text="", reason="harm")


# --- the audit --------------------------------------------------------------------------------------------------------


def test_the_audit_is_only_added_to_and_outlives_people(alice: User, mona: User) -> None:
    case = case_of(alice)
    cases.confirm(mona, case)
    entry = AuditEntry.objects.get()
    entry.reason = "other"
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(reason=""),
    ):
        with pytest.raises(AppendOnly):
            attempt()
    numbers = (mona.pk, alice.pk)
    alice.delete()
    mona.delete()
    left = AuditEntry.objects.get()
    assert (left.actor, left.person) == numbers
    assert "alice" not in str(left.__dict__)
    assert "mona" not in str(left.__dict__)
    assert not Case.objects.exists(), "what was kept of the person's texts went with the person"


def test_old_entries_and_decided_cases_go_when_their_time_is_over(alice: User, mona: User) -> None:
    Policy.objects.create(case_days=10, audit_days=20)
    old = timezone.now() - datetime.timedelta(days=30)
    AuditEntry.objects.bulk_create([AuditEntry(at=old, action="stale")])
    decided, waiting, open_ = case_of(alice), case_of(alice), case_of(alice)
    Case.objects.filter(pk__in=[decided.pk, waiting.pk]).update(state="confirmed", decided_at=old, created=old)
    Case.objects.filter(pk=open_.pk).update(created=old)
    appeals.appeal(alice, waiting, "Please.")
    audit.record(mona, "fresh")
    cases.clear()
    audit.prune()
    assert set(Case.objects.values_list("pk", flat=True)) == {waiting.pk, open_.pk}
    assert not AuditEntry.objects.filter(action="stale").exists()
    assert AuditEntry.objects.filter(action="fresh").exists()
    Policy.objects.update(case_days=0, audit_days=0)
    assert cases.clear() == audit.prune() == 0


# --- two at once ------------------------------------------------------------------------------------------------------


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Runs them in threads of their own; each result, or the error in its place."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(number: int, call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[number] = call()
        except AppError as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_at_once_one_wins(alice: User, mona: User, mike: User, shelf: Shelf) -> None:
    for _ in range(5):
        case = case_of(alice)
        results = at_once(lambda: cases.dismiss(mona, case), lambda: cases.confirm(mike, case))  # noqa: B023
        assert sum(isinstance(result, Invalid) for result in results) == 1
        case.refresh_from_db()
        assert actions_of(case)[0] == case.state
        assert (case.content == "shown") == (case.state == "dismissed")


@pytest.mark.django_db(transaction=True)
def test_of_two_suspensions_and_two_appeals_at_once_one_wins(alice: User, mona: User, mike: User, shelf: Shelf) -> None:
    results = at_once(lambda: sanctions.suspend(mona, alice, "a", 1), lambda: sanctions.suspend(mike, alice, "b", None))
    assert sum(isinstance(result, Invalid) for result in results) == 1
    assert Sanction.objects.count() == 1
    case = case_of(alice)
    results = at_once(lambda: appeals.appeal(alice, case, "a"), lambda: appeals.appeal(alice, case, "b"))
    assert sum(isinstance(result, Invalid) for result in results) == 1
    row = Appeal.objects.get()
    results = at_once(lambda: appeals.answer(mona, row, True, "a"), lambda: appeals.answer(mike, row, False, "b"))
    assert sum(isinstance(result, Invalid) for result in results) == 1
