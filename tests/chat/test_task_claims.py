"""The life of a task: leases, fencing, attempts, limits, and what is left of it in the end."""

import datetime
import io
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from chat import task_claims, tasks
from chat.models import InferenceTask, Node, NodeModel
from chat.task_claims import ClaimedTask, Produced
from chat.tasks import Unavailable
from inference_client.protocol.messages import Held
from meatlizard.accounts.models import User
from meatlizard.errors import LimitReached, NotFound
from meatlizard.jobs.lease import State
from tests.chat.makers import Pairing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

FREE = {"embedding": {"minilm": 2}}


def embedding(user: User | None = None, model: str = "", text: str = "a") -> UUID:
    return tasks.enqueue_embedding([text], model=model, user=user, offline=True)


def claim(node: Node, limit: int = 1, session: str = "one", **more: int) -> list[ClaimedTask]:
    return task_claims.claim(session, node.pk, FREE, limit, **more)


def expire(task: UUID) -> None:
    past = timezone.now() - datetime.timedelta(seconds=1)
    assert InferenceTask.objects.filter(pk=task).update(lease_until=past) == 1


def test_first_asked_is_first_claimed_within_the_slots(pair: Pairing) -> None:
    node, made = pair("minilm"), [embedding() for _ in range(3)]
    assert [one.task for one in claim(node, limit=9)] == made[:2]
    assert [one.task for one in claim(node, limit=9)] == made[2:]


def test_a_node_gets_its_kind_and_its_models_alone(pair: Pairing) -> None:
    node = pair("minilm")
    tasks.enqueue_image("a lizard", offline=True)
    embedding(model="other")
    assert claim(node) == []
    mine = embedding(model="minilm")
    assert [(one.task, one.model, one.input) for one in claim(node)] == [(mine, "minilm", {"texts": ["a"]})]


def test_a_machine_that_works_for_its_owner_alone_gets_his_tasks(alice: User, olga: User, pair: Pairing) -> None:
    node = pair("minilm")
    embedding()
    embedding(alice)
    hers = embedding(olga)
    assert [one.task for one in claim(node, limit=2, only_of=olga.pk)] == [hers]


def test_who_lost_the_lease_cannot_end_it(pair: Pairing) -> None:
    node, task = pair("minilm"), embedding()
    (stale,) = claim(node)
    expire(task)
    assert task_claims.reap().requeued == [task]
    (one,) = claim(node, session="two")
    made = Produced("minilm", {"dimensions": 1}, vectors=b"\x00\x00\x80\x3f")
    assert not task_claims.succeed(task, stale.epoch, made)
    assert not task_claims.fail(task, stale.epoch, "late", "")
    assert not task_claims.give_back(task, stale.epoch, "late", "")
    assert tasks.result(task).state == "running"
    assert task_claims.succeed(task, one.epoch, made)
    assert not task_claims.succeed(task, one.epoch, made), "an end is written once"
    assert tasks.result(task) == tasks.Result("done", "minilm", vectors=[[1.0]])


def test_three_nodes_that_vanish_are_the_end(pair: Pairing) -> None:
    node, task = pair("minilm"), embedding()
    for _ in range(3):
        assert claim(node)
        expire(task)
        task_claims.reap()
    assert claim(node) == []
    said = tasks.result(task)
    assert (said.state, said.code) == ("failed", "interrupted")


def test_renewing_tells_what_is_still_held(pair: Pairing) -> None:
    node, kept, lost = pair("minilm"), embedding(), embedding()
    claim(node, limit=2)
    before = InferenceTask.objects.get(pk=kept).lease_until
    task_claims.cancel([lost])
    assert task_claims.renew("one", [kept, lost]) == {kept}
    after = InferenceTask.objects.get(pk=kept).lease_until
    assert before is not None
    assert after is not None
    assert after > before


def test_a_returning_node_takes_up_what_is_still_its_own(pair: Pairing) -> None:
    node, mine, forgotten, others = pair("minilm"), embedding(), embedding(), embedding()
    first, _ = claim(node, limit=2)
    (foreign,) = claim(pair("minilm", session="two"), session="two")
    holding = [Held(generation=one.task, epoch=one.epoch, length=0) for one in (first, foreign)]
    taken = task_claims.resume("again", node.pk, holding)
    assert [(one.task, one.model) for one in taken] == [(mine, "minilm")]
    assert taken[0].epoch > first.epoch
    states = dict(InferenceTask.objects.values_list("pk", "state"))
    assert states == {mine: State.LEASED, forgotten: State.QUEUED, others: State.LEASED}


