"""Order among conversations: what Alice pins, files, tags, throws away and takes back, and that nobody does so to hers."""

import datetime
import json
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions, branches, keeping, listing, search
from chat.access import access_conversation
from chat.messages import contexts
from chat.models import Conversation, Generation, Message
from chat.models.conversations import Folder, Tag
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from tests.chat.makers import Asking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def talks(owner: User, *titles: str) -> list[UUID]:
    """The last one is the newest."""
    keys = []
    for title in titles:
        keys.append(actions.create_conversation(owner).pk)
        Conversation.objects.filter(pk=keys[-1]).update(title=title)
    return keys


def titles(owner: User, view: str = "") -> list[str]:
    return [row.title for row in listing.page(owner, view=view)[0]]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_pinned_stand_first_and_archived_elsewhere(alice: User) -> None:
    a, b, c, _ = talks(alice, "a", "b", "c", "d")
    assert keeping.mark(alice, [a], "pin") == 1
    keeping.mark(alice, [b, c], "archive")
    assert titles(alice) == ["a", "d"]
    assert titles(alice, "archived") == ["c", "b"]
    keeping.mark(alice, [c], "unarchive")
    keeping.mark(alice, [a], "unpin")
    assert titles(alice) == ["d", "c", "a"]


def test_pinned_do_not_come_again_on_later_pages(alice: User) -> None:
    keys = talks(alice, *(str(number) for number in range(130)))
    keeping.mark(alice, keys[:5], "pin")
    seen: list[UUID] = []
    cursor: str | None = ""
    while cursor is not None:
        rows, cursor = listing.page(alice, cursor)
        seen += [row.id for row in rows]
    assert sorted(seen) == sorted(keys)


def test_folders_and_tags_make_lists(alice: User) -> None:
    a, b, c = talks(alice, "a", "b", "c")
    home = keeping.save_folder(alice, None, "Home", None, "")
    keeping.move(alice, [a, b], home.pk)
    keeping.tag(alice, [b, c], "#Green Lizards")
    assert titles(alice, f"folder:{home.pk}") == ["b", "a"]
    assert titles(alice, "tag:green-lizards") == ["c", "b"]
    rows = {row.id: row for row in listing.page(alice)[0]}
    assert (rows[b].tags, rows[b].folder) == (("green-lizards",), home.pk)
    assert listing.tags(alice) == ["green-lizards"]
    keeping.untag(alice, [b, c], "green lizards")
    keeping.move(alice, [a], None)
    assert titles(alice, f"folder:{home.pk}") == ["b"]
    assert listing.tags(alice) == []


@pytest.mark.parametrize("view", ["x", "folder:", "folder:x", "archived:", "trash "])
def test_a_list_that_is_none_is_refused(alice: User, view: str) -> None:
    assert signed_in(alice).get(reverse("chat:list"), {"view": view}).status_code == 400


def test_a_folders_prompts_are_read_before_the_conversations(alice: User, ask: Asking) -> None:
    outer = keeping.save_folder(alice, None, "Work", None, "Be formal.")
    middle = keeping.save_folder(alice, None, "Empty", outer.pk, "  ")
    inner = keeping.save_folder(alice, None, "Letters", middle.pk, "Write letters.")
    row = ask(alice)
    actions.configure(row.conversation, "", "In French.", None)
    keeping.move(alice, [row.conversation_id], inner.pk)
    (system, question) = contexts([row], {row.pk: ""})[row.pk].messages
    assert (system.role, system.content) == ("system", "Be formal.\n\nWrite letters.\n\nIn French.")
    assert question.content == "Why?"


def test_folders_do_not_lie_within_themselves_nor_too_deep_nor_under_one_name(alice: User) -> None:
    chain: list[Folder] = []
    for number in range(keeping.MAX_DEPTH):
        chain.append(keeping.save_folder(alice, None, f"f{number}", chain[-1].pk if chain else None, ""))
    with pytest.raises(Invalid, match="deep"):
        keeping.save_folder(alice, None, "more", chain[-1].pk, "")
    with pytest.raises(Invalid, match="itself"):
        keeping.save_folder(alice, chain[0], "f0", chain[2].pk, "")
    with pytest.raises(Invalid, match="itself"):
        keeping.save_folder(alice, chain[0], "f0", chain[0].pk, "")
    other = keeping.save_folder(alice, None, "other", None, "")
    with pytest.raises(Invalid, match="deep"):
        keeping.save_folder(alice, chain[0], "f0", other.pk, "")
    with pytest.raises(Invalid, match="already"):
        keeping.save_folder(alice, None, "OTHER", None, "")
    for name in ("", "  ", "x" * 81, "a\x00b"):
        with pytest.raises(Invalid):
            keeping.save_folder(alice, None, name, None, "")
    assert Folder.objects.count() == keeping.MAX_DEPTH + 1


