"""What a live site's database is given before a test and asked for after it. Runs in a process of that site: see :func:`ask_site`."""

import json
from importlib import import_module
from typing import Any

from tests.services.site import LiveSite


def ask_site(site: LiveSite, call: str) -> Any:
    """Evaluates ``call`` (of a function of this module) within the site's settings and returns its JSON."""
    printed = site.manage("shell", "--no-imports", "-c", f"from tests.faults import scene; print(scene.as_json(scene.{call}))")
    return json.loads(printed.strip().splitlines()[-1])


def as_json(value: Any) -> str:
    return json.dumps(value)


def people(count: int) -> list[dict[str, str]]:
    """Makes people with a login session and a conversation each."""
    from chat.actions import create_conversation
    from tests.people import person

    made = []
    for number in range(count):
        user = person(f"asker{number}")
        made.append({"cookie": _session(user), "conversation": str(create_conversation(user).pk)})
    return made


def node(public_key: str) -> str:
    """Pairs a node with this public key (hexadecimal)."""
    from chat.models import Node

    return str(Node.objects.create(name="fake", public_key=bytes.fromhex(public_key)).pk)


def site_key() -> str:
    from chat.nodes import site_public_key

    return site_public_key().hex()


def answers() -> dict[str, dict[str, str]]:
    """By generation: state, text and HTML of its message."""
    from chat.models import Generation

    rows = Generation.objects.filter(purpose="answer").values_list("pk", "state", "message__content", "message__html")
    return {str(pk): {"state": state, "content": content, "html": html} for pk, state, content, html in rows}


def _session(user: Any) -> str:
    """The ``Cookie`` header of somebody who has signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
