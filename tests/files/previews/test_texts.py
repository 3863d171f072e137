"""Texts of contents, and who finds what by them."""

from collections.abc import Callable

import pytest

from files.actions import store
from files.models import Blob, BlobText, File
from files.texts import extracting, search
from meatlizard.accounts.models import User
from tests.chat.attachments.files import docx, pdf
from tests.files.previews import contents

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

BlobOf = Callable[[bytes], Blob]


def kept(owner: User, data: bytes, name: str, blob_of: BlobOf) -> File:
    file = store(owner, None, name, blob_of(data))
    extracting.extract(file.blob, name)
    return file


def found(owner: User, query: str) -> list[str]:
    return sorted(search.files(owner, query).values_list("name", flat=True))


def test_documents_are_found_by_their_words_by_their_owner_alone(alice: User, charlie: User, blob_of: BlobOf) -> None:
    kept(alice, pdf("The lighthouse keeper"), "a.pdf", blob_of)
    kept(alice, docx("<w:p><w:r><w:t>Lighthouse of the north</w:t></w:r></w:p>"), "b.docx", blob_of)
    kept(alice, "# Ein Leuchtturm\n\nlighthouse Straße".encode(), "c.md", blob_of)
    assert found(alice, "lighthouse") == ["a.pdf", "b.docx", "c.md"]
    assert found(alice, "lighthouse keep") == ["a.pdf"], "all words, the last one as it is being typed"
    assert found(alice, "straße") == ["c.md"]
    assert found(alice, "ghthouse") == []
    assert found(charlie, "lighthouse") == []


def test_a_content_that_two_have_is_found_by_each_in_their_own_files(
    alice: User, bob: User, charlie: User, blob_of: BlobOf
) -> None:
    mine, theirs = (
        kept(alice, b"the same words", "mine.txt", blob_of),
        kept(bob, b"the same words", "theirs.txt", blob_of),
    )
    assert mine.blob_id == theirs.blob_id and BlobText.objects.count() == 1
    assert (
        found(alice, "words") == ["mine.txt"]
        and found(bob, "words") == ["theirs.txt"]
        and found(charlie, "words") == []
    )
    assert search.excerpts(charlie, "words", [mine.pk, theirs.pk]) == {}
    assert search.excerpts(alice, "words", [mine.pk, theirs.pk]) == {mine.pk: "the same words"}


@pytest.mark.parametrize(
    "query", ['"', "' OR 1=1", "a AND", "NEAR(", "*", "text:", "& | !", "\x00", "-words", "words*"]
)
def test_no_query_breaks_the_search(alice: User, query: str, blob_of: BlobOf) -> None:
    kept(alice, b"some words", "a.txt", blob_of)
    assert found(alice, query) in ([], ["a.txt"])


def test_what_is_deleted_or_in_quarantine_is_not_found(alice: User, blob_of: BlobOf) -> None:
    file = kept(alice, b"some words", "a.txt", blob_of)
    Blob.objects.update(state=Blob.State.QUARANTINED)
    assert found(alice, "words") == []
    Blob.objects.update(state=Blob.State.READY)
    BlobText.objects.filter(blob=file.blob_id).delete()
    assert found(alice, "words") == []
    assert extracting.extract(file.blob, "a.txt") is not None
    assert found(alice, "words") == ["a.txt"]


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (pdf("locked", password="x"), "a.pdf", "encrypted"),
        (b"%PDF-1.7 garbage", "a.pdf", "pdf_unreadable"),
        (
            contents.packed({"word/document.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><w>&a;</w>'}),
            "a.docx",
            "office_unreadable",
        ),
        (contents.packed({"word/document.xml": b"<w>" + b" " * 70_000_000 + b"</w>"}), "a.docx", "bomb"),
    ],
    ids=["encrypted", "damaged", "entities", "bomb"],
)
def test_why_there_is_no_text_is_kept(alice: User, data: bytes, name: str, error: str, blob_of: BlobOf) -> None:
    file = store(alice, None, name, blob_of(data))
    row = extracting.extract(file.blob, name)
    assert row is not None and row.error == error and not row.text


def test_what_has_no_words_is_not_read(alice: User, blob_of: BlobOf) -> None:
    file = store(alice, None, "a.png", blob_of(contents.png()))
    assert extracting.extract(file.blob, "a.txt") is None
