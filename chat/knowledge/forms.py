"""What the pages of collections carry."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.knowledge.limits import MAX_DESCRIPTION, MAX_NAME, MAX_NOTE


class CollectionForm(forms.Form):
    name = forms.CharField(max_length=MAX_NAME, label=_("Name"))
    description = forms.CharField(max_length=MAX_DESCRIPTION, required=False, label=_("What is in it"))
    lent = forms.BooleanField(
        required=False,
        label=_("My personas may quote it to others"),
        help_text=_(
            "Whoever talks with a persona of yours that has this collection is answered from its passages, and may be shown them word for word."
        ),
    )
    for_all = forms.BooleanField(
        required=False,
        label=_("For everybody"),
        help_text=_("Every member reads it, and may have answers given from it. Operators look after it."),
    )

    def __init__(self, *args: Any, may_be_for_all: bool = False, may_be_lent: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_for_all:
            del self.fields["for_all"]
        if not may_be_lent:
            del self.fields["lent"]


class NoteForm(forms.Form):
    name = forms.CharField(max_length=200, required=False, label=_("Title"))
    text = forms.CharField(
        max_length=MAX_NOTE,
        strip=False,
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 6, "data-testid": "note-text"}),
    )


class PageForm(forms.Form):
    address = forms.CharField(
        max_length=2_000,
        label=_("Address"),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )


class ChoiceForm(forms.Form):
    """Which collections a conversation or persona has."""

    collections = forms.MultipleChoiceField(required=False, label=_("Collections"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collections"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> list[UUID]:
        return [UUID(key) for key in self.cleaned_data["collections"]]
