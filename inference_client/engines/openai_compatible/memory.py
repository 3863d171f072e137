"""An operator's word to load or unload a model, as far as an upstream takes such words."""

import logging

from inference_client.engines.openai_compatible.faults import Fault
from inference_client.engines.openai_compatible.spec import Flavour
from inference_client.engines.openai_compatible.transport import Transport
from inference_client.protocol.vocabulary import Kind

log = logging.getLogger(__name__)

SECONDS = 600.0


async def keep_in_memory(http: Transport, flavour: Flavour, name: str, kind: Kind, *, load: bool) -> None:
    """Ollama loads or forgets the model; other servers decide for themselves, which the log says."""
    verb = "load" if load else "unload"
    if flavour != "ollama":
        log.info("the upstream %s itself decides when to %s %s", http.host, verb, name)
        return
    # A request without a prompt or text only moves the model; 0 seconds of keeping it is to forget it.
    path = "/api/embed" if kind == "embedding" else "/api/generate"
    asked: dict[str, object] = {"model": name, "input": []} if kind == "embedding" else {"model": name, "stream": False}
    if not load:
        asked["keep_alive"] = 0
    try:
        await http.ask("POST", path, seconds=SECONDS, body=asked, model=name)
    except Fault as fault:
        log.warning("%s was not %sed: %s", name, verb, fault.detail)
    else:
        log.info("the upstream %s %sed %s", http.host, verb, name)
