"""Tools: which there are, where, for whom, and whether people are asked first."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
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


class ToolChoiceForm(forms.ModelForm[ToolChoice]):
    """``seen``: what the operator was shown of a tool that somebody else may change at any time."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = ToolChoice
        fields = ("state", "approval", "tiers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = actions.seen(self.instance.name)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("state") in ("on", "named") and not actions.accept(self.instance.name, found.get("seen", "")):
            raise forms.ValidationError(
                _("What its server says of this tool has changed meanwhile. Look at it again."), code="changed"
            )
        return found


@admin.register(ToolChoice)
class ToolChoiceAdmin(Choosing):
    """A row for each tool there is, made when the list is opened. Those that are gone stay, with what was chosen."""

    form = ToolChoiceForm
    list_display = ["name", "origin", "comes", "state", "approval", "note"]
    list_filter = ["state", "approval"]
    search_fields = ["name"]
    fields = [
        "name",
        "label",
        "origin",
        "does",
        "comes",
        "description",
        "schema",
        "state",
        "approval",
        "tiers",
        "note",
        "seen",
    ]
    readonly_fields = ["name", "label", "origin", "does", "comes", "description", "schema", "note"]
    filter_horizontal = ["tiers"]
    list_per_page = 200
    actions = ["switch_on", "switch_off"]

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
        if obj.state != ToolChoice.State.OFF:
            obj.note = ""
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Switch them on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[ToolChoice]) -> None:
        left = actions.switch_on(queryset)
        if left:
            said = _("Look at these first, one by one: %(names)s") % {"names": ", ".join(left)}
            messages.warning(request, said)

    @admin.action(description=gettext_lazy("Switch them off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[ToolChoice]) -> None:
        actions.switch_off(queryset)

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
        first = _("asks first")
        return f"{state}, {first}" if tool.approval else state

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
