"""Rule sets and moderators for the tests of moderation."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.people import person

if TYPE_CHECKING:
    from meatlizard.accounts.models import User
    from meatlizard.moderation.models import RuleSet

Switching = Callable[..., "RuleSet"]


@pytest.fixture(autouse=True)
def fresh_rules() -> Iterator[None]:
    """No test sees another one's rules."""
    from django.core.cache import cache

    from meatlizard.moderation import rulebook

    rulebook.forget()
    yield
    rulebook.forget()
    cache.clear()


@pytest.fixture
def mona(db: None) -> "User":
    """Reviews: staff, and in the group of moderators."""
    return moderator("mona")


@pytest.fixture
def mike(db: None) -> "User":
    """Another moderator."""
    return moderator("mike")


@pytest.fixture
def rule(db: None) -> Switching:
    """Switches on a set of one rule: ``rule("block", words="lizard")``."""
    return rule_set


def rule_set(
    action: str = "block", *, on: bool = True, scope: str = "both", services: Any = (), **fields: Any
) -> "RuleSet":
    from meatlizard.moderation import drafts, rulebook
    from meatlizard.moderation.models import Action, Rule, RuleSet

    number = RuleSet.objects.count() + 1
    row = RuleSet.objects.create(
        name=fields.pop("set_name", f"set {number}"), enabled=on, scope=scope, services=list(services), order=number
    )
    fields.setdefault("kind", "pattern" if "pattern" in fields else "words")
    made = Rule(rule_set=row, name=fields.pop("name", "rule"), action=Action[action.upper()], **fields)
    drafts.ready(made, row.name)
    made.save()
    rulebook.changed()
    rulebook.refresh()
    return row


def moderator(name: str) -> "User":
    """Staff, and in the group that a migration makes: here it is made again, since other tests empty all tables."""
    from importlib import import_module

    from django.apps import apps
    from django.contrib.auth.models import Group
    from django.db import connection

    migration = import_module("meatlizard.moderation.migrations.0002_moderators")
    migration.make_group(apps, connection.schema_editor())
    user = person(name, is_staff=True)
    user.groups.add(Group.objects.get(name="Moderators"))
    return user
