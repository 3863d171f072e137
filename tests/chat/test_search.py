"""Alice finds what was said in her conversations, and nobody finds what was said in others'."""

import datetime
import itertools
import time
from collections.abc import Callable

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.models.signals import pre_migrate
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions, search
from chat.models import Conversation, Message, SearchEntry, kept
from chat.search import query
from chat.search.snippets import snippet
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

Say = Callable[..., Message]


@pytest.fixture
def say() -> Say:
    """Puts a message into a conversation of ``owner``'s, a new one unless one is given."""

    def make(owner: User, text: str, talk: Conversation | None = None, **more: object) -> Message:
        if talk is None:
            talk = actions.create_conversation(owner)
        values = {"role": "user", "source": "person", "created": timezone.now(), **more}
        return Message.objects.create(conversation=talk, content=text, **values)

    return make


def messages(owner: User, text: str) -> set[str]:
    """The texts that are found."""
    keys = [hit.message for found in search.find(owner, text) for hit in found.hits]
    return set(Message.objects.filter(pk__in=keys).values_list("content", flat=True))


GECKO, SKINK, TEA = "The gecko sleeps on a warm stone.", "A skink is no gecko, says Zoë.", "Green tea, please!"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("gecko", {GECKO, SKINK}),
        ("GECKO stone", {GECKO}),
        ("gec", {GECKO, SKINK}),
        ('"gec"', set()),
        ("gec stone", set()),
        ('"warm stone"', {GECKO}),
        ('"stone warm"', set()),
        ("gecko -skink", {GECKO}),
        ("-skink", set()),
        ("tea,", {TEA}),
        ("nothing of it", set()),
        ("", set()),
        ('"', set()),
        ("gecko OR", set()),
        ("NEAR(", set()),
        ("content:gecko", set()),
        ("u1 AND", set()),
        ("* ' & | ! ( : <->", set()),
    ],
)
def test_words_phrases_and_exclusions(alice: User, say: Say, asked: str, found: set[str]) -> None:
    for text in (GECKO, SKINK, TEA):
        say(alice, text)
    assert messages(alice, asked) == found


def test_charlie_finds_nothing_of_alices(alice: User, charlie: User, say: Say) -> None:
    say(alice, GECKO)
    say(charlie, TEA)
    for asked in ("gecko", f"u{alice.pk}", f"owner:u{alice.pk} gecko", "gecko -tea"):
        assert messages(charlie, asked) == set()
    assert messages(charlie, "tea") == {TEA}


def test_filters_by_sender_and_day(alice: User, say: Say) -> None:
    talk = say(alice, "gecko asked").conversation
    say(alice, "gecko answered", talk, role="assistant", source="model", model="tiny")
    past = datetime.datetime(2020, 5, 1, tzinfo=datetime.UTC)
    say(alice, "gecko long ago", talk, created=past)
    assert messages(alice, "gecko from:me") == {"gecko asked", "gecko long ago"}
    assert messages(alice, "gecko from:model") == {"gecko answered"}
    assert messages(alice, "from:TINY gecko") == {"gecko answered"}
    assert messages(alice, "from:other gecko") == set()
    assert messages(alice, "gecko before:2020-05-02") == {"gecko long ago"}
    assert messages(alice, "gecko after:2020-05-02") == {"gecko asked", "gecko answered"}


def test_titles_come_first(alice: User, say: Say) -> None:
    say(alice, GECKO)
    titled = actions.rename(actions.create_conversation(alice), "All about geckos")
    found = search.find(alice, "gecko")
    assert [one.conversation.pk == titled.pk for one in found] == [True, False]
    assert found[0].hits == ()


def test_a_snippet_is_one_line_of_text_and_marks_what_was_found(alice: User, say: Say) -> None:
    say(alice, "word " * 100 + "the <b>gecko</b>\nsleeps " + "word " * 100)
    (found,) = search.find(alice, "gecko")
    parts = found.hits[0].parts
    assert [text for text, marked in parts if marked] == ["gecko"]
    text = "".join(text for text, _ in parts)
    assert "sleeps" in text
    assert "\n" not in text
    assert len(text) < 400


@pytest.mark.parametrize(
    ("asked", "marked"),
    [
        ("zoe", ["Zoë"]),
        ("ge", ["gecko"]),
        ('"no gecko"', ["no gecko"]),
        ("skink -tea says", ["skink", "says"]),
        ("gecko,", ["gecko"]),
    ],
)
def test_what_was_searched_for_is_marked(asked: str, marked: list[str]) -> None:
    parts = snippet(SKINK, query.parse(asked).terms)
    assert [text for text, is_marked in parts if is_marked] == marked
    assert "".join(text for text, _ in parts) == SKINK


@pytest.mark.parametrize(
    "text", ["from:a\x00b gecko", "_", "\x00", "gecko _ -_", "a'b gecko:*", "after:9999-12-31 gecko"]
)
def test_odd_searches_find_nothing_or_something_and_fail_at_nothing(alice: User, say: Say, text: str) -> None:
    say(alice, GECKO)
    assert len(search.find(alice, text)) <= 1


