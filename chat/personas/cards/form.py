"""Cards as JSON: a character out of one, and one out of a character. Versions 1, 2 and 3, and later ones as far as they are like it.

Nothing that a card holds is lost. What this site has fields for goes there; the rest is kept in ``extra`` and comes out again.
Where a value is not what its field takes (a number for a text, too many tags), the field gets what can be made of it, and ``extra`` keeps the
value, which comes out again as long as the field was not changed.

``extra``: ``top``, keys beside ``data``; ``data``, keys within it; ``mirrors``, keys at the top that repeat one in ``data``.
"""

import json
from typing import Any

from django.utils.translation import gettext as _

from chat.models.personas import NAME
from chat.personas import character as characters
from chat.personas.cards.reading import damaged
from chat.personas.character import MAX_ALTERNATIVES, MAX_TAGS, Character
from meatlizard.errors import Invalid

OURS = "meatlizard"
"""Our key among a card's extensions: the preferred model and sampling."""

TEXTS = {
    "description": "description", "personality": "personality", "scenario": "scenario", "first_mes": "first_message",
    "mes_example": "examples", "system_prompt": "system_prompt", "post_history_instructions": "post_history",
    "creator_notes": "creator_notes",
}  # fmt: skip
LINES = {"name": "name", "nickname": "nickname", "creator": "creator", "character_version": "character_version"}
LISTS = {"alternate_greetings": "alternatives", "tags": "tags"}

MIRRORS = {
    "name": "name", "description": "description", "personality": "personality", "scenario": "scenario",
    "first_mes": "first_mes", "mes_example": "mes_example", "creatorcomment": "creator_notes", "tags": "tags",
}  # fmt: skip
"""Keys of version 1, which programs still write beside ``data``, and what they repeat."""

FIRST_VERSION = ("description", "personality", "scenario", "first_mes", "mes_example")


def read(card: Any) -> Character:
    """Raises Invalid for what is no card."""
    if not isinstance(card, dict):
        raise _no_card()
    data = card.get("data")
    if isinstance(data, dict):
        top = {name: value for name, value in card.items() if name != "data"}
        mirrors = [
            name for name, other in MIRRORS.items() if name in top and other in data and _same(top[name], data[other])
        ]
    elif "name" in card and any(name in card for name in FIRST_VERSION):
        data = {other: card[name] for name, other in MIRRORS.items() if name in card}
        top, mirrors = dict(card), [name for name in MIRRORS if name in card]
    else:
        raise _no_card()
    return _character(data, {name: value for name, value in top.items() if name not in mirrors}, mirrors)


def _no_card() -> Invalid:
    return Invalid(_("There is no character card in this file."), code="no_card")


def _character(data: dict[str, Any], top: dict[str, Any], mirrors: list[str]) -> Character:
    extra = dict(data)
    fields: dict[str, Any] = {}
    for name, field in (TEXTS | LINES | LISTS).items():
        fields[field] = value = _value(name, data.get(name))
        # An empty nickname is written only where there was one.
        if name in data and _same(_written(value), data[name]) and (value or name != "nickname"):
            del extra[name]
    book = data.get("character_book")
    if isinstance(book, dict):
        fields["book"] = extra.pop("character_book")
    fields["model"], fields["sampling"] = _preferred(data.get("extensions"))
    _forget_preferred(extra, fields["model"], fields["sampling"])
    if not fields["name"]:
        raise damaged(_("The character in this card has no name."))
    return characters.checked(Character(**fields, extra={"top": top, "data": extra, "mirrors": mirrors}))


def _value(name: str, value: Any) -> Any:
    """What a field gets of what stands in a card."""
    if name in LISTS:
        texts = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
        if name == "tags":
            return tuple(dict.fromkeys(filter(None, map(characters.tag, texts))))[:MAX_TAGS]
        return tuple(filter(str.strip, map(characters.text, texts)))[:MAX_ALTERNATIVES]
    if isinstance(value, bool | int | float) and name in LINES:
        value = json.dumps(value)
    if not isinstance(value, str):
        return ""
    return characters.line(characters.line(value)[:NAME]) if name in LINES else characters.text(value)


def _written(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _same(one: Any, other: Any) -> bool:
    """As JSON has it: True is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _preferred(extensions: Any) -> tuple[str, dict[str, Any]]:
    ours = extensions.get(OURS) if isinstance(extensions, dict) else None
    if not isinstance(ours, dict):
        return "", {}
    model, sampling = ours.get("model"), ours.get("sampling")
    try:
        settings = characters.checked_sampling(sampling) if isinstance(sampling, dict) else {}
    except Invalid:
        settings = {}
    return (characters.line(model)[:NAME] if isinstance(model, str) else ""), settings


def _ours(model: str, sampling: dict[str, Any]) -> dict[str, Any]:
    return {**({"model": model} if model else {}), **({"sampling": sampling} if sampling else {})}


def _forget_preferred(extra: dict[str, Any], model: str, sampling: dict[str, Any]) -> None:
    extensions = extra.get("extensions")
    ours = _ours(model, sampling)
    if ours and isinstance(extensions, dict) and _same(extensions.get(OURS), ours):
        extra["extensions"] = {name: value for name, value in extensions.items() if name != OURS}


def written(character: Character, version: int = 3) -> dict[str, Any]:
    """The card of a character, as version 2 or 3."""
    kept = character.extra
    top, data = dict(kept.get("top", {})), dict(kept.get("data", {}))
    for name, field in (TEXTS | LINES | LISTS).items():
        value = getattr(character, field)
        if name not in data or not _same(_written(_value(name, data[name])), _written(value)):
            data[name] = _written(value)
    if not character.nickname and "nickname" not in kept.get("data", {}):
        del data["nickname"]
    if character.book is not None:
        data["character_book"] = character.book
    elif isinstance(data.get("character_book"), dict):
        del data["character_book"]
    _add_preferred(data, character)
    if version == 3:
        data.setdefault("group_only_greetings", [])
    spec = _spec(top) if version == 3 else {"spec": "chara_card_v2", "spec_version": "2.0"}
    mirrors = {name: data[MIRRORS[name]] for name in kept.get("mirrors", []) if MIRRORS.get(name) in data}
    return {**top, **mirrors, **spec, "data": data}


def _add_preferred(data: dict[str, Any], character: Character) -> None:
    extensions = data.setdefault("extensions", {})
    ours = _ours(character.model, character.sampling)
    if isinstance(extensions, dict) and _preferred(extensions) != (character.model, character.sampling):
        others = {name: value for name, value in extensions.items() if name != OURS}
        data["extensions"] = {**others, **({OURS: ours} if ours else {})}


def _spec(top: dict[str, Any]) -> dict[str, Any]:
    """A later version than this site knows keeps its name: all its keys are there."""
    try:
        later = float(top.get("spec_version") or 0) > 3
    except (TypeError, ValueError):
        later = False
    if later and isinstance(top.get("spec"), str):
        return {"spec": top["spec"], "spec_version": top["spec_version"]}
    return {"spec": "chara_card_v3", "spec_version": "3.0"}


def merged(newer: Any, older: Any) -> Any:
    """``newer``, with keys that only ``older`` has: a picture may hold a card twice, and a program have written to one of them."""
    if isinstance(newer, dict) and isinstance(older, dict):
        return {**older, **{name: merged(value, older.get(name)) for name, value in newer.items()}}
    return newer
