"""From a draft to what others read: asked for, given back, published, withdrawn; by whom, and who is refused."""

import threading

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from chat.models import Persona
from chat.models.reviews import PersonaReview
from chat.personas import actions
from chat.personas.access import readable
from chat.personas.authoring import reviewing
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden, Invalid
from tests.chat.personas.makers import lizzy, persona
from tests.chat.personas.visits import signed_in, url
from tests.people import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def operator(name: str) -> User:
    return person(name, is_staff=True, is_superuser=True)


def seen_by(user: User, row: Persona) -> bool:
    return readable(user).filter(pk=row.pk).exists()


def newest(row: Persona) -> int:
    row.refresh_from_db()
    assert row.current is not None
    return row.current.number


def steps(row: Persona) -> list[str]:
    return [one.step for one in reversed(reviewing.steps(row))]


def test_without_reviews_an_owner_publishes_and_withdraws(alice: User, bob: User) -> None:
    row = persona(alice, "shared")
    assert not seen_by(bob, row)
    reviewing.publish(alice, row, newest(row))
    assert seen_by(bob, row)
    reviewing.withdraw(alice, row)
    assert not seen_by(bob, row)
    assert steps(row) == ["published", "withdrawn"]


def test_with_reviews_the_owner_asks_is_given_words_and_asks_again(
    alice: User, bob: User, olga: User, settings: Settings
) -> None:
    settings.PERSONA_REVIEW = True
    row = persona(alice, "shared")
    with pytest.raises(Forbidden):
        reviewing.publish(alice, row, newest(row))
    reviewing.ask(alice, row, newest(row), "please")
    assert not seen_by(bob, row)
    with pytest.raises(Invalid, match="what is to be changed"):
        reviewing.give_back(olga, row, newest(row), " ")
    reviewing.give_back(olga, row, newest(row), "kinder, please")
    actions.save(alice, row, lizzy(description="Kinder."))
    reviewing.ask(alice, row, newest(row))
    reviewing.publish(olga, row, newest(row))
    assert seen_by(bob, row)
    assert steps(row) == ["asked", "returned", "asked", "published"]
    assert reviewing.steps(row)[2].note == "kinder, please"


def test_what_is_published_is_what_the_reviewer_read(alice: User, bob: User, olga: User, settings: Settings) -> None:
    settings.PERSONA_REVIEW = True
    row = persona(alice, "shared")
    read = newest(row)
    reviewing.ask(alice, row, read)
    actions.save(alice, row, lizzy(description="Something else."))
    for number in (read, newest(row)):
        with pytest.raises(Invalid) as refused:
            reviewing.publish(olga, row, number) if number == read else reviewing.give_back(olga, row, number, "no")
        assert refused.value.code == ("changed_meanwhile" if number == read else "wrong_state")
    assert not seen_by(bob, row)


def test_the_owner_takes_a_request_back_without_a_word(alice: User, settings: Settings) -> None:
    settings.PERSONA_REVIEW = True
    row = persona(alice, "shared")
    reviewing.ask(alice, row, newest(row))
    reviewing.give_back(alice, row, newest(row), "")
    row.refresh_from_db()
    assert row.state == Persona.State.DRAFT


def test_two_reviewers_decide_once(alice: User, olga: User, settings: Settings) -> None:
    settings.PERSONA_REVIEW = True
    row = persona(alice, "shared")
    number = newest(row)
    reviewing.ask(alice, row, number)
    oscar, outcomes, ready = operator("oscar"), [], threading.Barrier(2)

    def decide(by: User, publishes: bool) -> None:
        mine = Persona.objects.get(pk=row.pk)
        ready.wait(10)
        try:
            reviewing.publish(by, mine, number) if publishes else reviewing.give_back(by, mine, number, "no")
            outcomes.append(publishes)
        except AppError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=pair) for pair in ((olga, True), (oscar, False))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    row.refresh_from_db()
    assert len(outcomes) == 1
    assert (row.state == Persona.State.PUBLISHED) is outcomes[0]
    assert PersonaReview.objects.count() == 2


def test_pages_offer_the_steps_and_refuse_strangers(alice: User, bob: User, olga: User, settings: Settings) -> None:
    settings.PERSONA_REVIEW = True
    row = persona(alice, "shared")
    body = {"step": "ask", "number": newest(row), "note": "<script>alert(1)</script>"}
    assert signed_in(bob).post(url("persona-review", row), body).status_code == 404
    assert Client().post(url("persona-review", row), body).status_code == 302
    page = signed_in(alice).post(url("persona-review", row), body, follow=True).content.decode()
    assert "A reviewer will look at it." in page
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert "review-publish" not in page and "review-return" in page
    assert signed_in(alice).get("/chat/personas/reviews/").status_code == 403
    assert signed_in(bob).get("/chat/personas/reviews/").status_code == 403
    assert "Lizzy" in signed_in(olga).get("/chat/personas/reviews/").content.decode()
    done = signed_in(olga).post(url("persona-review", row), {"step": "publish", "number": newest(row)}, follow=True)
    assert "Published" in done.content.decode()
    # Readable now, and still not bob's to decide about.
    assert signed_in(bob).post(url("persona-review", row), {"step": "withdraw", "number": 1}).status_code == 403
    assert "review-steps" not in signed_in(bob).get(url("persona", row)).content.decode()
