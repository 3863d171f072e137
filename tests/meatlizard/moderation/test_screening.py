"""Texts that go in and out: let through, masked, refused; cases, and what it costs when nothing is switched on."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.moderation import drafts, rulebook
from meatlizard.moderation.actions import screening
from meatlizard.moderation.actions.screening import Blocked
from meatlizard.moderation.models import Action, AuditEntry, Case, Policy, Rule, Sanction
from tests.meatlizard.moderation.conftest import Switching

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_nothing_costs_anything_while_no_rule_is_on(alice: User, rule: Switching) -> None:
    rule("block", words="lizard", on=False)
    rulebook.refresh()
    with CaptureQueriesContext(connection) as queries:
        assert screening.incoming(alice, "chat", "lizard") == ("lizard", None)
        assert screening.outgoing(alice.pk, "chat", ["lizard", ""]) == [None, None]
        assert not screening.asks_model("chat", "in")
    assert len(queries) == 0


def test_a_text_that_passes_costs_no_query_either(alice: User, rule: Switching) -> None:
    rule("block", words="lizard")
    with CaptureQueriesContext(connection) as queries:
        assert screening.incoming(alice, "chat", "gecko") == ("gecko", None)
    assert len(queries) == 0


def test_a_blocked_question_is_refused_and_only_what_matched_is_kept(alice: User, rule: Switching) -> None:
    rule("block", words="lizard", message="No lizards here")
    with pytest.raises(Blocked) as refused:
        screening.incoming(alice, "chat", "my secret Lizard plan", place="conversation:1")
    assert "No lizards here." in refused.value.message
    (case,) = Case.objects.all()
    assert (case.person, case.matched, case.kept, case.content) == (alice, "Lizard", "", Case.Content.REFUSED)
    assert "secret" not in str(case.__dict__)


def test_where_the_policy_allows_it_the_whole_text_is_kept_for_moderators(alice: User, rule: Switching) -> None:
    Policy.objects.create(context=Policy.Context.MESSAGE)
    rule("block", words="lizard")
    with pytest.raises(Blocked):
        screening.incoming(alice, "chat", "my secret lizard plan")
    assert Case.objects.get().kept == "my secret lizard plan"


def test_the_same_again_is_counted_in_one_case(alice: User, bob: User, rule: Switching) -> None:
    rule("block", words="lizard")
    for who, text in ((alice, "a lizard"), (alice, "the lizard"), (bob, "a lizard")):
        with pytest.raises(Blocked):
            screening.incoming(who, "chat", text)
    assert sorted(Case.objects.values_list("person__username", "times")) == [("alice", 2), ("bob", 1)]


def test_a_refused_attempt_that_is_repeated_has_no_other_consequence(alice: User, rule: Switching) -> None:
    rule("suspend", words="lizard")
    for _ in range(3):
        with pytest.raises(Blocked):
            screening.incoming(alice, "chat", "lizard", once="request 1")
    assert Case.objects.get().times == 1
    assert Sanction.objects.count() == 1


def test_who_provokes_rules_without_end_fills_no_table(
    alice: User, rule: Switching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening, "MOST_OPEN", 3)
    rule("block", pattern=r"lizard\d+")
    for number in range(9):
        with pytest.raises(Blocked):
            screening.incoming(alice, "chat", f"lizard{number}")
    assert Case.objects.count() == 3


def test_a_masked_question_is_stored_masked(alice: User, rule: Switching) -> None:
    rule("mask", words="lizard")
    text, found = screening.incoming(alice, "chat", "😀 a lizard!")
    assert text == "😀 a ██████!"
    assert found is not None
    case = screening.note(found, target="message:1")
    assert (case.content, case.spans, case.kept) == (Case.Content.MASKED, [(4, 10)], "😀 a lizard!")


def test_a_flagged_question_goes_through(alice: User, rule: Switching) -> None:
    rule("flag", words="lizard")
    text, found = screening.incoming(alice, "chat", "a lizard")
    assert (text, found is not None and found.blocks) == ("a lizard", False)


def test_suspension_by_a_rule(alice: User, rule: Switching) -> None:
    rule("suspend", words="lizard", days=3, message="No lizards")
    with pytest.raises(Blocked):
        screening.incoming(alice, "chat", "lizard")
    alice.refresh_from_db()
    assert alice.is_suspended
    sanction = Sanction.objects.get()
    assert sanction.reason == "No lizards."
    assert AuditEntry.objects.filter(action="suspend", actor=None, person=alice.pk).exists()


def test_who_runs_the_site_is_blocked_and_not_suspended_by_a_rule(olga: User, rule: Switching) -> None:
    rule("suspend", words="lizard")
    with pytest.raises(Blocked):
        screening.incoming(olga, "chat", "lizard")
    olga.refresh_from_db()
    assert not olga.is_suspended


def test_scope_and_services(alice: User, rule: Switching) -> None:
    rule("block", words="inward", scope="in")
    rule("block", words="outward", scope="out")
    rule("block", words="pasted", services=["paste"])
    assert screening.incoming(alice, "chat", "outward pasted")[1] is None
    assert screening.outgoing(None, "chat", ["inward"]) == [None]
    assert screening.outgoing(None, "chat", ["outward"])[0] is not None
    with pytest.raises(Blocked):
        screening.incoming(alice, "paste", "pasted")


@pytest.mark.parametrize(
    ("kind", "texts"), [("same", ["Hi  there", "hi there", "HI THERE"]), ("many", ["a", "b", "c"])]
)
def test_rates(alice: User, bob: User, rule: Switching, kind: str, texts: list[str]) -> None:
    rule("block", kind=kind, limit=3, minutes=5)
    for text in texts[:2]:
        screening.incoming(alice, "chat", text)
    screening.incoming(bob, "chat", texts[2])
    if kind == "same":
        screening.incoming(alice, "chat", "something else")
    with pytest.raises(Blocked):
        screening.incoming(alice, "chat", texts[2])


def test_an_attempt_that_is_repeated_counts_once(alice: User, rule: Switching) -> None:
    rule("block", kind="same", limit=2, minutes=5)
    for _ in range(4):
        screening.incoming(alice, "chat", "hello", once="request 1")
    with pytest.raises(Blocked):
        screening.incoming(alice, "chat", "hello", once="request 2")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "same", "limit": 1, "minutes": 5},
        {"kind": "many", "limit": 5},
        {"kind": "links"},
        {"kind": "classifier"},
        {"kind": "classifier", "instructions": "x", "seconds": 500},
        {"kind": "classifier", "instructions": "x", "action": Action.MASK},
        {"kind": "many", "limit": 5, "minutes": 5, "action": Action.ALLOW},
        {"kind": "pattern", "pattern": "("},
        {"kind": "words", "words": ""},
    ],
)
def test_rules_that_cannot_work_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        drafts.ready(Rule(name="bad", **{"action": Action.BLOCK, **fields}), "set")


def test_an_unusable_rule_in_the_database_stops_no_other(alice: User, rule: Switching) -> None:
    row = rule("block", words="lizard")
    Rule.objects.create(rule_set=row, name="old", kind="pattern", pattern="(", action=Action.BLOCK)
    rulebook.forget()
    with pytest.raises(Blocked):
        screening.incoming(alice, "chat", "lizard")


def test_odd_characters_can_be_noted(alice: User, rule: Switching) -> None:
    rule("block", pattern="x.y")
    with pytest.raises(Blocked):
        screening.incoming(alice, "chat", "x\x00y")
    assert Case.objects.get().matched == "x\ufffdy"


def test_what_is_remembered_follows_the_version(alice: User, rule: Switching) -> None:
    row = rule("block", words="lizard")
    assert rulebook.current().sets
    type(row).objects.filter(pk=row.pk).update(enabled=False)
    assert rulebook.refresh().sets, "nothing says that it changed"
    Policy.objects.update(version=99)
    assert not rulebook.refresh().sets


def test_masking_rules_hold_answers(rule: Switching) -> None:
    rule("block", words="lizard", scope="out")
    assert not rulebook.current().holds("chat")
    rule("mask", words="gecko", scope="out", services=["chat"])
    assert rulebook.current().holds("chat")
    assert not rulebook.current().holds("paste")
