"""Two accounts of one person become one."""

import logging
from typing import Any

from django.db import IntegrityError, models, transaction
from django.dispatch import Signal
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

log = logging.getLogger(__name__)

merging = Signal()
"""Sent within the transaction with ``old`` and ``new``, numbers of accounts, before rows are moved. Apps that keep sums, or that have to
lock in an order of their own, do so here; what merely refers to an account is moved for them. Who raises AppError keeps both apart.
"""


def merge(old: User, new: User) -> None:
    """Whatever is ``old``'s becomes ``new``'s, and ``old`` goes. Of what a person has once, ``new``'s own stays.

    Raises Invalid for who runs the site, and what apps raise that cannot do it now.
    """
    if old.pk == new.pk or old.is_staff or old.is_superuser:
        raise Invalid(gettext("These accounts cannot be made one."), code="cannot_merge")
    with transaction.atomic():
        list(User.objects.select_for_update(no_key=True).filter(pk__in=[old.pk, new.pk]).order_by("pk"))
        merging.send(sender=None, old=old.pk, new=new.pk)
        for relation in User._meta.related_objects:
            if not relation.many_to_many:
                _move(relation, old.pk, new.pk)
        User.objects.get(pk=old.pk).delete()


def _move(relation: Any, old: int, new: int) -> None:
    field = relation.field
    rows: models.QuerySet[Any] = relation.related_model._base_manager.filter(**{field.name: old}).order_by()
    if field.primary_key:
        # Moved by who owns it, or not at all: with another key it would be another row.
        return
    try:
        with transaction.atomic():
            rows.update(**{field.attname: new})
    except IntegrityError:
        for key in list(rows.values_list("pk", flat=True)):
            try:
                with transaction.atomic():
                    rows.filter(pk=key).update(**{field.attname: new})
            except IntegrityError:
                # The other account has its own of it.
                log.info("accounts.not_merged", extra={"row": relation.related_model._meta.label})
