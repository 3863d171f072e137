"""``init``, and finding the configuration for the other commands."""

import argparse
from pathlib import Path

from inference_client import config, config_template
from inference_client.commands.terminal import Commands, python
from inference_client.config import Config
from inference_client.problems import Exit
from inference_client.state import Home


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    init = commands.add_parser("init", help="write a configuration with all keys and a word about each")
    config_argument(init)
    init.add_argument("--force", action="store_true", help="replace one that is there; a copy of it is kept")
    init.set_defaults(command=_init)


def config_argument(parser: argparse.ArgumentParser) -> None:
    """``--config``."""
    where = f"the configuration (default: {config.NAME} in the state directory)"
    parser.add_argument("--config", type=Path, metavar="FILE", help=where)


def path_of(options: argparse.Namespace, home: Home) -> Path:
    """Where the configuration is, or would be."""
    given: Path | None = options.config
    return given or home.path / config.NAME


def configuration(options: argparse.Namespace, home: Home) -> Config:
    """That of ``--config``, or of the state directory, or an empty one if there is none there. Raises Problem."""
    path = path_of(options, home)
    if options.config is None and not path.exists():
        return Config()
    return config.load(path)


def _init(options: argparse.Namespace, home: Home) -> Exit:
    if options.config is None:
        home.prepare()
    path = path_of(options, home)
    backup = config_template.write(path, force=options.force)
    if backup is not None:
        print(f"The old configuration is kept as {backup}.")
    print(f"Wrote {path}. Name your models there, then: {python()} -m inference_client run")
    return Exit.OK
