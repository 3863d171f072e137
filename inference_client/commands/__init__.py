"""The command line: ``python -m inference_client``. Exit codes are those of ``problems.Exit``.

One file a group of commands. Each has ``register(commands)``, which adds its parsers and sets ``command`` to a function
of the parsed options and the state directory; what it cannot do it raises as ``Problem``.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from inference_client import __version__
from inference_client.commands import configuration, embedding, measuring, models, owners, pairing, running, services
from inference_client.commands.terminal import Commands, default_alias
from inference_client.problems import Exit, Problem
from inference_client.state import HOME_VARIABLE, Home

__all__ = ["default_alias", "main", "parser"]

GROUPS: Final[tuple[Callable[[Commands], None], ...]] = (
    pairing.register,
    configuration.register,
    running.register,
    owners.register,
    models.register,
    measuring.register,
    embedding.register,
    services.register,
)

_EXITS: Final = "exit codes: 0 ok, 1 unexpected error, 2 wrong command line, " + ", ".join(
    f"{int(code)} {code.name.lower().replace('_', ' ')}" for code in Exit if code
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options, Home()))
    except Problem as problem:
        print(f"{problem.message}", file=sys.stderr)
        return int(problem.exit_code)
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """All commands."""
    whole = argparse.ArgumentParser(
        prog="python -m inference_client",
        description="Runs models for a MeatLizard site. Only connects out; nothing needs to be opened here.",
        epilog=f"{_EXITS}. State lies in the user's configuration directory, or where {HOME_VARIABLE} points.",
    )
    whole.add_argument("--version", action="version", version=__version__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for register in GROUPS:
        register(commands)
    return whole
