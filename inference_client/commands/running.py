"""``run``, ``check`` and ``status``."""

import argparse
import asyncio
import json
import logging
import re
from pathlib import Path

from inference_client import checks, control, download, lineup, view
from inference_client.commands.configuration import config_argument, configuration
from inference_client.commands.owners import standing
from inference_client.commands.terminal import Commands, at_least, default_alias, fingerprint, progress_bar
from inference_client.config import ALIAS, Config, Model
from inference_client.control import Request, State
from inference_client.log_lines import Plain
from inference_client.owner import Limits
from inference_client.problems import Exit, Problem
from inference_client.program import serve
from inference_client.protocol.vocabulary import Kind
from inference_client.state import Home

DEFAULT_SLOTS = 4


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    run = commands.add_parser("run", help="serve the site until Ctrl-C")
    _model_arguments(run)
    run.add_argument("--hf-repo", help="download from this Hugging Face repository, such as owner/name")
    run.add_argument("--hf-file", help="the .gguf file in it")
    run.add_argument("--alias", help="the model's name on the site (default: the file's)")
    run.add_argument("--kind", choices=("chat", "embedding"), default="chat", help="what --model is made for")
    run.add_argument("--mmproj", type=Path, help="the file that lets --model see images")
    run.add_argument("--gpu-layers", type=at_least(-1), help="layers on the GPU (default: all)")
    run.add_argument("--threads", type=at_least(0), help="processor threads (default: llama.cpp's choice)")
    run.add_argument("--max-slots", type=at_least(1), help="answers written at once, over all models")
    run.add_argument("--own-jobs-only", action="store_true", help="only jobs of the account that paired this machine")
    run.add_argument("--no-memory-check", action="store_true", help="load even what should not fit")
    run.add_argument("--plain", action="store_true", help="log lines alone, no live view")
    run.add_argument("--log-level", choices=("debug", "info", "warning", "error"))
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="say what is wrong, in plain words")
    _model_arguments(check)
    check.set_defaults(command=_check)

    status = commands.add_parser("status", help="show site, key, and what the running client does")
    status.add_argument("--json", action="store_true", help="for programs")
    status.set_defaults(command=_status)


def _model_arguments(parser: argparse.ArgumentParser) -> None:
    config_argument(parser)
    parser.add_argument("--model", type=Path, help="a GGUF file, instead of the configuration's models")
    context = f"tokens of context of each answer, 0 for the model's own (default: {lineup.DEFAULT_CONTEXT})"
    parser.add_argument("--ctx", type=at_least(0), help=context)
    slots = f"answers written at the same time by each model (default: {DEFAULT_SLOTS})"
    parser.add_argument("--slots", type=at_least(1), help=slots)


def _run(options: argparse.Namespace, home: Home) -> Exit:
    home.prepare()
    home.site()
    config = overridden(configuration(options, home), options)
    handler = logging.StreamHandler()
    handler.setFormatter(Plain())
    logging.basicConfig(level=config.client.log_level.upper(), handlers=[handler])
    # Its request lines would name addresses of downloads with their signatures.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if not config.model:
        message = (
            "say which model: --model path.gguf, or --hf-repo owner/name with --hf-file model.gguf, or name some in a "
            "configuration, which init writes"
        )
        raise Problem("model_missing", message, Exit.MODEL)
    _download_missing(config, home)
    fleet = lineup.fleet(config, home, memory_check=not options.no_memory_check)
    with view.shown(fleet, plain=options.plain) as started:
        asyncio.run(serve(home, fleet, Limits.of(config.limits), started=started))
    return Exit.OK


def overridden(config: Config, options: argparse.Namespace) -> Config:
    """The configuration as the command line changes it: a model named there takes the place of all others."""
    given = vars(options)
    named = _named(options)
    changes = {
        field: given[option]
        for field, option in (("context_length", "ctx"), ("slots", "slots"), ("threads", "threads"))
        if given.get(option) is not None
    }
    if given.get("gpu_layers") is not None:
        changes["gpu_layers"] = given["gpu_layers"]
    models = [named] if named is not None else config.model
    # An upstream's context, threads and layers are its own; its slots are not.
    of_upstream = {key: value for key, value in changes.items() if key == "slots"}
    models = [model.model_copy(update=of_upstream if model.upstream else changes) for model in models]
    limits = config.limits
    if given.get("max_slots") is not None:
        limits = limits.model_copy(update={"max_slots": given["max_slots"]})
    if given.get("own_jobs_only"):
        limits = limits.model_copy(update={"own_jobs_only": True})
    client = config.client
    if given.get("log_level") is not None:
        client = client.model_copy(update={"log_level": given["log_level"]})
    return config.model_copy(update={"model": models, "limits": limits, "client": client})


