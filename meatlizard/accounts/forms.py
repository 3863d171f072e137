"""Forms of the set-up page and of signing up."""

from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.socialaccount.forms import SignupForm as AllauthSocialSignupForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.accounts import actions
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid


class SetupForm(forms.Form):
    """The first administrator. ``code`` is asked for only when the visitor comes from elsewhere."""

    username = forms.CharField(max_length=150, min_length=2, validators=User._meta.get_field("username").validators)
    email = forms.EmailField(required=False, label=_("E-mail"), max_length=254)
    password1 = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    password2 = forms.CharField(
        label=_("Password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    code = forms.CharField(
        label=_("Set-up code"), max_length=64, help_text=_("It was printed where the site was started.")
    )

    def __init__(self, *args: Any, needs_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = password_validators_help_text_html()
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        if not needs_code:
            del self.fields["code"]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not actions.setup_code_matches(code):
            raise ValidationError(gettext("This is not the code that was printed."))
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", gettext("The two passwords differ."))
        elif first:
            try:
                validate_password(first, User(username=data.get("username", ""), email=data.get("email", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return data


class InvitedMixin(forms.Form):
    """Asks for an invitation where registration needs one, and uses it up in the transaction that makes the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.REGISTRATION == "invite":
            self.fields["invitation"] = forms.CharField(label=_("Invitation code"), max_length=64)

    def clean_invitation(self) -> str:
        code: str = self.cleaned_data["invitation"]
        if not actions.is_usable(code):
            raise ValidationError(gettext("This invitation is wrong, used up, or expired. Ask for another one."))
        return code

    def save(self, request: HttpRequest) -> Any:
        try:
            with transaction.atomic():
                if settings.REGISTRATION == "invite":
                    actions.redeem(self.cleaned_data["invitation"])
                return super().save(request)  # type: ignore[misc]
        except IntegrityError as error:
            if not actions.is_name_taken(error):
                raise
            raise Invalid(
                gettext("Somebody else has just taken this name. Choose another one."), code="name_taken"
            ) from error


class SignupForm(InvitedMixin, AllauthSignupForm):
    pass


class SocialSignupForm(InvitedMixin, AllauthSocialSignupForm):
    pass