def test_what_lay_in_a_deleted_folder_moves_to_where_it_lay(alice: User) -> None:
    (a,) = talks(alice, "a")
    outer = keeping.save_folder(alice, None, "outer", None, "")
    middle = keeping.save_folder(alice, None, "middle", outer.pk, "")
    inner = keeping.save_folder(alice, None, "inner", middle.pk, "")
    keeping.move(alice, [a], middle.pk)
    keeping.delete_folder(alice, middle)
    inner.refresh_from_db()
    assert inner.parent_id == outer.pk
    assert titles(alice, f"folder:{outer.pk}") == ["a"]
    assert [(row["name"], row["depth"]) for row in listing.folders(alice)] == [("outer", 0), ("inner", 1)]


@pytest.mark.parametrize("name", ["", " # ", "x" * 41, "a\x00b"])
def test_a_tag_that_is_none_is_refused(alice: User, name: str) -> None:
    with pytest.raises(Invalid):
        keeping.tag(alice, talks(alice, "a"), name)


def test_a_conversation_has_a_bounded_number_of_tags(alice: User) -> None:
    keys = talks(alice, "a", "b")
    for number in range(keeping.MAX_TAGS):
        keeping.tag(alice, keys[:1], f"t{number}")
    keeping.tag(alice, keys[:1], "t0")
    with pytest.raises(Invalid, match="at most"):
        keeping.tag(alice, keys, "one-more")
    assert Tag.objects.count() == keeping.MAX_TAGS, "nothing of it was done"


def test_what_is_deleted_is_gone_for_its_owner_and_comes_back(alice: User) -> None:
    a, b = talks(alice, "a", "b")
    assert keeping.discard(alice, [a, b]) == 2
    assert (titles(alice), titles(alice, "trash")) == ([], ["b", "a"])
    with pytest.raises(NotFound):
        access_conversation(alice, a)
    assert keeping.bring_back(alice, [a]) == 1
    assert (titles(alice), titles(alice, "trash")) == (["a"], ["b"])
    assert keeping.erase(alice, [b]) == 1
    with pytest.raises(NotFound):
        keeping.erase(alice, [a])
    assert Conversation.objects.get().pk == a


def test_deleting_stops_what_runs(alice: User, ask: Asking) -> None:
    waiting, running = ask(alice), ask(alice)
    Generation.objects.filter(pk=running.pk).update(state="streaming", lease_owner="one")
    keeping.discard(alice, [waiting.conversation_id, running.conversation_id])
    waiting.refresh_from_db()
    running.refresh_from_db()
    assert waiting.state == "cancelled"
    assert running.stop_requested


def test_the_trash_is_emptied_after_its_time(alice: User, ask: Asking) -> None:
    old, new, kept = (ask(alice).conversation for _ in range(3))
    now = timezone.now()
    keeping.discard(alice, [old.pk, new.pk])
    Conversation.objects.filter(pk=old.pk).update(removed=now - datetime.timedelta(days=keeping.TRASH_DAYS, hours=1))
    gone = Message.objects.get(conversation=kept, role="assistant")
    Message.objects.filter(pk=gone.pk).update(removed=now - datetime.timedelta(days=keeping.TRASH_DAYS, hours=1))
    assert keeping.empty_trash() == 1
    assert set(Conversation.objects.values_list("pk", flat=True)) == {new.pk, kept.pk}
    assert Message.objects.filter(conversation=kept).count() == 1


def test_an_answer_marks_its_conversation_until_somebody_looks(alice: User, charlie: User, ask: Asking) -> None:
    row = ask(alice)
    assert titles(alice, "unread") == []
    Generation.objects.filter(pk=row.pk).update(state="streaming", lease_epoch=3, lease_owner="one")
    from chat import generations

    assert generations.finish(row.pk, 3, "yes", generations.Outcome("stop", html="yes"))
    assert len(titles(alice, "unread")) == 1
    keeping.seen(charlie, row.conversation_id)
    assert len(titles(alice, "unread")) == 1
    keeping.seen(alice, row.conversation_id)
    assert titles(alice, "unread") == []
    actions.stop(ask(alice))
    assert titles(alice, "unread") == [], "who stopped it has seen it"


