"""Verbs of the admin's page of a person that are not of this app alone, with their entries in the audit."""

from django.db import transaction
from django.utils.translation import gettext as _

from meatlizard.accounts.models import Tier, User
from meatlizard.budgets import actions as budgets
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation.access import review_only
from meatlizard.moderation.actions import audit, sanctions
from meatlizard.moderation.models import Sanction
from meatlizard.ops.access import operate_only


def grant(by: User, person: User, tokens: int, note: str = "") -> None:
    """More tokens for this week. Raises Forbidden, Invalid."""
    if not by.has_perm("budgets.add_grant"):
        raise Forbidden(_("You may not give tokens."), code="not_a_giver")
    with transaction.atomic():
        budgets.grant(person, tokens, by, note)
        audit.record(by, "grant", person=person.pk, after={"tokens": tokens}, reason=note)


def put_into(by: User, person: User, tier: int) -> None:
    """Another tier, from the next question on. Raises Forbidden, Invalid."""
    operate_only(by)
    chosen = Tier.objects.filter(pk=tier).first()
    if chosen is None:
        raise Invalid(_("This tier is gone. Look at the page again."), code="no_such_tier")
    with transaction.atomic():
        row = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if row.tier_id == chosen.pk:
            raise Invalid(_("It is so already: nothing was changed."), code="nothing_to_do")
        before, row.tier = row.tier_id, chosen
        row.save(update_fields=["tier"])
        audit.record(by, "tier", person=person.pk, before={"tier": before}, after={"tier": chosen.pk})


def suspend(by: User, person: User, reason: str, days: int | None) -> None:
    """Raises Forbidden, Invalid."""
    review_only(by)
    sanctions.suspend(by, person, reason, days)


def let_in(by: User, person: User, reason: str = "") -> None:
    """Lifts all suspensions. Raises Forbidden, Invalid."""
    review_only(by)
    rows = list(Sanction.objects.filter(person=person, kind=Sanction.Kind.SUSPENSION, lifted_at=None).order_by("pk"))
    if not rows or not person.is_suspended:
        raise Invalid(_("This account is not suspended."), code="nothing_to_do")
    with transaction.atomic():
        for row in rows:
            sanctions.lift(by, row, reason)
