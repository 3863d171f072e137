"""What a message, a modal, a channel's name and a command must look like. Raises ``Refused`` with code 50035 or a more exact one."""

import re
from collections.abc import Iterator
from typing import Any

from tests.fakes.discord.errors import Form, Refused
from tests.fakes.discord.state import COMPONENTS_V2, Json, walk

CONTENT, EMBEDS, EMBED_TEXT, ROWS, IN_ROW, OPTIONS, FILES = 2_000, 10, 6_000, 5, 5, 25, 10
V2_COMPONENTS, V2_TEXT = 40, 4_000
ROW, BUTTON, SELECT, INPUT, LABEL = 1, 2, 3, 4, 18
SELECTS = frozenset({3, 5, 6, 7, 8})
LINK = 5
EMBED_LIMITS = {"title": 256, "description": 4_096}


def check_message(body: Json, has_files: bool, *, editing: bool = False) -> None:
    """The parts of a message's body that people would see. On editing, what is absent or null stays as it is."""
    form = Form()
    v2 = bool((body.get("flags") or 0) & COMPONENTS_V2)
    content, embeds, components = (body.get(key) for key in ("content", "embeds", "components"))
    if content is not None:
        form.longest("content", str(content), CONTENT)
    _check_embeds(form, embeds or [])
    if v2:
        _check_v2(form, body, components or [])
    else:
        check_rows(form, components or [])
    nonce = body.get("nonce")
    if nonce is not None and len(str(nonce)) > 25:
        form.wrong("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.")
    if len(body.get("attachments") or []) > FILES:
        form.wrong("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {FILES} or fewer in length.")
    _check_allowed_mentions(form, body.get("allowed_mentions"))
    form.end()
    empty = not (str(content or "").strip() or embeds or components or body.get("sticker_ids") or body.get("poll"))
    if empty and not has_files and not editing:
        raise Refused(400, 50006, "Cannot send an empty message")


