"""Conversations and answers as an operator sees them: who, when, how much, and never what."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat import actions, task_claims
from chat.models import Conversation, Generation, InferenceTask, Message
from meatlizard.read_only import ReadOnly


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

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        # As its owner would: what is under way is stopped and given back, and open pages hear of it.
        actions.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        for conversation in queryset:
            actions.delete(conversation)

    @admin.display(description=_("messages"))
    def turns(self, conversation: Conversation) -> int:
        return int(getattr(conversation, "turn_count", 0))


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin[Message]):
    list_display = ["id", "role", "source", "model", "tokens", "created"]
    list_filter = ["role", "source", "model", "created"]
    search_fields = ["id", "conversation__owner__username"]
    fields = ["id", "role", "source", "model", "tokens", "created"]


@admin.register(InferenceTask)
class InferenceTaskAdmin(ReadOnly, admin.ModelAdmin[InferenceTask]):
    """What was asked and what came of it stay unseen, as with conversations."""

    list_display = ["created", "kind", "state", "user", "model", "answered_by", "node", "attempts", "error_code"]
    list_filter = ["kind", "state", "node", "error_code"]
    search_fields = ["id", "trace", "user__username"]
    date_hierarchy = "created"
    list_select_related = ["user", "node"]
    exclude = ["input", "input_file", "result", "result_file", "vectors"]

    def delete_model(self, request: HttpRequest, obj: InferenceTask) -> None:
        task_claims.delete([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[InferenceTask]) -> None:
        task_claims.delete(queryset.values_list("pk", flat=True))
