"""Pastes: Alice makes them, Bob has the address, Charlie is a stranger, and a visitor has no account."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden, Invalid, NotFound, StorageFull, TooLarge
from meatlizard.storage.actions import used_by
from paste import access, actions, contents, sweeping
from paste.actions import Terms
from paste.contents import Draft
from paste.models import File, Paste
from paste.slugs import ALPHABET

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

VISITOR = AnonymousUser()
TEXT = b"print('hello')\n"
LARGE = b"0123456789abcde\n" * 5_000


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


def draft(data: bytes = TEXT, name: str = "hello.py", format: str = "") -> Draft:
    return Draft(name, data, format)


def make(owner: User | None, *drafts: Draft, title: str = "", **terms: object) -> Paste:
    return actions.create(owner, drafts or (draft(),), title=title, terms=Terms(**terms))[0]  # type: ignore[arg-type]


def soon() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=1)


def shown(paste: Paste, revision: int | None = None) -> dict[str, bytes]:
    return {file.name: contents.read(file) for file in access.files_of(paste, revision)}


# --- making and reading -----------------------------------------------------------------------------------------------


def test_what_alice_makes_is_read_by_whoever_has_the_address(alice: User, bob: User) -> None:
    paste = make(alice, draft(), Draft("notes/read me.md", b"# Hi\n"), title="  Two\nfiles ")
    for viewer in (alice, bob, VISITOR):
        found = access.access_paste(viewer, paste.slug)
        assert shown(found) == {"hello.py": TEXT, "read me.md": b"# Hi\n"}
    assert paste.title == "Two files"
    assert [file.format for file in access.files_of(paste)] == ["python", "markdown"]
    assert len(paste.slug) == 12 and set(paste.slug) <= set(ALPHABET) and not set("01oil") & set(ALPHABET)


def test_a_private_one_is_alices_alone(alice: User, charlie: User) -> None:
    paste = make(alice, privacy="private")
    assert access.access_paste(alice, paste.slug)
    refused = []
    for viewer in (charlie, VISITOR):
        for slug in (paste.slug, "nosuchpaste"):
            with pytest.raises(NotFound) as caught:
                access.access_paste(viewer, slug)
            refused.append(caught.value.message)
    assert len(set(refused)) == 1, "a stranger cannot tell one from the other"


def test_charlie_reads_and_does_not_write(alice: User, charlie: User) -> None:
    paste = make(alice, privacy="public")
    assert access.access_paste(alice, paste.slug, write=True)
    for viewer in (charlie, VISITOR):
        with pytest.raises(Forbidden):
            access.access_paste(viewer, paste.slug, write=True)


def test_what_a_suspended_person_shares_is_out_of_reach(alice: User, bob: User) -> None:
    paste = make(alice, privacy="public")
    alice.suspended_until = soon()
    alice.save()
    with pytest.raises(NotFound):
        access.access_paste(bob, paste.slug)


def test_visitors_make_pastes_only_where_the_operator_allows_it(settings: Settings, bob: User) -> None:
    with pytest.raises(Forbidden):
        make(None, expires=soon())
    settings.PASTE_CREATE = "everyone"
    paste, token = actions.create(None, [draft()], terms=Terms(expires=soon()))
    assert access.access_paste(bob, paste.slug)
    with pytest.raises(Invalid):
        make(None)
    with pytest.raises(Invalid):
        make(None, privacy="private", expires=soon())
    stored = " ".join(str(value) for value in Paste.objects.filter(pk=paste.pk).values()[0].values())
    assert token not in stored
    with pytest.raises(Forbidden):
        access.access_by_token(paste.slug, token + "x")
    actions.delete(access.access_by_token(paste.slug, token))
    with pytest.raises(NotFound):
        access.access_by_token(paste.slug, token)


def test_visitors_pastes_are_bounded_one_and_all(settings: Settings) -> None:
    settings.PASTE_CREATE = "everyone"
    settings.PASTE_ANONYMOUS_MAX_BYTES, settings.PASTE_ANONYMOUS_TOTAL_BYTES = 100, 150
    make(None, draft(b"x" * 100), expires=soon())
    with pytest.raises(TooLarge):
        make(None, draft(b"x" * 101), expires=soon())
    cache.clear()
    with pytest.raises(TooLarge):
        make(None, draft(b"x" * 100), expires=soon())


def test_a_member_has_no_token_unless_asked_for(alice: User) -> None:
    paste, token = actions.create(alice, [draft()])
    assert token == ""
    for guess in ("", "x"):
        with pytest.raises(Forbidden):
            access.access_by_token(paste.slug, guess)
    paste, token = actions.create(alice, [draft()], with_token=True)
    assert access.access_by_token(paste.slug, token) == paste


@pytest.mark.parametrize(
    ("drafts", "terms"),
    [
        ([], {}),
        ([Draft("a", b" \n")], {}),
        ([Draft(str(n), b"x") for n in range(51)], {}),
        ([Draft("a", b"x", "no such language")], {}),
        ([Draft("a", b"x")], {"privacy": "none"}),
        ([Draft("a", b"x")], {"privacy": "password"}),
        ([Draft("a", b"x")], {"privacy": "password", "password": "x" * 201}),
        ([Draft("a", b"x")], {"views": 0}),
        ([Draft("a", b"x")], {"views": 1_000_001}),
        ([Draft("a", b"x")], {"expires": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)}),
        ([Draft("a", b"x")], {"expires": datetime.datetime(9020, 1, 1, tzinfo=datetime.UTC)}),
    ],
)
def test_what_makes_no_sense_is_refused_and_takes_nothing(
    alice: User, drafts: list[Draft], terms: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        actions.create(alice, drafts, terms=Terms(**terms))  # type: ignore[arg-type]
    assert not Paste.objects.exists() and used_by(alice) == 0


def test_names_that_lead_elsewhere_become_names(alice: User) -> None:
    names = ["../../etc/passwd", "C:\\dir\\a.txt", "a\x00b\u202e.py", "\ud800.md", "x" * 300, ""]
    files = access.files_of(make(alice, *(Draft(name, b"x") for name in names)))
    assert [file.name for file in files] == ["passwd", "a.txt", "ab.py", "?.md", "x" * 200, ""]


# --- bytes ------------------------------------------------------------------------------------------------------------


def test_large_and_binary_files_lie_in_the_storage_and_come_back_whole(alice: User) -> None:
    binary = bytes(range(256))
    paste = make(alice, draft(), draft(LARGE, "large.txt"), draft(binary, "noise.bin"), draft(b"a\x00b", "nul.txt"))
    files = access.files_of(paste)
    assert [file.stored for file in files] == [False, True, True, True]
    assert shown(access.access_paste(alice, paste.slug))["noise.bin"] == binary
    assert shown(paste)["large.txt"] == LARGE
    assert [file.format for file in files] == ["python", "text", "binary", "binary"]
    assert used_by(alice) == paste.size == sum(file.size for file in files)


def test_more_than_the_bound_or_the_tier_is_refused(alice: User, settings: Settings) -> None:
    settings.PASTE_MAX_BYTES = 1_000
    make(alice, draft(b"x" * 1_000))
    with pytest.raises(TooLarge) as caught:
        make(alice, draft(b"x" * 600), draft(b"x" * 401))
    assert "1000 bytes" in caught.value.message.replace("\xa0", " ")
    alice.tier.storage_bytes = 1_500
    alice.tier.save()
    with pytest.raises(StorageFull):
        make(alice, draft(b"x" * 600))
    assert used_by(alice) == 1_000


def test_a_storage_that_fails_leaves_nothing_that_can_be_reached(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> str:
        raise OSError("full")

    with monkeypatch.context() as broken:
        broken.setattr(default_storage, "save", fail)
        with pytest.raises(OSError):
            make(alice, draft(LARGE))
    (half,) = Paste.objects.all()
    with pytest.raises(NotFound):
        access.access_paste(alice, half.slug)
    Paste.objects.update(purge_at=timezone.now())
    assert sweeping.sweep() == 1
    assert used_by(alice) == 0 and not Paste.objects.exists()


# --- revisions --------------------------------------------------------------------------------------------------------


def test_each_revision_keeps_what_stood_in_it(alice: User) -> None:
    paste = make(alice, draft(b"one", "a"), draft(LARGE, "large"))
    actions.revise(paste, alice, [draft(b"two", "a"), draft(LARGE, "large")], note="better")
    actions.revise(paste, alice, [draft(b"two", "a")])
    paste = access.access_paste(alice, paste.slug)
    assert paste.revision == 3
    assert shown(paste, 1) == {"a": b"one", "large": LARGE}
    assert shown(paste, 2) == {"a": b"two", "large": LARGE}
    assert shown(paste) == shown(paste, 3) == {"a": b"two"}
    assert File.objects.count() == 3, "what did not change is stored once"
    assert used_by(alice) == paste.size == 6 + len(LARGE)
    assert [row.note for row in paste.revisions.all()] == ["", "better", ""]


def test_an_old_revision_is_brought_back_as_a_new_one(alice: User) -> None:
    paste = make(alice, draft(b"one", "a"))
    actions.revise(paste, alice, [draft(b"two", "a")])
    actions.restore(paste, alice, 1)
    assert paste.revision == 3 and shown(paste) == {"a": b"one"} and shown(paste, 2) == {"a": b"two"}
    with pytest.raises(Invalid):
        actions.restore(paste, alice, 1)


def test_who_edited_an_older_one_is_told_and_overwrites_nothing(alice: User) -> None:
    paste = make(alice, draft(b"one", "a"))
    actions.revise(access.access_paste(alice, paste.slug), alice, [draft(b"two", "a")], base=1)
    with pytest.raises(Invalid) as caught:
        actions.revise(access.access_paste(alice, paste.slug), alice, [draft(b"three", "a")], base=1)
    assert caught.value.code == "changed_meanwhile"
    assert shown(access.access_paste(alice, paste.slug)) == {"a": b"two"}
    File.objects.filter(since=0).update(created=timezone.now() - datetime.timedelta(days=1))
    sweeping.sweep()
    assert used_by(alice) == 6


def test_bob_forks_what_he_may_read(alice: User, bob: User) -> None:
    paste = make(alice, draft(), draft(LARGE, "large"), title="Mine", privacy="public")
    copy = actions.fork(bob, paste)
    assert shown(copy) == shown(paste) and copy.owner == bob and copy.fork_of == paste and copy.title == "Mine"
    assert used_by(bob) == used_by(alice)
    with pytest.raises(Invalid):
        actions.fork(bob, make(alice, views=1))


# --- ends -------------------------------------------------------------------------------------------------------------


def test_an_expired_one_is_gone_and_gives_its_bytes_back(alice: User) -> None:
    paste = make(alice, draft(LARGE), expires=soon())
    name = access.files_of(paste)[0].storage_name
    assert default_storage.exists(name)
    Paste.objects.update(expires=timezone.now())
    with pytest.raises(NotFound):
        access.access_paste(alice, paste.slug)
    assert sweeping.sweep() == 1 and used_by(alice) == 0
    assert not default_storage.exists(name)


def test_a_deleted_one_can_be_brought_back_for_a_while(alice: User, charlie: User) -> None:
    paste = make(alice)
    actions.delete(paste)
    with pytest.raises(NotFound):
        access.access_paste(alice, paste.slug)
    with pytest.raises(NotFound):
        access.access_deleted(charlie, paste.slug)
    assert sweeping.sweep() == 0
    actions.undelete(access.access_deleted(alice, paste.slug))
    assert access.access_paste(alice, paste.slug)
    actions.delete(paste)
    Paste.objects.update(purge_at=timezone.now())
    with pytest.raises(NotFound):
        access.access_deleted(alice, paste.slug)
    assert sweeping.sweep() == 1 and used_by(alice) == 0


def test_a_view_is_used_up_and_the_last_reader_keeps_a_proof(alice: User, bob: User) -> None:
    paste = make(alice, views=2)
    first = actions.claim_view(access.access_paste(bob, paste.slug))
    second = actions.claim_view(access.access_paste(bob, paste.slug))
    with pytest.raises(NotFound):
        access.access_paste(bob, paste.slug)
    with pytest.raises(NotFound):
        actions.claim_view(paste)
    spent = access.access_claimed(paste.slug)
    assert actions.has_claimed(spent, first) and actions.has_claimed(spent, second)
    other = make(alice, views=1)
    assert (
        not actions.has_claimed(other, first)
        and not actions.has_claimed(spent, "")
        and not actions.has_claimed(spent, "x")
    )
    Paste.objects.filter(pk=paste.pk).update(purge_at=timezone.now())
    assert sweeping.sweep() == 1


def test_one_without_an_end_is_not_used_up(alice: User) -> None:
    paste = make(alice)
    assert [actions.claim_view(paste) for _ in range(3)] == [""] * 3
    assert access.access_paste(alice, paste.slug)


def test_the_password_opens_and_a_wrong_one_uses_up_nothing(alice: User) -> None:
    paste = make(alice, privacy="password", password="open sesame", views=1)
    assert not actions.is_unlocked(paste, "")
    with pytest.raises(Forbidden):
        actions.unlock(paste, "close sesame", "192.0.2.1")
    assert access.access_paste(VISITOR, paste.slug).views_left == 1
    proof = actions.unlock(paste, "open sesame", "192.0.2.1")
    assert actions.is_unlocked(paste, proof)
    other = make(alice, privacy="password", password="open sesame")
    assert not actions.is_unlocked(other, proof)
    stored = str(Paste.objects.filter(pk=paste.pk).values()[0])
    assert "sesame" not in stored


def test_passwords_cannot_be_tried_for_long(alice: User) -> None:
    paste = make(alice, privacy="password", password="open sesame")

    def tried(password: str, address: str) -> int:
        try:
            actions.unlock(paste, password, address)
        except AppError as error:
            return error.status
        return 200

    assert [tried(str(n), "192.0.2.1") for n in range(6)] == [403] * 5 + [429]
    assert tried("open sesame", "192.0.2.1") == 429 and tried("open sesame", "192.0.2.2") == 200


def test_terms_change_and_keep_the_password_that_is_not_given_anew(alice: User) -> None:
    paste = make(alice, privacy="password", password="one")
    actions.change_terms(paste, Terms(privacy="password", views=3))
    assert actions.unlock(paste, "one", "a") and paste.views_left == 3
    actions.change_terms(paste, Terms(privacy="password", password="two"))
    with pytest.raises(Forbidden):
        actions.unlock(paste, "one", "a")
    actions.change_terms(paste, Terms(privacy="public"))
    row = Paste.objects.get()
    assert (row.privacy, row.password, row.views_left) == ("public", "", None)
    with pytest.raises(Invalid):
        actions.change_terms(paste, Terms(privacy="password"))


# --- sealed -----------------------------------------------------------------------------------------------------------


def test_a_sealed_one_is_kept_to_the_letter(alice: User) -> None:
    adata = '[["a/b==","c",100000,256,128,"aes","gcm","zlib"],"plaintext",0,0]'
    paste, token = actions.create_sealed(alice, adata, "QUJD" * 50_000, slug="753b7ab1bfd363c3", views=1)
    found = access.access_paste(VISITOR, "753b7ab1bfd363c3")
    (file,) = access.files_of(found)
    assert (found.adata, contents.text_of(file), file.stored) == (adata, "QUJD" * 50_000, True)
    assert access.access_by_token(paste.slug, token) == paste
    with pytest.raises(Invalid) as caught:
        actions.create_sealed(alice, adata, "QUJD", slug="753b7ab1bfd363c3")
    assert caught.value.code == "slug_taken" and used_by(alice) == 200_000
    for change in (lambda: actions.revise(paste, alice, [draft()]), lambda: actions.fork(alice, paste)):
        with pytest.raises(Invalid):
            change()


# --- leaving ----------------------------------------------------------------------------------------------------------


def test_all_of_alice_goes_with_her_account(alice: User, bob: User) -> None:
    from paste import comments

    hers, his = make(alice, draft(LARGE), privacy="public"), make(bob, privacy="public")
    comments.comment(his, alice, "my secret words")
    answer = comments.comment(his, bob, "an answer", parent=his.comments.get())
    comments.star(alice, his)
    name = access.files_of(hers)[0].storage_name
    alice.delete()
    with pytest.raises(NotFound):
        access.access_paste(bob, hers.slug)
    sweeping.sweep()
    assert not default_storage.exists(name) and list(Paste.objects.all()) == [his]
    assert "secret" not in str(list(his.comments.values()))
    assert [said.row for said in comments.thread(his, None)] == [answer.parent, answer]
    assert Paste.objects.get().stars == 0
