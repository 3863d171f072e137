"""Live settings: one page with all of them, what the environment says, and their history with a way back."""

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.control import live, setting_actions
from meatlizard.control.admin.operated import Operated, carried_out, operating
from meatlizard.control.models import SettingChange

LATEST = 50


@dataclass(frozen=True, slots=True)
class Row:
    """``last``: the change that holds, if any; ``seen``: its number, 0 for none."""

    setting: live.Live
    value: str
    given: str
    last: SettingChange | None

    @property
    def seen(self) -> int:
        return self.last.pk if self.last else 0

    @property
    def changed(self) -> bool:
        return self.last is not None and self.last.after is not None


@admin.register(SettingChange)
class SettingsAdmin(Operated, admin.ModelAdmin[SettingChange]):
    def changelist_view(self, request: UserRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        """``admin/control/settings.html``. Context: ``groups`` of (title, list of :class:`Row`), ``history`` of changes."""
        if not operating(request):
            raise PermissionDenied
        if request.method == "POST":
            _changed(request)
            return HttpResponseRedirect(reverse("admin:control_settingchange_changelist"))
        newest: dict[str, SettingChange] = {}
        for row in SettingChange.objects.order_by("pk"):
            newest[row.name] = row
        rows = [_row(one, newest.get(one.name)) for one in live.LIVE.values()]
        named = Subquery(User.objects.filter(pk=OuterRef("by")).values("username")[:1])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Live settings"),
            "opts": self.model._meta,
            "groups": [(str(group), list(part)) for group, part in groupby(rows, key=lambda row: row.setting.group)],
            "history": SettingChange.objects.annotate(who=named)[:LATEST],
            "newest": {row.pk for row in newest.values()},
        }
        return render(request, "admin/control/settings.html", context)


def _row(setting: live.Live, last: SettingChange | None) -> Row:
    given = live.given(setting.name)
    value = given if last is None or last.after is None else last.after
    return Row(setting, setting.shown(value), setting.shown(given), last)


def _changed(request: UserRequest) -> None:
    sent = request.POST
    if sent.get("undo", "").isdecimal():
        carried_out(request, partial(setting_actions.undo, request.user, int(sent["undo"][:18])))
        return
    seen = int(sent["seen"][:18]) if sent.get("seen", "").isdecimal() else None
    text = None if "reset" in sent else sent.get("value", "")[:200]
    carried_out(request, partial(setting_actions.change, request.user, sent.get("name", ""), text, seen))
