"""What the pages of prompts carry. Whether it makes a prompt is checked by :mod:`chat.prompting.content`."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.prompting.actions import MAX_OWN_TEXT
from chat.prompting.content import MAX_CATEGORY, MAX_HINT, MAX_TEXT, MAX_TITLE
from chat.prompting.variables import MAX_LABEL, MAX_VARIABLES

KINDS = [
    ("text", _("a line of text")), ("long", _("a long text")), ("number", _("a number")), ("choice", _("one of several")),
    ("date", _("a date")), ("boolean", _("yes or no")),
]  # fmt: skip


class PromptForm(forms.Form):
    title = forms.CharField(max_length=MAX_TITLE, label=_("Title"))
    command = forms.CharField(
        max_length=41, label=_("Command"), help_text=_("What is typed after / to find it, such as translate.")
    )
    category = forms.CharField(
        max_length=MAX_CATEGORY,
        required=False,
        label=_("Category"),
        widget=forms.TextInput(attrs={"list": "categories"}),
    )
    hint = forms.CharField(max_length=MAX_HINT, required=False, label=_("What it is for"))
    text = forms.CharField(
        max_length=MAX_TEXT,
        label=_("Text"),
        help_text=_("Write {{name}} where the value of a variable belongs."),
        widget=forms.Textarea(attrs={"rows": 12, "class": "mono"}),
    )
    for_all = forms.BooleanField(
        required=False,
        label=_("One of the site's own, for everybody"),
        help_text=_("Whoever looks after the site's prompts may change it; it does not belong to you alone."),
    )

    def __init__(self, *args: Any, may_be_for_all: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_for_all:
            del self.fields["for_all"]


class VariableForm(forms.Form):
    name = forms.CharField(max_length=40, label=_("Name"))
    label = forms.CharField(max_length=MAX_LABEL, required=False, label=_("Question"))
    kind = forms.ChoiceField(choices=KINDS, initial="text", label=_("Kind"))
    required = forms.BooleanField(required=False, initial=True, label=_("must be given"))
    default = forms.CharField(max_length=2_000, required=False, label=_("To begin with"))
    choices = forms.CharField(
        max_length=6_000, required=False, label=_("Choices, one on each line"), widget=forms.Textarea(attrs={"rows": 3})
    )
    least = forms.CharField(max_length=30, required=False, label=_("At least"))
    most = forms.CharField(max_length=30, required=False, label=_("At most"))

    @property
    def raw(self) -> dict[str, Any] | None:
        """What it says of a variable; None for a row that was left empty or deleted."""
        # A row that nobody touched has no data at all.
        data: dict[str, Any] = dict(getattr(self, "cleaned_data", {}))
        return data if data.get("name") and not data.get("DELETE") else None


VariableFormSet = forms.formset_factory(
    VariableForm, extra=0, can_delete=True, max_num=MAX_VARIABLES, absolute_max=MAX_VARIABLES * 3
)


class OwnTextForm(forms.Form):
    about = forms.CharField(
        max_length=MAX_OWN_TEXT, required=False, strip=False, label=_("About you"),
        help_text=_("What every model should know: what you do, what you know already, where you live."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    answers = forms.CharField(
        max_length=MAX_OWN_TEXT, required=False, strip=False, label=_("How to answer you"),
        help_text=_("Length, tone, language, what to leave out."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
