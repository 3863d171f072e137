"""The command line: ``python -m inference_client``. Exit codes are those of ``problems.Exit``."""

import argparse
import asyncio
import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from inference_client import __version__, checks, download, pairing
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.problems import Exit, Problem
from inference_client.program import serve
from inference_client.protocol import keys
from inference_client.state import HOME_VARIABLE, Home, Site

DEFAULT_CONTEXT: Final = 8192
DEFAULT_SLOTS: Final = 4

_EXITS: Final = "exit codes: 0 ok, 1 unexpected error, 2 wrong command line, " + ", ".join(
    f"{int(code)} {code.name.lower().replace('_', ' ')}" for code in Exit if code
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options, Home()))
    except Problem as problem:
        print(f"{problem.message}", file=sys.stderr)
        return int(problem.exit_code)
    except KeyboardInterrupt:
        return 130


# --- commands -------------------------------------------------------------------------------------------------------


def _pair(options: argparse.Namespace, home: Home) -> Exit:
    _paired(pairing.pair(home, options.url, options.code, options.name, insecure_http=options.insecure_http), home)
    return Exit.OK


def _rotate(options: argparse.Namespace, home: Home) -> Exit:
    _paired(pairing.rotate(home, options.code), home)
    print("The old key is no longer used; revoke it in the site's administration.")
    return Exit.OK


def _paired(site: Site, home: Home) -> None:
    print(f"Paired with {site.url} as {site.name}. Key {_fingerprint(home)}.")
    print(f"Next: {_python()} -m inference_client run --model path/to/model.gguf")


def _unpair(options: argparse.Namespace, home: Home) -> Exit:
    try:
        site: Site | None = home.site()
    except Problem as problem:
        if problem.code != "state_unusable":
            raise
        # Damaged is no reason to keep it: forgetting is the way out.
        site = None
    home.forget()
    url, name = (site.url, site.name) if site else ("the site", "this machine")
    print(f"Forgot {url} and the key. Revoke {name} in the site's administration too.")
    return Exit.OK


def _status(options: argparse.Namespace, home: Home) -> Exit:
    home.prepare()
    site = home.site()
    try:
        with home.lock():
            running = "not running"
    except Problem:
        running = "running"
    print(f"site     {site.url}\nname     {site.name}\nnode     {site.node}\nkey      {_fingerprint(home)}")
    print(f"folder   {home.path}\nprogram  {running}")
    return Exit.OK


def _check(options: argparse.Namespace, home: Home) -> Exit:
    return checks.check(home, print, model=options.model, context=options.ctx, slots=options.slots)


def _run(options: argparse.Namespace, home: Home) -> Exit:
    logging.basicConfig(level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    # Its request lines would name addresses of downloads with their signatures.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    home.prepare()
    home.site()
    path = options.model or _downloaded(options, home)
    spec = ModelSpec(
        path=path,
        alias=options.alias or default_alias(path),
        context=options.ctx,
        slots=options.slots,
        gpu_layers=options.gpu_layers,
        threads=options.threads,
    )
    engine = LlamaCppEngine(spec, cache_dir=home.path, memory_check=not options.no_memory_check)
    asyncio.run(serve(home, engine))
    return Exit.OK


def _downloaded(options: argparse.Namespace, home: Home) -> Path:
    if not (options.hf_repo and options.hf_file):
        message = "say which model: --model path.gguf, or --hf-repo owner/name with --hf-file model.gguf"
        raise Problem("model_missing", message, Exit.MODEL)
    with _progress_bar(options.hf_file) as report:
        return download.fetch(options.hf_repo, options.hf_file, home.models_path, report)


def default_alias(path: Path) -> str:
    """The file's name without its ending, in the characters an alias may have."""
    return re.sub(r"[^A-Za-z0-9._:-]+", "-", path.stem).lstrip("._:-")[:100] or "model"


@contextmanager
def _progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _python() -> str:
    """This interpreter as one would type it here."""
    program, here = Path(sys.executable), Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)


def _fingerprint(home: Home) -> str:
    return keys.fingerprint(keys.public_bytes(home.key()))


# --- arguments ------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m inference_client",
        description="Runs models for a MeatLizard site. Only connects out; nothing needs to be opened here.",
        epilog=f"{_EXITS}. State lies in the user's configuration directory, or where {HOME_VARIABLE} points.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    pair = commands.add_parser("pair", help="make this machine known to a site")
    pair.add_argument("url", metavar="URL", help="the site, such as https://example.org")
    pair.add_argument("code", metavar="CODE", help="the one-time code from the site's administration")
    pair.add_argument("--name", default="", help="what the site calls this machine (default: its host name)")
    pair.add_argument("--insecure-http", action="store_true", help="accept http:// to another machine")
    pair.set_defaults(command=_pair)

    run = commands.add_parser("run", help="serve the site until Ctrl-C")
    _model_arguments(run)
    run.add_argument("--hf-repo", help="download from this Hugging Face repository, such as owner/name")
    run.add_argument("--hf-file", help="the .gguf file in it")
    run.add_argument("--alias", help="the model's name on the site (default: the file's)")
    run.add_argument("--gpu-layers", type=int, default=-1, help="layers on the GPU (default: all)")
    run.add_argument("--threads", type=int, default=0, help="processor threads (default: llama.cpp's choice)")
    run.add_argument("--no-memory-check", action="store_true", help="load even what should not fit")
    run.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="say what is wrong, in plain words")
    _model_arguments(check)
    check.set_defaults(command=_check)

    commands.add_parser("status", help="show site, key and whether the client runs").set_defaults(command=_status)
    rotate = commands.add_parser("rotate", help="change this machine's key, with a new one-time code")
    rotate.add_argument("code", metavar="CODE")
    rotate.set_defaults(command=_rotate)
    commands.add_parser("unpair", help="forget the site and the key").set_defaults(command=_unpair)
    return parser


def _model_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, help="a GGUF file")
    context = "tokens of context of each answer, 0 for the model's own"
    parser.add_argument("--ctx", type=_at_least(0), default=DEFAULT_CONTEXT, help=context)
    parser.add_argument("--slots", type=_at_least(1), default=DEFAULT_SLOTS, help="answers written at the same time")


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return value

    return number