def test_a_user_may_have_so_many_waiting_and_no_more(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MAX_WAITING", 2)
    embedding(alice)
    embedding(alice)
    with pytest.raises(LimitReached):
        embedding(alice)
    embedding(bob)
    assert InferenceTask.objects.count() == 3


def test_nul_is_taken_by_both_databases(pair: Pairing) -> None:
    embedding(text="a\x00b")
    assert claim(pair("minilm"))[0].input == {"texts": ["a\ufffdb"]}


def test_what_is_offered_is_what_may_work(alice: User, olga: User, pair: Pairing) -> None:
    node = pair("minilm")
    assert tasks.offered("embedding") == [], "a model for chats"
    NodeModel.objects.update(kind="embedding")
    assert tasks.model_for("embedding") == "minilm"
    with pytest.raises(Unavailable):
        tasks.model_for("embedding", "other")
    mine = Node.objects.filter(pk=node.pk)
    for changes in ({"paused": True}, {"session": ""}, {"own_only": True}):
        mine.update(**{"paused": False, "session": "one", **changes})
        with pytest.raises(Unavailable):
            tasks.model_for("embedding", user=alice)
    assert tasks.model_for("embedding", user=olga) == "minilm"


def test_old_tasks_go_with_their_files_and_young_ones_stay() -> None:
    old, young = (tasks.enqueue_transcription(io.BytesIO(b"sound"), "audio/wav", offline=True) for _ in range(2))
    painted = tasks.enqueue_image("a lizard", offline=True)
    picture = default_storage.save("tasks/picture", ContentFile(b"x"))
    InferenceTask.objects.filter(pk=painted).update(result_file=picture, state=State.DONE)
    recording = InferenceTask.objects.get(pk=old).input_file.name or ""
    long_ago = timezone.now() - datetime.timedelta(hours=task_claims.KEPT_HOURS + 1)
    task_claims.cancel([old])
    InferenceTask.objects.filter(pk__in=[old, painted]).update(created=long_ago, ended_at=long_ago)
    assert task_claims.purge() == 2
    assert not default_storage.exists(recording)
    assert not default_storage.exists(picture)
    with pytest.raises(NotFound):
        tasks.result(old)
    assert tasks.result(young).state == "waiting"
    default_storage.delete(InferenceTask.objects.get().input_file.name or "")


def test_what_ended_after_a_long_wait_is_kept_until_it_could_be_read(pair: Pairing) -> None:
    node = pair("minilm")
    done, waiting = embedding(), embedding()
    (claimed,) = claim(node)
    assert task_claims.succeed(done, claimed.epoch, Produced("minilm", {"dimensions": 1}, vectors=b"\0\0\x80\x3f"))
    long_ago = timezone.now() - datetime.timedelta(hours=task_claims.KEPT_HOURS + 1)
    InferenceTask.objects.update(created=long_ago)
    task_claims.purge()
    assert tasks.result(done).vectors == [[1.0]]
    assert tasks.result(waiting).state == "cancelled"


def test_a_task_that_failed_in_words_with_nul_is_over(pair: Pairing) -> None:
    node = pair("minilm")
    task = embedding()
    (claimed,) = claim(node)
    assert task_claims.fail(task, claimed.epoch, "broken", "no\x00 more")
    assert tasks.result(task).error == "no\ufffd more"


def test_a_returning_node_is_known_to_be_at_the_model_it_was_given(pair: Pairing) -> None:
    """Vectors of one model under the name of another would be compared with what they cannot be compared with."""
    node = pair("alpha", "beta")
    embedding()
    [claimed] = task_claims.claim("one", node.pk, {"embedding": {"beta": 1}}, 1)
    [taken] = task_claims.resume("again", node.pk, [Held(generation=claimed.task, epoch=claimed.epoch, length=0)])
    assert (claimed.model, taken.model) == ("beta", "beta")
