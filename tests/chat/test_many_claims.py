"""Claims for several clients at once, against a real database."""

import datetime
from collections import Counter
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat import claims, generations, nodes, queueing, samples
from chat.generations import Outcome
from chat.inference.placement import Offer, Seat
from chat.models import Generation, Node, NodeModel, NodeSample
from chat.samples import Minute
from inference_client.protocol.messages import Availability, Metrics
from inference_client.protocol.vocabulary import ModelMetrics
from meatlizard.accounts.models import User
from tests.chat.makers import Asking, Pairing
from tests.people import person
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def seat(node: Node, *aliases: str, slots: int = 4, **more: object) -> Seat:
    offers = tuple(Offer(alias, slots, slots) for alias in aliases or ("tiny",))
    return Seat(node.session, node.pk, offers, slots * len(offers), **more)  # type: ignore[arg-type]


def two(pair: Pairing) -> tuple[Node, Node]:
    made = pair("tiny"), pair("tiny", session="two")
    for node in made:
        node.refresh_from_db()
    return made


def test_one_claim_leases_to_each_client_under_its_own_name(alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
    mac, tower = two(pair)
    asked = {ask(alice).pk, ask(bob).pk}
    claimed = claims.claim_for([seat(mac, slots=1), seat(tower, slots=1)], 4)
    assert {one.generation for _, one in claimed} == asked
    rows = Generation.objects.filter(pk__in=asked).values_list("pk", "lease_owner", "node", "state", "attempts")
    assert {row[1:] for row in rows} == {("one", mac.pk, "leased", 1), ("two", tower.pk, "leased", 1)}
    assert {(session, one.generation) for session, one in claimed} == {(row[1], row[0]) for row in rows}
    assert not claims.claim_for([seat(mac), seat(tower)], 4)


def answered(claimed: list[tuple[str, claims.Claimed]]) -> None:
    for _, one in claimed:
        outcome = Outcome("stop", answered_by=one.model, html="<p>x</p>")
        assert generations.finish(one.generation, one.epoch, "x", outcome)


def test_the_claim_knows_who_answered_last(alice: User, ask: Asking, pair: Pairing) -> None:
    mac, tower = two(pair)
    first = ask(alice)
    answered(claims.claim_for([seat(mac)], 1))
    Generation.objects.filter(purpose="title").delete()
    ask(alice, conversation=first.conversation)
    fast = Seat("two", tower.pk, (Offer("tiny", 4, 4, speed=1000.0),), 4)
    slow = Seat("one", mac.pk, (Offer("tiny", 1, 4, speed=1.0),), 1)
    assert [session for session, _ in claims.claim_for([fast, slow], 4, memory=True)] == ["one"]


def test_what_one_client_failed_the_other_gets_with_the_text_so_far(alice: User, ask: Asking, pair: Pairing) -> None:
    mac, tower = two(pair)
    ask(alice)
    [(_, one)] = claims.claim_for([seat(mac)], 1)
    generations.append([generations.Piece(one.generation, one.epoch, 0, "Half ")])
    assert generations.give_back(one.generation, one.epoch, "broken", "")
    heavy = seat(mac, weight=1000)
    assert claims.claim_for([heavy, seat(tower, slots=0)], 4) == [], "the other is full, and worth waiting for"
    [(session, again)] = claims.claim_for([heavy, seat(tower)], 4)
    assert (session, again.prefix) == ("two", "Half ")


def test_who_waits_for_a_busy_client_holds_up_nobody_behind_him(bob: User, ask: Asking, pair: Pairing) -> None:
    mac, tower = two(pair)
    for number in range(6):
        ask(person(f"member{number}"))
    for _, one in claims.claim_for([seat(mac, slots=6)], 6):
        assert generations.give_back(one.generation, one.epoch, "broken", "")
    newcomers = ask(bob)
    [(session, one)] = claims.claim_for([seat(mac, slots=1), seat(tower, slots=0)], 1)
    assert (session, one.generation) == ("one", newcomers.pk)


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_failure_in_words_with_nul_is_an_end_on_both_databases(
    attempts: int, alice: User, ask: Asking, pair: Pairing
) -> None:
    """An upstream's error may hold anything. What the database refuses, the client would bring again for ever."""
    mac, _ = two(pair)
    asked = ask(alice)
    for _ in range(attempts):
        [(_, one)] = claims.claim_for([seat(mac)], 1)
        if attempts > 1:
            assert generations.give_back(one.generation, one.epoch, "broken", "no\x00 more")
        else:
            assert generations.finish(one.generation, one.epoch, "", Outcome("failed", error="no\x00 more"))
    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "no\ufffd more")


