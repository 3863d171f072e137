"""What a live site's database is given before a test and asked for after it. Runs in a process of that site: see :func:`ask_site`."""

import json
from importlib import import_module
from typing import Any

from tests.services.site import LiveSite


def ask_site(site: LiveSite, call: str) -> Any:
    """Evaluates ``call`` (of a function of this module) within the site's settings and returns its JSON."""
    printed = site.manage(
        "shell", "--no-imports", "-c", f"from tests.faults import scene; print(scene.as_json(scene.{call}))"
    )
    return json.loads(printed.strip().splitlines()[-1])


def as_json(value: Any) -> str:
    return json.dumps(value)


def prepare(people: int, *node_keys: str) -> dict[str, Any]:
    """Makes ``people``, each signed in and at a new conversation, and pairs nodes with these public keys (hexadecimal). ``code``
    pairs one more.
    """
    from django.contrib.auth import get_user_model

    from chat.models import Node
    from chat.nodes import new_pairing_code, site_public_key

    for key in node_keys:
        Node.objects.create(name="fake", public_key=bytes.fromhex(key))
    olga = get_user_model().objects.create_user(username="olga", is_staff=True, is_superuser=True)
    return {
        "site_key": site_public_key().hex(),
        "people": [_person(f"asker{number}") for number in range(people)],
        "code": new_pairing_code(olga),
    }


def answers() -> dict[str, dict[str, str]]:
    """By generation: state, text, thinking and HTML of its message."""
    from chat.models import Generation

    rows = Generation.objects.filter(purpose="answer").values_list(
        "pk", "state", "message__content", "message__thinking", "message__html"
    )
    return {
        str(pk): {"state": state, "content": content, "thinking": thinking, "html": html}
        for pk, state, content, thinking, html in rows
    }


def _person(name: str) -> dict[str, str]:
    """A member's ``Cookie`` header and the conversation he is at, at temperature 0: what a model knows, it then says."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

    from chat.actions import configure, create_conversation

    # Without a password, whose hash would take a tenth of a second: nobody signs in by it here.
    user = get_user_model().objects.create_user(username=name)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    conversation = configure(create_conversation(user), "", "", 0.0)
    return {"cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}", "conversation": str(conversation.pk)}
