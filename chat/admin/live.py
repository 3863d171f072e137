"""The page "Inference clients, live": what each one does now, and the operator's orders to them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from chat import node_overview, nodes
from chat.access import access_node
from chat.availability import state_of
from chat.models import Node
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid

if TYPE_CHECKING:
    from chat.admin.nodes import NodeAdmin

Page = Callable[[UserRequest], HttpResponse]

SAID = {
    "drain": _("{node} was told to finish what it writes and end. If its link breaks just now, the order is lost."),
    "load": _("{node} was told to load {model}. If its link breaks just now, the order is lost."),
    "unload": _("{node} was told to unload {model}. If its link breaks just now, the order is lost."),
}


def urls(admin: "NodeAdmin") -> list[URLPattern]:
    live = Live(admin)
    return [
        path("live/", live.guarded(live.page), name="chat_node_live"),
        path("live/now/", live.guarded(live.now), name="chat_node_live_now"),
        path("live/order/", live.guarded(live.order), name="chat_node_order"),
    ]


class Live:
    def __init__(self, admin: "NodeAdmin") -> None:
        self._admin = admin

    def guarded(self, page: Page) -> Callable[..., HttpResponse]:
        """Visitors are sent to sign in; who is signed in and may not look is refused, not sent round in a circle."""
        inner: Callable[..., HttpResponse] = self._admin.admin_site.admin_view(page)

        def view(request: HttpRequest) -> HttpResponse:
            user = request.user
            if user.is_authenticated and not (user.is_staff and self._admin.has_view_permission(request)):
                raise PermissionDenied
            return inner(request)

        return view

    def page(self, request: UserRequest) -> HttpResponse:
        """Context: ``live`` (:class:`chat.node_overview.Overview`), ``may_order``."""
        return require_GET(self._page)(request)

    def now(self, request: UserRequest) -> HttpResponse:
        """The changing part of the page alone, for its script."""
        return require_GET(self._now)(request)

    def order(self, request: UserRequest) -> HttpResponse:
        """Field ``order``: what to do, the client's id and, for load and unload, the model, with spaces between."""
        return require_POST(self._order)(request)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "live": node_overview.overview(),
            "may_order": self._admin.has_change_permission(request),
            "opts": self._admin.model._meta,
        }

    def _page(self, request: UserRequest) -> HttpResponse:
        site = self._admin.admin_site.each_context(request)
        context = {**site, "title": gettext("Inference clients, live"), **self._context(request)}
        return render(request, "admin/chat/node/live.html", context)

    def _now(self, request: UserRequest) -> HttpResponse:
        return render(request, "admin/chat/node/_live.html", self._context(request))

    def _order(self, request: UserRequest) -> HttpResponse:
        do, _, rest = request.POST.get("order", "").partition(" ")
        key, _, model = rest.partition(" ")
        node = access_node(request.user, key)
        if do == "rotate" and node.revoked is None:
            return self._admin.code_page(request, nodes.new_pairing_code(request.user, rotate=node), node)
        try:
            messages.success(request, self._carry_out(node, do, model))
        except Invalid as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:chat_node_live") + f"#node-{node.pk}")

    @staticmethod
    def _carry_out(node: Node, do: str, model: str) -> str:
        """What was done, in words. Raises Invalid for what cannot be."""
        if node.revoked is not None:
            raise Invalid(gettext("{name} is revoked: it can be told nothing any more.").format(name=node.name))
        this = Node.objects.filter(pk=node.pk)
        if do == "revoke":
            nodes.revoke(this)
            return gettext("{node} is revoked. What it was answering goes to others.").format(node=node.name)
        if do in ("pause", "resume"):
            nodes.set_paused(this, do == "pause")
            said = (
                gettext("{node} is paused: it finishes what it writes.")
                if do == "pause"
                else gettext("{node} goes on.")
            )
            return said.format(node=node.name)
        if do not in SAID:
            raise Invalid(gettext("That is no order to an inference client."))
        if state_of(node) == "away":
            raise Invalid(
                gettext(
                    "{name} is away and hears nothing: the order was not sent. Try again when it is connected."
                ).format(name=node.name)
            )
        nodes.order(node, cast(nodes.OrderVerb, do), model)
        return str(SAID[do]).format(node=node.name, model=model)
