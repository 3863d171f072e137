"""While the site is read-only nothing is changed from Discord either, where no middleware stands before the doors."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from discordbridge.actions import accounts, answers, linking, members, tools
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, NotFound, Unavailable
from meatlizard.ops import actions as site
from meatlizard.ops import switches

pytestmark = [pytest.mark.django_db]

ANNE = 80_351_110_224_678_912
VERBS: dict[str, Callable[[User], object]] = {
    "reset": lambda user: members.begin_anew(user, uuid4()),
    "model": lambda user: members.configure(user, uuid4(), model="tiny"),
    "persona": lambda user: members.speak_with(user, uuid4(), ""),
    "anonymise": members.may_anonymise,
    "rate": lambda user: answers.rate(user, uuid4(), "up"),
    "paste": lambda user: tools.paste(user, "a.md", "Text"),
    "shorten": lambda user: tools.shorten(user, "https://example.org/"),
    "link": lambda user: linking.link(ANNE + user.pk, "Anne", user),
}


def refused(verb: Callable[[User], object], user: User) -> AppError | None:
    try:
        verb(user)
    except AppError as error:
        return error
    return None


@pytest.mark.parametrize("name", VERBS)
def test_nothing_is_changed_until_it_is_over(name: str, alice: User, olga: User) -> None:
    site.maintain(olga, "hard", "Moving house")
    switches.refresh()
    refusal = refused(VERBS[name], alice)
    assert isinstance(refusal, Unavailable) and "Moving house" in refusal.message
    assert not isinstance(refused(VERBS[name], olga), Unavailable), "operators see whether all is well"
    site.maintain(olga, "off")
    switches.refresh()
    after = refused(VERBS[name], alice)
    assert after is None or isinstance(after, NotFound)


def test_soft_maintenance_leaves_settings_alone(alice: User, olga: User) -> None:
    site.maintain(olga, "soft")
    switches.refresh()
    assert tools.shorten(alice, "https://example.org/").startswith("http")
    assert accounts.known(ANNE, "Anne").shadow
