"""What Olga does with inference clients in the admin, and that members cannot."""

import io
import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from chat import tasks
from chat.models import Conversation, Generation, InferenceTask, Node, PairingCode
from inference_client.protocol import pairing
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from tests.chat.makers import Asking, Pairing, claim_one
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, action: str, node: Node) -> int:
    answer = client.post(reverse("admin:chat_node_changelist"), {"action": action, "_selected_action": [node.pk]})
    return answer.status_code


def test_olga_gets_a_code_once_and_only_its_hash_is_kept(olga: User) -> None:
    client = signed_in(olga)
    address = reverse("admin:chat_node_pair")
    assert "ML1-" not in client.get(address).content.decode()
    page = client.post(address)
    found = re.search(r"ML1(-[0-9A-Z]{5}){16}", page.content.decode())
    assert found is not None
    assert "no-store" in page["Cache-Control"]
    code = PairingCode.objects.get()
    assert code.code_hash == pairing.parse(found[0]).secret_hash
    assert "ML1-" not in client.get(address).content.decode()


def test_a_member_gets_no_code_and_sees_no_clients(alice: User) -> None:
    client = signed_in(alice)
    for name in ("admin:chat_node_pair", "admin:chat_node_changelist", "admin:chat_generation_changelist"):
        assert client.get(reverse(name)).status_code in (302, 403)
        assert client.post(reverse(name)).status_code in (302, 403)
    assert not PairingCode.objects.exists()


def test_revoking_gives_back_what_the_client_was_answering(olga: User, alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    asked = ask(alice)
    assert claim_one("one", node.pk, ["tiny"])
    assert act(signed_in(olga), "revoke", node) == 302
    node.refresh_from_db()
    assert node.revoked is not None
    assert Generation.objects.get(pk=asked.pk).state == "queued"


def test_pausing_and_resuming(olga: User, pair: Pairing) -> None:
    node = pair("tiny")
    client = signed_in(olga)
    assert act(client, "pause", node) == 302
    assert Node.objects.get(pk=node.pk).paused
    assert act(client, "resume", node) == 302
    assert not Node.objects.get(pk=node.pk).paused


def test_rotating_gives_a_code_for_that_client(olga: User, pair: Pairing) -> None:
    node = pair("tiny")
    client = signed_in(olga)
    page = client.post(
        reverse("admin:chat_node_changelist"), {"action": "rotate", "_selected_action": [node.pk]}
    ).content.decode()
    assert PairingCode.objects.get().node_id == node.pk
    # `pair` would be refused there: that machine is paired.
    assert "inference_client rotate <strong" in page
    assert "inference_client pair http" not in page
    assert "inference_client pair http" in client.post(reverse("admin:chat_node_pair")).content.decode()


@pytest.mark.parametrize("action", ["revoke", "pause", "resume", "rotate"])
def test_staff_who_may_only_look_at_clients_carry_out_nothing(action: str, pair: Pairing) -> None:
    node = pair("tiny")
    Node.objects.filter(pk=node.pk).update(paused=action == "resume")
    clerk = person("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_node"))
    act(signed_in(clerk), action, node)
    node.refresh_from_db()
    assert (node.revoked, node.paused) == (None, action == "resume")
    assert not PairingCode.objects.exists()


def test_a_conversation_deleted_by_an_operator_gives_back_what_was_set_aside(
    olga: User, alice: User, ask: Asking
) -> None:
    conversations = [ask(alice).conversation_id for _ in range(2)]
    assert budgets.standing(alice).reserved > 0  # type: ignore[union-attr]
    client = signed_in(olga)
    client.post(reverse("admin:chat_conversation_delete", args=conversations[:1]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": conversations[1:], "post": "yes"}
    client.post(reverse("admin:chat_conversation_changelist"), chosen)
    assert not Conversation.objects.exists()
    assert budgets.standing(alice).reserved == 0  # type: ignore[union-attr]


def test_a_task_deleted_by_an_operator_leaves_no_file(olga: User) -> None:
    task = tasks.enqueue_transcription(io.BytesIO(b"sound"), "audio/wav", offline=True)
    name = InferenceTask.objects.get().input_file.name or ""
    signed_in(olga).post(reverse("admin:chat_inferencetask_delete", args=[task]), {"post": "yes"})
    assert not InferenceTask.objects.exists()
    assert not default_storage.exists(name)


def test_a_person_who_has_asked_something_can_be_deleted(olga: User, alice: User, ask: Asking) -> None:
    """The ledger is nobody's to delete from; it must not keep a person from leaving."""
    ask(alice)
    budgets.grant(alice, 10, olga)
    page = signed_in(olga).post(reverse("admin:accounts_user_delete", args=[alice.pk]), {"post": "yes"})
    assert page.status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Conversation.objects.exists()


def test_every_list_and_page_of_the_chat_opens(olga: User, alice: User, ask: Asking, pair: Pairing) -> None:
    node, asked = pair("tiny"), ask(alice)
    client = signed_in(olga)
    for model, pk in (
        ("node", node.pk), ("generation", asked.pk), ("conversation", asked.conversation_id), ("message", asked.message_id),
    ):  # fmt: skip
        listed = client.get(reverse(f"admin:chat_{model}_changelist"), {"q": "a"})
        opened = client.get(reverse(f"admin:chat_{model}_change", args=[pk]))
        assert (listed.status_code, opened.status_code) == (200, 200), model
        assert "Why?" not in opened.content.decode(), "operators do not read members' conversations here"
    assert client.get(reverse("admin:chat_pairingcode_changelist")).status_code == 200
    assert client.get(reverse("admin:chat_node_change", args=[uuid4()])).status_code == 302
