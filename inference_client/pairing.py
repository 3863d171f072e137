"""Making this machine known to a site, with the one-time code of its operator."""

import asyncio
import platform
from contextlib import aclosing
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client import address
from inference_client.address import Address
from inference_client.connection import broken, open_connection
from inference_client.problems import Exit, Problem
from inference_client.protocol import keys, pairing
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.frames import ENROL
from inference_client.protocol.messages import Enrol, Enrolled, encode, from_site
from inference_client.state import Home, Site

ANSWER_SECONDS: Final = 15.0


def pair(home: Home, url: str, code_text: str, name: str = "", *, insecure_http: bool = False) -> Site:
    """Makes a key, gives it to the site with the code, and remembers both. Raises Problem; nothing is kept then."""
    if home.paired():
        site = home.site()
        raise Problem(
            "already_paired",
            f"this machine is paired with {site.url} as {site.name}; for a new key use rotate, to leave use unpair",
            Exit.NOT_PAIRED,
        )
    return _enrol(home, url, code_text, name, insecure_http)


def rotate(home: Home, code_text: str) -> Site:
    """The same machine with a new key, and a new code. The old key stays in use if this fails. Raises Problem."""
    old = home.site()
    return _enrol(home, old.url, code_text, old.name, old.insecure_http)


def default_name() -> str:
    """What to call this machine if nobody says: its host name, at most 80 characters."""
    return (platform.node().split(".")[0] or "inference client")[:80]


def _enrol(home: Home, url: str, code_text: str, name: str, insecure_http: bool) -> Site:
    home.prepare()
    try:
        code = pairing.parse(code_text)
    except pairing.PairingCodeError as error:
        raise Problem("bad_code", str(error), Exit.REFUSED) from None
    where = address.parse(url, insecure_http=insecure_http)
    key = keys.generate()
    enrolled = asyncio.run(_ask(where, key, code, (name or default_name())[:80]))
    site = Site(
        url=where.url,
        server_public=keys.public_to_text(code.server_public),
        node=enrolled.node,
        name=enrolled.name,
        insecure_http=insecure_http,
    )
    home.remember(site, key)
    return site


async def _ask(where: Address, key: X25519PrivateKey, code: pairing.PairingCode, name: str) -> Enrolled:
    async with await open_connection(where, key, code.server_public) as connection:
        await connection.send(encode(Enrol(code=code.secret_text, name=name)), ENROL)
        try:
            async with asyncio.timeout(ANSWER_SECONDS), aclosing(connection.payloads(ENROL)) as payloads:
                answer = from_site(await anext(payloads))
        except TimeoutError:
            message = f"{where.url} does not answer the code; try again with a new one"
            raise Problem("timeout", message, Exit.UNREACHABLE) from None
        except ChannelError as error:
            raise broken(error) from None
        if not isinstance(answer, Enrolled):
            raise Problem("bad_answer", f"{where.url} answers the code with something else", Exit.REFUSED)
        return answer
