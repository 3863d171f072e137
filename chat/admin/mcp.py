"""MCP servers: connect them, read their tools again, see what is wrong with them."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chat.models import McpServer, McpTool
from chat.tools.mcp import actions
from chat.tools.mcp.actions import MOST_SECRET, MOST_SECRETS
from chat.tools.mcp.addresses import checked
from meatlizard.errors import AppError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\s*=.*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\s*:.*")


class McpServerForm(forms.ModelForm[McpServer]):
    """Secrets go in and never come out again."""

    arguments = forms.CharField(
        label=gettext_lazy("Arguments"), required=False, max_length=4_000, strip=True,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("of the program, one a line; no shell reads them"),
    )  # fmt: skip
    new_secrets = forms.CharField(
        label=gettext_lazy("Secrets"), required=False, max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One a line: variables of a program's environment (NAME=value) or headers for an address (Name: value). They are kept "
            "encrypted and never shown again. Empty: those that are there stay."
        ),
    )  # fmt: skip
    forget_secrets = forms.BooleanField(label=gettext_lazy("Forget the secrets that are there"), required=False)

    class Meta:
        model = McpServer
        fields = ("name", "kind", "command", "arguments", "address", "private", "seconds", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["arguments"] = "\n".join(self.instance.arguments)

    def clean_arguments(self) -> list[str]:
        return [line for line in self.cleaned_data["arguments"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        program = found.get("kind") == McpServer.Kind.STDIO
        try:
            if program:
                actions.may_start(found.get("command", ""))
            elif found.get("kind"):
                checked(found.get("address", ""), found.get("private", False))
        except AppError as error:
            self.add_error("command" if program else "address", error.message)
        found["new_secrets"] = self._secrets(found.get("new_secrets", ""), program)
        return found

    def _secrets(self, text: str, program: bool) -> dict[str, str]:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        form, between = (_VARIABLE, "=") if program else (_HEADER, ":")
        pairs = [line.partition(between) for line in lines if form.fullmatch(line) and line.isprintable()]
        if len(pairs) != len(lines) or len(lines) > MOST_SECRETS or any(len(line) > MOST_SECRET for line in lines):
            # Not the line itself: it is a secret.
            self.add_error(
                "new_secrets", _("Each line is to be like NAME=value for a program, or Name: value for an address.")
            )
            return {}
        return {name.strip(): value.strip() for name, _sign, value in pairs}

    @property
    def secrets(self) -> dict[str, str] | None:
        """None: those that are there stay."""
        given: dict[str, str] = self.cleaned_data["new_secrets"]
        return given if given or self.cleaned_data["forget_secrets"] else None


@admin.register(McpServer)
class McpServerAdmin(admin.ModelAdmin[McpServer]):
    form = McpServerForm
    list_display = ["name", "kind", "where", "enabled", "has", "read", "trouble"]
    readonly_fields = ["has_secrets", "read", "problem", "its_tools"]
    actions = ["read_again"]

    def get_fields(self, request: HttpRequest, obj: McpServer | None = None) -> Any:
        given = ["name", "kind", "command", "arguments", "address", "private", "seconds", "enabled"]
        if not self.has_change_permission(request, obj):
            # Who may only look sees what stands in the row; arguments may hold what is not for everybody.
            given.remove("arguments")
            return [*given, "has_secrets", "read", "problem", "its_tools"]
        entered = ["new_secrets", "forget_secrets"] if obj else ["new_secrets"]
        return [*given, *entered, *(["has_secrets", "read", "problem", "its_tools"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: McpServer | None = None) -> Any:
        # Its tools, and what was chosen about them, are called by it.
        return [*self.readonly_fields, *(["name"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: McpServer, form: Any, change: bool) -> None:
        actions.save(obj, form.secrets)
        if obj.enabled:
            messages.info(
                request, _("Its tools are being read. Look again in some seconds; each is off until you switch it on.")
            )

    def delete_model(self, request: HttpRequest, obj: McpServer) -> None:
        actions.forget(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[McpServer]) -> None:
        for row in queryset:
            actions.forget(row)

    @admin.action(description=gettext_lazy("Read their tools again"), permissions=["change"])
    def read_again(self, request: HttpRequest, queryset: QuerySet[McpServer]) -> None:
        count = actions.want(queryset.values_list("pk", flat=True))
        words = ngettext(
            "The tools of %(count)s server are being read.", "The tools of %(count)s servers are being read.", count
        )
        messages.info(request, words % {"count": count})

    @admin.display(description=gettext_lazy("where"))
    def where(self, row: McpServer) -> str:
        return row.command if row.kind == McpServer.Kind.STDIO else row.address

    @admin.display(description=gettext_lazy("tools"))
    def has(self, row: McpServer) -> str:
        return str(row.tools.filter(gone=False).count())

    @admin.display(description=gettext_lazy("trouble"))
    def trouble(self, row: McpServer) -> str:
        return row.problem.split("\n")[0][:100]

    @admin.display(description=gettext_lazy("secrets"))
    def has_secrets(self, row: McpServer) -> str:
        return _("kept, encrypted") if row.secrets else _("none")

    @admin.display(description=gettext_lazy("its tools"))
    def its_tools(self, row: McpServer) -> SafeString | str:
        lines = ((one.tool, state_of(one)) for one in row.tools.all())
        found = format_html_join("", "<li>{}: {}</li>", lines)
        choose = reverse("admin:chat_toolchoice_changelist") + f"?q={row.name}__"
        return format_html('<ul>{}</ul><a href="{}">{}</a>', found, choose, _("Choose which are on")) if found else "–"


def state_of(tool: McpTool) -> str:
    if tool.problem:
        return tool.problem
    if tool.gone:
        return _("gone")
    if not tool.accepted:
        return _("new: look at it and switch it on")
    return _("looked at") if tool.accepted == tool.fingerprint else _("changed: look at it again")
