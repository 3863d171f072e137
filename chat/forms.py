"""What the page's small requests carry, checked."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RenameForm(forms.Form):
    title = forms.CharField(max_length=200, error_messages={"required": _("A title needs at least one character.")})


class SettingsForm(forms.Form):
    """``temperature`` empty means the engine's own default, ``thinking`` empty the model's own way."""

    model = forms.CharField(max_length=100, required=False)
    system_prompt = forms.CharField(max_length=20_000, required=False, strip=False)
    temperature = forms.FloatField(
        min_value=0,
        max_value=5,
        required=False,
        error_messages={
            "invalid": _("The temperature is a number from 0 to 5."),
            "min_value": _("The temperature is at least 0."),
            "max_value": _("The temperature is at most 5."),
        },
    )
    thinking = forms.CharField(max_length=6, required=False)


class KeepForm(forms.Form):
    """What to do to conversations; ``folder`` for ``move`` (empty: out of any), ``tag`` for ``tag`` and ``untag``."""

    DO = (
        "pin", "unpin", "archive", "unarchive", "read", "unread", "move", "tag", "untag", "delete", "restore", "erase",
    )  # fmt: skip

    do = forms.ChoiceField(
        choices=[(name, name) for name in DO],
        error_messages={
            "required": _("Say what is to be done."),
            "invalid_choice": _("This cannot be done to conversations."),
        },
    )
    folder = forms.UUIDField(required=False, error_messages={"invalid": _("This is not a folder.")})
    tag = forms.CharField(max_length=60, required=False)


class FolderForm(forms.Form):
    name = forms.CharField(max_length=80, error_messages={"required": _("A folder needs a name.")})
    parent = forms.UUIDField(required=False, error_messages={"invalid": _("This is not a folder.")})
    system_prompt = forms.CharField(max_length=20_000, required=False, strip=False)
