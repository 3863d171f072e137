"""Discord in the administration: servers with their settings, sessions and accounts. What was said is nobody's to read here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from discordbridge.actions import guilds
from discordbridge.models import DiscordAccount, Guild, GuildSession, Transcript
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.read_only import ReadOnly, Untouchable


class GuildForm(forms.ModelForm[Guild]):
    """Says what is wrong before it is saved."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            guilds.check(data)
        except Invalid as error:
            raise forms.ValidationError(error.message, code=error.code) from None
        return data


@admin.register(Guild)
class GuildAdmin(admin.ModelAdmin[Guild]):
    form = GuildForm
    list_display = ["__str__", "enabled", "maintenance", "mirror", "joined", "left"]
    list_filter = ["enabled", "maintenance", "mirror"]
    search_fields = ["id", "name"]
    fields = [
        "id", "name", "joined", "left", "enabled", "maintenance", "session_kind", "thread_home", "admin_roles",
        "metrics_channel", "transcripts_channel", "memory_channels", "mirror",
    ]  # fmt: skip
    readonly_fields = ["id", "name", "joined", "left"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        # It is there once the bot has been in it.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: UserRequest, obj: Guild, form: Any, change: bool) -> None:  # type: ignore[override]
        guilds.configure_by(request.user, obj.pk, {name: getattr(obj, name) for name in form.changed_data})


@admin.register(GuildSession)
class GuildSessionAdmin(Untouchable, admin.ModelAdmin[GuildSession]):
    list_display = ["id", "kind", "state", "owner", "guild", "used", "closed", "reason"]
    list_filter = ["kind", "state", "guild"]
    search_fields = ["id", "owner__username", "place"]
    list_select_related = ["owner", "guild"]
    exclude = ["conversation"]


@admin.register(DiscordAccount)
class DiscordAccountAdmin(Untouchable, admin.ModelAdmin[DiscordAccount]):
    list_display = ["id", "name", "user", "shadow", "linked"]
    list_filter = ["shadow"]
    search_fields = ["id", "name", "user__username"]
    list_select_related = ["user"]


@admin.register(Transcript)
class TranscriptAdmin(ReadOnly, admin.ModelAdmin[Transcript]):
    """Who reads one opens its page, which leaves an entry in the audit."""

    list_display = ["id", "owner", "messages", "created"]
    search_fields = ["id", "owner__username"]
    list_select_related = ["owner"]
    exclude = ["files", "session"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Its files would stay.
        return False
