"""``service install``, ``service uninstall`` and ``service status``."""

import argparse
from functools import partial

from inference_client.commands.configuration import config_argument, configuration
from inference_client.commands.terminal import Commands
from inference_client.problems import Exit, Problem
from inference_client.service import Program, Service, service_of
from inference_client.state import Home


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    parser = commands.add_parser("service", help="let this account's system run the client by itself")
    verbs = parser.add_subparsers(required=True, metavar="install|uninstall|status")
    for verb, help_ in (
        ("install", "run it from now on, and after every login"),
        ("uninstall", "end it and forget it"),
        ("status", "say whether it is installed and runs"),
    ):
        child = verbs.add_parser(verb, help=help_)
        config_argument(child)
        child.set_defaults(command=partial(_do, verb))


def _do(verb: str, options: argparse.Namespace, home: Home) -> Exit:
    service = service_of(Program.here(home, options.config))
    if verb == "install":
        check(options, home, service)
        lines = service.install()
    else:
        lines = service.uninstall() if verb == "uninstall" else service.status()
    print("\n".join(lines))
    return Exit.OK


def check(options: argparse.Namespace, home: Home, service: Service) -> None:
    """Raises Problem if the service could do nothing but fail."""
    home.prepare()
    home.site()
    home.key()
    if not configuration(options, home).model:
        message = (
            "the configuration names no model; write one with: python -m inference_client init, and name one there"
        )
        raise Problem("model_missing", message, Exit.CONFIG)
    if not service.active():
        # A client in some terminal has the key already: the service would end at once.
        with home.lock():
            pass
