"""What strangers find in lists has passed the rules of moderation: words, and the title that stands in the list, however it got there."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.moderation import rulebook
from meatlizard.moderation.models import Case
from paste import actions
from paste.actions import Terms
from paste.contents import Draft
from paste.models import Paste
from tests.meatlizard.moderation.conftest import rule_set

pytestmark = [pytest.mark.django_db]

PUBLIC, UNLISTED = Terms(privacy="public"), Terms()


@pytest.fixture(autouse=True)
def _no_rules_of_other_tests() -> Iterator[None]:
    cache.clear()
    rulebook.forget()
    yield
    rulebook.forget()


def make(owner: User | None, text: str = "fine", title: str = "", terms: Terms = PUBLIC) -> Paste:
    return actions.create(owner, [Draft("a.txt", text.encode())], title=title, terms=terms)[0]


def test_a_title_is_blocked_as_a_text_is(alice: User) -> None:
    rule_set("block", words="lizard")
    for text, title in (("a lizard", ""), ("fine", "A lizard")):
        with pytest.raises(AppError):
            make(alice, text, title)
    assert not Paste.objects.exists() and Case.objects.filter(person=alice).exists()
    assert make(alice, "a lizard", "A lizard", UNLISTED).title == "A lizard"
    paste = make(alice, title="A newt")
    with pytest.raises(AppError):
        actions.revise(paste, alice, actions.drafts_of(paste), title="A lizard")
    assert Paste.objects.get(pk=paste.pk).title == "A newt"


def test_a_title_is_masked_as_a_text_is(alice: User) -> None:
    rule_set("mask", words="lizard")
    paste = make(alice, "a lizard", "A lizard")
    assert "lizard" not in paste.title and b"lizard" not in actions.drafts_of(paste)[0].data
    assert Case.objects.filter(target=f"paste:{paste.slug}").exists()


def test_what_becomes_public_later_is_looked_at_as_well(alice: User) -> None:
    rule_set("mask", words="lizard")
    hidden, titled, fine = (
        make(alice, "a lizard", terms=UNLISTED),
        make(alice, title="A lizard", terms=UNLISTED),
        make(alice, terms=UNLISTED),
    )
    with pytest.raises(Invalid) as refused:
        actions.change_terms(hidden, PUBLIC)
    assert refused.value.code == "masked"
    for paste in (titled, fine):
        actions.change_terms(paste, PUBLIC)
    found = {row.pk: row for row in Paste.objects.filter(privacy="public")}
    assert set(found) == {titled.pk, fine.pk} and "lizard" not in found[titled.pk].title
    assert Case.objects.get().target == f"paste:{titled.slug}"
