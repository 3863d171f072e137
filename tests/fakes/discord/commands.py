"""Commands of an application: what may be registered, and what a person may make of them."""

import re
from typing import Any

from tests.fakes.discord.errors import Form, Refused
from tests.fakes.discord.state import Json

SLASH, ON_USER, ON_MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(1, 12)
AT_MOST = {SLASH: 100, ON_USER: 15, ON_MESSAGE: 15}
NAME = re.compile(r"[-_'\w]{1,32}\Z")
CREATED_A_DAY = 200


class NotOffered(AssertionError):
    """The client of a person would not let him do this."""


def check_commands(commands: list[Json]) -> None:
    """Raises 50035 or 30032 for a list that Discord would not take."""
    form = Form()
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        kind, name, path = command.get("type") or SLASH, command.get("name", ""), str(index)
        if (kind, name) in seen:
            form.wrong(
                f"{path}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        seen.add((kind, name))
        if kind == SLASH:
            _check_name(form, path, name)
            form.longest(f"{path}.description", command.get("description"), 100, least=1)
            _check_options(form, path, command.get("options") or [])
        else:
            form.longest(f"{path}.name", name, 32, least=1)
            if command.get("description") or command.get("options"):
                form.wrong(
                    f"{path}.description",
                    "APPLICATION_COMMAND_CONTEXT_MENU",
                    "A context menu has neither description nor options.",
                )
        if _characters(command) > 8_000:
            form.wrong(path, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
    form.end()
    for kind, limit in AT_MOST.items():
        if sum(1 for one in commands if (one.get("type") or SLASH) == kind) > limit:
            raise Refused(400, 30032, f"Maximum number of application commands reached ({limit})")


def _check_name(form: Form, path: str, name: Any) -> None:
    if not NAME.match(str(name)) or str(name) != str(name).lower():
        form.wrong(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", f'Command name is invalid: "{name}"')


def _check_options(form: Form, path: str, options: list[Json]) -> None:
    if len(options) > 25:
        form.wrong(f"{path}.options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    optional = False
    for index, option in enumerate(options):
        where = f"{path}.options.{index}"
        _check_name(form, where, option.get("name"))
        form.longest(f"{where}.description", option.get("description"), 100, least=1)
        if option.get("type") in (SUBCOMMAND, GROUP):
            _check_options(form, where, option.get("options") or [])
            continue
        if option.get("required") and optional:
            form.wrong(
                where,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional = optional or not option.get("required")
        choices = option.get("choices") or []
        if len(choices) > 25 or (choices and option.get("autocomplete")):
            form.wrong(f"{where}.choices", "BASE_TYPE_MAX_LENGTH", "25 choices at most, and none beside autocomplete.")
        for choice in choices:
            form.longest(f"{where}.choices", choice.get("name"), 100, least=1)


def _characters(command: Json) -> int:
    """Name, description and values, with those of all that is inside."""
    own = len(command.get("name", "")) + len(command.get("description", ""))
    choices = sum(
        len(str(one.get("name", ""))) + len(str(one.get("value", ""))) for one in command.get("choices") or []
    )
    return own + choices + sum(_characters(option) for option in command.get("options") or [])


def stored(command: Json, command_id: int, application_id: int, guild_id: int | None) -> Json:
    """The command as Discord gives it back."""
    kept = {key: value for key, value in command.items() if value is not None}
    kept |= {
        "id": str(command_id), "application_id": str(application_id), "version": str(command_id),
        "type": command.get("type") or SLASH, "description": command.get("description") or "",
        "default_member_permissions": command.get("default_member_permissions"), "nsfw": bool(command.get("nsfw")),
    }  # fmt: skip
    if kept["default_member_permissions"] is not None:
        kept["default_member_permissions"] = str(kept["default_member_permissions"])
    if guild_id is not None:
        kept["guild_id"] = str(guild_id)
    return kept


def leaf(command: Json, path: list[str]) -> Json:
    """The (sub)command that ``path`` names inside ``command``."""
    node = command
    for name in path:
        found = [one for one in node.get("options") or [] if one["name"] == name and one["type"] in (SUBCOMMAND, GROUP)]
        if not found:
            raise NotOffered(
                f"/{command['name']} has no {name!r}: {[one['name'] for one in node.get('options') or []]}"
            )
        node = found[0]
    if any(one["type"] in (SUBCOMMAND, GROUP) for one in node.get("options") or []):
        raise NotOffered(f"{node['name']!r} is a group: name one of {[one['name'] for one in node['options']]}")
    return node


def filled(node: Json, values: dict[str, Any], *, focused: str | None = None) -> list[Json]:
    """``values`` as the client sends them, after the checks that it makes before it lets a person press Enter."""
    offered = {option["name"]: option for option in node.get("options") or []}
    if unknown := values.keys() - offered.keys():
        raise NotOffered(f"{node['name']!r} has no option {sorted(unknown)}; it has {sorted(offered)}")
    missing = [name for name, option in offered.items() if option.get("required") and name not in values]
    if missing and focused is None:
        raise NotOffered(f"{node['name']!r} needs {missing}")
    sent = []
    for name, value in values.items():
        option = offered[name]
        if focused is None:
            _check_value(option, value)
        sent.append(
            {"type": option["type"], "name": name, "value": value} | ({"focused": True} if name == focused else {})
        )
    return sent


def _check_value(option: Json, value: Any) -> None:
    kinds: dict[int, type | tuple[type, ...]] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}
    if option["type"] in kinds and not isinstance(value, kinds[option["type"]]):
        raise NotOffered(f"{option['name']!r} takes {kinds[option['type']]}, not {value!r}")
    choices = [choice["value"] for choice in option.get("choices") or []]
    if choices and value not in choices:
        raise NotOffered(f"{option['name']!r} offers {choices}, not {value!r}")
    if option["type"] == STRING:
        least, most = option.get("min_length", 0), option.get("max_length", 6_000)
        if not least <= len(value) <= most:
            raise NotOffered(f"{option['name']!r} takes {least} to {most} characters")
    if option["type"] in (INTEGER, NUMBER) and not option.get("min_value", value) <= value <= option.get(
        "max_value", value
    ):
        raise NotOffered(f"{option['name']!r} takes {option.get('min_value')} to {option.get('max_value')}")
