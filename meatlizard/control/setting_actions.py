"""Verbs on live settings. Each change is a row of a history that is only added to; taking one back adds another."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.control import live, state
from meatlizard.control.models import SettingChange
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only


def standing(name: str) -> SettingChange | None:
    """The newest change of a setting; None: nobody has changed it."""
    return SettingChange.objects.filter(name=name).order_by("-pk").first()


def change(by: User, name: str, text: str | None, seen: int | None = None) -> SettingChange:
    """Sets what is typed as ``text``; None: back to what the environment says. ``seen``: the change that stood when the operator looked, 0 for
    none. Raises Invalid, also when somebody else was faster or it is so already; Forbidden.
    """
    operate_only(by)
    setting = live.LIVE.get(name)
    if setting is None:
        raise NotFound(_("There is no such setting."))
    value = None if text is None else setting.read(text)
    with transaction.atomic():
        state.lock()
        last = standing(name)
        if seen is not None and seen != (last.pk if last else 0):
            raise Invalid(
                _("Somebody else has changed this setting meanwhile. Look at it again."), code="changed_meanwhile"
            )
        return _store(by, name, last, value, None)


def undo(by: User, change: int) -> SettingChange:
    """Puts back what was before this change, if it is still the newest of its setting. Raises Invalid, NotFound, Forbidden."""
    operate_only(by)
    with transaction.atomic():
        state.lock()
        row = SettingChange.objects.filter(pk=change).first()
        if row is None:
            raise NotFound(_("There is no such change."))
        last = standing(row.name)
        if last is None or last.pk != row.pk:
            raise Invalid(_("The setting was changed again since: take that back first."), code="changed_since")
        if row.name in live.LIVE and row.before is not None and not live.LIVE[row.name].fits(row.before):
            raise Invalid(_("What was set before is not possible any more."), code="out_of_range")
        return _store(by, row.name, last, row.before, row.pk)


def _store(by: User, name: str, last: SettingChange | None, value: Any, undoes: int | None) -> SettingChange:
    before = last.after if last else None
    if before == value and type(before) is type(value):
        raise Invalid(_("It is so already: nothing was changed."), code="nothing_to_do")
    row = SettingChange.objects.create(
        name=name, before=before, after=value, at=timezone.now(), by=by.pk, undoes=undoes
    )
    audit.record(by, "setting", name, before=before, after=value, reason="undo" if undoes else "")
    state.raise_version()
    return row
