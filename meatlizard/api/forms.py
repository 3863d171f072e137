"""What the page of keys carries, checked."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from meatlizard.api import registry
from meatlizard.api.actions import MAX_DAYS


class KeyForm(forms.Form):
    name = forms.CharField(max_length=100, label=_("Name"), help_text=_("Where it will be used, for yourself."))
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        label=_("Days until it expires"),
        help_text=_("Empty: it works until you revoke it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, f"{label} ({name})") for name, label in registry.scopes().items()]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
