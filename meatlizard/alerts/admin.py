"""Alerts in the admin: what is bad now and was before, the rules, whom they are told, and a test of that."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.alerts import actions
from meatlizard.alerts.forms import ChannelForm, RuleForm
from meatlizard.alerts.models import Alert, Channel, Delivery, Rule
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only
from meatlizard.ops.switches import operates


class OfOperators:
    """Whoever operates the site may do all of it."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _operates(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _operates(request)


class ToLookAt(OfOperators):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Rule)
class RuleAdmin(OfOperators, admin.ModelAdmin[Rule]):
    form = RuleForm
    list_display = ["name", "figure", "split", "side", "limit", "minutes", "severity", "enabled"]
    list_filter = ["enabled", "severity"]
    search_fields = ["name"]

    def save_model(self, request: UserRequest, obj: Rule, form: Any, change: bool) -> None:  # type: ignore[override]
        super().save_model(request, obj, form, change)
        audit.record(request.user, "alert rule", f"rule:{obj.pk}", reason=obj.name, after=form.cleaned_data)


class DeliveryInline(ToLookAt, admin.TabularInline[Delivery, Alert]):
    model = Delivery
    fields = ["channel", "event", "state", "attempts", "created", "error"]
    extra = 0


@admin.register(Alert)
class AlertAdmin(ToLookAt, admin.ModelAdmin[Alert]):
    list_display = ["title", "subject", "severity", "state", "began", "ended", "acknowledged_by"]
    list_filter = ["state", "severity", "rule"]
    search_fields = ["title", "subject", "words"]
    date_hierarchy = "began"
    list_select_related = ["acknowledged_by"]
    fields = [
        "title",
        "subject",
        "words",
        "severity",
        "state",
        "began",
        "fired",
        "ended",
        "acknowledged",
        "acknowledged_by",
        "rule",
    ]
    inlines = [DeliveryInline]
    actions = ["acknowledge"]

    @admin.action(description=gettext_lazy("Acknowledge: it is being seen to"), permissions=["view"])
    def acknowledge(self, request: UserRequest, chosen: "QuerySet[Alert]") -> None:
        count = actions.acknowledge(request.user, chosen.values_list("pk", flat=True))
        messages.success(
            request, _("Acknowledged: %(count)d. They are not told again until they are over.") % {"count": count}
        )


@admin.register(Channel)
class ChannelAdmin(OfOperators, admin.ModelAdmin[Channel]):
    form = ChannelForm
    list_display = ["name", "kind", "least", "repeat", "enabled"]
    change_form_template = "admin/alerts/channel/change_form.html"

    def save_model(self, request: UserRequest, obj: Channel, form: Any, change: bool) -> None:  # type: ignore[override]
        given = form.cleaned_data
        secret = "" if given["no_key"] else given["key"] or None
        actions.save_channel(request.user, obj, given["where"] or None, secret)

    def get_urls(self) -> list[URLPattern]:
        test = self.admin_site.admin_view(require_POST(self._test))
        return [path("<int:channel>/test/", test, name="alerts_channel_test"), *super().get_urls()]

    def _test(self, request: UserRequest, channel: int) -> HttpResponse:
        operate_only(request.user)
        row = self.get_object(request, str(channel))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(channel))  # type: ignore[attr-defined, no-any-return]
        sent = actions.test(request.user, row)
        if sent.state == Delivery.State.SENT:
            messages.success(request, _("The test message was taken. See whether it is there."))
        else:
            messages.error(request, _("The test message was not taken: %(error)s") % {"error": sent.error})
        return HttpResponseRedirect(reverse("admin:alerts_channel_change", args=[row.pk]))


@admin.register(Delivery)
class DeliveryAdmin(ToLookAt, admin.ModelAdmin[Delivery]):
    list_display = ["created", "channel", "event", "alert", "state", "attempts", "error"]
    list_filter = ["state", "event", "channel"]
    list_select_related = ["channel", "alert"]
    actions = None


def _operates(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and operates(request.user)