def test_the_index_follows_the_text(alice: User, say: Say) -> None:
    message = say(alice, "")
    assert messages(alice, "gecko") == set()
    kept.write_answer.run(id=message.pk, content=GECKO, thinking="hidden", html="", model="tiny", tokens=1)
    assert messages(alice, "gecko") == {GECKO}
    assert messages(alice, "hidden") == set()
    Message.objects.filter(pk=message.pk).update(content=TEA)
    assert messages(alice, "gecko") == set()
    assert messages(alice, "tea") == {TEA}
    actions.delete(message.conversation)
    assert messages(alice, "tea") == set()
    assert not SearchEntry.objects.exists()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the table is SQLite's")
def test_what_was_written_without_an_index_is_found_after_the_next_migration(alice: User, say: Say) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER chat_search_add")
        say(alice, GECKO)
        assert messages(alice, "gecko") == set()
        for _ in range(2):
            search.make("default")
            assert messages(alice, "gecko") == {GECKO}
        cursor.execute("SELECT count(*) FROM chat_search")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("model", [Conversation, Message, SearchEntry])
def test_a_migration_may_change_any_of_the_tables(alice: User, say: Say, model: type[models.Model]) -> None:
    message = say(alice, GECKO)
    field = model._meta.pk
    pre_migrate.send(sender=apps.get_app_config("chat"), using="default", plan=[("something", False)], verbosity=0)
    try:
        with connection.schema_editor() as editor:
            if connection.vendor == "sqlite":
                # As every change but the simplest is made there.
                editor._remake_table(model, alter_fields=[(field, field)])  # type: ignore[attr-defined]
    finally:
        call_command("migrate", verbosity=0)
    assert messages(alice, "gecko") == {GECKO}
    Message.objects.filter(pk=message.pk).update(content=TEA)
    say(alice, SKINK)
    assert messages(alice, "gecko") == {SKINK}
    assert messages(alice, "tea") == {TEA}


def test_words_that_weigh_most_in_an_index_are_stored_all_the_same(alice: User, say: Say) -> None:
    """Before, PostgreSQL refused the row: an answer that nobody could store, by a machine that brought it again for ever."""
    letters = [chr(0x20000 + number) for number in range(300)]
    pairs = map("".join, itertools.product(letters, letters))
    say(alice, "gecko " + " ".join(f"{next(pairs)}-{next(pairs)}" for _ in range(40_000)))
    assert len(messages(alice, "gecko")) == 1


def test_a_letter_that_begins_very_many_words_of_a_text_is_found_soon(alice: User, say: Say) -> None:
    text = "gecko " + " ".join(f"w{number}" for number in range(25_000))
    for _ in range(5):
        say(alice, text)
    began = time.process_time()
    assert len(search.find(alice, "w")) == 5
    # It was five seconds, most of them in one statement; it is some hundredths of one.
    assert time.process_time() - began < 2


def test_a_very_long_text_is_stored_and_found_by_its_beginning(alice: User, say: Say) -> None:
    say(alice, "gecko " + " ".join(f"w{number}" for number in range(250_000)))
    assert len(messages(alice, "gecko")) == 1


@pytest.mark.parametrize("text", ["x" * 201, "a " * 13, "gecko before:tomorrow", "after:2026-13-01"])
def test_a_search_that_cannot_be_carried_out_says_why(alice: User, text: str) -> None:
    with pytest.raises(Invalid):
        search.find(alice, text)


def test_a_day_before_time_began_is_no_date(alice: User) -> None:
    with timezone.override("Asia/Tokyo"), pytest.raises(Invalid, match="date"):
        search.find(alice, "gecko before:0001-01-01")


def test_only_a_page_of_conversations_comes(alice: User, say: Say) -> None:
    for _ in range(35):
        say(alice, GECKO)
    assert len(search.find(alice, "gecko")) == 30


def test_the_route_answers_alice_and_no_visitor(alice: User, say: Say, client: Client) -> None:
    message = say(alice, GECKO)
    url = reverse("chat:search")
    assert client.get(url, {"q": "gecko"}).status_code == 302
    client.force_login(alice)
    (result,) = client.get(url, {"q": "gecko"}).json()["results"]
    assert result["conversation"]["id"] == str(message.conversation_id)
    assert result["hits"][0]["url"].endswith(f"#m-{message.pk}")
    refused = client.get(url, {"q": "before:x y"}, headers={"accept": "application/json"})
    assert refused.status_code == 400
    assert "date" in refused.json()["error"]["message"]
    assert client.post(url).status_code == 405


def test_words_are_cut_as_people_mean_them() -> None:
    parsed = query.parse('Zoë\'s "warm  stone" -snake_case from:Me ge')
    assert [term.words for term in parsed.terms] == [("Zoë", "s"), ("warm", "stone"), ("snake_case",), ("ge",)]
    assert [term.excluded for term in parsed.terms] == [False, False, True, False]
    assert [term.beginning for term in parsed.terms] == [False, False, False, True]
    assert parsed.sender == "me"
