"""What Alice takes out, Bob can bring in: the same tree, and never twice."""

import datetime
import io
import json
import zipfile
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat import keeping
from chat.models import Conversation, ImportRun, Message
from chat.portability import actions, export
from meatlizard.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

START = datetime.datetime(2024, 2, 29, 23, 59, 58, tzinfo=datetime.UTC)


def texts(longest: int = 60) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=longest)


@st.composite
def trees(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages with the number of their parent: wide, deep, or both."""
    deep = draw(st.booleans())
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 14))):
        parent = number - 1 if deep and number else draw(st.none() | st.integers(0, number - 1)) if number else None
        role = draw(st.sampled_from(["user", "assistant"]))
        found.append(
            {
                "parent": parent,
                "role": role,
                "source": "person" if role == "user" else draw(st.sampled_from(["model", "markov"])),
                "content": draw(texts()),
                "thinking": draw(texts(20)),
                "model": draw(texts(10)),
                "tokens": draw(st.none() | st.integers(0, 2**31 - 1)),
                # Some at the same moment: their order must hold all the same.
                "created": START + datetime.timedelta(microseconds=draw(st.integers(0, 3)) * 7),
                "edited": draw(st.sampled_from([None, START])),
            }
        )
    return found


talks = st.fixed_dictionaries(
    {
        "title": texts(),
        "title_by_owner": st.booleans(),
        "model": texts(20),
        "system_prompt": texts(),
        "temperature": st.none() | st.floats(0, 5),
        "thinking": st.sampled_from(["", "off", "on", "low", "medium", "high"]),
    }
)


def planted(owner: User, talk: dict[str, Any], tree: list[dict[str, Any]]) -> Conversation:
    row = Conversation.objects.create(owner=owner, updated=START, **talk)
    made: list[Message] = []
    for fields in tree:
        parent = made[fields["parent"]] if fields["parent"] is not None else None
        made.append(Message.objects.create(**{**fields, "conversation": row, "parent": parent, "html": ""}))
    row.head = made[-1]
    row.save()
    return row


def take_out(talk: Conversation) -> dict[str, Any]:
    talk.refresh_from_db()
    found: dict[str, Any] = json.loads(export.as_json(talk))
    return found


def shape(document: dict[str, Any]) -> dict[str, Any]:
    """The conversation with numbers in the place of keys, and times as far as versions' order leaves them alone."""
    talk = document["conversation"]
    below: dict[str | None, list[dict[str, Any]]] = {}
    for message in talk["messages"]:
        below.setdefault(message["parent"], []).append(message)
    numbers: dict[str | None, int | None] = {None: None}
    ordered = []
    level = below.get(None, [])
    while level:
        for message in level:
            numbers[message["id"]] = len(numbers)
        ordered += level
        level = [child for message in level for child in below.get(message["id"], [])]
    moment = datetime.datetime.fromisoformat
    messages = [
        {**message, "id": numbers[message["id"]], "parent": numbers[message["parent"]], "created": None}
        for message in ordered
    ]
    times = [moment(message["created"]) for message in ordered]
    return {**talk, "id": None, "head": numbers[talk["head"]], "messages": messages, "_times": times}


def bring_in(owner: User, *documents: bytes) -> ImportRun:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, document in enumerate(documents):
            archive.writestr(f"conversations/{number}.json", document)
    size = packed.tell()
    packed.seek(0)
    return actions.begin(owner, "all.zip", packed, size)


def imported(owner: User) -> Conversation:
    return Conversation.objects.get(owner=owner)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(talk=talks, tree=trees())
def test_bob_gets_the_tree_that_alice_took_out(
    alice: User, bob: User, talk: dict[str, Any], tree: list[dict[str, Any]]
) -> None:
    Conversation.objects.all().delete()
    hers = take_out(planted(alice, talk, tree))
    run = bring_in(bob, json.dumps(hers).encode())
    assert (run.state, run.imported, run.refused) == ("done", 1, [])
    his = shape(take_out(imported(bob)))
    mine = shape(hers)
    for mine_at, his_at in zip(mine.pop("_times"), his.pop("_times"), strict=True):
        assert abs(his_at - mine_at) < datetime.timedelta(milliseconds=1)
    assert his == mine
    again = bring_in(bob, json.dumps(hers).encode())
    assert (again.imported, again.extended, again.present) == (0, 0, 1)
    assert shape(take_out(imported(bob))) == {**his, "_times": shape(take_out(imported(bob)))["_times"]}


def chain(length: int) -> list[dict[str, Any]]:
    return [
        {
            "parent": number - 1 if number else None,
            "role": "assistant" if number % 2 else "user",
            "source": "model" if number % 2 else "person",
            "content": f"{number}",
            "created": START + datetime.timedelta(seconds=number),
        }
        for number in range(length)
    ]


def test_folders_tags_and_marks_go_with_it(alice: User, bob: User) -> None:
    talk = planted(alice, {"title": "Kept", "pinned": True}, chain(2))
    outer = keeping.save_folder(alice, None, "Animals", None, "You love animals.")
    inner = keeping.save_folder(alice, None, "Lizards", outer.pk, "")
    keeping.move(alice, [talk.pk], inner.pk)
    keeping.tag(alice, [talk.pk], "reptiles")
    his_own = keeping.save_folder(bob, None, "animals", None, "Bob's words")
    hers = take_out(talk)
    assert bring_in(bob, json.dumps(hers).encode()).imported == 1
    his = take_out(imported(bob))["conversation"]
    assert his["tags"] == ["reptiles"] and his["pinned"] and not his["archived"]
    assert [folder["name"] for folder in his["folders"]] == ["animals", "Lizards"], "into the folder that he has"
    his_own.refresh_from_db()
    assert his_own.system_prompt == "Bob's words"


def test_what_is_in_the_trash_stays_there_until_it_is_brought_again(alice: User, bob: User) -> None:
    talk = planted(alice, {"title": "Mine"}, chain(2))
    document = export.as_json(talk)
    bring_in(bob, document)
    keeping.discard(bob, [imported(bob).pk])
    with zipfile.ZipFile(io.BytesIO(b"".join(export.archive(bob, "json")))) as archive:
        assert archive.namelist() == []
    assert bring_in(bob, document).imported == 1
    assert imported(bob).removed is None


def test_a_branch_of_three_thousand_messages_arrives(alice: User, bob: User) -> None:
    talk = Conversation.objects.create(owner=alice, updated=START)
    keys = [uuid4() for _ in range(3_000)]
    rows = [
        Message(
            pk=key, conversation=talk, **{**fields, "parent": None, "parent_id": keys[number - 1] if number else None}
        )
        for number, (key, fields) in enumerate(zip(keys, chain(3_000), strict=True))
    ]
    Message.objects.bulk_create(rows, batch_size=500)
    assert bring_in(bob, export.as_json(talk)).imported == 1
    assert imported(bob).messages.count() == 3_000


def test_alices_own_conversation_is_not_copied_beside_itself(alice: User) -> None:
    talk = planted(alice, {"title": "Mine"}, chain(2))
    run = bring_in(alice, export.as_json(talk))
    assert (run.imported, run.present) == (0, 1)
    assert Conversation.objects.filter(owner=alice).count() == 1


def test_what_was_deleted_is_not_taken_out(alice: User) -> None:
    talk = planted(alice, {"title": "Mine"}, chain(3))
    Message.objects.filter(conversation=talk, content="2").update(removed=START)
    assert [message["content"] for message in take_out(talk)["conversation"]["messages"]] == ["0", "1"]


def test_a_longer_archive_adds_what_is_new(alice: User, bob: User) -> None:
    talk = planted(alice, {"title": "Mine"}, chain(2))
    assert bring_in(bob, export.as_json(talk)).imported == 1
    last = talk.head
    Message.objects.create(
        conversation=talk, parent=last, role="user", source="person", content="and then?", created=START
    )
    run = bring_in(bob, export.as_json(Conversation.objects.get(pk=talk.pk)))
    assert (run.imported, run.extended, run.present) == (0, 1, 0)
    assert imported(bob).messages.filter(content="and then?", parent__content="1").exists()


def test_bob_and_alice_each_have_their_own_copy(alice: User, bob: User, charlie: User) -> None:
    document = export.as_json(planted(charlie, {"title": "Hers"}, chain(2)))
    assert bring_in(alice, document).imported == bring_in(bob, document).imported == 1
    assert imported(alice).pk != imported(bob).pk


def test_a_zip_of_all_holds_hers_alone_and_comes_back_in(alice: User, bob: User, charlie: User) -> None:
    for title in ("One", "Two/../../etc", "Drei\u202e\n"):
        planted(alice, {"title": title}, chain(2))
    planted(charlie, {"title": "Charlie's"}, chain(2))
    packed = io.BytesIO(b"".join(export.archive(alice, "json")))
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == 3 and not any(".." in name or name.count("/") > 1 for name in names)
        assert not any(b"Charlie" in archive.read(name) for name in names)
    size = packed.seek(0, io.SEEK_END)
    packed.seek(0)
    assert actions.begin(bob, "all.zip", packed, size).imported == 3


def test_the_keys_of_an_archive_are_not_taken_over(alice: User, bob: User) -> None:
    """Else whoever imports an archive that names Alice's keys would write into her rows."""
    talk = planted(alice, {"title": "Mine"}, chain(2))
    assert bring_in(bob, export.as_json(talk)).imported == 1
    hers = set(talk.messages.values_list("pk", flat=True))
    assert not hers & set(imported(bob).messages.values_list("pk", flat=True))
    assert UUID(str(talk.pk)) != imported(bob).pk