def keep(client: Client, do: str, keys: list[UUID], **more: str) -> int:
    body = {"do": do, "conversations": [str(key) for key in keys], "tag": "x", **more}
    return client.post(reverse("chat:keep"), json.dumps(body), "application/json").status_code


def test_charlie_keeps_no_order_among_alices(alice: User, charlie: User) -> None:
    from chat.forms import KeepForm

    hers, his = talks(alice, "a"), talks(charlie, "c")
    folder = keeping.save_folder(alice, None, "Home", None, "Secret.")
    client = signed_in(charlie)
    before = list(Conversation.objects.order_by("pk").values())
    assert {do: keep(client, do, [*his, *hers]) for do in KeepForm.DO} == dict.fromkeys(KeepForm.DO, 404)
    assert keep(client, "move", his, folder=str(folder.pk)) == 404
    assert list(Conversation.objects.order_by("pk").values()) == before, "not even his own part of it was done"
    for name in ("folder", "folder-delete"):
        answer = client.post(reverse(f"chat:{name}", args=[folder.pk]), '{"name": "Mine"}', "application/json")
        assert answer.status_code == 404
    answer = client.post(
        reverse("chat:folders"), json.dumps({"name": "In", "parent": str(folder.pk)}), "application/json"
    )
    assert answer.status_code == 404
    assert client.get(reverse("chat:list"), {"view": f"folder:{folder.pk}"}).json()["conversations"] == []
    assert client.get(reverse("chat:list")).json()["folders"] == []
    assert Folder.objects.get().name == "Home"


def test_alice_keeps_order_by_the_same_door(alice: User) -> None:
    keys = talks(alice, "a", "b")
    client = signed_in(alice)
    for do in ("pin", "unpin", "archive", "unarchive", "unread", "read", "tag", "untag", "move", "delete", "restore"):
        assert keep(client, do, keys) == 200, do
    assert keep(client, "delete", keys) == 200
    assert keep(client, "erase", keys) == 200
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("do", "keys"),
    [("pin", []), ("fly", None), ("", None), ("pin", "no list"), ("pin", ["x"]), ("pin", [str(uuid4())] * 501)],
)
def test_what_cannot_be_done_is_refused(alice: User, do: str, keys: object) -> None:
    made = talks(alice, "a")
    body = json.dumps({"do": do, "conversations": [str(key) for key in made] if keys is None else keys})
    answer = signed_in(alice).post(reverse("chat:keep"), body, "application/json")
    assert answer.status_code == 400


def found(owner: User, text: str) -> list[str]:
    return sorted(one.conversation.title for one in search.find(owner, text))


def test_a_search_keeps_to_a_folder_or_a_tag_and_out_of_the_trash(alice: User, charlie: User, ask: Asking) -> None:
    keys = []
    for title in ("a", "b", "c"):
        row = ask(alice, "Lizards are green.")
        Conversation.objects.filter(pk=row.conversation_id).update(title=title)
        keys.append(row.conversation_id)
    a, b, c = keys
    outer = keeping.save_folder(alice, None, "My letters", None, "")
    inner = keeping.save_folder(alice, None, "inner", outer.pk, "")
    keeping.move(alice, [a], inner.pk)
    keeping.tag(alice, [b], "work")
    assert found(alice, "lizards") == ["a", "b", "c"]
    assert found(alice, "lizards folder:my-letters") == found(alice, 'folder:"my letters" lizards') == ["a"]
    assert found(alice, "lizards tag:#WORK") == ["b"]
    assert found(alice, "folder:inner") == ["a"], "a place needs no word beside it"
    assert found(alice, "tag:work -lizards") == ["b"], "no title speaks of lizards"
    assert found(alice, "lizards folder:none") == found(alice, "lizards tag:none") == []
    assert found(charlie, "folder:inner") == found(charlie, "tag:work") == []
    keeping.discard(alice, [c])
    branches.remove(alice, Message.objects.get(conversation=b, role="user"))
    assert found(alice, "lizards") == ["a"]


def test_the_first_page_takes_few_queries_whatever_lies_behind(
    alice: User, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    keys = talks(alice, *(str(number) for number in range(120)))
    keeping.tag(alice, keys, "x")
    keeping.mark(alice, keys[:30], "pin")
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        rows, cursor = listing.page(alice)
    assert (len(rows), cursor is not None) == (30 + listing.PAGE, True)
