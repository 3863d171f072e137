"""Personas as an operator sees them: whose, how far shown, in what state; and lorebooks without what is in them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from chat.models import Lorebook, Persona
from chat.personas import actions
from meatlizard.read_only import ReadOnly


@admin.register(Persona)
class PersonaAdmin(ReadOnly, admin.ModelAdmin[Persona]):
    """What a persona is stands on its page, which an operator with the right to change personas may open and edit."""

    list_display = ["name", "owner", "visibility", "state", "updated", "page"]
    list_filter = ["state", "visibility", ("removed", admin.EmptyFieldListFilter)]
    search_fields = ["id", "owner__username", "current__name"]
    fields = ["id", "name", "owner", "visibility", "state", "created", "updated", "removed", "page"]
    list_select_related = ["owner", "current"]
    actions = ["publish", "withdraw"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Persona]":
        return super().get_queryset(request).select_related("current").defer("current__extra", "current__book")

    @admin.display(description=_("name"))
    def name(self, persona: Persona) -> str:
        return persona.current.name if persona.current else ""

    @admin.display(description=_("page"))
    def page(self, persona: Persona) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("chat:persona", args=[persona.pk]), _t("open"))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.change_persona")

    @admin.action(permissions=["publish"], description=_("Publish the newest version"))
    def publish(self, request: HttpRequest, queryset: "QuerySet[Persona]") -> None:
        rows = list(queryset.filter(removed=None))
        for row in rows:
            actions.set_state(row, Persona.State.PUBLISHED)
        self.message_user(request, _t("%(count)s published.") % {"count": len(rows)})

    @admin.action(permissions=["publish"], description=_("Withdraw: back to a draft of its owner's"))
    def withdraw(self, request: HttpRequest, queryset: "QuerySet[Persona]") -> None:
        rows = list(queryset.filter(removed=None))
        for row in rows:
            actions.withdraw(row)
        self.message_user(request, _t("%(count)s withdrawn.") % {"count": len(rows)})


@admin.register(Lorebook)
class LorebookAdmin(ReadOnly, admin.ModelAdmin[Lorebook]):
    list_display = ["id", "owner", "created", "updated"]
    search_fields = ["id", "owner__username"]
    fields = ["id", "owner", "created", "updated"]
    list_select_related = ["owner"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Lorebook]":
        return super().get_queryset(request).defer("data")
