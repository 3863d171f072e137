"""The administration of short links: anybody's links to be taken down, domains, lists of hosts. For who may take down links."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from meatlizard.read_only import Untouchable
from shortener import actions as verbs
from shortener.models import BlockList, Domain, KnownHost, Link


class Moderated:
    """Django's own permissions are not enough: what is done here ends other people's links."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shortener.take_down")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Deleting many at once would go past the actions, which tell every process.
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        found.pop("delete_selected", None)
        return found


class DomainForm(forms.ModelForm[Domain]):
    """Says beside the form what the action would refuse."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                verbs.check_domain(wanted := Domain(host=data["host"], home=data["home"], not_found=data["not_found"]))
            except AppError as error:
                raise ValidationError(error.message, code=error.code) from None
            data |= {"host": wanted.host, "home": wanted.home, "not_found": wanted.not_found}
        return data

    class Meta:
        model = Domain
        fields = ["host", "owner", "enabled", "home", "not_found"]


@admin.register(Domain)
class DomainAdmin(Moderated, admin.ModelAdmin[Domain]):
    form = DomainForm
    list_display = ["host", "owner", "enabled"]
    search_fields = ["host"]
    raw_id_fields = ["owner"]

    def save_model(self, request: UserRequest, obj: Domain, form: Any, change: bool) -> None:  # type: ignore[override]
        verbs.save_domain(request.user, obj)

    def delete_model(self, request: UserRequest, obj: Domain) -> None:  # type: ignore[override]
        verbs.delete_domain(request.user, obj)


class KnownHostForm(forms.ModelForm[KnownHost]):
    def clean_host(self) -> str:
        try:
            return verbs.whole_host(self.cleaned_data["host"])
        except AppError as error:
            raise ValidationError(error.message, code=error.code) from None

    class Meta:
        model = KnownHost
        fields = ["host"]


@admin.register(KnownHost)
class KnownHostAdmin(Moderated, admin.ModelAdmin[KnownHost]):
    form = KnownHostForm
    search_fields = ["host"]

    def save_model(self, request: UserRequest, obj: KnownHost, form: Any, change: bool) -> None:  # type: ignore[override]
        verbs.save_known_host(request.user, obj)

    def delete_model(self, request: UserRequest, obj: KnownHost) -> None:  # type: ignore[override]
        verbs.forget_host(request.user, obj)


@admin.register(BlockList)
class BlockListAdmin(Moderated, admin.ModelAdmin[BlockList]):
    list_display = ["name", "enabled", "size", "updated", "trouble"]
    readonly_fields = ["size", "updated", "trouble"]
    actions = ["read_again"]

    @admin.action(description=_("Read the chosen lists again"))
    def read_again(self, request: HttpRequest, rows: "QuerySet[BlockList]") -> None:
        for row in rows.exclude(url=""):
            if verbs.update_list(row):
                messages.success(request, gettext("“%s” was read.") % row.name)
            else:
                messages.error(request, gettext("“%s” could not be read; the list says why.") % row.name)

    def save_model(self, request: UserRequest, obj: BlockList, form: Any, change: bool) -> None:  # type: ignore[override]
        verbs.save_list(request.user, obj)

    def delete_model(self, request: UserRequest, obj: BlockList) -> None:  # type: ignore[override]
        verbs.delete_list(request.user, obj)


@admin.register(Link)
class LinkAdmin(Moderated, Untouchable, admin.ModelAdmin[Link]):
    """Anybody's links, to find and to take down."""

    list_display = ["slug", "domain", "target", "owner", "clicks", "created", "taken_down"]
    list_filter = ["taken_down", "disabled", "domain"]
    search_fields = ["slug", "host", "target", "owner__username"]
    list_select_related = ["owner", "domain"]
    exclude = ["password"]
    actions = ["take_down", "take_down_hosts", "take_down_owners", "restore"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.action(description=_("Take down the chosen links"))
    def take_down(self, request: UserRequest, rows: "QuerySet[Link]") -> HttpResponse | None:
        return self._asked(request, rows, [partial(verbs.take_down, request.user, row) for row in rows])

    @admin.action(description=_("Block the hosts of the chosen links, and take down whatever leads there"))
    def take_down_hosts(self, request: UserRequest, rows: "QuerySet[Link]") -> HttpResponse | None:
        hosts = sorted(set(rows.values_list("host", flat=True)))
        return self._asked(request, rows, [partial(verbs.take_down_host, request.user, host) for host in hosts])

    @admin.action(description=_("Take down all links of the owners of the chosen ones"))
    def take_down_owners(self, request: UserRequest, rows: "QuerySet[Link]") -> HttpResponse | None:
        owners = {row.owner_id: row.owner for row in rows}
        return self._asked(
            request, rows, [partial(verbs.take_down_person, request.user, owner) for owner in owners.values()]
        )

    @admin.action(description=_("Restore the chosen links"))
    def restore(self, request: UserRequest, rows: "QuerySet[Link]") -> None:
        for row in rows:
            verbs.restore(request.user, row)

    def _asked(
        self, request: UserRequest, rows: "QuerySet[Link]", deeds: Sequence[Callable[[str], object]]
    ) -> HttpResponse | None:
        """A page that asks for the reason; with it, the deed."""
        if "why" not in request.POST:
            context = {**self.admin_site.each_context(request), "rows": rows, "asked": request.POST["action"]}
            return render(request, "admin/shortener/why.html", context)
        try:
            for deed in deeds:
                deed(request.POST["why"])
        except AppError as error:
            messages.error(request, error.message)
            return None
        messages.success(request, gettext("Done."))
        return None
