"""``models``: what is downloaded, and what the running client has in memory."""

import argparse
from functools import partial

from inference_client import control, download, downloads
from inference_client.commands.configuration import config_argument, configuration
from inference_client.commands.terminal import Commands, progress_bar
from inference_client.control import Request
from inference_client.downloads import Found
from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import gguf
from inference_client.engines.llama_cpp.budget import gib
from inference_client.lineup import path_of
from inference_client.problems import Exit, Problem
from inference_client.state import Home


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    models = commands.add_parser("models", help="download, list, check and remove models")
    verbs = models.add_subparsers(required=True, metavar="VERB")

    listing = verbs.add_parser("list", help="what is downloaded, and under which alias it is configured")
    config_argument(listing)
    listing.set_defaults(command=_list)

    pull = verbs.add_parser("pull", help="download a model from Hugging Face, or go on with a download")
    pull.add_argument("repo", metavar="REPOSITORY", help="such as owner/name")
    pull.add_argument("file", metavar="FILE", help="the .gguf file in it; of a model in several files any one of them")
    pull.set_defaults(command=_pull)

    remove = verbs.add_parser("remove", help="delete a downloaded model, with all its parts")
    remove.add_argument("name", metavar="NAME", help="as models list shows it, or an unmistakable part of that")
    remove.add_argument("--force", action="store_true", help="even if the configuration names it")
    config_argument(remove)
    remove.set_defaults(command=_remove)

    verify = verbs.add_parser("verify", help="read downloaded models and compare them with what the hub said")
    verify.add_argument("name", metavar="NAME", nargs="?", help="one of them (default: all)")
    verify.set_defaults(command=_verify)

    for do, help_ in (("load", "bring a model into the running client's memory"), ("unload", "take it out again")):
        order = verbs.add_parser(do, help=help_)
        order.add_argument("alias", metavar="ALIAS")
        order.set_defaults(command=partial(_order, do))


def _list(options: argparse.Namespace, home: Home) -> Exit:
    aliases = {path_of(model, home): model.alias for model in configuration(options, home).model if not model.upstream}
    there = list(downloads.found(home.models_path))
    for item in there:
        alias = aliases.pop(item.path, "")
        print(f"{item.name}  {gib(item.size)}  {_about(item)}{f'  alias {alias}' if alias else ''}")
    for path, alias in aliases.items():
        words = gib(path.stat().st_size) if path.exists() else "not there yet"
        print(f"{path}  {words}  alias {alias}")
    if not there and not aliases:
        print("No model yet. Next: models pull owner/name model.gguf")
    return Exit.OK


def _about(item: Found) -> str:
    if not item.whole:
        return "not whole; pull it again to go on"
    try:
        header = gguf.read(item.path)
    except EngineError as error:
        return f"damaged: {error.detail}"
    return f"{header.architecture} {header.quantisation}".strip() or "a part"


def _pull(options: argparse.Namespace, home: Home) -> Exit:
    home.prepare()
    with progress_bar(options.file) as report:
        path = download.fetch(options.repo, options.file, home.models_path, report)
    print(f"{path} is whole. To run it: run --model {path}, or name it in the configuration.")
    return Exit.OK


def _remove(options: argparse.Namespace, home: Home) -> Exit:
    items = downloads.named(home.models_path, options.name)
    configured = {
        path_of(model, home): model.alias for model in configuration(options, home).model if not model.upstream
    }
    wanted = sorted({configured[item.path] for item in items if item.path in configured})
    if wanted and not options.force:
        message = f"the configuration names it as {', '.join(wanted)}; take it out there first, or add --force"
        raise Problem("model_configured", message, Exit.MODEL)
    for item in items:
        try:
            item.path.unlink(missing_ok=True)
        except OSError as error:
            raise Problem("model_missing", f"{item.path} stays: {error.strerror}", Exit.MODEL) from None
        downloads.note(home.models_path, item.path, None)
        print(f"Removed {item.name} ({gib(item.size)}).")
    return Exit.OK


def _verify(options: argparse.Namespace, home: Home) -> Exit:
    folder = home.models_path
    items = downloads.named(folder, options.name) if options.name else list(downloads.found(folder))
    result = Exit.OK
    for item in items:
        try:
            print(f"ok       {downloads.verify(item)}")
        except Problem as problem:
            print(f"PROBLEM  {problem.message}")
            result = problem.exit_code
    return result


def _order(do: str, options: argparse.Namespace, home: Home) -> Exit:
    control.ask(home.path, Request.model_validate({"do": do, "model": options.alias}))
    print(f"The running client will {do} {options.alias}; see: status")
    return Exit.OK
