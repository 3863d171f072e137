"""What a model is asked for while a character is written, and what is taken from its answers. Pure."""

import json
from typing import Any

from django.utils.translation import gettext as _

from chat.personas import character as characters
from chat.personas.authoring.prompts import RULES, WHAT
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.errors import Invalid

MAX_WISH = 4_000
"""Characters of the sentence from which a character is drafted."""

MAX_CONTEXT = 24_000
"""Characters of a character that a model reads when it is to suggest one of its fields."""

MAX_SAID, MAX_TURNS = 4_000, 40
"""Of a trial conversation: characters of one message, and messages."""

SUGGESTIONS = 3

DRAFTED = ("name", "description", "personality", "scenario", "first_message", "examples", "tags")
"""Fields of a whole draft, in the order in which a model writes them."""

SUGGESTED = (
    "name",
    "description",
    "personality",
    "scenario",
    "first_message",
    "examples",
    "system_prompt",
    "post_history",
)
"""Fields for which alternatives are suggested."""


def draft_request(wish: str) -> tuple[list[ChatMessage], Sampling]:
    """A whole character from ``wish``, under a JSON schema. Raises Invalid for an empty or too long wish."""
    wish = checked_wish(wish)
    fields = "\n".join(f"- {name}: {WHAT[name][0]}" for name in DRAFTED if name in WHAT)
    asked = f"Write a character: {wish}\n\nThe fields:\n{fields}\n- tags: two to six single words for a list"
    return _messages(asked), _sampling(draft_schema(), 4_000)


def draft_schema() -> dict[str, Any]:
    texts = {name: {"type": "string", "minLength": 1, "maxLength": WHAT[name][1]} for name in DRAFTED if name in WHAT}
    tags = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 30}, "minItems": 1, "maxItems": 8}
    return _object({**texts, "tags": tags})


def suggestion_request(field: str, known: dict[str, str], wish: str = "") -> tuple[list[ChatMessage], Sampling]:
    """Alternatives for one field of the character ``known`` (texts by field). Raises Invalid for a field that has none."""
    if field not in SUGGESTED:
        raise Invalid(_("There is nothing to suggest for this field."), code="field_unknown")
    about, most = WHAT[field]
    room, parts = MAX_CONTEXT, []
    for name in (*DRAFTED[:-1], "system_prompt", "post_history"):
        text = known.get(name, "").strip()[:room]
        room -= len(text)
        if text:
            parts.append(f"{name}:\n{text}")
    asked = [
        f"Write {SUGGESTIONS} different texts for the field “{field}” of this character: {about}.",
        f"What is wished: {wish.strip()[:MAX_WISH]}" if wish.strip() else "",
        "The character so far:\n\n" + ("\n\n".join(parts) or "nothing yet"),
    ]
    items = {
        "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": most}, "minItems": SUGGESTIONS,
        "maxItems": SUGGESTIONS,
    }  # fmt: skip
    return _messages("\n\n".join(filter(None, asked))), _sampling(_object({"suggestions": items}), 3_000)


def picture_prompt(known: dict[str, str]) -> str:
    """For an image engine: the words it needs, no more. Raises Invalid when nothing says what to draw."""
    parts = [known.get(name, "").strip() for name in ("name", "description", "personality")]
    said = ". ".join(" ".join(part.replace("{{char}}", parts[0] or "the character").split()) for part in parts if part)
    if not said:
        raise Invalid(_("Write a name or a description first: a picture is made of them."), code="nothing_to_draw")
    return f"Portrait of a character, head and shoulders, plain dark background. {said[:1_200]}"


def checked_wish(wish: str) -> str:
    wish = characters.text(wish).strip()
    if not wish:
        raise Invalid(_("Say in a sentence who the character is."), code="wish_empty")
    if len(wish) > MAX_WISH:
        raise Invalid(_("At most %(most)s characters, please.") % {"most": MAX_WISH}, code="too_long")
    return wish


def read_draft(answer: str) -> dict[str, Any]:
    """Texts by field, and ``tags``; cleaned and bounded, whatever the model wrote. Raises Invalid for what is no draft."""
    found = _parsed(answer)
    draft: dict[str, Any] = {}
    for name in DRAFTED:
        value = found.get(name)
        if name in WHAT and isinstance(value, str):
            draft[name] = _cleaned(name, value)
    tags = found.get("tags")
    draft["tags"] = [
        tag
        for one in (tags if isinstance(tags, list) else [])[:8]
        if isinstance(one, str) and (tag := characters.tag(one))
    ]
    if not draft.get("name") or not draft.get("description"):
        raise _unusable()
    return draft


def read_suggestions(field: str, answer: str) -> list[str]:
    """Different texts, none of them empty. Raises Invalid when there is none."""
    given = _parsed(answer).get("suggestions")
    texts = [_cleaned(field, one) for one in given if isinstance(one, str)] if isinstance(given, list) else []
    found = [text for text in dict.fromkeys(texts) if text][:SUGGESTIONS]
    if not found:
        raise _unusable()
    return found


def _cleaned(name: str, value: str) -> str:
    value = characters.line(value) if name in characters.LINES else characters.text(value).strip()
    return value[: WHAT[name][1]].strip()


def _parsed(answer: str) -> dict[str, Any]:
    # A schema forces the form; models behind other servers may not know it, and put a fence around.
    text = answer.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _unusable() from None
    if not isinstance(found, dict):
        raise _unusable()
    return found


def _unusable() -> Invalid:
    return Invalid(_("The model's answer could not be used. Try again, or with other words."), code="answer_unusable")


def trial(turns: object) -> list[tuple[str, str]]:
    """(role, text) of a trial conversation as a page sent it: person and persona in turns, the person last. Raises Invalid."""
    wrong = Invalid(_("This trial cannot be read. Begin it anew."), code="bad_request")
    if not isinstance(turns, list) or not turns:
        raise wrong
    if len(turns) > MAX_TURNS:
        raise Invalid(_("This trial is long enough. Begin it anew."), code="trial_too_long")
    found = []
    for turn in turns:
        if (
            not isinstance(turn, dict)
            or turn.get("role") not in ("user", "assistant")
            or not isinstance(turn.get("text"), str)
        ):
            raise wrong
        said = characters.text(turn["text"]).strip()
        if not said or len(said) > (MAX_SAID if turn["role"] == "user" else characters.MAX_TEXT):
            raise Invalid(_("A message has 1 to %(most)s characters here.") % {"most": MAX_SAID}, code="too_long")
        found.append((turn["role"], said))
    if found[-1][0] != "user":
        raise wrong
    return found


def _messages(asked: str) -> list[ChatMessage]:
    return [ChatMessage(role="system", content=RULES), ChatMessage(role="user", content=asked)]


def _sampling(schema: dict[str, Any], most: int) -> Sampling:
    return Sampling(json_schema=json.dumps(schema), temperature=0.9, thinking="off", max_tokens=most)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False
    }  # fmt: skip
