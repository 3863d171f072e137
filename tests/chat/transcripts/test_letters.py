"""Letters that a transcript is there."""

from typing import Any

import pytest

from chat.models import Transcript
from chat.transcripts import letters
from meatlizard.accounts.models import User
from tests.chat.transcripts.making import archive, talk_of, wants

pytestmark = pytest.mark.django_db(transaction=True)


def test_letters_go_once_to_who_asked_and_hold_no_word_of_it(
    alice: User, settings: Any, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HAS_MAIL = True
    monkeypatch.setattr(letters, "address_of", lambda user: user.email)
    row = archive(talk_of(wants(alice, by_mail=True)))
    assert not letters.send(row.pk)
    (letter,) = mailoutbox
    assert letter.to == ["alice@example.org"] and "/chat/transcripts/link/" in letter.body
    assert "warm" not in letter.body and "Basking" not in letter.body + letter.subject
    assert row.links.get().way == "mail"
    wants(alice, by_mail=False)
    Transcript.objects.update(told=None)
    assert not letters.send(row.pk) and len(mailoutbox) == 1


def test_a_letter_that_is_refused_goes_with_the_next_attempt(
    alice: User, settings: Any, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HAS_MAIL = True
    monkeypatch.setattr(letters, "address_of", lambda user: user.email)
    row = archive(talk_of(wants(alice)))
    wants(alice, by_mail=True)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(OSError("refused")))
        with pytest.raises(OSError, match="refused"):
            letters.send(row.pk)
    assert not row.links.exists()
    assert letters.send(row.pk) and len(mailoutbox) == 1
