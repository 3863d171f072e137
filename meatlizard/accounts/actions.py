"""Verbs on accounts: the first administrator, invitations."""

import base64
import datetime
import hashlib
import hmac
import secrets

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from meatlizard.accounts.access import needs_setup
from meatlizard.accounts.models import ADMIN, Invitation, Tier, User
from meatlizard.errors import Forbidden, Invalid

CODE_BYTES = 10
"""80 random bits: 16 letters and digits, four groups of four to type."""


def setup_code() -> str:
    """What proves to the set-up page that a visitor from elsewhere is the operator: printed at start, and made from SECRET_KEY, so
    that every process of the site knows the same. It is worth nothing once somebody has an account."""
    return _grouped(salted_hmac("meatlizard.setup", "first administrator", algorithm="sha256").digest()[:CODE_BYTES])


def setup_code_matches(text: str) -> bool:
    return hmac.compare_digest(_typed(text).encode(), _typed(setup_code()).encode())


def create_first_admin(username: str, password: str, email: str = "") -> User:
    """Makes the administrator. Raises Forbidden when somebody has an account already: of two visitors at once one wins."""
    with transaction.atomic():
        # The row to stand in line at. On SQLite the transaction itself is that.
        Tier.objects.named(ADMIN)
        tier = Tier.objects.select_for_update().get(name=ADMIN)
        if not needs_setup():
            raise Forbidden(gettext("This site has been set up already."), code="already_set_up")
        return User.objects.create_superuser(username=username, email=email, password=password, tier=tier)


def invite(by: User, *, uses: int = 1, days: int | None = 14, note: str = "") -> str:
    """Makes an invitation and returns its code, of which only the hash is kept. ``days`` None: it does not expire."""
    if not 1 <= uses <= 10_000:
        raise Invalid(gettext("An invitation is for 1 to 10,000 people."), code="uses_out_of_range")
    if days is not None and not 1 <= days <= 3650:
        raise Invalid(gettext("An invitation is valid for 1 to 3,650 days."), code="days_out_of_range")
    raw = secrets.token_bytes(CODE_BYTES)
    Invitation.objects.create(
        code_hash=code_hash(_grouped(raw)),
        uses_left=uses,
        note=note,
        created_by=by,
        expires=None if days is None else timezone.now() + datetime.timedelta(days=days),
    )
    return _grouped(raw)


def code_hash(code: str) -> str:
    """SHA-256 is enough for 80 random bits; case, spaces and dashes do not count."""
    return hashlib.sha256(f"meatlizard-invitation {_typed(code)}".encode()).hexdigest()


def is_usable(code: str) -> bool:
    return Invitation.objects.usable().filter(code_hash=code_hash(code)).exists()


def redeem(code: str) -> None:
    """Uses an invitation once. Raises Invalid when it is unknown, expired or used up, by whoever was first."""
    won = (
        Invitation.objects.usable()
        .filter(code_hash=code_hash(code))
        .update(uses_left=F("uses_left") - 1, used=F("used") + 1)
    )
    if not won:
        raise Invalid(
            gettext("This invitation is wrong, used up, or expired. Ask for another one."), code="invitation_refused"
        )


def is_name_taken(error: IntegrityError) -> bool:
    """Whether ``error`` comes of two people choosing one name or address at the same moment."""
    return "user_name_once" in str(error) or "user_email_once" in str(error) or "username" in str(error)


def _grouped(raw: bytes) -> str:
    text = base64.b32encode(raw).decode().rstrip("=")
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _typed(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()[:64]
