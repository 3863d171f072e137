"""People, tiers and invitations for operators."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts import actions, person_page
from meatlizard.accounts.access import ORDINARY, runs_the_site
from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import Invitation, Tier, User
from meatlizard.accounts.sessions import end_session
from meatlizard.moderation.actions import audit

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class AddressInline(admin.TabularInline[EmailAddress, User]):
    model = EmailAddress
    extra = 0


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    list_display = ["username", "email", "tier", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = ["tier", "is_active", "is_staff", "is_superuser", "groups", "date_joined"]
    list_select_related = ["tier"]
    search_fields = ["username", "email", "first_name", "last_name"]
    date_hierarchy = "date_joined"
    ordering = ["username"]
    inlines = [AddressInline]
    actions = ["deactivate", "activate"]
    change_form_template = "admin/accounts/user/change_form.html"
    fieldsets = [*(DjangoUserAdmin.fieldsets or ()), ("Limits", {"fields": ["tier"]})]
    add_fieldsets = [
        (
            None,
            {"classes": ["wide"], "fields": ["username", "email", "usable_password", "password1", "password2", "tier"]},
        )
    ]

    def get_urls(self) -> list[URLPattern]:
        deed = self.admin_site.admin_view(person_page.page)
        return [path("<path:object_id>/deed/<str:deed>/", deed, name="accounts_user_deed"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        person = self.get_object(request, object_id)
        deeds = person_page.deeds_for(request, person) if person is not None else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "deeds": deeds})

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        # Who could give rights would have all of them.
        return [*super().get_readonly_fields(request, obj), *(() if _superuser(request) else RIGHTS)]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _within_reach(request, obj)

    @admin.action(permissions=["change"], description=_("Deactivate: signs out, and keeps what is stored"))
    def deactivate(self, request: UserRequest, queryset: QuerySet[User]) -> None:
        chosen = _reached(request, queryset).exclude(pk=request.user.pk)
        _noted(request.user, "deactivate", chosen.filter(is_active=True))
        count = chosen.update(is_active=False)
        words = ngettext(
            "{count} account deactivated. Your own stays.", "{count} accounts deactivated. Your own stays.", count
        )
        self.message_user(request, words.format(count=count))

    @admin.action(permissions=["change"], description=_("Activate again"))
    def activate(self, request: UserRequest, queryset: QuerySet[User]) -> None:
        chosen = _reached(request, queryset)
        _noted(request.user, "activate", chosen.filter(is_active=False))
        count = chosen.update(is_active=True)
        words = ngettext("{count} account activated.", "{count} accounts activated.", count)
        self.message_user(request, words.format(count=count))

    def save_model(self, request: UserRequest, obj: User, form: Any, change: bool) -> None:  # type: ignore[override]
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            # Which, and not what: addresses and names are nobody's to keep.
            audit.record(request.user, "account changed", person=obj.pk, after={"fields": sorted(form.changed_data)})

    def delete_model(self, request: UserRequest, obj: User) -> None:  # type: ignore[override]
        audit.record(request.user, "delete account", person=obj.pk)
        super().delete_model(request, obj)

    def delete_queryset(self, request: UserRequest, queryset: QuerySet[User]) -> None:  # type: ignore[override]
        for pk in queryset.values_list("pk", flat=True):
            audit.record(request.user, "delete account", person=pk)
        super().delete_queryset(request, queryset)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Nobody deletes from the ledger of tokens or from moderation's cases, but what is a person's of it goes with the person.
        deleted, counts, needed, protected = super().get_deleted_objects(objs, request)
        theirs = {
            str(model._meta.verbose_name)
            for label in ("budgets", "moderation")
            for model in apps.get_app_config(label).get_models()
        }
        return deleted, counts, {str(name) for name in needed} - theirs, protected


def _superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _within_reach(request: HttpRequest, person: User | None) -> bool:
    """Accounts that run the site are changed by superusers alone: a new password for one would be a way to its rights."""
    return person is None or _superuser(request) or not runs_the_site(person)


def _reached(request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
    return people if _superuser(request) else people.filter(ORDINARY)


def _noted(by: User, action: str, people: QuerySet[User]) -> None:
    for pk in people.values_list("pk", flat=True):
        audit.record(by, action, person=pk)


@admin.register(Tier)
class TierAdmin(admin.ModelAdmin[Tier]):
    list_display = [
        "title", "name", "is_default", "weekly_tokens", "storage_bytes", "concurrency", "messages_per_minute", "people"
    ]  # fmt: skip
    list_filter = ["is_default"]
    search_fields = ["name", "title"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tier]:
        return super().get_queryset(request).annotate(people_count=Count("users"))

    @admin.display(description=_("people"), ordering="people_count")
    def people(self, tier: Tier) -> int:
        return int(getattr(tier, "people_count", 0))


class NewInvitationForm(forms.ModelForm[Invitation]):
    """What an operator says about a new invitation; the code is made here and shown once."""

    uses = forms.IntegerField(min_value=1, max_value=10_000, initial=1, help_text=_("how many people may use it"))
    days = forms.IntegerField(
        min_value=1, max_value=3650, initial=14, required=False, help_text=_("valid so long; empty: for ever")
    )

    class Meta:
        model = Invitation
        fields = ["note"]


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin[Invitation]):
    list_display = ["__str__", "uses_left", "used", "expires", "created_by", "created"]
    list_filter = ["expires", "created"]
    search_fields = ["note", "created_by__username"]
    list_select_related = ["created_by"]
    fields = ["note", "uses_left", "used", "expires", "created_by", "created"]
    readonly_fields = ["used", "created_by", "created"]

    def get_form(self, request: HttpRequest, obj: Invitation | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else NewInvitationForm

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.fields if obj else ["note", "uses", "days"]

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        assert isinstance(request.user, User)
        data = form.cleaned_data
        code = actions.invite(request.user, uses=data["uses"], days=data["days"], note=data["note"])
        made = Invitation.objects.get(code_hash=actions.code_hash(code))
        obj.__dict__.update(made.__dict__)
        self.message_user(
            request, gettext("The invitation's code, shown only now: {code}").format(code=code), messages.WARNING
        )


# Their own pages would show secrets of second factors and tokens to every operator, and open accounts to whoever changes addresses.
admin.site.unregister([EmailAddress, UserSession, Authenticator, SocialApp, SocialToken])


class OfAccount:
    """Rows with a ``user``, by which an account is entered: they are out of reach where the account is."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        changes: bool = super().has_change_permission(request, obj)  # type: ignore[misc]
        return changes and _within_reach(request, obj and obj.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        deletes: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return deletes and _within_reach(request, obj and obj.user)


@admin.register(EmailAddress)
class EmailAddressAdmin(OfAccount, admin.ModelAdmin[EmailAddress]):
    """By an address its account gets a new password. Others are added on the page of the person."""

    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["primary", "verified"]
    search_fields = ["email", "user__username"]
    list_select_related = ["user"]
    raw_id_fields = ["user"]
    actions = ["make_verified"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _superuser(request)

    def get_readonly_fields(self, request: HttpRequest, obj: EmailAddress | None = None) -> Any:
        return () if _superuser(request) else ["user"]

    @admin.action(permissions=["change"], description=_("Take for verified"))
    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        for row in queryset.filter(verified=False).select_related("user"):
            # Not where somebody else has the address already.
            if _within_reach(request, row.user) and row.set_verified():
                self.message_user(request, gettext("{email} counts as verified.").format(email=row.email))
            else:
                said = gettext("{email} cannot be taken for verified.").format(email=row.email)
                self.message_user(request, said, messages.ERROR)


@admin.register(UserSession)
class UserSessionAdmin(OfAccount, admin.ModelAdmin[UserSession]):
    """Where people are signed in. Deleting a row signs that browser out; the session's key is nobody's to see."""

    list_display = ["user", "ip", "user_agent", "created_at", "last_seen_at"]
    list_filter = ["created_at"]
    search_fields = ["user__username", "ip"]
    list_select_related = ["user"]
    fields = ["user", "ip", "user_agent", "created_at", "last_seen_at"]
    readonly_fields = ["user", "ip", "user_agent", "created_at", "last_seen_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: UserSession) -> None:
        end_session(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        for session in queryset:
            end_session(session)


@admin.register(Authenticator)
class AuthenticatorAdmin(OfAccount, admin.ModelAdmin[Authenticator]):
    """Second factors. An operator may remove one for somebody who has lost it, and see nothing of it."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type", "created_at", "last_used_at"]
    search_fields = ["user__username"]
    list_select_related = ["user"]
    fields = ["user", "type", "created_at", "last_used_at"]
    readonly_fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
