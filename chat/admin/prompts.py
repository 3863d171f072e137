"""The texts that the site puts before conversations: every version stays, and the newest of each kind is in force."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import SiteText
from chat.prompting import actions, site
from chat.prompting.layers import Layer
from chat.prompting.shipped import shipped
from meatlizard.errors import Invalid
from meatlizard.read_only import ReadOnly


class SiteTextForm(forms.ModelForm[SiteText]):
    """A new version of one of them."""

    class Meta:
        model = SiteText
        fields = ("kind", "mode", "text")
        help_texts = {"text": gettext_lazy("Every answer reads it, so keep it short. Only for a text of your own.")}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                found["text"] = actions.checked_site_text(found["kind"], found["mode"], found["text"])
            except Invalid as error:
                raise forms.ValidationError(error.message, code=error.code) from None
        return found


def _state(layer: Layer | None, row: SiteText | None) -> str:
    if layer is not None and layer.source == "operator":
        return _("your version %(number)s") % {"number": layer.version}
    if layer is not None:
        return _("as shipped, version %(number)s") % {"number": layer.version}
    if row is not None and row.mode == SiteText.Mode.OFF:
        return _("switched off")
    return _("left out, since PROMPT_LAYERS is false")


@admin.register(SiteText)
class SiteTextAdmin(ReadOnly, admin.ModelAdmin[SiteText]):
    form = SiteTextForm
    change_list_template = "admin/chat/sitetext/change_list.html"
    list_display = ["kind", "version", "mode", "in_force", "by", "created"]
    list_filter = ["kind", "mode"]
    list_select_related = ["by"]
    ordering = ["kind", "-version"]
    actions = ["take_back"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("chat.add_sitetext")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What was once said to models stays to be read; an unwanted text is followed by another.
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SiteText]:
        later = SiteText.objects.filter(kind=OuterRef("kind"), version__gt=OuterRef("version"))
        return super().get_queryset(request).annotate(newest=~Exists(later))

    @admin.display(description=gettext_lazy("in force"), boolean=True)
    def in_force(self, row: SiteText) -> bool:
        return bool(getattr(row, "newest", False))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Above the versions every text as it is now, also those that no operator has touched."""
        now, newest = site.current(), site.newest()
        texts = [
            {"kind": kind, "label": label, "now": _state(now.layers.get(kind), newest.get(kind))}
            for kind, label in SiteText.Kind.choices
        ]
        return super().changelist_view(request, {**(extra_context or {}), "texts": texts})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begins with what is in force now."""
        kind = request.GET.get("kind", "")
        if kind not in SiteText.Kind.values:
            return {"mode": SiteText.Mode.OWN}
        newest = site.newest().get(kind)
        own = newest is not None and newest.mode == SiteText.Mode.OWN
        text = newest.text if own and newest else shipped(kind).text
        return {"kind": kind, "mode": SiteText.Mode.OWN, "text": text}

    def save_model(self, request: HttpRequest, obj: SiteText, form: Any, change: bool) -> None:
        made = actions.save_site_text(request.user, obj.kind, obj.mode, obj.text)  # type: ignore[arg-type]
        obj.pk, obj.version, obj.created = made.pk, made.version, made.created

    @admin.action(description=gettext_lazy("Put this version in force again"), permissions=["add"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[SiteText]) -> None:
        rows = list(queryset)
        if len({row.kind for row in rows}) != len(rows):
            self.message_user(request, _("Choose one version of each text."), messages.ERROR)
            return
        for row in rows:
            actions.save_site_text(request.user, row.kind, row.mode, row.text)  # type: ignore[arg-type]
        self.message_user(request, _("In force again, as new versions."), messages.SUCCESS)
