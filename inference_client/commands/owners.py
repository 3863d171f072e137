"""``pause``, ``resume`` and ``drain``: the owner's word to the client that runs."""

import argparse
from collections.abc import Callable
from functools import partial

from inference_client import control
from inference_client.commands.terminal import Commands
from inference_client.control import Request, State
from inference_client.problems import Exit
from inference_client.state import Home


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    for do, help_, words in (
        ("pause", "take nothing new until resume, also after a restart; what runs goes on", _paused),
        ("resume", "end a pause, the site's too", _resumed),
        ("drain", "finish what runs, tell the site, and end the program", _drained),
    ):
        commands.add_parser(do, help=help_).set_defaults(command=partial(_tell, do, words))


def _tell(do: str, words: Callable[[State], str], options: argparse.Namespace, home: Home) -> Exit:
    print(words(control.ask(home.path, Request.model_validate({"do": do}))))
    return Exit.OK


def _paused(state: State) -> str:
    return f"Paused. {_running(state)}"


def _resumed(state: State) -> str:
    return f"Resumed. The client is {standing(state)}."


def _drained(state: State) -> str:
    return f"Draining. {_running(state)} Then the client ends."


def _running(state: State) -> str:
    number = state["running"]
    return "Nothing runs." if not number else f"{number} job{'s go' if number > 1 else ' goes'} on to the end."


def standing(state: State) -> str:
    """``open``, or ``paused (quiet hours)``."""
    said = state["availability"]
    return f"{said['state']} ({said['why'].replace('_', ' ')})" if said["why"] else str(said["state"])