def test_an_owners_machine_takes_only_his_even_behind_a_long_line(
    alice: User, bob: User, ask: Asking, pair: Pairing
) -> None:
    mac, _ = two(pair)
    for number in range(30):
        ask(person(f"asker{number}"))
    mine = ask(alice)
    alone = seat(mac, owner=alice.pk, own_only=True, slots=2)
    assert [one.generation for _, one in claims.claim_for([alone], 2)] == [mine.pk]
    assert claims.claim_for([seat(mac, owner=None, own_only=True)], 2) == []


def test_an_owner_goes_first_on_his_machine_if_he_wants_to(alice: User, ask: Asking, pair: Pairing) -> None:
    mac, _ = two(pair)
    others = [ask(person(f"asker{number}")) for number in range(30)]
    mine = ask(alice)
    first = seat(mac, owner=alice.pk, owner_first=True, slots=2)
    assert {one.generation for _, one in claims.claim_for([first], 2)} == {mine.pk, others[0].pk}


def test_two_processes_with_two_clients_each_never_share_an_answer(ask: Asking, pair: Pairing) -> None:
    people = [person(f"asker{number}") for number in range(10)]
    asked = Counter(ask(user).pk for user in people for _ in range(4))
    made = [pair("tiny", session=f"link {number}") for number in range(4)]
    for node in made:
        node.refresh_from_db()

    def process(mine: list[Node]) -> list[tuple[UUID, UUID]]:
        taken: list[tuple[UUID, UUID]] = []
        while Generation.objects.waiting().exclude(purpose="title").exists():
            by_session = {node.session: node.pk for node in mine}
            claimed = claims.claim_for([seat(node, slots=2) for node in mine], 3, memory=True)
            taken += [(one.generation, by_session[session]) for session, one in claimed]
            answered(claimed)
        return taken

    shares = at_once([lambda: process(made[:2]), lambda: process(made[2:])])
    taken = [one for share in shares for one in share]
    titles = set(Generation.objects.filter(purpose="title").values_list("pk", flat=True))
    assert Counter(generation for generation, _ in taken if generation not in titles) == asked
    owners = dict(Generation.objects.values_list("pk", "node"))
    assert all(owners[generation] == node for generation, node in taken)


def test_only_what_may_work_for_everybody_counts_as_elsewhere(pair: Pairing) -> None:
    away, paused, hot, own, broken, here, there = (pair("tiny", session=f"s{number}") for number in range(7))
    rows = Node.objects
    rows.filter(pk=away.pk).update(session="")
    rows.filter(pk=paused.pk).update(paused=True)
    nodes.said(hot.pk, "s2", Availability(state="paused", why="heat"))
    rows.filter(pk=own.pk).update(own_only=True)
    nodes.show_breaker(broken.pk, "tiny", "open", 30.0)
    rows.filter(pk=here.pk).update(session=f"{nodes.SESSION_PREFIX}1")
    assert nodes.elsewhere() == {there.pk: frozenset({"tiny"})}
    rows.filter(pk=there.pk).update(last_seen=timezone.now() - datetime.timedelta(minutes=2))
    assert nodes.elsewhere() == {}


def test_what_an_older_link_says_is_not_written_over_a_newer_one(pair: Pairing) -> None:
    node = pair("tiny")
    nodes.said(node.pk, "a link before", Availability(state="draining"))
    node.refresh_from_db()
    assert node.said_state == "open"


def test_a_new_link_begins_with_nothing_said_and_breakers_closed(pair: Pairing) -> None:
    from tests.chat.makers import hello

    node = pair("tiny")
    nodes.said(node.pk, "one", Availability(state="paused", why="owner", max_slots=2, own_only=True))
    nodes.show_breaker(node.pk, "tiny", "open", 30.0)
    nodes.connected(node.pk, "two", hello("tiny"))
    node.refresh_from_db()
    assert (node.said_state, node.said_why, node.said_slots, node.said_own_only) == ("open", "", None, False)
    assert NodeModel.objects.get(node=node).breaker == ""


