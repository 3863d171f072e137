"""What is counted of answers, and what is told of queue, machines and people."""

import datetime

import pytest
from django.db import transaction
from django.utils import timezone

from chat import generations, measuring
from chat.generations import Outcome
from chat.models import Generation, NodeSample
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import User
from meatlizard.metrics import readings
from meatlizard.metrics.registry import Counter, Histogram
from tests.chat.makers import Asking, Pairing, claim_one

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
COUNTED = (
    measuring.ended_total, measuring.read_total, measuring.written_total, measuring.first_token, measuring.speed, measuring.wait,
)  # fmt: skip
USAGE = Usage(prompt_tokens=50, completion_tokens=30, prompt_seconds=0.1, completion_seconds=2.0)


@pytest.fixture(autouse=True)
def nothing_before() -> None:
    for one in COUNTED:
        one.taken()


def sums(metric: Counter | Histogram) -> dict[tuple[str, ...], float]:
    return {labels: one.total for labels, one in metric.taken().items()}


def levels() -> dict[tuple[str, ...], float]:
    found = readings.Readings().levels(30)
    return {(name.removeprefix("meatlizard_"), *labels): value for name, labels, value in found}


def test_an_answer_is_counted_when_it_has_ended(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    row = ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    assert measuring.wait.taken()[()].n == 1
    assert generations.finish(row.pk, claim.epoch, "Because.", Outcome("stop", USAGE, answered_by="tiny"))
    where = ("tiny", str(node.pk)[:8])
    assert sums(measuring.ended_total) == {("answer", "", "tiny", "done"): 1.0}
    assert sums(measuring.written_total) == {where: 30.0}
    assert sums(measuring.read_total) == {where: 50.0}
    assert sums(measuring.speed) == {("tiny",): 15.0}
    (first,) = measuring.first_token.taken().values()
    assert (first.n, first.total >= 0) == (1, True)
    # A second end, by a node that lost its lease, counts for nothing.
    assert not generations.finish(row.pk, claim.epoch, "Because!", Outcome("stop", USAGE, answered_by="tiny"))
    assert sums(measuring.ended_total) == {}


def test_what_was_taken_back_is_not_counted(alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    row = ask(alice)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    with transaction.atomic():
        generations.finish(row.pk, claim.epoch, "Because.", Outcome("stop", USAGE, answered_by="tiny"))
        transaction.set_rollback(True)
    assert sums(measuring.ended_total) == {}


def test_stops_failures_and_the_fallback_are_told_apart(alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
    ask(alice, offline="markov")
    generations.request_stop(ask(alice))
    node = pair("tiny")
    row = ask(bob)
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    generations.finish(row.pk, claim.epoch, "", Outcome("failed", error_code="engine", answered_by="tiny"))
    assert sums(measuring.ended_total) == {
        ("answer", "", measuring.FALLBACK, "done"): 1.0, ("answer", "", "", "cancelled"): 1.0, ("answer", "", "tiny", "failed"): 1.0,
    }  # fmt: skip
    assert sums(measuring.written_total) == {}


def test_queue_machines_and_people_are_looked_at(alice: User, bob: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    ask(alice)
    ask(bob)
    claim_one("one", node.pk, ["tiny"])
    minute = timezone.now().replace(second=0, microsecond=0)
    NodeSample.objects.create(
        node=node, session="one", at=minute, seconds=10, completion_tokens=400, gpu_utilisation=0.75, memory=9_000
    )
    found, name = levels(), str(node.pk)[:8]
    assert found["queue_waiting",] == 1
    assert found["generations_open", "queued"] == 1
    assert found["generations_open", "leased"] == 1
    assert found["client_info", name, node.name] == 1
    assert (found["client_connected", name], found["client_slots", name], found["client_busy", name]) == (1, 4, 1)
    assert (found["client_gpu_ratio", name], found["client_tokens_per_second", name]) == (0.75, 40)
    # What the machine did not say is no nought.
    assert ("client_temperature_celsius", name) not in found
    assert (found["people_active", "day"], found["accounts", "active"]) == (2, 3)
    assert found["budget_used_tokens", alice.tier.name] == 0
    assert found["budget_given_tokens", alice.tier.name] == 2 * alice.tier.weekly_tokens
    assert found["storage_used_bytes",] == 0
    assert found["jobs_oldest_wait_seconds",] >= 0


def test_people_of_last_month_are_not_active(alice: User, ask: Asking) -> None:
    row = ask(alice)
    Generation.objects.filter(pk=row.pk).update(created=timezone.now() - datetime.timedelta(days=3))
    found = levels()
    assert (found["people_active", "day"], found["people_active", "week"]) == (0, 1)
