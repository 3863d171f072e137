"""Forms of the admin."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.alerts.addresses import MAX_ADDRESS, checked
from meatlizard.alerts.models import Channel, Rule
from meatlizard.errors import Invalid
from meatlizard.metrics import charts


class RuleForm(forms.ModelForm[Rule]):
    figure = forms.ChoiceField(label=gettext_lazy("Figure"), help_text=gettext_lazy("what is looked at; see Figures"))
    split = forms.ChoiceField(
        label=gettext_lazy("Looked at"), required=False, help_text=gettext_lazy("each by itself, or all together")
    )

    class Meta:
        model = Rule
        fields = ["name", "enabled", "figure", "split", "side", "limit", "clear", "minutes", "pending", "severity"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        figure, split = self.fields["figure"], self.fields["split"]
        assert isinstance(figure, forms.ChoiceField) and isinstance(split, forms.ChoiceField)
        figure.choices = [
            (key, f"{one.title} ({one.unit})" if one.unit else str(one.title))
            for key, one in charts.all_charts().items()
        ]
        split.choices = list(charts.SPLITS.items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chart = charts.all_charts().get(data.get("figure", ""))
        if chart is not None and data.get("split") and data["split"] not in chart.splits:
            self.add_error("split", _("This figure is not measured so finely."))
        limit, clear = data.get("limit"), data.get("clear")
        if (
            limit is not None
            and clear is not None
            and (clear > limit) == (data.get("side") == Rule.Side.ABOVE)
            and clear != limit
        ):
            self.add_error("clear", _("It must lie on the good side of the limit."))
        return data


class ChannelForm(forms.ModelForm[Channel]):
    """Address and secret are written and never shown."""

    where = forms.CharField(
        label=gettext_lazy("Address"), required=False, max_length=MAX_ADDRESS, widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=gettext_lazy("e-mail addresses with commas, or the webhook's, or ntfy's with its topic; empty: as it is"),
    )  # fmt: skip
    key = forms.CharField(
        label=gettext_lazy("Secret"), required=False, max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("signs a webhook's messages, or is ntfy's access token; empty: as it is"),
    )  # fmt: skip
    no_key = forms.BooleanField(label=gettext_lazy("Forget the secret"), required=False)

    class Meta:
        model = Channel
        fields = ["name", "kind", "least", "repeat", "enabled"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        where, kind = data.get("where", ""), data.get("kind", "")
        if not where and (not self.instance.address or "kind" in self.changed_data):
            self.add_error("where", _("Write where alerts are to go."))
        elif where and kind:
            try:
                checked(kind, where)
            except Invalid as error:
                self.add_error("where", ValidationError(error.message))
        return data
