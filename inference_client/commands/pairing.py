"""``pair``, ``rotate`` and ``unpair``."""

import argparse

from inference_client import pairing
from inference_client.commands.terminal import Commands, fingerprint, python
from inference_client.problems import Exit, Problem
from inference_client.state import Home, Site


def register(commands: Commands) -> None:
    """Adds them to the command line."""
    pair = commands.add_parser("pair", help="make this machine known to a site")
    pair.add_argument("url", metavar="URL", help="the site, such as https://example.org")
    pair.add_argument("code", metavar="CODE", help="the one-time code from the site's administration")
    pair.add_argument("--name", default="", help="what the site calls this machine (default: its host name)")
    pair.add_argument("--insecure-http", action="store_true", help="accept http:// to another machine")
    pair.set_defaults(command=_pair)

    rotate = commands.add_parser("rotate", help="change this machine's key, with a new one-time code")
    rotate.add_argument("code", metavar="CODE")
    rotate.set_defaults(command=_rotate)
    commands.add_parser("unpair", help="forget the site and the key").set_defaults(command=_unpair)


def _pair(options: argparse.Namespace, home: Home) -> Exit:
    _paired(pairing.pair(home, options.url, options.code, options.name, insecure_http=options.insecure_http), home)
    return Exit.OK


def _rotate(options: argparse.Namespace, home: Home) -> Exit:
    _paired(pairing.rotate(home, options.code), home)
    print("The old key is no longer used; revoke it in the site's administration.")
    return Exit.OK


def _paired(site: Site, home: Home) -> None:
    print(f"Paired with {site.url} as {site.name}. Key {fingerprint(home)}.")
    print(f"Next: {python()} -m inference_client run --model path/to/model.gguf")


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
