"""What the pages of personas carry, checked."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models import Persona
from chat.models.personas import NAME
from chat.personas import character as characters
from chat.personas.cards.reading import loads
from chat.personas.character import MAX_TEXT, Character
from chat.personas.talks import MAX_CALLED
from meatlizard.errors import Invalid

THINKING = [("", _("as the model does by itself"))] + [(name, name) for name in ("off", "on", "low", "medium", "high")]


def _text(label: Any, rows: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, strip=False, max_length=MAX_TEXT, help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


def _line(label: Any, help_text: Any = "", required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=NAME, help_text=help_text)


def _number(label: Any, low: float, high: float, step: float) -> forms.FloatField:
    return forms.FloatField(
        label=label, required=False, min_value=low, max_value=high, widget=forms.NumberInput(attrs={"step": step})
    )


class BookField(forms.CharField):
    """A lorebook as JSON; what the page's script edits. Empty: none."""

    widget = forms.Textarea

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, strip=False, **more)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text or not text.strip():
            return None
        try:
            book = loads(text)
        except Invalid as error:
            raise forms.ValidationError(error.message, code="bad_book") from None
        if not isinstance(book, dict):
            raise forms.ValidationError(_("A lorebook is a JSON object."), code="bad_book")
        return book

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=1) if isinstance(value, dict) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial or data)


class PersonaForm(forms.Form):
    """A character in the editor. ``alternatives`` come as several fields of one name, see :meth:`character`."""

    name = _line(_("Name"), required=True)
    nickname = _line(_("Name in conversations"), _("Empty: the name above."))
    tags = forms.CharField(label=_("Tags"), required=False, max_length=4_000, help_text=_("With commas between."))
    avatar = forms.FileField(
        label=_("Avatar"),
        required=False,
        help_text=_("A PNG, JPEG, WebP or GIF picture. Without one, a figure stands there."),
    )
    no_avatar = forms.BooleanField(label=_("Take the avatar away"), required=False)
    description = _text(
        _("Description"), 8, _("Who {{char}} is: looks, past, world. {{user}} stands for who speaks with them.")
    )
    personality = _text(_("Personality"), 3)
    scenario = _text(_("Scenario"), 3, _("Where the conversation takes place, and why."))
    first_message = _text(_("First message"), 6, _("What the persona begins with, in Markdown."))
    examples = _text(_("Example dialogue"), 6, _("Each example begins with a line <START>."))
    system_prompt = _text(
        _("System prompt"),
        4,
        _("Takes the place of the site's role; {{original}} puts that in. Empty: a short one is made."),
    )
    post_history = _text(_("Instructions after the conversation"), 3, _("Read after the last message, each time."))
    creator_notes = _text(_("Creator's notes"), 4, _("For people, in Markdown. No model reads them."))
    creator = _line(_("Creator"))
    character_version = _line(_("Version given by the creator"))
    model = forms.CharField(
        label=_("Preferred model"), required=False, max_length=NAME,
        help_text=_("Used where a machine has it, and where the conversation names none."),
        widget=forms.TextInput(attrs={"list": "known-models", "autocomplete": "off"}),
    )  # fmt: skip
    temperature = _number(_("Temperature"), 0, 5, 0.05)
    top_p = _number(_("Top P"), 0.01, 1, 0.01)
    min_p = _number(_("Min P"), 0, 1, 0.01)
    repeat_penalty = _number(_("Repeat penalty"), 0.01, 5, 0.01)
    top_k = forms.IntegerField(label=_("Top K"), required=False, min_value=0, max_value=100_000)
    max_tokens = forms.IntegerField(
        label=_("Longest answer, in tokens"), required=False, min_value=1, max_value=1_000_000
    )
    thinking = forms.ChoiceField(label=_("Thinking"), required=False, choices=THINKING)
    book = BookField(label=_("Lorebook"))
    books = forms.MultipleChoiceField(
        label=_("Other lorebooks"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Your own. Who may speak with the persona gets what stands in them, as far as it comes up."),
    )  # fmt: skip
    visibility = forms.ChoiceField(
        label=_("Who may see it"), choices=Persona.Visibility.choices,
        help_text=_("Others see it once it is published."),
    )  # fmt: skip
    base = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, books: list[tuple[str, str]] | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["books"].choices = books or []  # type: ignore[attr-defined]

    def character(self, before: Character | None) -> Character:
        """Out of what was typed; ``before`` gives what has no field. Raises Invalid."""
        data = self.cleaned_data
        names = (*characters.LINES, *characters.TEXTS)
        return characters.checked(
            Character(
                **{name: data[name] for name in names},
                alternatives=tuple(self.data.getlist("alternatives")) if hasattr(self.data, "getlist") else (),
                tags=tuple(data["tags"].split(",")),
                sampling={name: data[name] for name in characters.SAMPLING},
                book=data["book"],
                books=tuple(data["books"]),
                extra=before.extra if before else {},
            )
        )


def initial(character: Character) -> dict[str, Any]:
    """What stands in the editor of a character."""
    names = (*characters.LINES, *characters.TEXTS)
    found = {name: getattr(character, name) for name in names}
    return {
        **found, **character.sampling, "tags": ", ".join(character.tags), "book": character.book, "books": list(character.books)
    }  # fmt: skip


class BeginForm(forms.Form):
    """``greeting`` counts from 0; ``called`` is what the persona calls the person."""

    greeting = forms.IntegerField(required=False, min_value=0)
    called = forms.CharField(required=False, max_length=MAX_CALLED)


class LorebookForm(forms.Form):
    name = _line(_("Name"), required=True)
    book = BookField(label=_("Lorebook"))


class TalkForm(forms.Form):
    """Who speaks in a conversation; ``persona`` empty: nobody but the model."""

    called = forms.CharField(
        label=_("What personas call you"), required=False, max_length=MAX_CALLED,
        help_text=_("Empty: User. Models read this name; that of your account they never do."),
    )  # fmt: skip
    books = forms.MultipleChoiceField(
        label=_("Your lorebooks for this conversation"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, books: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["books"].choices = books  # type: ignore[attr-defined]
        if not books:
            del self.fields["books"]

    def chosen_books(self) -> list[UUID]:
        return [UUID(key) for key in self.cleaned_data.get("books", [])]
