"""``check``: what is wrong, in plain words, in the order a person would look."""

import asyncio
import platform
import time
from collections.abc import Callable
from typing import Final

from inference_client import address, lineup
from inference_client.config import Config
from inference_client.connection import open_connection
from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import budget
from inference_client.engines.llama_cpp.engine import inspect
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.engines.local import need_of
from inference_client.engines.openai_compatible import OpenAICompatibleEngine, UpstreamSpec
from inference_client.problems import Exit, Problem
from inference_client.protocol import keys
from inference_client.protocol.errors import CODES
from inference_client.state import Home

WRONG_CLOCK_SECONDS: Final = 120.0

Say = Callable[[str], None]


def check(home: Home, say: Say, configured: Callable[[], Config] = Config) -> Exit:
    """Says a line for each thing looked at; returns the first problem's exit code, or OK. ``configured`` may raise Problem.

    The site sees a handshake only: a client that runs meanwhile is not disturbed.
    """
    found: list[Exit] = []

    def looked(look: Callable[[], str]) -> bool:
        try:
            say(f"ok       {look()}")
        except Problem as problem:
            say(f"PROBLEM  {problem.message}")
            found.append(problem.exit_code)
            return False
        return True

    if looked(lambda: _pairing(home)):
        looked(lambda: asyncio.run(_site(home)))
    looked(lambda: _backend(platform.system()))
    config: list[Config] = []
    if looked(lambda: _config(configured, config)):
        for name, spec in config[0].upstreams().items():
            looked(lambda name=name, spec=spec: asyncio.run(_upstream(name, spec)))  # type: ignore[misc]
        for model in config[0].model:
            if not model.upstream:
                looked(lambda model=model: _model(lineup.spec_of(model, home)))  # type: ignore[misc]
    return found[0] if found else Exit.OK


def _pairing(home: Home) -> str:
    home.prepare()
    site, key = home.site(), home.key()
    return f"paired with {site.url} as {site.name}, key {keys.fingerprint(keys.public_bytes(key))}"


async def _site(home: Home) -> str:
    site = home.site()
    try:
        server_public = keys.public_from_text(site.server_public)
    except keys.KeyFileError as error:
        raise Problem("state_unusable", f"{error}; unpair and pair this machine again", Exit.NOT_PAIRED) from None
    where = address.parse(site.url, insecure_http=site.insecure_http)
    async with await open_connection(where, home.key(), server_public) as connection:
        if not connection.info.enrolled:
            raise Problem("unknown_key", f"bad key: {CODES['unknown_key'][1]}", Exit.REFUSED)
        difference = time.time() - connection.info.server_time
        version = connection.channel.version
    if abs(difference) > WRONG_CLOCK_SECONDS:
        raise Problem("wrong_clock", _clock_words(difference), Exit.CLOCK)
    return f"{site.url} answers and knows this machine (protocol {version})"


def _clock_words(difference: float) -> str:
    minutes = abs(difference) / 60
    amount = f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
    direction = "ahead of" if difference > 0 else "behind"
    return f"wrong clock: this machine is {amount} {direction} the site; set it by network time"


def _backend(system: str) -> str:
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        message = f"llama-cpp-python cannot be used here ({type(error).__name__}); install it with: make client"
        raise Problem("engine_missing", message, Exit.MODEL) from None
    accelerated = llama_cpp.llama_supports_gpu_offload()
    if system == "Darwin" and not accelerated:
        raise Problem(
            "no_metal",
            "llama-cpp-python was built without Metal, so the GPU is idle; build it again with: "
            'CMAKE_ARGS="-DGGML_METAL=on" pip install --force-reinstall --no-cache-dir llama-cpp-python',
            Exit.MODEL,
        )
    return f"llama-cpp-python {llama_cpp.__version__}, {'with' if accelerated else 'without'} GPU"


def _config(configured: Callable[[], Config], found: list[Config]) -> str:
    config = configured()
    upstreams = config.upstreams()
    found.append(config)
    models = f"{len(config.model)} model{'' if len(config.model) == 1 else 's'}"
    return f"{models} named" + (f", some of {', '.join(upstreams)}" if upstreams else "")


async def _upstream(name: str, spec: UpstreamSpec) -> str:
    engine = OpenAICompatibleEngine(spec)
    try:
        await engine.start()
        offered = {info.alias for info in engine.models()}
        why = "; ".join(sorted(set(engine.problems().values())))
    except EngineError as error:
        raise Problem(error.code, f"upstream {name}: {error.detail}", Exit.MODEL) from None
    finally:
        await engine.stop()
    missing = sorted({model.alias for model in spec.models} - offered)
    if missing:
        message = f"upstream {name} does not offer {', '.join(missing)} now: {why}"
        raise Problem("upstream_away", message, Exit.MODEL)
    return f"upstream {name} answers and offers {', '.join(sorted(offered))}"


def _model(spec: ModelSpec) -> str:
    try:
        first, _ = inspect(spec.path)
        need = need_of(spec)
        budget.require(need, budget.available())
    except EngineError as error:
        raise Problem(error.code, error.detail, Exit.MODEL) from None
    return f"{spec.path.name} ({first.architecture} {first.quantisation}) fits: {need.sentence()}"
