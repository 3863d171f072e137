"""A password before something that is reached by its address: tried only so often, and shown to have been given by a cookie."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from meatlizard.errors import Forbidden
from meatlizard.security import ratelimit

MAX_PASSWORD: Final = 200

GUESSES: Final = "5/15m"
"""Passwords tried for one thing from one address."""

GUESSES_BY_ALL: Final = "100/h"
"""For one thing from everywhere: who has many addresses does not get far, and who knows the password waits an hour at worst."""


@dataclass(frozen=True, slots=True)
class Lock:
    """``kind`` and ``row`` name the thing; ``password`` is its hash, empty where there is none."""

    kind: str
    row: int | UUID
    password: str

    def unlock(self, given: str, address: str) -> str:
        """What proves that the password was given, see :meth:`is_open`. Raises Forbidden for a wrong one, LimitReached after too many
        tries."""
        too_often = gettext("Too many passwords were tried. Wait a little.")
        ratelimit.check(f"{self.kind}.password", f"{self.row} {address}", GUESSES, too_often)
        ratelimit.check(f"{self.kind}.password.all", str(self.row), GUESSES_BY_ALL, too_often)
        if len(given) > MAX_PASSWORD or not check_password(given, self.password):
            raise Forbidden(gettext("This is not the password."), code="wrong_password")
        return self._proof()

    def is_open(self, proof: str) -> bool:
        """A password that was changed makes earlier proofs worthless."""
        return not self.password or constant_time_compare(proof, self._proof())

    def _proof(self) -> str:
        return salted_hmac(f"{self.kind}.password", f"{self.row} {self.password}", algorithm="sha256").hexdigest()
