"""What a rating carries, checked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models import Rating
from chat.rating.actions import MAX_COMMENT


class RatingForm(forms.Form):
    """``value`` empty: taken back."""

    value = forms.ChoiceField(
        choices=Rating.Value.choices,
        required=False,
        error_messages={"invalid_choice": _("A rating is up or down, for one of the reasons offered.")},
    )
    reason = forms.ChoiceField(
        choices=Rating.Reason.choices,
        required=False,
        error_messages={"invalid_choice": _("A rating is up or down, for one of the reasons offered.")},
    )
    comment = forms.CharField(
        max_length=MAX_COMMENT,
        required=False,
        error_messages={"max_length": _("A comment has at most %(limit_value)d characters.")},
    )
    may_be_read = forms.BooleanField(required=False)
