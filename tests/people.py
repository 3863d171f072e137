"""The people of the tests. Alice owns the thing; Bob was invited to it; Charlie is a stranger; Olga operates the site."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from meatlizard.accounts.models import User

PASSWORD = "correct horse battery lizard"


def person(name: str, **more: object) -> "User":
    """Makes a member who can sign in with ``name`` and PASSWORD."""
    from django.contrib.auth import get_user_model

    user: User = get_user_model().objects.create_user(
        username=name, email=f"{name}@example.org", password=PASSWORD, **more
    )
    return user


@pytest.fixture
def alice(db: None) -> "User":
    """Owns the thing in question."""
    return person("alice")


@pytest.fixture
def bob(db: None) -> "User":
    """Was invited by Alice."""
    return person("bob")


@pytest.fixture
def charlie(db: None) -> "User":
    """A stranger: a member whom nobody invited."""
    return person("charlie")


@pytest.fixture
def olga(db: None) -> "User":
    """Operates the site: staff, and may do everything in the admin."""
    return person("olga", is_staff=True, is_superuser=True)
