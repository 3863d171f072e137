"""Files of cards: what somebody uploads, and what somebody takes away."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.personas.cards import charx, form, png
from chat.personas.cards.reading import damaged, loads
from chat.personas.character import Character
from meatlizard.errors import Invalid

MAX_FILE = 20_000_000
_NOT_IN_NAMES = re.compile(r"[^\w ,()-]+")
KEYWORDS = ("ccv3", "chara")


@dataclass(frozen=True, slots=True)
class Card:
    """``picture``: the file with the picture that came with it, to be encoded anew. ``notes``: what people should be told."""

    character: Character
    picture: bytes | None = None
    notes: tuple[str, ...] = ()


def read(data: bytes) -> Card:
    """A card out of a PNG, JSON or CHARX file. Raises Invalid with what is wrong with it."""
    if len(data) > MAX_FILE:
        said = {"most": MAX_FILE // 1_000_000}
        raise Invalid(_("A card has at most %(most)s MB.") % said, code="card_too_large")
    if png.is_png(data):
        return _of_png(data)
    if charx.is_charx(data):
        card, picture, others = charx.read(data)
        return Card(form.read(card), picture, _left_behind(others))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return Card(form.read(loads(data)))
    raise Invalid(_("This is no character card. Choose a PNG, JSON or CHARX file."), code="no_card")


def _of_png(data: bytes) -> Card:
    found = png.texts(data, frozenset(KEYWORDS))
    cards = [_decoded(found[name]) for name in KEYWORDS if name in found]
    if not cards:
        raise Invalid(
            _("There is no character card in this picture. Some sites take it out when they make pictures smaller."),
            code="no_card",
        )
    card = cards[0] if len(cards) == 1 else form.merged(*cards)
    assets = sum(1 for kind, text in png.chunks(data) if kind == b"tEXt" and text.startswith(b"chara-ext-asset_"))
    return Card(form.read(card), data, _left_behind(assets))


def _decoded(text: str) -> Any:
    if text.lstrip().startswith("{"):
        return loads(text)
    try:
        return loads(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        raise damaged() from None


def _left_behind(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (
        ngettext(
            "%(count)s more file in the card (such as an expression or a sound) was not taken over.",
            "%(count)s more files in the card (such as expressions and sounds) were not taken over.",
            count,
        )
        % {"count": count},
    )


def as_json(character: Character) -> bytes:
    return json.dumps(form.written(character), indent=2).encode()


def as_png(character: Character, picture: bytes) -> bytes:
    """``picture``, a PNG file, with the card of both versions in it, as other programs look for them."""
    texts = {
        "chara": base64.b64encode(json.dumps(form.written(character, 2)).encode()).decode(),
        "ccv3": base64.b64encode(json.dumps(form.written(character)).encode()).decode(),
    }
    return png.with_texts(picture, texts)


def file_name(name: str) -> str:
    """A name that every file system takes, without its ending."""
    return " ".join(_NOT_IN_NAMES.sub(" ", name).split())[:60].strip() or "persona"
