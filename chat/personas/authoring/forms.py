"""What the assistant's and the reviewers' requests carry, checked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.personas.authoring.drafting import MAX_WISH, SUGGESTED
from chat.personas.authoring.reviewing import MAX_NOTE


class WishForm(forms.Form):
    wish = forms.CharField(max_length=MAX_WISH, required=False, strip=False)


class FieldForm(WishForm):
    field = forms.ChoiceField(choices=[(name, name) for name in SUGGESTED])


class OutcomeForm(forms.Form):
    """What a task was asked for."""

    wanted = forms.ChoiceField(choices=[(name, name) for name in ("draft", "suggestions", "reply", "picture")])
    field = forms.CharField(required=False, max_length=40)


class ReviewForm(forms.Form):
    """``number``: the version that the person has read."""

    step = forms.ChoiceField(choices=[(name, name) for name in ("ask", "publish", "return", "withdraw")])
    number = forms.IntegerField(min_value=1, max_value=10**9)
    note = forms.CharField(label=_("Note"), required=False, max_length=MAX_NOTE)
