"""What the pages about tools send."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.tools.actions import Offered
from chat.tools.registry import Tool


def _label(tool: Tool) -> str:
    """With what a person should know before switching it on."""
    said = [tool.label]
    if tool.origin:
        said.append(gettext("from %(origin)s") % {"origin": tool.origin})
    if tool.approval:
        said.append(gettext("asks you before each call"))
    return ", ".join(said)


class ToolsForm(forms.Form):
    """A switch for each tool that a conversation may have, and one for all."""

    everything = forms.BooleanField(
        label=_("Tools"),
        required=False,
        help_text=_("Models that can may call them while they answer. Without this, none is called here."),
    )
    on = forms.MultipleChoiceField(label=_("Which"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, tools: Iterable[Offered], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["on"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(one.tool.name, _label(one.tool)) for one in tools]
