"""Olga gives a conversation of Alice's to Bob: it is his with all that belongs to it, and Alice's no more."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from chat import actions, branches, handing_over, keeping, search
from chat.access import access_conversation
from chat.attachments import actions as attachments
from chat.bus import on_commit
from chat.events import BranchShown
from chat.hub import conversation_topic
from chat.models import AnswerSource, Conversation, Generation, Message, Share, ToolCall, Upload
from chat.sharing import actions as sharing
from chat.tools import citing
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, NotFound, StorageFull
from meatlizard.moderation.models import AuditEntry
from meatlizard.storage.actions import used_by
from meatlizard.threads import in_database
from tests.chat.makers import ask_as
from tests.chat.serving import serving
from tests.chat.test_chat_socket import Page
from tests.people import person
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def answered(owner: User, text: str = "What is a gecko?", **more: object) -> Conversation:
    asked = ask_as(owner, text, **more)
    Generation.objects.filter(pk=asked.pk).update(state="done")
    return Conversation.objects.get(pk=asked.conversation_id)


def document(owner: User) -> Upload:
    return attachments.take(owner, "notes.txt", [b"Lizards bask."], 13)


def found(owner: User) -> int:
    return sum(len(one.hits) for one in search.find(owner, "gecko"))


def test_what_tools_found_in_her_other_things_does_not_go_along(alice: User, bob: User, olga: User) -> None:
    talk = answered(alice)
    answer = Message.objects.get(conversation=talk, role="assistant")
    now = timezone.now()
    for number, name in enumerate(("search_my_content", "read_attachment", "web_search")):
        call = ToolCall.objects.create(
            message=answer, step=0, number=number, call="a", name=name, state="done", result=f"of {name}", created=now
        )
        address = "https://example.org/" if name == "web_search" else f"/chat/{name}/"
        AnswerSource.objects.create(
            message=answer, number=number + 1, title=f"by {name}", address=address, excerpt="x", read=now, call=call
        )
    html = citing.cited("<p>[1] [2] [3]</p>", answer.pk)
    Message.objects.filter(pk=answer.pk).update(html=html, called=3, cited=3)
    handing_over.hand_over(olga, talk.pk, bob)
    assert list(ToolCall.objects.values_list("result", flat=True)) == ["", "of read_attachment", "of web_search"]
    told = list(AnswerSource.objects.values_list("title", "address", "excerpt"))
    assert told[0] == ("…", "", "")
    assert [title for title, *_ in told[1:]] == ["by read_attachment", "by web_search"]
    html = Message.objects.get(pk=answer.pk).html
    assert ("search_my_content" in html, "https://example.org/" in html) == (False, True)


def test_it_is_his_and_hers_no_more(alice: User, bob: User, olga: User) -> None:
    talk = answered(alice)
    folder = keeping.save_folder(alice, None, "Home", None, "Be brief.")
    keeping.move(alice, [talk.pk], folder.pk)
    keeping.tag(alice, [talk.pk], "garden")
    sharing.share(talk)
    assert (found(alice), found(bob)) == (1, 0)
    handing_over.hand_over(olga, talk.pk, bob)
    with pytest.raises(NotFound):
        access_conversation(alice, talk.pk)
    his = access_conversation(bob, talk.pk)
    assert (his.folder_id, his.unread, his.tags.count(), Share.objects.count()) == (None, True, 0, 0)
    assert (found(alice), found(bob)) == (0, 1)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.before, entry.after) == (
        olga.pk, "hand over", {"owner": alice.pk}, {"owner": bob.pk},
    )  # fmt: skip
    assert ask_as(bob, "And a skink?", his).user_id == bob.pk


def test_only_an_operator_gives_away(alice: User, bob: User, olga: User) -> None:
    talk = answered(alice)
    for who in (alice, bob, person("sam", is_staff=True)):
        with pytest.raises(Forbidden):
            handing_over.hand_over(who, talk.pk, bob)
    assert access_conversation(alice, talk.pk)


def test_what_cannot_be_given_stays(alice: User, bob: User, olga: User) -> None:
    asked = ask_as(alice)
    with pytest.raises(Invalid) as refused:
        handing_over.hand_over(olga, asked.conversation_id, bob)
    assert refused.value.code == "answer_running"
    Generation.objects.update(state="done")
    with pytest.raises(Invalid) as refused:
        handing_over.hand_over(olga, asked.conversation_id, alice)
    assert refused.value.code == "nothing_to_do"
    with pytest.raises(Invalid) as refused:
        handing_over.hand_over(olga, asked.conversation_id, person("ivo", is_active=False))
    assert refused.value.code == "shut_out"
    with pytest.raises(NotFound):
        handing_over.hand_over(olga, uuid4(), bob)
    keeping.discard(alice, [asked.conversation_id])
    with pytest.raises(NotFound):
        handing_over.hand_over(olga, asked.conversation_id, bob)
    assert not AuditEntry.objects.exists()


def test_files_go_along_and_shared_ones_are_copied(alice: User, bob: User, olga: User) -> None:
    own, shared = document(alice), document(alice)
    talk = answered(alice, files=[own.pk, shared.pk])
    question = Message.objects.get(conversation=talk, role="user")
    branches.fork(alice, question)
    Upload.objects.get(pk=own.pk).attachments.exclude(message=question).delete()
    before = used_by(alice)
    handing_over.hand_over(olga, talk.pk, bob)
    his = [row.upload for row in question.attachments.select_related("upload").order_by("position")]
    assert his[0].pk == own.pk
    assert his[1].pk != shared.pk
    assert {row.owner_id for row in his} == {bob.pk}
    assert Upload.objects.get(pk=shared.pk).owner_id == alice.pk
    assert default_storage.open(his[1].file_name).read() == default_storage.open(shared.file_name).read()
    assert used_by(bob) == own.size + shared.size
    assert used_by(alice) == before - own.size


def test_what_has_no_room_is_not_given_and_leaves_nothing(alice: User, bob: User, olga: User) -> None:
    upload = document(alice)
    talk = answered(alice, files=[upload.pk])
    tier = bob.tier
    tier.pk, tier.name, tier.is_default, tier.storage_bytes = None, "tiny", False, 5
    tier.save()
    User.objects.filter(pk=bob.pk).update(tier=tier)
    with pytest.raises(StorageFull):
        handing_over.hand_over(olga, talk.pk, User.objects.get(pk=bob.pk))
    assert access_conversation(alice, talk.pk)
    assert (used_by(bob), Upload.objects.get().owner_id) == (0, alice.pk)


def test_of_two_at_once_one_gives(alice: User, bob: User, charlie: User, olga: User) -> None:
    talk = answered(alice)

    def give() -> str:
        try:
            handing_over.hand_over(olga, talk.pk, bob)
        except Invalid as error:
            return error.code
        return "given"

    assert sorted(at_once([give, give])) == ["given", "nothing_to_do"]
    assert AuditEntry.objects.count() == 1


@pytest.mark.asyncio
async def test_her_open_page_hears_that_it_is_gone_and_nothing_more(alice: User, bob: User, olga: User) -> None:
    talk = await in_database(answered, alice)
    async with serving(), Page(alice) as page:
        await page.say(type="open", conversation=talk.pk)
        await page.say(type="status", model="")
        await page.until("status")
        await in_database(handing_over.hand_over, olga, talk.pk, bob)
        assert (await page.until("conversation.deleted"))["conversation"] == str(talk.pk)
        await in_database(on_commit, conversation_topic(talk.pk), BranchShown(conversation=talk.pk, head=None))
        await in_database(actions.create_conversation, alice)
        heard = set()
        while "conversation.changed" not in heard:
            heard.add((await page.frame() or {"type": "text"})["type"])
        assert "branch.shown" not in heard
