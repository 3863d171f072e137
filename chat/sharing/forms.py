"""What the pages of sharing carry, checked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.sharing.actions import MAX_DAYS
from meatlizard.security.passwords import MAX_PASSWORD


class ShareForm(forms.Form):
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        label=_("Days until it ends"),
        help_text=_("Empty: it works until you withdraw it."),
    )
    password = forms.CharField(
        required=False,
        max_length=MAX_PASSWORD,
        strip=False,
        label=_("Password"),
        help_text=_("Empty: the link alone is enough."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class PasswordForm(forms.Form):
    password = forms.CharField(
        max_length=MAX_PASSWORD,
        strip=False,
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