def _check_allowed_mentions(form: Form, allowed: Any) -> None:
    if not allowed:
        return
    parse = allowed.get("parse") or []
    for kind in ("users", "roles"):
        if kind in parse and allowed.get(kind):
            form.wrong(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f"parse:[{kind}] excludes a list of {kind}.",
            )
        if len(allowed.get(kind) or []) > 100:
            form.wrong(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")


def _check_embeds(form: Form, embeds: list[Json]) -> None:
    if len(embeds) > EMBEDS:
        form.wrong("embeds", "BASE_TYPE_MAX_LENGTH", f"Must be {EMBEDS} or fewer in length.")
    total = 0
    for index, embed in enumerate(embeds):
        for path, text, limit in _embed_texts(embed):
            total += len(str(text))
            form.longest(f"embeds.{index}.{path}", text, limit, least=1 if path.startswith("fields") else 0)
        if len(embed.get("fields") or []) > 25:
            form.wrong(f"embeds.{index}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for path, url in _embed_urls(embed):
            if not re.match(r"(https?|attachment)://\S+$", str(url)):
                form.wrong(f"embeds.{index}.{path}", "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    if total > EMBED_TEXT:
        form.wrong("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TEXT}")


def _embed_texts(embed: Json) -> Iterator[tuple[str, Any, int]]:
    for key, limit in EMBED_LIMITS.items():
        if embed.get(key) is not None:
            yield key, embed[key], limit
    for number, field in enumerate(embed.get("fields") or []):
        yield f"fields.{number}.name", field.get("name", ""), 256
        yield f"fields.{number}.value", field.get("value", ""), 1_024
    if embed.get("footer"):
        yield "footer.text", embed["footer"].get("text", ""), 2_048
    if embed.get("author"):
        yield "author.name", embed["author"].get("name", ""), 256


def _embed_urls(embed: Json) -> Iterator[tuple[str, Any]]:
    if embed.get("url"):
        yield "url", embed["url"]
    for part in ("image", "thumbnail"):
        if embed.get(part):
            yield f"{part}.url", embed[part].get("url")


def _check_v2(form: Form, body: Json, components: list[Json]) -> None:
    for key in ("content", "embeds"):
        if body.get(key):
            form.wrong(
                key,
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                "The field cannot be used with IS_COMPONENTS_V2.",
            )
    every = walk(components)
    if len(every) > V2_COMPONENTS:
        form.wrong("components", "BASE_TYPE_MAX_LENGTH", f"Must be {V2_COMPONENTS} or fewer in length.")
    if sum(len(part.get("content", "")) for part in every if part.get("type") == 10) > V2_TEXT:
        form.wrong("components", "COMPONENT_TEXT_TOO_LONG", f"Text of all components exceeds {V2_TEXT}.")
    _check_custom_ids(form, components)
    for index, part in enumerate(components):
        if part.get("type") == ROW:
            _check_row(form, f"components.{index}", part)


def check_rows(form: Form, components: list[Json]) -> None:
    """Action rows of an ordinary message."""
    if len(components) > ROWS:
        form.wrong("components", "BASE_TYPE_MAX_LENGTH", f"Must be {ROWS} or fewer in length.")
    for index, row in enumerate(components):
        if row.get("type") != ROW:
            form.wrong(f"components.{index}.type", "BASE_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
        else:
            _check_row(form, f"components.{index}", row)
    _check_custom_ids(form, components)


def _check_custom_ids(form: Form, components: list[Json]) -> None:
    seen: set[str] = set()
    for part in walk(components):
        name = part.get("custom_id")
        if name is None:
            continue
        if name in seen:
            form.wrong("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        seen.add(name)


def _check_row(form: Form, path: str, row: Json) -> None:
    inside = row.get("components") or []
    selects = [part for part in inside if part.get("type") in SELECTS]
    if not inside:
        form.wrong(f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    if len(inside) > IN_ROW or (selects and len(inside) > 1):
        form.wrong(
            f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )
    for index, part in enumerate(inside):
        where = f"{path}.components.{index}"
        if part.get("type") == BUTTON:
            _check_button(form, where, part)
        elif part.get("type") in SELECTS:
            check_select(form, where, part)
        else:
            form.wrong(f"{where}.type", "BASE_TYPE_CHOICES", "This component cannot stand in a message's row.")


def _check_button(form: Form, path: str, button: Json) -> None:
    style = button.get("style")
    if style == LINK:
        if not button.get("url") or "custom_id" in button:
            form.wrong(f"{path}.url", "BASE_TYPE_REQUIRED", "A link button has a url and no custom_id.")
        else:
            form.longest(f"{path}.url", button["url"], 512, least=1)
            if not re.match(r"(https?|discord)://", button["url"]):
                form.wrong(
                    f"{path}.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https', 'discord')."
                )
    elif style in (1, 2, 3, 4):
        form.longest(f"{path}.custom_id", button.get("custom_id"), 100, least=1)
    else:
        form.wrong(f"{path}.style", "BASE_TYPE_CHOICES", 'Value of field "style" must be one of (1, 2, 3, 4, 5).')
    if button.get("label"):
        form.longest(f"{path}.label", button["label"], 80)
    if not button.get("label") and not button.get("emoji"):
        form.wrong(f"{path}.label", "BUTTON_COMPONENT_EMPTY", "A button has a label or an emoji.")


def check_select(form: Form, path: str, select: Json) -> None:
    form.longest(f"{path}.custom_id", select.get("custom_id"), 100, least=1)
    if select.get("placeholder"):
        form.longest(f"{path}.placeholder", select["placeholder"], 150)
    if select.get("type") != SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= OPTIONS:
        form.wrong(f"{path}.options", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {OPTIONS} in length.")
    values = [option.get("value") for option in options]
    if len(set(values)) < len(values):
        form.wrong(
            f"{path}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used"
        )
    for index, option in enumerate(options):
        form.longest(f"{path}.options.{index}.label", option.get("label"), 100, least=1)
        form.longest(f"{path}.options.{index}.value", option.get("value"), 100, least=1)
        if option.get("description"):
            form.longest(f"{path}.options.{index}.description", option["description"], 100)


def check_modal(modal: Json) -> None:
    form = Form()
    form.longest("data.title", modal.get("title"), 45, least=1)
    form.longest("data.custom_id", modal.get("custom_id"), 100, least=1)
    rows = modal.get("components") or []
    if not 1 <= len(rows) <= ROWS:
        form.wrong("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for index, row in enumerate(rows):
        path = f"data.components.{index}"
        if row.get("type") == LABEL:
            form.longest(f"{path}.label", row.get("label"), 45, least=1)
        for part in walk([row])[1:]:
            if part.get("type") == INPUT:
                _check_input(form, path, part, labelled=row.get("type") == LABEL)
            elif part.get("type") in SELECTS:
                check_select(form, path, part)
    _check_custom_ids(form, rows)
    form.end()


def _check_input(form: Form, path: str, field: Json, *, labelled: bool) -> None:
    form.longest(f"{path}.custom_id", field.get("custom_id"), 100, least=1)
    if not labelled:
        form.longest(f"{path}.label", field.get("label"), 45, least=1)
    if field.get("placeholder"):
        form.longest(f"{path}.placeholder", field["placeholder"], 100)
    if field.get("value"):
        form.longest(f"{path}.value", field["value"], field.get("max_length") or 4_000)


def channel_name(name: Any, *, plain: bool) -> str:
    """The name as Discord keeps it: channels for text are in small letters, without spaces. ``plain`` ones are kept as they are."""
    form = Form()
    form.longest("name", name, 100, least=1)
    form.end()
    return str(name) if plain else re.sub(r"\s+", "-", str(name).lower())
