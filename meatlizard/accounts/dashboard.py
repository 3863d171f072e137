"""What apps show on a person's dashboard: each adds to the page's context under names of its own."""

from collections.abc import Callable
from typing import Any

from meatlizard.accounts.models import User

Facts = Callable[[User], dict[str, Any]]
_sources: list[Facts] = []


def dashboard_facts(source: Facts) -> Facts:
    """Registers a function from a person to additions to the context of ``dashboard.html``; call it in the app's ``ready``."""
    if source not in _sources:
        _sources.append(source)
    return source


def gather(user: User) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for source in _sources:
        facts |= source(user)
    return facts
