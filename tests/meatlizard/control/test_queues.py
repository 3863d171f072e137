"""Olga sees what waits and runs, cancels it, queues it again and purges it; of two at once one does. Charlie sees nothing."""

from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat import claims
from chat.models import Generation
from meatlizard.accounts.models import User
from meatlizard.control import queues
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.jobs import actions as jobs
from meatlizard.jobs.models import Job
from meatlizard.moderation.models import AuditEntry
from tests.chat.makers import ask_as, connected_node
from tests.people import person
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def recorded() -> list[Any]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "target"))


def test_a_waiting_answer_is_cancelled_and_its_person_is_free_to_ask(alice: User, olga: User) -> None:
    row = ask_as(alice)
    (entry,) = queues.access_queue(olga, "generations").entries("waiting", 10)
    assert (entry.key, entry.whose, entry.where) == (str(row.pk), "alice", "")
    assert "Why?" not in str(entry)
    assert queues.cancel(olga, "generations", [entry.key]) == 1
    row.refresh_from_db()
    assert (row.state, row.reason) == ("cancelled", "cancelled")
    assert queues.cancel(olga, "generations", [entry.key]) == 0
    assert recorded() == [("queue cancel", f"generations {row.pk}")]
    assert ask_as(alice, conversation=row.conversation).pk


def test_a_running_answer_is_stopped_or_given_to_another_machine(alice: User, olga: User) -> None:
    node = connected_node(olga)
    first, second = ask_as(alice), ask_as(olga)
    taken = claims.claim("one", node.pk, {"tiny": 4}, limit=2)
    assert {one.generation for one in taken} == {first.pk, second.pk}
    assert queues.requeue(olga, "generations", [str(first.pk)]) == 1
    first.refresh_from_db()
    assert (first.state, first.lease_owner) == ("queued", "")
    assert queues.cancel(olga, "generations", [str(second.pk)]) == 1
    second.refresh_from_db()
    assert second.stop_requested
    assert queues.cancel(olga, "generations", [str(second.pk)]) == 0, "it is being stopped"


def test_a_job_under_way_is_taken_from_its_worker_which_can_write_no_more(olga: User) -> None:
    job = jobs.enqueue("a.task", [], {})
    held = jobs.claim("w1")
    assert held is not None
    assert queues.requeue(olga, "jobs", [str(job.pk)]) == 1
    assert not jobs.succeed(held, "late")
    again = jobs.claim("w2")
    assert again is not None
    assert queues.cancel(olga, "jobs", [str(job.pk)]) == 1
    assert not jobs.succeed(again, "late")
    job.refresh_from_db()
    assert (job.state, job.result) == ("cancelled", None)
    assert queues.requeue(olga, "jobs", [str(job.pk)]) == 1
    third = jobs.claim("w3")
    assert third is not None and jobs.succeed(third, "done")
    assert queues.requeue(olga, "jobs", [str(job.pk)]) == 0, "it is done"


def test_all_that_waits_is_purged_and_what_is_over_cleared(alice: User, olga: User) -> None:
    for number in range(3):
        jobs.enqueue("a.task", [number], {})
    assert jobs.claim("w1") is not None
    ask_as(alice)
    assert queues.purge(olga, "jobs") == 2
    assert sorted(Job.objects.values_list("state", flat=True)) == ["cancelled", "cancelled", "leased"]
    assert queues.clear(olga, "jobs") == 2
    assert Job.objects.count() == 1
    assert queues.purge(olga, "generations") == 1
    assert Generation.objects.get(purpose="answer").state == "cancelled"
    assert [action for action, _ in recorded()] == ["queue purge", "queue clear", "queue purge"]


def test_of_many_who_cancel_the_same_one_does(alice: User, olga: User) -> None:
    key = str(jobs.enqueue("a.task", [], {}).pk)
    answer = str(ask_as(alice).pk)
    assert sorted(at_once([partial(queues.cancel, olga, "jobs", [key])] * 4)) == [0, 0, 0, 1]
    assert sum(at_once([partial(queues.cancel, olga, "generations", [answer])] * 4)) >= 1
    assert recorded().count(("queue cancel", f"jobs {key}")) == 1


def test_what_makes_no_sense_is_refused(alice: User, olga: User) -> None:
    job = jobs.enqueue("a.task", [], {})
    for who in (alice, person("sam", is_staff=True)):
        for verb in (queues.purge, queues.clear, partial(queues.cancel, keys=[str(job.pk)])):
            with pytest.raises(Forbidden):
                verb(who, "jobs")
    with pytest.raises(NotFound):
        queues.purge(olga, "people")
    for keys in ([], [str(number) for number in range(201)]):
        with pytest.raises(Invalid):
            queues.cancel(olga, "jobs", keys)
    assert queues.cancel(olga, "jobs", ["'; DROP TABLE", "0"]) == queues.cancel(olga, "generations", ["x"]) == 0
    assert not recorded()


def test_the_page_shows_and_steers(client: Client, alice: User, olga: User) -> None:
    page = reverse("admin:jobs_job_queue")
    job = jobs.enqueue("a.task<script>", ["secret of alice"], {})
    ask_as(alice, "My secret question")
    client.force_login(olga)
    shown = client.get(page, {"queue": "jobs"}).content.decode()
    assert "a.task&lt;script&gt;" in shown and "secret of alice" not in shown
    shown = client.get(page, {"queue": "generations"}).content.decode()
    assert "alice" in shown and "My secret question" not in shown
    for stage in ("running", "ended", "<x>"):
        assert client.get(page, {"queue": "jobs", "stage": stage}).status_code == 200
    told = client.post(f"{page}?queue=jobs&stage=waiting", {"do": "cancel", "key": str(job.pk)}, follow=True)
    assert "1 changed." in told.content.decode()
    assert "Choose something" in client.post(f"{page}?queue=jobs", {"do": "requeue"}, follow=True).content.decode()
    client.post(f"{page}?queue=generations", {"do": "purge"})
    assert Generation.objects.get(purpose="answer").state == "cancelled"
    for who in (alice, person("sam", is_staff=True)):
        client.force_login(who)
        assert client.get(page).status_code in (302, 403)
        assert client.post(f"{page}?queue=jobs", {"do": "purge"}).status_code in (302, 403)
    assert Client().get(page).status_code == 302