def _named(options: argparse.Namespace) -> Model | None:
    """The model that the command line names; it is loaded when the program starts, and stays."""
    alias: str | None = getattr(options, "alias", None)
    repo, file = getattr(options, "hf_repo", None) or "", getattr(options, "hf_file", None) or ""
    mmproj: Path | None = getattr(options, "mmproj", None)
    kind: Kind = getattr(options, "kind", "chat")
    if options.model is not None:
        file_ = options.model.absolute()
        return Model(alias=_alias(alias, options.model), file=file_, preload=True, mmproj=mmproj, kind=kind)
    if repo and file:
        name = _alias(alias, Path(file))
        return Model(alias=name, hf_repo=repo, hf_file=file, preload=True, mmproj=mmproj, kind=kind)
    if repo or file:
        message = "--hf-repo owner/name and --hf-file model.gguf belong together"
        raise Problem("model_missing", message, Exit.MODEL)
    return None


def _alias(given: str | None, path: Path) -> str:
    if given is None:
        return default_alias(path)
    if not re.fullmatch(ALIAS, given):
        raise Problem("alias_wrong", f"{given!r} cannot be an alias: use letters, digits, . _ : / -", Exit.MODEL)
    return given


def _download_missing(config: Config, home: Home) -> None:
    """One that cannot be downloaded keeps nobody else from running."""
    wanted = [model for model in config.model if model.hf_repo]
    for model in wanted:
        try:
            with progress_bar(model.hf_file) as report:
                download.fetch(model.hf_repo, model.hf_file, home.models_path, report)
        except Problem as problem:
            if len(config.model) == 1:
                raise
            logging.getLogger(__name__).error("%s is not downloaded: %s", model.alias, problem.message)


def _check(options: argparse.Namespace, home: Home) -> Exit:
    return checks.check(home, print, lambda: overridden(configuration(options, home), options))


# --- status ---------------------------------------------------------------------------------------------------------


def _status(options: argparse.Namespace, home: Home) -> Exit:
    home.prepare()
    site = home.site()
    state: State | None = None
    try:
        state = control.ask(home.path, Request(do="status"))
        running = "running"
    except Problem:
        running = _by_lock(home)
    if options.json:
        about = {"site": site.url, "name": site.name, "node": str(site.node), "program": running, "state": state}
        print(json.dumps(about, indent=2))
        return Exit.OK
    print(f"site     {site.url}\nname     {site.name}\nnode     {site.node}\nkey      {fingerprint(home)}")
    print(f"folder   {home.path}\nprogram  {running}")
    if state is not None:
        for line in described(state):
            print(line)
    return Exit.OK


def _by_lock(home: Home) -> str:
    try:
        with home.lock():
            return "not running"
    except Problem:
        return "running, and does not answer"


def described(state: State) -> list[str]:
    """What the running client does, for people."""
    lines = [
        f"process  {state['pid']}, version {state['version']}, for {state['uptime'] / 60:.0f} minutes",
        f"link     {'connected' if state['connected'] else 'not connected, trying'}",
        f"work     {standing(state)}, {state['running']} jobs running",
    ]
    if state["temperature"] is not None:
        lines.append(f"heat     {state['temperature']:.0f} °C")
    if state["on_battery"] is not None:
        lines.append(f"power    {'battery' if state['on_battery'] else 'mains'}")
    for model in state["models"]:
        place = "in memory" if model["loaded"] else "not loaded"
        speed = f", {model['generation_tps']:g} tokens/s" if model["generation_tps"] else ""
        queue = f", {model['waiting']} waiting for it" if model["waiting"] else ""
        lines.append(f"model    {model['alias']}: {place}, {model['given']} of {model['slots']} slots{speed}{queue}")
    lines += [f"PROBLEM  {name}: {detail}" for name, detail in state["problems"].items()]
    return lines
