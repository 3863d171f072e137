"""``run``, ``check`` and ``status``."""

import argparse
import asyncio
import logging
from pathlib import Path

from inference_client import checks, download
from inference_client.commands.terminal import Commands, default_alias, fingerprint, model_arguments, progress_bar
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.problems import Exit, Problem
from inference_client.program import serve
from inference_client.state import Home


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    run = commands.add_parser("run", help="serve the site until Ctrl-C")
    model_arguments(run)
    run.add_argument("--hf-repo", help="download from this Hugging Face repository, such as owner/name")
    run.add_argument("--hf-file", help="the .gguf file in it")
    run.add_argument("--alias", help="the model's name on the site (default: the file's)")
    run.add_argument("--gpu-layers", type=int, default=-1, help="layers on the GPU (default: all)")
    run.add_argument("--threads", type=int, default=0, help="processor threads (default: llama.cpp's choice)")
    run.add_argument("--no-memory-check", action="store_true", help="load even what should not fit")
    run.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="say what is wrong, in plain words")
    model_arguments(check)
    check.set_defaults(command=_check)
    commands.add_parser("status", help="show site, key and whether the client runs").set_defaults(command=_status)


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
    with progress_bar(options.hf_file) as report:
        return download.fetch(options.hf_repo, options.hf_file, home.models_path, report)


def _check(options: argparse.Namespace, home: Home) -> Exit:
    return checks.check(home, print, model=options.model, context=options.ctx, slots=options.slots)


def _status(options: argparse.Namespace, home: Home) -> Exit:
    home.prepare()
    site = home.site()
    try:
        with home.lock():
            running = "not running"
    except Problem:
        running = "running"
    print(f"site     {site.url}\nname     {site.name}\nnode     {site.node}\nkey      {fingerprint(home)}")
    print(f"folder   {home.path}\nprogram  {running}")
    return Exit.OK
