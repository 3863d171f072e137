"""What people write about moderation, checked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from meatlizard.moderation.actions.appeals import MAX_TEXT
from meatlizard.moderation.actions.reports import MAX_COMMENT
from meatlizard.moderation.models import Case


class AppealForm(forms.Form):
    text = forms.CharField(
        label=_("Why this was wrong"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("A moderator reads it and answers here. You can write once in each case."),
    )


class ReportForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong with it"), choices=Case.Reason.choices, widget=forms.RadioSelect)
    comment = forms.CharField(
        label=_("In your own words"), max_length=MAX_COMMENT, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
