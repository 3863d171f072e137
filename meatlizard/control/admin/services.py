"""The services of the site on one page: on or off, why, and for whom not."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import Tier
from meatlizard.control import service_actions, services
from meatlizard.control.admin.operated import Operated, carried_out, operating
from meatlizard.control.models import ServiceSwitch


@admin.register(ServiceSwitch)
class ServicesAdmin(Operated, admin.ModelAdmin[ServiceSwitch]):
    def changelist_view(self, request: UserRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        """``admin/control/services.html``. Context: ``rows`` of (service, its :class:`ServiceSwitch`), ``groups`` of (number, title) of tiers, guests
        first."""
        if not operating(request):
            raise PermissionDenied
        if request.method == "POST":
            _switched(request)
            return HttpResponseRedirect(reverse("admin:control_serviceswitch_changelist"))
        known = ServiceSwitch.objects.in_bulk()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Services"),
            "opts": self.model._meta,
            "rows": [(one, known.get(one.name) or ServiceSwitch(name=one.name)) for one in services.all_services()],
            "groups": [(services.GUESTS, _("guests")), *((tier.pk, tier.title) for tier in Tier.objects.all())],
        }
        return render(request, "admin/control/services.html", context)


def _switched(request: UserRequest) -> None:
    sent = request.POST
    closed_to = [int(one[:9]) for one in sent.getlist("closed_to") if one.isascii() and one.isdecimal()]
    carried_out(
        request,
        partial(
            service_actions.switch, request.user, sent.get("name", ""), "on" in sent, sent.get("reason", ""), closed_to
        ),
    )
