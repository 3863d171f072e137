"""What the page of facts carries."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.remembering.actions import MAX_FACT


class FactForm(forms.Form):
    text = forms.CharField(
        max_length=MAX_FACT,
        label=_("Something to remember"),
        help_text=_("One thing at a time, such as: I keep three leopard geckos."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
