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
from tests.paste.scene import body, signed_in, to

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


def test_what_stood_there_before_it_was_public_is_its_owners_alone(alice: User, bob: User) -> None:
    paste = make(alice, "a tadpole in the first", terms=UNLISTED)
    actions.revise(paste, alice, [Draft("a.txt", b"fine")])
    hers, his = signed_in(alice), signed_in(bob)
    first = [to("revision", paste, 1), to("differences", paste, 1), f"{to('raw', paste, 1)}?revision=1"]
    first += [
        f"{to('zip', paste)}?revision=1",
        f"{to('piece', paste, 1, 0)}?revision=1",
        f"{to('download', paste, 1)}?revision=1",
    ]
    assert {his.get(address).status_code for address in first} == {200}, (
        "whoever has the address of an unlisted one reads all of it"
    )
    rule_set("block", words="tadpole")
    actions.change_terms(paste, PUBLIC)
    assert {his.get(address).status_code for address in first} == {404}
    assert {hers.get(address).status_code for address in first} == {200}
    assert "Revision 1" not in body(his.get(to("revisions", paste))) and "Revision 1" in body(
        hers.get(to("revisions", paste))
    )
    for address in (to("differences", paste, 2), to("revision", paste, 2)):
        assert "tadpole" not in body(his.get(address))
    assert "tadpole" in body(hers.get(to("differences", paste, 2)))
    actions.revise(paste, alice, [Draft("a.txt", b"finer")])
    assert his.get(to("revision", paste, 2)).status_code == 200, "what was public stays to be seen"


def test_nothing_is_published_that_nobody_has_looked_at(alice: User) -> None:
    rule_set("block", words="tadpole")
    paste = make(alice, terms=UNLISTED)
    seen_before = Paste.objects.get(pk=paste.pk)
    actions.revise(paste, alice, [Draft("a.txt", b"a tadpole")])
    with pytest.raises(Invalid) as refused:
        actions.change_terms(seen_before, PUBLIC)
    assert refused.value.code == "changed_meanwhile"
    fine = make(alice, terms=UNLISTED)
    edited = Paste.objects.get(pk=fine.pk)
    actions.change_terms(fine, PUBLIC)
    with pytest.raises(Invalid) as refused:
        actions.revise(edited, alice, [Draft("a.txt", b"a tadpole")])
    assert refused.value.code == "changed_meanwhile"
