"""Tools: which there are, where, for whom, and whether people are asked first."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import PersonaTools, ToolChoice
from chat.tools import actions, plugins, registry


class Choosing(admin.ModelAdmin[Any]):
    """What is saved here holds in every process soon."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        actions.chosen()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        actions.chosen()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        actions.chosen()


@admin.register(ToolChoice)
class ToolChoiceAdmin(Choosing):
    """A row for each tool there is, made when the list is opened. Those that are gone stay, with what was chosen."""

    list_display = ["name", "label", "origin", "does", "comes", "state", "approval"]
    list_editable = ["state", "approval"]
    list_filter = ["state", "approval"]
    search_fields = ["name"]
    fields = ["name", "label", "origin", "does", "comes", "description", "schema", "state", "approval", "tiers", "note"]
    readonly_fields = ["name", "label", "origin", "does", "comes", "description", "schema", "note"]
    filter_horizontal = ["tiers"]
    list_per_page = 200

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        actions.listed()
        for one in plugins.broken():
            told = {"name": one.name, "package": one.package, "reason": one.reason}
            messages.warning(request, _("The plug-in %(name)s of %(package)s is broken: %(reason)s") % told)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: ToolChoice, form: Any, change: bool) -> None:
        if "state" in form.changed_data:
            obj.note = ""
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("called"))
    def label(self, row: ToolChoice) -> str:
        tool = registry.get(row.name)
        return tool.label if tool else _("not there now")

    @admin.display(description=gettext_lazy("from"))
    def origin(self, row: ToolChoice) -> str:
        tool = registry.get(row.name)
        return (tool.origin or _("this site")) if tool else "–"

    @admin.display(description=gettext_lazy("what it does"))
    def does(self, row: ToolChoice) -> str:
        tool = registry.get(row.name)
        if tool is None:
            return "–"
        said = [_("changes things")] if tool.effects else []
        said += [_("brings in strangers' text")] if tool.foreign else []
        return ", ".join(said) or _("reads only")

    @admin.display(description=gettext_lazy("as it comes"))
    def comes(self, row: ToolChoice) -> str:
        tool = registry.get(row.name)
        if tool is None:
            return "–"
        state = str(ToolChoice.State(tool.state).label)
        return f"{state}, {_('asks first')}" if tool.approval else state

    @admin.display(description=gettext_lazy("what models read of it"))
    def description(self, row: ToolChoice) -> SafeString | str:
        tool = registry.get(row.name)
        return format_html("<pre>{}</pre>", tool.description) if tool else "–"

    @admin.display(description=gettext_lazy("arguments"))
    def schema(self, row: ToolChoice) -> SafeString | str:
        tool = registry.get(row.name)
        return format_html("<pre>{}</pre>", tool.parameters) if tool else "–"


@admin.register(PersonaTools)
class PersonaToolsAdmin(Choosing):
    list_display = ["persona", "called", "names"]
    list_select_related = ["persona__current"]
    raw_id_fields = ["persona"]

    @admin.display(description=gettext_lazy("name"))
    def called(self, row: PersonaTools) -> str:
        return row.persona.current.name if row.persona.current else "–"

    @admin.display(description=gettext_lazy("tools"))
    def names(self, row: PersonaTools) -> str:
        return ", ".join(row.tools) or _("none")
