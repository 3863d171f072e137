"""Titles and excerpts of what an answer has read stand below it: rules for answers hold for them, too."""

import pytest
from django.utils import timezone

from chat.models import AnswerSource
from chat.tools import sources
from chat.tools.registry import Source
from meatlizard.accounts.models import User
from tests.chat.makers import ask_as
from tests.meatlizard.moderation.conftest import Switching

pytestmark = [pytest.mark.django_db]

PAGES = (
    Source("All about geckos", "https://example.org/geckos", timezone.now(), "They bask."),
    Source("A badword of a page", "https://example.org/bad", timezone.now(), "A badword, and more."),
)


def shown(alice: User) -> list[tuple[int, str, str]]:
    answer = ask_as(alice).message_id
    assert answer is not None
    for _twice in range(2):
        sources.add(answer, PAGES)
    rows = AnswerSource.objects.filter(message=answer).order_by("number")
    return [(row.number, row.title, row.excerpt) for row in rows]


@pytest.mark.parametrize(
    ("action", "title", "excerpt"),
    [
        ("mask", "A ███████ of a page", "A ███████, and more."),
        ("block", "Title withheld by a rule of this site", ""),
        ("flag", "A badword of a page", "A badword, and more."),
    ],
)
def test_as_the_rules_want_it(alice: User, rule: Switching, action: str, title: str, excerpt: str) -> None:
    rule(action, words="badword", scope="out")
    assert shown(alice) == [(1, "All about geckos", "They bask."), (2, title, excerpt)]


def test_as_they_are_without_rules(alice: User) -> None:
    assert shown(alice)[1][1:] == (PAGES[1].title, PAGES[1].excerpt)
