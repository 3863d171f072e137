"""Inference clients in the admin: the list, each one's settings, pairing codes."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from chat import availability, nodes
from chat.admin import live
from chat.models import Node, NodeModel, NodeSample, PairingCode
from inference_client.protocol import keys
from meatlizard.accounts.http import UserRequest
from meatlizard.jobs.lease import HELD
from meatlizard.read_only import ReadOnly


class NodeForm(forms.ModelForm[Node]):
    """What an operator sets. Raises nothing; says what is wrong beside the field."""

    class Meta:
        model = Node
        fields = [
            "name", "owner", "paused", "weight", "max_slots", "quiet_from", "quiet_until", "own_only", "owner_first",
            "notes",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        start, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (start is None) != (end is None):
            self.add_error("quiet_until" if end is None else "quiet_from", gettext("Give both times, or neither."))
        elif start is not None and start == end:
            self.add_error(
                "quiet_until", gettext("The same time twice: pause the client instead, or leave both empty.")
            )
        if cleaned.get("max_slots") == 0:
            self.add_error("max_slots", gettext("At least 1. To give it nothing, pause it."))
        if cleaned.get("own_only") and cleaned.get("owner") is None:
            self.add_error("own_only", gettext("It has no owner: it would answer nobody."))
        return cleaned


class NodeModelInline(ReadOnly, admin.TabularInline[NodeModel, Node]):
    model = NodeModel
    extra = 0
    can_delete = False
    fields = [
        "alias",
        "context_length",
        "slots",
        "quantisation",
        "size_bytes",
        "prompt_tps",
        "generation_tps",
        "sha256",
    ]


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin[Node]):
    list_display = ["name", "state", "offer", "running", "owner", "backend", "client_version", "last_seen"]
    list_filter = ["paused", ("revoked", admin.EmptyFieldListFilter), "backend"]
    search_fields = ["name", "platform", "models__alias"]
    form = NodeForm
    fieldsets = [
        (None, {"fields": ["name", "owner", "paused", "state", "notes"]}),
        (
            _("Share of the work"),
            {"fields": ["weight", "max_slots", "quiet_from", "quiet_until", "own_only", "owner_first"]},
        ),
        (
            _("The machine"),
            {
                "fields": [
                    "fingerprint", "client_version", "platform", "backend", "created", "connected_at", "last_seen",
                    "revoked",
                ]
            },
        ),
    ]  # fmt: skip
    readonly_fields = [
        "state", "fingerprint", "client_version", "platform", "backend", "created", "connected_at", "last_seen", "revoked",
    ]  # fmt: skip
    autocomplete_fields = ["owner"]
    inlines = [NodeModelInline]
    actions = ["revoke", "pause", "resume", "rotate"]
    change_list_template = "admin/chat/node/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A node pairs itself with a code; there is nothing to type in here.
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        held = Count("generations", filter=Q(generations__state__in=HELD))
        return super().get_queryset(request).annotate(held=held).prefetch_related("models")

    @admin.display(description=_("state"))
    def state(self, node: Node) -> str:
        return availability.state_of(node)

    @admin.display(description=_("models"))
    def offer(self, node: Node) -> str:
        return ", ".join(f"{model.alias} ×{model.slots}" for model in node.models.all()) or "—"

    @admin.display(description=_("running"))
    def running(self, node: Node) -> int:
        return int(getattr(node, "held", 0))

    @admin.display(description=_("key fingerprint"))
    def fingerprint(self, node: Node) -> str:
        return keys.fingerprint(bytes(node.public_key))

    @admin.action(permissions=["change"], description=_("Revoke: cut off at once and for good"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = nodes.revoke(queryset)
        words = ngettext(
            "{count} inference client revoked. What it was answering goes to others.",
            "{count} inference clients revoked. What they were answering goes to others.",
            count,
        )
        self.message_user(request, words.format(count=count))

    @admin.action(permissions=["change"], description=_("Pause: finish what runs, take nothing new"))
    def pause(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = nodes.set_paused(queryset, True)
        words = ngettext("{count} inference client paused.", "{count} inference clients paused.", count)
        self.message_user(request, words.format(count=count))

    @admin.action(permissions=["change"], description=_("Resume after a pause"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = nodes.set_paused(queryset, False)
        words = ngettext("{count} inference client resumed.", "{count} inference clients resumed.", count)
        self.message_user(request, words.format(count=count))

    @admin.action(permissions=["change"], description=_("Rotate key: give one client a code for a new key"))
    def rotate(self, request: UserRequest, queryset: QuerySet[Node]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1 or chosen[0].revoked is not None:
            self.message_user(request, gettext("Choose one client that is not revoked."), messages.ERROR)
            return None
        return self.code_page(request, nodes.new_pairing_code(request.user, rotate=chosen[0]), chosen[0])

    def get_urls(self) -> list[URLPattern]:
        pair = self.admin_site.admin_view(self.pair)
        return [path("pair/", pair, name="chat_node_pair"), *live.urls(self), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Node, form: Any, change: bool) -> None:
        # Of the row only what was typed in: a client writes the others all the time.
        nodes.configure(obj, form.changed_data)

    def pair(self, request: UserRequest) -> HttpResponse:
        """Makes a code on POST and shows it once. Context: ``code``, ``site_url``, ``minutes``, ``node`` (None for a
        new one).
        """
        if not self.has_change_permission(request):
            raise PermissionDenied
        code = nodes.new_pairing_code(request.user) if request.method == "POST" else ""
        return self.code_page(request, code, None)

    def code_page(self, request: HttpRequest, code: str, node: Node | None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Add inference client")
            if node is None
            else gettext("New key for {name}").format(name=node.name),
            "code": code,
            "site_url": settings.SITE_URL,
            "minutes": nodes.CODE_MINUTES,
            "node": node,
            "opts": self.model._meta,
        }
        response = render(request, "admin/chat/node/pair.html", context)
        response["Cache-Control"] = "no-store"
        return response


@admin.register(NodeSample)
class NodeSampleAdmin(ReadOnly, admin.ModelAdmin[NodeSample]):
    list_display = ["at", "node", "completion_tokens", "prompt_tokens", "requests", "errors", "busy", "waiting"]
    list_filter = ["node"]
    date_hierarchy = "at"
    list_select_related = ["node"]


@admin.register(PairingCode)
class PairingCodeAdmin(ReadOnly, admin.ModelAdmin[PairingCode]):
    list_display = ["created", "created_by", "name", "expires", "used", "node"]
    list_filter = [("used", admin.EmptyFieldListFilter)]
    search_fields = ["name", "created_by__username"]
    exclude = ["code_hash"]
