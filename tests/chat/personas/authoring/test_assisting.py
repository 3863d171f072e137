"""The assistant at work: a draft, suggestions, a picture and a trial by a connected machine; whose they are, and what they cost."""

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django.fixtures import Settings

from chat import tasks
from chat.models import Conversation, Generation, InferenceTask, Message
from chat.personas.authoring import actions
from chat.tasks import Unavailable
from inference_client.protocol.messages import Generate
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.errors import Invalid, LimitReached, NotFound
from meatlizard.threads import in_database
from tests.chat.personas.makers import lizzy
from tests.chat.personas.visits import signed_in
from tests.chat.serving import serving
from tests.chat.test_node_socket import paired

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = {
    "name": "Lizzy", "description": "A lizard.", "personality": "Dry.", "scenario": "A library.",
    "first_message": "Ssh.", "examples": "<START>", "tags": ["lizard"],
}  # fmt: skip


async def done(user: User, task: UUID, wanted: Any, field: str = "") -> dict[str, Any]:
    async with asyncio.timeout(20):
        while (found := await in_database(actions.outcome, user, task, wanted, field))["state"] in (
            "waiting",
            "running",
        ):
            await asyncio.sleep(0.02)
    return found


async def test_a_sentence_becomes_a_draft_that_is_paid_for(olga: User, alice: User) -> None:
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello()
        task = await in_database(actions.draft, alice, "a lizard who keeps a library")
        job = await node.hear(Generate)
        assert json.loads(job.sampling.json_schema)["required"]
        before = await in_database(budgets.standing, alice)
        assert before is not None and before.reserved > 0
        answer = json.dumps(DRAFT)
        await node.text(job, 0, answer)
        await node.finish(job, len(answer))
        assert await done(alice, task, "draft") == {"state": "done", "draft": DRAFT}
    after = await in_database(budgets.standing, alice)
    assert after is not None and after.reserved == 0 and after.used > 0
    with pytest.raises(NotFound):
        await in_database(actions.outcome, olga, task, "draft")


async def test_what_nobody_waits_for_any_more_costs_nothing(olga: User, alice: User) -> None:
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello()
        task = await in_database(actions.suggest, alice, "name", {"name": "L"})
        await node.hear(Generate)
        with pytest.raises(NotFound):
            await in_database(actions.forget, olga, task)
        await in_database(actions.forget, alice, task)
    standing = await in_database(budgets.standing, alice)
    assert standing is not None and (standing.used, standing.reserved) == (0, 0)


async def test_a_trial_reads_the_character_in_the_editor_and_leaves_nothing(olga: User, alice: User) -> None:
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello()
        turns = [{"role": "assistant", "text": "Wet again?"}, {"role": "user", "text": "Very."}]
        task = await in_database(actions.reply, alice, lizzy(post_history="Stay dry."), turns)
        job = await node.hear(Generate)
        said = [(message.role, message.content) for message in job.messages]
        assert said[0][0] == "system" and "Lizzy is a lizard who keeps a library." in said[0][1]
        assert said[1:] == [("assistant", "Wet again?"), ("user", "Very."), ("system", "Stay dry.")]
        await node.text(job, 0, "Ssh.")
        await node.finish(job, 4)
        assert await done(alice, task, "reply") == {"state": "done", "reply": "Ssh."}
    for model in (Conversation, Message, Generation):
        assert not await model.objects.aexists()


async def test_an_unusable_answer_is_said_to_be_one(olga: User, alice: User) -> None:
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello()
        task = await in_database(actions.draft, alice, "a lizard")
        job = await node.hear(Generate)
        await node.text(job, 0, "I would rather not.")
        await node.finish(job, 19)
        with pytest.raises(Invalid, match="could not be used"):
            await done(alice, task, "draft")
        with pytest.raises(Invalid, match="something else"):
            await done(alice, task, "picture")


