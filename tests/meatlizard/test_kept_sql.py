"""Kept statements do what Django's own would: same rows, same types, same changes, in any thread."""

import datetime
import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Conversation, Message
from meatlizard.accounts.models import User
from meatlizard.api.models import ApiKey
from meatlizard.kept_sql import KeptDelete, KeptInsert, KeptSelect, KeptUpdate, given

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def talks(alice: User) -> list[Conversation]:
    now = timezone.now()
    return [Conversation.objects.create(owner=alice, title=f"{n} %s 'quoted'", updated=now) for n in range(3)]


def by_title() -> "QuerySet[Conversation]":
    return Conversation.objects.filter(owner=given(Conversation, "owner"), title=given(Conversation, "title"))


def fields(row: Conversation) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in Conversation._meta.concrete_fields}


def test_a_select_gives_the_same_objects_at_each_use(alice: User, talks: list[Conversation]) -> None:
    kept = KeptSelect(by_title)
    for talk in talks * 2:
        (row,) = kept.rows(owner=alice.pk, title=talk.title)
        assert fields(row) == fields(Conversation.objects.get(pk=talk.pk))
    assert kept.rows(owner=alice.pk, title="none") == []
    assert kept.first(owner=alice.pk, title="none") is None


def test_the_second_use_asks_only_the_statement_itself(alice: User, talks: list[Conversation]) -> None:
    kept = KeptSelect(by_title)
    kept.rows(owner=alice.pk, title="0")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert kept.first(owner=alice.pk, title=talks[1].title) == talks[1]
    assert len(queries) == 1


def test_tuples_have_python_types(alice: User, talks: list[Conversation]) -> None:
    kept = KeptSelect(lambda: by_title().values_list("pk", "updated", "title_by_owner", "head"))
    (row,) = kept.rows(owner=alice.pk, title=talks[0].title)
    assert list(row) == [talks[0].pk, talks[0].updated, False, None]
    assert isinstance(row[1], datetime.datetime)
    assert row[1].tzinfo is not None


def test_joined_rows_come_with_their_relations(alice: User, talks: list[Conversation]) -> None:
    kept = KeptSelect(lambda: by_title().select_related("owner"))
    (row,) = kept.rows(owner=alice.pk, title=talks[0].title)
    with CaptureQueriesContext(connection) as queries:
        assert row.owner == alice
    assert len(queries) == 0


def test_an_update_changes_what_it_names_and_counts(alice: User, talks: list[Conversation]) -> None:
    later = timezone.now() + datetime.timedelta(days=1)
    kept = KeptUpdate(
        lambda: Conversation.objects.filter(pk=given(Conversation, "id")),
        lambda: {"title": given(Conversation, "title"), "updated": given(Conversation, "updated"), "model": F("title")},
    )
    assert kept.run(id=talks[0].pk, title="new", updated=later) == 1
    assert kept.run(id=talks[1].pk, title="other", updated=later) == 1
    assert kept.run(id=uuid4(), title="nobody's", updated=later) == 0
    talks[0].refresh_from_db()
    assert (talks[0].title, talks[0].updated, talks[0].model) == ("new", later, "0 %s 'quoted'")
    assert Conversation.objects.filter(title="new").count() == 1


def test_a_delete_takes_only_what_it_names(alice: User, talks: list[Conversation]) -> None:
    kept = KeptDelete(by_title)
    assert kept.run(owner=alice.pk, title=talks[0].title) == 1
    assert kept.run(owner=alice.pk, title=talks[0].title) == 0
    assert set(Conversation.objects.values_list("pk", flat=True)) == {talks[1].pk, talks[2].pk}


def message(talk: Conversation, **more: object) -> Message:
    return Message(conversation=talk, role="user", source="person", content="%s", created=timezone.now(), **more)


def test_inserted_rows_read_back_as_they_were(talks: list[Conversation]) -> None:
    first, second = message(talks[0]), message(talks[1], tokens=3)
    KeptInsert(Message, rows=2).run(first, second)
    for one in (first, second):
        stored = Message.objects.get(pk=one.pk)
        for field in Message._meta.concrete_fields:
            assert getattr(stored, field.attname) == getattr(one, field.attname), field.name
        assert not one._state.adding


def test_a_row_that_is_there_already_is_refused(talks: list[Conversation]) -> None:
    kept, one = KeptInsert(Message), message(talks[0])
    kept.run(one)
    with pytest.raises(IntegrityError):
        kept.run(one)


def test_a_place_without_its_value_is_a_mistake_of_ours(alice: User) -> None:
    with pytest.raises(KeyError, match="title"):
        KeptSelect(by_title).rows(owner=alice.pk)


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_its_own_statement(alice: User, talks: list[Conversation]) -> None:
    kept = KeptSelect(by_title)
    found: dict[int, list[Conversation]] = {}

    def look(number: int) -> None:
        try:
            for _ in range(20):
                found[number] = kept.rows(owner=alice.pk, title=talks[number].title)
        finally:
            connection.close()

    threads = [threading.Thread(target=look, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(3)] == [[talk] for talk in talks]


def test_a_row_that_the_database_numbers_knows_its_number(alice: User) -> None:
    kept = KeptInsert(ApiKey)
    for number in range(2):
        row = ApiKey(owner=alice, name=f"{number} %s", prefix="x", key_hash=f"{number}" * 64, scopes="a")
        kept.run(row)
        found = ApiKey.objects.get(name=row.name)
        assert found.pk == row.pk and found.scopes == "a" and found.created == row.created
        row.name = "changed"
        row.save()
        assert ApiKey.objects.get(pk=row.pk).name == "changed" and ApiKey.objects.count() == number + 1
