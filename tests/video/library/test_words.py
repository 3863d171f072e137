"""What triggers keep of the words of videos, and what is found by them."""

import pytest

from meatlizard.accounts.models import User
from tests.video.rows import ready
from video import actions, channels
from video.library.words import WORDS, make, unhook
from video.models import Channel, Video, VideoWords

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def found(*words: str, beginning: str = "") -> set[str]:
    rows = Video.objects.filter(words__in=WORDS.keys(words, beginning))
    assert set(VideoWords.objects.filter(pk__in=WORDS.weights(words, beginning)).values_list("video", flat=True)) == {
        row.pk for row in rows
    }
    return {row.title for row in rows}


def test_each_of_the_words_may_stand_somewhere_else(alice: User) -> None:
    video = ready(alice, "Basking iguanas", description="On a warm stone.")
    actions.set_tags(video, ["Reptiles", "sun"])
    ready(alice, "Geckos", description="On a cold stone.")
    for words in (["basking"], ["iguanas", "stone"], ["reptiles"], ["warm", "sun", "alice"]):
        assert found(*words) == {"Basking iguanas"}
    assert found("stone") == {"Basking iguanas", "Geckos"}
    assert found("iguanas", "cold") == set()
    assert found("bask") == set()
    assert found("bask", beginning="bask") == {"Basking iguanas"}


def test_what_changes_is_found_as_it_is_now(alice: User) -> None:
    video = ready(alice, "Before")
    actions.describe(video, title="Afterwards", description="described")
    actions.set_tags(video, ["one", "two"])
    actions.set_tags(video, ["two"])
    assert found("before") == set() and found("one") == set()
    assert found("afterwards", "described", "two") == {"Afterwards"}


def test_a_channel_is_found_by_its_present_name(alice: User) -> None:
    video = ready(alice, "A lizard")
    Channel.objects.filter(pk=video.channel_id).update(name="Terrarium")
    assert found("terrarium") == {"A lizard"}
    other = channels.create(alice, "savanna", "Grassland")
    actions.describe(video, channel=other)
    assert found("terrarium") == set() and found("grassland") == found("savanna") == {"A lizard"}


def test_what_is_gone_is_not_found(alice: User) -> None:
    ready(alice, "Short lived").delete()
    assert found("short") == set() and not VideoWords.objects.exists()


def test_a_title_weighs_more_than_a_description(alice: User) -> None:
    below = ready(alice, "Other things", description="chameleon " * 3)
    above = ready(alice, "Chameleon", description="other things")
    weights = WORDS.weights(["chameleon"])
    assert weights[VideoWords.objects.get(video=above).pk] > weights[VideoWords.objects.get(video=below).pk]


@pytest.mark.parametrize("text", ["' OR 1=1 --", '") NEAR (', "\\", "%s", "a" * 19_000, "\U0001f98e " * 50])
def test_hostile_titles_are_stored_and_harm_nothing(alice: User, text: str) -> None:
    video = ready(alice, text[:200], description=text)
    actions.describe(video, title="x" + text[:100], description=text + " needle")
    assert len(found("needle")) == 1


def test_what_was_written_without_triggers_is_found_after_the_next_migration(alice: User) -> None:
    unhook("default")
    video = ready(alice, "From before")
    assert found("before") == set()
    make("default")
    assert found("before") == {"From before"}
    video.delete()
