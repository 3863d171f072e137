"""The operator's view of conversations, generations and inference clients."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from chat import availability, nodes
from chat.models import Conversation, Generation, Message, Node, NodeModel, PairingCode
from inference_client.protocol import keys
from meatlizard.accounts.http import UserRequest
from meatlizard.jobs.lease import HELD


class ReadOnly:
    """For tables that only the program writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
    fields = [
        "name", "owner", "paused", "state", "fingerprint", "client_version", "platform", "backend",
        "created", "connected_at", "last_seen", "revoked",
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

    @admin.display(description="state")
    def state(self, node: Node) -> str:
        if node.revoked:
            return "revoked"
        silent = node.last_seen is None or (timezone.now() - node.last_seen).total_seconds() > availability.ONLINE_SECONDS
        if not node.session or silent:
            return "away"
        return "paused" if node.paused else "connected"

    @admin.display(description="models")
    def offer(self, node: Node) -> str:
        return ", ".join(f"{model.alias} ×{model.slots}" for model in node.models.all()) or "—"

    @admin.display(description="running")
    def running(self, node: Node) -> int:
        return int(getattr(node, "held", 0))

    @admin.display(description="key fingerprint")
    def fingerprint(self, node: Node) -> str:
        return keys.fingerprint(bytes(node.public_key))

    @admin.action(description="Revoke: cut off at once and for good")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        count = nodes.revoke(queryset)
        self.message_user(request, f"{count} inference client(s) revoked. What they were answering goes to others.")

    @admin.action(description="Pause: finish what runs, take nothing new")
    def pause(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        self.message_user(request, f"{nodes.set_paused(queryset, True)} inference client(s) paused.")

    @admin.action(description="Resume after a pause")
    def resume(self, request: HttpRequest, queryset: QuerySet[Node]) -> None:
        self.message_user(request, f"{nodes.set_paused(queryset, False)} inference client(s) resumed.")

    @admin.action(description="Rotate key: give one client a code for a new key")
    def rotate(self, request: UserRequest, queryset: QuerySet[Node]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1 or chosen[0].revoked is not None:
            self.message_user(request, "Choose one client that is not revoked.", messages.ERROR)
            return None
        return self._code_page(request, nodes.new_pairing_code(request.user, rotate=chosen[0]), chosen[0])

    def get_urls(self) -> list[URLPattern]:
        pair = self.admin_site.admin_view(self.pair)
        return [path("pair/", pair, name="chat_node_pair"), *super().get_urls()]

    def pair(self, request: UserRequest) -> HttpResponse:
        """Makes a code on POST and shows it once. Context: ``code``, ``site_url``, ``minutes``, ``node`` (None for a
        new one).
        """
        if not self.has_change_permission(request):
            raise PermissionDenied
        code = nodes.new_pairing_code(request.user) if request.method == "POST" else ""
        return self._code_page(request, code, None)

    def _code_page(self, request: HttpRequest, code: str, node: Node | None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Add inference client" if node is None else f"New key for {node.name}",
            "code": code,
            "site_url": settings.SITE_URL,
            "minutes": nodes.CODE_MINUTES,
            "node": node,
            "opts": self.model._meta,
        }
        response = render(request, "admin/chat/node/pair.html", context)
        response["Cache-Control"] = "no-store"
        return response


@admin.register(PairingCode)
class PairingCodeAdmin(ReadOnly, admin.ModelAdmin[PairingCode]):
    list_display = ["created", "created_by", "name", "expires", "used", "node"]
    list_filter = [("used", admin.EmptyFieldListFilter)]
    search_fields = ["name", "created_by__username"]
    exclude = ["code_hash"]


@admin.register(Generation)
class GenerationAdmin(ReadOnly, admin.ModelAdmin[Generation]):
    list_display = [
        "created",
        "state",
        "purpose",
        "user",
        "answered_by",
        "node",
        "attempts",
        "completion_tokens",
        "error_code",
    ]
    list_filter = ["state", "purpose", "node", "error_code"]
    search_fields = ["id", "trace", "user__username", "answered_by"]
    date_hierarchy = "created"
    list_select_related = ["user", "node"]
    exclude = ["conversation", "message"]


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin[Conversation]):
    """Who talks how much, not what: titles and messages of members are not shown to operators here."""

    list_display = ["id", "owner", "model", "created", "updated", "turns"]
    search_fields = ["id", "owner__username"]
    list_filter = ["updated"]
    fields = ["id", "owner", "model", "temperature", "created", "updated"]
    list_select_related = ["owner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return super().get_queryset(request).annotate(turn_count=Count("messages"))

    @admin.display(description="messages")
    def turns(self, conversation: Conversation) -> int:
        return int(getattr(conversation, "turn_count", 0))


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin[Message]):
    list_display = ["id", "role", "source", "model", "tokens", "created"]
    list_filter = ["role", "source", "model", "created"]
    search_fields = ["id", "conversation__owner__username"]
    fields = ["id", "role", "source", "model", "tokens", "created"]
