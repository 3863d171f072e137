"""What the page's small requests carry, checked."""

from django import forms


class RenameForm(forms.Form):
    title = forms.CharField(max_length=200, error_messages={"required": "A title needs at least one character."})


class SettingsForm(forms.Form):
    """``temperature`` empty means the engine's own default, ``thinking`` empty the model's own way."""

    model = forms.CharField(max_length=100, required=False)
    system_prompt = forms.CharField(max_length=20_000, required=False, strip=False)
    temperature = forms.FloatField(
        min_value=0,
        max_value=5,
        required=False,
        error_messages={
            "invalid": "The temperature is a number from 0 to 5.",
            "min_value": "The temperature is at least 0.",
            "max_value": "The temperature is at most 5.",
        },
    )
    thinking = forms.CharField(max_length=6, required=False)
