"""What a person on Discord has used this week counts on when the account here is left and made anew: otherwise anonymising, or untying,
would be a fresh budget each time.

It lies in the shared cache, under a hash and until the week is over. A restart without Redis forgets it.
"""

import hashlib

from django.core.cache import cache
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets


def leaves(snowflake: int, user: User) -> None:
    """In the transaction in which the account stops being this person's."""
    week = budgets.standing(user)
    if week is not None and week.used + week.reserved:
        seconds = max(1, int((week.resets - timezone.now()).total_seconds()))
        cache.set(_key(snowflake), (user.pk, week.used + week.reserved), seconds)


def comes(snowflake: int, user: User) -> None:
    """In the transaction that makes an account for a person on Discord."""
    _, used = cache.get(_key(snowflake)) or (0, 0)
    budgets.correct(user.pk, used)


def is_back(snowflake: int, shadow: User, user: User) -> None:
    """Before ``shadow`` becomes one with ``user`` again, in that transaction: what was theirs anyway is not counted twice."""
    former, used = cache.get(_key(snowflake)) or (0, 0)
    if former == user.pk:
        budgets.correct(shadow.pk, -used)
    cache.delete(_key(snowflake))


def _key(snowflake: int) -> str:
    return "discord-used:" + hashlib.sha256(str(snowflake).encode()).hexdigest()
