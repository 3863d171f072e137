"""What operators do about one person, each on a form of its own in the admin, reached from the person's page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.accounts import acting, leaving, steering
from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import Tier, User
from meatlizard.budgets.actions import MAX_GRANT
from meatlizard.errors import AppError, NotFound
from meatlizard.moderation.actions.sanctions import MAX_DAYS, MAX_REASON
from meatlizard.ops.switches import operates
from meatlizard.threads import in_turns

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=MAX_REASON)

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person


class SureForm(ReasonForm):
    name = forms.CharField(
        label=gettext_lazy("Name of the account"), help_text=gettext_lazy("Type it, since nothing brings it back.")
    )

    def clean_name(self) -> str:
        if self.cleaned_data["name"].strip() != self.person.get_username():
            raise ValidationError(_("This is not the account's name."))
        return self.person.get_username()


class GrantForm(ReasonForm):
    reason = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    tokens = forms.IntegerField(label=gettext_lazy("Tokens"), min_value=1, max_value=MAX_GRANT)


class TierForm(ReasonForm):
    reason = None  # type: ignore[assignment]
    tier = forms.ModelChoiceField(label=gettext_lazy("Tier"), queryset=Tier.objects.all())

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(person, *args, **kwargs)
        self.fields["tier"].initial = person.tier_id


class SuspendForm(ReasonForm):
    days = forms.IntegerField(
        label=gettext_lazy("Days"), min_value=1, max_value=MAX_DAYS, required=False,
        help_text=gettext_lazy("Empty: until it is lifted."),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deed:
    """``do`` gets request, person and the form's values, and returns what to show in the end, or words to say on the person's page."""

    title: "StrOrPromise"
    help: "StrOrPromise"
    form: type[ReasonForm]
    do: Callable[[UserRequest, User, dict[str, Any]], "HttpResponseBase | str"]


def _act(request: UserRequest, person: User, data: dict[str, Any]) -> HttpResponseBase:
    acting.begin(request, request.user, person, data["reason"])
    return redirect("dashboard")


def _export(request: UserRequest, person: User, data: dict[str, Any]) -> HttpResponseBase:
    pieces = leaving.export(request.user, person, data["reason"])
    response = StreamingHttpResponse(in_turns(pieces), content_type="application/zip")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="account-{person.pk}-{timezone.now():%Y-%m-%d}.zip"'
    )
    return response


def _anonymise(request: UserRequest, person: User, data: dict[str, Any]) -> str:
    name = leaving.anonymise(request.user, person, data["reason"])
    return _("The account is called %(name)s now, and nobody can sign in with it.") % {"name": name}


def _delete(request: UserRequest, person: User, data: dict[str, Any]) -> HttpResponseBase:
    leaving.delete(request.user, person, data["reason"])
    messages.success(request, _("The account and all that was its own is deleted."))
    return redirect("admin:accounts_user_changelist")


def _grant(request: UserRequest, person: User, data: dict[str, Any]) -> str:
    steering.grant(request.user, person, data["tokens"], data["reason"])
    return _("The tokens count for the present week.")


def _tier(request: UserRequest, person: User, data: dict[str, Any]) -> str:
    steering.put_into(request.user, person, data["tier"].pk)
    return _("The tier holds from the next question on.")


def _suspend(request: UserRequest, person: User, data: dict[str, Any]) -> str:
    steering.suspend(request.user, person, data["reason"], data["days"])
    return _("The account is suspended, and signed out everywhere.")


def _let_in(request: UserRequest, person: User, data: dict[str, Any]) -> str:
    steering.let_in(request.user, person, data["reason"])
    return _("The account is suspended no more.")


DEEDS: dict[str, Deed] = {
    "sign-in": Deed(
        gettext_lazy("Sign in as"),
        gettext_lazy("For half an hour this browser sees what the member sees. You are signed out as yourself. Every page says so, the audit has it, and the member reads when it was and your reason. Password, address, second factors, keys and what is sealed stay the member's."),
        ReasonForm, _act,
    ),
    "grant": Deed(gettext_lazy("Give tokens"), gettext_lazy("More tokens for the present week."), GrantForm, _grant),
    "tier": Deed(gettext_lazy("Change the tier"), gettext_lazy("What the member may use."), TierForm, _tier),
    "suspend": Deed(
        gettext_lazy("Suspend"), gettext_lazy("The person is signed out at once, sees why and until when, and may appeal."), SuspendForm, _suspend
    ),
    "let-in": Deed(gettext_lazy("Lift suspensions"), gettext_lazy("The person may come in again."), ReasonForm, _let_in),
    "export": Deed(
        gettext_lazy("Export"), gettext_lazy("Everything of the person as a ZIP archive, conversations too: for who asks what is kept of them."), ReasonForm, _export
    ),
    "anonymise": Deed(
        gettext_lazy("Anonymise"),
        gettext_lazy("What is private goes, what was published stays under a name that tells nothing, and nobody can sign in with the account any more. It cannot be undone; backups forget it when they are pruned."),
        SureForm, _anonymise,
    ),
    "delete": Deed(
        gettext_lazy("Delete for good"), gettext_lazy("The account and all that is its own. It cannot be undone; backups forget it when they are pruned."), SureForm, _delete
    ),
}  # fmt: skip


def page(request: UserRequest, object_id: str, deed: str) -> HttpResponseBase:
    """``admin/accounts/deed.html``. Context: ``person``, ``deed`` (:class:`Deed`), ``form``."""
    chosen = DEEDS.get(deed)
    if not operates(request.user) or not request.user.has_perm("accounts.change_user"):
        raise PermissionDenied
    person = User.objects.filter(pk=object_id).first() if object_id.isdecimal() and len(object_id) < 19 else None
    if chosen is None or person is None:
        raise NotFound
    form = chosen.form(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = chosen.do(request, person, form.cleaned_data)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            return _after(request, person, done)
    context = {
        **admin.site.each_context(request),
        "title": chosen.title,
        "person": person,
        "deed": chosen,
        "form": form,
    }
    return render(request, "admin/accounts/deed.html", context, status=400 if form.errors else 200)


def _after(request: HttpRequest, person: User, done: "HttpResponseBase | str") -> HttpResponseBase:
    if not isinstance(done, str):
        return done
    messages.success(request, done)
    return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[person.pk]))


def deeds_for(request: HttpRequest, person: User) -> list[tuple[str, "StrOrPromise"]]:
    """Names and titles of what may be done about this person by whoever looks."""
    if not isinstance(request.user, User) or not operates(request.user):
        return []
    ordinary = not (person.is_staff or person.is_superuser) and person.pk != request.user.pk
    names = DEEDS if ordinary else ("grant", "tier")
    hidden = "suspend" if person.is_suspended else "let-in"
    return [(name, DEEDS[name].title) for name in names if name != hidden]