def test_the_queue_counts_only_what_may_work_and_an_owners_machine_for_him(
    alice: User, bob: User, olga: User, pair: Pairing
) -> None:
    node = pair("tiny")
    assert queueing.offered("tiny", alice.pk)
    Node.objects.filter(pk=node.pk).update(own_only=True)
    assert not queueing.offered("tiny", alice.pk)
    assert queueing.offered("tiny", olga.pk)
    assert queueing.status("tiny", olga.pk).state == "live"
    assert queueing.status("tiny", alice.pk).state == "offline"
    Node.objects.filter(pk=node.pk).update(own_only=False, max_slots=1)
    assert queueing.snapshot().slots == 1
    Node.objects.filter(pk=node.pk).update(said_state="draining")
    assert not queueing.offered("tiny", alice.pk)


def test_an_embedding_model_is_nobodys_partner_for_a_chat(pair: Pairing) -> None:
    node = pair("minilm")
    NodeModel.objects.filter(node=node).update(kind="embedding")
    assert not queueing.offered("", None)
    assert queueing.snapshot().slots == 0


# --- measurements ---------------------------------------------------------------------------------------------------


def report(tokens: int = 5, **more: object) -> Metrics:
    model = ModelMetrics(alias="tiny", seconds=2.0, completion_tokens=tokens, requests=1, busy=2)
    return Metrics(uptime=9.0, models=(model,), **more)  # type: ignore[arg-type]


def test_a_minute_is_one_row_however_often_it_is_written(pair: Pairing) -> None:
    node, minute = pair("tiny"), Minute(timezone.now().replace(second=0, microsecond=0))
    for _ in range(3):
        minute.add(report(memory=2**40, gpu_utilisation=0.5), 10.0)
        samples.write(node.pk, "one", [minute])
    row = NodeSample.objects.get()
    assert (row.completion_tokens, row.requests, row.seconds, row.busy) == (15, 3, 30.0, 2)
    assert (row.memory, row.gpu_utilisation, row.temperature) == (2**40, 0.5, None)
    assert row.by_model["tiny"]["completion_tokens"] == 15
    other = Minute(minute.at)
    other.add(report(), 5.0)
    samples.write(node.pk, "a later link in the same minute", [other])
    assert sorted(NodeSample.objects.values_list("completion_tokens", flat=True)) == [5, 15]


def test_numbers_beyond_all_sense_are_bounded(pair: Pairing) -> None:
    node, minute = pair("tiny"), Minute(timezone.now().replace(second=0, microsecond=0))
    huge = ModelMetrics(alias="tiny", seconds=1e308, completion_tokens=10**40, busy=10**30, waiting=10**30)
    for _ in range(3):
        minute.add(Metrics(uptime=1e308, reconnections=10**30, models=(huge,)), 1.0)
    samples.write(node.pk, "one", [minute])
    row = NodeSample.objects.get()
    assert row.completion_tokens == samples.LARGEST
    assert row.busy == 2**31 - 1


def test_what_is_being_written_does_not_change_under_the_writer() -> None:
    minute = Minute(timezone.now())
    minute.add(report(5), 1.0)
    written = minute.copy()
    minute.add(report(5), 1.0)
    assert (written.values["completion_tokens"], written.by_model["tiny"]["completion_tokens"]) == (5, 5)


def test_a_node_that_makes_up_models_without_end_fills_nothing() -> None:
    minute = Minute(timezone.now())
    for number in range(50):
        made_up = tuple(ModelMetrics(alias=f"m{number}-{n}", seconds=1.0, completion_tokens=1) for n in range(100))
        minute.add(Metrics(uptime=1.0, models=made_up), 1.0)
    assert len(minute.by_model) == samples.MAX_MODELS
    assert minute.values["completion_tokens"] == samples.MAX_MODELS


def test_a_node_that_was_deleted_meanwhile_leaves_no_trace(pair: Pairing) -> None:
    minute = Minute(timezone.now().replace(second=0, microsecond=0))
    minute.add(report(), 1.0)
    samples.write(uuid4(), "one", [minute])
    assert not NodeSample.objects.exists()


def test_samples_are_kept_for_a_week(pair: Pairing) -> None:
    node, now = pair("tiny"), timezone.now()
    for days in (6.9, 7.1):
        NodeSample.objects.create(node=node, session="one", at=now - datetime.timedelta(days=days))
    assert samples.purge() == 1
    assert (now - NodeSample.objects.get().at).days == 6
