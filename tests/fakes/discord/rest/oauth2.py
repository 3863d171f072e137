"""Sign-in with Discord for web sites, and the files of the CDN. Plain handlers: browsers and other libraries call them, not discord.py."""

import html
import secrets
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.discord import payloads
from tests.fakes.discord.rest.wire import respond
from tests.fakes.discord.state import User
from tests.fakes.discord.world import World


class SignIn:
    """The three steps of OAuth2: a person agrees on a page, the site exchanges the code, and asks who it is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._codes: dict[str, tuple[User, str]] = {}
        self._bearers: dict[str, tuple[User, set[str]]] = {}

    async def authorize(self, request: web.Request) -> web.Response:
        """A page with one link a person: who presses it has signed in there and agreed."""
        asked, application = request.query, self._world.application
        if asked.get("client_id") != str(application.id) or asked.get("response_type") != "code":
            return web.Response(status=400, text="Invalid OAuth2 authorize request")
        if asked.get("redirect_uri") not in application.redirects:
            return web.Response(status=400, text="Invalid OAuth2 redirect_uri")
        links = []
        for user in self._world.users.values():
            if not user.bot:
                code = secrets.token_urlsafe(20)
                self._codes[code] = (user, asked["redirect_uri"] + " " + asked.get("scope", ""))
                address = asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked.get("state", "")})
                links.append(f'<li><a href="{html.escape(address)}">Authorise as {html.escape(user.name)}</a></li>')
        page = (
            f"<!doctype html><title>Authorise</title><h1>{application.name} wants access</h1><ul>{''.join(links)}</ul>"
        )
        return web.Response(text=page, content_type="text/html")

    async def token(self, request: web.Request) -> web.Response:
        form, application = await request.post(), self._world.application
        client = (str(form.get("client_id", "")), str(form.get("client_secret", "")))
        if client == ("", ""):
            basic = request.headers.get("Authorization", "")
            if basic.startswith("Basic "):
                from base64 import b64decode

                name, _, password = b64decode(basic[6:]).decode().partition(":")
                client = (name, password)
        if client != (str(application.id), application.client_secret):
            return respond(401, {"error": "invalid_client"}, {})
        user, granted = self._codes.pop(str(form.get("code", "")), (None, " "))
        redirect, _, scope = granted.partition(" ")
        if user is None or form.get("redirect_uri") != redirect or form.get("grant_type") != "authorization_code":
            return respond(400, {"error": "invalid_grant", "error_description": 'Invalid "code" in request.'}, {})
        bearer = secrets.token_urlsafe(24)
        self._bearers[bearer] = (user, set(scope.split()))
        return respond(200, {
            "access_token": bearer, "token_type": "Bearer", "expires_in": 604_800, "scope": scope,
            "refresh_token": secrets.token_urlsafe(24),
        }, {})  # fmt: skip

    async def me(self, request: web.Request) -> web.Response:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        user, scopes = self._bearers.get(bearer, (None, set()))
        if user is None or "identify" not in scopes:
            return respond(401, {"message": "401: Unauthorized", "code": 0}, {})
        return respond(200, payloads.own_user(user, with_email="email" in scopes), {})


async def serve_file(world: World, request: web.Request) -> web.Response:
    """An attachment whose address has not ended yet, or an avatar."""
    path = request.match_info["path"]
    if path.startswith(("embed/avatars/", "avatars/")):
        return web.Response(body=AVATAR, content_type="image/png")
    kind, content = world.files.get(path, ("", b""))
    ends = request.query.get("ex", "0")
    if not kind or int(ends, 16) < world.clock.now():
        return web.Response(status=404, text="This content is no longer available.")
    return web.Response(body=content, headers={"Content-Type": kind})


AVATAR = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090"
    "7753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
