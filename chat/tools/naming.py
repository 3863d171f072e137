"""Names of tools in operators' forms: a box to tick for each."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.tools import registry

ANY = "*"


class ToolNamesFormField(forms.MultipleChoiceField):
    """A list of names; with ``unsaid`` also None, which is a box of its own: nothing is said about tools."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, unsaid: bool, initial: Any = None, **kwargs: Any) -> None:
        for unknown in ("encoder", "decoder", "max_length"):
            kwargs.pop(unknown, None)
        kwargs["required"] = False
        super().__init__(choices=self._offered, **kwargs)
        self.unsaid = unsaid
        self.initial = initial() if callable(initial) else initial

    def _offered(self) -> Iterator[tuple[str, Any]]:
        if self.unsaid:
            yield ANY, _("whatever is on")
        for one in registry.all():
            yield one.name, f"{one.label} ({one.name})"

    def prepare_value(self, value: Any) -> Any:
        return [ANY] if value is None and self.unsaid else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> Sequence[str] | None:
        found = super().clean(value)
        return None if self.unsaid and ANY in found else [name for name in found if name != ANY]
