"""Characters and personas of the tests."""

from chat.models import Persona
from chat.personas import actions
from chat.personas.character import Character
from meatlizard.accounts.models import User


def lizzy(**more: object) -> Character:
    values: dict[str, object] = {
        "name": "Lizzy",
        "description": "{{char}} is a lizard who keeps a library.",
        "personality": "Dry, patient.",
        "scenario": "{{user}} comes in from the rain.",
        "first_message": "*looks up* Wet again, {{user}}?",
        "alternatives": ("We are **closed**.", "Ssh!"),
        "tags": ("lizard", "library"),
    }
    return Character(**{**values, **more})  # type: ignore[arg-type]


def persona(owner: User, visibility: str = "mine", publish: bool = False, **more: object) -> Persona:
    row = actions.create(owner, lizzy(**more), visibility=visibility)
    if publish:
        actions.set_state(row, "published")
    return row
