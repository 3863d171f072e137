"""Routes: which model answers what. With a page that tries a question and shows what each stage says to it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.models import Collection, Route, RouteExample, Routing
from chat.routes import actions, table, trying
from meatlizard.errors import Invalid


class Lines(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField", "spellcheck": "false"})
        super().__init__(required=False, max_length=20_000, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class Shelves(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # it takes none while running
    """Collections by name, of which the row keeps the ids."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class RouteForm(forms.ModelForm[Route]):
    aliases = Lines(
        label=gettext_lazy("Models"),
        help_text=gettext_lazy(
            "Aliases, one a line: the first answers, and each stands in for those before it that are offline or fail too often. "
            "When none of them is there, and when there are none, any model answers."
        ),
    )
    tools = Lines(
        label=gettext_lazy("Tools"),
        help_text=gettext_lazy("Names, one a line, of the tools allowed here. Empty: whatever is allowed anyway."),
    )
    collections = Shelves(
        queryset=Collection.objects.filter(owner=None, removed=None),
        required=False,
        label=gettext_lazy("Collections"),
        help_text=gettext_lazy("Of the site's collections: answers of this route are given from their passages."),
    )
    patterns = Lines(
        label=gettext_lazy("Patterns"),
        help_text=gettext_lazy("Regular expressions, one a line: a question that one of them matches belongs here."),
    )

    class Meta:
        model = Route
        fields = (
            "key", "name", "description", "enabled", "position", "aliases", "temperature", "thinking", "max_tokens", "window",
            "prompt", "tools", "calls", "collections", "patterns", "shipped_examples",
        )  # fmt: skip

    def clean_collections(self) -> list[str]:
        return [str(row.pk) for row in self.cleaned_data["collections"]]

    def clean_tools(self) -> list[str] | None:
        return self.cleaned_data["tools"] or None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                actions.check(self.instance)
            except Invalid as error:
                self.add_error(None, forms.ValidationError(error.message, code=error.code))


class ExampleInline(admin.TabularInline[RouteExample, Route]):
    model = RouteExample
    extra = 2


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin[Route]):
    form = RouteForm
    change_list_template = "admin/chat/route/change_list.html"
    list_display = ["name", "key", "position", "enabled", "first_models", "thinking", "temperature"]
    list_editable = ["position", "enabled"]
    search_fields = ["name", "key"]
    inlines = [ExampleInline]

    @admin.display(description=gettext_lazy("models"))
    def first_models(self, row: Route) -> str:
        return ", ".join(row.aliases[:3]) or _("any")

    def get_readonly_fields(self, request: HttpRequest, obj: Route | None = None) -> list[str]:
        # Notes of answers name it.
        return ["key"] if obj else []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The routes that come with the site are made when somebody first looks for them."""
        if self.has_change_permission(request):
            actions.ship()
        return super().changelist_view(request, {**(extra_context or {}), "routing": table.watched.current().on})

    def save_model(self, request: HttpRequest, obj: Route, form: Any, change: bool) -> None:
        actions.save(obj)

    def delete_model(self, request: HttpRequest, obj: Route) -> None:
        actions.delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Route]") -> None:
        actions.delete(queryset)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        changed: Iterable[RouteExample] = formset.save(commit=False)
        actions.change_examples(list(changed), formset.deleted_objects)
        formset.save_m2m()

    def get_urls(self) -> list[URLPattern]:
        return [path("try/", self.admin_site.admin_view(self.attempt), name="chat_route_try"), *super().get_urls()]

    def attempt(self, request: HttpRequest) -> HttpResponse:
        """Says of one question what each stage would choose. Nothing of it is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.POST.get("text", "")[: trying.MOST]
        images = 1 if request.POST.get("image") else 0
        context = {
            **self.admin_site.each_context(request),
            "title": _("Try a question"),
            "opts": self.opts,
            "text": text,
            "image": images,
            "most": trying.MOST,
            "said": trying.stages(text, images) if text.strip() or images else None,
        }
        return render(request, "admin/chat/route/try.html", context)


@admin.register(Routing)
class RoutingAdmin(admin.ModelAdmin[Routing]):
    """One row, made when somebody first looks for it."""

    fields = ["enabled", "similarity", "judge", "remember", "remember_hours"]
    list_display = ["__str__", "enabled", "similarity", "judge"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        if self.has_change_permission(request):
            actions.ship()
        if Routing.objects.filter(pk=1).exists():
            return redirect("admin:chat_routing_change", 1)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Routing, form: Any, change: bool) -> None:
        actions.switch(obj.enabled, similarity=obj.similarity, judge=obj.judge.strip())
        actions.remember(obj.remember, obj.remember_hours)
        messages.success(request, _("In force everywhere within two seconds."))

    def response_change(self, request: HttpRequest, obj: Routing) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:chat_routing_change", args=[1]))