async def test_without_a_machine_or_tokens_it_says_so(olga: User, alice: User, settings: Settings) -> None:
    with pytest.raises(Unavailable):
        await in_database(actions.draft, alice, "a lizard")
    node, _ = await paired(olga)
    async with serving(), node:
        await node.hello()
        alice.tier.weekly_tokens = 10
        await alice.tier.asave()
        with pytest.raises(LimitReached):
            await in_database(actions.draft, alice, "a lizard")
    assert not await InferenceTask.objects.aexists()


def picture_of(size: tuple[int, int], form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (90, 200, 120)).save(out, form)
    return out.getvalue()


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch, alice: User) -> Callable[[bytes], InferenceTask]:
    """A task of Alice's whose machine has sent a picture. How pictures travel is proved elsewhere."""

    def make(data: bytes) -> InferenceTask:
        from django.core.files.base import ContentFile
        from django.utils import timezone

        row = InferenceTask(
            kind="image", user=alice, state="done", created=timezone.now(), result={"media_type": "image/png"}
        )
        row.result_file.save("made", ContentFile(data), save=False)
        row.save(force_insert=True)
        return row

    return make


def test_a_made_picture_is_encoded_anew_and_shown_to_who_asked(
    painted: Callable[[bytes], InferenceTask], alice: User, bob: User
) -> None:
    row = painted(picture_of((512, 512), "PNG") + b"<script>alert(1)</script>")
    address = reverse("chat:persona-picture", args=[row.pk])
    shown = signed_in(alice).get(address)
    assert shown["Content-Type"] == "image/webp" and b"<script>" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as opened:
        assert (opened.format, opened.size) == ("WEBP", (512, 512))
    assert signed_in(bob).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    garbage = painted(b"no picture")
    assert signed_in(alice).get(reverse("chat:persona-picture", args=[garbage.pk])).status_code == 400


ROUTES: list[tuple[str, dict[str, Any]]] = [
    ("persona-draft", {"wish": "a lizard"}),
    ("persona-suggest", {"field": "name"}),
    ("persona-paint", {"name": "Lizzy"}),
    ("persona-reply", {"name": "Lizzy", "visibility": "mine", "turns": '[{"role": "user", "text": "Hi"}]'}),
]


@pytest.mark.parametrize(("name", "body"), ROUTES)
def test_each_door_sends_guests_to_sign_in_and_says_when_no_machine_is_there(
    alice: User, name: str, body: dict[str, Any]
) -> None:
    address = reverse(f"chat:{name}")

    def ask(client: Client) -> Any:
        if name == "persona-draft":
            return client.post(address, json.dumps(body), "application/json", headers={"accept": "application/json"})
        return client.post(address, body, headers={"accept": "application/json"})

    assert ask(Client()).status_code in (302, 403)
    refused = ask(signed_in(alice))
    assert refused.status_code == 503 and "connected" in refused.json()["error"]["message"]
    assert signed_in(alice).get(address).status_code == 405


def test_strangers_find_no_task(alice: User, bob: User) -> None:
    row = InferenceTask.objects.create(kind="completion", user=alice, created="2026-01-01T00:00:00Z", input={})
    client = signed_in(bob)
    assert client.get(reverse("chat:persona-outcome", args=[row.pk]), {"wanted": "draft"}).status_code == 404
    assert client.post(reverse("chat:persona-forget", args=[row.pk]), "{}", "application/json").status_code == 404
    assert signed_in(alice).get(reverse("chat:persona-outcome", args=[uuid4()]), {"wanted": "draft"}).status_code == 404
    assert signed_in(alice).get(reverse("chat:persona-outcome", args=[row.pk]), {"wanted": "draft"}).json() == {
        "state": "waiting"
    }
    # The site's own tasks belong to nobody.
    own = InferenceTask.objects.create(kind="completion", created="2026-01-01T00:00:00Z", input={})
    assert client.get(reverse("chat:persona-outcome", args=[own.pk]), {"wanted": "draft"}).status_code == 404
    assert tasks.result(row.pk).state == "waiting"
